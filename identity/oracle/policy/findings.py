"""What stands between somebody and an asset, said so that each audience may read it.

A chain, an attestor and a relayer see the refusal number only. The investor is told what to do about it, except where
screening found something: then everybody but the compliance role reads `under review` (telling a suspect is an offence).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bridge.refusals import UNDER_REVIEW, Refusal


class FindingKind(StrEnum):
    """Why evidence on a topic did not count."""

    MISSING = "missing"
    NOT_SHOWN = "not_shown"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    TOO_OLD = "too_old"
    UNREACHABLE = "unreachable"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    UNTRUSTED = "untrusted"
    NOT_MET = "not_met"


_CODES = {
    FindingKind.EXPIRED: Refusal.EligibilityExpired,
    FindingKind.TOO_OLD: Refusal.EligibilityExpired,
    FindingKind.UNREACHABLE: Refusal.OracleStale,
}
_TEXTS = {
    FindingKind.MISSING: "No credential on {topic} was presented.",
    FindingKind.NOT_SHOWN: "The credential on {topic} does not show a claim that this asset asks for.",
    FindingKind.EXPIRED: "The credential on {topic} has expired.",
    FindingKind.NOT_YET: "The credential on {topic} is not valid yet.",
    FindingKind.TOO_OLD: "The check behind the credential on {topic} is older than this asset allows.",
    FindingKind.UNREACHABLE: "The status of the credential on {topic} can't be learnt at the moment.",
    FindingKind.SUSPENDED: "The credential on {topic} is suspended by its issuer.",
    FindingKind.REVOKED: "The credential on {topic} was revoked by its issuer.",
    FindingKind.UNTRUSTED: "The issuer of the credential on {topic} is not one that this asset relies on.",
    FindingKind.NOT_MET: "The credential on {topic} does not meet what this asset asks.",
}
_CURES = {
    FindingKind.MISSING: "Present a credential on {topic}.",
    FindingKind.NOT_SHOWN: "Present it again and agree to show what is asked.",
    FindingKind.EXPIRED: "Have it renewed, and present the new one.",
    FindingKind.NOT_YET: "Wait until it is valid.",
    FindingKind.TOO_OLD: "Have the check repeated, and present the new credential.",
    FindingKind.UNREACHABLE: "Wait; nothing needs to be done.",
    FindingKind.SUSPENDED: "Ask its issuer.",
    FindingKind.REVOKED: "Ask its issuer for a new one.",
    FindingKind.UNTRUSTED: "Present one of an issuer that this asset relies on.",
    FindingKind.NOT_MET: "Present another credential, if there is one that meets it.",
}
_TOLD_OF_SCREENING = frozenset(
    {FindingKind.MISSING, FindingKind.EXPIRED, FindingKind.NOT_YET, FindingKind.TOO_OLD, FindingKind.UNREACHABLE}
)
"""What the calendar or the network does; all else about a screening would tell of a hit."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that failed or is not known. Its fields are for the compliance role; `public_*` for everybody."""

    topic: str
    kind: FindingKind
    screening: bool = False

    @property
    def code(self) -> Refusal:
        """The refusal number that a chain would give."""
        return Refusal.ReceiverNotEligible if self.is_covered else _CODES.get(self.kind, Refusal.ReceiverNotEligible)

    @property
    def is_covered(self) -> bool:
        """Whether everybody but the compliance role reads `under review`."""
        return self.screening and self.kind not in _TOLD_OF_SCREENING

    @property
    def public_code(self) -> str:
        """The refusal's name, or `under review`."""
        return UNDER_REVIEW if self.is_covered else self.code.name

    @property
    def public_text(self) -> str:
        """One sentence for the investor."""
        return UNDER_REVIEW if self.is_covered else _TEXTS[self.kind].format(topic=_spoken(self.topic))

    @property
    def public_cure(self) -> str | None:
        """What the investor can do; nothing is said of a review."""
        return None if self.is_covered else _CURES[self.kind].format(topic=_spoken(self.topic))


def _spoken(topic: str) -> str:
    return topic.replace("_", " ")
