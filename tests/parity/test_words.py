"""Eligibility words equal the vectors, both ways."""

from __future__ import annotations

import pytest

from bridge.eligibility import EligibilityWord
from tests.parity.vectors import Case, cases, named


@pytest.mark.parametrize("case", cases("words", "word"), ids=named)
def test_words_equal_the_vectors(case: Case) -> None:
    parts = ("validUntil", "class", "permissions", "sequence", "limit")
    word = EligibilityWord(*(int(case[part]) for part in parts))
    assert word.pack() == int(case["word"], 16)
    assert EligibilityWord.unpack(int(case["word"], 16)) == word
