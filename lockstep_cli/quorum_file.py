"""The file in which the current signers of a role sign for their successors, each in a process of their own.

Per chain it holds the EIP-712 typed data of one SignerSet exactly as wallets show it (eth_signTypedData_v4), the set that
has to sign, and the signatures that were given. What is signed is computed anew from the typed data each time: a file whose
parts contradict each other is refused. It holds no key, and may be passed on openly.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bridge.digests import digest_signer_set
from bridge.errors import InvalidInput, LockstepError
from bridge.quorum import check_signer_set, is_canonical, recover_signer
from bridge.types import Role, SignerSet
from bridge.wire import wire_fields
from lockstep_cli.errors import UserError

KIND: Literal["lockstep/signer-set"] = "lockstep/signer-set"
MAX_BYTES = 256 * 1024
NAME, VERSION = "Lockstep", "1"

HexAddress = Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$")]
HexSignature = Annotated[str, Field(pattern=r"^0x[0-9a-f]{130}$")]


class QuorumFileRefused(InvalidInput):
    """The file is no draft of signer sets, or its parts contradict each other."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"the file {path} can't be used: {why}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SignedBy(_Part):
    """The set whose signatures count."""

    id: Annotated[int, Field(ge=1)]
    threshold: Annotated[int, Field(ge=1, le=25)]
    signers: Annotated[list[HexAddress], Field(max_length=25)]


class ChainDraft(_Part):
    """The next set on one chain. `signatures` by the signer's address."""

    signed_by: SignedBy
    typed_data: dict[str, Any]
    signatures: dict[HexAddress, HexSignature] = Field(default_factory=dict)

    @property
    def proposed(self) -> SignerSet:
        """The set that is proposed."""
        return SignerSet.from_mapping(self.typed_data["message"])

    @property
    def domain(self) -> bytes:
        """The domain of the chain that checks it."""
        return bytes.fromhex(self.typed_data["domain"]["salt"].removeprefix("0x"))

    @property
    def digest(self) -> bytes:
        """What is signed, 32 bytes."""
        return digest_signer_set(self.proposed, self.domain)

    def signer_of(self, signature: bytes) -> bytes | None:
        """The signer whose signature this is, if it is of the set that has to sign."""
        signer = recover_signer(self.digest, signature) if is_canonical(signature) else None
        return signer if signer is not None and "0x" + signer.hex() in self.signed_by.signers else None

    def add(self, signature: bytes) -> bytes | None:
        """Keeps a signature of somebody of the set; whose it is. None: nobody's, and it is not kept."""
        signer = self.signer_of(signature)
        if signer is not None:
            self.signatures["0x" + signer.hex()] = "0x" + signature.hex()
        return signer

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        try:
            proposed, domain = self.proposed, self.domain
            _digest = self.digest
            check_signer_set(proposed)
        except LockstepError as error:
            raise ValueError(str(error)) from error
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("the typed data is not that of a SignerSet") from error
        if self.typed_data != typed_data(proposed, domain):
            raise ValueError("the typed data is not that of a SignerSet of Lockstep")
        if proposed.id != self.signed_by.id + 1:
            raise ValueError(f"set {proposed.id} does not follow set {self.signed_by.id}")
        for address, signature in self.signatures.items():
            if self.signer_of(bytes.fromhex(signature[2:])) != bytes.fromhex(address[2:]):
                raise ValueError(f"the signature of {address} is not one for this set")
        return self


class QuorumFile(_Part):
    """Drafts for one role, by chain."""

    kind: Literal["lockstep/signer-set"] = KIND
    role: Literal["attestor", "oracle"]
    chains: Annotated[dict[str, ChainDraft], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_role(self) -> Self:
        role = Role[self.role.upper()]
        if any(draft.proposed.role != role for draft in self.chains.values()):
            raise ValueError(f"a set in it is not one of role {self.role}")
        return self


def typed_data(proposed: SignerSet, domain: bytes) -> dict[str, Any]:
    """The whole EIP-712 document of a set, as plain JSON."""
    fields = [{"name": field.wire_name, "type": field.wire_type} for field in wire_fields(SignerSet)]
    parts = (("name", "string"), ("version", "string"), ("salt", "bytes32"))
    return {
        "types": {"EIP712Domain": [{"name": name, "type": kind} for name, kind in parts], "SignerSet": fields},
        "primaryType": "SignerSet",
        "domain": {"name": NAME, "version": VERSION, "salt": "0x" + domain.hex()},
        "message": proposed.to_message(),
    }


def draft(proposed: SignerSet, domain: bytes, current: SignerSet) -> ChainDraft:
    """A draft without signatures. InvalidSignerSet."""
    check_signer_set(proposed)
    by = SignedBy(id=current.id, threshold=current.threshold, signers=["0x" + one.hex() for one in current.signers])
    return ChainDraft(signed_by=by, typed_data=typed_data(proposed, domain))


def read_quorum_file(path: Path) -> QuorumFile:
    """A file of drafts. QuorumFileRefused."""
    try:
        with path.open("rb") as file:
            return _parse(path, file.read(MAX_BYTES + 1))
    except OSError as error:
        raise QuorumFileRefused(path, (error.strerror or "it can't be read").lower()) from error


def create_quorum_file(path: Path, content: QuorumFile) -> None:
    """Writes a new file; one that is there may hold signatures and is left alone. UserError."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(_text(content))
    except FileExistsError as error:
        raise UserError(f"{path} is there already.", "Name another file: this one may hold signatures.") from error


@contextmanager
def changing_quorum_file(path: Path) -> Iterator[QuorumFile]:
    """The file, held alone; written whole when the block ends without an error. QuorumFileRefused."""
    while True:
        try:
            file = path.open("rb")
        except OSError as error:
            raise QuorumFileRefused(path, (error.strerror or "it can't be read").lower()) from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Whoever held it before put another file in its place: then this lock is one on nothing.
            if not path.exists() or os.fstat(file.fileno()).st_ino != path.stat().st_ino:
                continue
            content = _parse(path, file.read(MAX_BYTES + 1))
            yield content
            beside = path.with_name(path.name + ".new")
            beside.write_text(_text(content), "utf-8")
            beside.replace(path)
            return


def merged(paths: Sequence[Path]) -> QuorumFile:
    """One file with the signatures of all: copies that were signed apart. QuorumFileRefused when they differ otherwise."""
    first = read_quorum_file(paths[0])
    for path in paths[1:]:
        other = read_quorum_file(path)
        if _bare(other) != _bare(first):
            raise QuorumFileRefused(path, f"it is no copy of {paths[0]}")
        for name, one in other.chains.items():
            first.chains[name].signatures |= one.signatures
    return first


def _bare(content: QuorumFile) -> dict[str, Any]:
    return content.model_dump(exclude={"chains": {"__all__": {"signatures"}}})


def _text(content: QuorumFile) -> str:
    return json.dumps(content.model_dump(), indent=2) + "\n"


def _parse(path: Path, raw: bytes) -> QuorumFile:
    if len(raw) > MAX_BYTES:
        raise QuorumFileRefused(path, f"it has more than {MAX_BYTES:,} bytes")
    try:
        return QuorumFile.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        told = str(first["msg"]).removeprefix("Value error, ")
        raise QuorumFileRefused(path, f"{where}: {told}" if where else told) from error
