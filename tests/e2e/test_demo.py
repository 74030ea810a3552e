"""The first command of the README, as a newcomer runs it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODES = {
    "locked lot to another investor": 14,
    "ineligible receiver": 9,
    "expired eligibility": 10,
    "insufficient balance": 13,
    "unbound account": 5,
}

pytestmark = pytest.mark.chains


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """The document that `./lockstep demo --json` prints."""
    finished = subprocess.run(
        [str(ROOT / "lockstep"), "demo", "--json"], capture_output=True, text=True, check=False, timeout=280, cwd=ROOT
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    document: dict[str, Any] = json.loads(finished.stdout)
    return document


def dated(position: dict[str, Any]) -> list[tuple[int, int, int]]:
    return [(lot["amount"], lot["acquired_at"], lot["unlocks_at"]) for lot in position["lots"]]


def test_it_says_that_everything_was_as_promised(told: dict[str, Any]) -> None:
    assert told["as_promised"] is True
    assert told["broken_promises"] == []


def test_the_position_arrives_with_its_dates_and_comes_home_with_them(told: dict[str, Any]) -> None:
    """1,000 free and 500 locked, as issued; the issue fixes a lock of a year from its acquisition."""
    before, there, back = told["before"], told["after_crossing"], told["after_return"]
    assert (
        before["substrate"]["ana"]["free"] == there["evm"]["ana"]["free"] == back["substrate"]["ana"]["free"] == 1_000
    )
    ((amount, acquired_at, unlocks_at),) = dated(before["substrate"]["ana"])
    assert (amount, unlocks_at - acquired_at) == (500, 365 * 86_400)
    assert dated(there["evm"]["ana"]) == dated(back["substrate"]["ana"]) == [(amount, acquired_at, unlocks_at)]
    assert there["substrate"]["ana"]["total"] == back["evm"]["ana"]["total"] == 0


def test_both_chains_refuse_by_the_same_code_and_say_it_in_a_sentence(told: dict[str, Any]) -> None:
    rows = {row["rule"]: row for row in told["refusals"]}
    assert {rule: (row["substrate_code"], row["evm_code"]) for rule, row in rows.items()} == {
        rule: (code, code) for rule, code in CODES.items()
    }
    assert all(row["equal"] and row["sentence"].endswith(".") for row in rows.values())


def test_the_timeline_names_every_stage_with_its_time_and_both_chains_transactions(told: dict[str, Any]) -> None:
    stages = told["crossing"]["timeline"]
    assert [stage["stage"] for stage in stages] == ["initiated", "approved", "delivered", "settled"]
    assert [stage["chain"] for stage in stages if "chain" in stage] == ["substrate", "evm", "substrate"]
    assert all(stage["hash"].startswith("0x") and len(stage["hash"]) == 66 for stage in stages if "hash" in stage)
    assert all(stage["time"] > 1_700_000_000 for stage in stages)


def test_an_order_whose_receiver_lost_eligibility_returns_the_very_lots(told: dict[str, Any]) -> None:
    refund = told["refund"]
    assert (refund["outcome"], refund["reason"]) == (2, 9)
    assert dated(refund["after"]) == dated(refund["before"]) != []
    assert refund["after"]["free"] == refund["before"]["free"] == 200
    assert refund["arrived"]["total"] == 0


def test_a_second_delivery_is_refused_on_both_chains(told: dict[str, Any]) -> None:
    assert {chain: (row["code"], row["unchanged"]) for chain, row in told["replay"].items()} == {
        "evm": (22, True),
        "substrate": (22, True),
    }


def test_the_supply_adds_up_before_during_and_after(told: dict[str, Any]) -> None:
    """Issued by hand: Ana 1,000 + 500, Fay 200 + 100."""
    for moment in ("before", "in_flight", "after"):
        row = told["audit"][moment]
        assert row["issued"] == 1_800 == row["substrate"] + row["evm"] + row["in_flight"]
        assert row["breaches"] == []
    assert told["audit"]["in_flight"]["in_flight"] == 1_800


CAST = {"ana": 7, "ben": 7, "cho": 6, "dan": 7, "fay": 7}
"""Permissions by hand: receive 1, send 2, bridge 4. Cho's qualification is her own word, which Rule 506(c) does not take."""


