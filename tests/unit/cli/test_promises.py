"""The judge of the demonstration: a document that keeps every promise passes, and each broken one is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lockstep_cli.demo.promises import KEYS, REFUSED_RULES, SEARCHED, broken_promises

Document = dict[str, Any]
LOT = {"amount": 500, "acquired_at": 1_700_000_000, "unlocks_at": 1_731_536_000}


def held(free: int = 0, lots: list[Document] | None = None, in_flight: int = 0) -> Document:
    lots = lots or []
    return {"free": free, "lots": lots, "in_flight": in_flight, "total": free + sum(lot["amount"] for lot in lots)}


def audit_row(substrate: int, evm: int, in_flight: int) -> Document:
    return {"issued": 1500, "redeemed": 0, "substrate": substrate, "evm": evm, "in_flight": in_flight, "breaches": []}


NOW = 1_780_000_000
NEXT_POINT = NOW + 30 * 86_400
CLASSES = {"ana": 7, "ben": 7, "cho": 9, "dan": 8, "fay": 3}


def word(who: str) -> Document:
    """Qualified: all three permissions (7); known and not qualified: to leave only (6); lapsed: ended in the past."""
    permissions = 6 if who == "cho" else 7
    valid_until = NOW - 3 * 86_400 if who == "dan" else NEXT_POINT
    return {"class": CLASSES[who], "permissions": permissions, "valid_until": valid_until, "limit": 10, "batch": 1}


def enforced(seconds: float) -> Document:
    return {"block": 12, "blocks_after": 1, "seconds": seconds, "allowed_seconds": 4.0, "code": 9}


def change(who: str) -> Document:
    return {"who": who, "committed_at": float(NOW), "substrate": enforced(1.5), "evm": enforced(0.9), "code": 9}


def left(chain: str) -> Document:
    before = held(100) | {"permissions": 6}
    return {"before": before, "amount": 100, "after": held(), "sent": {"chain": chain}}


def identity() -> Document:
    return {
        "credentials": [{"who": who, "configuration": "kyc_sd_jwt"} for who in CLASSES],
        "accounts": [
            {"who": who, "chain": chain, "investor": f"0x{place}", "bound": True}
            for place, who in enumerate(CLASSES)
            for chain in ("substrate", "evm")
        ],
        "eligibility": {chain: {who: word(who) for who in CLASSES} for chain in ("substrate", "evm")},
    }


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
        "identity": identity(),
        "suspension": change("fay"),
        "revocation": change("ben"),
        "exit": {"substrate": left("substrate"), "evm": left("evm")},
        "privacy_scan": {
            "searched": {"values": 30_000, "bytes": 9, "places": dict.fromkeys(SEARCHED, 1)},
            "found": 0,
            "where": [],
        },
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


def admitted_without_credential(document: Document) -> None:
    document["identity"]["credentials"].pop(0)


def account_not_bound(document: Document) -> None:
    document["identity"]["accounts"][3]["bound"] = False


def another_investor_on_each_chain(document: Document) -> None:
    document["identity"]["accounts"][0]["investor"] = "0x77"


def two_people_one_investor(document: Document) -> None:
    for one in document["identity"]["accounts"]:
        one["investor"] = "0x1"


def unqualified_may_receive(document: Document) -> None:
    for words in document["identity"]["eligibility"].values():
        words["cho"]["permissions"] = 7


def holder_locked_in(document: Document) -> None:
    for words in document["identity"]["eligibility"].values():
        words["cho"]["permissions"] = 0


def lapsed_word_holds(document: Document) -> None:
    for words in document["identity"]["eligibility"].values():
        words["dan"]["valid_until"] = NEXT_POINT


def eligible_too_long(document: Document) -> None:
    for words in document["identity"]["eligibility"].values():
        for who in ("ana", "ben", "fay"):
            words[who]["valid_until"] = NOW + 36 * 86_400


def chains_say_different_things(document: Document) -> None:
    document["identity"]["eligibility"]["evm"]["ana"]["class"] = 5


def word_off_the_grid(document: Document) -> None:
    for words in document["identity"]["eligibility"].values():
        words["fay"]["valid_until"] = NEXT_POINT - 86_400


def refused_too_late(document: Document) -> None:
    document["revocation"]["evm"]["seconds"] = 4.1


def refused_for_another_reason(document: Document) -> None:
    document["suspension"]["code"] = None


def nothing_left_on_evm(document: Document) -> None:
    document["exit"]["evm"]["amount"] = 0


def something_stayed_behind(document: Document) -> None:
    document["exit"]["substrate"]["after"] = held(1)


def left_while_still_eligible(document: Document) -> None:
    document["exit"]["evm"]["before"]["permissions"] = 7


def person_found(document: Document) -> None:
    document["privacy_scan"] |= {"found": 1, "where": ["logs/relayer.log"]}


def place_not_searched(document: Document) -> None:
    document["privacy_scan"]["searched"]["places"]["evm/state"] = 0


def nothing_searched_for(document: Document) -> None:
    document["privacy_scan"]["searched"]["values"] = 0


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
        admitted_without_credential,
        account_not_bound,
        another_investor_on_each_chain,
        two_people_one_investor,
        unqualified_may_receive,
        holder_locked_in,
        lapsed_word_holds,
        eligible_too_long,
        chains_say_different_things,
        word_off_the_grid,
        refused_too_late,
        refused_for_another_reason,
        nothing_left_on_evm,
        something_stayed_behind,
        left_while_still_eligible,
        person_found,
        place_not_searched,
        nothing_searched_for,
    ],
)
def test_a_broken_promise_is_named(kept: Document, tamper: Callable[[Document], None]) -> None:
    tamper(kept)
    assert broken_promises(kept) != []
