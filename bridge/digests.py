"""EIP-712 digests of everything that is signed (protocol section 1).

The domain separator has name, version and salt; the salt is the domain of the chain that CHECKS the signature, so a
signature for one chain, or for an earlier life of it, is worth nothing on another.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import Any, cast

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from bridge.errors import InvalidField
from bridge.types import (
    Approval,
    BindingPermit,
    OracleBatch,
    Rejection,
    SignerSet,
    TransferOrder,
    TransferReceipt,
)
from bridge.wire import WireStruct, wire_fields, wire_structs


def digest_order(order: TransferOrder) -> bytes:
    """The order's id: its digest under the destination's domain. Nobody signs it."""
    return typed_digest(order, order.destination)


def digest_approval(approval: Approval, domain: bytes) -> bytes:
    """What attestors sign to let orders be delivered on the chain with this domain."""
    return typed_digest(approval, domain)


def digest_rejection(rejection: Rejection, domain: bytes) -> bytes:
    """What attestors sign to refuse an order on the destination with this domain."""
    return typed_digest(rejection, domain)


def digest_receipt(receipt: TransferReceipt, domain: bytes) -> bytes:
    """What attestors sign to settle an order; the domain is the SOURCE chain's."""
    return typed_digest(receipt, domain)


def digest_batch(batch: OracleBatch, domain: bytes) -> bytes:
    """What oracle signers sign to change eligibility, bindings and quotas on one chain."""
    return typed_digest(batch, domain)


def digest_permit(permit: BindingPermit, domain: bytes) -> bytes:
    """What oracle signers sign to let an account bind itself."""
    return typed_digest(permit, domain)


def digest_signer_set(signer_set: SignerSet, domain: bytes) -> bytes:
    """What a role's current quorum signs to name its successor."""
    return typed_digest(signer_set, domain)


order_id = digest_order


def typed_digest(struct: WireStruct, domain: bytes) -> bytes:
    """keccak256(0x1901 || domain separator || struct hash).

    Raises:
        InvalidField: the domain is not 32 bytes.
    """
    if len(domain) != 32:
        raise InvalidField("EIP712Domain", "salt", "bytes32", domain)
    signable = encode_typed_data(
        domain_data={"name": "Lockstep", "version": "1", "salt": domain},
        message_types=_types(cast("Hashable", type(struct))),
        message_data=struct.to_message(),
    )
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


@functools.cache
def _types(cls: Any) -> dict[str, list[dict[str, str]]]:
    return {
        struct.__name__: [{"name": field.wire_name, "type": field.wire_type} for field in wire_fields(struct)]
        for struct in wire_structs(cls)
    }
