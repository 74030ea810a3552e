"""The source's side of a crossing: orders leave, and are settled by a receipt.

A settlement's signatures are asked last, after every rule that needs none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge import lots as arithmetic
from bridge.buckets import EMPTY, SHARE_DIVISOR
from bridge.digests import digest_order
from bridge.domains import is_account
from bridge.ledger import rules
from bridge.ledger.findings import Findings
from bridge.ledger.forwarding import investor_of, landing, present
from bridge.ledger.signers import Signatures, check_quorum
from bridge.ledger.state import Asset, Crossing, Done, Event, Holder, Lane, Ledger, with_entry, without_entry
from bridge.ledger.transfers import change_balance
from bridge.refusals import MalformedAt, Refusal
from bridge.types import (
    MAX_IN_FLIGHT,
    MAX_LOTS,
    ZERO32,
    AccountKind,
    InitiateRequest,
    Lot,
    Outcome,
    PauseBit,
    Permission,
    Role,
    TransferOrder,
    TransferReceipt,
)


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A departure that may go: the investor, their position without the lots, and the lots in the form of an order."""

    investor: bytes
    rest: Holder
    lots: tuple[Lot, ...]


def initiate(ledger: Ledger, now: int, caller: bytes, request: InitiateRequest) -> Done:
    """Send lots of the caller to an account on another chain. Refused."""
    findings = Findings()
    rules.check_investor_id(findings, request.to_investor)
    formed = _check_named(findings, request.lots)
    asset = rules.check_asset(findings, ledger, request.asset, PauseBit.INITIATE)
    lane, crossing = ledger.lanes.get(request.destination), ledger.crossings.get((request.destination, request.asset))
    _check_lane(findings, lane, crossing, request, now)
    leaving = None
    if asset is not None:
        investor = investor_of(asset, caller)
        leaving = _check_sender(findings, asset, caller, investor, request, now, formed=formed)
        if formed and crossing is not None:
            _check_rate(findings, crossing, investor, arithmetic.total(request.lots), now)
    if asset is None or lane is None or crossing is None or leaving is None or findings.failed():
        raise findings.refusal()
    order = _order(ledger, now, caller, asset, lane, request, leaving)
    return _depart(ledger, asset, crossing, order, leaving, now)


def settle(
    ledger: Ledger, now: int, order: TransferOrder, receipt: TransferReceipt, signatures: Signatures | None = None
) -> Done:
    """End an order by the destination's outcome: the flight ends, or the very lots come back. Refused."""
    findings = Findings()
    findings.refuse_if(bool(ledger.pause & PauseBit.SETTLE), Refusal.Paused, ledger.pause)
    place = (order.destination, order.nonce)
    known = ledger.flights.get(place) == order and receipt.order == digest_order(order)
    findings.refuse_if(not known, Refusal.InFlightUnknown, receipt.order)
    findings.malformed_if(not Outcome.DELIVERED <= receipt.outcome <= Outcome.EXPIRED, MalformedAt.OUTCOME)
    findings.enforce()
    check_quorum(ledger, now, Role.ATTESTOR, signatures)
    asset = ledger.assets[order.asset]
    crossing = ledger.crossings[order.destination, order.asset]
    if receipt.outcome == Outcome.DELIVERED:
        asset = _delivered(asset, order)
    else:
        asset, crossing = _refunded(asset, order, now), _counted_back(crossing, order, now)
    ledger = replace(ledger, flights=without_entry(ledger.flights, place))
    ledger = ledger.with_asset(asset).with_crossing(order.destination, order.asset, crossing)
    told = {"order_id": receipt.order, "lane": order.destination, "nonce": order.nonce}
    return Done(ledger, (Event.of("OrderSettled", **told, outcome=receipt.outcome, reason=receipt.reason),))


def _check_named(findings: Findings, lots: Sequence[Lot]) -> bool:
    """The form of a request's lots, and not more locked ones than a position holds."""
    formed = rules.check_lots(findings, lots)
    named = rules.locked_count(lots)
    findings.refuse_if(named > MAX_LOTS, Refusal.TooManyLots, named, MAX_LOTS)
    return formed and named <= MAX_LOTS


