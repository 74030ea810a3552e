"""What a signer is asked over HTTP, and what it answers.

`POST /batches`: BatchRequest -> SignatureBody, or RefusalBody. `POST /permits`: PermitRequest -> the same.
`POST /seen`: SeenRequest -> nothing; shows a signer a batch that others signed. `GET /health` -> HealthBody.
Bytes are hex with 0x, structs their canonical ABI encoding (`bridge.abi`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Hex32 = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
HexBytes = Annotated[str, Field(pattern="^0x([0-9a-f]{2})*$", max_length=140_000)]
SdJwtText = Annotated[str, Field(max_length=65_536)]
MAX_WHY = 400
Kind = Literal["eligibility", "binding", "quota"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ground(_Body):
    """What one item of the batch rests on; an item that only takes something away needs none.

    `evidence`: SD-JWTs with rule claims only. `bucket`: what the item's class stands for. `proof`: of account control and
    of the holder's consent (`people.proofs.wire`).
    """

    kind: Kind
    index: int = Field(ge=0, lt=100)
    bucket: str | None = Field(None, max_length=64)
    evidence: tuple[SdJwtText, ...] = Field((), max_length=16)
    proof: dict[str, Any] | None = None


class Assets(_Body):
    """What an asset's grounds share: the policy's canonical text (its SHA-256 must stand on the chain)."""

    policy: str = Field(max_length=65_536)


class BatchRequest(_Body):
    """Please sign this batch for the chain with this domain."""

    chain: Hex32
    batch: HexBytes
    assets: dict[Hex32, Assets] = Field(default_factory=dict)
    status_tokens: dict[str, str] = Field(default_factory=dict)
    grounds: tuple[Ground, ...] = Field((), max_length=100)


class PermitRequest(_Body):
    """Please sign this permit, with which an account binds itself on the chain with this domain.

    `grounds`: one, of kind `binding`: evidence, and the holder's consent.
    """

    chain: Hex32
    permit: HexBytes
    assets: dict[Hex32, Assets] = Field(default_factory=dict)
    status_tokens: dict[str, str] = Field(default_factory=dict)
    grounds: tuple[Ground, ...] = Field((), max_length=1)


class SeenRequest(_Body):
    """A batch that a quorum of signers signed, for one that was not asked or refused then."""

    chain: Hex32
    batch: HexBytes
    set_id: int = Field(ge=1, lt=2**63)
    signatures: tuple[HexBytes, ...] = Field(min_length=1, max_length=25)


class SignatureBody(_Body):
    """65 bytes r, s, v over the digest, good in this signer set of the chain."""

    set_id: int
    signature: str


class ItemRefused(_Body):
    """One item that failed a check. `check` is the check's name; `why` never holds evidence."""

    kind: Kind
    index: int = Field(ge=0, lt=100)
    check: str = Field(max_length=64)
    why: str = Field(max_length=MAX_WHY)


class RefusalBody(_Body):
    """Nothing was signed: `check` and `why` for the whole, or the items at fault (then the rest may be asked again)."""

    check: str = Field(max_length=64)
    why: str = Field(max_length=MAX_WHY)
    items: Annotated[tuple[ItemRefused, ...], Field(max_length=100)] = ()


class HealthBody(_Body):
    """The key's address."""

    address: str
