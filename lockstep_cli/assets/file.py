"""The file that an asset is registered from: TOML, checked whole before anything is sent.

Amounts are base units; times are seconds or words ("365 days", "24 hours"). Classes have names here; a chain only ever
sees their numbers.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bridge.errors import InvalidInput
from bridge.types import MAX_AMOUNT, ZERO32, AssetTerms, PairRule, Rule
from lockstep_cli.assets.hashing import hash_file
from lockstep_cli.assets.isin import is_isin

CHAINS = 2
MAX_URI_BYTES = 256
MAX_NAME_BYTES = 64
RESERVED_NAMES = frozenset({"ISIN", "policy"})
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "year": 365 * 86_400}
_SPAN = re.compile(r"(\d{1,9}) (second|minute|hour|day|year)s?")


class AssetFileRefused(InvalidInput):
    """The file is no asset file; the sentence names every fault found."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        self.path, self.faults = path, faults
        super().__init__(f"the asset file {path} can't be used: {'; '.join(faults)}")


def seconds(text: str) -> int:
    """A span of time in words, as in "12 hours". ValueError for other words."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text[:40]!r} is no span of time; write seconds, or for example '365 days'")
    return int(match[1]) * _UNITS[match[2]]


def _span(value: object) -> object:
    return seconds(value) if isinstance(value, str) else value


def _isin(value: str) -> str:
    if not is_isin(value):
        raise ValueError(f"{value!r} is no ISIN, or its check digit is wrong")
    return value


def _short(value: str) -> str:
    if not 0 < len(value.encode()) <= MAX_NAME_BYTES:
        raise ValueError(f"must have 1 to {MAX_NAME_BYTES} bytes")
    return value


Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT, strict=True)]
Positive = Annotated[int, Field(ge=1, le=MAX_AMOUNT, strict=True)]
Span = Annotated[int, BeforeValidator(_span), Field(ge=0, le=2**40)]
Short = Annotated[str, AfterValidator(_short)]
Hash = Annotated[str, Field(pattern=r"^(0x)?[0-9a-fA-F]{64}$")]
RuleName = Literal["forbid", "keep", "restart"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Identification(_Table):
    """`[asset]`: what the asset is called and how much of it there may ever be."""

    name: Short
    symbol: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,12}$")]
    isin: Annotated[str, AfterValidator(_isin)] | None = None
    decimals: Annotated[int, Field(ge=0, le=8)] = 0
    home: Literal["substrate", "evm"] = "substrate"
    authorised_issue: Positive
    salt: Hash | None = Field(None, description="Makes the asset's id its own; by default from symbol, ISIN and name.")
    terms: str | None = Field(None, description="The file with the terms; its hash goes on chain.")
    policy: str | None = Field(None, description="The file with the eligibility policy; set as document `policy`.")


class Pair(_Table):
    """`[[rules.pairs]]`: an exception for what passes from one class to another."""

    from_: str = Field(alias="from")
    to: str
    rule: RuleName


class Rules(_Table):
    """`[rules]`: what happens when tokens pass from one investor to another."""

    default: RuleName = "keep"
    holding_period: Span = 0
    min_lot: Positive = 1
    max_oracle_age: Span = 86_400
    pairs: Annotated[tuple[Pair, ...], Field(max_length=32)] = ()


class InvestorClass(_Table):
    """`[classes.NAME]`: the opaque number that stands for a class on chain, and how many of it may hold, on all chains."""

    number: Annotated[int, Field(ge=1, le=65_535)]
    holders: Annotated[int, Field(ge=0, le=2**31)]


class Caps(_Table):
    """`[caps]`: the most that one investor may hold, over all chains."""

    investor: Positive


class Bucket(_Table):
    """A bound on what passes: at once, and per second again."""

    capacity: Positive
    rate: Positive


class LaneLimits(_Table):
    """`[lane]`: bounds on what crosses between the chains; inbound at least twice outbound."""

    outbound: Bucket
    inbound: Bucket

    @model_validator(mode="after")
    def _room_for_both(self) -> Self:
        if self.inbound.capacity < 2 * self.outbound.capacity:
            raise ValueError("the inbound capacity must be at least twice the outbound one")
        return self


class Document(_Table):
    """`[[documents]]`: a name, where it can be read, and its hash: of a file, or given."""

    name: Annotated[str, Field(pattern=r"^[\x21-\x7e][\x20-\x7e]{0,31}$")]
    uri: Annotated[str, Field(min_length=1)]
    file: str | None = None
    sha256: Hash | None = None
    keccak256: Hash | None = None

    @model_validator(mode="after")
    def _one_hash(self) -> Self:
        if sum(source is not None for source in (self.file, self.sha256, self.keccak256)) != 1:
            raise ValueError("give exactly one of file, sha256 and keccak256")
        if len(self.uri.encode()) > MAX_URI_BYTES:
            raise ValueError(f"the uri has more than {MAX_URI_BYTES} bytes")
        if self.name in RESERVED_NAMES:
            raise ValueError(f"the document {self.name} is made from [asset]")
        return self

    def digest(self, folder: Path) -> bytes:
        """The document's hash; a file is looked for beside the asset file. DocumentUnreadable."""
        if self.file is not None:
            return hash_file(folder / self.file)
        return bytes.fromhex((self.sha256 or self.keccak256 or "").removeprefix("0x"))


