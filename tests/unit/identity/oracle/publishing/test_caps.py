"""Parts of caps: whatever is used and under way, what is handed out never exceeds the whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.oracle.publishing.caps import ClassPart, Part, first_limit, move_limits, slice_seats, take_seats_back

PARTS = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.builds(Part, st.integers(-50, 3_000), st.integers(0, 3_000), st.integers(0, 500), st.integers(0, 500)),
    min_size=2,
)
SEATS = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 3)),
    st.builds(
        ClassPart, st.integers(0, 20), st.integers(0, 20), st.integers(0, 5), st.integers(0, 5), st.integers(0, 40)
    ),
    min_size=1,
)


def test_a_first_part_is_a_fair_share_of_two_digits() -> None:
    assert first_limit(50_000, "a", {"a": 1, "b": 2}) == 25_000
    assert first_limit(12_345, "a", {"a": 1, "b": 2}) == 6_100


@given(PARTS, st.integers(0, 10_000))
def test_a_move_of_limits_raises_only_what_is_free(parts: dict[str, Part], whole: int) -> None:
    deltas = move_limits(whole, parts)
    raised = sum(delta for delta in deltas.values() if delta > 0)
    taken = sum(max(part.part, part.used) + part.pending for part in parts.values())
    assert raised == 0 or taken + raised <= whole


@given(PARTS, st.integers(0, 10_000))
def test_a_move_of_limits_takes_nothing_that_is_used(parts: dict[str, Part], whole: int) -> None:
    for name, delta in move_limits(whole, parts).items():
        assert delta > 0 or parts[name].part + parts[name].pending + delta >= parts[name].used


def test_a_part_with_room_gives_to_one_without_in_two_steps() -> None:
    short, rich = Part(500, 500), Part(500, 0)
    lowered = move_limits(1_000, {"a": short, "b": rich})
    assert lowered == {"b": -210}
    assert move_limits(1_000, {"a": short, "b": Part(290, 0, 0, 210)}) == {"a": 210}


def test_nothing_more_is_lowered_while_something_is_on_its_way() -> None:
    # The final state still says 500; 210 of them are leaving.
    assert move_limits(1_000, {"a": Part(500, 500), "b": Part(500, 0, 0, 210)}) == {}


def test_a_cut_cap_is_lowered_where_there_is_room() -> None:
    assert move_limits(600, {"a": Part(500, 100), "b": Part(500, 450)}) == {"a": -400}


def test_what_is_cut_is_cut_in_two_digits() -> None:
    """A part of 377 would tell that somebody holds 123 where the observer can't look."""
    assert move_limits(877, {"a": Part(500, 0), "b": Part(500, 0)}) == {"a": -130}


@given(SEATS, st.integers(0, 100), st.integers(0, 10), st.integers(0, 9))
def test_slices_stay_within_the_seats_and_their_size(
    parts: dict[tuple[str, int], ClassPart], seats: int, size: int, turn: int
) -> None:
    for chain in ("a", "b"):
        raises = slice_seats(seats, parts, chain, size, turn)
        taken = sum(max(part.part, part.used) + part.pending for part in parts.values())
        assert not raises or taken + sum(raises.values()) <= seats
        for class_, delta in raises.items():
            assert delta > 0
            assert parts[chain, class_].room + delta <= size


@given(SEATS, st.integers(0, 100), st.integers(0, 10), st.integers(0, 9))
def test_only_empty_seats_are_taken_back(
    parts: dict[tuple[str, int], ClassPart], seats: int, size: int, turn: int
) -> None:
    for chain in ("a", "b"):
        for class_, delta in take_seats_back(seats, parts, chain, size, turn).items():
            assert delta < 0
            assert parts[chain, class_].room + delta >= 0


@pytest.mark.parametrize(("free", "expected"), [(10, {}), (2, {7: -2})])
def test_seats_are_taken_back_when_somebody_waits(free: int, expected: dict[int, int]) -> None:
    idle, waiting = ClassPart(4, 0, 0, 0, 0), ClassPart(0, 0, 0, 0, 4)
    assert take_seats_back(4 + free, {("a", 7): idle, ("b", 8): waiting}, "a", 8, 0) == expected


Seats = dict[tuple[str, int], ClassPart]


def dealt(seats: int, parts: Seats, turn: int) -> Seats:
    """The parts when every plan of this turn has become final: what is lowered first frees what is then granted."""
    for _ in range(100):
        for step in (take_seats_back, slice_seats):
            for chain in ("a", "b"):
                for class_, delta in step(seats, parts, chain, 8, turn).items():
                    parts[chain, class_] = replace(parts[chain, class_], part=parts[chain, class_].part + delta)
    return parts


def test_seats_that_nobody_sits_on_keep_nobody_out() -> None:
    """Twelve seats, five holders on each chain of the first class; four investors of the second were refused for ever,
    because the seats set aside for holders of the first on their other chain were never taken back."""
    first = ClassPart(6, 1, waiting=4)
    parts = dealt(12, {("a", 1): first, ("b", 1): first, ("a", 2): ClassPart(0, 0, waiting=4)}, turn=0)
    assert sum(part.part for part in parts.values()) <= 12
    assert all(part.room >= 3 for part in parts.values())


def test_the_last_seat_goes_round_so_that_everybody_waiting_gets_his_turn() -> None:
    waiting = {(chain, class_): ClassPart(0, 0, waiting=3) for chain in "ab" for class_ in (1, 2, 3)}
    had: set[tuple[str, int]] = set()
    parts = dict(waiting)
    for turn in range(len(parts)):
        parts = dealt(1, parts, turn)
        assert sum(part.part for part in parts.values()) == 1
        had |= {key for key, part in parts.items() if part.room == 1}
    assert had == set(waiting)


@given(SEATS, st.integers(0, 100), st.integers(0, 9))
def test_what_was_dealt_out_once_stays_for_the_turn(parts: Seats, seats: int, turn: int) -> None:
    settled = {key: replace(part, pending=0, leaving=0) for key, part in parts.items()}
    if sum(part.taken for part in settled.values()) <= seats:
        done = dealt(seats, settled, turn)
        for chain in ("a", "b"):
            assert not slice_seats(seats, done, chain, 8, turn)
            assert not take_seats_back(seats, done, chain, 8, turn)
