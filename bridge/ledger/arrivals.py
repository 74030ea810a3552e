"""The destination's side of a crossing: the only judge of an order.

Signatures are asked last, after every rule that needs none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.digests import digest_order
from bridge.domains import is_account
from bridge.ledger import rules
from bridge.ledger.findings import Findings
from bridge.ledger.forwarding import investor_of, landing, present
from bridge.ledger.issuing import check_authorised
from bridge.ledger.signers import Signatures, check_quorum
from bridge.ledger.state import Asset, Crossing, Done, Event, Holder, Ledger, with_entry
from bridge.ledger.transfers import change_balance
from bridge.refusals import MalformedAt, Refusal
from bridge.types import (
    MAX_APPROVAL_SECONDS,
    MAX_ORDERS_PER_APPROVAL,
    MAX_ORDERS_PER_DELIVERY,
    Approval,
    Lot,
    Outcome,
    PauseBit,
    Role,
    TransferOrder,
)


@dataclass(frozen=True, slots=True)
class _Arriving:
    """An arrival as far as it can be told: who gets it, where, and what by the pair rule (or the very lots)."""

    asset: Asset
    account: bytes
    investor: bytes
    lots: tuple[Lot, ...]


def deliver(
    ledger: Ledger,
    now: int,
    orders: Sequence[TransferOrder],
    approval: Approval,
    signatures: Signatures | None = None,
) -> Done:
    """Credit orders that the approval names, each by its own rules: an event per order says how it went. Refused.

    Orders that all have an outcome already are answered without looking at the approval or its signatures.
    """
    if not orders or any(not _outcome(ledger, order) for order in orders):
        _check_approval(orders, approval, now)
        check_quorum(ledger, now, Role.ATTESTOR, signatures)
    events: list[Event] = []
    for order in orders:
        done = _deliver_one(ledger, now, order, approval)
        ledger, events = done.ledger, [*events, *done.events]
    return Done(ledger, tuple(events))


def explain_deliver(ledger: Ledger, now: int, order: TransferOrder) -> Findings:
    """All rules of this chain that delivering the order would fail now; approvals aren't looked at."""
    findings, _ = _evaluate(ledger, now, order)
    return findings


def reject(ledger: Ledger, now: int, order: TransferOrder, reason: int, signatures: Signatures | None = None) -> Done:
    """End an order without crediting it: Expired when the reason is DeadlinePassed, else Rejected. Never paused. Refused."""
    findings = Findings()
    _check_shape(findings, order)
    known = any(reason == refusal for refusal in Refusal)
    findings.malformed_if(not known, MalformedAt.REASON)
    _check_route(findings, ledger, order)
    outcome = _outcome(ledger, order)
    findings.refuse_if(outcome != Outcome.NONE, Refusal.OrderConsumed, outcome)
    expired = reason == Refusal.DeadlinePassed
    findings.refuse_if(expired and now < order.deadline, Refusal.NotYet, order.deadline)
    findings.enforce()
    check_quorum(ledger, now, Role.ATTESTOR, signatures)
    outcome = Outcome.EXPIRED if expired else Outcome.REJECTED
    told = {"order_id": digest_order(order), "source": order.source, "nonce": order.nonce}
    event = Event.of("OrderRejected", **told, outcome=int(outcome), reason=reason, decided_at=now)
    return Done(_with_outcome(ledger, order, outcome), (event,))


def _deliver_one(ledger: Ledger, now: int, order: TransferOrder, approval: Approval) -> Done:
    order_id = digest_order(order)
    told = {"order_id": order_id, "source": order.source, "nonce": order.nonce}
    findings, arriving = _evaluate(ledger, now, order)
    code = findings.reasons[0].code if findings.failed() else 0
    # Nobody vouched for this order: what the rules would say of it is of no interest.
    if code != Refusal.OrderConsumed and order_id not in approval.orders:
        code = Refusal.QuorumNotMet
    if code or arriving is None:
        return Done(ledger, (Event.of("OrderRefused", **told, code=int(code)),))
    ledger = _arrive(_with_outcome(ledger, order, Outcome.DELIVERED), now, order, arriving)
    return Done(ledger, (Event.of("OrderDelivered", **told, decided_at=now),))


def _check_approval(orders: Sequence[TransferOrder], approval: Approval, now: int) -> None:
    findings = Findings()
    findings.malformed_if(not 0 < len(orders) <= MAX_ORDERS_PER_DELIVERY, MalformedAt.ORDERS)
    findings.malformed_if(not 0 < len(approval.orders) <= MAX_ORDERS_PER_APPROVAL, MalformedAt.ITEMS)
    findings.malformed_if(approval.expires_at > now + MAX_APPROVAL_SECONDS, MalformedAt.EXPIRY)
    findings.refuse_if(now >= approval.expires_at, Refusal.ApprovalExpired, approval.expires_at)
    findings.enforce()


