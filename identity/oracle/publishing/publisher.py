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

import structlog

from bridge.abi import encode_struct
from bridge.digests import digest_permit
from bridge.errors import RecoverableError
from bridge.refusals import Refused, name
from bridge.types import MAX_APPROVAL_SECONDS, BindingItem, BindingPermit, EligibilityItem, OracleBatch, QuotaItem
from chains.accounts import Account
from chains.base import Chain
from chains.errors import ChainError
from chains.token_events import AccountBound, ItemSkipped
from identity.oracle.batches import Item, next_batch
from identity.oracle.publishing.collecting import BatchCollector, oracle_signers
from identity.oracle.publishing.drafting import Drafted, subject_key
from identity.oracle.publishing.journal import BatchJournal, BatchState, Entry
from identity.oracle.publishing.mirror import Mirror
from identity.oracle.publishing.planning import ChainSide, Planner, is_due, issue_time
from identity.oracle.publishing.pool import NoQuorum, SignerPool
from identity.oracle.publishing.ports import Source
from identity.oracle.publishing.reconcile import Difference
from identity.oracle.publishing.waking import Waker
from identity.oracle.signer.errors import Check
from identity.oracle.signer.wire import PermitRequest
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
        self._rest: dict[bytes, dict[tuple[object, ...], int]] = {domain: {} for domain in self._sides}
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

    async def turn(self, domain: bytes, *, takes_only: bool = False, drafted: Sequence[Drafted] | None = None) -> bool:
        """One turn of one chain; whether a batch was applied. `drafted`: these items in place of the plan's.

        Raises:
            NoQuorum, ChainError, RecoverableError: not now; nothing is lost.
        """
        side = self._sides[domain]
        async with self._turns[domain]:
            clock = await asyncio.to_thread(side.mirror.clock)
            if (entry := await self._open(side, clock.number)) is not None:
                await self._finish(side, entry)
                return True
            now = self._clock()
            async with self._planning:
                if drafted is None:
                    drafted = await asyncio.to_thread(
                        self._planner.plan, side, now, rest=self._rest[domain], takes_only=takes_only
                    )
                if not drafted and not is_due(clock, now, self._rules.heartbeat_seconds):
                    return False
                batch = _batch(clock.number, issue_time(clock, now, self._rules.lead_seconds), drafted)
                await self.journal.draft(domain, batch)
            await self._sign_and_submit(side, batch, drafted)
            return True

    async def settle(self) -> None:
        """Turns of all chains until nothing is left to do: for commands, start-up and tests."""

        async def until_quiet(domain: bytes) -> None:
            while await self.turn(domain):
                pass

        await asyncio.gather(*(until_quiet(domain) for domain in self._sides))

    async def rebalance(self) -> int:
        """Moves parts of caps one step further on every chain; how many batches that took. A job."""
        moved = 0
        for domain, side in self._sides.items():
            async with self._planning:
                drafted = await asyncio.to_thread(self._planner.rebalance, side, self._clock())
            if drafted:
                moved += await self.turn(domain, drafted=drafted)
        return moved

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
        for one in found:
            structlog.get_logger("publisher").warning(
                "chain and oracle differ",
                action=f"reconcile.{one.kind.value}",
                chain=one.chain,
                asset=one.asset.hex(),
                subject=one.subject.hex(),
                repaired=one.is_repaired,
            )
        if any(one.is_repaired for one in found):
            self.wake(urgent=True)
        return found

    async def permit(self, asset: bytes, account: bytes, investor: bytes, domain: bytes) -> SignedPermit:
        """A permit with which an account binds itself; the same one for as long as it lives. NoQuorum."""
        side, now = self._sides[domain], self._clock()
        kept = self.journal.permit(domain, asset, account)
        if kept is not None and kept[0].investor == investor and now < kept[0].expires_at:
            permit, set_id, signatures = kept
            if set_id is not None:
                return SignedPermit(permit, set_id, tuple(signatures))
        else:
            permit = BindingPermit(asset, account, investor, now + MAX_APPROVAL_SECONDS // 2)
            await self.journal.keep_permit(domain, permit, None, ())
        signers = await asyncio.to_thread(oracle_signers, side.chain)
        request = PermitRequest(chain="0x" + domain.hex(), permit="0x" + encode_struct(permit).hex())
        found = await self._signers.collect("/permits", request, digest_permit(permit, domain), signers)
        if len(found.signatures) < signers.threshold:
            raise NoQuorum(len(found.signatures), signers.threshold, found.refusals)
        await self.journal.keep_permit(domain, permit, signers.id, found.signatures)
        return SignedPermit(permit, signers.id, found.signatures)

    async def _follow(self, side: ChainSide) -> None:
        log = structlog.get_logger("publisher").bind(chain=side.chain.name)
        urgent = False
        while True:
            try:
                while await self.turn(side.domain, takes_only=urgent):
                    pass
            except (RecoverableError, ChainError, Refused) as error:
                log.warning("will try again", action="publish.retry", error=str(error))
                side.mirror.forget()
                await asyncio.sleep(self._rules.retry_seconds)
                continue
            urgent = await self._wakers[side.domain].wait()

    def _mark(self, urgent: bool) -> None:
        for waker in self._wakers.values():
            waker.wake(urgent)

    async def _open(self, side: ChainSide, number: int) -> Entry | None:
        """The batch that the journal holds and the chain does not; one that a block holds by now is noted as applied."""
        entry = self.journal.entry(side.domain, number)
        if entry is not None and entry.state is BatchState.SIGNED:
            # Submitted before a crash, or by somebody else: anyone may.
            await self.journal.apply(side.domain, number, None)
            bound = await asyncio.to_thread(_bound, side.chain, entry.batch)
            await asyncio.to_thread(self._source.applied, side.domain, entry.batch, bound)
        return self.journal.entry(side.domain, number + 1)

    async def _finish(self, side: ChainSide, entry: Entry) -> None:
        """Goes on with a batch that a crash or a shortage left open: the same content, as far as signers still take it."""
        if entry.state is BatchState.DRAFTED:
            now = self._clock()
            drafted = await asyncio.to_thread(self._collector.redraft, side.domain, entry.batch, now)
            takes = await asyncio.to_thread(self._planner.plan, side, now, rest={}, takes_only=True)
            batch = entry.batch
            if {one.item for one in takes} - {one.item for one in drafted}:
                # What was to be granted waits for the next number: it must not hold this up.
                drafted = takes
            if len(drafted) != _size(batch) or drafted is takes or now - batch.issued_at > MAX_DRAFT_AGE:
                clock = await asyncio.to_thread(side.mirror.clock)
                batch = _batch(batch.number - 1, issue_time(clock, now, self._rules.lead_seconds), drafted)
                await self.journal.draft(side.domain, batch)
            await self._sign_and_submit(side, batch, drafted)
            return
        await self._submit(side, entry.batch, entry.set_id or 0, entry.signatures)

    async def _sign_and_submit(self, side: ChainSide, batch: OracleBatch, drafted: Sequence[Drafted]) -> None:
        signed = await self._collector.collect(side, batch, drafted, self._redrafted(side, batch))
        until = self._clock() + self._rules.rest_seconds
        for one, _, why in signed.refused:
            if why.startswith(Check.LIMIT):
                # The word must not wait for its part: that comes by rebalancing.
                self._planner.without_limit.add(subject_key(one.item))
            else:
                self._rest[side.domain][subject_key(one.item)] = until
        await self._submit(side, signed.batch, signed.set_id, signed.signatures)

    def _redrafted(self, side: ChainSide, batch: OracleBatch) -> Callable[[Sequence[Drafted]], Awaitable[OracleBatch]]:
        async def again(drafted: Sequence[Drafted]) -> OracleBatch:
            smaller = _batch(batch.number - 1, batch.issued_at, drafted)
            await self.journal.draft(side.domain, smaller)
            return smaller

        return again

    async def _submit(self, side: ChainSide, batch: OracleBatch, set_id: int, signatures: Sequence[bytes]) -> None:
        account = self._accounts[side.chain.name]
        done = await asyncio.to_thread(side.chain.submit_batch, batch, set_id, signatures, account)
        skipped = [one for one in done.happened if isinstance(one, ItemSkipped) and one.number == batch.number]
        side.mirror.apply(batch, skipped)
        await self.journal.apply(side.domain, batch.number, done.tx.hash)
        await self._tell_skipped(side, batch, skipped)
        await asyncio.to_thread(self._source.applied, side.domain, batch, done.happened)
        structlog.get_logger("publisher").info(
            "batch applied",
            action="publish.applied",
            chain=side.chain.name,
            number=batch.number,
            items=_size(batch),
            skipped=len(skipped),
        )

    async def _tell_skipped(self, side: ChainSide, batch: OracleBatch, skipped: Sequence[ItemSkipped]) -> None:
        items: Mapping[int, Sequence[Item]] = {1: batch.eligibilities, 2: batch.bindings, 3: batch.quotas}
        told: list[tuple[Item, str, str]] = [
            (items[one.kind][one.index], side.chain.name, name(one.code)) for one in skipped
        ]
        if told:
            await self.journal.refuse(side.domain, batch.number, told)
            until = self._clock() + self._rules.rest_seconds
            for item, _, _ in told:
                self._rest[side.domain][subject_key(item)] = until


MAX_DRAFT_AGE = 60
"""Seconds after which a draft gets a new time: signers take nothing that is older than two minutes."""


@dataclass(frozen=True, slots=True)
class SignedPermit:
    """A permit with a quorum's signatures, as `bind` takes them."""

    permit: BindingPermit
    set_id: int
    signatures: tuple[bytes, ...]


def _batch(applied: int, issued_at: int, drafted: Sequence[Drafted]) -> OracleBatch:
    items = [one.item for one in drafted]
    return next_batch(
        applied,
        issued_at,
        [item for item in items if isinstance(item, EligibilityItem)],
        [item for item in items if isinstance(item, BindingItem)],
        [item for item in items if isinstance(item, QuotaItem)],
    )


def _size(batch: OracleBatch) -> int:
    return len(batch.eligibilities) + len(batch.bindings) + len(batch.quotas)


def _bound(chain: Chain, batch: OracleBatch) -> list[AccountBound]:
    """What the bindings of a batch, whose events were missed, have come to."""
    views = chain.views(chain.head())
    return [
        AccountBound(item.asset, item.account, item.investor)
        for item in batch.bindings
        if views.account_of(item.asset, item.account).investor == item.investor
    ]
