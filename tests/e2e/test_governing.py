"""What issuer, guardian and admin do by command, on a running system."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chains.accounts import Account
from chains.devnet.keys import dev_substrate
from tests.support.commands import LOCKSTEP, ROOT, answer, run

pytestmark = [pytest.mark.chains, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def order_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document behind every action here."""
    path = tmp_path_factory.mktemp("court") / "order.txt"
    path.write_text("The court orders it.\n")
    return path


@pytest.fixture(scope="module")
def because(order_file: Path) -> tuple[str, ...]:
    return ("--reason", "12", "--document", str(order_file))


def explained(*arguments: str) -> list[int]:
    found = answer("explain", "transfer", *arguments, code=2)
    return [reason["code"] for reason in found["reasons"]]


def test_a_frozen_investor_sends_and_gets_nothing_until_he_is_freed(running: Any, because: tuple[str, ...]) -> None:
    done = answer("asset", "freeze", "fay", *because)
    assert [(row["chain"], row["events"]) for row in done] == [
        ("substrate", ["InvestorFrozen"]),
        ("evm", ["InvestorFrozen"]),
    ]
    assert explained("fay", "ben", "1") == [7]
    assert explained("ana", "fay", "1") == [8]
    answer("asset", "unfreeze", "fay", *because)
    answer("asset", "freeze", "fay", "--amount", "250", "--chain", "substrate", *because)
    assert explained("fay", "ben", "51") == [47]
    limits = answer("limits", "show", "fay")
    assert limits["substrate"]["investor"]["frozen"] == 250
    answer("asset", "unfreeze", "fay", "--part", *because)
    assert answer("explain", "transfer", "fay", "ben", "51")["allowed"] is True


def test_tokens_are_moved_redeemed_and_released_by_order(running: Any, because: tuple[str, ...]) -> None:
    (lot,) = answer("position", "show", "fay")["substrate"]["fay"]["lots"]
    named = f"{lot['acquired_at']}:{lot['unlocks_at']}:"
    (row,) = answer("asset", "redeem", "fay", "--lot", named + "10", *because)
    assert row["events"] == ["Redeemed"]
    (row,) = answer("asset", "move-lots", "fay", "ben", "--lot", named + "20", *because)
    assert row["events"] == ["Transferred", "LotsMoved"]
    (row,) = answer("asset", "force", "fay", "ben", "5", *because)
    assert row["events"] == ["Transferred", "ForcedTransfer"]
    (proposed,) = answer("asset", "release", "propose", "ben", "--lot", named + "7", *because)
    assert proposed["eta"] > 0
    (row,) = answer("asset", "release", "cancel", proposed["release"])
    assert row["events"] == ["ReleaseCancelled"]
    position = answer("position", "show", "ben")["substrate"]["ben"]
    assert (position["free"], position["lots"]) == (5, [{**lot, "amount": 20}])
    table = answer("asset", "cap-table")
    assert (table["closes"], table["redeemed"], table["total"]) == (True, 10, 1_790)


def test_a_lost_account_is_recovered_with_everything(running: Any, because: tuple[str, ...]) -> None:
    os.environ.setdefault("LOCKSTEP_ENV", "dev")
    fresh = Account.substrate(dev_substrate("Mia"))
    before = answer("position", "show", "ana")["substrate"]["ana"]
    (row,) = answer("asset", "recover", "ana", fresh.text, *because)
    assert row["events"][-1] == "AccountRecovered"
    assert answer("position", "show", "ana")["substrate"]["ana"]["total"] == before["total"]
    assert explained("ana", "ben", "1")[0] == 4


def test_documents_are_set_and_removed_on_both_chains(running: Any, order_file: Path) -> None:
    set_on = answer(
        "asset", "document", "set", "court order", "--uri", "https://example.com/o", "--file", str(order_file)
    )
    assert [row["events"] for row in set_on] == [["DocumentUpdated"], ["DocumentUpdated"]]
    shown = answer("asset", "show")
    digest = "0x" + hashlib.sha256(order_file.read_bytes()).hexdigest()
    assert {shown["chains"][name]["documents"]["court order"]["hash"] for name in shown["chains"]} == {digest}
    answer("asset", "document", "remove", "court order")
    refused = answer("asset", "document", "remove", "court order", "--chain", "evm", code=2)
    assert [reason["code"] for reason in refused["error"]["reasons"]] == [48]


def test_the_guardian_stops_and_the_admin_lets_go_on(running: Any) -> None:
    answer("pause", "--scope", "asset", "--bits", "transfer")
    assert explained("fay", "ben", "1") == [1]
    answer("resume", "--scope", "asset", "--bits", "transfer")
    answer("pause", "--scope", "lane", "--bits", "initiate", "--chain", "substrate")
    found = answer("explain", "cross", "fay", "--free", "1", code=2)
    assert [reason["code"] for reason in found["reasons"]] == [1]
    answer("resume", "--scope", "lane", "--chain", "substrate", "--bits", "initiate")
    assert answer("explain", "cross", "fay", "--free", "1")["allowed"] is True


def test_a_signer_set_is_announced_shown_and_taken_back(running: Any) -> None:
    shown = answer("signers", "show")["substrate"]
    signers = [*shown["attestor"]["signers"][:2], "0x" + "fe" * 20]
    named = [word for signer in signers for word in ("--signer", signer)]
    answer("signers", "propose", "attestor", *named, "--threshold", "2")
    announced = answer("signers", "show")
    assert [announced[name]["attestor"]["announced"]["id"] for name in announced] == [2, 2]
    answer("signers", "cancel", "attestor")
    assert all(one["attestor"]["announced"] is None for one in answer("signers", "show").values())
    refused = answer("signers", "activate", "attestor", "--chain", "evm", code=2)
    assert [reason["code"] for reason in refused["error"]["reasons"]] == [48]


def test_an_issue_is_explained_before_anything_is_signed(running: Any) -> None:
    assert answer("explain", "issue", "fay", "--free", "10")["allowed"] is True
    found = answer("explain", "issue", "cho", "--free", "98211", code=2)
    assert [reason["code"] for reason in found["reasons"]] == [9, 16, 49]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["asset", "freeze", "nobody", "--reason", "1", "--document", "README.md"], "neither somebody's name"),
        (["asset", "freeze", "fay", "--reason", "1", "--document", "nothing.txt"], "no such file"),
        (["asset", "redeem", "fay", "--reason", "1", "--document", "README.md"], "No lot is named."),
        (["asset", "show", "--asset", "MOON"], "No asset here is called 'MOON'."),
        (["asset", "issue", "README.md"], "its first row must be"),
        (["pause", "--scope", "moon"], "no scope called 'moon'"),
        (["signers", "cancel", "moon"], "no role called 'moon'"),
        (["asset", "cap-table", "--record-date", "tomorrow"], "is no day"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_can_not_be_used_is_one_sentence_and_exit_code_2(
    running: Any, arguments: list[str], sentence: str
) -> None:
    finished = run(*arguments)
    assert finished.returncode == 2, finished.stderr
    assert sentence in finished.stderr
    assert "Traceback" not in finished.stderr


def test_outside_development_its_keys_are_refused(running: Any) -> None:
    finished = subprocess.run(
        [LOCKSTEP, "pause", "--scope", "all"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "LOCKSTEP_ENV": "production"},
    )
    assert finished.returncode == 1
    assert "LOCKSTEP_ENV" in finished.stderr
    assert "Traceback" not in finished.stderr
