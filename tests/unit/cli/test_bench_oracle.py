"""The oracle's figures as documents: what was measured, the goal, and whether it was met."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lockstep_cli.bench.publishing import PublishingTimes
from lockstep_cli.commands import bench, bench_oracle


def test_policies_are_measured_with_their_goal() -> None:
    told = json.loads(CliRunner().invoke(bench.app, ["policy", "--evaluations", "100", "--json"]).stdout)
    assert told["goal_ms"] == 1.0
    for one in told["policies"]:
        assert one["evaluations"] == 100
        assert one["met"] is (one["p99_ms"] < 1.0)
        assert 0 < one["median_ms"] <= one["p99_ms"] <= one["max_ms"]


def test_every_decision_that_was_asked_for_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_oracle, "new_run_folder", lambda _purpose: tmp_path)
    result = CliRunner().invoke(bench.app, ["decisions", "--rate", "10", "--seconds", "1", "--json"])
    told = json.loads(result.stdout)
    assert (told["goal_ms"], told["rate"], told["decisions"]) == (25.0, 10.0, 10)
    assert told["met"] is (told["p99_ms"] < 25.0)
    assert 0 < told["median_ms"] <= told["p99_ms"] <= told["max_ms"]


@pytest.mark.parametrize(("transactions", "met"), [(2, True), (3, False)])
def test_publishing_tells_wall_time_and_whether_transactions_were_full(
    transactions: int, met: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The measuring itself needs both chains; here is what becomes of its figures."""
    asked: list[int] = []

    def measured(folder: Path, changes: int) -> PublishingTimes:
        asked.append(changes)
        return PublishingTimes(changes, 12.5, {"substrate": 2, "evm": transactions})

    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    monkeypatch.setattr(bench_oracle, "new_run_folder", lambda _purpose: tmp_path)
    monkeypatch.setattr("lockstep_cli.bench.publishing.measure_publishing", measured)
    told = json.loads(CliRunner().invoke(bench.app, ["publishing", "--changes", "100", "--json"]).stdout)
    assert asked == [100]
    assert (told["changes"], told["seconds"], told["met"]) == (100, 12.5, met)
    assert told["transactions"] == {"substrate": 2, "evm": transactions}
