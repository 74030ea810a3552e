"""The eligibility word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.eligibility import EligibilityWord
from bridge.errors import InvalidField
from bridge.types import EligibilityItem, Permission

words = st.integers(0, 2**256 - 1)


@given(words)
def test_every_word_comes_back_from_its_parts(word: int) -> None:
    assert EligibilityWord.unpack(word).pack() == word


@pytest.mark.parametrize("word", [-1, 2**256])
def test_what_is_no_word_is_refused(word: int) -> None:
    with pytest.raises(InvalidField):
        EligibilityWord.unpack(word)


@pytest.mark.parametrize("values", [(2**64, 0, 0, 0, 0), (0, 0, 0, 2**40, 0), (0, 0, 0, 0, 2**127), (True, 0, 0, 0, 0)])
def test_parts_that_do_not_fit_are_refused(values: tuple[int, int, int, int, int]) -> None:
    with pytest.raises(InvalidField):
        EligibilityWord(*values)


def test_all_zero_is_no_record() -> None:
    assert not EligibilityWord.unpack(0).is_record
    assert EligibilityWord(0, 0, 0, 1, 0).is_record


@pytest.mark.parametrize(("now", "may"), [(99, True), (100, False), (101, False)])
def test_eligibility_ends_at_valid_until(now: int, may: bool) -> None:
    assert EligibilityWord(100, 1, Permission.RECEIVE, 1, 0).may_receive(now) is may


def test_without_the_permission_nothing_is_received() -> None:
    word = EligibilityWord(100, 1, Permission.SEND | Permission.BRIDGE, 1, 0)
    assert not word.may_receive(1)
    assert word.allows(Permission.SEND)


@given(words, st.integers(-(2**127), 2**127 - 1), st.integers(1, 2**40 - 1))
def test_an_item_moves_the_limit_and_sets_the_rest(raw: int, delta: int, number: int) -> None:
    word = EligibilityWord.unpack(raw)
    item = EligibilityItem(bytes(32), bytes(32), 7, 8, 3, delta)
    if -(2**127) <= word.limit + delta < 2**127:
        assert word.apply(item, number) == EligibilityWord(7, 8, 3, number, word.limit + delta)
    else:
        with pytest.raises(InvalidField):
            word.apply(item, number)
