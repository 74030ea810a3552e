"""Compares what the chains say, at their final blocks, with what the oracle thinks. Pure; who calls it reads.

A difference is told, never smoothed over. What is repaired is what a batch repairs anyway: a word that should be another one.
What no batch can put right is left to a person: an account that belongs to somebody else, a batch nobody here asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bridge.eligibility import EligibilityWord
from identity.oracle.policy.words import Word


class Kind(StrEnum):
    """What differs; the names are stable, metrics count by them."""

    WORD = "word"
    """A word stands that is not the wanted one. The next batch repairs it."""
    WORD_MISSING = "word_missing"
    """Nothing stands where something is wanted. The next batch repairs it."""
    WORD_UNWANTED = "word_unwanted"
    """Something stands about an investor for whom the oracle wants nothing. For a person."""
    LIMIT_OVER = "limit_over"
    """The parts of a holding limit exceed the whole. The job that moves parts lowers them."""
    SEATS_OVER = "seats_over"
    """The parts of a bucket's seats exceed the whole. The job that moves parts lowers them."""
    BATCH_UNKNOWN = "batch_unknown"
    """The chain applied a batch that the journal does not hold. For a person: who else has a quorum?"""


ABOUT_INVESTORS = frozenset({Kind.WORD, Kind.WORD_MISSING, Kind.WORD_UNWANTED, Kind.LIMIT_OVER})
FOR_A_PERSON = frozenset({Kind.WORD_UNWANTED, Kind.BATCH_UNKNOWN})


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `subject`: an investor, a class as 2 bytes or a batch number as 8."""

    chain: str
    kind: Kind
    asset: bytes
    subject: bytes

    @property
    def is_repaired(self) -> bool:
        """Whether the publisher puts it right by itself."""
        return self.kind not in FOR_A_PERSON


def told(found: Sequence[Difference]) -> list[dict[str, Any]]:
    """The differences as log lines. Those about investors only as a number.

    That another word is wanted for an investor than the one that stands is the oracle's own knowledge: it may be a hold of
    screening that is on its way. Beside the pseudonym, which is public, a log would tell it to whoever reads logs.
    """
    counted: Counter[tuple[str, Kind, bytes]] = Counter()
    lines: list[dict[str, Any]] = []
    for one in found:
        if one.kind in ABOUT_INVESTORS:
            counted[one.chain, one.kind, one.asset] += 1
        else:
            lines.append({**_line(one.chain, one.kind, one.asset), "subject": one.subject.hex()})
    return lines + [{**_line(*where), "investors": number} for where, number in counted.items()]


def _line(chain: str, kind: Kind, asset: bytes) -> dict[str, Any]:
    repaired = kind not in FOR_A_PERSON
    return {"action": f"reconcile.{kind.value}", "chain": chain, "asset": asset.hex(), "repaired": repaired}


def compare_words(
    chain: str, asset: bytes, wanted: Mapping[bytes, Word | None], standing: Mapping[bytes, EligibilityWord]
) -> list[Difference]:
    """Differences of the words of one asset on one chain; `standing` holds at least the wanted investors."""
    found = []
    for investor, word in wanted.items():
        stands = standing[investor]
        if word is None:
            kind = Kind.WORD_UNWANTED if stands.permissions else None
        elif not stands.is_record:
            kind = Kind.WORD_MISSING
        else:
            same = (stands.class_, stands.permissions, stands.valid_until)
            kind = None if same == (word.class_, word.permissions, word.valid_until) else Kind.WORD
        if kind is not None:
            found.append(Difference(chain, kind, asset, investor))
    return found


def compare_limits(asset: bytes, whole: int, parts: Mapping[bytes, Mapping[str, int]]) -> list[Difference]:
    """Investors whose parts of the limit, with what is used beyond them, exceed the whole; parts by chain."""
    return [
        Difference("all", Kind.LIMIT_OVER, asset, investor)
        for investor, by_chain in parts.items()
        if sum(by_chain.values()) > whole
    ]


def compare_seats(
    asset: bytes, seats: Mapping[str, int], parts: Mapping[str, Mapping[tuple[str, int], int]]
) -> list[Difference]:
    """Classes of buckets whose seats exceed the whole; parts by bucket, then by (chain, class)."""
    return [
        Difference("all", Kind.SEATS_OVER, asset, class_.to_bytes(2, "big"))
        for bucket, by_class in parts.items()
        if sum(by_class.values()) > seats.get(bucket, 0)
        for class_ in sorted({class_ for (_, class_), part in by_class.items() if part > 0})
    ]


def unknown_batches(chain: str, applied: int, known: Sequence[int]) -> list[Difference]:
    """Numbers that the chain applied since the journal's first batch and that it doesn't hold."""
    first = min(known, default=applied + 1)
    missing = sorted(set(range(first, applied + 1)) - set(known))
    return [Difference(chain, Kind.BATCH_UNKNOWN, bytes(32), number.to_bytes(8, "big")) for number in missing]
