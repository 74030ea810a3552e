"""What the publisher is given by the other rooms: what should stand on the chains, and the grounds that signers ask for.

All methods block (they read the database) and are called from threads of the publisher's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.types import OracleBatch
from chains.token_events import Event
from identity.oracle.policy.document import Policy
from identity.oracle.policy.words import Word


class WantedWord(Protocol):
    """What should stand on every chain for one investor of an asset (`deciding.verdicts.Wanted`)."""

    @property
    def investor(self) -> bytes:
        """32 bytes, the high half zero."""

    @property
    def person_id(self) -> str:
        """Whose evidence stands behind the word."""

    @property
    def word(self) -> Word | None:
        """None: nothing is published."""


@dataclass(frozen=True, slots=True)
class WantedBinding:
    """An account that should belong to an investor on one chain; investor zero: to nobody.

    `proof` is the account-control proof and the holder's consent as JSON, as signers check them again (for a permit the
    consent alone: `people.proofs.permit_json`); None where nothing has to be proved.
    `person_id`: whose evidence names the holder that the account signed for.
    """

    account: bytes
    investor: bytes
    person_id: str = ""
    proof: Mapping[str, Any] | None = None


class Source(Protocol):
    """The oracle's own knowledge, now."""

    def assets(self) -> Sequence[bytes]:
        """The assets with a policy in force."""

    def policy(self, asset: bytes) -> Policy:
        """The policy in force."""

    def wanted(self, asset: bytes, now: int) -> Sequence[WantedWord]:
        """Everybody who asked for the asset."""

    def bindings(self, asset: bytes, domain: bytes) -> Sequence[WantedBinding]:
        """The accounts on one chain that are proved and not bound yet, or to be unbound."""

    def evidence(self, asset: bytes, person_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """By person: the credentials as SD-JWTs with only the disclosures that the policy's rules need."""

    def status_tokens(self, asset: bytes) -> Mapping[str, str]:
        """By address: the newest signed status lists that the asset's evidence refers to."""

    def classes(self, asset: bytes) -> Mapping[int, str]:
        """Which bucket each drawn class number stands for."""

    def applied(self, domain: bytes, batch: OracleBatch, events: Sequence[Event]) -> None:
        """A block of the chain applied a batch, with these events (skipped items among them)."""
