"""`./lockstep up`, and the commands that use what it runs: as people and scripts use them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import ROOT, answer, run

pytestmark = pytest.mark.chains


def test_the_whole_life_of_a_position_by_command(running: dict[str, Any]) -> None:
    """One story, because every step stands on the one before: look, ask, send, cross, follow, add up."""
    before = answer("position", "show", "ana")["substrate"]["ana"]
    assert (before["free"], [lot["amount"] for lot in before["lots"]]) == (1000, [500])

    refused = answer("explain", "transfer", "ana", "ben", "1001", code=2)
    assert [reason["code"] for reason in refused["reasons"]] == [14]
    assert answer("explain", "transfer", "ana", "ben", "250")["allowed"] is True
    assert answer("transfer", "ana", "ben", "250")["chain"] == "substrate"

    crossed = answer("cross", "ana", "--to", "evm", "--free", "100")
    assert [stage["stage"] for stage in crossed["timeline"]] == ["initiated", "delivered", "settled"]
    order_id = crossed["order"]["order_id"]
    assert [row["order_id"] for row in answer("order", "list")] == [order_id]
    shown = answer("order", "show", order_id[:12])
    assert (shown["status"], shown["amount"]) == ("settled", 100)
    assert {stage["chain"] for stage in shown["timeline"]} == {"substrate", "evm", ""}

    everyone = answer("position", "list")
    assert (everyone["evm"]["ana"]["free"], everyone["substrate"]["ana"]["free"]) == (100, 1000 - 250 - 100)
    assert everyone["substrate"]["ben"]["free"] == 250
    audit = answer("audit", "show")
    assert (audit["closes"], audit["issued"], audit["evm"], audit["in_flight"]) == (True, 1800, 100, 0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("transfer", "ana", "ben", "0"), "AmountZero"),
        (("transfer", "ana", "ben", "0", "--chain", "evm"), "AmountZero"),
        (("transfer", "ana", "ben", str(2**128)), "AmountTooLarge"),
        (("transfer", "ana", "ben", str(2**300), "--chain", "evm"), "AmountTooLarge"),
        (("transfer", "ana", "ben", "-5"), ""),
        (("transfer", "ana", "ben", "ten"), "not an amount"),
        (("transfer", "ana", "0x1234", "1"), "neither"),
        (("transfer", "nobody", "ben", "1"), "Nobody"),
        (("transfer", "ana", "ben", "1", "--chain", "moon"), "no chain"),
        (("cross", "ana", "--lot", "nonsense"), "does not name a lot"),
        (("cross", "ana", "--free", "1", "--deadline", "99999999"), "DeadlineRange"),
        (("cross", "ana", "--lot", "1:4000000000:5"), "LotUnknown"),
        (("order", "show", "0xdoesnotexist"), "No order"),
        (("position", "show", "0x12"), "neither"),
        (("nonsense",), ""),
    ],
    ids=lambda value: "-".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_clear_sentence_and_exit_code_2(
    running: dict[str, Any], arguments: tuple[str, ...], says: str
) -> None:
    finished = run(*arguments, "--json")
    assert finished.returncode == 2, (finished.stdout, finished.stderr)
    assert "Traceback" not in finished.stdout + finished.stderr
    if says:
        # The machine's document and the person's sentence come from one run: the first on one stream, the second on the other.
        names = [reason["name"] for reason in json.loads(finished.stdout)["error"].get("reasons", [])]
        assert says in names or says in finished.stderr


def test_a_second_system_in_one_checkout_is_refused_plainly(running: dict[str, Any]) -> None:
    finished = run("up")
    assert finished.returncode == 2
    assert "already running" in finished.stderr


def test_without_a_running_system_a_command_says_how_to_start_one(tmp_path: Path) -> None:
    """A checkout in which nothing runs: the same code seen from a copy whose run folder is empty."""
    (tmp_path / "lockstep_cli").symlink_to(ROOT / "lockstep_cli")
    code = (
        "import sys, pathlib, lockstep_cli.paths as paths;"
        f"paths.RUN = pathlib.Path({str(tmp_path)!r});"
        "from lockstep_cli.app import main; sys.exit(main(['position', 'list']))"
    )
    python = str(ROOT / ".lockstep/venv/bin/python")
    finished = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=False, timeout=60, cwd=ROOT, env={**os.environ}
    )
    assert finished.returncode != 0
    assert "./lockstep up" in finished.stderr
    assert "Traceback" not in finished.stderr
