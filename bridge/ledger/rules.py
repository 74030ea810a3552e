"""Rules that several operations share. Each notes its failures in the findings; none changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge import lots as arithmetic
from bridge.domains import is_investor_id
from bridge.ledger.findings import Findings
from bridge.ledger.state import Account, Asset, Holder, Ledger
from bridge.refusals import MalformedAt, Refusal
from bridge.types import (
    MAX_AMOUNT,
    MAX_LOTS,
    MAX_LOTS_FROM_OTHERS,
    ZERO32,
    Action,
    Lot,
    PauseBit,
    Permission,
    Rule,
)


def check_asset(findings: Findings, ledger: Ledger, asset: bytes, bit: PauseBit | None = None) -> Asset | None:
    """Paused by the bits of everything and of the asset; AssetUnknown. The asset, if it is known."""
    known = ledger.assets.get(asset)
    paused = ledger.pause | (known.pause if known else 0)
    findings.refuse_if(bit is not None and bool(paused & bit), Refusal.Paused, paused)
    findings.refuse_if(known is None, Refusal.AssetUnknown, asset)
    return known


def check_control(findings: Findings, ledger: Ledger, caller: bytes, asset: bytes, action: Action) -> Asset | None:
    """What every action of a controller asks: AssetUnknown, NotController, Malformed(11). The asset, if it is known."""
    known = check_asset(findings, ledger, asset)
    check_action(findings, action)
    findings.refuse_if(known is not None and caller != known.controller, Refusal.NotController, caller)
    return known


def check_action(findings: Findings, action: Action) -> None:
    """Malformed(11): an action needs a reason and a document."""
    findings.malformed_if(action.reason == 0 or action.document == ZERO32, MalformedAt.ACTION)


def check_admin(findings: Findings, ledger: Ledger, caller: bytes) -> None:
    """NotAdmin."""
    findings.refuse_if(caller != ledger.admin, Refusal.NotAdmin, caller)


def check_guardian(findings: Findings, ledger: Ledger, caller: bytes) -> None:
    """NotGuardian: the admin may do what a guardian may."""
    findings.refuse_if(caller not in (ledger.guardian, ledger.admin), Refusal.NotGuardian, caller)


def check_investor_id(findings: Findings, *investors: bytes) -> bool:
    """Malformed(1) unless all can be investors."""
    shaped = all(is_investor_id(investor) for investor in investors)
    findings.malformed_if(not shaped, MalformedAt.INVESTOR)
    return shaped


def check_amount(findings: Findings, amount: int) -> bool:
    """AmountZero, AmountTooLarge; whether the amount is one that can move at all."""
    findings.refuse_if(amount == 0, Refusal.AmountZero)
    findings.refuse_if(amount > MAX_AMOUNT, Refusal.AmountTooLarge, amount, MAX_AMOUNT)
    return 0 < amount <= MAX_AMOUNT


def check_lots(findings: Findings, lots: Sequence[Lot]) -> bool:
    """AmountZero or Malformed(2) by form, AmountTooLarge by sum; whether something can be said of the lots."""
    form = Findings()
    form.ask(lambda: arithmetic.check_form(lots))
    total = arithmetic.total(lots)
    form.refuse_if(total > MAX_AMOUNT, Refusal.AmountTooLarge, total, MAX_AMOUNT)
    for reason in form.reasons:
        findings.refuse(Refusal(reason.code), reason.a, reason.b, reason.c)
    return not form.failed()


def check_sender_may(findings: Findings, sender: Holder, permission: Permission, refusal: Refusal) -> None:
    """SenderBlocked or BridgeNotPermitted, with the permissions there are."""
    findings.refuse_if(not sender.word.allows(permission), refusal, sender.word.permissions)


def check_frozen(findings: Findings, account: Account, holder: Holder, refusal: Refusal) -> None:
    """SenderFrozen or ReceiverFrozen: the account or the whole investor."""
    findings.refuse_if(account.is_frozen or holder.is_frozen, refusal)


def check_receiver(
    findings: Findings, ledger: Ledger, asset: Asset, receiver: Holder, now: int, *, lapse_allowed: bool = False
) -> None:
    """ReceiverNotEligible, else EligibilityExpired; OracleStale. `lapse_allowed`: a lapsed holder comes home."""
    word = receiver.word
    if not word.allows(Permission.RECEIVE):
        findings.refuse(Refusal.ReceiverNotEligible, word.permissions)
    elif not lapse_allowed:
        findings.refuse_if(now >= word.valid_until, Refusal.EligibilityExpired, word.valid_until)
    age = max(0, now - ledger.issued_at)
    findings.refuse_if(age > asset.terms.max_oracle_age, Refusal.OracleStale, age, asset.terms.max_oracle_age)


def check_room(findings: Findings, receiver: Holder, amount: int) -> None:
    """LimitExceeded. The caller knows that the receiver's record exists and that the amount can move."""
    would_be = receiver.used + amount
    findings.refuse_if(would_be > receiver.word.limit, Refusal.LimitExceeded, receiver.word.limit, would_be)


