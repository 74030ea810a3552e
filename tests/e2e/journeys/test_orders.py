"""Orders that wait: for a receiver who is suspended, for an oracle that is away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.types import Outcome
from tests.e2e.journeys.house import CHAINS, House, sent
from tests.support.commands import answer

pytestmark = [pytest.mark.chains, pytest.mark.timeout(600)]

NOT_ELIGIBLE = 9
NOT_YET = 38
"""Whoever looks at once may find the destination's final clock behind the order's."""
LOTS = "holder,amount,acquired,unlocks,free\njon,40,today,+365 days,no\njon,25,,,yes\n"


def test_a_suspension_holds_an_order_and_its_end_delivers_it_a_revocation_returns_the_very_lots(
    house: House, tmp_path: Path
) -> None:
    (jon,) = house.admit("jon")
    with house.while_away("relayer"):
        order = sent("ana", "--to", "evm", "--receiver", "jon", "--free", "30")
        house.change("suspend", jon)
        house.wait_codes("jon", {NOT_ELIGIBLE})
    held = house.wait_order(order, "held")
    assert {int(one.code) for one in held.held} - {NOT_YET} == {NOT_ELIGIBLE}
    assert held.under_review is False
    assert house.position("jon", "evm").free == 0
    house.change("reinstate", jon)
    assert house.wait_order(order, "settled").outcome is Outcome.DELIVERED
    assert house.position("jon", "evm").free == 30

    file = tmp_path / "lots.csv"
    file.write_text(LOTS)
    house.wait_codes("jon", set())
    answer("asset", "issue", str(file))
    before = {name: house.position(name, "substrate") for name in ("ana", "jon")}
    assert [(lot.amount, lot.unlocks_at - lot.acquired_at) for lot in before["jon"].lots] == [(40, 365 * 86_400)]
    with house.while_away("relayer"):
        orders = [sent("jon", "--to", "evm"), sent("ana", "--to", "evm", "--receiver", "jon", "--free", "10")]
        assert house.position("jon", "substrate").lots == ()
        house.change("revoke", jon)
        house.wait_codes("jon", {NOT_ELIGIBLE})
    for one in orders:
        ended = house.wait_order(one, "refunded")
        assert (ended.outcome, ended.reason) == (Outcome.REJECTED, NOT_ELIGIBLE)
        assert ended.decided_at < ended.order.deadline
    after = {name: house.position(name, "substrate") for name in ("ana", "jon")}
    assert after == before
    # Nothing keeps him from selling what he has, on both chains.
    for chain in CHAINS:
        answer("transfer", "jon", "ana", "5", "--chain", chain)


def test_while_the_oracle_is_away_nothing_is_delivered_and_when_it_is_back_everything_is(house: House) -> None:
    before = house.position("ana", "evm")
    with house.while_away("oracle"):
        order = sent("ana", "--to", "evm", "--free", "7")
        held = house.wait_order(order, "held")
        # The chain itself has nothing against it, so nobody is told of a rule.
        assert {int(one.code) for one in held.held} <= {NOT_YET}
        assert held.under_review is False
        assert house.position("ana", "evm") == before
    assert house.wait_order(order, "settled").outcome is Outcome.DELIVERED
    assert house.position("ana", "evm") == replace(before, free=before.free + 7)


def test_one_signer_that_is_away_keeps_no_word_from_either_chain(house: House) -> None:
    (leo,) = house.admit("leo")
    with house.while_away("signer-2"):
        house.change("suspend", leo)
        house.wait_codes("leo", {NOT_ELIGIBLE})
        house.change("reinstate", leo)
        house.wait_codes("leo", set())
