"""What the oracle writes: batches of eligibility, bindings and quotas, and single bindings by permit.

Signatures are asked last, after every rule that needs none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bridge.domains import is_account, is_investor_id
from bridge.ledger import rules
from bridge.ledger.findings import Findings
from bridge.ledger.forwarding import investor_of, present
from bridge.ledger.signers import Signatures, check_quorum
from bridge.ledger.state import Asset, Done, Event, Ledger
from bridge.refusals import MalformedAt, Refusal
from bridge.types import (
    MAX_APPROVAL_SECONDS,
    MAX_BATCH_ITEMS,
    MAX_CLOCK_LEAD_SECONDS,
    ZERO32,
    BindingItem,
    BindingPermit,
    EligibilityItem,
    OracleBatch,
    QuotaItem,
    Role,
)

ROOM_BOUND: Final = 2**120
QUOTA_BOUND: Final = 2**62

Item = EligibilityItem | BindingItem | QuotaItem


def submit_batch(ledger: Ledger, now: int, batch: OracleBatch, signatures: Signatures | None = None) -> Done:
    """Apply the next batch: each item, or the event that says why not. One that was applied changes nothing. Refused."""
    if batch.number <= ledger.last_batch:
        return Done(ledger)
    findings = Findings()
    expected = ledger.last_batch + 1
    findings.refuse_if(batch.number != expected, Refusal.BatchOutOfOrder, expected)
    lists: tuple[tuple[Item, ...], ...] = (batch.eligibilities, batch.bindings, batch.quotas)
    findings.malformed_if(sum(len(items) for items in lists) > MAX_BATCH_ITEMS, MalformedAt.ITEMS)
    early = batch.issued_at - MAX_CLOCK_LEAD_SECONDS
    findings.refuse_if(early > now, Refusal.NotYet, early)
    # A clock that falls would make an older batch look like news.
    findings.malformed_if(batch.issued_at < ledger.issued_at, MalformedAt.ISSUED_AT)
    findings.enforce()
    check_quorum(ledger, now, Role.ORACLE, signatures)
    ledger = replace(ledger, last_batch=batch.number, issued_at=batch.issued_at)
    events: list[Event] = []
    for kind, items in enumerate(lists, start=1):
        for index, item in enumerate(items):
            ledger, told = _apply(ledger, item, batch.number, kind, index)
            events += told
    events.append(Event.of("BatchApplied", number=batch.number, issued_at=batch.issued_at))
    return Done(ledger, tuple(events))


def bind(ledger: Ledger, now: int, caller: bytes, permit: BindingPermit, signatures: Signatures | None = None) -> Done:
    """Bind the caller's own account by a permit. Refused."""
    findings = _check_binding(ledger, BindingItem(permit.asset, permit.account, permit.investor))
    findings.malformed_if(permit.investor == ZERO32, MalformedAt.INVESTOR)
    findings.refuse_if(caller != permit.account, Refusal.BindingInvalid, permit.account)
    findings.refuse_if(now >= permit.expires_at, Refusal.ApprovalExpired, permit.expires_at)
    findings.malformed_if(permit.expires_at > now + MAX_APPROVAL_SECONDS, MalformedAt.EXPIRY)
    findings.enforce()
    check_quorum(ledger, now, Role.ORACLE, signatures)
    asset, events = _bound(ledger.assets[permit.asset], permit.account, permit.investor)
    return Done(ledger.with_asset(asset), events)


def _apply(ledger: Ledger, item: Item, number: int, kind: int, index: int) -> tuple[Ledger, tuple[Event, ...]]:
    match item:
        case EligibilityItem():
            findings = _check_eligibility(ledger, item)
        case BindingItem():
            findings = _check_binding(ledger, item)
        case QuotaItem():
            findings = _check_quota(ledger, item)
    if findings.failed():
        code = findings.reasons[0].code
        return ledger, (Event.of("ItemSkipped", number=number, kind=kind, index=index, code=code),)
    asset = ledger.assets[item.asset]
    match item:
        case EligibilityItem():
            asset, events = _made_eligible(asset, item, number)
        case BindingItem():
            asset, events = _bound(asset, item.account, item.investor)
        case QuotaItem():
            asset, events = _given_quota(asset, item)
    return ledger.with_asset(asset), events


