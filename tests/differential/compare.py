"""What the views show, read from the book and from a chain under the same keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge import lots as arithmetic
from bridge.buckets import Bucket, Flow
from bridge.digests import digest_order
from bridge.ledger import Asset, Ledger
from bridge.ledger.forwarding import investor_of
from bridge.types import ZERO32, LaneFlow, RateInfo, Role
from chains.views import Views
from tests.differential.scene import ACCOUNTS, CLASSES, PEOPLE, ROLES, Scene, other

Key = tuple[Any, ...]


def keys(scene: Scene, ledger: Ledger, chain: str) -> Iterator[Key]:
    """Everything that the views of a chain can be asked in this scene."""
    yield from (("clock",), ("lane",))
    for signing in Role:
        yield from (("signers", signing), ("next signers", signing))
    for role in ROLES:
        if scene.asset(chain, role) not in ledger.assets:
            continue
        for what in ("terms", "supply", "rate", "velocity", "pairs", "documents", "releases"):
            yield what, role
        for name in ACCOUNTS:
            yield from (("account", role, name), ("moved", role, name))
        for name in PEOPLE:
            for what in ("position", "limit", "word", "frozen", "successor"):
                yield what, role, name
        for class_ in CLASSES:
            yield "quota", role, class_
    for place in range(len(scene.orders[chain])):
        yield "flight", place
    for place in range(len(scene.orders[other(chain)])):
        yield "outcome", place


def in_book(scene: Scene, ledger: Ledger, chain: str, now: int, key: Key) -> object:
    """What the book shows under a key."""
    match key:
        case ("clock",):
            return ledger.last_batch, ledger.issued_at, ledger.pause, now
        case ("lane",):
            lane = ledger.lanes.get(scene.domains[other(chain)])
            if lane is None:
                return False, 0, 0, 0, 0, 0
            return True, lane.account_kind, lane.min_flight, lane.max_flight, lane.next_nonce, lane.pause
        case ("signers", signing):
            sets = ledger.signers[signing].sets
            return sets.current, sets.previous.id if sets.previous else 0, sets.grace_ends
        case ("next signers", signing):
            pending = ledger.signers[signing].pending
            return (pending.set, pending.eta) if pending else None
        case ("flight", place):
            order = scene.orders[chain][place]
            flying = (order.destination, order.nonce) in ledger.flights
            return digest_order(order) if flying else None
        case ("outcome", place):
            order = scene.orders[other(chain)][place]
            return ledger.outcomes.get((order.source, order.nonce), 0)
        case (what, role, *rest):
            asset = ledger.assets[scene.asset(chain, role)]
            if what in ("supply", "rate"):
                return _crossing_in_book(scene, ledger, chain, asset, now, what)
            return _asset_in_book(scene, chain, role, asset, now, what, *rest)
    raise KeyError(key)


def _crossing_in_book(scene: Scene, ledger: Ledger, chain: str, asset: Asset, now: int, what: str) -> object:
    lane = scene.domains[other(chain)]
    crossing = ledger.crossings.get((lane, asset.id))
    if what == "rate":
        if crossing is None:
            return RateInfo(0, 0, 0), RateInfo(0, 0, 0)
        return _rate(crossing.outbound, crossing.out_spent, now), _rate(crossing.inbound, crossing.in_spent, now)
    flows = () if crossing is None else (LaneFlow(lane, crossing.sent, crossing.refunded, crossing.arrived),)
    return asset.supply, asset.issued, asset.redeemed, flows


def _rate(flow: Flow, spent: Bucket, now: int) -> RateInfo:
    return RateInfo(flow.capacity, flow.rate, spent.available(flow, now) if flow.is_set else 0)


def _asset_in_book(scene: Scene, chain: str, role: str, asset: Asset, now: int, what: str, *rest: Any) -> object:
    match what:
        case "terms":
            return asset.terms, asset.pause
        case "velocity":
            return asset.velocity.capacity, asset.velocity.rate
        case "pairs":
            return asset.pairs
        case "documents":
            return tuple((name, held.uri, held.hash, held.at) for name, held in sorted(asset.documents.items()))
        case "releases":
            return tuple(sorted(asset.releases.items()))
        case "quota":
            count = asset.class_count(rest[0])
            return count.quota, count.holders
        case "account":
            account = scene.account(chain, rest[0])
            record = asset.account(account)
            return investor_of(asset, account), record.balance, int(record.is_frozen)
        case "moved":
            moved = asset.account(scene.account(chain, rest[0])).moved_to
            return None if moved == ZERO32 else moved
    investor = scene.investor(chain, role, rest[0])
    holder = asset.holder(investor)
    match what:
        case "successor":
            return asset.successors.get(investor)
        case "word":
            return holder.word.pack() if holder.has_record else holder.word.pack() & (2**128 - 1)
        case "limit":
            return holder.word.limit, holder.used, holder.room
        case "frozen":
            return holder.frozen
        case _:
            held = holder.folded(now)
            return held.free, held.lots, held.in_flight, held.reserved, held.orders, int(held.flags)


def on_chain(scene: Scene, views: Views, ledger: Ledger, chain: str, now: int, key: Key) -> object:
    """What a chain's views show under a key. The model is asked only for which releases to ask about."""
    match key:
        case ("clock",):
            clock = views.clock()
            return clock.number, clock.issued_at, clock.pause, clock.time
        case ("lane",):
            lane = views.lane_info(scene.domains[other(chain)])
            return lane.open, lane.account_kind, lane.min_flight, lane.max_flight, lane.next_nonce, lane.pause
        case ("signers", signing):
            sets = views.signer_set(signing)
            return sets.current, sets.previous_id, sets.grace_ends
        case ("next signers", signing):
            pending = views.pending_signers(signing)
            return (pending.proposed, pending.eta) if pending else None
        case ("flight", place):
            order = scene.orders[chain][place]
            return views.order_at(order.destination, order.nonce)
        case ("outcome", place):
            order = scene.orders[other(chain)][place]
            return views.outcome_of(order.source, order.nonce)
        case (what, role, *rest):
            asset = scene.asset(chain, role)
            known = ledger.assets[asset]
            return _asset_on_chain(scene, views, chain, role, known, now, what, *rest)
    raise KeyError(key)


