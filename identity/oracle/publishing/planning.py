"""What the next batch of one chain should hold. Blocks: reads the oracle's database and the chains.

Diffs are made against the newest block; parts of caps against final ones, on all chains, with what is under way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from bridge.eligibility import EligibilityWord
from bridge.errors import RecoverableError
from bridge.types import MAX_BATCH_ITEMS, Permission
from chains.base import BlockRef, Chain
from chains.errors import ChainError
from chains.views import ClockView
from identity.oracle.policy.document import DOCUMENT_NAME
from identity.oracle.publishing.caps import (
    ClassPart,
    Part,
    first_limit,
    move_limits,
    slice_seats,
    take_seats_back,
)
from identity.oracle.publishing.drafting import (
    Drafted,
    arrange,
    draft_binding,
    draft_limits,
    draft_quotas,
    draft_word,
)
from identity.oracle.publishing.journal import BatchJournal
from identity.oracle.publishing.mirror import Mirror
from identity.oracle.publishing.ports import Source, WantedWord
from identity.oracle.publishing.reconcile import (
    Difference,
    compare_limits,
    compare_seats,
    compare_words,
    unknown_batches,
)

Subject = TypeVar("Subject", bytes, int)
TURN_SECONDS = 3_600
"""How long the last empty seats stay with a class before it is another one's turn."""


@dataclass(frozen=True, slots=True)
class ChainSide:
    """One chain as the publisher holds it."""

    domain: bytes
    chain: Chain
    mirror: Mirror

    @property
    def label(self) -> str:
        """Names the chain among the others, whatever their kinds."""
        return self.domain.hex()