def _check_lane(
    findings: Findings, lane: Lane | None, crossing: Crossing | None, request: InitiateRequest, now: int
) -> None:
    """The rules of the lane; of one that is not open nothing can be said."""
    if lane is None:
        findings.refuse(Refusal.LaneUnknown, request.destination)
        return
    findings.refuse_if(bool(lane.pause & PauseBit.INITIATE), Refusal.Paused, lane.pause)
    findings.refuse_if(crossing is None, Refusal.AssetUnknown, request.asset)
    shaped = is_account(AccountKind(lane.account_kind), request.recipient)
    findings.refuse_if(not shaped, Refusal.RecipientMalformed, request.recipient)
    earliest, latest = now + lane.min_flight, now + lane.max_flight
    findings.refuse_if(not earliest <= request.deadline <= latest, Refusal.DeadlineRange, earliest, latest)


def _check_sender(
    findings: Findings,
    asset: Asset,
    caller: bytes,
    investor: bytes,
    request: InitiateRequest,
    now: int,
    *,
    formed: bool,
) -> _Leaving | None:
    """The rules about the sender, the position and the lots; what leaves when they can be taken."""
    account, total = asset.account(caller), arithmetic.total(request.lots)
    if formed:
        findings.refuse_if(account.balance < total, Refusal.InsufficientBalance, account.balance, total)
    if not account.is_bound:
        findings.refuse(Refusal.SenderUnbound, caller)
        return None
    sender = asset.holder(investor)
    rules.check_sender_may(findings, sender, Permission.SEND, Refusal.SenderBlocked)
    rules.check_sender_may(findings, sender, Permission.BRIDGE, Refusal.BridgeNotPermitted)
    rules.check_frozen(findings, account, sender, Refusal.SenderFrozen)
    findings.refuse_if(sender.orders >= MAX_IN_FLIGHT, Refusal.TooManyInFlight, MAX_IN_FLIGHT)
    if not formed:
        return None
    own = request.to_investor == investor
    if not own:
        rules.check_velocity(findings, asset, sender, total, now)
    if account.balance < total:
        return None
    rules.check_frozen_amount(findings, sender, total)
    return _take(findings, sender, investor, request.lots, now, own=own)


def _take(
    findings: Findings, sender: Holder, investor: bytes, wanted: Sequence[Lot], now: int, *, own: bool
) -> _Leaving | None:
    """LotsLocked, else LotUnknown, else TooManyLots: splitting a lot needs a place, for its parts may meet again."""
    held = sender.folded(now)
    demand = arithmetic.total(lot for lot in wanted if arithmetic.is_due(lot, now))
    locked = any(not arithmetic.is_due(lot, now) for lot in wanted)
    if locked and not own and demand <= held.free:
        total, next_unlock = arithmetic.total(wanted), arithmetic.next_unlock(held.lots)
        findings.refuse(Refusal.LotsLocked, held.free, next_unlock, total)
        return None
    taken = rules.take_own(findings, held, wanted, now)
    if taken is None:
        return None
    rest, lots = taken
    would_be = len(rest.lots) + rest.reserved + rules.locked_count(lots)
    findings.refuse_if(would_be > MAX_LOTS, Refusal.TooManyLots, would_be, MAX_LOTS)
    return _Leaving(investor, rest, lots)


def _check_rate(findings: Findings, crossing: Crossing, investor: bytes, amount: int, now: int) -> None:
    """RateLimited: by what leaves on the lane, or by the investor's share of it."""
    if not crossing.outbound.is_set:
        return
    asked = [crossing.out_spent.ask(crossing.outbound, amount, now)]
    if investor != ZERO32:
        share = crossing.shares.get(investor, EMPTY)
        asked.append(share.ask(crossing.outbound, amount, now, SHARE_DIVISOR))
    wait, available = max(answer.wait for answer in asked), min(answer.available for answer in asked)
    findings.refuse_if(wait > 0, Refusal.RateLimited, wait, available)


def _order(
    ledger: Ledger, now: int, caller: bytes, asset: Asset, lane: Lane, request: InitiateRequest, leaving: _Leaving
) -> TransferOrder:
    # The seat travels with the last lot: who leaves nothing here takes the place in the class along.
    last = leaving.rest.total == 0 and leaving.rest.orders == 0
    own = request.to_investor == leaving.investor
    return TransferOrder(
        source=ledger.domain,
        destination=request.destination,
        nonce=lane.next_nonce,
        asset=asset.id,
        terms=asset.terms.terms,
        from_investor=leaving.investor,
        to_investor=request.to_investor,
        sender=caller,
        recipient=request.recipient,
        lots=leaving.lots,
        seat=leaving.rest.class_ if own and last else 0,
        initiated_at=now,
        deadline=request.deadline,
    )


