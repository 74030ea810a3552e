"""What an attestor looks at besides the destination's rules: freezes and blocks of both investors on both chains.

The destination's own rules cover its receiver, so only what they leave out is read: each read costs the node.
"""

from __future__ import annotations

from bridge.eligibility import EligibilityWord
from bridge.refusals import Refusal
from bridge.types import Permission, Reason, TransferOrder
from chains.views import Views

FROZEN = 1


def standing_at_source(views: Views, order: TransferOrder) -> tuple[Reason, ...]:
    """Why the order must wait, as its source sees both investors and the sending account."""
    reasons = [_sender(views, order)]
    if reasons[0] is None and views.account_of(order.asset, order.sender).flags & FROZEN:
        reasons.append(Reason(Refusal.SenderFrozen))
    if not order.is_own_move:
        reasons.append(_receiver(views, order))
    return tuple(reason for reason in reasons if reason is not None)


def standing_at_destination(views: Views, order: TransferOrder) -> tuple[Reason, ...]:
    """Why the order must wait, as its destination sees the SENDING investor; of the receiver its own rules speak."""
    reason = None if order.is_own_move else _sender(views, order)
    return () if reason is None else (reason,)


def _sender(views: Views, order: TransferOrder) -> Reason | None:
    if _is_frozen(views, order.asset, order.from_investor):
        return Reason(Refusal.SenderFrozen)
    permissions = _blocked(views, order.asset, order.from_investor)
    return None if permissions is None else Reason(Refusal.SenderBlocked, permissions)


def _receiver(views: Views, order: TransferOrder) -> Reason | None:
    if _is_frozen(views, order.asset, order.to_investor):
        return Reason(Refusal.ReceiverFrozen)
    permissions = _blocked(views, order.asset, order.to_investor)
    return None if permissions is None else Reason(Refusal.ReceiverNotEligible, permissions)


def _is_frozen(views: Views, asset: bytes, investor: bytes) -> bool:
    return bool(views.position_of(asset, investor).flags & FROZEN)


def _blocked(views: Views, asset: bytes, investor: bytes) -> int | None:
    """The permissions of an investor whom the oracle blocked here (a block removes SEND too), else None.

    An investor without a record on this chain is not blocked: what that means is for the chain's rules to say.
    """
    word = EligibilityWord.unpack(views.eligibility_of(asset, investor))
    return word.permissions if word.is_record and not word.allows(Permission.SEND) else None
