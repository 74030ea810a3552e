"""Seats and lists of pair rules equal the vectors."""

from __future__ import annotations

import pytest

from bridge.eligibility import EligibilityWord
from bridge.ledger import Asset, Holder, Ledger, explain_deliver, pairs_are_formed
from bridge.ledger.rules import rule_of
from bridge.types import ZERO32, AccountKind, AssetTerms, Lot, PairRule, Reason, TransferOrder
from tests.parity.vectors import Case, bytes_of, cases, named

HERE = b"\x01" * 32


def _pairs(case: Case) -> tuple[PairRule, ...]:
    columns = (case["fromClasses"], case["toClasses"], case["rules"])
    return tuple(PairRule(giver, getter, rule) for giver, getter, rule in zip(*columns, strict=True))


@pytest.mark.parametrize("case", cases("shape", "seat"), ids=named)
def test_seats_equal_the_vectors(case: Case) -> None:
    giver, getter = bytes_of(case["fromInvestor"]), bytes_of(case["toInvestor"])
    lots = (Lot(1, 0, 0),)
    order = TransferOrder(ZERO32, HERE, 1, ZERO32, 1, giver, getter, HERE, HERE, lots, case["seat"], 1, 9)
    ledger = Ledger(HERE, AccountKind.ACCOUNT_ID32, HERE, HERE)
    malformed = [reason for reason in explain_deliver(ledger, 1, order).reasons if reason.code == 48]
    assert malformed == ([Reason(48, case["malformed"])] if case["malformed"] else [])


@pytest.mark.parametrize("case", cases("shape", "pairs"), ids=named)
def test_the_form_of_pair_rules_equals_the_vectors(case: Case) -> None:
    assert pairs_are_formed(_pairs(case), int(case["holdingPeriod"])) is (case["malformed"] == 0)


@pytest.mark.parametrize("case", cases("shape", "rule"), ids=named)
def test_the_rule_of_a_pair_equals_the_vectors(case: Case) -> None:
    terms = AssetTerms(1, 2, case["defaultRule"], 60, 60, 1, 100, ZERO32)
    asset = Asset(HERE, HERE, terms, HERE, _pairs(case))
    giver, getter = (Holder(EligibilityWord(1, case[side], 7, 1, 0)) for side in ("fromClass", "toClass"))
    assert rule_of(asset, giver.class_, getter.class_) == case["rule"]
