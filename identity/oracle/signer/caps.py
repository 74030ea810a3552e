"""The caps over all chains, as a signer counts them.

Counted is what final blocks take (the larger of a part and what is used of it) plus what may still come: every grant in
a batch that no final block shows yet. Where the newest block takes more, that counts. Something lowered is free only once
it is final.

Two of three signers always share one who knows both of two grants; three grants by the three pairs may each be unknown to
one. On two chains that can't happen: each chain has one next number, and what it applied before is known. With more
chains, a part is raised on one of them at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bridge.types import EligibilityItem, OracleBatch, QuotaItem
from identity.oracle.policy.document import Policy
from identity.oracle.signer.errors import Check, InMotion, ItemFailed
from identity.oracle.signer.items import Passed
from identity.oracle.signer.reading import ChainReader, Moments, Taken, read_taken
from identity.oracle.signer.store import SignerStore

TWO = 2
ELSEWHERE = "another chain's part is being raised; one after the other"


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
            chains, limit = reading.taken.limits[item.asset, item.investor], policy(item.asset).limit
            whole = _limit_parts(store, chains, target, batch, item)
            if whole > limit:
                failed.append(ItemFailed("eligibility", index, Check.LIMIT, f"parts of {whole} would exceed {limit}"))
            elif _is_raised_elsewhere(store, chains, target, item.asset, item.investor):
                failed.append(ItemFailed("eligibility", index, Check.LIMIT, ELSEWHERE))
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
        whole, seats, elsewhere = 0, policy(quota.asset).seats[bucket], False
        for class_ in reading.classes[quota.asset]:
            # A class that this signer never signed could be of any bucket: it counts in all.
            if (buckets.get((quota.asset, class_)) or store.bucket_of(quota.asset, class_)) in (bucket, None):
                chains = reading.taken.quotas[quota.asset, class_]
                whole += _class_parts(store, chains, target, batch, quota.asset, class_)
                elsewhere |= _is_raised_elsewhere(store, chains, target, quota.asset, class_.to_bytes(2, "big"))
        if whole > seats:
            failed.append(ItemFailed("quota", index, Check.SEATS, f"{whole} seats would exceed {seats}"))
        elif elsewhere:
            failed.append(ItemFailed("quota", index, Check.SEATS, ELSEWHERE))
    return failed


def learn_classes(store: SignerStore, reader: ChainReader) -> None:
    """Brings the memory of which classes have a quota up to the chain's final block."""
    final, _ = reader.final()
    cursor = store.cursor(reader.domain)
    first = reader.start if cursor is None else cursor + 1
    if first <= final.number:
        store.note_quotas(reader.domain, final.number, reader.classes_with_quota(first, final.number))


def _limit_parts(
    store: SignerStore, chains: Mapping[bytes, Moments], target: ChainReader, batch: OracleBatch, item: EligibilityItem
) -> int:
    also = (batch.number, item.limit_delta)
    return sum(
        _part(store, domain, moments, item.asset, item.investor, also if domain == target.domain else None)
        for domain, moments in chains.items()
    )


def _class_parts(
    store: SignerStore,
    chains: Mapping[bytes, Moments],
    target: ChainReader,
    batch: OracleBatch,
    asset: bytes,
    class_: int,
) -> int:
    raised = next((item.delta for item in batch.quotas if _is(item, asset, class_) and item.delta > 0), 0)
    also, subject = (batch.number, raised), class_.to_bytes(2, "big")
    return sum(
        _part(store, domain, moments, asset, subject, also if domain == target.domain else None)
        for domain, moments in chains.items()
    )


def _is_raised_elsewhere(
    store: SignerStore, chains: Mapping[bytes, Moments], target: ChainReader, asset: bytes, subject: bytes
) -> bool:
    """With more than two chains: whether another one is about to raise its part, for all that is known here."""
    return len(chains) > TWO and any(
        store.pending(domain, moments[0][0], asset, subject)
        for domain, moments in chains.items()
        if domain != target.domain
    )


def _part(
    store: SignerStore, domain: bytes, moments: Moments, asset: bytes, subject: bytes, also: tuple[int, int] | None
) -> int:
    """What one chain takes at most: in its final or in its newest block, with the grants that this one does not show."""
    return max(taken + store.pending(domain, number, asset, subject, also) for number, taken in moments)


def _is(item: QuotaItem, asset: bytes, class_: int) -> bool:
    return (item.asset, item.class_) == (asset, class_)