def check_quota(findings: Findings, asset: Asset, receiver: Holder, leaving: int = 0) -> None:
    """HolderCapReached for one who would begin to count. `leaving`: 1 if the same move ends another's counting there."""
    count = asset.class_count(receiver.class_)
    capped = receiver.used == 0 and count.holders - leaving >= count.quota
    findings.refuse_if(capped, Refusal.HolderCapReached, receiver.class_, count.quota)


def leaves(sender: Holder, receiver: Holder, amount: int) -> int:
    """1 when giving the amount away ends the sender's counting in the receiver's class, else 0."""
    return int(sender.used == amount and sender.class_ == receiver.class_)


def rule_of(asset: Asset, from_class: int, to_class: int) -> int:
    """The exception for exactly this pair of classes, else the default rule."""
    for pair in asset.pairs:
        if (pair.from_class, pair.to_class) == (from_class, to_class):
            return pair.rule
    return asset.terms.default_rule


def check_pair(
    findings: Findings, asset: Asset, sender: Holder, receiver: Holder, amount: int, now: int, *, known: bool = True
) -> tuple[Lot, ...]:
    """ClassTransferForbidden; under Restart LotTooSmall and TooManyLots. What the receiver gets.

    `known`: whether the sender has a record on this chain; without one nothing is known of its class.
    """
    rule = rule_of(asset, sender.class_, receiver.class_)
    forbidden = rule == Rule.FORBID or not known
    findings.refuse_if(forbidden, Refusal.ClassTransferForbidden, sender.class_, receiver.class_)
    if rule != Rule.RESTART:
        return (Lot(min(amount, MAX_AMOUNT), 0, 0),)
    findings.refuse_if(amount < asset.terms.min_lot, Refusal.LotTooSmall, asset.terms.min_lot)
    lot = Lot(min(amount, MAX_AMOUNT), now, now + asset.terms.holding_period)
    check_places(findings, receiver, (lot,), now, MAX_LOTS_FROM_OTHERS)
    return (lot,)


def check_places(findings: Findings, holder: Holder, arriving: Sequence[Lot], now: int, most: int = MAX_LOTS) -> None:
    """TooManyLots when what arrives would need more places; what merges or is free needs none."""
    before = arithmetic.places(holder.lots, holder.reserved, (), now)
    after = arithmetic.places(holder.lots, holder.reserved, arriving, now)
    findings.refuse_if(after > max(most, before), Refusal.TooManyLots, after, most)


def check_free(findings: Findings, sender: Holder, amount: int, now: int) -> None:
    """LotsLocked: only free tokens, due lots included, pass to another investor."""
    held = sender.folded(now)
    next_unlock = arithmetic.next_unlock(held.lots)
    findings.refuse_if(held.free < amount, Refusal.LotsLocked, held.free, next_unlock, amount)


def check_frozen_amount(findings: Findings, sender: Holder, amount: int) -> None:
    """FrozenAmount: a part of the position must stay."""
    stays = sender.frozen > 0 and max(0, sender.total - sender.frozen) < amount
    findings.refuse_if(stays, Refusal.FrozenAmount, sender.frozen)


def check_velocity(findings: Findings, asset: Asset, sender: Holder, amount: int, now: int) -> None:
    """VelocityExceeded, when the asset has a velocity."""
    if asset.velocity.is_set:
        asked = sender.spent.ask(asset.velocity, amount, now)
        findings.refuse_if(not asked.passes, Refusal.VelocityExceeded, asked.wait)


def take_own(
    findings: Findings, holder: Holder, wanted: Sequence[Lot], now: int
) -> tuple[Holder, tuple[Lot, ...]] | None:
    """LotsLocked or LotUnknown; the folded position without the lots, and the lots in the form of an order."""
    taken = findings.ask(lambda: arithmetic.take(holder.free, holder.lots, wanted, now))
    if taken is None:
        return None
    free, lots, out = taken
    return replace(holder, free=free, lots=lots), out


def credited(holder: Holder, arriving: Sequence[Lot], now: int, *, fit: bool = False) -> Holder:
    """The position with lots credited. `fit`: the nearest merge while there are too many, so that nothing is refused."""
    free, lots = arithmetic.credit(holder.free, holder.lots, arriving, now)
    return replace(holder, free=free, lots=arithmetic.fit(lots, holder.reserved) if fit else lots)


def locked_count(lots: Sequence[Lot]) -> int:
    """How many places lots take."""
    return sum(1 for lot in lots if not arithmetic.is_free(lot))
