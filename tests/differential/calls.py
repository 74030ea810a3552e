"""How an operation's plain arguments become what a chain is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from eth_utils.crypto import keccak

from bridge.buckets import Flow
from bridge.digests import digest_order
from bridge.ledger import Asset, Ledger, release_id
from bridge.types import (
    ZERO32,
    Action,
    Approval,
    BindingItem,
    BindingPermit,
    EligibilityItem,
    InitiateRequest,
    OracleBatch,
    PairRule,
    QuotaItem,
    SignerSet,
    TransferOrder,
    TransferReceipt,
)
from tests.differential.scene import NOBODY, Call, Op, Scene, kind_of, other
from tests.differential.signing import ROLES as SIGNING_ROLES
from tests.differential.signing import address, signatures


def call_of(scene: Scene, chain: str, now: int, op: Op, ledgers: Mapping[str, Ledger]) -> Call | None:
    """What a chain is asked by an operation; None when the operation means nothing there (no such order)."""
    _, kind, role, args = op
    build = _BUILDERS.get(kind, _plain)
    made = build(_Site(scene, chain, role, now, ledgers), kind, dict(args))
    if made is None:
        return None
    name, given = made
    if name in SIGNING_ROLES or name == "propose_signers_signed":
        signing = SIGNING_ROLES[name] if name in SIGNING_ROLES else given["proposal"].role
        given = {**given, "signatures": signatures(ledgers[chain], signing, args.get("sign"))}
    by = args.get("by", _CALLERS.get(kind, "relayer"))
    return Call(name, scene.account(chain, by), given)


_CALLERS = dict.fromkeys(
    ("issue", "redeem", "freeze_account", "freeze_investor", "freeze_amount", "force_transfer", "recover",
     "replace_investor", "move_lots", "set_document", "remove_document"),
    "controller",
) | dict.fromkeys(
    ("register_asset", "set_terms", "set_velocity", "set_rate", "propose_release", "release_lots", "open_lane",
     "open_asset", "resume", "resume_asset", "resume_lane", "propose_signers"),
    "admin",
) | dict.fromkeys(
    ("pause", "pause_asset", "pause_lane", "cancel_release", "cancel_signers", "retire_signers", "strike_signer"),
    "guardian",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Site:
    scene: Scene
    chain: str
    role: str
    now: int
    ledgers: Mapping[str, Ledger]

    @property
    def asset(self) -> bytes:
        return self.scene.asset(self.chain, self.role)

    @property
    def ledger(self) -> Ledger:
        return self.ledgers[self.chain]

    @property
    def lane(self) -> bytes:
        return self.scene.domains[other(self.chain)]

    def account(self, name: str) -> bytes:
        return self.scene.account(self.chain, name)

    def investor(self, name: str) -> bytes:
        return self.scene.investor(self.chain, self.role, name)

    def order(self, place: int, *, arriving: bool) -> TransferOrder | None:
        orders = self.scene.orders[other(self.chain) if arriving else self.chain]
        return orders[place % len(orders)] if orders else None


Made = tuple[str, dict[str, Any]] | None
_PEOPLE_ARGS = ("investor", "retired", "successor", "to_investor")
_ACCOUNT_ARGS = ("account", "to", "giver", "getter", "lost", "found")


def _plain(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    """Names to bytes, by the name of the argument; the asset in front."""
    args.pop("by", None)
    made: dict[str, Any] = {} if kind in ("pause", "resume") else {"asset": site.asset}
    for name, value in args.items():
        if name in _PEOPLE_ARGS:
            made[name] = site.investor(value)
        elif name in _ACCOUNT_ARGS:
            made[name] = site.account(value)
        elif name in ("lots", "named"):
            made[name] = site.scene.lots(value)
        elif name == "action":
            made[name] = Action(value, keccak(text="document") if value != 9 else ZERO32)
        else:
            made[name] = value
    return kind, made


def _on_lane(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    return kind, {"lane": keccak(text="no lane") if args.get("unknown") else site.lane, "bits": args["bits"]}


def _cancel_release(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    _, made = _plain(site, kind, args) or ("", {})
    return kind, {"asset": site.asset, "proposal": release_id(**made)}


def _document(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    made = {"asset": site.asset, "name": ZERO32 if not args["name"] else keccak(text=args["name"])}
    if kind == "set_document":
        made |= {"uri": args["uri"], "digest": keccak(text=args["uri"])}
    return kind, made


def _terms(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    pairs = tuple(PairRule(*row) for row in args["pairs"])
    if kind == "set_terms":
        return kind, {"asset": site.asset, "terms": site.scene.terms(args), "pairs": pairs}
    home = site.scene.domains[site.scene.home(site.chain, site.role)]
    asset = Asset(site.asset, home, site.scene.terms(args), site.account("controller"), pairs)
    issuer = site.scene.issuer(site.chain, site.role)
    return kind, {"asset": asset, "issuer": issuer, "name": "Differential", "symbol": "DIF", "salt": site.scene.salt}


def _batch(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    ledger, scene, chain = site.ledger, site.scene, site.chain
    lists: dict[str, list[Any]] = {"eligibility": [], "binding": [], "quota": []}
    for form, role, *values in args["items"]:
        asset = scene.asset(chain, role)
        match form:
            case "eligibility":
                name, until, class_, permissions, delta = values
                investor = scene.investor(chain, role, name)
                item = EligibilityItem(asset, investor, max(0, scene.start + until), class_, permissions, delta)
                lists[form].append(item)
            case "binding":
                account, name = values
                lists[form].append(
                    BindingItem(asset, site.account(account), scene.investor(chain, role, name or NOBODY))
                )
            case _:
                lists[form].append(QuotaItem(asset, *values))
    # A chain's clock may be some seconds behind the oracle's, and batches may be as old as the last one.
    issued_at = max(ledger.issued_at, site.now) + args.get("issued", 0)
    number = ledger.last_batch + 1 + args.get("number", 0)
    batch = OracleBatch(max(1, number), issued_at, *(tuple(items) for items in lists.values()))
    return "submit_batch", {"batch": batch}


def _bind(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    expires = site.now + args.get("expires", 600)
    permit = BindingPermit(site.asset, site.account(args["account"]), site.investor(args["investor"]), expires)
    return "bind", {"permit": permit}


def _initiate(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    there = other(site.chain)
    request = InitiateRequest(
        asset=site.asset,
        destination=keccak(text="no lane") if args.get("unknown") else site.lane,
        to_investor=site.investor(args["to_investor"]),
        recipient=site.scene.account(there, args["recipient"]),
        lots=site.scene.lots(args["lots"]),
        deadline=max(0, site.now + args["deadline"]),
    )
    return "initiate", {"request": request}


def _tampered(order: TransferOrder, how: str | None) -> TransferOrder:
    match how:
        case None:
            return order
        case "seat":
            return replace(order, seat=(order.seat + 1) % 4)
        case "terms":
            return replace(order, terms=order.terms + 1)
        case "amount":
            return replace(order, lots=(*order.lots[:-1], replace(order.lots[-1], amount=order.lots[-1].amount + 400)))
        case "none":
            return replace(order, lots=())
        case "later":
            return replace(order, initiated_at=order.initiated_at + 10_000)
        case "nonce":
            return replace(order, nonce=order.nonce + 1_000)
        case "stranger":
            return replace(order, from_investor=bytes(16) + keccak(text="stranger")[:16], seat=0)
        case "giver":
            return replace(order, from_investor=ZERO32)
        case "odd":
            return replace(order, recipient=b"\x01" * 32)
        case "zero":
            return replace(order, recipient=ZERO32)
        case "elsewhere":
            return replace(order, destination=keccak(text="elsewhere"))
        case "nowhere":
            return replace(order, source=keccak(text="nowhere"))
        case _:
            return replace(order, to_investor=bytes(16) + keccak(text="another")[:16])


def _deliver(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    orders = [site.order(place, arriving=True) for place in args["orders"]]
    known = tuple(order for order in orders if order is not None)
    if not known and args["orders"]:
        return None
    named = known[1:] if args.get("unnamed") else known
    expires = site.now + args.get("expires", 600)
    approval = Approval(tuple(digest_order(order) for order in named) or (keccak(text="other"),), expires)
    return "deliver", {"orders": known, "approval": approval}


def _explain_deliver(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    order = site.order(args["order"], arriving=True)
    return None if order is None else ("explain_deliver", {"order": _tampered(order, args.get("tamper"))})


def _reject(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    order = site.order(args["order"], arriving=True)
    return None if order is None else ("reject", {"order": order, "reason": args["reason"]})


def _settle(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    """With the receipt that honest attestors sign: for what the destination decided. None before it did."""
    order = site.order(args["order"], arriving=False)
    if order is None:
        return None
    outcome = site.ledgers[other(site.chain)].outcomes.get((order.source, order.nonce), 0)
    if not outcome and "outcome" not in args:
        return None
    wrong = args.get("outcome")
    # A wrong receipt here is one that no chain takes; one that it would take can only come from a stolen quorum.
    receipt_of = ZERO32 if args.get("other") else digest_order(order)
    chosen = wrong if wrong is not None else outcome
    return "settle", {"order": order, "receipt": TransferReceipt(receipt_of, chosen, 0 if chosen == 1 else 9, site.now)}


def _proposal(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    """The next set; `number` is added to its id. Signers ascend unless they are `jumbled`."""
    role = args["of"]
    current = site.ledger.signers[role].sets.current.id if role in site.ledger.signers else 0
    addresses = [address(number) for number in args["signers"]]
    signers = tuple(addresses[::-1] if args.get("jumbled") else sorted(addresses))
    number = max(0, current + 1 + args.get("number", 0))
    return kind, {"proposal": SignerSet(role, number, args["threshold"], signers)}


def _on_role(site: _Site, kind: str, args: dict[str, Any]) -> Made:
    made = {"role": args["of"]}
    return kind, made | ({"signer": address(args["signer"])} if kind == "strike_signer" else {})


_BUILDERS: dict[str, Callable[[_Site, str, dict[str, Any]], Made]] = {
    "pause_lane": _on_lane,
    "resume_lane": _on_lane,
    "cancel_release": _cancel_release,
    "set_document": _document,
    "remove_document": _document,
    "set_terms": _terms,
    "register_asset": _terms,
    "batch": _batch,
    "bind": _bind,
    "initiate": _initiate,
    "deliver": _deliver,
    "explain_deliver": _explain_deliver,
    "reject": _reject,
    "settle": _settle,
    "propose_signers": _proposal,
    "propose_signers_signed": _proposal,
    "activate_signers": _on_role,
    "cancel_signers": _on_role,
    "retire_signers": _on_role,
    "strike_signer": _on_role,
    "open_lane": lambda site, kind, args: (
        kind,
        {"lane": site.lane, "account_kind": int(kind_of(other(site.chain))), "min_flight": 10, "max_flight": 4_000},
    ),
    "open_asset": lambda site, kind, args: (kind, {"lane": site.lane, "asset": site.asset}),
    "set_rate": lambda site, kind, args: (kind, _rates(site, args)),
}


def _rates(site: _Site, args: Mapping[str, Any]) -> dict[str, Any]:
    out_capacity, out_rate, in_capacity, in_rate = args["rates"]
    outbound, inbound = Flow(out_capacity, out_rate), Flow(in_capacity, in_rate)
    return {"lane": site.lane, "asset": site.asset, "outbound": outbound, "inbound": inbound}
