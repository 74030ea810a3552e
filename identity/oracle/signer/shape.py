"""The shape of a batch: what must hold before its items are looked at one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bridge.eligibility import EligibilityWord
from bridge.types import MAX_BATCH_ITEMS, OracleBatch
from chains.base import BlockRef
from identity.oracle.signer.errors import Check, CheckFailed, ItemFailed
from identity.oracle.signer.items import (
    CLOCK_SKEW,
    Passed,
    Surroundings,
    check_binding,
    check_eligibility,
    check_quota,
)
from identity.oracle.signer.reading import ChainReader, Now

OLDEST_BATCH = 120
"""Seconds after which a batch is too old to be signed: its time would tell the chain nothing."""


def require_shape(batch: OracleBatch, now: Now, wall: int) -> None:
    """The next number, a time that is now, and every subject at most once."""
    if batch.number != now.clock.number + 1:
        raise CheckFailed(Check.NUMBER, f"{now.clock.number + 1} is next")
    if not max(now.clock.issued_at, wall - OLDEST_BATCH) <= batch.issued_at <= wall + CLOCK_SKEW:
        raise CheckFailed(Check.ISSUED_AT, f"{batch.issued_at} is not now")
    if len(batch.eligibilities) + len(batch.bindings) + len(batch.quotas) > MAX_BATCH_ITEMS:
        raise CheckFailed(Check.BATCH, f"more than {MAX_BATCH_ITEMS} items")
    subjects = (
        *(("investor", item.asset, item.investor) for item in batch.eligibilities),
        *(("account", item.asset, item.account) for item in batch.bindings),
        *(("class", item.asset, item.class_) for item in batch.quotas),
    )
    # Two items on one subject are checked against the same state and would add up to what neither is.
    if len(set(subjects)) != len(subjects):
        raise CheckFailed(Check.DUPLICATE, "two items on one subject")


def sunk_parts(
    reader: ChainReader,
    at: BlockRef,
    batch: OracleBatch,
    words: Mapping[tuple[bytes, bytes], EligibilityWord],
) -> list[ItemFailed]:
    """Parts that would be lowered below nothing. Nobody needs that, and it could hardly be undone: a part of -2^127 takes
    more raises to come back than a cap allows."""
    lowered = [(item.asset, item.class_) for item in batch.quotas if item.delta < 0]
    seats = reader.seats(at, lowered)
    below = [
        ItemFailed("eligibility", index, Check.LIMIT, "the part would be below nothing")
        for index, item in enumerate(batch.eligibilities)
        if item.limit_delta < 0 and words[item.asset, item.investor].limit + item.limit_delta < 0
    ]
    return below + [
        ItemFailed("quota", index, Check.SEATS, "the part would be below nothing")
        for index, item in enumerate(batch.quotas)
        if item.delta < 0 and seats[item.asset, item.class_] + item.delta < 0
    ]


def checks_of(around: Surroundings, batch: OracleBatch) -> Iterator[tuple[str, int, Callable[[], Passed]]]:
    """The check of each item, by kind and place."""
    for index, eligibility in enumerate(batch.eligibilities):
        yield "eligibility", index, lambda i=index, item=eligibility: check_eligibility(around, i, item)  # type: ignore[misc]
    for index, binding in enumerate(batch.bindings):
        yield "binding", index, lambda i=index, item=binding: check_binding(around, i, item)  # type: ignore[misc]
    for index, quota in enumerate(batch.quotas):
        yield "quota", index, lambda i=index, item=quota: check_quota(around, i, item)  # type: ignore[misc]


def raises_in(batch: OracleBatch) -> list[tuple[str, int]]:
    """The items that raise a part of a cap, by kind and place."""
    limits = [("eligibility", index) for index, item in enumerate(batch.eligibilities) if item.limit_delta > 0]
    return limits + [("quota", index) for index, item in enumerate(batch.quotas) if item.delta > 0]


def is_part_of(batch: OracleBatch, of: OracleBatch) -> bool:
    """Whether a batch asks for nothing that another one of its number did not ask for."""
    return (
        set(batch.eligibilities) <= set(of.eligibilities)
        and set(batch.bindings) <= set(of.bindings)
        and set(batch.quotas) <= set(of.quotas)
    )
