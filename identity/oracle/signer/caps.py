"""The caps over all chains, as a signer counts them.

Counted is what final blocks take (the larger of a part and what is used of it) plus what may still come: every grant in
a batch that no final block shows yet. Something lowered is free only once it is final.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bridge.types import EligibilityItem, OracleBatch, QuotaItem
from identity.oracle.policy.document import Policy
from identity.oracle.signer.errors import Check, InMotion, ItemFailed
from identity.oracle.signer.items import Passed
from identity.oracle.signer.reading import ChainReader, Taken, read_taken
from identity.oracle.signer.store import SignerStore


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of the chains for the caps of one batch: what is taken, and which classes were counted."""

    taken: Taken
    classes: Mapping[bytes, frozenset[int]]


def read_caps(store: SignerStore, readers: Sequence[ChainReader], batch: OracleBatch) -> Reading:
    """Reads what the raises of a batch depend on. Before the memory is looked at, and without its turn. InMotion."""
    limits = [(item.asset, item.investor) for item in batch.eligibilities if item.limit_delta > 0]
    raised = [(item.asset, item.class_) for item in batch.quotas if item.delta > 0]
    if raised:
        for reader in readers:
            learn_classes(store, reader)
    classes = {
        asset: frozenset({*store.quota_classes(asset), *(class_ for other, class_ in raised if other == asset)})
        for asset, _ in raised
    }
    wanted = [(asset, class_) for asset, known in classes.items() for class_ in sorted(known)]
    return Reading(read_taken(readers, limits, wanted), classes)


def over_caps(
    store: SignerStore,
    reading: Reading,
    target: ChainReader,
    batch: OracleBatch,
    passed: Mapping[tuple[str, int], Passed],
    policy: Callable[[bytes], Policy],
) -> list[ItemFailed]:
    """The items that would break a holding limit or the seats of a bucket. In the store's turn.

    Raises:
        InMotion: another batch brought a class in that was not read.
    """
    failed: list[ItemFailed] = []
    for index, item in enumerate(batch.eligibilities):
        if item.limit_delta > 0 and ("eligibility", index) in passed:
            whole, limit = _limit_parts(store, reading.taken, target, batch, item), policy(item.asset).limit
            if whole > limit:
                failed.append(ItemFailed("eligibility", index, Check.LIMIT, f"parts of {whole} would exceed {limit}"))
    buckets = {
        (item.asset, item.class_): passed["quota", index].bucket
        for index, item in enumerate(batch.quotas)
        if ("quota", index) in passed
    }
    for index, quota in enumerate(batch.quotas):
        if quota.delta <= 0 or ("quota", index) not in passed:
            continue
        if store.quota_classes(quota.asset) - reading.classes[quota.asset]:
            raise InMotion(target.name)
        bucket = passed["quota", index].bucket or ""
        whole, seats = 0, policy(quota.asset).seats[bucket]
        for class_ in reading.classes[quota.asset]:
            # A class that this signer never signed could be of any bucket: it counts in all.
            if (buckets.get((quota.asset, class_)) or store.bucket_of(quota.asset, class_)) in (bucket, None):
                whole += _class_parts(store, reading.taken, target, batch, quota.asset, class_)
        if whole > seats:
            failed.append(ItemFailed("quota", index, Check.SEATS, f"{whole} seats would exceed {seats}"))
    return failed


def learn_classes(store: SignerStore, reader: ChainReader) -> None:
    """Brings the memory of which classes have a quota up to the chain's final block."""
    final, _ = reader.final()
    cursor = store.cursor(reader.domain)
    first = reader.start if cursor is None else cursor + 1
    if first <= final.number:
        store.note_quotas(reader.domain, final.number, reader.classes_with_quota(first, final.number))


def _limit_parts(
    store: SignerStore, taken: Taken, target: ChainReader, batch: OracleBatch, item: EligibilityItem
) -> int:
    parts = taken.limits[item.asset, item.investor]
    return sum(
        part
        + store.pending(
            domain,
            taken.final_numbers[domain],
            item.asset,
            item.investor,
            (batch.number, item.limit_delta) if domain == target.domain else None,
        )
        for domain, part in parts.items()
    )


def _class_parts(
    store: SignerStore, taken: Taken, target: ChainReader, batch: OracleBatch, asset: bytes, class_: int
) -> int:
    raised = next((item.delta for item in batch.quotas if _is(item, asset, class_) and item.delta > 0), 0)
    return sum(
        part
        + store.pending(
            domain,
            taken.final_numbers[domain],
            asset,
            class_.to_bytes(2, "big"),
            (batch.number, raised) if domain == target.domain else None,
        )
        for domain, part in taken.quotas[asset, class_].items()
    )


def _is(item: QuotaItem, asset: bytes, class_: int) -> bool:
    return (item.asset, item.class_) == (asset, class_)
