"""The cost figures: what counts as worse, and what a document says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lockstep_cli.commands import bench
from lockstep_cli.errors import UserError


def test_a_figure_two_percent_worse_is_let_pass_and_one_beyond_it_is_told() -> None:
    committed = {"evm.transfer.holders": 50_000}
    assert bench.compare(committed, {"evm.transfer.holders": 51_000}) == []
    assert bench.compare(committed, {"evm.transfer.holders": 51_001}) == [
        bench.Worse("evm.transfer.holders", 50_000, 51_001)
    ]


def test_a_figure_that_got_better_is_no_fault() -> None:
    assert bench.compare({"evm.issue": 90_000}, {"evm.issue": 60_000}) == []


def test_one_more_storage_access_is_worse_however_few_there_are() -> None:
    worse = bench.compare({"substrate.transfer.holders.reads": 7}, {"substrate.transfer.holders.reads": 8})
    assert [one.measured for one in worse] == [8]


def test_a_figure_that_vanished_and_one_nobody_committed_are_told() -> None:
    worse = bench.compare({"evm.issue": 1}, {"evm.bind": 2})
    assert worse == [bench.Worse("evm.issue", 1, None), bench.Worse("evm.bind", 0, 2)]


def test_nested_figures_join_their_names_by_dots() -> None:
    assert bench.flat({"evm": {"issue": 1, "deliver": {"each": "2"}}, "plain": 3}) == {
        "evm.issue": 1,
        "evm.deliver.each": 2,
        "plain": 3,
    }


def test_a_figure_that_is_no_whole_number_is_refused() -> None:
    with pytest.raises(TypeError, match=r"evm\.issue"):
        bench.flat({"evm": {"issue": 1.5}})


def test_missing_figures_are_an_error_and_not_an_empty_success(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no figures"):
        bench.figures_in(tmp_path / "gas.json")


def test_the_document_says_which_goals_are_met() -> None:
    told = bench.document({"evm.transfer.holders": 55_000, "evm.initiate.free": 110_001}, [])
    goals = told["goals"]
    assert isinstance(goals, dict)
    assert goals["evm.transfer.holders"] == {"goal": 55_000, "measured": 55_000, "met": True}
    assert goals["evm.initiate.free"]["met"] is False
    json.dumps(told)
