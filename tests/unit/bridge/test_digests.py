"""Digests bind the struct, its kind and the chain that checks."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given

from bridge import digests
from bridge.errors import InvalidField
from bridge.types import Approval, BindingPermit, OracleBatch, Rejection, SignerSet, TransferReceipt
from bridge.wire import WireStruct
from tests.parity.sources.eip712 import TYPES, digest
from tests.unit.bridge.strategies import an_order, any_struct, bytes32


@given(any_struct, bytes32)
def test_digests_equal_those_hashed_by_hand(struct: WireStruct, domain: bytes) -> None:
    name = type(struct).__name__
    if name not in TYPES:
        return
    message = struct.to_message()
    if isinstance(struct, SignerSet):
        message["signers"] = list(struct.signers)
    assert digests.typed_digest(struct, domain) == digest(name, message, domain)


def test_another_domain_gives_another_digest() -> None:
    approval = Approval((bytes(32),), 1)
    assert digests.digest_approval(approval, b"\x01" * 32) != digests.digest_approval(approval, b"\x02" * 32)


def test_an_order_is_named_under_its_destination() -> None:
    order = an_order()
    assert digests.digest_order(order) == digests.typed_digest(order, order.destination)
    moved = dataclasses.replace(order, destination=b"\x07" * 32)
    assert digests.digest_order(moved) != digests.digest_order(order)


def test_each_kind_of_message_has_its_own_function() -> None:
    domain = b"\x03" * 32
    made = {
        digests.digest_approval(Approval((), 1), domain),
        digests.digest_rejection(Rejection(bytes(32), 1), domain),
        digests.digest_receipt(TransferReceipt(bytes(32), 1, 0, 1), domain),
        digests.digest_batch(OracleBatch(1, 1, (), (), ()), domain),
        digests.digest_permit(BindingPermit(bytes(32), bytes(32), bytes(32), 1), domain),
        digests.digest_signer_set(SignerSet(1, 1, 1, ()), domain),
    }
    assert len(made) == 6


def test_a_domain_is_32_bytes() -> None:
    with pytest.raises(InvalidField):
        digests.digest_rejection(Rejection(bytes(32), 1), b"short")
