"""The policy of an asset: a versioned document that the chain names by its hash.

Its bytes are RFC 8785 canonical JSON; their SHA-256 stands on every chain of the asset as its document `policy`. What is
hashed is the document as it was written, without the defaults of what it leaves out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Final, Literal, Self

import rfc8785
from pydantic import Field, StrictInt, ValidationError, model_validator

from bridge.errors import InvalidInput
from bridge.types import MAX_AMOUNT
from identity.errors import IdentityError, Malformed, MalformedJson
from identity.formats.did import did_web_address
from identity.formats.strict import Bounds, parse_object
from identity.oracle.policy.grid import WEEK
from identity.oracle.policy.rules import MAX_RULE_DEPTH, MAX_RULES, Ask, Rule, Strict, asks, depth
from identity.oracle.policy.topics import TOPICS, TYPE_VERSION, Topic

FORMAT: Final = "lockstep-policy/1"
DOCUMENT_NAME: Final = b"policy".ljust(32, b"\0")
"""The name of the document on a chain."""
UNADMITTED: Final = "unadmitted"
"""The bucket of people who are known and not admitted. No policy may use the name, and it has no seats."""
POLICY_BOUNDS: Final = Bounds(size=131_072, depth=40, values=16_384)
MAX_SEATS: Final = 2**63 - 1
MAX_GRACE: Final = 3_600
MAX_STATUS_AGE: Final = 60

Did = Annotated[str, Field(pattern=r"^did:[a-z0-9]+:[A-Za-z0-9._:%\-]+$", max_length=512)]
TypeName = Annotated[str, Field(pattern=r"^https://[^\s?#]+$", max_length=512)]
Time = Annotated[StrictInt, Field(ge=0, le=2**53 - 1)]


class PolicyRefused(IdentityError, InvalidInput):
    """A document is no policy that may be applied. `where` is a place in it, `why` holds no value of it."""

    def __init__(self, where: str, why: str) -> None:
        self.where, self.why = where, why
        super().__init__(f"not a policy: {where}: {why}")


class Bucket(Strict):
    """A class of holders with its seats over all chains; the first whose `when` is true is a holder's."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]{0,31}$")]
    seats: Annotated[StrictInt, Field(ge=0, le=MAX_SEATS)]
    when: Rule | None = None


