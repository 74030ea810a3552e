"""What an asset's controller may do to accounts and investors, by reason and document. No pause stops it."""

from __future__ import annotations

from dataclasses import replace

from bridge import lots as arithmetic
from bridge.domains import is_account
from bridge.ledger import rules
from bridge.ledger.findings import Findings
from bridge.ledger.forwarding import check_sources, investor_of, move_account, present
from bridge.ledger.forwarding import replace_investor as forward_investor
from bridge.ledger.state import Asset, Done, Event, Holder, Ledger
from bridge.ledger.transfers import move_balance
from bridge.refusals import MalformedAt, Refusal
from bridge.types import MAX_AMOUNT, MAX_IN_FLIGHT, MAX_LOTS, ZERO32, Action, Permission


def freeze_account(ledger: Ledger, caller: bytes, asset: bytes, account: bytes, frozen: bool, action: Action) -> Done:
    """Freeze an account or thaw it: it can't send or receive, refunds still land. Refused."""
    findings = Findings()
    known = rules.check_control(findings, ledger, caller, asset, action)
    check_account(findings, ledger, account)
    if known is None or findings.failed():
        raise findings.refusal()
    known = known.with_account(account, replace(known.account(account), is_frozen=frozen))
    return _done(ledger, known, action, "AccountFrozen", account=account, frozen=frozen)


def freeze_investor(ledger: Ledger, caller: bytes, asset: bytes, investor: bytes, frozen: bool, action: Action) -> Done:
    """Freeze an investor or thaw them, whatever their accounts. Refused."""
    findings = Findings()
    known = rules.check_control(findings, ledger, caller, asset, action)
    rules.check_investor_id(findings, investor)
    if known is None or findings.failed():
        raise findings.refusal()
    known = known.with_holder(investor, replace(known.holder(investor), is_frozen=frozen))
    return _done(ledger, known, action, "InvestorFrozen", investor=investor, frozen=frozen)


def freeze_amount(ledger: Ledger, caller: bytes, asset: bytes, investor: bytes, amount: int, action: Action) -> Done:
    """Say how much of an investor's position must stay; 0 frees all. Refused."""
    findings = Findings()
    known = rules.check_control(findings, ledger, caller, asset, action)
    rules.check_investor_id(findings, investor)
    findings.refuse_if(amount > MAX_AMOUNT, Refusal.AmountTooLarge, amount, MAX_AMOUNT)
    if known is None or findings.failed():
        raise findings.refusal()
    known = known.with_holder(investor, replace(known.holder(investor), frozen=amount))
    return _done(ledger, known, action, "AmountFrozen", investor=investor, amount=amount)


def force_transfer(
    ledger: Ledger, now: int, caller: bytes, asset: bytes, giver: bytes, getter: bytes, amount: int, action: Action
) -> Done:
    """Move an amount as a court orders: no cap, freeze or pair rule stops it, and locks move with their times.

    To another investor it unfreezes what it has to take of the frozen amount; to oneself nothing. Refused.
    """
    findings = Findings()
    known = rules.check_control(findings, ledger, caller, asset, action)
    movable = rules.check_amount(findings, amount)
    if known is None:
        raise findings.refusal()
    giving, getting = known.account(giver), known.account(getter)
    from_investor, to_investor = investor_of(known, giver), investor_of(known, getter)
    findings.refuse_if(not giving.is_bound, Refusal.SenderUnbound, giver)
    findings.refuse_if(not getting.is_bound, Refusal.ReceiverUnbound, getter)
    if getting.is_bound:
        receiver = known.holder(to_investor)
        rules.check_sender_may(findings, receiver, Permission.RECEIVE, Refusal.ReceiverNotEligible)
    short = movable and giving.balance < amount
    findings.refuse_if(short, Refusal.InsufficientBalance, giving.balance, amount)
    findings.enforce()
    unfroze = 0
    if from_investor != to_investor:
        known, unfroze = _forced(known, from_investor, to_investor, amount, now)
    known = move_balance(known, giver, getter, amount)
    moved = Event.of("Transferred", asset=asset, from_=giver, to=getter, amount=amount)
    told = {"from_": giver, "to": getter, "amount": amount, "unfroze": unfroze}
    return _done(ledger, known, action, "ForcedTransfer", moved, **told)


