"""A small chain in the book of rules: one asset, two investors, and short ways to act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bridge import ledger as book
from bridge.digests import digest_order
from bridge.eligibility import EligibilityWord
from bridge.ledger import Account, Asset, ClassCount, Done, Event, Holder, Lane, Ledger
from bridge.ledger.state import Crossing
from bridge.refusals import Refusal, Refused
from bridge.types import (
    AccountKind,
    Action,
    Approval,
    AssetTerms,
    InitiateRequest,
    Lot,
    Rule,
    TransferOrder,
    TransferReceipt,
)

NOW = 1_000
HERE, THERE = b"\x01" * 32, b"\x02" * 32
ADMIN, GUARDIAN, CONTROLLER = b"\x0a" * 32, b"\x0b" * 32, b"\x0c" * 32
ASSET = b"\x0d" * 32
ANA, BEN, CHO = (bytes(16) + bytes([number]) * 16 for number in (1, 2, 3))
ANA1, ANA2, BEN1, CHO1, NEW = (bytes([number]) * 32 for number in (0x11, 0x12, 0x21, 0x31, 0x41))
ACTION = Action(7, b"\x07" * 32)
ALL = 7


def terms(**changes: Any) -> AssetTerms:
    """Terms that allow much."""
    plain = AssetTerms(1, 2, Rule.KEEP, 100, 600, 5, 100_000, bytes(32))
    return replace(plain, **changes)


def word(class_: int = 1, limit: int = 1_000, permissions: int = ALL, valid_until: int = 10**6) -> EligibilityWord:
    """A record of the oracle."""
    return EligibilityWord(valid_until, class_, permissions, 1, limit)


class Book:
    """One chain; `ledger` is its present state. ana1 holds what `free` and `lots` say."""

    def __init__(self, free: int = 100, lots: tuple[Lot, ...] = (), **changes: Any) -> None:
        asset = Asset(ASSET, HERE, terms(**changes), CONTROLLER)
        accounts = ((ANA1, ANA), (ANA2, ANA), (BEN1, BEN), (CHO1, CHO))
        asset = replace(asset, accounts={account: Account(investor) for account, investor in accounts})
        asset = replace(asset, classes={class_: ClassCount(quota=50) for class_ in range(4)})
        for investor, class_ in ((BEN, 2), (CHO, 1)):
            asset = asset.with_holder(investor, Holder(word(class_)))
        total = free + sum(lot.amount for lot in lots)
        asset = asset.with_holder(ANA, Holder(word(), free, lots))
        asset = asset.with_account(ANA1, Account(ANA, total))
        lane = Lane(AccountKind.ACCOUNT_ID32, 10, 1_000)
        self.ledger = Ledger(
            HERE,
            AccountKind.ACCOUNT_ID32,
            ADMIN,
            GUARDIAN,
            delay=50,
            issued_at=NOW,
            assets={ASSET: replace(asset, supply=total, issued=total)},
            lanes={THERE: lane},
            crossings={(THERE, ASSET): Crossing()},
        )
        self.now = NOW

    @property
    def asset(self) -> Asset:
        """The asset as it is now."""
        return self.ledger.assets[ASSET]

    def holder(self, investor: bytes) -> Holder:
        """An investor's record as it is now."""
        return self.asset.holder(investor)

    def change(self, investor: bytes, **changes: Any) -> None:
        """Set parts of an investor's record."""
        self.ledger = self.ledger.with_asset(
            self.asset.with_holder(investor, replace(self.holder(investor), **changes))
        )

    def set_asset(self, **changes: Any) -> None:
        """Set parts of the asset."""
        self.ledger = self.ledger.with_asset(replace(self.asset, **changes))

    def _done(self, done: Done) -> tuple[Event, ...]:
        self.ledger = done.ledger
        return done.events

    def transfer(self, amount: int, giver: bytes = ANA1, getter: bytes = BEN1) -> tuple[Event, ...]:
        """Refused."""
        return self._done(book.transfer(self.ledger, self.now, giver, ASSET, getter, amount))

    def control(self, act: Callable[..., Done], *args: Any, timed: bool = True) -> tuple[Event, ...]:
        """An action of the controller, with the usual reason. Refused."""
        now = (self.now,) if timed else ()
        return self._done(act(self.ledger, *now, CONTROLLER, ASSET, *args, ACTION))

    def initiate(self, lots: tuple[Lot, ...], giver: bytes = ANA1, to: bytes = ANA) -> TransferOrder:
        """The order that leaves. Refused."""
        request = InitiateRequest(ASSET, THERE, to, b"\x55" * 32, lots, self.now + 500)
        (event,) = self._done(book.initiate(self.ledger, self.now, giver, request))
        order = dict(event.fields)["order"]
        assert isinstance(order, TransferOrder)
        return order

    def settle(self, order: TransferOrder, outcome: int) -> None:
        """With an honest receipt. Refused."""
        receipt = TransferReceipt(digest_order(order), outcome, 0 if outcome == 1 else 9, self.now)
        self._done(book.settle(self.ledger, self.now, order, receipt))

    def arriving(self, lots: tuple[Lot, ...], giver: bytes = ANA, getter: bytes = ANA, **changes: Any) -> TransferOrder:
        """An order that comes from over there."""
        order = TransferOrder(THERE, HERE, 1, ASSET, 1, giver, getter, b"\x55" * 32, ANA1, lots, 0, NOW, NOW + 500)
        return replace(order, **changes)

    def deliver(self, order: TransferOrder) -> int:
        """The lowest refusal, 0 for delivered."""
        approval = Approval((digest_order(order),), self.now + 60)
        (event,) = self._done(book.deliver(self.ledger, self.now, (order,), approval))
        code = dict(event.fields).get("code", 0)
        assert isinstance(code, int)
        return code


def refused(act: Callable[[], object]) -> list[Refusal]:
    """Every rule that an act fails. AssertionError when it fails none."""
    try:
        act()
    except Refused as no:
        return [Refusal(reason.code) for reason in no.reasons]
    raise AssertionError("nothing was refused")
