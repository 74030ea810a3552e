"""Counts everything again from the events alone, knowing nothing of the rules, and compares.

One tracker for one asset on both chains. What an event says happened is taken at its word; what the views say afterwards must be
the sum of it: balances, supply, the growing counters, what an investor holds and has in flight, orders, room, the holders of each
class and their quotas.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bridge.eligibility import EligibilityWord
from bridge.ledger import Asset, Event
from bridge.ledger.forwarding import investor_of
from bridge.types import ZERO32, TransferOrder


class Tracker:
    """The statistics of one asset on one chain. `orders`: every order of either chain, by id; shared by both."""

    def __init__(self, asset: bytes, orders: dict[bytes, TransferOrder]) -> None:
        self._asset = asset
        self._orders = orders
        self.balances: Counter[bytes] = Counter()
        self.totals: Counter[bytes] = Counter()
        self.in_flight: Counter[bytes] = Counter()
        self.orders_out: Counter[bytes] = Counter()
        self.rooms: Counter[bytes] = Counter()
        self.quotas: Counter[int] = Counter()
        self.counters: Counter[str] = Counter()
        self._classes: dict[bytes, int] = defaultdict(int)
        self._investors: dict[bytes, bytes] = {}
        self._moved: dict[bytes, bytes] = {}
        self._successors: dict[bytes, bytes] = {}

    def hear(self, events: Iterable[Event]) -> None:
        """Take in what one operation told."""
        for event in events:
            fields: dict[str, Any] = dict(event.fields)
            if event.name == "OrderInitiated":
                self._orders[fields["order_id"]] = fields["order"]
            order = self._orders.get(fields.get("order_id", b""))
            about = order.asset if order is not None else fields.get("asset")
            if about == self._asset and (hear := getattr(self, f"_{event.name}", None)) is not None:
                hear(fields)

    # --- what each event means ------------------------------------------------------------------------------------

    def _AccountBound(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        self._investors[told["account"]] = told["investor"]

    def _EligibilitySet(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        self._classes[told["investor"]] = EligibilityWord.unpack(told["record"]).class_

    def _LimitSet(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        self.rooms[told["investor"]] = told["room"]

    def _QuotaSet(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        self.quotas[told["class"]] = told["quota"]

    def _Issued(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        amount = sum(lot.amount for lot in told["lots"])
        self.counters["issued"] += amount
        self._hold(told["account"], told["investor"], amount)

    def _Redeemed(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        amount = sum(lot.amount for lot in told["lots"])
        self.counters["redeemed"] += amount
        self._hold(told["account"], told["investor"], -amount)

    def _Transferred(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        giver, getter = self._investor(told["from"]), self._investor(told["to"])
        self.balances[told["from"]] -= told["amount"]
        self.balances[told["to"]] += told["amount"]
        # A recovery unbinds the lost account before its balance moves: lots stay where they are.
        if ZERO32 not in (giver, getter) and giver != getter:
            for investor, change in ((giver, -told["amount"]), (getter, told["amount"])):
                self.totals[investor] += change
                self.rooms[investor] -= change

    def _AccountRecovered(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        self._moved = {old: told["to"] if new == told["from"] else new for old, new in self._moved.items()}
        self._moved[told["from"]] = told["to"]
        self._moved.pop(told["to"], None)

    def _InvestorReplaced(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        old, new = told["retired"], told["successor"]
        for counted in (self.totals, self.in_flight, self.orders_out, self.rooms):
            counted[new] += counted.pop(old, 0)
        self._successors = {who: new if to == old else to for who, to in self._successors.items()} | {old: new}

    def _OrderInitiated(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        order: TransferOrder = told["order"]
        self.counters["sent"] += order.amount
        self.balances[order.sender] -= order.amount
        self.totals[order.from_investor] -= order.amount
        self.in_flight[order.from_investor] += order.amount
        self.orders_out[order.from_investor] += 1

    def _OrderDelivered(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        order = self._orders[told["order_id"]]
        investor = self._present(order.to_investor)
        self.counters["arrived"] += order.amount
        self.balances[self._landing(order.recipient)] += order.amount
        self.totals[investor] += order.amount
        if not order.is_own_move:
            self.rooms[investor] -= order.amount
        if order.seat:
            self.quotas[order.seat] += 1

    def _OrderSettled(self, told: Mapping[str, Any]) -> None:  # noqa: N802
        order = self._orders[told["order_id"]]
        investor = self._present(order.from_investor)
        self.in_flight[investor] -= order.amount
        self.orders_out[investor] -= 1
        if told["outcome"] != 1:
            self.counters["refunded"] += order.amount
            self.balances[self._landing(order.sender)] += order.amount
            self.totals[investor] += order.amount
        elif not order.is_own_move:
            self.rooms[investor] += order.amount
        if told["outcome"] == 1 and order.seat:
            self.quotas[order.seat] -= 1

    # --- what it all comes to -------------------------------------------------------------------------------------

    @property
    def supply(self) -> int:
        """What the counters say that there is."""
        count = self.counters
        return count["issued"] - count["redeemed"] - count["sent"] + count["refunded"] + count["arrived"]

    @property
    def holders(self) -> Counter[int]:
        """The investors that each class counts, counted one by one."""
        known = set(self.totals) | set(self.in_flight)
        used = {investor: self.totals[investor] + self.in_flight[investor] for investor in known}
        return Counter(self._classes[investor] for investor, amount in used.items() if amount > 0)

    def differences(self, asset: Asset) -> Iterator[str]:
        """Where a model of the asset says something else."""
        yield from _differ("supply", self.supply, asset.supply)
        yield from _differ("sum of balances", sum(self.balances.values()), asset.supply)
        for account, record in asset.accounts.items():
            yield from _differ(f"balance of {account.hex()}", self.balances[account], record.balance)
            if record.is_bound:
                yield from _differ(f"investor of {account.hex()}", self._investor(account), investor_of(asset, account))
        for investor, holder in asset.holders.items():
            name = investor.hex()[32:]
            yield from _differ(f"total of {name}", self.totals[investor], holder.total)
            yield from _differ(f"in flight of {name}", self.in_flight[investor], holder.in_flight)
            yield from _differ(f"orders of {name}", self.orders_out[investor], holder.orders)
            yield from _differ(f"room of {name}", self.rooms[investor], holder.room)
        holders = self.holders
        for class_ in set(asset.classes) | set(holders):
            count = asset.class_count(class_)
            yield from _differ(f"holders of class {class_}", holders[class_], count.holders)
            yield from _differ(f"quota of class {class_}", self.quotas[class_], count.quota)

    def _hold(self, account: bytes, investor: bytes, change: int) -> None:
        self.balances[account] += change
        self.totals[investor] += change
        self.rooms[investor] -= change

    def _present(self, investor: bytes) -> bytes:
        return self._successors.get(investor, investor)

    def _investor(self, account: bytes) -> bytes:
        return self._present(self._investors.get(account, ZERO32))

    def _landing(self, account: bytes) -> bytes:
        if self._investor(account) == ZERO32 and account in self._moved:
            return self._moved[account]
        return account


def _differ(what: str, counted: object, shown: object) -> Iterator[str]:
    if counted != shown:
        yield f"{what}: counted {counted}, shown {shown}"