def recover(ledger: Ledger, caller: bytes, asset: bytes, lost: bytes, found: bytes, action: Action) -> Done:
    """Give everything of a lost account to another of the same investor, and send after it what still comes. Refused."""
    findings = Findings()
    known = rules.check_control(findings, ledger, caller, asset, action)
    check_account(findings, ledger, found)
    findings.malformed_if(lost == found, MalformedAt.INVESTOR)
    if known is None:
        raise findings.refusal()
    old, new = known.account(lost), known.account(found)
    investor = investor_of(known, lost)
    findings.refuse_if(not old.is_bound, Refusal.SenderUnbound, lost)
    if old.is_bound and lost != found:
        elsewhere = new.investor if new.is_bound else known.account(new.moved_to).investor
        taken = (new.is_bound or new.moved_to != ZERO32) and present(known, elsewhere) != investor
        findings.refuse_if(taken, Refusal.BindingInvalid, found)
        check_sources(findings, known.account_sources, lost, found)
    findings.enforce()
    known = known.with_account(lost, replace(old, investor=ZERO32, balance=0))
    balance, frozen = new.balance + old.balance, new.is_frozen or old.is_frozen
    known = known.with_account(found, replace(new, investor=investor, balance=balance, is_frozen=frozen))
    known = move_account(known, lost, found)
    events = [Event.of("AccountBound", asset=asset, account=lost, investor=ZERO32)]
    if not new.is_bound:
        events.append(Event.of("AccountBound", asset=asset, account=found, investor=investor))
    if old.balance:
        events.append(Event.of("Transferred", asset=asset, from_=lost, to=found, amount=old.balance))
    return _done(ledger, known, action, "AccountRecovered", *events, from_=lost, to=found, amount=old.balance)


def replace_investor(
    ledger: Ledger, now: int, caller: bytes, asset: bytes, retired: bytes, successor: bytes, action: Action
) -> Done:
    """Let one investor id stand for another from now on: everything adds up in the successor, one seat is free. Refused."""
    findings = Findings()
    known = rules.check_control(findings, ledger, caller, asset, action)
    shaped = rules.check_investor_id(findings, retired, successor)
    findings.malformed_if(retired == successor, MalformedAt.INVESTOR)
    if known is None:
        raise findings.refusal()
    old, new = known.holder(retired), known.holder(successor)
    findings.malformed_if(old.is_retired or new.is_retired, MalformedAt.INVESTOR)
    if shaped and not findings.failed(Refusal.Malformed):
        findings.refuse_if(old.orders + new.orders > MAX_IN_FLIGHT, Refusal.TooManyInFlight, MAX_IN_FLIGHT)
        reserved = old.reserved + new.reserved
        findings.refuse_if(reserved > MAX_LOTS, Refusal.TooManyLots, reserved, MAX_LOTS)
        check_sources(findings, known.investor_sources, retired, successor)
    findings.enforce()
    merged = _merged(known, old.folded(now), new.folded(now), now)
    kept = replace(old.word, permissions=0, limit=0)
    known = known.with_holder(retired, Holder(word=kept, is_retired=True)).with_holder(successor, merged)
    known = forward_investor(known, retired, successor)
    return _done(ledger, known, action, "InvestorReplaced", retired=retired, successor=successor)


def check_account(findings: Findings, ledger: Ledger, account: bytes) -> None:
    """RecipientMalformed: nothing that could be an account of this chain."""
    findings.refuse_if(not is_account(ledger.account_kind, account), Refusal.RecipientMalformed, account)


def _done(ledger: Ledger, asset: Asset, action: Action, name: str, *before: Event, **told: object) -> Done:
    """The ledger with the asset, and the action's own event last."""
    event = Event.of(name, asset=asset.id, **told, reason=action.reason, document=action.document)
    return Done(ledger.with_asset(asset), (*before, event))


def _forced(asset: Asset, giver: bytes, getter: bytes, amount: int, now: int) -> tuple[Asset, int]:
    """Tokens taken, free ones first, and given with their times; how much of the frozen amount was taken too."""
    sender = asset.holder(giver)
    unfroze = min(sender.frozen, max(0, amount - max(0, sender.total - sender.frozen)))
    free, lots, taken = arithmetic.take_any(sender.free, sender.lots, amount, now)
    asset = asset.with_holder(giver, replace(sender, free=free, lots=lots, frozen=sender.frozen - unfroze))
    receiver = asset.holder(getter).folded(now)
    return asset.with_holder(getter, rules.credited(receiver, taken, now, fit=True)), unfroze


def _merged(asset: Asset, old: Holder, new: Holder, now: int) -> Holder:
    """Both positions in one; what was spent of the velocity is the larger of both, not their sum."""
    lots = arithmetic.fit((*old.lots, *new.lots), old.reserved + new.reserved)
    spent = max((old.spent, new.spent), key=lambda bucket: bucket.spent_now(asset.velocity, now))
    return replace(
        new.with_limit(new.word.limit + old.word.limit),
        free=old.free + new.free,
        lots=lots,
        in_flight=old.in_flight + new.in_flight,
        reserved=old.reserved + new.reserved,
        orders=old.orders + new.orders,
        is_frozen=old.is_frozen or new.is_frozen,
        frozen=min(MAX_AMOUNT, old.frozen + new.frozen),
        spent=spent,
    )
