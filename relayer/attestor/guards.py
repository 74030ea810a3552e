"""What an attestor looks at besides the destination's rules: freezes and blocks of both investors on both chains."""

from __future__ import annotations

from bridge.eligibility import EligibilityWord
from bridge.refusals import Refusal
from bridge.types import Permission, Reason, TransferOrder
from chains.views import AccountView, Views

FROZEN = 1


def standing(views: Views, order: TransferOrder) -> tuple[Reason, ...]:
    """Why the order must wait, as one chain sees its two investors: frozen, or blocked by the oracle.

    An investor without a record on this chain is neither: the destination's rules say what that means there.
    """
    reasons = [_sender(views, order)]
    if not order.is_own_move:
        reasons.append(_receiver(views, order))
    return tuple(reason for reason in reasons if reason is not None)


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
    """The permissions of an investor whom the oracle blocked here (a block removes SEND too), else None."""
    word = EligibilityWord.unpack(views.eligibility_of(asset, investor))
    return word.permissions if word.is_record and not word.allows(Permission.SEND) else None


def frozen_accounts(sender: AccountView, recipient: AccountView) -> tuple[Reason, ...]:
    """Whether the very accounts of the order are frozen where they live."""
    reasons = []
    if sender.flags & FROZEN:
        reasons.append(Reason(Refusal.SenderFrozen))
    if recipient.flags & FROZEN:
        reasons.append(Reason(Refusal.ReceiverFrozen))
    return tuple(reasons)
