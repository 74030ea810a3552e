"""From a draft to a quorum of signatures: asks, drops what is refused, shows signers what they missed, asks again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bridge.abi import encode_struct
from bridge.digests import digest_batch
from bridge.errors import RecoverableError
from bridge.types import BindingItem, EligibilityItem, OracleBatch, Permission, Role, SignerSet
from chains.base import Chain
from identity.errors import IdentityError
from identity.oracle.batches import Item
from identity.oracle.publishing.drafting import Drafted, places
from identity.oracle.publishing.grounds import build_request
from identity.oracle.publishing.journal import BatchJournal
from identity.oracle.publishing.planning import ChainSide
from identity.oracle.publishing.pool import Collected, NoQuorum, Refusal, SignerPool, refused_items
from identity.oracle.publishing.ports import Source
from identity.oracle.signer.errors import Check
from identity.oracle.signer.wire import SeenRequest

ROUNDS = 8
"""How often one batch is put to the signers before it waits for a later turn."""
_UNSEEN = re.compile(r"0x([0-9a-f]{64}) (\d+)")


class Overtaken(IdentityError, RecoverableError):
    """A batch of grants was left as a draft, because something is to be taken away."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"batch {number} waits: something is to be taken away first")


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """A batch with a quorum, and what was left out of it on the way: (item, by whom, why)."""

    batch: OracleBatch
    set_id: int
    signatures: tuple[bytes, ...]
    refused: tuple[tuple[Drafted, str, str], ...]


class BatchCollector:
    """Collects quorums for batches."""

    def __init__(
        self, signers: SignerPool, source: Source, journal: BatchJournal, sides: Mapping[bytes, ChainSide]
    ) -> None:
        self._signers, self._source, self._journal, self._sides = signers, source, journal, sides

    async def collect(
        self,
        side: ChainSide,
        batch: OracleBatch,
        drafted: Sequence[Drafted],
        redrafted: Callable[[Sequence[Drafted]], Awaitable[OracleBatch]],
        urgent: Callable[[], Coroutine[Any, Any, None]],
    ) -> SignedBatch:
        """A quorum for the batch, or for what is left of it. `redrafted` writes a smaller batch of the same number down.

        Raises:
            Overtaken: the batch grants, and `urgent` has returned: something is to be taken away first.
            NoQuorum: too few sign, and not for single items.
        """
        dropped: list[tuple[Drafted, str, str]] = []
        signers = await asyncio.to_thread(oracle_signers, side.chain)
        for _ in range(ROUNDS):
            asking = self._ask(side, batch, drafted, signers)
            # One slow signer may hold a batch of grants for half a minute: no revocation waits for that.
            found = await (_unless(urgent(), asking, batch.number) if any(not one.takes for one in drafted) else asking)
            if len(found.signatures) >= signers.threshold:
                await self._keep(side, batch, signers, found, dropped)
                return SignedBatch(batch, signers.id, found.signatures, tuple(dropped))
            if await self._show_unseen(found.refusals):
                continue
            gone = _refused(drafted, found.refusals)
            if not gone:
                raise NoQuorum(len(found.signatures), signers.threshold, found.refusals)
            dropped += gone
            left_out = {id(one) for one, _, _ in gone}
            drafted = [one for one in drafted if id(one) not in left_out]
            batch = await redrafted(drafted)
        raise NoQuorum(0, signers.threshold, ())

    def redraft(self, domain: bytes, batch: OracleBatch, now: int) -> list[Drafted]:
        """The items of a journalled batch with what their grounds are made from now. Blocks.

        An item that the oracle no longer wants (somebody lost what the draft would have granted) is left out: a smaller
        batch of the same number may be signed.
        """
        people: dict[tuple[bytes, bytes], tuple[str, int]] = {}
        for asset in self._source.assets():
            for one in self._source.wanted(asset, now):
                if one.word is not None:
                    people[asset, one.investor] = one.person_id, one.word.permissions
        bindings = {
            (asset, one.account): one for asset in self._source.assets() for one in self._source.bindings(asset, domain)
        }
        found: list[Drafted] = []
        standing = self._sides[domain].mirror.words([(item.asset, item.investor) for item in batch.eligibilities])
        items: list[Item] = [*batch.eligibilities, *batch.bindings, *batch.quotas]
        for item in items:
            if isinstance(item, EligibilityItem):
                person_id, permissions = people.get((item.asset, item.investor), ("", 0))
                before = standing[item.asset, item.investor]
                takes = (
                    item.permissions & ~before.permissions == 0
                    and item.limit_delta <= 0
                    and (item.class_ == before.class_ and item.valid_until <= before.valid_until)
                )
                if takes or not item.permissions & ~Permission(permissions):
                    found.append(Drafted(item, person_id, takes))
            elif isinstance(item, BindingItem):
                wanted = bindings.get((item.asset, item.account))
                if not any(item.investor) or (wanted is not None and wanted.investor == item.investor):
                    person_id = "" if wanted is None else wanted.person_id
                    found.append(Drafted(item, person_id, not any(item.investor), wanted))
            else:
                found.append(Drafted(item, takes=item.delta <= 0))
        return found

    async def _ask(
        self, side: ChainSide, batch: OracleBatch, drafted: Sequence[Drafted], signers: SignerSet
    ) -> Collected:
        request = await asyncio.to_thread(build_request, side.domain, batch, drafted, self._source)
        return await self._signers.collect("/batches", request, digest_batch(batch, side.domain), signers)

    async def _keep(
        self,
        side: ChainSide,
        batch: OracleBatch,
        signers: SignerSet,
        found: Collected,
        dropped: Sequence[tuple[Drafted, str, str]],
    ) -> None:
        await self._journal.refuse(side.domain, batch.number, [(one.item, by, why) for one, by, why in dropped])
        for one, by, why in dropped:
            structlog.get_logger("publisher").warning(
                "an item was refused", action="publish.refused", signer=by, why=why, kind=type(one.item).__name__
            )
        await self._journal.sign(side.domain, batch.number, signers.id, found.signatures)

    async def _show_unseen(self, refusals: Sequence[Refusal]) -> bool:
        """Shows signers the batches that they say they miss; whether any took note."""
        shown = False
        for refusal in refusals:
            match = _UNSEEN.fullmatch(refusal.body.why) if refusal.body.check == Check.UNSEEN else None
            if match is None:
                continue
            domain, number = bytes.fromhex(match[1]), int(match[2])
            for entry in self._journal.above(domain, number - 1):
                if entry.signatures:
                    request = SeenRequest(
                        chain="0x" + domain.hex(),
                        batch="0x" + encode_struct(entry.batch).hex(),
                        set_id=entry.set_id or 0,
                        signatures=tuple("0x" + one.hex() for one in entry.signatures),
                    )
                    shown = await self._signers.show(refusal.signer, request) or shown
        return shown


