"""Thin drivers: one call of the book becomes one transaction on a chain, and what the chain says comes back in the book's words.

A driver submits, the manual clock makes the block, the driver collects. Nothing is read from the model here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge import digests
from bridge.ledger import Event, Signatures
from bridge.ledger.state import Asset
from bridge.refusals import Refusal
from bridge.types import Reason, Rejection
from bridge.wire import WireStruct, wire_fields
from chains.base import (
    BlockRef,
    ChainEvent,
    OrderDelivered,
    OrderInitiated,
    OrderRefused,
    OrderRejected,
    OrderSettled,
    TxRef,
)
from chains.views import AssetParams
from tests.differential.scene import Call
from tests.differential.signing import bytes_of

NOWHERE = TxRef("", "", BlockRef(0, b"", 0))
UNTOLD = frozenset({"LotsFolded"})
"""A lot is due or not by time alone; when it is folded is each chain's own matter."""

SETTINGS = {"LaneOpened": ("lane",), "AssetOpened": ("lane", "asset"), "AssetRegistered": ("asset",)}
"""Events of setting up that nobody but this test reads, and their fields that both chains have."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a chain said of a call: the lowest failing rule (0: done), with its values where the chain tells them; the events."""

    code: int
    events: tuple[Event, ...] = ()
    reason: Reason | None = None


class DriverError(AssertionError):
    """A chain did something that is neither a refusal nor success: an error of its own, or of the driver."""


def signed_part(call: Call, domain: bytes) -> tuple[int, list[bytes]] | None:
    """The set that a call names and its signatures; None for a call that needs none."""
    given: Signatures | None = call.args.get("signatures")
    return None if given is None else (given.set, bytes_of(given, _digest(call, domain)))


def _digest(call: Call, domain: bytes) -> bytes:
    """What the signers of a call sign."""
    args = call.args
    match call.name:
        case "submit_batch":
            return digests.digest_batch(args["batch"], domain)
        case "bind":
            return digests.digest_permit(args["permit"], domain)
        case "deliver":
            return digests.digest_approval(args["approval"], domain)
        case "reject":
            return digests.digest_rejection(Rejection(digests.digest_order(args["order"]), args["reason"]), domain)
        case "settle":
            return digests.digest_receipt(args["receipt"], domain)
        case "propose_signers_signed":
            return digests.digest_signer_set(args["proposal"], domain)
    raise DriverError(f"nobody signs {call.name}")


def params_of(args: Mapping[str, Any]) -> AssetParams:
    """What an asset is registered with."""
    asset: Asset = args["asset"]
    salt = args["salt"]
    return AssetParams(asset.home_domain, args["issuer"], salt, asset.terms, asset.pairs, args["name"], args["symbol"])


def order_event(event: ChainEvent) -> Event:
    """An order's event in the book's words."""
    match event:
        case OrderInitiated(order_id, order):
            told = {"order_id": order_id, "lane": order.destination, "nonce": order.nonce}
            return Event.of("OrderInitiated", **told, order=order)
        case OrderDelivered(order_id, source, nonce, decided_at):
            return Event.of("OrderDelivered", order_id=order_id, source=source, nonce=nonce, decided_at=decided_at)
        case OrderRejected(order_id, source, nonce, outcome, reason, decided_at):
            told = {"order_id": order_id, "source": source, "nonce": nonce}
            return Event.of("OrderRejected", **told, outcome=outcome, reason=reason, decided_at=decided_at)
        case OrderRefused(order_id, source, nonce, code):
            return Event.of("OrderRefused", order_id=order_id, source=source, nonce=nonce, code=code)
        case OrderSettled(order_id, lane, nonce, outcome, reason):
            told = {"order_id": order_id, "lane": lane, "nonce": nonce}
            return Event.of("OrderSettled", **told, outcome=outcome, reason=reason)
    raise DriverError(f"an unknown event {event!r}")


def told_event(event: WireStruct) -> Event | None:
    """Any other event in the book's words; None for one that the book does not tell."""
    name = type(event).__name__
    if name in UNTOLD:
        return None
    fields = {field.name: getattr(event, field.name) for field in wire_fields(type(event))}
    return Event.of(name, **fields)


def lowest(reasons: Sequence[Reason]) -> str:
    """Reasons for people."""
    return ", ".join(f"{Refusal(reason.code).name}({reason.a}, {reason.b}, {reason.c})" for reason in reasons) or "done"
