"""What an attestor looks at besides the destination's rules; it follows replaced investors and recovered accounts."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.ledger.state import PositionFlag
from bridge.refusals import Refusal
from bridge.types import ZERO32, Lot, Permission, Reason, TransferOrder
from chains.views import AccountView, PositionView
from relayer.attestor.guards import standing_at_destination, standing_at_source

ANA, BEN, NEW = (bytes(16) + bytes([number] * 16) for number in (1, 2, 3))
LOST, FOUND = bytes([4] * 32), bytes([5] * 32)
ASSET = bytes([6] * 32)
ALL = int(Permission.RECEIVE | Permission.SEND | Permission.BRIDGE)


def order(to: bytes = ANA) -> TransferOrder:
    return TransferOrder(ASSET, ASSET, 1, ASSET, 1, ANA, to, LOST, FOUND, (Lot(1, 0, 0),), 0, 5, 6)


class Views:
    """Flags and permissions by investor, accounts, and who stands for whom."""

    def __init__(self) -> None:
        self.flags: dict[bytes, int] = {}
        self.permissions: dict[bytes, int] = {}
        self.accounts = {LOST: AccountView(ANA, 5, 0)}
        self.moved: dict[bytes, bytes] = {}
        self.successors: dict[bytes, bytes] = {}

    def position_of(self, asset: bytes, investor: bytes) -> PositionView:
        return PositionView(0, 0, (), 0, 0, self.flags.get(investor, 0))

    def eligibility_of(self, asset: bytes, investor: bytes) -> int:
        return self.permissions.get(investor, ALL) << 168 | 1 << 128

    def account_of(self, asset: bytes, account: bytes) -> AccountView:
        return self.accounts.get(account, AccountView(ZERO32, 0, 0))

    def moved_to(self, asset: bytes, account: bytes) -> bytes | None:
        return self.moved.get(account)

    def successor_of(self, asset: bytes, investor: bytes) -> bytes | None:
        return self.successors.get(investor)


def at_source(views: Any, to: bytes = ANA) -> list[int]:
    return [reason.code for reason in standing_at_source(views, order(to))]


def test_nothing_stands_against_an_order_of_people_in_good_standing() -> None:
    views: Any = Views()
    assert at_source(views, BEN) == []
    assert standing_at_destination(views, order(BEN)) == ()


def test_a_frozen_part_of_a_position_holds_nothing_back() -> None:
    views = Views()
    views.flags[ANA] = PositionFlag.PARTLY_FROZEN
    assert at_source(views) == []


@pytest.mark.parametrize("to", [ANA, BEN])
def test_a_replaced_investors_order_goes_on_by_the_successors_standing(to: bytes) -> None:
    views = Views()
    views.flags[ANA], views.permissions[ANA], views.successors[ANA] = PositionFlag.RETIRED, 0, NEW
    assert at_source(views, to) == []
    views.flags[NEW] = PositionFlag.FROZEN
    assert at_source(views, to) == [Refusal.SenderFrozen]
    views.flags[NEW], views.permissions[NEW] = 0, int(Permission.RECEIVE)
    assert at_source(views, to) == [Refusal.SenderBlocked]


def test_a_replaced_receiver_is_asked_by_the_successor_too() -> None:
    views = Views()
    views.flags[BEN], views.successors[BEN] = PositionFlag.RETIRED, NEW
    views.flags[NEW] = PositionFlag.FROZEN
    assert at_source(views, BEN) == [Refusal.ReceiverFrozen]


def test_the_account_that_took_over_from_the_sender_is_asked_and_not_the_lost_one() -> None:
    views = Views()
    views.accounts = {LOST: AccountView(ZERO32, 0, 1), FOUND: AccountView(ANA, 5, 0)}
    views.moved = {LOST: FOUND}
    assert at_source(views) == []
    views.accounts[FOUND] = AccountView(ANA, 5, 1)
    assert at_source(views) == [Refusal.SenderFrozen]


def test_a_limit_without_a_record_is_no_block() -> None:
    views: Any = Views()
    views.eligibility_of = lambda asset, investor: 5
    assert at_source(views) == []


def test_the_reasons_tell_the_permissions() -> None:
    views: Any = Views()
    views.permissions[ANA] = 1
    assert standing_at_destination(views, order(BEN)) == (Reason(Refusal.SenderBlocked, 1),)
