"""What issuer, guardian and admin do by command, on a running system."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data

from chains.accounts import Account, write_secret_file
from chains.devnet.keys import ATTESTORS, dev_evm, dev_substrate
from chains.token_events import Issued
from lockstep_cli.session import open_session
from tests.support.commands import LOCKSTEP, ROOT, answer, run
from tests.support.killing import kill_at_line, kill_when, repeat_while

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


def test_a_holder_makes_one_lot_of_several_and_nobody_else_does(running: Any, tmp_path: Path) -> None:
    now = int(time.time()) // 86_400 * 86_400
    early, late = f"{now - 900}:{now + 90_000_000}:31", f"{now - 800}:{now + 80_000_000}:32"
    file = tmp_path / "two.csv"
    rows = [lot.split(":") for lot in (early, late)]
    lines = [f"fay,{amount},{acquired},{unlocks},no" for acquired, unlocks, amount in rows]
    file.write_text("\n".join(["holder,amount,acquired,unlocks,free", *lines]) + "\n")
    answer("asset", "issue", str(file))
    before = answer("position", "show", "fay")["substrate"]["fay"]
    refused = answer("position", "merge-lots", "ben", "--lot", early, "--lot", late, code=2)
    assert [reason["code"] for reason in refused["error"]["reasons"]] == [41]
    (done,) = answer("position", "merge-lots", "fay", "--lot", early, "--lot", late)
    assert done["events"] == ["LotsMerged"]
    after = answer("position", "show", "fay")["substrate"]["fay"]
    merged = {"amount": 63, "acquired_at": now - 800, "unlocks_at": now + 90_000_000}
    kept = [lot for lot in before["lots"] if lot["amount"] not in (31, 32)]
    assert sorted(map(str, after["lots"])) == sorted(map(str, [*kept, merged]))
    assert (after["free"], after["total"]) == (before["free"], before["total"])


def sign(file: Path, *key: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """One signer, in a process of their own."""
    return subprocess.run(
        [LOCKSTEP, "signers", "sign", str(file), *key],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "LOCKSTEP_ENV": "dev", **(env or {})},
    )


def test_the_present_signers_name_their_successors_each_with_their_own_key(running: Any, tmp_path: Path) -> None:
    os.environ.setdefault("LOCKSTEP_ENV", "dev")
    keys = [dev_evm(index) for index in ATTESTORS]
    fresh = EthAccount.create()
    named = [word for key in (*keys[:2], fresh) for word in ("--signer", key.address.lower())]
    file, copy = tmp_path / "next.json", tmp_path / "copy.json"
    drawn = answer("signers", "draft", "attestor", str(file), *named, "--threshold", "2")
    assert {name: (row["set"], row["needs"]) for name, row in drawn["chains"].items()} == {
        "substrate": (2, 2),
        "evm": (2, 2),
    }
    shutil.copy(file, copy)

    key_file = tmp_path / "one.key"
    write_secret_file(key_file, keys[0].key.hex())
    outside = sign(file, "--key-file", str(key_file), env={"LOCKSTEP_ENV": "production"})
    assert (outside.returncode, "LOCKSTEP_ENV" in outside.stderr) == (1, True)
    stranger = sign(file, "--key-env", "NEXT_KEY", env={"NEXT_KEY": fresh.key.hex()})
    assert (stranger.returncode, "none of the present signers" in stranger.stderr) == (2, True)
    assert file.read_bytes() == copy.read_bytes()

    signed = sign(file, "--key-file", str(key_file))
    assert signed.returncode == 0, signed.stderr
    refused = answer("signers", "submit", str(file), code=2)
    assert [reason["code"] for reason in refused["error"]["reasons"]] == [23]
    # The second signs a copy elsewhere, with the key in a variable.
    apart = sign(copy, "--key-env", "THE_KEY", env={"THE_KEY": "0x" + keys[1].key.hex()})
    assert apart.returncode == 0, apart.stderr
    for said in (outside, stranger, signed, apart):
        assert not any(key.key.hex() in said.stdout + said.stderr for key in (*keys, fresh))
    for one in json.loads(copy.read_text())["chains"].values():
        (signature,) = one["signatures"].values()
        message = encode_typed_data(full_message=one["typed_data"])
        assert EthAccount.recover_message(message, signature=bytes.fromhex(signature[2:])) == keys[1].address

    done = answer("signers", "submit", str(file), str(copy))
    assert [(row["chain"], row["events"]) for row in done] == [
        ("substrate", ["SignersProposed"]),
        ("evm", ["SignersProposed"]),
    ]
    announced = answer("signers", "show")
    wanted = sorted(key.address.lower() for key in (*keys[:2], fresh))
    assert [announced[name]["attestor"]["announced"]["signers"] for name in announced] == [wanted, wanted]
    assert answer("signers", "submit", str(file), str(copy)) == []
    for row in done:
        activate_when_due("attestor", row["chain"])
    assert answer("cross", "fay", "--to", "evm", "--free", "1")["outcome"] == 1
    late = answer("signers", "submit", str(file), str(copy), code=2)
    assert "is at set 2; the draft follows set 1" in late["error"]["sentence"]


def activate_when_due(role: str, chain: str) -> None:
    """Puts an announced set in force as soon as its delay is over, some seconds after it was announced."""
    ends = time.monotonic() + 60
    while (finished := run("signers", "activate", role, "--chain", chain, "--json")).returncode != 0:
        reasons = json.loads(finished.stdout)["error"]["reasons"]
        assert [reason["code"] for reason in reasons] == [38]
        assert time.monotonic() < ends


PIER = """
[asset]
name = "Pier 9"
symbol = "PIER9"
home = "evm"
authorised_issue = 100_000