def _asset_on_chain(
    scene: Scene, views: Views, chain: str, role: str, known: Asset, now: int, what: str, *rest: Any
) -> object:
    asset, lane = known.id, scene.domains[other(chain)]
    match what:
        case "terms":
            info = views.asset_info(asset)
            return None if info is None else (info.terms, info.pause & ~views.clock().pause | known.pause & info.pause)
        case "supply":
            supply = views.supply_of(asset)
            flows = tuple(flow for flow in supply.lanes if flow.lane == lane)
            return supply.supply, supply.issued, supply.redeemed, flows
        case "rate":
            rates = views.rate_of(lane, asset)
            return rates.outbound, rates.inbound
        case "velocity":
            velocity = views.velocity_of(asset)
            return velocity.capacity, velocity.rate
        case "pairs":
            return views.pair_rules(asset)
        case "documents":
            found = ((name, views.document_of(asset, name)) for name in views.documents_of(asset))
            return tuple((name, held.uri, held.hash, held.updated_at) for name, held in found if held is not None)
        case "releases":
            return tuple((release, views.release_of(asset, release)) for release in sorted(known.releases))
        case "quota":
            quota = views.quota_of(asset, rest[0])
            return quota.quota, quota.holders
        case "account":
            account = views.account_of(asset, scene.account(chain, rest[0]))
            return account.investor, account.balance, account.flags
        case "moved":
            return views.moved_to(asset, scene.account(chain, rest[0]))
    investor = scene.investor(chain, role, rest[0])
    match what:
        case "successor":
            return views.successor_of(asset, investor)
        case "word":
            return views.eligibility_of(asset, investor)
        case "limit":
            limit = views.limit_of(asset, investor)
            return limit.limit, limit.used, limit.room
        case "frozen":
            return views.frozen_of(asset, investor)
        case _:
            held = views.position_of(asset, investor)
            # When a due lot is folded is each chain's own matter: both sides are folded now.
            free, lots, _ = arithmetic.fold(held.free, held.lots, now)
            return free, lots, held.in_flight, held.reserved_lots, held.orders, held.flags