def _depart(
    ledger: Ledger, asset: Asset, crossing: Crossing, order: TransferOrder, leaving: _Leaving, now: int
) -> Done:
    rest, amount = leaving.rest, order.amount
    if not order.is_own_move and asset.velocity.is_set:
        rest = replace(rest, spent=rest.spent.spend(asset.velocity, amount, now))
    rest = replace(
        rest,
        in_flight=rest.in_flight + amount,
        reserved=rest.reserved + rules.locked_count(order.lots),
        orders=rest.orders + 1,
    )
    asset = change_balance(asset.with_holder(leaving.investor, rest), order.sender, -amount)
    asset = replace(asset, supply=asset.supply - amount)
    crossing = replace(_spent_out(crossing, leaving.investor, amount, now), sent=crossing.sent + amount)
    lane, place = ledger.lanes[order.destination], (order.destination, order.nonce)
    lanes = with_entry(ledger.lanes, order.destination, replace(lane, next_nonce=order.nonce + 1))
    ledger = replace(ledger, lanes=lanes, flights=with_entry(ledger.flights, place, order))
    ledger = ledger.with_asset(asset).with_crossing(order.destination, order.asset, crossing)
    told = {"order_id": digest_order(order), "lane": order.destination, "nonce": order.nonce, "order": order}
    return Done(ledger, (Event.of("OrderInitiated", **told),))


def _spent_out(crossing: Crossing, investor: bytes, amount: int, now: int) -> Crossing:
    """Both buckets of what leaves grow; what may arrive grows by as much (back-flow)."""
    if not crossing.outbound.is_set:
        return crossing
    share = crossing.shares.get(investor, EMPTY).spend(crossing.outbound, amount, now, SHARE_DIVISOR)
    return replace(
        crossing,
        out_spent=crossing.out_spent.spend(crossing.outbound, amount, now),
        in_spent=crossing.in_spent.give_back(crossing.inbound, amount, now),
        shares=with_entry(crossing.shares, investor, share),
    )


def _counted_back(crossing: Crossing, order: TransferOrder, now: int) -> Crossing:
    """A refund is counted, and gives back what its departure took of the limits, to the investor that the order names."""
    crossing = replace(crossing, refunded=crossing.refunded + order.amount)
    if not crossing.outbound.is_set:
        return crossing
    share = crossing.shares.get(order.from_investor, EMPTY)
    share = share.give_back(crossing.outbound, order.amount, now, SHARE_DIVISOR)
    return replace(
        crossing,
        out_spent=crossing.out_spent.give_back(crossing.outbound, order.amount, now),
        shares=with_entry(crossing.shares, order.from_investor, share),
    )


def _landed(asset: Asset, order: TransferOrder) -> tuple[bytes, Holder]:
    """The sender's present investor, with the flight over."""
    investor = present(asset, order.from_investor)
    holder = asset.holder(investor)
    return investor, replace(
        holder,
        in_flight=holder.in_flight - order.amount,
        reserved=holder.reserved - rules.locked_count(order.lots),
        orders=holder.orders - 1,
    )


def _delivered(asset: Asset, order: TransferOrder) -> Asset:
    """The flight ended over there. To oneself the limit travelled along, and the seat with the last lot."""
    investor, holder = _landed(asset, order)
    if order.is_own_move:
        holder = holder.with_limit(holder.word.limit - order.amount)
    if order.seat:
        asset = asset.with_quota(order.seat, -1)
    return asset.with_holder(investor, holder)


def _refunded(asset: Asset, order: TransferOrder, now: int) -> Asset:
    """The very lots are back, whatever the rules say by now; the nearest merge where there is no place."""
    investor, holder = _landed(asset, order)
    asset = asset.with_holder(investor, rules.credited(holder, order.lots, now, fit=True))
    asset = change_balance(asset, landing(asset, order.sender), order.amount)
    return replace(asset, supply=asset.supply + order.amount)
