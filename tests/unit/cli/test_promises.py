"""The judge of the demonstration: a document that keeps every promise passes, and each broken one is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lockstep_cli.demo.promises import KEYS, REFUSED_RULES, broken_promises

Document = dict[str, Any]
LOT = {"amount": 500, "acquired_at": 1_700_000_000, "unlocks_at": 1_731_536_000}


def held(free: int = 0, lots: list[Document] | None = None, in_flight: int = 0) -> Document:
    lots = lots or []
    return {"free": free, "lots": lots, "in_flight": in_flight, "total": free + sum(lot["amount"] for lot in lots)}


def audit_row(substrate: int, evm: int, in_flight: int) -> Document:
    return {"issued": 1500, "redeemed": 0, "substrate": substrate, "evm": evm, "in_flight": in_flight, "breaches": []}


@pytest.fixture
def kept() -> Document:
    """Written by hand from the promises: what a good run must look like."""
    full, nothing = held(1000, [dict(LOT)]), held()
    document: Document = {key: {} for key in KEYS}
    document |= {
        "issued": {"total": 1500},
        "before": {"substrate": {"ana": full}, "evm": {"ana": nothing}},
        "after_crossing": {"substrate": {"ana": nothing}, "evm": {"ana": full}},
        "after_return": {"substrate": {"ana": full}, "evm": {"ana": nothing}},
        "refusals": [{"rule": rule, "substrate_code": code, "evm_code": code} for rule, code in REFUSED_RULES.items()],
        "refund": {"outcome": 2, "reason": 9, "before": full, "after": full, "arrived": nothing},
        "replay": {"evm": {"code": 22, "unchanged": True}, "substrate": {"code": 22, "unchanged": True}},
        "audit": {"before": audit_row(1500, 0, 0), "in_flight": audit_row(0, 0, 1500), "after": audit_row(1500, 0, 0)},
    }
    # A round trip through JSON gives every position a life of its own, so that a test can tamper with just one.
    parsed: Document = json.loads(json.dumps(document))
    return parsed


def test_a_run_that_keeps_every_promise_passes(kept: Document) -> None:
    assert broken_promises(kept) == []


@pytest.mark.parametrize("key", KEYS)
def test_a_document_without_a_promised_key_is_refused(kept: Document, key: str) -> None:
    del kept[key]
    assert key in broken_promises(kept)[0]


def earlier_unlock(document: Document) -> None:
    document["after_crossing"]["evm"]["ana"]["lots"][0]["unlocks_at"] -= 1


def later_acquisition(document: Document) -> None:
    document["after_return"]["substrate"]["ana"]["lots"][0]["acquired_at"] += 1


def lock_forgotten(document: Document) -> None:
    document["after_crossing"]["evm"]["ana"] = held(1500)


def token_left_behind(document: Document) -> None:
    document["after_crossing"]["substrate"]["ana"] = held(1)


def still_in_flight(document: Document) -> None:
    document["after_return"]["substrate"]["ana"]["in_flight"] = 1


def codes_differ(document: Document) -> None:
    document["refusals"][0]["evm_code"] = 13


def rule_not_tried(document: Document) -> None:
    document["refusals"].pop()


def delivered_instead_of_refunded(document: Document) -> None:
    document["refund"]["outcome"] = 1


def refund_lost_the_lock(document: Document) -> None:
    document["refund"]["after"] = held(1500)


def suspended_receiver_got_tokens(document: Document) -> None:
    document["refund"]["arrived"] = held(1)


def replay_delivered(document: Document) -> None:
    document["replay"]["evm"]["code"] = 0


def replay_changed_a_position(document: Document) -> None:
    document["replay"]["substrate"]["unchanged"] = False


def token_from_nowhere(document: Document) -> None:
    document["audit"]["after"]["evm"] = 1


def breach_reported(document: Document) -> None:
    document["audit"]["in_flight"]["breaches"] = ["an order arrived that was never sent"]


def flight_never_seen(document: Document) -> None:
    document["audit"]["in_flight"] = audit_row(1500, 0, 0)


@pytest.mark.parametrize(
    "tamper",
    [
        earlier_unlock,
        later_acquisition,
        lock_forgotten,
        token_left_behind,
        still_in_flight,
        codes_differ,
        rule_not_tried,
        delivered_instead_of_refunded,
        refund_lost_the_lock,
        suspended_receiver_got_tokens,
        replay_delivered,
        replay_changed_a_position,
        token_from_nowhere,
        breach_reported,
        flight_never_seen,
    ],
)
def test_a_broken_promise_is_named(kept: Document, tamper: Callable[[Document], None]) -> None:
    tamper(kept)
    assert broken_promises(kept) != []
