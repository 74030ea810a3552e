"""Build the next batch for one chain, and sign it. Pure: no clock, no chain, no store.

A chain applies its batches strictly in order, so a batch is built on the number that the chain applied last. Without
items it is a heartbeat: it shows that nothing is being withheld. Times are UTC seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from eth_account.signers.local import LocalAccount

from bridge.digests import digest_batch
from bridge.errors import InvalidInput
from bridge.signing import LocalSigner
from bridge.types import MAX_BATCH_ITEMS, BindingItem, EligibilityItem, OracleBatch, QuotaItem

Item = EligibilityItem | BindingItem | QuotaItem


class TooManyItems(InvalidInput):
    """One batch holds at most 100 items; use `next_batches`."""

    def __init__(self, items: int) -> None:
        self.items = items
        super().__init__(f"{items} items do not fit one batch of {MAX_BATCH_ITEMS}")


def next_batch(
    applied: int,
    issued_at: int,
    eligibilities: Sequence[EligibilityItem] = (),
    bindings: Sequence[BindingItem] = (),
    quotas: Sequence[QuotaItem] = (),
) -> OracleBatch:
    """The batch after number `applied`.

    `issued_at` must not be before that of the last batch, nor more than 60 s ahead of the chain: the chain refuses it.

    Raises:
        TooManyItems: more than 100 items in all.
    """
    count = len(eligibilities) + len(bindings) + len(quotas)
    if count > MAX_BATCH_ITEMS:
        raise TooManyItems(count)
    return OracleBatch(applied + 1, issued_at, tuple(eligibilities), tuple(bindings), tuple(quotas))


def next_batches(applied: int, issued_at: int, items: Sequence[Item]) -> tuple[OracleBatch, ...]:
    """As many batches as the items need, numbered on from `applied`, the items in their order; a heartbeat for none.

    Within one batch a chain applies eligibilities, then bindings, then quotas: items that depend on each other
    otherwise belong into two calls.
    """
    slices = [items[start : start + MAX_BATCH_ITEMS] for start in range(0, len(items), MAX_BATCH_ITEMS)] or [()]
    return tuple(
        next_batch(
            applied + place,
            issued_at,
            [item for item in part if isinstance(item, EligibilityItem)],
            [item for item in part if isinstance(item, BindingItem)],
            [item for item in part if isinstance(item, QuotaItem)],
        )
        for place, part in enumerate(slices)
    )


def sign_batch(batch: OracleBatch, domain: bytes, key: LocalAccount) -> bytes:
    """One oracle signer's 65-byte signature over a batch for the chain with this domain."""
    return LocalSigner(key).sign(digest_batch(batch, domain))
