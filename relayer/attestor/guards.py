"""What an attestor looks at besides the destination's rules: freezes and blocks of both investors on both chains.

The destination's own rules cover its receiver, so only what they leave out is read: each read costs the node.
"""

from __future__ import annotations

from bridge.eligibility import EligibilityWord
from bridge.ledger.state import PositionFlag
from bridge.refusals import Refusal
from bridge.types import Permission, Reason, TransferOrder
from chains.views import Views


def standing_at_source(views: Views, order: TransferOrder) -> tuple[Reason, ...]:
    """Why the order must wait, as its source sees both investors and the sending account."""
    reasons = [_sender(views, order)]
    if reasons[0] is None and _is_account_frozen(views, order.asset, order.sender):
        reasons.append(Reason(Refusal.SenderFrozen))
    if not order.is_own_move:
        reasons.append(_receiver(views, order))
    return tuple(reason for reason in reasons if reason is not None)


def standing_at_destination(views: Views, order: TransferOrder) -> tuple[Reason, ...]:
    """Why the order must wait, as its destination sees the SENDING investor; of the receiver its own rules speak."""
    reason = None if order.is_own_move else _sender(views, order)
    return () if reason is None else (reason,)


def _sender(views: Views, order: TransferOrder) -> Reason | None:
    frozen, permissions = _standing(views, order.asset, order.from_investor)
    if frozen:
        return Reason(Refusal.SenderFrozen)
    return None if permissions is None else Reason(Refusal.SenderBlocked, permissions)


def _receiver(views: Views, order: TransferOrder) -> Reason | None:
    frozen, permissions = _standing(views, order.asset, order.to_investor)
    if frozen:
        return Reason(Refusal.ReceiverFrozen)
    return None if permissions is None else Reason(Refusal.ReceiverNotEligible, permissions)


def _standing(views: Views, asset: bytes, investor: bytes) -> tuple[bool, int | None]:
    """(frozen, permissions of an investor whom the oracle blocked here, else None); a retired id's successor is asked.

    A block removes SEND too. An investor without a record on this chain is not blocked: what that means is for the
    chain's rules to say.
    """
    flags = views.position_of(asset, investor).flags
    if flags & PositionFlag.RETIRED:
        # The chains follow retired ids; without the same here, every order of a replaced investor would wait in vain.
        investor = views.successor_of(asset, investor) or investor
        flags = views.position_of(asset, investor).flags
    word = EligibilityWord.unpack(views.eligibility_of(asset, investor))
    is_blocked = word.pack() >> 128 != 0 and not word.allows(Permission.SEND)
    return bool(flags & PositionFlag.FROZEN), word.permissions if is_blocked else None


def _is_account_frozen(views: Views, asset: bytes, account: bytes) -> bool:
    """Whether the account that sent, or the one that took over from it, is frozen."""
    record = views.account_of(asset, account)
    if not any(record.investor) and (successor := views.moved_to(asset, account)) is not None:
        record = views.account_of(asset, successor)
    return bool(record.flags & PositionFlag.FROZEN)
