"""Values of refusals that a dispatch error has no room for, worked out from the state before the block.

Used for messages only: the number is the chain's own, and a value that can't be worked out stays 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.digests import (
    digest_approval,
    digest_batch,
    digest_order,
    digest_permit,
    digest_receipt,
    digest_rejection,
    digest_signer_set,
)
from bridge.quorum import check_quorum
from bridge.refusals import Refusal, Refused
from bridge.types import (
    Approval,
    BindingPermit,
    OracleBatch,
    Reason,
    Rejection,
    Role,
    SignerSet,
    TransferOrder,
    TransferReceipt,
)
from chains.views import Views


def caller(account: bytes) -> tuple[Reason, ...]:
    """For calls that only some accounts may make."""
    who = int.from_bytes(account, "big")
    return tuple(Reason(code, who) for code in (Refusal.NotController, Refusal.NotGuardian, Refusal.NotAdmin))


def of_batch(views: Views, batch: OracleBatch, set_id: int, signatures: Sequence[bytes]) -> tuple[Reason, ...]:
    """For `submit_batch`."""
    expected = Reason(Refusal.BatchOutOfOrder, views.clock().number + 1)
    digest = digest_batch(batch, views.identity().domain)
    return (expected, *_gate(views, Role.ORACLE, set_id, digest, signatures))


def of_permit(views: Views, permit: BindingPermit, set_id: int, signatures: Sequence[bytes]) -> tuple[Reason, ...]:
    """For `bind`."""
    digest = digest_permit(permit, views.identity().domain)
    invalid = Reason(Refusal.BindingInvalid, int.from_bytes(permit.account, "big"))
    expired = Reason(Refusal.ApprovalExpired, permit.expires_at)
    return (invalid, expired, *_gate(views, Role.ORACLE, set_id, digest, signatures))


def of_approval(views: Views, approval: Approval, set_id: int, signatures: Sequence[bytes]) -> tuple[Reason, ...]:
    """For `deliver`."""
    digest = digest_approval(approval, views.identity().domain)
    expired = Reason(Refusal.ApprovalExpired, approval.expires_at)
    return (expired, *_gate(views, Role.ATTESTOR, set_id, digest, signatures))


def of_rejection(
    views: Views, order: TransferOrder, reason: int, set_id: int, signatures: Sequence[bytes]
) -> tuple[Reason, ...]:
    """For `reject`."""
    digest = digest_rejection(Rejection(digest_order(order), reason), views.identity().domain)
    consumed = Reason(Refusal.OrderConsumed, views.outcome_of(order.source, order.nonce))
    early = Reason(Refusal.NotYet, order.deadline)
    return (consumed, early, *_gate(views, Role.ATTESTOR, set_id, digest, signatures))


def of_receipt(
    views: Views, order: TransferOrder, receipt: TransferReceipt, set_id: int, signatures: Sequence[bytes]
) -> tuple[Reason, ...]:
    """For `settle`."""
    digest = digest_receipt(receipt, views.identity().domain)
    unknown = Reason(Refusal.InFlightUnknown, int.from_bytes(digest_order(order), "big"))
    return (unknown, *_gate(views, Role.ATTESTOR, set_id, digest, signatures))


def of_signers(views: Views, proposed: SignerSet, set_id: int, signatures: Sequence[bytes]) -> tuple[Reason, ...]:
    """For `propose_signers_signed`."""
    role = Role(proposed.role)
    current = views.signer_set(role).current.id
    unknown = () if proposed.id == current + 1 else (Reason(Refusal.SignerSetUnknown, proposed.id, current),)
    digest = digest_signer_set(proposed, views.identity().domain)
    return (*unknown, *_gate(views, role, set_id, digest, signatures))


def _gate(views: Views, role: Role, set_id: int, digest: bytes, signatures: Sequence[bytes]) -> tuple[Reason, ...]:
    """What the signature gate says, for the current set; the signers of the one before are not in any view."""
    current = views.signer_set(role).current
    if set_id != current.id:
        return (Reason(Refusal.SignerSetUnknown, set_id, current.id),)
    try:
        check_quorum(current, digest, signatures)
    except Refused as error:
        return error.reasons
    return ()
