"""What a credential format is to everyone else: the flow of issuing and presenting never knows which one it handles.

A further format (VCDM 1.1 by linked data proofs, VCDM 2.0 with Data Integrity) is one more class with these methods
and one more entry in the registry. Where its status stands is told by `StatusReference.kind`; a further kind of list is
a second view of the same records (`identity/issuer/statuses`), and no second truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from identity.formats.jwk import PublicKey
from identity.formats.jws import SigningKey
from identity.ports import Randomness

ClaimPath = tuple[str | int | None, ...]
"""Where a claim stands: names, places in lists, and None for every element of a list (SD-JWT VC, claim paths)."""

CLOCK_SKEW = 60
"""Seconds by which another party's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class StatusReference:
    """Where a credential's status stands: the list's address and the place in it."""

    uri: str
    index: int
    kind: Literal["token-status-list", "bitstring"] = "token-status-list"


@dataclass(frozen=True, slots=True)
class CredentialContent:
    """What is to be said, before any format. Times are UTC seconds; `valid_until` is the first second it is not valid."""

    issuer: str
    type: str
    claims: Mapping[str, Any]
    disclosable: Sequence[ClaimPath]
    holder: PublicKey | None
    issued_at: int
    valid_from: int
    valid_until: int
    status: StatusReference | None = None
    type_integrity: str | None = None


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A trusted issuer's name and the key that signed."""

    issuer: str
    key: PublicKey


class IssuerKeys(Protocol):
    """Finds an issuer's key by a trusted way (did:web, certificates, a pinned set); never by what a header says alone."""

    def find(self, issuer: str | None, header: Mapping[str, Any]) -> IssuerKey:
        """The key for a protected header, or IssuerUnknown."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a presentation must answer: who asks, the fresh nonce, and how old the answer may be in seconds.

    `transaction_data`: what its holder must have agreed to, as texts of the request (OpenID4VP 1.0, section 8.4).
    """

    audience: str
    nonce: str
    max_age: int = 300
    transaction_data: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifiedCredential:
    """A credential whose signature, form and times hold. Its STATUS is not checked here: that is a question of now."""

    issuer: str
    type: str
    claims: Mapping[str, Any]
    holder: PublicKey | None
    issued_at: int | None
    valid_from: int | None
    valid_until: int | None
    status: StatusReference | None
    digest: bytes = field(default=b"")
    """SHA-256 of what the issuer signed, without the signature: the same for every presentation of one credential."""


class CredentialFormat(Protocol):
    """One way of writing, showing and checking a credential."""

    name: str

    def describe(self, type_: str) -> Mapping[str, Any]:
        """The members that name a type in issuer metadata (`vct`, or `credential_definition`)."""

    def build(self, content: CredentialContent, key: SigningKey, randomness: Randomness) -> Any:
        """The signed credential as it goes into a response: text, or a JSON object."""

    def verify(self, wire: object, keys: IssuerKeys, now: int) -> VerifiedCredential:
        """Checks a credential as its holder received it; raises a typed error."""

    def present(
        self,
        wire: object,
        disclose: Sequence[ClaimPath],
        challenge: Challenge,
        holder: SigningKey,
        now: int,
    ) -> Any:
        """Shows a credential: only the named claims, bound to the challenge by the holder's key."""

    def verify_presentation(self, wire: object, keys: IssuerKeys, challenge: Challenge, now: int) -> VerifiedCredential:
        """Checks a presentation whole: issuer, times, holder's key, audience, nonce; raises a typed error."""
