"""The made-up people behind the cast, and what an issuer's staff would have seen of them.

Names and document numbers are drawn anew for each start and are found nowhere else, so that a search of a run for one of
them finds that person or nobody. None of it is ever written to a log or shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
NAME_LETTERS, NUMBER_CHARACTERS = 14, 16
"""Long enough that none of them comes about by chance in some megabytes of hex, base64 or text."""

YEAR_DAYS = 365
KYC, QUALIFICATION = "kyc", "investor_qualification"


@dataclass(frozen=True, slots=True)
class Subject:
    """One natural person, as their passport tells it."""

    given_name: str
    family_name: str
    birthdate: dt.date
    country: str
    document_number: str
    document_ends: dt.date

    def identifiers(self) -> tuple[str, ...]:
        """What names this very person: nothing of it may be found outside issuer, oracle and wallet."""
        return (self.given_name, self.family_name, f"{self.given_name} {self.family_name}", self.document_number)


@dataclass(frozen=True, slots=True)
class Facts:
    """What an issuer is asked to attest of a member of the cast.

    `document_days`: how long the passport is still good. `verification`: how their accreditation was established.
    """

    country: str
    document_days: int
    verification: str = "506c_third_party_letter"


FACTS: Final[Mapping[str, Facts]] = {
    "ana": Facts("US", 5 * YEAR_DAYS),
    "ben": Facts("US", 5 * YEAR_DAYS),
    "cho": Facts("SG", 5 * YEAR_DAYS, verification="506b_representation"),
    "dan": Facts("US", 1),
    "fay": Facts("DE", 5 * YEAR_DAYS),
}


def draw_subject(facts: Facts, today: dt.date, randomness: Callable[[int], bytes]) -> Subject:
    """A person who doesn't exist. `randomness(n)` gives n random bytes."""
    born = dt.date(1950, 1, 1) + dt.timedelta(days=int.from_bytes(randomness(2)) % (50 * YEAR_DAYS))
    return Subject(
        given_name=_name(randomness),
        family_name=_name(randomness),
        birthdate=born,
        country=facts.country,
        document_number=_letters(NUMBER_CHARACTERS, randomness).upper(),
        document_ends=today + dt.timedelta(days=facts.document_days),
    )


def kyc_claims(subject: Subject, today: dt.date) -> dict[str, Any]:
    """An identity check of today against the passport."""
    return {
        "given_name": subject.given_name,
        "family_name": subject.family_name,
        "birthdate": subject.birthdate.isoformat(),
        "nationalities": [subject.country],
        "document": {
            "type": "passport",
            "number": subject.document_number,
            "issuing_country": subject.country,
            "expires_on": subject.document_ends.isoformat(),
        },
        "level": "standard",
        "method": "video",
        "checked_on": today.isoformat(),
    }


def qualification_claims(facts: Facts, today: dt.date) -> dict[str, Any]:
    """An accredited investor by income, 17 CFR 230.501(a)(6): on a third party's letter of today (506(c)(2)(ii)(C)), or on the
    investor's own representation, which is enough for Rule 506(b) and not for Rule 506(c)."""
    return {
        "regime": "us_501a",
        "basis": "501a6_income",
        "investor_kind": "natural_person",
        "verification": facts.verification,
        **({"representation": True} if facts.verification == "506b_representation" else {}),
        "verified_on": today.isoformat(),
    }


def _name(randomness: Callable[[int], bytes]) -> str:
    return _letters(NAME_LETTERS, randomness).capitalize()


def _letters(count: int, randomness: Callable[[int], bytes]) -> str:
    return "".join(LETTERS[byte % len(LETTERS)] for byte in randomness(count))
