"""What happens to lots by order: given to another investor with their dates, or released before their time.

`releaseLots` is the only way that an unlock time ever moves earlier, and it waits the delay of governance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from bridge import lots as arithmetic
from bridge.ledger import rules
from bridge.ledger.findings import Findings
from bridge.ledger.forwarding import investor_of
from bridge.ledger.state import Done, Event, Holder, Ledger, with_entry, without_entry
from bridge.ledger.transfers import move_balance
from bridge.refusals import MalformedAt, Refusal
from bridge.types import MAX_AMOUNT, Action, Lot, Permission
from bridge.wire import abi_type


def move_lots(
    ledger: Ledger,
    now: int,
    caller: bytes,
    asset: bytes,
    giver: bytes,
    getter: bytes,
    lots: Sequence[Lot],
    action: Action,
) -> Done:
    """Give named lots of one account to another investor's, dates kept (gift, estate, pledge). Refused."""
    findings = Findings()
    known = rules.check_control(findings, ledger, caller, asset, action)
    formed = rules.check_lots(findings, lots)
    if known is None:
        raise findings.refusal()
    giving, getting = known.account(giver), known.account(getter)
    from_investor, to_investor = investor_of(known, giver), investor_of(known, getter)
    sender, receiver, total = known.holder(from_investor), known.holder(to_investor), arithmetic.total(lots)
    findings.malformed_if(giving.is_bound and from_investor == to_investor, MalformedAt.INVESTOR)
    taken = None
    if formed:
        findings.refuse_if(giving.balance < total, Refusal.InsufficientBalance, giving.balance, total)
    if giving.is_bound:
        rules.check_sender_may(findings, sender, Permission.SEND, Refusal.SenderBlocked)
        rules.check_frozen(findings, giving, sender, Refusal.SenderFrozen)
        if formed and giving.balance >= total:
            rules.check_frozen_amount(findings, sender, total)
            taken = rules.take_own(findings, sender, lots, now)
    else:
        findings.refuse(Refusal.SenderUnbound, giver)
    if getting.is_bound:
        rules.check_frozen(findings, getting, receiver, Refusal.ReceiverFrozen)
        rules.check_receiver(findings, ledger, known, receiver, now)
    else:
        findings.refuse(Refusal.ReceiverUnbound, getter)
    apart = giving.is_bound and getting.is_bound and from_investor != to_investor
    if apart and receiver.has_record and 0 < total <= MAX_AMOUNT:
        may_leave = taken is not None and not findings.failed(Refusal.FrozenAmount)
        rules.check_room(findings, receiver, total)
        rules.check_quota(findings, known, receiver, rules.leaves(sender, receiver, total) if may_leave else 0)
    if taken is None or findings.failed():
        raise findings.refusal()
    rest, out = taken
    known = known.with_holder(from_investor, rest)
    known = known.with_holder(to_investor, rules.credited(receiver.folded(now), out, now, fit=True))
    known = move_balance(known, giver, getter, total)
    moved = Event.of("Transferred", asset=asset, from_=giver, to=getter, amount=total)
    told = {"asset": asset, "from_": giver, "to": getter, "lots": out}
    event = Event.of("LotsMoved", **told, reason=action.reason, document=action.document)
    return Done(ledger.with_asset(known), (moved, event))


def release_id(asset: bytes, investor: bytes, lots: Sequence[Lot], action: Action) -> bytes:
    """keccak256(abi.encode(asset, investor, lots, reason, document)): names a proposed release and all it says."""
    types = ["bytes32", "bytes32", f"{abi_type(Lot)}[]", "uint16", "bytes32"]
    values = [asset, investor, [lot.to_values() for lot in lots], action.reason, action.document]
    return keccak(encode(types, values))


def propose_release(
    ledger: Ledger, now: int, caller: bytes, asset: bytes, investor: bytes, lots: Sequence[Lot], action: Action
) -> Done:
    """Propose that lots unlock before their time; anyone can see it while it waits. Refused."""
    findings = _check_release(ledger, caller, asset, action)
    rules.check_investor_id(findings, investor)
    rules.check_lots(findings, lots)
    findings.malformed_if(any(arithmetic.is_free(lot) for lot in lots), MalformedAt.LOTS)
    known, proposal = ledger.assets.get(asset), release_id(asset, investor, lots, action)
    findings.malformed_if(known is not None and proposal in known.releases, MalformedAt.KNOWN)
    if known is None or findings.failed():
        raise findings.refusal()
    eta = now + ledger.delay
    known = replace(known, releases=with_entry(known.releases, proposal, eta))
    event = Event.of("ReleaseProposed", asset=asset, investor=investor, id=proposal, eta=eta)
    return Done(ledger.with_asset(known), (event,))


def release_lots(
    ledger: Ledger, now: int, caller: bytes, asset: bytes, investor: bytes, lots: Sequence[Lot], action: Action
) -> Done:
    """Carry out a release that was proposed and has waited: the named parts become free. Refused."""
    findings = _check_release(ledger, caller, asset, action)
    known, proposal = ledger.assets.get(asset), release_id(asset, investor, lots, action)
    if known is None:
        raise findings.refusal()
    proposed = proposal in known.releases
    findings.malformed_if(not proposed, MalformedAt.KNOWN)
    released = None
    if proposed:
        eta = known.releases[proposal]
        findings.refuse_if(now < eta, Refusal.NotYet, eta)
        holder = known.holder(investor)
        released = findings.ask(lambda: _released(holder, lots, now))
    if released is None or findings.failed():
        raise findings.refusal()
    known = replace(known.with_holder(investor, released), releases=without_entry(known.releases, proposal))
    told = {"asset": asset, "investor": investor, "lots": tuple(lots)}
    event = Event.of("LotsReleased", **told, reason=action.reason, document=action.document)
    return Done(ledger.with_asset(known), (event,))


def cancel_release(ledger: Ledger, caller: bytes, asset: bytes, proposal: bytes) -> Done:
    """Call off a proposed release. Refused."""
    findings = Findings()
    rules.check_guardian(findings, ledger, caller)
    known = rules.check_asset(findings, ledger, asset)
    findings.malformed_if(known is not None and proposal not in known.releases, MalformedAt.KNOWN)
    if known is None or findings.failed():
        raise findings.refusal()
    known = replace(known, releases=without_entry(known.releases, proposal))
    return Done(ledger.with_asset(known), (Event.of("ReleaseCancelled", asset=asset, id=proposal),))


def _check_release(ledger: Ledger, caller: bytes, asset: bytes, action: Action) -> Findings:
    findings = Findings()
    rules.check_admin(findings, ledger, caller)
    rules.check_asset(findings, ledger, asset)
    rules.check_action(findings, action)
    return findings


def _released(holder: Holder, lots: Sequence[Lot], now: int) -> Holder:
    """The position with the named parts free. Lots that came due meanwhile are free already. LotUnknown."""
    held = holder.folded(now)
    named = [lot for lot in lots if not arithmetic.is_due(lot, now)]
    if not named:
        return held
    free, rest, _ = arithmetic.take(held.free, held.lots, named, now)
    return replace(held, free=free + arithmetic.total(named), lots=rest)
