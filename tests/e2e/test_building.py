"""examples/building, followed by its README: a building in four jurisdictions, registered, issued, sold and crossed."""

from __future__ import annotations

import csv
import io
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.refusals import Refused
from chains.evm.adapter import EvmChain
from lockstep_cli.local.cast import staff
from lockstep_cli.local.oracle import LocalOracle
from lockstep_cli.session import open_session
from tests.support.commands import ROOT, answer, run
from tests.support.killing import kill_at_line

pytestmark = [pytest.mark.chains, pytest.mark.timeout(600)]

BUILDING = ROOT / "examples" / "building"
QUAY = ("--asset", "QUAY12")
YEAR, HALF = 365 * 86_400, 180 * 86_400
CHAINS = ("substrate", "evm")


def holders(table: dict[str, Any]) -> dict[tuple[str, str], int]:
    """(chain, holder) -> everything of theirs there."""
    return {(line["chain"], line["holder"]): line["total"] for line in table["holders"]}


def codes(*arguments: str) -> list[int]:
    """The numbers of all rules that an `explain` names."""
    return [reason["code"] for reason in answer("explain", *arguments, *QUAY, code=2)["reasons"]]


@pytest.fixture(scope="module")
def registered(running: dict[str, Any]) -> dict[str, Any]:
    """The asset, registered by its file; the dry run before it changes nothing."""
    file = str(BUILDING / "building.toml")
    planned = answer("asset", "register", file, "--check")
    assert planned["taken"] == 0
    assert not any(step["done"] for step in planned["steps"])
    done: dict[str, Any] = answer("asset", "register", file)
    assert done["asset"] == planned["asset"]
    assert done["taken"] == len(planned["steps"])
    return done


@pytest.fixture(scope="module")
def issued(registered: dict[str, Any]) -> dict[str, Any]:
    """Everybody admitted, everything issued."""
    admitted = answer("asset", "admit", str(BUILDING / "investors.csv"), *QUAY)
    assert admitted["published"] == {"substrate": 7, "evm": 7}
    file = str(BUILDING / "issue.csv")
    checked = answer("asset", "issue", file, *QUAY, "--check")
    assert checked["passes"] is True
    assert checked["issued_rows"] == 0
    done: dict[str, Any] = answer("asset", "issue", file, *QUAY)
    assert (done["issued_rows"], done["issued_amount"]) == (9, 100_000)
    return done


@pytest.fixture(scope="module")
def sold(issued: dict[str, Any]) -> dict[str, Any]:
    """After the one sale that is allowed; what the table said before it, and at which blocks."""
    before: dict[str, Any] = answer("asset", "cap-table", *QUAY)
    assert answer("transfer", "ida", "leo", "500", *QUAY)["chain"] == "substrate"
    return before


@pytest.fixture(scope="module")
def crossed(sold: dict[str, Any]) -> dict[str, Any]:
    """Gil's locked units and some of Leo's are on the EVM chain."""
    locked: dict[str, Any] = answer("cross", "gil", "--to", "evm", *QUAY)
    answer("cross", "leo", "--to", "evm", "--free", "1000", *QUAY)
    return locked


def test_a_second_registration_finds_everything_done(registered: dict[str, Any]) -> None:
    again = answer("asset", "register", str(BUILDING / "building.toml"))
    assert again["taken"] == 0
    assert all(step["done"] for step in again["steps"])


def test_both_chains_state_the_same_asset_with_its_documents(registered: dict[str, Any]) -> None:
    shown = answer("asset", "show", *QUAY)
    one, other = (shown["chains"][name] for name in CHAINS)
    for key in ("name", "decimals", "terms", "terms_document", "pairs", "holding_period", "authorised_issue"):
        assert one[key] == other[key], key
    assert sorted(one["documents"]) == sorted(other["documents"]) == ["ISIN", "eligibility", "memorandum"]
    assert one["documents"]["ISIN"]["uri"] == "urn:isin:US74876Y1010"
    assert {key: one["documents"][key]["hash"] for key in one["documents"]} == {
        key: other["documents"][key]["hash"] for key in other["documents"]
    }
    quotas = {
        name: sum(shown["chains"][chain]["quotas"][name]["quota"] for chain in CHAINS) for name in shown["classes"]
    }
    assert quotas == {"us-506c": 1999, "reg-s-de": 149, "reg-s-sg": 50, "reg-s-hk": 50}