class Policy(Strict):
    """Who may hold an asset, by whose word, in which class, and how much. Read it with `parse_policy`."""

    format: Literal["lockstep-policy/1"]
    asset: Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
    version: Annotated[StrictInt, Field(ge=1, le=2**32 - 1)]
    effective_at: Time
    holding_limit: Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,28})$")]
    """Base units that one holder may have over all chains; text, because it is larger than JSON's integers."""
    buckets: Annotated[tuple[Bucket, ...], Field(min_length=1, max_length=32)]
    admit: Rule
    trust: Annotated[dict[str, Annotated[tuple[Did, ...], Field(min_length=1, max_length=64)]], Field(min_length=1)]
    """Whose word counts, by topic."""
    types: dict[str, Annotated[tuple[TypeName, ...], Field(min_length=1, max_length=64)]] = Field(default_factory=dict)
    """Names of credential types (`vct`) by topic, where they don't stand under the issuers' own addresses."""
    since: dict[Did, Time] = Field(default_factory=dict)
    """Issuers distrusted from a date: what they issued at or after it does not count."""
    unreachable_grace: Annotated[StrictInt, Field(ge=0, le=MAX_GRACE)] = 300
    """Seconds for which what stands on the chains is left alone when the verdict is unknown."""
    max_status_age: Annotated[StrictInt, Field(ge=1, le=MAX_STATUS_AGE)] = MAX_STATUS_AGE
    """Seconds after which a status list that was not fetched again says nothing any more."""
    grid_offset: Annotated[StrictInt, Field(ge=0, lt=WEEK)]
    """Where in the week this asset's grid lies, in seconds; drawn once per asset."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if int(self.holding_limit) > MAX_AMOUNT:
            raise ValueError("holding_limit is beyond 2^96 - 1")
        names = [bucket.name for bucket in self.buckets]
        if len(set(names)) != len(names) or UNADMITTED in names:
            raise ValueError(f"names of buckets are unique, and none is {UNADMITTED!r}")
        if [bucket.when is None for bucket in self.buckets] != [False] * (len(names) - 1) + [True]:
            raise ValueError("the last bucket, and only that, has no `when`")
        for topic, dids in self.trust.items():
            if len(set(dids)) != len(dids):
                raise ValueError(f"trust.{topic} names an issuer twice")
        if self.since.keys() - {did for dids in self.trust.values() for did in dids}:
            raise ValueError("since names an issuer that is not trusted")
        if max(depth(rule) for rule in self.rules) > MAX_RULE_DEPTH:
            raise ValueError(f"rules are nested deeper than {MAX_RULE_DEPTH} levels")
        if sum(1 for _ in self.asks()) > MAX_RULES:
            raise ValueError(f"more than {MAX_RULES} rules")
        return self

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rule of admission and those of the buckets."""
        return (self.admit, *(bucket.when for bucket in self.buckets if bucket.when is not None))

    def asks(self) -> Iterator[Ask]:
        """Every leaf of every rule."""
        for rule in self.rules:
            yield from asks(rule)

    @property
    def asset_id(self) -> bytes:
        """The asset, 32 bytes."""
        return bytes.fromhex(self.asset[2:])

    @property
    def limit(self) -> int:
        """The holding limit over all chains, in base units."""
        return int(self.holding_limit)

    @property
    def seats(self) -> dict[str, int]:
        """Seats over all chains by bucket; `unadmitted` has none and is not named."""
        return {bucket.name: bucket.seats for bucket in self.buckets}

    @cached_property
    def canonical(self) -> bytes:
        """The RFC 8785 bytes of the document."""
        return rfc8785.dumps(self.model_dump(mode="json", by_alias=True, exclude_unset=True))

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes: what stands on the chains under `DOCUMENT_NAME`."""
        return hashlib.sha256(self.canonical).digest()

    def type_names(self, topic: str) -> tuple[str, ...]:
        """The `vct` values that count for a topic: those named, else the issuers' own (did:web)."""
        if topic in self.types:
            return self.types[topic]
        return tuple(f"{_address(did)}/types/{topic}/{TYPE_VERSION}" for did in self.trust[topic])


def parse_policy(text: bytes | str, topics: Mapping[str, Topic] = TOPICS) -> Policy:
    """The policy in a strict JSON document, canonical or not.

    Raises:
        PolicyRefused: too large or deep, a name given twice, anything unknown, a claim that its topic does not have.
    """
    try:
        canonical = rfc8785.dumps(parse_object(text, POLICY_BOUNDS))
        policy = Policy.model_validate_json(canonical)
    except MalformedJson as error:
        raise PolicyRefused("the whole", error.why) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise PolicyRefused(".".join(str(step) for step in first["loc"]) or "the whole", first["msg"]) from None
    _check_topics(policy, topics)
    return policy


def _check_topics(policy: Policy, topics: Mapping[str, Topic]) -> None:
    for member, named in (("trust", policy.trust), ("types", policy.types)):
        for topic in named:
            if topic not in topics:
                raise PolicyRefused(f"{member}.{topic}", "there is no such topic")
    for ask in policy.asks():
        if ask.topic not in topics:
            raise PolicyRefused(f"a rule on {ask.topic}", "there is no such topic")
        if ask.topic not in policy.trust:
            raise PolicyRefused(f"a rule on {ask.topic}", "no issuer is trusted for it")
        for path in ask.where or ():
            if path not in topics[ask.topic].rules:
                raise PolicyRefused(f"a rule on {ask.topic}", f"no rule may name {path!r}")
    for topic, dids in policy.trust.items():
        if topic in policy.types:
            if len(set(policy.types[topic])) != len(policy.types[topic]):
                raise PolicyRefused(f"types.{topic}", "a type is named twice")
            if any(name.split("/")[-2] != topic for name in policy.types[topic]):
                raise PolicyRefused(f"types.{topic}", "a type is of another topic")
            continue
        for did in dids:
            try:
                _address(did)
            except Malformed:
                raise PolicyRefused(f"types.{topic}", "must name the types of an issuer that is no did:web") from None


_DOCUMENT_AT: Final = re.compile(r"(/\.well-known)?/did\.json$")


def _address(did: str) -> str:
    return _DOCUMENT_AT.sub("", did_web_address(did))
