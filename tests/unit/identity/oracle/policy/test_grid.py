"""validUntil lies on a weekly grid, never after the evidence and never more than 35 days ahead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.oracle.policy.grid import grid_point

WEEK, AHEAD = 7 * 24 * 3600, 35 * 24 * 3600
OFFSETS, TIMES = st.integers(0, WEEK - 1), st.integers(2 * WEEK, 2**40)


@given(OFFSETS, TIMES, TIMES)
def test_a_point_is_the_last_one_of_its_grid_before_both_ends(offset: int, expiry: int, now: int) -> None:
    point = grid_point(offset, expiry, now)
    assert (point - offset) % WEEK == 0
    assert point <= expiry
    assert point <= now + AHEAD
    assert point + WEEK > min(expiry, now + AHEAD)


@given(OFFSETS, TIMES)
def test_good_evidence_reaches_four_weeks_at_least(offset: int, now: int) -> None:
    assert 28 * 24 * 3600 < grid_point(offset, now + 2 * AHEAD, now) - now <= AHEAD


@pytest.mark.parametrize("offset", [0, 1, WEEK - 1])
def test_at_the_second_before_on_and_after_a_point(offset: int) -> None:
    point, now = offset + 3000 * WEEK, 2998 * WEEK
    assert grid_point(offset, point - 1, now) == point - WEEK
    assert grid_point(offset, point, now) == point
    assert grid_point(offset, point + 1, now) == point


@pytest.mark.parametrize("offset", [0, 1, WEEK - 1])
def test_the_horizon_moves_on_at_the_grid_and_nowhere_else(offset: int) -> None:
    now = offset + 3000 * WEEK
    assert grid_point(offset, 2**40, now - 1) == now - WEEK + AHEAD
    assert grid_point(offset, 2**40, now) == now + AHEAD
    assert grid_point(offset, 2**40, now + 1) == now + AHEAD


def test_evidence_that_ends_before_the_next_point_gives_one_in_the_past() -> None:
    now = 3000 * WEEK + 5
    assert grid_point(0, now + 1000, now) == 3000 * WEEK


def test_before_the_first_point_of_all_there_is_none() -> None:
    assert grid_point(500, 499, 0) == 0
    assert grid_point(500, 500, 0) == 500
