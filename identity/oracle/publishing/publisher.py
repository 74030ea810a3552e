"""Brings the oracle's words onto the chains: one loop per chain, woken by events.

Objectives: what takes something away is on its way at once, and before any grant; a number has one content, whatever
crashes; a signer that is slow, dead or lies holds nothing up, and an item that is refused holds up no other. What stands on
the chains is the truth; the journal only says what was asked and signed.

A turn: finish what the journal left open, compare, draft, write the draft down, collect a quorum, write that down, submit.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bridge.digests import digest_permit
from bridge.errors import LockstepError
from bridge.refusals import Refused, name
from bridge.types import MAX_APPROVAL_SECONDS, BindingPermit, OracleBatch
from chains.accounts import Account
from chains.base import Chain
from chains.token_events import BatchApplied, Event, ItemSkipped
from identity.oracle.batches import Item
from identity.oracle.publishing.applying import GATE, bindings_now, make_batch, size_of, text_of, words_in
from identity.oracle.publishing.collecting import BatchCollector, Overtaken, oracle_signers
from identity.oracle.publishing.drafting import Drafted, subject_key
from identity.oracle.publishing.grounds import build_permit_request
from identity.oracle.publishing.journal import BatchJournal, BatchState, Entry
from identity.oracle.publishing.mirror import Mirror
from identity.oracle.publishing.planning import ChainSide, Planner, is_due, issue_time
from identity.oracle.publishing.pool import NoQuorum, SignerPool
from identity.oracle.publishing.ports import Source, WantedBinding
from identity.oracle.publishing.reconcile import Difference, told
from identity.oracle.publishing.resting import Resting
from identity.oracle.publishing.waking import Waker
from identity.oracle.signer.errors import Check
from identity.storage.database import Database
from identity.storage.writer import Writer


@dataclass(frozen=True, slots=True)
class PublisherRules:
    """How often, and in what slices. Seconds."""

    rhythm_seconds: int = 15
    """Grants go out on this rhythm, so that the time of a batch tells nobody's; what takes away doesn't wait."""
    heartbeat_seconds: int = 600
    retry_seconds: float = 1.0
    rest_seconds: int = 60
    """How long an item that signers refused is left alone."""
    slice_size: int = 8
    """Seats without a holder that a class has on a chain at most."""
    lead_seconds: int = 30
    """How far `issuedAt` may be ahead of the chain's own clock; chains take 60."""


