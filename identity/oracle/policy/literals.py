"""One leaf of a rule, or its opposite, over the evidence on its topic: true, false or unknown.

A leaf and its opposite are weighed apart, because evidence that was taken back must help neither. A revoked statement that
somebody IS a US person does not prove that he is none, and a revoked statement that he is none proves nothing either: both
the leaf and its opposite are false. So no revocation, suspension or loss of trust ever admits anybody, and all of them act
at once; what is only missing, expired or unreachable is unknown.

A value that is nearly one that a test names is neither it nor another one: a test on "US" knows nothing of "us". Else an
issuer's slip of spelling would pass every `not_in`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

from identity.formats.base import ClaimPath
from identity.oracle.policy.claims import values_at
from identity.oracle.policy.evidence import Evidence, Standing, Weighed
from identity.oracle.policy.findings import FindingKind
from identity.oracle.policy.rules import Ask, Probe, fold


class Truth(IntEnum):
    """Kleene's three values in their order: `all` takes the least, `any` the greatest."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


class Said(NamedTuple):
    """The plain values of a claim: with their types, their types alone, and the texts folded."""

    named: frozenset[tuple[type, Any]]
    types: frozenset[type]
    folded: frozenset[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence as one policy sees it at one moment."""

    evidence: Evidence
    standing: Standing
    _said: dict[ClaimPath, Said] = field(default_factory=dict)

    def said(self, path: ClaimPath) -> Said:
        """What it says at a path: read once, however many leaves ask for it."""
        said = self._said.get(path)
        if said is None:
            scalars = [value for value in values_at(self.evidence.claims, path) if isinstance(value, str | int)]
            said = self._said[path] = Said(
                frozenset((type(value), value) for value in scalars),
                frozenset(type(value) for value in scalars),
                frozenset(fold(value) for value in scalars if isinstance(value, str)),
            )
        return said


@dataclass(frozen=True, slots=True)
class Weight:
    """What a literal came to: with the piece that made it TRUE and until when, or with what stands against it."""

    truth: Truth
    piece: Evidence | None = None
    until: int = 0
    kinds: tuple[FindingKind, ...] = ()


@dataclass(slots=True)
class _Read:
    """A piece against the tests of one leaf. `counts`: it is in force and was checked lately enough."""

    evidence: Evidence
    standing: Standing
    aged: bool
    counts: bool
    meets: Truth
    until: int

    @property
    def may_meet(self) -> bool:
        return self.meets is not Truth.FALSE

    @property
    def taken_back(self) -> bool:
        return self.standing in _TAKEN_BACK


_FALSE, _UNKNOWN, _TRUE = (
    Truth  # looked up once: a member of an enum is found by a call, and the innermost loop asks often
)
_VALID, _UNREACHABLE = Standing.VALID, Standing.UNREACHABLE
_TAKEN_BACK = frozenset({Standing.INVALID, Standing.SUSPENDED})
_REPLACEABLE = frozenset({Standing.INVALID, Standing.EXPIRED, Standing.NOT_YET})
"""Not a suspension: it says that somebody is looking into it."""
_KINDS = {
    Standing.SUSPENDED: FindingKind.SUSPENDED,
    Standing.INVALID: FindingKind.REVOKED,
    Standing.EXPIRED: FindingKind.EXPIRED,
    Standing.NOT_YET: FindingKind.NOT_YET,
    Standing.UNREACHABLE: FindingKind.UNREACHABLE,
    Standing.UNTRUSTED: FindingKind.UNTRUSTED,
}


def sift(held: Iterable[Weighed], trusted: Sequence[str], since: Mapping[str, int], now: int) -> tuple[Piece, ...]:
    """The evidence on one topic, its standing sharpened by trust and time, without what its issuer has replaced.

    An issuer's later statement that was not taken back replaces its earlier ones that are revoked or out of their time:
    else somebody whose status changed lawfully, and whose old credential was revoked for it, could never be admitted again.
    """
    pieces = [Piece(one.evidence, _standing(one, trusted, since, now)) for one in held]
    # Also one that has expired since: else its end would bring the older one back to life, by time alone.
    stated = [piece.evidence for piece in pieces if piece.standing in (Standing.VALID, Standing.EXPIRED)]
    return tuple(
        piece for piece in pieces if piece.standing not in _REPLACEABLE or not _replaced(piece.evidence, stated)
    )


def weigh(ask: Ask, wanted: bool, pieces: Sequence[Piece], now: int, *, every: bool = False) -> Weight:
    """The leaf (`wanted`), or its opposite, over the sifted evidence on its topic.

    Args:
        every: what one credential says in force, another one beside it can't outweigh: for findings of screening.
    """
    read = [_read(ask, piece, now) for piece in pieces]
    if not wanted:
        return _weigh_against(read)
    weight = _weigh_for(read)
    return _contradicted(read) or weight if every and weight.truth is Truth.TRUE else weight


def _weigh_for(read: Sequence[_Read]) -> Weight:
    """Any one credential is enough; one that was taken back and would have been it ends the matter at once."""
    good = [one for one in read if one.counts and one.meets is _TRUE]
    if good:
        return _true(good)
    hopeful = [one for one in read if one.standing is _UNREACHABLE and not one.aged and one.may_meet]
    hopes = [one.evidence for one in hopeful]
    if any(one.taken_back and one.may_meet and not _replaced(one.evidence, hopes) for one in read):
        return _short(_FALSE, [one for one in read if one.taken_back])
    if hopeful:
        return _short(_UNKNOWN, hopeful)
    counting = [one for one in read if one.counts]
    if any(one.meets is _FALSE for one in counting):
        return _short(_FALSE, counting)
    return _short(_UNKNOWN, counting) if counting else _left(read)


def _contradicted(read: Sequence[_Read]) -> Weight | None:
    """What another credential says against one that is enough; None: nothing. Its issuer's own later word replaces it."""
    later = [one.evidence for one in read if one.counts and one.meets is Truth.TRUE]
    against = [one for one in read if one.meets is Truth.FALSE and not _replaced(one.evidence, later)]
    # However old its check is: it is in force.
    if any(one.standing is Standing.VALID for one in against):
        return Weight(Truth.FALSE, kinds=(FindingKind.NOT_MET,))
    doubtful = [one for one in against if one.standing is Standing.UNREACHABLE]
    return _short(Truth.UNKNOWN, doubtful) if doubtful else None


def _weigh_against(read: Sequence[_Read]) -> Weight:
    """Every credential that says so, or may say so, counts; a friendlier one beside it does not outweigh it."""
    # However old its check is: it is in force.
    bad = [one for one in read if one.standing is Standing.VALID and one.meets is Truth.TRUE]
    if bad:
        return Weight(Truth.FALSE, kinds=(FindingKind.NOT_MET,))
    taken_back = [one for one in read if one.taken_back and one.may_meet]
    if taken_back:
        return _short(Truth.FALSE, taken_back)
    doubtful = [one for one in read if one.standing in (Standing.VALID, Standing.UNREACHABLE) and one.may_meet]
    if doubtful:
        return _short(Truth.UNKNOWN, doubtful)
    good = [one for one in read if one.counts]
    return _true(good) if good else _left(read)


def _left(read: Sequence[_Read]) -> Weight:
    """Nothing is in force: what was taken back is false at once, what is missing, lapsed or unreachable is unknown."""
    if not read:
        return Weight(Truth.UNKNOWN, kinds=(FindingKind.MISSING,))
    at_once = any(one.taken_back or one.standing is Standing.UNTRUSTED for one in read)
    return _short(Truth.FALSE if at_once else Truth.UNKNOWN, read)


def _replaced(evidence: Evidence, by: Iterable[Evidence]) -> bool:
    return any(one.issuer == evidence.issuer and one.issued_at > evidence.issued_at for one in by)


def _true(good: Sequence[_Read]) -> Weight:
    best = max(good, key=lambda one: one.until)
    return Weight(Truth.TRUE, best.evidence, best.until)


def _short(truth: Truth, read: Iterable[_Read]) -> Weight:
    return Weight(truth, kinds=tuple(dict.fromkeys(_kind(one) for one in read)))


def _kind(one: _Read) -> FindingKind:
    if one.standing is not Standing.VALID:
        return _KINDS[one.standing]
    if one.aged:
        return FindingKind.TOO_OLD
    return FindingKind.NOT_SHOWN if one.meets is Truth.UNKNOWN else FindingKind.NOT_MET


def _standing(one: Weighed, trusted: Sequence[str], since: Mapping[str, int], now: int) -> Standing:
    evidence = one.evidence
    distrusted_from = since.get(evidence.issuer)
    if evidence.issuer not in trusted or (distrusted_from is not None and evidence.issued_at >= distrusted_from):
        return Standing.UNTRUSTED
    if one.standing is Standing.UNTRUSTED:
        return one.standing
    if now >= evidence.valid_until:
        # Whatever its status: it is past saying anything, for or against.
        return Standing.EXPIRED
    if now < evidence.valid_from and one.standing not in _TAKEN_BACK:
        return Standing.NOT_YET
    return one.standing


def _read(ask: Ask, piece: Piece, now: int) -> _Read:
    evidence = piece.evidence
    until, aged = evidence.valid_until, False
    if ask.max_age is not None:
        # Without the day of the check nobody knows its age.
        ends = 0 if evidence.checked_at is None else evidence.checked_at + ask.max_age
        until, aged = min(until, ends), now >= ends
    meets = _TRUE
    for probe in ask.probes:
        one = _meets(probe, piece.said(probe.path))
        if one < meets:
            meets = one
    return _Read(evidence, piece.standing, aged, piece.standing is _VALID and not aged, meets, until)


def _meets(probe: Probe, said: Said) -> Truth:
    """One test of the claims: nothing there, or no plain value, is unknown."""
    if not said.named:
        return _UNKNOWN
    named = not probe.named.isdisjoint(said.named)
    if probe.each and not named:
        # The holder may have concealed the very element.
        return _UNKNOWN
    if not named and _is_nearly(said, probe):
        return _UNKNOWN
    return _FALSE if named is probe.excludes else _TRUE


def _is_nearly(said: Said, probe: Probe) -> bool:
    """Whether values that are none of those named may be meant as one: of another kind, or spelt otherwise."""
    return not said.types <= probe.types or not said.folded.isdisjoint(probe.folded)
