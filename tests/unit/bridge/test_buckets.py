"""What a token bucket promises, for any numbers."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.buckets import EMPTY, NEVER, Bucket, Flow
from bridge.types import MAX_AMOUNT

small = st.integers(1, 1_000)
times = st.integers(0, 10_000)
divisors = st.sampled_from((1, 4))


@given(small, small, small, times, divisors)
def test_the_told_wait_is_enough_and_one_second_less_is_not(
    capacity: int, rate: int, amount: int, now: int, divisor: int
) -> None:
    flow = Flow(capacity, rate)
    assume(amount <= capacity // divisor)
    full = EMPTY.spend(flow, capacity // divisor, now, divisor)
    wait = full.ask(flow, amount, now, divisor).wait
    assert full.ask(flow, amount, now + wait, divisor).passes
    assert not full.ask(flow, amount, now + wait - 1, divisor).passes


@given(small, small, st.lists(st.tuples(st.integers(0, 50), st.integers(1, 200)), max_size=30), divisors)
def test_never_more_passes_than_the_capacity_and_what_came_back(
    capacity: int, rate: int, asks: list[tuple[int, int]], divisor: int
) -> None:
    flow, bucket, now, passed = Flow(capacity, rate), EMPTY, 0, 0
    for elapsed, amount in asks:
        now += elapsed
        if bucket.ask(flow, amount, now, divisor).passes:
            bucket = bucket.spend(flow, amount, now, divisor)
            passed += amount
    assert passed <= capacity // divisor + rate * now // divisor


@given(small, small, small, times)
def test_what_is_given_back_can_be_spent_again(capacity: int, rate: int, amount: int, now: int) -> None:
    flow = Flow(capacity, rate)
    assume(amount <= capacity)
    spent = EMPTY.spend(flow, amount, now)
    assert spent.give_back(flow, amount, now).available(flow, now) == capacity
    assert spent.give_back(flow, MAX_AMOUNT, now).spent == 0


@given(st.integers(0, MAX_AMOUNT), times, st.integers(1, MAX_AMOUNT), st.integers(1, MAX_AMOUNT), times)
def test_an_amount_above_the_capacity_never_passes(spent: int, at: int, capacity: int, rate: int, now: int) -> None:
    asked = Bucket(spent, at).ask(Flow(capacity, rate), capacity + 1, now)
    assert asked.wait == NEVER
