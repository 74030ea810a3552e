"""Class numbers are drawn, never repeated, and never zero."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.oracle.policy.classes import CLASSES, ClassesExhausted, choose_class, draw_classes


def stream(seed: int) -> Callable[[int], bytes]:
    """Repeatable randomness by a linear congruence."""
    places = count()
    return lambda size: ((seed + 1 + next(places)) * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big")[:size]


@given(st.integers(1, 20), st.sets(st.integers(0, 65_535), max_size=50), st.integers(0, 2**60))
@settings(max_examples=30, deadline=None)
def test_drawn_numbers_are_new_distinct_and_fit_16_bits(number: int, taken: set[int], seed: int) -> None:
    drawn = draw_classes(number, taken, stream(seed))
    assert len(set(drawn)) == number
    assert not set(drawn) & taken
    assert all(1 <= one <= 65_535 for one in drawn)


def test_the_last_numbers_are_found_and_then_there_are_none() -> None:
    taken = set(CLASSES) - {5, 60_000}
    assert set(draw_classes(2, taken, stream(3))) == {5, 60_000}
    with pytest.raises(ClassesExhausted):
        draw_classes(3, taken, stream(3))


def test_draws_beyond_the_last_whole_multiple_are_thrown_away() -> None:
    # Of three classes 2^32 holds 1,431,655,765 each and one number more, which would favour the first.
    draws = iter([b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe"])
    assert choose_class((10, 20, 30), lambda _size: next(draws)) == 30


@pytest.mark.parametrize(("drawn", "expected"), [(0, 10), (1, 20), (2, 30), (3, 10)])
def test_each_of_a_buckets_classes_may_be_a_persons(drawn: int, expected: int) -> None:
    assert choose_class((10, 20, 30), lambda _size: drawn.to_bytes(4, "big")) == expected


def test_a_bucket_without_classes_gives_none() -> None:
    with pytest.raises(ValueError, match="at least one"):
        choose_class((), stream(0))