def _check_eligibility(ledger: Ledger, item: EligibilityItem) -> Findings:
    findings = Findings()
    asset = rules.check_asset(findings, ledger, item.asset)
    if rules.check_investor_id(findings, item.investor) and asset is not None:
        room = asset.holder(item.investor).room + item.limit_delta
        # A change towards the middle is never refused: a revocation must not be skipped for its limit.
        beyond = (item.limit_delta > 0 and room > ROOM_BOUND) or (item.limit_delta < 0 and room < -ROOM_BOUND)
        findings.refuse_if(beyond, Refusal.AmountTooLarge)
    return findings


def _made_eligible(asset: Asset, item: EligibilityItem, number: int) -> tuple[Asset, tuple[Event, ...]]:
    before = asset.holder(item.investor)
    after = replace(before, word=before.word.apply(item, number))
    told = {"asset": asset.id, "investor": item.investor}
    events = [Event.of("EligibilitySet", **told, record=after.word.pack() >> 128 << 128)]
    if item.limit_delta:
        released = max(0, min(-item.limit_delta, before.room))
        events.append(Event.of("LimitSet", **told, room=after.room, released=released))
    return asset.with_holder(item.investor, after), tuple(events)


def _check_binding(ledger: Ledger, item: BindingItem) -> Findings:
    findings = Findings()
    asset = rules.check_asset(findings, ledger, item.asset)
    shaped = item.investor == ZERO32 or is_investor_id(item.investor)
    findings.malformed_if(not shaped, MalformedAt.INVESTOR)
    if not is_account(ledger.account_kind, item.account):
        findings.refuse(Refusal.RecipientMalformed, item.account)
        return findings
    if asset is None:
        return findings
    record = asset.account(item.account)
    # An order in flight from an account that was recovered from comes back to where it was recovered to.
    findings.refuse_if(record.moved_to != ZERO32, Refusal.BindingInvalid, item.account)
    investor = investor_of(asset, item.account)
    if record.is_bound and investor != present(asset, item.investor):
        holder = asset.holder(investor)
        in_use = record.balance > 0 or holder.orders > 0
        findings.refuse_if(in_use, Refusal.AccountInUse, record.balance, holder.in_flight)
    return findings


def _bound(asset: Asset, account: bytes, investor: bytes) -> tuple[Asset, tuple[Event, ...]]:
    """The account bound to the investor's present self; unbound for zero. No event when it was so."""
    target = present(asset, investor)
    if investor_of(asset, account) == target:
        return asset, ()
    event = Event.of("AccountBound", asset=asset.id, account=account, investor=target)
    return asset.with_account(account, replace(asset.account(account), investor=target)), (event,)


def _check_quota(ledger: Ledger, item: QuotaItem) -> Findings:
    findings = Findings()
    asset = rules.check_asset(findings, ledger, item.asset)
    if asset is not None:
        quota = asset.class_count(item.class_).quota + item.delta
        findings.refuse_if(not -QUOTA_BOUND <= quota <= QUOTA_BOUND, Refusal.AmountTooLarge)
    return findings


def _given_quota(asset: Asset, item: QuotaItem) -> tuple[Asset, tuple[Event, ...]]:
    before = asset.class_count(item.class_)
    released = max(0, min(-item.delta, before.quota - before.holders))
    told = {"asset": asset.id, "class": item.class_, "quota": before.quota + item.delta, "released": released}
    return asset.with_quota(item.class_, item.delta), (Event.of("QuotaSet", **told),)
