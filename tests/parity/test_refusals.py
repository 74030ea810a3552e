"""Numbers, names, values and status bytes of the refusals equal the vectors."""

from __future__ import annotations

import pytest

from bridge.refusals import Refusal, erc1066, value_names
from tests.parity.vectors import Case, cases, named


@pytest.mark.parametrize("case", cases("refusals", "refusal"), ids=named)
def test_refusals_equal_the_vectors(case: Case) -> None:
    refusal = Refusal(case["number"])
    assert refusal.name == case["name"]
    assert list(value_names(refusal)) == case["values"]
    assert erc1066(refusal) == case["erc1066"]


def test_there_is_no_refusal_beyond_the_vectors() -> None:
    assert [int(refusal) for refusal in Refusal] == [case["number"] for case in cases("refusals", "refusal")]