def _evaluate(ledger: Ledger, now: int, order: TransferOrder) -> tuple[Findings, _Arriving | None]:
    """Every rule of arriving. Of an order that has an outcome nothing else is asked; of one for elsewhere, or from
    nowhere, only its form: its asset, accounts and times mean nothing here."""
    findings = Findings()
    if outcome := _outcome(ledger, order):
        findings.refuse(Refusal.OrderConsumed, outcome)
        return findings, None
    formed = _check_shape(findings, order)
    if not _check_route(findings, ledger, order):
        return findings, None
    asset = rules.check_asset(findings, ledger, order.asset, PauseBit.DELIVER)
    lane, crossing = ledger.lanes[order.source], ledger.crossings.get((order.source, order.asset))
    findings.refuse_if(bool(lane.pause & PauseBit.DELIVER), Refusal.Paused, lane.pause)
    findings.refuse_if(crossing is None, Refusal.AssetUnknown, order.asset)
    findings.refuse_if(now >= order.deadline, Refusal.DeadlinePassed, order.deadline)
    findings.refuse_if(now < order.initiated_at, Refusal.NotYet, order.initiated_at)
    if asset is None:
        return findings, None
    if formed and crossing is not None and crossing.inbound.is_set:
        asked = crossing.in_spent.ask(crossing.inbound, order.amount, now)
        findings.refuse_if(not asked.passes, Refusal.RateLimited, asked.wait, asked.available)
    return findings, _check_receiving(findings, ledger, asset, order, now, formed=formed)


def _check_receiving(
    findings: Findings, ledger: Ledger, asset: Asset, order: TransferOrder, now: int, *, formed: bool
) -> _Arriving | None:
    """The asset's rules and the receiver's; what arrives when the order has its form."""
    terms = asset.terms.terms
    findings.refuse_if(order.terms != terms, Refusal.TermsMismatch, order.terms, terms)
    shaped = is_account(ledger.account_kind, order.recipient)
    findings.refuse_if(not shaped, Refusal.RecipientMalformed, order.recipient)
    account = landing(asset, order.recipient)
    investor, record = present(asset, order.to_investor), asset.account(account)
    belongs = shaped and record.is_bound and investor_of(asset, account) == investor
    findings.refuse_if(not belongs, Refusal.ReceiverUnbound, order.recipient)
    if not rules.check_investor_id(Findings(), order.to_investor):
        return None
    receiver = asset.holder(investor)
    rules.check_frozen(findings, record, receiver, Refusal.ReceiverFrozen)
    comes_home = order.is_own_move and asset.home_domain == ledger.domain
    rules.check_receiver(findings, ledger, asset, receiver, now, lapse_allowed=comes_home)
    if not formed:
        return None
    check_authorised(findings, asset, asset.supply + order.amount)
    lots = _check_entry(findings, asset, receiver, order, now)
    return _Arriving(asset, account, investor, lots)


def _check_entry(findings: Findings, asset: Asset, receiver: Holder, order: TransferOrder, now: int) -> tuple[Lot, ...]:
    """Places, limit, quota and pair rule. To oneself limit and seat travel along, so neither is asked."""
    if order.is_own_move:
        rules.check_places(findings, receiver, order.lots, now)
        if receiver.has_record and not order.seat:
            rules.check_quota(findings, asset, receiver)
        return order.lots
    giver = asset.holder(present(asset, order.from_investor))
    lots = rules.check_pair(findings, asset, giver, receiver, order.amount, now, known=giver.has_record)
    if receiver.has_record:
        rules.check_room(findings, receiver, order.amount)
        rules.check_quota(findings, asset, receiver)
    return lots


def _arrive(ledger: Ledger, now: int, order: TransferOrder, arriving: _Arriving) -> Ledger:
    asset, investor, amount = arriving.asset, arriving.investor, order.amount
    receiver = rules.credited(asset.holder(investor), arriving.lots, now)
    if order.is_own_move:
        receiver = receiver.with_limit(receiver.word.limit + amount)
    if order.seat:
        asset = asset.with_quota(order.seat, 1)
    asset = change_balance(asset.with_holder(investor, receiver), arriving.account, amount)
    ledger = ledger.with_asset(replace(asset, supply=asset.supply + amount))
    crossing = ledger.crossings[order.source, order.asset]
    crossing = replace(_spent_in(crossing, amount, now), arrived=crossing.arrived + amount)
    return ledger.with_crossing(order.source, order.asset, crossing)


def _spent_in(crossing: Crossing, amount: int, now: int) -> Crossing:
    """What may arrive shrinks; what may leave grows by as much (back-flow)."""
    if not crossing.inbound.is_set:
        return crossing
    return replace(
        crossing,
        in_spent=crossing.in_spent.spend(crossing.inbound, amount, now),
        out_spent=crossing.out_spent.give_back(crossing.outbound, amount, now),
    )


def _check_shape(findings: Findings, order: TransferOrder) -> bool:
    """AmountZero, AmountTooLarge, Malformed: investors, lots, locked lots to another, a seat to another."""
    form = Findings()
    rules.check_investor_id(form, order.from_investor, order.to_investor)
    rules.check_lots(form, order.lots)
    if not order.is_own_move:
        form.malformed_if(rules.locked_count(order.lots) > 0, MalformedAt.LOTS)
        form.malformed_if(order.seat != 0, MalformedAt.SEAT)
    for reason in form.reasons:
        findings.refuse(Refusal(reason.code), reason.a, reason.b, reason.c)
    return not form.failed()


def _check_route(findings: Findings, ledger: Ledger, order: TransferOrder) -> bool:
    """DomainMismatch: the order is for another chain, or comes from none that this one has a lane to."""
    if order.destination != ledger.domain:
        findings.refuse(Refusal.DomainMismatch, order.destination, ledger.domain)
        return False
    if order.source not in ledger.lanes:
        findings.refuse(Refusal.DomainMismatch, order.source, 0)
        return False
    return True


def _outcome(ledger: Ledger, order: TransferOrder) -> int:
    return ledger.outcomes.get((order.source, order.nonce), Outcome.NONE)


def _with_outcome(ledger: Ledger, order: TransferOrder, outcome: Outcome) -> Ledger:
    return replace(ledger, outcomes=with_entry(ledger.outcomes, (order.source, order.nonce), int(outcome)))
