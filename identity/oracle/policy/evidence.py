"""One credential as the oracle keeps it, and how it stands now. Times are UTC seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from identity.formats.base import StatusReference


class Standing(StrEnum):
    """How one piece of evidence stands now, by the newest that is known of it."""

    VALID = "valid"
    SUSPENDED = "suspended"
    INVALID = "invalid"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    UNREACHABLE = "unreachable"
    """Its status list is older than it may be: nobody knows."""
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one verified credential says, cut down to what a policy asks. Holds no name and no document number."""

    topic: str
    issuer: str
    claims: Mapping[str, Any]
    digest: bytes
    """SHA-256 of the issuer's signed part, 32 bytes: names the credential."""
    checked_at: int | None
    """When the issuer checked the facts; None when the credential has such a claim and it was not shown."""
    issued_at: int
    valid_from: int
    valid_until: int
    """The first second at which it is no longer valid."""
    status: StatusReference | None


@dataclass(frozen=True, slots=True)
class Weighed:
    """A piece of evidence with its standing now."""

    evidence: Evidence
    standing: Standing
