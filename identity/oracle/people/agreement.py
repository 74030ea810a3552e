"""Whether credentials that were shown together are of one person, and what recognises that person again.

Three things link two credentials: the same holder's key, the same issuer-scoped subject id, equal name and birth date.
A link is not enough when something else contradicts it: two subject ids of one issuer are two persons, even in one
wallet - or a friend's accreditation, put into one's own wallet, would pass for one's own.

Names are compared after NFKD, without marks, case-folded, with every run of blanks as one space; given and family name
each for itself. Nothing is transliterated: other alphabets are compared as they are written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from identity.formats.strict import encode_json
from identity.oracle.people.errors import NotOnePerson

Mac = Callable[[str, bytes], bytes]
"""A keyed digest: purpose and data to 32 bytes."""

ENTITY, MANDATE, NATURAL_PERSON = "entity", "mandate", "natural_person"
OF_THE_REPRESENTATIVE = frozenset({"kyc", "mandate"})
"""Beside an entity's own credential these speak of whoever acts for it; all others of the entity."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one credential says of whose it is; empty where it says nothing. `holder` is a key's thumbprint."""

    topic: str
    issuer: str
    holder: str
    subject: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    birthdate: str | None = None
    lei: str | None = None
    kind: str | None = None

    @property
    def name(self) -> tuple[str, str, str] | None:
        """The normalised name with the birth date, when all of it is said."""
        if self.given_name is None or self.family_name is None or self.birthdate is None:
            return None
        return normalise_name(self.given_name), normalise_name(self.family_name), self.birthdate

    @property
    def entity(self) -> str | None:
        """The LEI of whom the credential is about. A mandate's is of somebody else than the one who holds it."""
        return self.lei if self.topic == ENTITY else None

    @property
    def scoped_subject(self) -> tuple[str, str] | None:
        """The subject's id with the issuer in whose scope it means anything."""
        return None if self.subject is None else (self.issuer, self.subject)


@dataclass(frozen=True, slots=True)
class Mark:
    """A keyed digest by which a person is found again. Strong ones decide; weak ones call for a second look."""

    digest: bytes
    strong: bool


def facts_of(topic: str, issuer: str, holder: str, claims: Mapping[str, Any]) -> Facts:
    """What a verified credential's claims say of whose it is."""

    def text(name: str) -> str | None:
        value = claims.get(name)
        return value if isinstance(value, str) and value else None

    lei = text("principal_lei") if topic == MANDATE else text("lei")
    return Facts(
        topic=topic,
        issuer=issuer,
        holder=holder,
        subject=text("sub"),
        given_name=text("given_name"),
        family_name=text("family_name"),
        birthdate=text("birthdate"),
        lei=lei,
        kind=text("investor_kind"),
    )


def normalise_name(name: str) -> str:
    """A name as it is compared: NFKD, marks stripped, case-folded, blanks collapsed."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    return " ".join(unicodedata.normalize("NFKD", plain.casefold()).split())


def require_one(shown: Sequence[Facts]) -> None:
    """Returns when all these credentials are shown to be of one person, or of one entity and who acts for it.

    Raises:
        NotOnePerson: two of them contradict each other, or nothing links them.
    """
    groups = _groups(shown)
    for group in groups:
        for one, other in combinations(group, 2):
            _require_no_contradiction(one, other)
        _require_linked(group)
    if len(groups) == 2:
        _require_mandate(*groups)


def marks_of(shown: Sequence[Facts], mac: Mac) -> list[Mark]:
    """What recognises the investor again: an entity by its LEI and its subject ids, a person by subject ids and name."""
    marks: dict[bytes, Mark] = {}
    for one in _groups(shown)[0]:
        for purpose, value, strong in (
            ("mark-lei", None if one.entity is None else [one.entity], True),
            ("mark-subject", one.scoped_subject, True),
            ("mark-name", one.name, False),
        ):
            if value is not None:
                digest = mac(purpose, encode_json(list(value)))
                marks[digest] = Mark(digest, strong)
    return list(marks.values())


def is_principal(topic: str, shown: Sequence[Facts]) -> bool:
    """Whether a credential of this topic speaks of the investor, and not of who acts for it."""
    return len(_groups(shown)) == 1 or topic not in OF_THE_REPRESENTATIVE


def holder_marks(shown: Sequence[Facts], mac: Mac) -> frozenset[bytes]:
    """The keyed digests of the holders' keys: with an equal name they make a person the same one."""
    return frozenset(mac("mark-holder", one.holder.encode("ascii")) for one in shown)


def _groups(shown: Sequence[Facts]) -> list[list[Facts]]:
    """The principal's credentials, then the representative's: two persons when an entity is among them."""
    if not any(one.topic == ENTITY for one in shown):
        return [list(shown)]
    principal = [one for one in shown if one.topic not in OF_THE_REPRESENTATIVE]
    representative = [one for one in shown if one.topic in OF_THE_REPRESENTATIVE]
    return [principal, representative] if representative else [principal]


def _require_no_contradiction(one: Facts, other: Facts) -> None:
    if one.issuer == other.issuer and one.subject is not None and other.subject is not None:
        if one.subject != other.subject:
            raise NotOnePerson("one issuer names two subjects")
    elif one.name is not None and other.name is not None and one.name != other.name:
        raise NotOnePerson("the names or birth dates differ")
    if one.entity is not None and other.entity is not None and one.entity != other.entity:
        raise NotOnePerson("two entities are named")


def _require_linked(group: Sequence[Facts]) -> None:
    linked, waiting = [group[0]], list(group[1:])
    while waiting:
        following = next((one for one in waiting if any(_are_linked(one, other) for other in linked)), None)
        if following is None:
            raise NotOnePerson("nothing links them")
        waiting.remove(following)
        linked.append(following)


def _require_mandate(principal: Sequence[Facts], representative: Sequence[Facts]) -> None:
    """Only a mandate leads from a representative to the entity it names; lying in one wallet does not."""
    if any(one.kind == NATURAL_PERSON for one in principal):
        raise NotOnePerson("a natural person's qualification stands beside an entity")
    named = {one.entity for one in principal} - {None}
    if not any(one.topic == MANDATE and one.lei in named for one in representative):
        raise NotOnePerson("no mandate leads from the representative to the entity")


def _are_linked(one: Facts, other: Facts) -> bool:
    return (
        one.holder == other.holder
        or (one.scoped_subject is not None and one.scoped_subject == other.scoped_subject)
        or (one.name is not None and one.name == other.name)
        or (one.entity is not None and one.entity == other.entity)
    )
