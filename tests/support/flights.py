"""Orders made on the running system, attested by the tests themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from eth_account.signers.local import LocalAccount

from bridge.digests import digest_approval, digest_order, digest_receipt, digest_rejection
from bridge.refusals import Refused
from bridge.types import Approval, InitiateRequest, Lot, Rejection, TransferOrder, TransferReceipt
from chains.accounts import Account
from chains.base import Chain, Submitted
from lockstep_cli.local.cast import Person, staff
from lockstep_cli.local.system import LocalSystem
from tests.support.attest import attestors, signed

SET = 1


@dataclass(frozen=True)
class Lane:
    """A source and a destination of the running system."""

    system: LocalSystem
    source: Chain
    destination: Chain

    def request(
        self, person: Person, lots: Sequence[Lot], *, to: Person | None = None, seconds: int = 3600
    ) -> InitiateRequest:
        """What `person` asks to send, to their own account over there if nobody else is named."""
        receiver = to or person
        return InitiateRequest(
            asset=self.system.asset,
            destination=self.destination.domain,
            to_investor=receiver.investor,
            recipient=receiver.account(self.destination.name).id,
            lots=tuple(lots),
            deadline=self.source.head().time + seconds,
        )

    def initiate(
        self, person: Person, lots: Sequence[Lot], *, to: Person | None = None, seconds: int = 3600
    ) -> TransferOrder:
        """An order in flight, once the destination's clock has reached the second in which it began.

        The development chains' clocks differ by some seconds; an order from the future is refused with NotYet.
        """
        request = self.request(person, lots, to=to, seconds=seconds)
        order = self.source.initiate(request, person.account(self.source.name)).order
        wait_for_clock(self.destination, order.initiated_at)
        return order

    def approval(self, *orders: TransferOrder, seconds: int = 600) -> Approval:
        """An approval of these orders, by the destination's clock."""
        return Approval(tuple(digest_order(order) for order in orders), self.destination.head().time + seconds)

    def approved(self, approval: Approval, keys: Sequence[LocalAccount] | None = None) -> list[bytes]:
        """Signatures over an approval under the destination's domain; by the first two attestors if nobody is named."""
        return signed(digest_approval(approval, self.destination.domain), keys or attestors()[:2])

    def deliver(
        self, order: TransferOrder, approval: Approval, signatures: Sequence[bytes], set_id: int = SET
    ) -> Submitted:
        """By the relayer's account."""
        return self.destination.deliver([order], approval, set_id, signatures, self.relayer(self.destination))

    def deliver_well(self, order: TransferOrder) -> Submitted:
        """As it should be."""
        approval = self.approval(order)
        return self.deliver(order, approval, self.approved(approval))

    def reject_well(self, order: TransferOrder, reason: int) -> Submitted:
        """By two attestors."""
        signatures = signed(
            digest_rejection(Rejection(digest_order(order), reason), self.destination.domain), attestors()[:2]
        )
        return self.destination.reject(order, reason, SET, signatures, self.relayer(self.destination))

    def settle_well(self, order: TransferOrder, outcome: int, reason: int = 0) -> Submitted:
        """With the receipt that two attestors would sign."""
        receipt = TransferReceipt(digest_order(order), outcome, reason, self.destination.head().time)
        signatures = signed(digest_receipt(receipt, self.source.domain), attestors()[:2])
        return self.source.settle(order, receipt, SET, signatures, self.relayer(self.source))

    def relayer(self, chain: Chain) -> Account:
        """The relayer's key, which anyone might have stolen."""
        return staff(chain.name).relayer

    def held(self, chain: Chain, person: Person) -> tuple[int, int, list[tuple[int, int, int]]]:
        """(free, in flight, lots) of a person."""
        position = chain.views().position_of(self.system.asset, person.investor)
        return (
            position.free,
            position.in_flight,
            sorted((lot.amount, lot.acquired_at, lot.unlocks_at) for lot in position.lots),
        )

    def everything(self) -> list[object]:
        """What a refused act must not change: the counters of both chains, and the position that every attack here is after.

        Tokens made, lost or moved by anyone show in a counter or in Ana's position; reading the whole cast would say no more and take long.
        """
        ana = self.system.people["ana"]
        chains = (self.source, self.destination)
        return [
            *(self.held(chain, ana) for chain in chains),
            *(chain.views().supply_of(self.system.asset) for chain in chains),
        ]


def other_amount(order: TransferOrder) -> TransferOrder:
    """The same order with one more token in its first lot."""
    first = replace(order.lots[0], amount=order.lots[0].amount + 1)
    return replace(order, lots=(first, *order.lots[1:]))


def all_refused(acts: Sequence[Callable[[], object]]) -> list[int]:
    """Does everything at once; the lowest code that each act was refused with. AssertionError for one that was not."""

    def refused(act: Callable[[], object]) -> int:
        try:
            act()
        except Refused as refusal:
            return refusal.lowest.code
        raise AssertionError("a chain did what it must refuse")

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(refused, acts))


def wait_for_clock(chain: Chain, time: int) -> None:
    """Until the chain's newest block is of this second (UTC) or later."""
    while chain.head().time < time:
        chain.wait_finalised(chain.finalised().number, 30)
