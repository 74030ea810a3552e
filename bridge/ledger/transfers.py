"""Moving tokens between two accounts of one chain, and what a holder may do with their own lots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge import lots as arithmetic
from bridge.ledger import rules
from bridge.ledger.findings import Findings
from bridge.ledger.forwarding import investor_of
from bridge.ledger.state import Account, Asset, Done, Event, Holder, Ledger
from bridge.refusals import MalformedAt, Refusal
from bridge.types import MAX_AMOUNT, ZERO32, Lot, PauseBit, Permission


def transfer(ledger: Ledger, now: int, caller: bytes, asset: bytes, to: bytes, amount: int) -> Done:
    """Move an amount of the caller's account.

    Between accounts of one investor anything moves and only balances change. To another investor only free tokens go,
    by the pair rule of the two classes. Refused.
    """
    findings = Findings()
    moves = rules.check_amount(findings, amount)
    known = rules.check_asset(findings, ledger, asset, PauseBit.TRANSFER)
    if known is None:
        raise findings.refusal()
    giver, getter = investor_of(known, caller), investor_of(known, to)
    sender, receiver = known.holder(giver), known.holder(getter)
    _check_ends(findings, known, caller, to, sender, receiver)
    if amount <= MAX_AMOUNT:
        balance = known.account(caller).balance
        findings.refuse_if(balance < amount, Refusal.InsufficientBalance, balance, amount)
    crosses = ZERO32 not in (giver, getter) and giver != getter
    arriving: tuple[Lot, ...] = ()
    if crosses:
        arriving = _check_crossing(findings, ledger, known, sender, receiver, amount, now, moves=moves)
    findings.enforce()
    if crosses:
        known = known.with_holder(giver, _given(known, sender, amount, now))
        known = known.with_holder(getter, rules.credited(receiver, arriving, now))
    event = Event.of("Transferred", asset=asset, from_=caller, to=to, amount=amount)
    return Done(ledger.with_asset(move_balance(known, caller, to, amount)), (event,))


def merge_lots(ledger: Ledger, now: int, caller: bytes, asset: bytes, named: Sequence[Lot]) -> Done:
    """Merge whole lots of the caller's investor to the later dates of all. Refused."""
    findings = Findings()
    known = rules.check_asset(findings, ledger, asset, PauseBit.TRANSFER)
    formed = rules.check_lots(findings, named)
    locked_only = len(named) >= 2 and not any(arithmetic.is_free(lot) for lot in named)
    findings.malformed_if(not locked_only, MalformedAt.LOTS)
    investor = investor_of(known, caller) if known else ZERO32
    findings.refuse_if(known is not None and investor == ZERO32, Refusal.SenderUnbound, caller)
    merged = None
    if known is not None and investor != ZERO32 and formed and locked_only:
        held = known.holder(investor)
        merged = findings.ask(lambda: arithmetic.merge_lots(held.lots, named, now))
    if known is None or merged is None or findings.failed():
        raise findings.refusal()
    lots, into = merged
    holder = replace(known.holder(investor).folded(now), lots=lots)
    event = Event.of("LotsMerged", asset=asset, investor=investor, lots=tuple(named), into=into)
    return Done(ledger.with_asset(known.with_holder(investor, holder)), (event,))


def move_balance(asset: Asset, giver: bytes, getter: bytes, amount: int) -> Asset:
    """The asset with an amount moved between two accounts' balances."""
    asset = change_balance(asset, giver, -amount)
    return change_balance(asset, getter, amount)


def change_balance(asset: Asset, account: bytes, change: int) -> Asset:
    """The asset with one account's balance changed."""
    record: Account = asset.account(account)
    return asset.with_account(account, replace(record, balance=record.balance + change))


def _check_ends(findings: Findings, asset: Asset, caller: bytes, to: bytes, sender: Holder, receiver: Holder) -> None:
    """The rules about each end by itself."""
    giving, getting = asset.account(caller), asset.account(to)
    if giving.is_bound:
        rules.check_sender_may(findings, sender, Permission.SEND, Refusal.SenderBlocked)
        rules.check_frozen(findings, giving, sender, Refusal.SenderFrozen)
    else:
        findings.refuse(Refusal.SenderUnbound, caller)
    if getting.is_bound:
        rules.check_frozen(findings, getting, receiver, Refusal.ReceiverFrozen)
    else:
        findings.refuse(Refusal.ReceiverUnbound, to)


def _check_crossing(
    findings: Findings,
    ledger: Ledger,
    asset: Asset,
    sender: Holder,
    receiver: Holder,
    amount: int,
    now: int,
    *,
    moves: bool,
) -> tuple[Lot, ...]:
    """The rules of passing to another investor. What arrives there."""
    if moves and not findings.failed(Refusal.InsufficientBalance):
        rules.check_free(findings, sender, amount, now)
        rules.check_frozen_amount(findings, sender, amount)
    rules.check_receiver(findings, ledger, asset, receiver, now)
    arriving = rules.check_pair(findings, asset, sender, receiver, amount, now)
    if moves:
        rules.check_velocity(findings, asset, sender, amount, now)
        if receiver.has_record:
            taken = not findings.failed(Refusal.InsufficientBalance, Refusal.LotsLocked, Refusal.FrozenAmount)
            rules.check_room(findings, receiver, amount)
            rules.check_quota(findings, asset, receiver, rules.leaves(sender, receiver, amount) if taken else 0)
    return arriving


def _given(asset: Asset, sender: Holder, amount: int, now: int) -> Holder:
    """The sender's position afterwards."""
    held = sender.folded(now)
    spent = held.spent.spend(asset.velocity, amount, now) if asset.velocity.is_set else held.spent
    return replace(held, free=held.free - amount, spent=spent)
