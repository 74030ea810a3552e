"""What must hold over both chains after every operation, whatever it was (promises P1, P2, P5).

They are said of the model; the chains are held to the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from bridge.audit import Reading, audit_asset
from bridge.ledger import Asset, Ledger
from bridge.ledger.forwarding import present
from bridge.types import ZERO32, LaneFlow, Lot, Outcome
from tests.differential.scene import CHAINS, SUBSTRATE

LOOSENING = frozenset({"release_lots", "redeem"})
"""What may take a lock away: the lawful release, and the end of the tokens themselves."""
OVERRULING = frozenset({"force_transfer", "batch", "replace_investor", "bind"})
"""What may leave someone above a cap: a court's order, and the oracle that lowers it or moves a class."""

Ledgers = Mapping[str, Ledger]


def breaches(before: Ledgers, after: Ledgers, kind: str, assets: Iterable[bytes], now: int) -> Iterator[str]:
    """Everything that the operation broke."""
    for asset in assets:
        if any(asset not in ledgers[chain].assets for ledgers in (before, after) for chain in CHAINS):
            continue
        yield from _conservation(after, asset)
        for chain in CHAINS:
            yield from _one_chain(after[chain].assets[asset])
            yield from _caps(before[chain].assets[asset], after[chain].assets[asset], kind)
        yield from _seats(after, asset)
        if kind not in LOOSENING:
            yield from _locks(before, after, asset, now)
    for chain in CHAINS:
        yield from _signers(before[chain], after[chain], kind)


def _conservation(ledgers: Ledgers, asset: bytes) -> Iterator[str]:
    """Promise P1, by the audit that also watches the chains."""
    home = next(ledgers[chain].assets[asset].home_domain for chain in CHAINS)
    first, later = ([_reading(ledgers[chain], asset, read) for chain in CHAINS] for read in (0, 1))
    for breach in audit_asset(home, first, later).breaches:
        yield f"conservation: {breach.kind.value}, have {breach.have}, need {breach.need}"


def _reading(ledger: Ledger, asset: bytes, read: int) -> Reading:
    known = ledger.assets[asset]
    flows = tuple(
        LaneFlow(lane, crossing.sent, crossing.refunded, crossing.arrived)
        for (lane, crossed), crossing in ledger.crossings.items()
        if crossed == asset
    )
    return Reading(ledger.domain, read, known.supply, known.issued, known.redeemed, flows)


def _one_chain(asset: Asset) -> Iterator[str]:
    """Accounts sum to positions, positions to the supply; the counts are what one counts; places are enough."""
    held: Counter[bytes] = Counter()
    for account in asset.accounts.values():
        held[present(asset, account.investor)] += account.balance
        if account.balance < 0:
            yield "a balance below zero"
    if held[ZERO32]:
        yield "an unbound account holds tokens"
    for investor, holder in asset.holders.items():
        if holder.total != held[investor]:
            yield f"an investor's accounts hold {held[investor]}, the position {holder.total}"
        if len(holder.lots) + holder.reserved > 32 and len(holder.lots) > 1:
            yield "more lots than places"
        if min(holder.free, holder.in_flight, holder.reserved, holder.orders, holder.frozen) < 0:
            yield "a part of a position below zero"
    if asset.supply != sum(held.values()):
        yield "positions are not the supply"
    counted = Counter(holder.class_ for holder in asset.holders.values() if holder.used > 0)
    if any(count.holders != counted[class_] for class_, count in asset.classes.items()):
        yield "a class counts others than those who hold"


def _caps(before: Asset, after: Asset, kind: str) -> Iterator[str]:
    """Nobody passes a cap by an act of their own: what is above it was above it, or was put there by order."""
    if kind in OVERRULING:
        return
    for investor, holder in after.holders.items():
        room = before.holder(investor).room
        if holder.room < min(0, room):
            yield f"an investor's room fell from {room} to {holder.room} by {kind}"
    for class_, count in after.classes.items():
        known = before.class_count(class_)
        # At settlement a seat leaves that its owner took again meanwhile: two chains count one investor twice, never none.
        if kind != "settle" and count.holders - count.quota > max(0, known.holders - known.quota):
            yield f"class {class_} passed its quota by {kind}"


def _seats(ledgers: Ledgers, asset: bytes) -> Iterator[str]:
    """A seat on its way is on one chain or on the other: delivered and not yet settled, it is counted on both."""
    for chain in CHAINS:
        ledger = ledgers[chain]
        for order in ledger.flights.values():
            if order.asset == asset and order.seat and order.from_investor != order.to_investor:
                yield "a seat travels to somebody else"


def _signers(before: Ledger, after: Ledger, kind: str) -> Iterator[str]:
    """Who signs changes only by activation, one set after the other; what was struck signs nowhere; a key has one role."""
    signing: list[bytes] = []
    for role, known in after.signers.items():
        old, new = before.signers[role].sets.current, known.sets.current
        signing += new.signers
        if kind == "activate_signers" and new.id == old.id + 1:
            if len(new.signers) < new.threshold:
                yield f"role {role} got a set that can't sign"
        elif (new.id, new.threshold) != (old.id, old.threshold) or not set(new.signers) <= set(old.signers):
            yield f"the signers of role {role} changed by {kind}"
        sets = (new, known.sets.previous, known.pending.set if known.pending else None)
        if any(not after.struck.isdisjoint(one.signers) for one in sets if one is not None):
            yield f"a struck signer is in a set of role {role}"
    if len(signing) != len(set(signing)):
        yield "one key signs in both roles"


def _locks(before: Ledgers, after: Ledgers, asset: bytes, now: int) -> Iterator[str]:
    """Promise P2: at every second to come, at least as much is locked as before, over both chains and all flights."""
    old, new = _lots(before, asset), _lots(after, asset)
    for moment in {now, *(lot.unlocks_at - 1 for lot in old)}:
        was, is_ = _locked(old, moment, now), _locked(new, moment, now)
        if is_ < was:
            yield f"{was - is_} tokens unlock before {moment} that were locked until later"


def _lots(ledgers: Ledgers, asset: bytes) -> list[Lot]:
    lots = [lot for chain in CHAINS for holder in ledgers[chain].assets[asset].holders.values() for lot in holder.lots]
    for chain in CHAINS:
        for order in ledgers[chain].flights.values():
            there = ledgers[_there(ledgers, order.destination)].outcomes.get((order.source, order.nonce))
            if order.asset == asset and there != Outcome.DELIVERED:
                lots += order.lots
    return lots


def _locked(lots: Iterable[Lot], moment: int, now: int) -> int:
    return sum(lot.amount for lot in lots if lot.unlocks_at > max(moment, now))


def _there(ledgers: Ledgers, domain: bytes) -> str:
    return next((chain for chain in CHAINS if ledgers[chain].domain == domain), SUBSTRATE)
