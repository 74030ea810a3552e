"""Token buckets equal the vectors."""

from __future__ import annotations

import pytest

from bridge.buckets import Bucket, Flow
from tests.parity.vectors import Case, cases, named


@pytest.mark.parametrize("case", cases("buckets", "ask"), ids=named)
def test_buckets_equal_the_vectors(case: Case) -> None:
    bucket = Bucket(int(case["spent"]), int(case["at"]))
    flow = Flow(int(case["capacity"]), int(case["rate"]))
    amount, now, divisor = int(case["amount"]), int(case["now"]), case["divisor"]
    asked = bucket.ask(flow, amount, now, divisor)
    assert bucket.spent_now(flow, now, divisor) == int(case["spentNow"])
    assert (asked.available, asked.wait) == (int(case["available"]), int(case["wait"]))
    assert asked.passes is case["ok"]
    after = bucket.spend(flow, amount, now, divisor) if asked.passes else bucket
    assert after.spent == int(case["newSpent"])