class Planner:
    """Plans batches; used by one turn of one chain at a time (the publisher's lock)."""

    def __init__(
        self, sides: Mapping[bytes, ChainSide], source: Source, journal: BatchJournal, slice_size: int
    ) -> None:
        self._sides, self._source, self._journal, self._slice = sides, source, journal, slice_size
        self.without_limit: set[tuple[object, ...]] = set()
        """Subjects whose first part of the limit no signer granted: there was none left."""
        self.unnamed: set[tuple[bytes, bytes]] = set()
        """(domain, asset) where the chain names another policy than the one in force: nothing is granted there yet."""

    def plan(self, side: ChainSide, now: int, *, rests: Callable[[Drafted], bool], takes_only: bool) -> list[Drafted]:
        """The items of the next batch, at most a hundred. `rests`: whether one that was refused is still left alone."""
        drafted: list[Drafted] = []
        for asset in self._source.assets():
            wanted = self._source.wanted(asset, now)
            words = self._words(side, asset, wanted)
            items = words + [draft_binding(asset, one) for one in self._source.bindings(asset, side.domain)]
            if not takes_only and any(not one.takes for one in items):
                if not self._is_named(side, asset):
                    items = [one for one in items if one.takes]
                # Seats take many reads: looked at when somebody comes, else by the job that moves parts.
                elif any(not one.takes for one in words):
                    items += self._quotas(side, asset, _receivers(wanted), now)
            drafted += items
        asked = (one for one in drafted if not rests(one))
        return arrange(asked, MAX_BATCH_ITEMS, takes_only=takes_only)

    def rebalance(self, side: ChainSide, now: int) -> list[Drafted]:
        """Items that move parts of caps between this chain and the others."""
        drafted: list[Drafted] = []
        for asset in self._source.assets():
            policy, is_named = self._source.policy(asset), self._is_named(side, asset)
            wanted = _receivers(self._source.wanted(asset, now))
            people = {one.investor: one.person_id for one in wanted}
            keys = [(asset, one.investor) for one in wanted]
            side.mirror.forget_words(keys)
            words = {investor: word for (_, investor), word in side.mirror.words(keys).items()}
            parts = self._limit_parts(asset, [one.investor for one in wanted])
            deltas = {
                investor: move_limits(policy.limit, by_chain).get(side.label, 0) for investor, by_chain in parts.items()
            }
            moves = draft_limits(asset, words, deltas, people)
            classes = self._class_parts(asset, wanted)
            quotas: dict[int, int] = {}
            for bucket, seats in policy.seats.items():
                dealt = (seats, classes.get(bucket, {}), side.label, self._slice, now // TURN_SECONDS)
                quotas |= take_seats_back(*dealt) | slice_seats(*dealt)
            moves += draft_quotas(asset, quotas)
            drafted += [one for one in moves if is_named or one.takes]
        return arrange(drafted, MAX_BATCH_ITEMS)

    def differences(self, side: ChainSide, now: int) -> list[Difference]:
        """What one chain's final block says otherwise than the oracle thinks."""
        at, applied = _final(side.chain)
        found = unknown_batches(side.chain.name, applied, self._journal.numbers(side.domain))
        for asset in self._source.assets():
            wanted = {one.investor: one.word for one in self._source.wanted(asset, now)}
            read = side.chain.words([(asset, investor) for investor in wanted], at)
            standing = {one: EligibilityWord.unpack(word) for one, word in zip(wanted, read, strict=True)}
            found += compare_words(side.chain.name, asset, wanted, standing)
        return found

    def excesses(self, now: int) -> list[Difference]:
        """Where the parts of a cap exceed the whole over all chains."""
        found: list[Difference] = []
        for asset in self._source.assets():
            policy, wanted = self._source.policy(asset), _receivers(self._source.wanted(asset, now))
            limits = self._limit_parts(asset, [one.investor for one in wanted])
            taken = {one: {name: part.taken for name, part in parts.items()} for one, parts in limits.items()}
            found += compare_limits(asset, policy.limit, taken)
            classes = self._class_parts(asset, wanted)
            seats = {bucket: {key: part.taken for key, part in parts.items()} for bucket, parts in classes.items()}
            found += compare_seats(asset, policy.seats, seats)
        return found

    def _is_named(self, side: ChainSide, asset: bytes) -> bool:
        """Whether the chain names the policy in force: no signer signs a grant there under another one."""
        document = side.chain.views(side.chain.finalised()).document_of(asset, DOCUMENT_NAME)
        place = side.domain, asset
        if document is not None and document.hash == self._source.policy(asset).digest:
            self.unnamed.discard(place)
            return True
        if place not in self.unnamed:
            self.unnamed.add(place)
            structlog.get_logger("publisher").warning(
                "the chain does not name the policy in force",
                action="publish.unnamed",
                chain=side.chain.name,
                asset=asset.hex(),
            )
        return False

    def _words(self, side: ChainSide, asset: bytes, wanted: Sequence[WantedWord]) -> list[Drafted]:
        standing = side.mirror.words([(asset, one.investor) for one in wanted if one.word is not None])
        part = first_limit(
            self._source.policy(asset).limit, side.label, {one.label: one for one in self._sides.values()}
        )
        found = []
        for one in wanted:
            if one.word is None:
                continue
            first = 0 if ("eligibility", asset, one.investor) in self.without_limit else part
            item = draft_word(asset, one.investor, one.person_id, one.word, standing[asset, one.investor], first)
            if item is not None:
                found.append(item)
        return found

    def _quotas(self, side: ChainSide, asset: bytes, receivers: Sequence[WantedWord], now: int) -> list[Drafted]:
        try:
            classes = self._class_parts(asset, receivers)
        except (ChainError, RecoverableError) as error:
            # Seats are counted over all chains. Another one that can't be read now must not stop this one's words.
            structlog.get_logger("publisher").warning(
                "seats can't be counted", action="publish.seats", chain=side.chain.name, kind=type(error).__name__
            )
            return []
        deltas: dict[int, int] = {}
        for bucket, seats in self._source.policy(asset).seats.items():
            dealt = (seats, classes.get(bucket, {}), side.label, self._slice, now // TURN_SECONDS)
            deltas |= slice_seats(*dealt)
        return draft_quotas(asset, deltas)

    def _class_parts(
        self, asset: bytes, receivers: Sequence[WantedWord]
    ) -> dict[str, dict[tuple[str, int], ClassPart]]:
        """By bucket: the seats of each class on each chain."""
        admitted = [(one.investor, one.word.class_) for one in receivers if one.word is not None]
        found: dict[str, dict[tuple[str, int], ClassPart]] = {}
        # Only buckets with seats: each class is a read on each chain.
        seats = self._source.policy(asset).seats
        buckets = {class_: name for class_, name in self._source.classes(asset).items() if name in seats}
        if not buckets:
            return found
        for side in self._sides.values():
            at, number = _final(side.chain)
            coming, leaving = self._moving_quotas(side, asset, number)
            limits = side.chain.limits([(asset, investor) for investor, _ in admitted], at)
            waiting = Counter(class_ for (_, class_), view in zip(admitted, limits, strict=True) if view.used == 0)
            views = side.chain.views(at)
            for class_, bucket in buckets.items():
                quota = views.quota_of(asset, class_)
                found.setdefault(bucket, {})[side.label, class_] = ClassPart(
                    quota.quota,
                    quota.holders,
                    coming.get(class_, 0),
                    leaving.get(class_, 0),
                    waiting[class_],
                )
        return found

    def _limit_parts(self, asset: bytes, investors: Sequence[bytes]) -> dict[bytes, dict[str, Part]]:
        found: dict[bytes, dict[str, Part]] = {investor: {} for investor in investors}
        for side in self._sides.values():
            at, number = _final(side.chain)
            coming: dict[bytes, int] = {}
            leaving: dict[bytes, int] = {}
            for entry in self._journal.above(side.domain, number):
                for item in entry.batch.eligibilities:
                    if item.asset == asset and item.limit_delta:
                        _add(coming, leaving, item.investor, item.limit_delta)
            views = side.chain.limits([(asset, investor) for investor in investors], at)
            for investor, view in zip(investors, views, strict=True):
                found[investor][side.label] = Part(
                    view.limit, view.used, coming.get(investor, 0), leaving.get(investor, 0)
                )
        return found

    def _moving_quotas(self, side: ChainSide, asset: bytes, number: int) -> tuple[dict[int, int], dict[int, int]]:
        coming: dict[int, int] = {}
        leaving: dict[int, int] = {}
        for entry in self._journal.above(side.domain, number):
            for item in entry.batch.quotas:
                if item.asset == asset:
                    _add(coming, leaving, item.class_, item.delta)
        return coming, leaving


def _add(coming: dict[Subject, int], leaving: dict[Subject, int], subject: Subject, delta: int) -> None:
    """Adds what a batch under way moves: raises to the one, lowerings to the other."""
    moved = coming if delta > 0 else leaving
    moved[subject] = moved.get(subject, 0) + abs(delta)


def _receivers(wanted: Sequence[WantedWord]) -> list[WantedWord]:
    return [one for one in wanted if one.word is not None and one.word.permissions & Permission.RECEIVE]


def is_due(clock: ClockView, now: int, heartbeat_seconds: int) -> bool:
    """Whether the chain has waited long enough for a sign of life."""
    return now - clock.issued_at >= heartbeat_seconds


def issue_time(clock: ClockView, now: int, lead: int) -> int:
    """`issuedAt` of a batch: now, not before the last one's, at most `lead` seconds ahead of the chain's own clock."""
    return max(clock.issued_at, min(now, clock.time + lead))


def _final(chain: Chain) -> tuple[BlockRef, int]:
    final = chain.finalised()
    return final, chain.views(final).clock().number
