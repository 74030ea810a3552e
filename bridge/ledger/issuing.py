"""Tokens come into being on the asset's home chain, and end wherever they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge import lots as arithmetic
from bridge.ledger import rules
from bridge.ledger.findings import Findings
from bridge.ledger.forwarding import investor_of
from bridge.ledger.state import Asset, Done, Event, Ledger
from bridge.ledger.transfers import change_balance
from bridge.refusals import MalformedAt, Refusal
from bridge.types import MAX_AMOUNT, Action, Lot


def issue(ledger: Ledger, now: int, caller: bytes, asset: bytes, account: bytes, lots: Sequence[Lot]) -> Done:
    """Issue lots to an account: the free part first, then locked ones that are not due. Refused."""
    findings = Findings()
    formed = rules.check_lots(findings, lots)
    # A lot that is due at once would show dates that nobody held it under: issue it free.
    due = any(not arithmetic.is_free(lot) and arithmetic.is_due(lot, now) for lot in lots)
    findings.malformed_if(due, MalformedAt.LOTS)
    known = rules.check_asset(findings, ledger, asset)
    if known is None:
        raise findings.refusal()
    total = arithmetic.total(lots)
    findings.refuse_if(caller != known.controller, Refusal.NotController, caller)
    away = ledger.domain != known.home_domain
    findings.refuse_if(away, Refusal.DomainMismatch, ledger.domain, known.home_domain)
    # Abroad more may have been redeemed than was ever issued there, which is nothing.
    check_authorised(findings, known, max(0, known.issued - known.redeemed) + total)
    _check_receiver(findings, ledger, known, account, lots, now, formed=formed)
    findings.enforce()
    investor = investor_of(known, account)
    known = known.with_holder(investor, rules.credited(known.holder(investor), lots, now))
    known = change_balance(known, account, total)
    known = replace(known, supply=known.supply + total, issued=known.issued + total)
    event = Event.of("Issued", asset=asset, investor=investor, account=account, lots=tuple(lots))
    return Done(ledger.with_asset(known), (event,))


def redeem(
    ledger: Ledger, now: int, caller: bytes, asset: bytes, account: bytes, lots: Sequence[Lot], action: Action
) -> Done:
    """Take lots out of existence, on any chain; a lapsed or blocked holder's too, a frozen one's not. Refused."""
    findings = Findings()
    known = rules.check_control(findings, ledger, caller, asset, action)
    formed = rules.check_lots(findings, lots)
    if known is None:
        raise findings.refusal()
    record = known.account(account)
    investor, total = investor_of(known, account), arithmetic.total(lots)
    holder = known.holder(investor)
    findings.refuse_if(not record.is_bound, Refusal.SenderUnbound, account)
    if record.is_bound:
        rules.check_frozen(findings, record, holder, Refusal.SenderFrozen)
    taken = None
    if formed:
        findings.refuse_if(record.balance < total, Refusal.InsufficientBalance, record.balance, total)
        if record.is_bound and record.balance >= total:
            rules.check_frozen_amount(findings, holder, total)
            taken = rules.take_own(findings, holder, lots, now)
    if taken is None or findings.failed():
        raise findings.refusal()
    after, out = taken
    known = change_balance(known.with_holder(investor, after), account, -total)
    known = replace(known, supply=known.supply - total, redeemed=known.redeemed + total)
    told = {"asset": asset, "investor": investor, "account": account, "lots": out}
    event = Event.of("Redeemed", **told, reason=action.reason, document=action.document)
    return Done(ledger.with_asset(known), (event,))


def check_authorised(findings: Findings, asset: Asset, would_be: int) -> None:
    """OverAuthorisedIssue."""
    authorised = asset.terms.authorised_issue
    findings.refuse_if(would_be > authorised, Refusal.OverAuthorisedIssue, authorised, would_be)


def _check_receiver(
    findings: Findings, ledger: Ledger, asset: Asset, account: bytes, lots: Sequence[Lot], now: int, *, formed: bool
) -> None:
    record = asset.account(account)
    if not record.is_bound:
        findings.refuse(Refusal.ReceiverUnbound, account)
        return
    receiver, total = asset.holder(investor_of(asset, account)), arithmetic.total(lots)
    rules.check_frozen(findings, record, receiver, Refusal.ReceiverFrozen)
    rules.check_receiver(findings, ledger, asset, receiver, now)
    if formed:
        rules.check_places(findings, receiver, lots, now)
    if receiver.has_record and 0 < total <= MAX_AMOUNT:
        rules.check_room(findings, receiver, total)
        rules.check_quota(findings, asset, receiver)
