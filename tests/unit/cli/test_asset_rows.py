"""Files of lots and of people."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.types import MAX_AMOUNT, Lot
from lockstep_cli.assets.rows import (
    IssueFile,
    IssueRow,
    RowsRefused,
    format_issue,
    parse_issue,
    parse_time,
    read_issue_file,
    read_people_file,
)

HEAD = "holder,amount,acquired,unlocks,free\n"
NOW = 1_800_000_000
DAY = 86_400
PATH = Path("lots.csv")

locked = st.builds(
    lambda amount, acquired, span: Lot(amount, acquired, acquired + span),
    st.integers(1, MAX_AMOUNT),
    st.integers(1, 2**40),
    st.integers(1, 2**40),
)
free = st.builds(lambda amount: Lot(amount, 0, 0), st.integers(1, MAX_AMOUNT))
lots = st.lists(st.one_of(free, locked), min_size=1, max_size=30)


def rows(text: str) -> tuple[IssueRow, ...]:
    return parse_issue(PATH, (HEAD + text).encode(), NOW)


@given(lots)
def test_what_is_written_comes_back_and_the_sum_is_the_sum_of_the_rows(given_lots: list[Lot]) -> None:
    written = tuple(IssueRow(place, "ana", lot) for place, lot in enumerate(given_lots, start=2))
    read = parse_issue(PATH, format_issue(written).encode(), NOW)
    assert read == written
    assert IssueFile(read, b"").total == sum(lot.amount for lot in given_lots)


@given(lots, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_change_the_sum(given_lots: list[Lot], random: object) -> None:
    written = [IssueRow(place, "ana", lot) for place, lot in enumerate(given_lots, start=2)]
    shuffled = list(written)
    getattr(random, "shuffle")(shuffled)  # noqa: B009 - hypothesis gives its own kind of Random
    one = parse_issue(PATH, format_issue(written).encode(), NOW)
    other = parse_issue(PATH, format_issue(shuffled).encode(), NOW)
    assert IssueFile(one, b"").total == IssueFile(other, b"").total


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_one_refusal(content: bytes) -> None:
    try:
        read = parse_issue(PATH, HEAD.encode() + content, NOW)
    except RowsRefused:
        return
    assert all(1 <= row.lot.amount <= MAX_AMOUNT for row in read)


def test_days_seconds_today_and_spans_are_times() -> None:
    (one,) = rows("ana,5,2026-11-22,2027-11-22,no\n")
    assert one.lot == Lot(5, 1_795_305_600, 1_826_841_600)
    (two,) = rows("ana,5,today,+365 days,no\n")
    assert two.lot == Lot(5, NOW // DAY * DAY, NOW // DAY * DAY + 365 * DAY)
    (three,) = rows("ana,1_000,7,8,no\n")
    assert three.lot == Lot(1000, 7, 8)
    assert parse_time("2026-11-22T12:00:00+02:00") == 1_795_305_600 + 10 * 3600


FAULTS = {
    "ana,0,,,yes": "not between 1",
    f"ana,{2**96},,,yes": "not between 1",
    "ana,-5,,,yes": "no amount",
    "ana,1e3,,,yes": "no amount",
    "ana,٣,,,yes": "no amount",
    f"ana,{'9' * 500},,,yes": "no amount",
    ",5,,,yes": "names no holder",
    "ana,5,,,maybe": "instead of yes or no",
    "ana,5,2026-01-01,,yes": "carry no dates",
    "ana,5,2026-01-01,,no": "needs the day it unlocks",
    "ana,5,2026-01-02,2026-01-01,no": "unlocks before",
    "ana,5,2026-13-01,2027-01-01,no": "no day",
    "ana,5,,+5 days,no": "there is none",
    "ana,5,today,+5 moons,no": "no span of time",
    "ana,5": "2 cells instead of 5",
    '"ana,5,,,yes': "no CSV",
}


@pytest.mark.parametrize("line", sorted(FAULTS))
def test_a_fault_is_told_with_its_row(line: str) -> None:
    with pytest.raises(RowsRefused, match=FAULTS[line]) as caught:
        rows(line + "\n")
    assert "row 2" in str(caught.value) or "CSV" in FAULTS[line]


def test_all_faults_are_found_and_the_first_are_told() -> None:
    with pytest.raises(RowsRefused) as caught:
        rows("ana,0,,,yes\n" * 9)
    assert len(caught.value.faults) == 9
    assert "and 4 more" in str(caught.value)


def test_another_head_no_rows_and_no_text_are_refused() -> None:
    for content in (b"", b"a,b\n", HEAD.encode(), b"\xff\xfe\x00"):
        with pytest.raises(RowsRefused):
            parse_issue(PATH, content, NOW)


def test_empty_lines_and_notes_are_passed_over_and_rows_keep_their_numbers() -> None:
    found = rows("# for the board\n\nana,5,,,yes\n")
    assert [row.number for row in found] == [4]


def test_a_files_hash_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "lots.csv"
    path.write_text(HEAD + "ana,5,,,yes\n")
    first = read_issue_file(path, NOW).digest
    path.write_text(HEAD + "ana,6,,,yes\n")
    assert read_issue_file(path, NOW).digest != first


def test_people_are_read_with_their_limits_and_addresses(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("name,class,valid_days,limit,substrate,evm\nAna,one,28,,,\nbo,two,7,1_000,5Grw,0x00\n")
    ana, bo = read_people_file(path)
    assert (ana.name, ana.limit, dict(ana.accounts)) == ("ana", None, {})
    assert (bo.limit, dict(bo.accounts)) == (1000, {"substrate": "5Grw", "evm": "0x00"})


@pytest.mark.parametrize(
    "line", ["=cmd(),one,28,,,", "ana,one,0,,,", "ana,one,x,,,", "ana,one,28,zero,,", "ana,one,28,,,\nAna,one,28,,,"]
)
def test_people_that_make_no_sense_are_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("name,class,valid_days,limit,substrate,evm\n" + line + "\n")
    with pytest.raises(RowsRefused):
        read_people_file(path)
