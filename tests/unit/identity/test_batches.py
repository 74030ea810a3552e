"""Building and signing the oracle's batches."""

from __future__ import annotations

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from bridge.digests import digest_batch
from bridge.quorum import recover_signer
from bridge.types import BindingItem, EligibilityItem, QuotaItem
from identity.oracle.batches import Item, TooManyItems, next_batch, next_batches, sign_batch

ASSET, ANA = b"\x01" * 32, bytes(16) + b"\x02" * 16
ELIGIBILITY = EligibilityItem(ASSET, ANA, 500, 1, 7, 100)
BINDING = BindingItem(ASSET, b"\x03" * 32, ANA)
QUOTA = QuotaItem(ASSET, 1, 5)


def test_a_batch_follows_the_one_that_was_applied() -> None:
    batch = next_batch(7, 100, [ELIGIBILITY], [BINDING], [QUOTA])
    assert (batch.number, batch.issued_at) == (8, 100)
    assert (batch.eligibilities, batch.bindings, batch.quotas) == ((ELIGIBILITY,), (BINDING,), (QUOTA,))


def test_without_items_it_is_a_heartbeat() -> None:
    assert next_batches(0, 100, []) == (next_batch(0, 100),)


def test_one_batch_holds_at_most_a_hundred_items() -> None:
    assert len(next_batch(1, 100, [ELIGIBILITY] * 100).eligibilities) == 100
    with pytest.raises(TooManyItems):
        next_batch(1, 100, [ELIGIBILITY] * 99, [BINDING], [QUOTA])


@given(st.lists(st.sampled_from([ELIGIBILITY, BINDING, QUOTA]), max_size=350), st.integers(0, 1000))
def test_many_items_go_out_in_numbered_batches_and_none_is_lost(items: list[Item], applied: int) -> None:
    batches = next_batches(applied, 100, items)
    assert [batch.number for batch in batches] == list(range(applied + 1, applied + 1 + len(batches)))
    sent = [item for batch in batches for item in (*batch.eligibilities, *batch.bindings, *batch.quotas)]
    assert sorted(map(repr, sent)) == sorted(map(repr, items))
    assert len(batches) == max(1, -(-len(items) // 100))


def test_a_signature_is_for_one_batch_on_one_chain() -> None:
    key, domain = Account.from_key(b"\x05" * 32), b"\x06" * 32
    batch = next_batch(0, 100)
    signature = sign_batch(batch, domain, key)
    address = bytes.fromhex(key.address[2:])
    assert recover_signer(digest_batch(batch, domain), signature) == address
    assert recover_signer(digest_batch(batch, b"\x07" * 32), signature) != address
    assert recover_signer(digest_batch(next_batch(1, 100), domain), signature) != address