[classes.any]
number = 77
holders = 10

[caps]
investor = 50_000
"""
ROWS = 18
"""More than twice as many as are on their way at once: after two kills something is left."""


@pytest.fixture(scope="module")
def pier(running: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An asset that is at home on the EVM chain, with two investors."""
    folder = tmp_path_factory.mktemp("pier")
    (folder / "pier.toml").write_text(PIER)
    (folder / "people.csv").write_text("name,class,valid_days,limit,substrate,evm\nhua,any,30,,,\nkim,any,30,,,\n")
    answer("asset", "register", str(folder / "pier.toml"))
    answer("asset", "admit", str(folder / "people.csv"), "--asset", "PIER9")
    return "PIER9"


def issued_amounts(symbol: str) -> Counter[int]:
    """How often each amount was issued, by the home chain's own events in final blocks."""
    with open_session(symbol) as session:
        home = session.chain(session.entry.home)
        home.wait_finalised(home.head().number - 1, 60)
        events = [happened.event for happened in home.history(1, home.finalised().number, session.asset)]
    return Counter(lot.amount for event in events if isinstance(event, Issued) for lot in event.lots)


@pytest.mark.parametrize(
    ("symbol", "holders", "row", "line"), [("HH1", ("fay", "ben"), "signed", 1), ("PIER9", ("hua", "kim"), "issued", 2)]
)
def test_an_issue_that_is_killed_twice_issues_each_row_once(
    running: Any, pier: str, tmp_path: Path, symbol: str, holders: tuple[str, str], row: str, line: int
) -> None:
    """First at a row of the journal, then, when the rest is being issued, at a line of the output."""
    os.environ.setdefault("LOCKSTEP_ENV", "dev")
    amounts = range(301, 301 + ROWS)
    file = tmp_path / "lots.csv"
    rows = [f"{holders[amount % 2]},{amount},,,yes" for amount in amounts]
    file.write_text("\n".join(["holder,amount,acquired,unlocks,free", *rows]) + "\n")
    command = ("asset", "issue", str(file), "--asset", symbol)
    before = answer("asset", "cap-table", "--asset", symbol)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:32]

    def journal() -> str:
        found = list((ROOT / ".lockstep/run/up/issues").glob(f"*{digest}.jsonl"))
        return found[0].read_text() if found else ""

    def check() -> Any:
        """What the journal knows, once nothing of the killed run can land any more; nothing is signed."""
        return repeat_while("InDoubt", *command, "--check")

    kill_when(lambda: f'"{row}"' in journal(), *command)
    first = check()["issued_rows"]
    kill_at_line("row ", *command, count=line)
    second = check()["issued_rows"]
    assert 0 <= first < second < ROWS

    done = answer(*command)
    assert (done["issued_rows"], done["issued_amount"]) == (ROWS, sum(amounts))
    assert {amount: count for amount, count in issued_amounts(symbol).items() if amount in amounts} == dict.fromkeys(
        amounts, 1
    )
    after = answer("asset", "cap-table", "--asset", symbol)
    assert (after["closes"], after["issued"] - before["issued"]) == (True, sum(amounts))
    assert after["total"] - before["total"] == sum(amounts)


def test_an_issue_is_explained_before_anything_is_signed(running: Any) -> None:
    assert answer("explain", "issue", "fay", "--free", "10")["allowed"] is True
    found = answer("explain", "issue", "cho", "--free", "98211", code=2)
    # 17 too: whom the policy knows and does not admit is of a class that has no seats.
    assert [reason["code"] for reason in found["reasons"]] == [9, 16, 17, 49]


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
        (["signers", "sign", "nothing.json", "--key-env", "NO_KEY"], "NO_KEY is not set"),
        (["signers", "sign", "nothing.json"], "One key signs."),
        (["signers", "submit", "README.md"], "can't be used"),
        (["position", "merge-lots", "fay", "--lot", "1:2:3"], "A merge needs two lots or more."),
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