class AssetFile(_Table):
    """The whole file."""

    asset: Identification
    rules: Rules = Rules()
    classes: dict[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")], InvestorClass] = Field(min_length=1)
    caps: Caps
    velocity: Bucket | None = None
    lane: LaneLimits | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=30)] = ()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        numbers = [one.number for one in self.classes.values()]
        if len(set(numbers)) != len(numbers):
            raise ValueError("two classes have the same number")
        named = {name for pair in self.rules.pairs for name in (pair.from_, pair.to)}
        if unknown := sorted(named - set(self.classes)):
            raise ValueError(f"a pair names classes that are not there: {', '.join(unknown)}")
        if len({(pair.from_, pair.to) for pair in self.rules.pairs}) != len(self.rules.pairs):
            raise ValueError("two pairs have the same classes")
        rules = {self.rules.default, *(pair.rule for pair in self.rules.pairs)}
        if "restart" in rules and self.rules.holding_period == 0:
            raise ValueError("a rule says restart, and the holding period is 0")
        if self.velocity is not None and min(self.velocity.capacity, self.velocity.rate) < CHAINS:
            raise ValueError(f"velocity must be at least {CHAINS}: each chain gets a part of it")
        names = [document.name for document in self.documents]
        if len(set(names)) != len(names):
            raise ValueError("two documents have the same name")
        return self

    def pairs(self) -> tuple[PairRule, ...]:
        """The exceptions as the chains take them: strictly ascending by the classes' numbers."""
        found = (
            PairRule(self.classes[pair.from_].number, self.classes[pair.to].number, Rule[pair.rule.upper()])
            for pair in self.rules.pairs
        )
        return tuple(sorted(found, key=lambda pair: (pair.from_class, pair.to_class)))

    def terms(self, number: int, folder: Path) -> AssetTerms:
        """A version of the terms. DocumentUnreadable."""
        return AssetTerms(
            terms=number,
            decimals=self.asset.decimals,
            default_rule=Rule[self.rules.default.upper()],
            holding_period=self.rules.holding_period,
            max_oracle_age=self.rules.max_oracle_age,
            min_lot=self.rules.min_lot,
            authorised_issue=self.asset.authorised_issue,
            document=hash_file(folder / self.asset.terms) if self.asset.terms else ZERO32,
        )


def read_asset_file(path: Path) -> AssetFile:
    """An asset file. AssetFileRefused with every fault found."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise AssetFileRefused(path, [(error.strerror or "it can't be read").lower()]) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AssetFileRefused(path, [f"it is no TOML ({error})"]) from error
    try:
        return AssetFile.model_validate(content)
    except ValidationError as error:
        raise AssetFileRefused(path, [_fault(one["loc"], one["msg"]) for one in error.errors()]) from error


def _fault(place: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(part) for part in place)
    return f"{where or 'the file'}: {message.removeprefix('Value error, ')}"