def test_everybody_is_admitted_on_credentials_of_an_issuer(told: dict[str, Any]) -> None:
    credentials = told["identity"]["credentials"]
    held = {who: {one["configuration"] for one in credentials if one["who"] == who} for who in CAST}
    both = {"kyc_sd_jwt", "investor_qualification_sd_jwt"}
    assert held == dict.fromkeys(CAST, both)
    assert {one["issuer"] for one in credentials} == {told["identity"]["issuer"]}
    assert told["identity"]["issuer"].startswith("did:web:localhost%3A")


def test_everybody_has_a_bound_account_on_each_chain_and_is_one_investor_on_both(told: dict[str, Any]) -> None:
    accounts = told["identity"]["accounts"]
    assert {(one["who"], one["chain"]) for one in accounts} == {
        (who, chain) for who in CAST for chain in ("substrate", "evm")
    }
    assert all(one["bound"] for one in accounts)
    assert len({one["investor"] for one in accounts}) == len(CAST)
    assert all(int(one["investor"], 16) < 2**128 for one in accounts)


def test_both_chains_say_of_everybody_what_the_policy_makes_of_their_credentials(told: dict[str, Any]) -> None:
    now = told["suspension"]["committed_at"]
    for words in told["identity"]["eligibility"].values():
        assert {who: word["permissions"] for who, word in words.items()} == CAST
        fresh = {who for who, word in words.items() if word["valid_until"] > now}
        assert {"ana", "ben", "fay"} <= fresh
        assert "dan" not in fresh
        assert all(word["valid_until"] <= now + 35 * 86_400 for word in words.values())
        assert len({words[who]["valid_until"] % (7 * 86_400) for who in ("ana", "ben", "fay", "dan")}) == 1
        assert all(word["class"] > 0 for word in words.values())


@pytest.mark.parametrize("change", ["suspension", "revocation"])
def test_a_status_that_changes_reaches_both_chains_in_time(told: dict[str, Any], change: str) -> None:
    """At most the second block begun after the commit, plus two seconds."""
    assert told[change]["code"] == 9
    for chain in ("substrate", "evm"):
        enforced = told[change][chain]
        assert enforced["blocks_after"] >= 1
        assert enforced["seconds"] <= enforced["allowed_seconds"]


def test_the_revoked_holder_leaves_both_chains(told: dict[str, Any]) -> None:
    """Bought on Substrate: 120; across to EVM: 80, of which half is sold there and half sent home."""
    there, abroad = told["exit"]["substrate"], told["exit"]["evm"]
    assert there["before"]["free"] == there["amount"] == 120
    assert (abroad["amount"], abroad["homeward"]["amount"]) == (40, 40)
    assert [stage["stage"] for stage in abroad["homeward"]["timeline"]] == [
        "initiated",
        "approved",
        "delivered",
        "settled",
    ]
    for left in (there, abroad):
        assert left["before"]["permissions"] == 6
        assert left["after"]["total"] == left["after"]["in_flight"] == 0


def test_nobody_can_be_found_in_what_the_run_left_behind(told: dict[str, Any]) -> None:
    scan = told["privacy_scan"]
    assert scan["found"] == 0
    assert scan["searched"]["values"] > 10_000
    places = scan["searched"]["places"]
    assert min(places[f"{chain}"] for chain in ("substrate/state", "substrate/events", "evm/state", "evm/logs")) > 0
    logs = {place.removeprefix("logs/").removesuffix(".log") for place in places if place.startswith("logs/")}
    assert {"issuer", "oracle", "signer-1", "signer-2", "signer-3", "attestor-1", "relayer", "evm"} <= logs


def test_it_says_where_the_time_went(told: dict[str, Any]) -> None:
    seconds = dict(told["seconds"])
    total = seconds.pop("total")
    assert total == pytest.approx(sum(seconds.values()), abs=1.0)