def test_the_same_file_issues_nothing_twice(issued: dict[str, Any]) -> None:
    again = answer("asset", "issue", str(BUILDING / "issue.csv"), *QUAY)
    assert [row["issued"] for row in again["rows"]] == [row["issued"] for row in issued["rows"]]
    assert answer("audit", "show", *QUAY)["issued"] == 100_000


def test_a_file_with_a_row_that_fails_signs_nothing_and_names_every_rule(
    issued: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "more.csv"
    file.write_text("holder,amount,acquired,unlocks,free\nleo,1,,,yes\nkim,100000,,,yes\n")
    finished = answer("asset", "issue", str(file), *QUAY, code=2)
    assert finished["refused"] is True
    assert finished["issued_rows"] == 0
    assert [reason["code"] for reason in finished["rows"][0]["reasons"]] == [49]
    assert [reason["code"] for reason in finished["rows"][1]["reasons"]] == [16, 49]


def test_the_lots_are_locked_as_the_file_says(issued: dict[str, Any]) -> None:
    position = answer("position", "show", "gil", *QUAY)["substrate"]["gil"]
    (lot,) = position["lots"]
    assert (position["free"], lot["amount"], lot["unlocks_at"] - lot["acquired_at"]) == (0, 18_000, YEAR)
    position = answer("position", "show", "ida", *QUAY)["substrate"]["ida"]
    (lot,) = position["lots"]
    assert (position["free"] + lot["amount"], lot["unlocks_at"] - lot["acquired_at"]) == (15_000, HALF)


def test_three_sales_are_refused_on_substrate_each_by_its_rule(sold: dict[str, Any]) -> None:
    assert codes("transfer", "leo", "gil", "100") == [18]
    assert codes("transfer", "gil", "jon", "100") == [14]
    assert codes("transfer", "leo", "kim", "100") == [16]
    refused = run("transfer", "leo", "gil", "100", *QUAY)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_the_cap_table_closes_before_and_after_the_sale(sold: dict[str, Any]) -> None:
    after = answer("asset", "cap-table", *QUAY)
    assert (sold["closes"], after["closes"], after["total"]) == (True, True, 100_000)
    assert (holders(sold)["substrate", "ida"], holders(sold)["substrate", "leo"]) == (15_000, 15_000)


def test_a_record_date_shows_the_table_as_it_was(sold: dict[str, Any], crossed: dict[str, Any]) -> None:
    blocks = [f"--{name}-block={sold['blocks'][name]['number']}" for name in CHAINS]
    then = answer("asset", "cap-table", *QUAY, *blocks)
    assert (then["holders"], then["blocks"], then["closes"]) == (sold["holders"], sold["blocks"], True)
    later = answer("asset", "cap-table", *QUAY)
    assert holders(later)["evm", "gil"] == 18_000


def test_the_lock_crosses_with_the_units(crossed: dict[str, Any]) -> None:
    assert [stage["stage"] for stage in crossed["timeline"]] == ["initiated", "delivered", "settled"]
    (sent,) = crossed["order"]["lots"]
    position = answer("position", "show", "gil", *QUAY)
    assert position["evm"]["gil"]["lots"] == [sent]
    assert position["substrate"]["gil"]["total"] == 0
    assert sent["unlocks_at"] - sent["acquired_at"] == YEAR


def test_the_seat_crosses_with_the_last_units(crossed: dict[str, Any]) -> None:
    limits = answer("limits", "show", "gil", *QUAY)
    us = [limits[name]["classes"]["us-506c"] for name in CHAINS]
    assert crossed["order"]["seat"] == 41203
    assert sum(one["quota"] for one in us) == 1999
    assert [one["holders"] for one in us] == [1, 1]
    assert limits["evm"]["investor"]["limit"] == 20_000 + 18_000


def test_the_same_sales_are_refused_on_evm_by_the_same_rules(crossed: dict[str, Any]) -> None:
    assert codes("transfer", "gil", "jon", "100", "--chain", "evm") == [14]
    assert codes("transfer", "leo", "gil", "100", "--chain", "evm") == [18]


def test_everything_adds_up_over_both_chains(crossed: dict[str, Any]) -> None:
    table = answer("asset", "cap-table", *QUAY)
    assert (table["closes"], table["total"], table["in_flight"]) == (True, 100_000, 0)
    assert table["supply"] == {"substrate": 81_000, "evm": 19_000}
    audit = answer("audit", "show", *QUAY)
    assert (audit["closes"], audit["issued"]) == (True, 100_000)


def test_the_table_as_csv_has_the_same_sum(crossed: dict[str, Any]) -> None:
    finished = run("asset", "cap-table", *QUAY, "--csv")
    assert finished.returncode == 0, finished.stderr
    rows = list(csv.DictReader(io.StringIO(finished.stdout)))
    assert sum(int(row["amount"]) for row in rows) == 100_000
    assert {row["kind"] for row in rows} == {"free", "locked"}


def start_crossing(sender: str, to: str, amount: int) -> str:
    """An order that stays in flight, as its destination's deliveries are paused; its id."""
    answer("pause", "--scope", "lane", "--bits", "deliver", "--chain", to)
    order = answer("cross", sender, "--to", to, "--free", str(amount), "--no-wait", *QUAY)["order"]
    return str(order["order_id"])


def let_arrive(order_id: str, at: str) -> None:
    """Deliveries go on; until the order is settled."""
    answer("resume", "--scope", "lane", "--bits", "deliver", "--chain", at)
    while (found := answer("order", "show", order_id))["status"] != "settled":
        assert found["status"] not in ("rejecting", "rejected", "refunded"), found


@pytest.fixture(scope="module")
def folder(crossed: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The building's files, to be changed."""
    os.environ.setdefault("LOCKSTEP_ENV", "dev")
    return Path(shutil.copytree(BUILDING, tmp_path_factory.mktemp("files") / "building"))


def with_least_lot(folder: Path, least: int) -> str:
    """The asset's file with another least lot."""
    file = folder / f"least-{least}.toml"
    content = (BUILDING / "building.toml").read_text().replace("min_lot = 10", f"min_lot = {least}")
    file.write_text(content)
    return str(file)


def test_new_terms_are_refused_while_anything_is_in_flight_and_then_hold_on_both_chains(folder: Path) -> None:
    file = with_least_lot(folder, 20)
    order_id = start_crossing("leo", "evm", 10)
    refused = run("asset", "terms", file)
    assert refused.returncode == 2
    assert "10 of QUAY12 are in flight." in refused.stderr
    assert "Pause initiate" in refused.stderr
    let_arrive(order_id, "evm")
    done = answer("asset", "terms", file)
    assert [(row["chain"], row["events"]) for row in done] == [("substrate", ["TermsSet"]), ("evm", ["TermsSet"])]
    shown = answer("asset", "show", *QUAY)["chains"]
    assert [(shown[name]["terms"], shown[name]["min_lot"]) for name in CHAINS] == [(2, 20), (2, 20)]
    assert shown["evm"]["pairs"] == shown["substrate"]["pairs"]


def test_terms_that_only_one_chain_has_are_set_on_the_other_by_the_same_file_and_no_other(folder: Path) -> None:
    with open_session("QUAY12") as session:
        chain = session.chain("substrate")
        info = chain.views().asset_info(session.asset)
        assert info is not None
        terms = replace(info.terms, terms=3, min_lot=30)
        chain.set_terms(session.asset, terms, chain.views().pair_rules(session.asset), staff("substrate").admin)
    refused = run("asset", "terms", with_least_lot(folder, 20))
    assert refused.returncode == 2
    assert "has other terms of version 3 than this file" in refused.stderr
    (done,) = answer("asset", "terms", with_least_lot(folder, 30))
    assert (done["chain"], done["events"]) == ("evm", ["TermsSet"])


def test_an_investor_id_is_retired_and_its_successor_holds_everything(folder: Path) -> None:
    because = ("--reason", "5", "--document", str(BUILDING / "memorandum.md"))
    before = answer("asset", "cap-table", *QUAY)
    ids = {line["holder"]: line["investor"] for line in before["holders"]}
    done = answer("asset", "replace-investor", "jon", "gil", *because, *QUAY)
    assert [(row["chain"], row["events"]) for row in done] == [
        ("substrate", ["InvestorReplaced"]),
        ("evm", ["InvestorReplaced"]),
    ]
    after = answer("asset", "cap-table", *QUAY)
    assert (after["closes"], after["total"]) == (True, 100_000)
    held = holders(before)
    assert holders(after) == {
        **{key: value for key, value in held.items() if key != ("substrate", "jon")},
        ("substrate", "gil"): held["substrate", "jon"],
    }
    jon, gil = (answer("position", "show", who, *QUAY)["substrate"][who] for who in ("jon", "gil"))
    assert jon["lots"] == gil["lots"]
    assert [lot["amount"] for lot in gil["lots"]] == [12_000]
    # Repeated by the ids: everything stands already. By the names: both lead to one investor now.
    assert answer("asset", "replace-investor", ids["jon"], ids["gil"], *because, *QUAY) == []
    refused = run("asset", "replace-investor", "jon", "gil", *because, *QUAY)
    assert (refused.returncode, "are the same investor" in refused.stderr) == (2, True)
    taken = answer("asset", "replace-investor", ids["jon"], ids["leo"], *because, *QUAY, code=2)
    assert [reason["code"] for reason in taken["error"]["reasons"]] == [48]


SEATS_OF_NOBODY = {4711: 8}
"""A class with a quota that no investor is of: its seats must come along all the same."""
KILLED_AT = (
    "the asset is paused",
    "the new token is",
    "the old token is closed",
    "accounts: 2 of 7",
    "investors: 4 of 7",
    "classes without investors: 1 of 1",
    "terms, rules and documents",
    "the new token is open",
)


def test_a_token_is_replaced_whatever_kills_it_in_the_middle_and_the_cap_table_is_the_same(folder: Path) -> None:
    because = ("--reason", "5", "--document", str(BUILDING / "memorandum.md"))
    answer("asset", "freeze", "kim", "--chain", "evm", *because, *QUAY)
    with open_session("QUAY12") as session:
        LocalOracle(session.asset).cap_classes(session.chain("evm"), SEATS_OF_NOBODY)
    order_id = start_crossing("leo", "substrate", 100)
    # The table is read at final blocks: the order is in it once its own block is final.
    while (before := answer("asset", "cap-table", *QUAY))["in_flight"] == 0:
        assert before["closes"]
    shown = answer("asset", "show", *QUAY)["chains"]["evm"]
    assert (before["closes"], before["in_flight"]) == (True, 100)
    planned = answer("asset", "replace-token", "--check", *QUAY)
    assert planned["records"] == {"accounts": 7, "investors": 7, "classes": 5}

    command = ("asset", "replace-token", "--page", "2", *QUAY)
    for words in KILLED_AT:
        kill_at_line(words, *command)
        if words == "accounts: 2 of 7":
            refuses_before_it_is_whole()
    done = answer(*command)
    assert (done["old"], done["still_paused"]) == (planned["old"], [])
    assert done["new"] != done["old"]
    assert done["records"] == {"accounts": 7, "investors": 7}

    after, shown_after = answer("asset", "cap-table", *QUAY), answer("asset", "show", *QUAY)["chains"]["evm"]
    for key in ("holders", "supply", "in_flight", "issued", "total", "closes"):
        assert after[key] == before[key], key
    for key in ("terms", "pairs", "velocity", "documents", "quotas", "paused", "min_lot", "supply"):
        assert shown_after[key] == shown[key], key
    assert codes("transfer", "leo", "kim", "1", "--chain", "evm") == [8]
    with open_session("QUAY12") as session:
        seats = session.chain("evm").views().quota_of(session.asset, 4711)
    assert (seats.quota, seats.holders) == (4, 0)
    # What was in flight ends on the new token.
    let_arrive(order_id, "substrate")
    table = answer("asset", "cap-table", *QUAY)
    assert (table["closes"], table["in_flight"]) == (True, 0)
    assert holders(table)["evm", "leo"] == holders(before)["evm", "leo"] - 100


def refuses_before_it_is_whole() -> None:
    """Neither a move nor an act nor the end of the import, while records are missing; and the cap table says why it is open."""
    table = answer("asset", "cap-table", *QUAY, code=1)
    assert (table["closes"], table["being_replaced"]) == (False, True)
    for arguments in (
        ("transfer", "leo", "ida", "1", "--chain", "evm"),
        ("asset", "unfreeze", "kim", "--chain", "evm", "--reason", "5", "--document", "README.md"),
    ):
        refused = run(*arguments, *QUAY)
        assert refused.returncode == 1
        assert "the asset's token is being replaced" in refused.stderr
    with open_session("QUAY12") as session:
        chain = session.chain("evm")
        assert isinstance(chain, EvmChain)
        with pytest.raises(Refused) as caught:
            chain.finish_import(chain.token_of(session.asset), staff("evm").admin)
    assert [(reason.code, reason.a) for reason in caught.value.reasons] == [(48, 10)]
