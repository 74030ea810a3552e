"""Rows judged in their order, as if each had been issued before the next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.eligibility import EligibilityWord
from bridge.ledger import Account, Asset, ClassCount, Holder, Ledger
from bridge.refusals import Refusal
from bridge.types import AccountKind, AssetTerms, Lot
from lockstep_cli.assets.checking import judge_rows

NOW = 1_000_000
ASSET, DOMAIN, CONTROLLER = bytes([1] * 32), bytes([2] * 32), bytes([3] * 32)
CLASS, LIMIT, AUTHORISED = 7, 100, 250


def who(number: int) -> bytes:
    return bytes(16) + bytes([number] * 16)


def account(number: int) -> bytes:
    return bytes([number] * 32)


def state(people: int = 4, quota: int = 3) -> Ledger:
    """Some people with a limit each, in a class with too few seats for all."""
    word = EligibilityWord(NOW + 10, CLASS, 7, 1, LIMIT)
    asset = Asset(
        id=ASSET,
        home_domain=DOMAIN,
        terms=AssetTerms(1, 0, 1, 0, 3600, 1, AUTHORISED, bytes(32)),
        controller=CONTROLLER,
        accounts={account(n): Account(who(n)) for n in range(1, people + 1)},
        holders={who(n): Holder(word=word) for n in range(1, people + 1)},
        classes={CLASS: ClassCount(quota, 0)},
    )
    kind = AccountKind.ACCOUNT_ID32
    return Ledger(DOMAIN, kind, admin=bytes(32), guardian=bytes(32), issued_at=NOW, assets={ASSET: asset})


def codes(rows: list[tuple[bytes, Lot]]) -> list[list[int]]:
    return [[reason.code for reason in found] for found in judge_rows(state(), NOW, CONTROLLER, ASSET, rows)]


def test_the_second_half_of_a_limit_passes_and_what_exceeds_it_fails() -> None:
    assert codes([(account(1), Lot(60, 0, 0)), (account(1), Lot(40, 0, 0)), (account(1), Lot(1, 0, 0))]) == [
        [],
        [],
        [Refusal.LimitExceeded],
    ]


def test_a_seat_is_taken_by_the_first_row_of_a_holder_only() -> None:
    rows = [(account(n), Lot(1, 0, 0)) for n in (1, 2, 2, 3, 4)]
    assert codes(rows) == [[], [], [], [], [Refusal.HolderCapReached]]


def test_what_fails_uses_nothing_up() -> None:
    rows = [(account(1), Lot(101, 0, 0)), (account(1), Lot(100, 0, 0)), (account(9), Lot(5, 0, 0))]
    assert codes(rows) == [[Refusal.LimitExceeded], [], [Refusal.ReceiverUnbound]]


def test_every_failing_rule_of_a_row_is_named() -> None:
    rows = [(account(n), Lot(80, 0, 0)) for n in (1, 2, 3)] + [(account(4), Lot(101, 5, 6))]
    assert codes(rows)[-1] == [
        Refusal.LimitExceeded,
        Refusal.HolderCapReached,
        Refusal.Malformed,
        Refusal.OverAuthorisedIssue,
    ]


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 120), st.booleans()),
        max_size=25,
    )
)
def test_no_selection_that_passes_breaks_a_cap(drawn: list[tuple[int, int, bool]]) -> None:
    rows = [(account(n), Lot(amount, 0, 0) if free else Lot(amount, 5, NOW + 5)) for n, amount, free in drawn]
    verdicts = judge_rows(state(), NOW, CONTROLLER, ASSET, rows)
    passed = [row for row, reasons in zip(rows, verdicts, strict=True) if not reasons]
    held: dict[bytes, int] = {}
    for to, lot in passed:
        held[to] = held.get(to, 0) + lot.amount
    assert sum(held.values()) <= AUTHORISED
    assert all(amount <= LIMIT for amount in held.values())
    assert len(held) <= 3
    assert account(5) not in held


def test_nobody_but_the_controller_issues() -> None:
    found = judge_rows(state(), NOW, bytes([9] * 32), ASSET, [(account(1), Lot(1, 0, 0))])
    assert [reason.code for reason in found[0]] == [Refusal.NotController]