class Publisher:
    """The publisher of one oracle. `run` in one event loop; `wake` from any thread."""

    def __init__(
        self,
        chains: Mapping[bytes, Chain],
        accounts: Mapping[str, Account],
        signers: SignerPool,
        source: Source,
        database: Database,
        writer: Writer,
        clock: Callable[[], int],
        rules: PublisherRules | None = None,
    ) -> None:
        """`chains` by domain; `accounts` by chain name pay the fees; `clock` UTC seconds."""
        self._rules = rules or PublisherRules()
        self._sides = {domain: ChainSide(domain, chain, Mirror(chain)) for domain, chain in chains.items()}
        self._accounts, self._signers, self._source, self._clock = accounts, signers, source, clock
        self.journal = BatchJournal(database, writer)
        self._planner = Planner(self._sides, source, self.journal, self._rules.slice_size)
        self._collector = BatchCollector(signers, source, self.journal, self._sides)
        # Two chains must not grant the same free part at once: planning and writing down are one step.
        self._planning = asyncio.Lock()
        self._turns = {domain: asyncio.Lock() for domain in self._sides}
        self._resting = {domain: Resting(self._rules.rest_seconds, clock) for domain in self._sides}
        self._failed: dict[bytes, int] = {}
        """By domain: the number of the batch for which no quorum was found lately."""
        self._wakers = {
            domain: Waker(clock, self._rules.rhythm_seconds, self._rules.heartbeat_seconds / 4)
            for domain in self._sides
        }
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Publishes until it is cancelled. Ends only by what a person must look at."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            for side in self._sides.values():
                group.create_task(self._follow(side), name=f"publish-{side.chain.name}")

    def wake(self, urgent: bool) -> None:
        """Something changed. `urgent`: something may have to be taken away. Safe from any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._mark, urgent)

    async def turn(self, domain: bytes, *, takes_only: bool = False, moves: bool = False) -> bool:
        """One turn of one chain; whether a batch was applied. `moves`: parts of caps, in place of what changed.

        Raises:
            Overtaken: something is to be taken away meanwhile; take another turn at once.
            NoQuorum, ChainError, RecoverableError: not now; nothing is lost.
        """
        side = self._sides[domain]
        async with self._turns[domain]:
            if not moves:
                # Whatever was called out so far is in what is looked at from here on.
                self._wakers[domain].alarm.clear()
            clock = await asyncio.to_thread(side.mirror.clock)
            if (entry := await self._open(side, clock.number)) is not None:
                await self._finish(side, entry)
                return True
            now = self._clock()
            async with self._planning:
                # Within the turn: a move repeats words as they stand, and a block that came in between would be lifted.
                plan = (
                    partial(self._planner.rebalance, side, now)
                    if moves
                    else partial(self._plan, side, now, takes_only=takes_only)
                )
                drafted = await asyncio.to_thread(plan)
                if not drafted and (moves or not is_due(clock, now, self._rules.heartbeat_seconds)):
                    return False
                batch = make_batch(clock.number, issue_time(clock, now, self._rules.lead_seconds), drafted)
                await self.journal.draft(domain, batch)
            await self._sign_and_submit(side, batch, drafted)
            return True

    async def settle(self) -> None:
        """Turns of all chains until nothing is left to do: for commands, start-up and tests."""

        async def until_quiet(domain: bytes) -> None:
            with contextlib.suppress(Overtaken):
                while await self.turn(domain):
                    pass
                return
            await until_quiet(domain)

        await asyncio.gather(*(until_quiet(domain) for domain in self._sides))

    async def rebalance(self) -> int:
        """Moves parts of caps one step further on every chain; how many batches that took. A job."""
        return sum([await self.turn(domain, moves=True) for domain in self._sides])

    async def heartbeat(self) -> None:
        """Shows every chain that nothing is withheld, if it is time. A job; the loops do the same by themselves."""
        for domain in self._sides:
            await self.turn(domain, takes_only=True)

    async def reconcile(self) -> list[Difference]:
        """Compares all chains with what the oracle thinks, tells what differs, and wakes the loops that repair it. A job."""
        now = self._clock()
        found = await asyncio.to_thread(self._planner.excesses, now)
        for domain, side in self._sides.items():
            found += await asyncio.to_thread(self._planner.differences, side, now)
            async with self._turns[domain]:
                side.mirror.forget()
        for line in told(found):
            structlog.get_logger("publisher").warning("chain and oracle differ", **line)
        if any(one.is_repaired for one in found):
            self.wake(urgent=True)
        return found

    async def permit(self, asset: bytes, wanted: WantedBinding, domain: bytes) -> SignedPermit:
        """A permit with which an account binds itself; the same one for as long as it lives. NoQuorum.

        `wanted.proof` holds the holder's consent; the permit ends with it at the latest.
        """
        side, now = self._sides[domain], self._clock()
        account, investor = wanted.account, wanted.investor
        kept = self.journal.permit(domain, asset, account)
        if kept is not None and kept[0].investor == investor and now < kept[0].expires_at:
            permit, set_id, signatures = kept
            if set_id is not None:
                return SignedPermit(permit, set_id, tuple(signatures))
        else:
            until = min(now + MAX_APPROVAL_SECONDS // 2, (wanted.proof or {}).get("expires_at", now))
            permit = BindingPermit(asset, account, investor, until)
            await self.journal.keep_permit(domain, permit, None, ())
        signers = await asyncio.to_thread(oracle_signers, side.chain)
        request = await asyncio.to_thread(build_permit_request, domain, permit, wanted, self._source)
        found = await self._signers.collect("/permits", request, digest_permit(permit, domain), signers)
        if len(found.signatures) < signers.threshold:
            raise NoQuorum(len(found.signatures), signers.threshold, found.refusals)
        await self.journal.keep_permit(domain, permit, signers.id, found.signatures)
        return SignedPermit(permit, signers.id, found.signatures)

    async def _follow(self, side: ChainSide) -> None:
        log = structlog.get_logger("publisher").bind(chain=side.chain.name)
        waker = self._wakers[side.domain]
        takes_only = owed = False
        while True:
            try:
                while await self.turn(side.domain, takes_only=takes_only):
                    pass
            except Overtaken:
                takes_only = owed = True
                continue
            except (LockstepError, SQLAlchemyError) as error:
                log.warning("will try again", action="publish.retry", kind=type(error).__name__, error=text_of(error))
            except Exception as error:  # noqa: BLE001 - a fault over one chain's data must not silence the others
                # Its text stays here: it could hold what was processed.
                log.error("a fault", action="publish.fault", kind=type(error).__name__)  # noqa: TRY400
            else:
                if not owed:
                    takes_only = await waker.wait(self._again(side.domain))
                    continue
                # What only takes away went through by itself: now what failed before.
                owed = takes_only = False
                await waker.pause(self._rules.retry_seconds)
                continue
            side.mirror.forget()
            # What failed may be needed for grants alone: another chain, an issuer. So every other attempt only takes away.
            owed, takes_only = True, not takes_only
            await waker.pause(self._rules.retry_seconds)

    def _again(self, domain: bytes) -> float | None:
        """In how many seconds a quiet loop looks at what was left out: when a rest ends, or a chain may name the policy."""
        left = self._resting[domain].seconds_left()
        if any(place[0] == domain for place in self._planner.unnamed):
            return min(UNNAMED_SECONDS, UNNAMED_SECONDS if left is None else left)
        return left

    def _mark(self, urgent: bool) -> None:
        for waker in self._wakers.values():
            waker.wake(urgent)

    async def _open(self, side: ChainSide, number: int) -> Entry | None:
        """The batch that the journal holds and the chain does not; one that a block holds by now is noted as applied."""
        entry = self.journal.entry(side.domain, number)
        if entry is not None and entry.state is BatchState.SIGNED:
            # Submitted before a crash, or by somebody else: anyone may.
            await self.journal.apply(side.domain, number, None)
            happened = await asyncio.to_thread(bindings_now, side.chain, entry.batch)
            await asyncio.to_thread(self._source.applied, side.domain, entry.batch, happened)
        return self.journal.entry(side.domain, number + 1)

    async def _finish(self, side: ChainSide, entry: Entry) -> None:
        """Goes on with a batch that a crash or a shortage left open: the same content, as far as signers still take it."""
        now = self._clock()
        if entry.state is not BatchState.APPLIED:
            drafted = await asyncio.to_thread(self._collector.redraft, side.domain, entry.batch, now)
        if entry.state is BatchState.SIGNED and words_in(drafted) < len(entry.batch.eligibilities):
            # Signed for somebody who has lost it since, and in no block: the chain takes one batch of a number.
            await self.journal.reopen(side.domain, entry.batch.number)
        elif entry.state is not BatchState.DRAFTED:
            await self._submit(side, entry.batch, entry.set_id or 0, entry.signatures)
            return
        takes = await asyncio.to_thread(self._plan, side, now, takes_only=True)
        batch, shorter = entry.batch, self._shortened(side.domain, entry.batch.number, drafted, takes)
        if len(shorter) != size_of(batch) or shorter is takes or now - batch.issued_at > MAX_DRAFT_AGE:
            clock = await asyncio.to_thread(side.mirror.clock)
            batch = make_batch(batch.number - 1, issue_time(clock, now, self._rules.lead_seconds), shorter)
            await self.journal.draft(side.domain, batch)
        await self._sign_and_submit(side, batch, shorter)

    def _shortened(
        self, domain: bytes, number: int, drafted: Sequence[Drafted], takes: Sequence[Drafted]
    ) -> Sequence[Drafted]:
        """What is left of an open draft: nobody's revocation waits for it, and no item spoils it for ever."""
        if takes and any(not one.takes for one in drafted):
            # What was to be granted waits for the next number.
            return takes
        if {one.item for one in takes} - {one.item for one in drafted}:
            return takes
        if self._failed.get(domain) != number or all(one.takes for one in drafted):
            return drafted
        # Nobody says which grant it is: half of them each time, until it went through or was alone.
        if len(drafted) == 1:
            self._resting[domain].note(drafted[0].item, longer=True)
        return drafted[: len(drafted) // 2]

    async def _sign_and_submit(self, side: ChainSide, batch: OracleBatch, drafted: Sequence[Drafted]) -> None:
        urgent = partial(self._something_to_take, side, drafted)
        try:
            signed = await self._collector.collect(side, batch, drafted, self._redrafted(side, batch), urgent)
        except NoQuorum:
            self._failed[side.domain] = batch.number
            raise
        self._failed.pop(side.domain, None)
        for one, _, why in signed.refused:
            if why.startswith(Check.LIMIT):
                # The word must not wait for its part: that comes by rebalancing.
                self._planner.without_limit.add(subject_key(one.item))
            else:
                # What signers refuse may be fine in a minute: a list, a policy, another chain.
                self._resting[side.domain].note(one.item, longer=False)
        await self._submit(side, signed.batch, signed.set_id, signed.signatures)

    async def _something_to_take(self, side: ChainSide, drafted: Sequence[Drafted]) -> None:
        """Returns when something is to be taken away that is not among the items drafted. Within this chain's turn."""
        alarm = self._wakers[side.domain].alarm
        while True:
            await alarm.wait()
            alarm.clear()
            plan = partial(self._plan, side, self._clock(), takes_only=True)
            look = asyncio.ensure_future(asyncio.to_thread(plan))
            try:
                takes = await asyncio.shield(look)
            except asyncio.CancelledError:
                # The thread reads the mirror: nobody else may until it is done.
                await asyncio.wait([look])
                raise
            if {one.item for one in takes} - {one.item for one in drafted}:
                alarm.set()
                return

    def _redrafted(self, side: ChainSide, batch: OracleBatch) -> Callable[[Sequence[Drafted]], Awaitable[OracleBatch]]:
        async def again(drafted: Sequence[Drafted]) -> OracleBatch:
            smaller = make_batch(batch.number - 1, batch.issued_at, drafted)
            await self.journal.draft(side.domain, smaller)
            return smaller

        return again

    async def _submit(self, side: ChainSide, batch: OracleBatch, set_id: int, signatures: Sequence[bytes]) -> None:
        account = self._accounts[side.chain.name]
        try:
            done = await asyncio.to_thread(side.chain.submit_batch, batch, set_id, signatures, account)
        except Refused as refused:
            if any(reason.code in GATE for reason in refused.reasons):
                # The signer set has changed since: the same batch needs other signatures, or it would be tried for ever.
                await self.journal.reopen(side.domain, batch.number)
            raise
        happened: Sequence[Event] = done.happened
        is_news = any(isinstance(one, BatchApplied) and one.number == batch.number for one in happened)
        if not is_news:
            # The number was taken before: by this batch, or by another one. Only the chain knows what stands.
            happened = await asyncio.to_thread(bindings_now, side.chain, batch)
        skipped = [one for one in happened if isinstance(one, ItemSkipped) and one.number == batch.number]
        if is_news:
            side.mirror.apply(batch, skipped)
        else:
            side.mirror.forget()
        await self.journal.apply(side.domain, batch.number, done.tx.hash)
        await self._tell_skipped(side, batch, skipped)
        await asyncio.to_thread(self._source.applied, side.domain, batch, happened)
        structlog.get_logger("publisher").info(
            "batch applied",
            action="publish.applied",
            chain=side.chain.name,
            number=batch.number,
            items=size_of(batch),
            skipped=len(skipped),
        )

    async def _tell_skipped(self, side: ChainSide, batch: OracleBatch, skipped: Sequence[ItemSkipped]) -> None:
        items: Mapping[int, Sequence[Item]] = {1: batch.eligibilities, 2: batch.bindings, 3: batch.quotas}
        told: list[tuple[Item, str, str]] = [
            (items[one.kind][one.index], side.chain.name, name(one.code)) for one in skipped
        ]
        if told:
            await self.journal.refuse(side.domain, batch.number, told)
            for item, _, _ in told:
                self._resting[side.domain].note(item, longer=True)

    def _plan(self, side: ChainSide, now: int, *, takes_only: bool) -> list[Drafted]:
        return self._planner.plan(side, now, rests=self._resting[side.domain].holds, takes_only=takes_only)


UNNAMED_SECONDS = 3.0
"""Between looks at a chain that does not name the policy in force yet."""
MAX_DRAFT_AGE = 60
"""Seconds after which a draft gets a new time: signers take nothing that is older than two minutes."""


@dataclass(frozen=True, slots=True)
class SignedPermit:
    """A permit with a quorum's signatures, as `bind` takes them."""

    permit: BindingPermit
    set_id: int
    signatures: tuple[bytes, ...]