async def _unless(urgent: Coroutine[Any, Any, None], asking: Coroutine[Any, Any, Collected], number: int) -> Collected:
    """What signers answer. Overtaken as soon as something is urgent; what they have signed by then stays unused."""
    tasks = asyncio.ensure_future(asking), asyncio.ensure_future(urgent)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[0].done():
            return tasks[0].result()
        tasks[1].result()
        raise Overtaken(number)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def oracle_signers(chain: Chain) -> SignerSet:
    """The set in force at the newest block."""
    return chain.views(chain.head()).signer_set(Role.ORACLE).current


_NOT_NOW = frozenset({Check.NUMBER, Check.ISSUED_AT, Check.UNSEEN, Check.SIGNER_SET, Check.CHAIN})
"""Refusals of a whole batch that say nothing against what it grants; so does a signer that can't answer."""


def _refused(drafted: Sequence[Drafted], refusals: Sequence[Refusal]) -> list[tuple[Drafted, str, str]]:
    """What a batch must do without: the items that were refused, or all grants where they are refused as a whole.

    What takes away, or nothing at all, is signed whatever else is: so no shortage of grants holds a revocation up.
    """
    by_place = places(drafted)
    found = [
        (by_place[place], one.signer, why) for place, (one, why) in refused_items(refusals).items() if place in by_place
    ]
    if found:
        return found
    for refusal in refusals:
        if refusal.body.check in set(Check) - _NOT_NOW:
            why = f"{refusal.body.check}: {refusal.body.why}"
            return [(one, refusal.signer, why) for one in drafted if not one.takes]
    return []
