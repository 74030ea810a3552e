"""What the command line shows of the chains, as plain data for JSON and tables.

Every read is pinned to one block per chain. Amounts are integers in base units, times UTC epoch seconds, bytes 0x-hex.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.eligibility import EligibilityWord
from bridge.refusals import cure, name, sentence, values
from bridge.types import Lot, RateInfo, Reason, TransferOrder
from chains.base import BlockRef, Chain, TxRef
from chains.views import Views

Document = dict[str, Any]


def hexed(data: bytes) -> str:
    """Bytes as 0x-hex."""
    return "0x" + data.hex()


def lot_document(lot: Lot) -> Document:
    """One lot."""
    return {"amount": lot.amount, "acquired_at": lot.acquired_at, "unlocks_at": lot.unlocks_at}


def quotas_document(views: Views, asset: bytes, classes: Mapping[str, int]) -> Document:
    """{class name: its quota and holders on this chain}."""
    counts = {name: views.quota_of(asset, number) for name, number in classes.items()}
    return {name: {"quota": count.quota, "holders": count.holders} for name, count in counts.items()}


def velocity_document(views: Views, asset: bytes) -> Document:
    """How much one investor may send on."""
    velocity = views.velocity_of(asset)
    return {"capacity": velocity.capacity, "rate": velocity.rate}


def rates_document(views: Views, lane: bytes, asset: bytes) -> Document:
    """Both rate limits of an asset on a lane."""
    rates = views.rate_of(lane, asset)
    return {"outbound": _rate_document(rates.outbound), "inbound": _rate_document(rates.inbound)}


def _rate_document(rate: RateInfo) -> Document:
    return {"capacity": rate.capacity, "rate": rate.rate, "available": rate.available}


def position_document(chain: Chain, asset: bytes, investor: bytes, at: BlockRef) -> Document:
    """A position on one chain in the state of one block: free, every lot, in flight, and the eligibility that goes with it."""
    views = chain.views(at)
    position = views.position_of(asset, investor)
    word = EligibilityWord.unpack(views.eligibility_of(asset, investor))
    return {
        "free": position.free,
        "lots": [lot_document(lot) for lot in position.lots],
        "in_flight": position.in_flight,
        "total": position.free + sum(lot.amount for lot in position.lots),
        "eligible_until": word.valid_until,
        "permissions": int(word.permissions),
        "block": at.number,
    }


def positions_document(chains: Mapping[str, Chain], asset: bytes, investors: Mapping[str, bytes]) -> Document:
    """{chain: {who: position}}, each chain read at its newest block."""
    result: Document = {}
    for chain_name, chain in chains.items():
        at = chain.head()
        result[chain_name] = {who: position_document(chain, asset, investor, at) for who, investor in investors.items()}
    return result


def reason_document(reason: Reason) -> Document:
    """One failing rule: number, name, values, the sentence for people and what would cure it."""
    return {
        "code": reason.code,
        "name": name(reason.code),
        "values": {key: str(value) for key, value in values(reason).items()},
        "sentence": sentence(reason),
        "cure": cure(reason),
    }


def order_document(order_id: bytes, order: TransferOrder) -> Document:
    """An order with all its fields."""
    return {
        "order_id": hexed(order_id),
        "source": hexed(order.source),
        "destination": hexed(order.destination),
        "nonce": order.nonce,
        "asset": hexed(order.asset),
        "terms": order.terms,
        "from_investor": hexed(order.from_investor),
        "to_investor": hexed(order.to_investor),
        "sender": hexed(order.sender),
        "recipient": hexed(order.recipient),
        "lots": [lot_document(lot) for lot in order.lots],
        "amount": order.amount,
        "seat": order.seat,
        "initiated_at": order.initiated_at,
        "deadline": order.deadline,
    }


def tx_document(tx: TxRef) -> Document:
    """A transaction: which chain, its id there, and its block."""
    return {
        "chain": tx.chain,
        "transaction": tx.place,
        "hash": tx.hash,
        "block": tx.block.number,
        "time": tx.block.time,
    }
