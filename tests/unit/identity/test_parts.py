"""Caps over all chains, cut into parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.oracle.parts import limit_parts, rounded, split

CHAINS = st.integers(1, 9).map(lambda count: [f"chain{place}" for place in range(count)])
WHOLES = st.integers(0, 2**96)


@given(WHOLES, CHAINS)
def test_parts_are_the_whole_and_differ_by_one_at_most(whole: int, chains: list[str]) -> None:
    parts = split(whole, chains)
    assert sum(parts.values()) == whole
    assert list(parts) == chains
    assert max(parts.values()) - min(parts.values()) <= 1


@given(WHOLES, CHAINS)
def test_limits_have_two_digits_and_never_exceed_the_whole(whole: int, chains: list[str]) -> None:
    parts = limit_parts(whole, chains)
    assert sum(parts.values()) <= whole
    assert all(len(str(part).rstrip("0")) <= 2 for part in parts.values())


@given(WHOLES)
def test_rounding_only_lowers_and_by_less_than_a_tenth(limit: int) -> None:
    assert 0 <= limit - rounded(limit) <= limit // 10
    assert rounded(rounded(limit)) == rounded(limit)


@pytest.mark.parametrize(("whole", "chains"), [(-1, ["a"]), (5, [])])
def test_nothing_is_split_over_no_chain(whole: int, chains: list[str]) -> None:
    with pytest.raises(ValueError, match="can't be split"):
        split(whole, chains)
