"""The guardian's and the admin's work: `lockstep pause`, `resume`, `signers`, `limits`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from bridge.types import PauseBit, Role, SignerSet
from chains.base import Submitted
from chains.control import ManagedChain
from lockstep_cli.acting import Act, on_each, tell
from lockstep_cli.commands import signers_quorum
from lockstep_cli.errors import UserError
from lockstep_cli.local.cast import Staff, staff
from lockstep_cli.naming import BOTH, AnyChain, chains_of, parse_bits, parse_bytes, parse_role
from lockstep_cli.output import Json, people_console, print_json
from lockstep_cli.reading import Document, hexed, quotas_document, rates_document, tx_document, velocity_document
from lockstep_cli.session import CHAINS, OfAsset, Session, open_session

signers_app = typer.Typer(help="Who signs for attestors and oracle, and how that changes.", no_args_is_help=True)
limits_app = typer.Typer(help="Caps, rate limits and velocity, as both chains hold them now.", no_args_is_help=True)

Scope = Annotated[str, typer.Option("--scope", help="all, asset or lane.")]
Bits = Annotated[
    str, typer.Option("--bits", help="transfer, initiate, deliver, settle (comma-separated), or everything.")
]
RoleName = Annotated[str, typer.Argument(help="attestor or oracle.")]


def pause(
    scope: Scope, bits: Bits = "everything", chain: AnyChain = BOTH, asset: OfAsset = None, json: Json = False
) -> None:
    """Stop everything, an asset, or the lane between the chains. Signed by the guardian.

    `reject` is never paused, and `settle` stops only with scope all: a pause past a deadline ends in refunds.
    """
    _set_pause(scope, parse_bits(bits), chain, asset, json=json, on=True)


def resume(
    scope: Scope, bits: Bits = "everything", chain: AnyChain = BOTH, asset: OfAsset = None, json: Json = False
) -> None:
    """Let go on what was paused. Signed by the admin: a guardian can only stop."""
    _set_pause(scope, parse_bits(bits), chain, asset, json=json, on=False)


def _set_pause(scope: str, bits: PauseBit, chain: str, asset: str | None, *, json: bool, on: bool) -> None:
    if scope not in ("all", "asset", "lane"):
        raise UserError(f"There is no scope called {scope!r}.", "Choose all, asset or lane.")
    with open_session(asset) as session:
        set_one = _pause_one if on else _resume_one
        done = [tx_document(set_one(session, name, scope, int(bits)).tx) for name in chains_of(chain)]
    tell(done, json)


def _pause_one(session: Session, name: str, scope: str, bits: int) -> Submitted:
    chain, guardian = session.chain(name), staff(name).guardian
    if scope == "asset":
        return chain.pause_asset(session.asset, bits, guardian)
    return (
        chain.pause_lane(session.other(name).domain, bits, guardian) if scope == "lane" else chain.pause(bits, guardian)
    )


def _resume_one(session: Session, name: str, scope: str, bits: int) -> Submitted:
    chain, admin = session.chain(name), staff(name).admin
    if scope == "asset":
        return chain.resume_asset(session.asset, bits, admin)
    return chain.resume_lane(session.other(name).domain, bits, admin) if scope == "lane" else chain.resume(bits, admin)


@signers_app.command("show")
def signers_show(json: Json = False) -> None:
    """Show the signer sets of both roles on both chains: current, in grace, announced."""
    with open_session() as session:
        document = {name: _signers(session.chain(name)) for name in CHAINS}
    if json:
        print_json(document)
        return
    table = Table(title="Signers", title_justify="left", header_style="bold")
    for column in ("chain", "role", "set", "needs", "signers", "before", "announced"):
        table.add_column(column)
    for name, roles in document.items():
        for role, row in roles.items():
            if role == "timing":
                continue
            announced = row["announced"]
            told = f"set {announced['id']} from {announced['eta']} on" if announced else "-"
            before = f"set {row['previous_id']} until {row['grace_ends']}" if row["previous_id"] else "-"
            needs = f"{row['threshold']} of {len(row['signers'])}"
            table.add_row(name, role, str(row["id"]), needs, "\n".join(row["signers"]), before, told)
    people_console().print(table)


@signers_app.command("propose")
def signers_propose(
    role: RoleName,
    signer: Annotated[list[str], typer.Option("--signer", help="An address of the next set; give all of them.")],
    threshold: Annotated[int, typer.Option("--threshold", help="How many of them must sign.", min=1, max=25)],
    chain: AnyChain = BOTH,
    json: Json = False,
) -> None:
    """Announce the next signer set; it can be activated after the chain's delay. Signed by the admin."""
    kind = parse_role(role)
    addresses = tuple(sorted(parse_bytes(text, 20, "address of a signer") for text in signer))

    def act(on: ManagedChain, keys: Staff) -> Submitted:
        current = on.views().signer_set(kind).current.id
        return on.propose_signers(SignerSet(kind, current + 1, threshold, addresses), keys.admin)

    _govern(chain, act, json)


@signers_app.command("activate")
def signers_activate(role: RoleName, chain: AnyChain = BOTH, json: Json = False) -> None:
    """Put the announced set in force, once its delay is over. Anyone may."""
    kind = parse_role(role)
    _govern(chain, lambda on, keys: on.activate_signers(kind, keys.relayer), json)


@signers_app.command("cancel")
def signers_cancel(role: RoleName, chain: AnyChain = BOTH, json: Json = False) -> None:
    """Take the announced set back. Signed by the guardian."""
    kind = parse_role(role)
    _govern(chain, lambda on, keys: on.cancel_signers(kind, keys.guardian), json)


@signers_app.command("retire")
def signers_retire(role: RoleName, chain: AnyChain = BOTH, json: Json = False) -> None:
    """End the grace of the set before at once. Signed by the guardian."""
    kind = parse_role(role)
    _govern(chain, lambda on, keys: on.retire_signers(kind, keys.guardian), json)


@signers_app.command("strike")
def signers_strike(
    role: RoleName,
    signer: Annotated[str, typer.Argument(help="The signer's address.")],
    chain: AnyChain = BOTH,
    json: Json = False,
) -> None:
    """Take a signer out of every set of a role, at once and for good. Signed by the guardian."""
    kind, address = parse_role(role), parse_bytes(signer, 20, "address of a signer")
    _govern(chain, lambda on, keys: on.strike_signer(kind, address, keys.guardian), json)


@limits_app.command("show")
def limits_show(
    who: Annotated[str | None, typer.Argument(help="Also this investor's own limits.")] = None,
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Show what bounds an asset on each chain: quotas and holders by class, rate limits, velocity; of one investor, the limit."""
    with open_session(asset) as session:
        investor = session.investor(who) if who is not None else None
        document = {name: _limits(session, name, investor) for name in CHAINS}
    if json:
        print_json(document)
        return
    table = Table(title=f"Limits of {session.entry.symbol}", title_justify="left", header_style="bold")
    table.add_column("")
    for name in CHAINS:
        table.add_column(name)
    flat = {name: dict(_flattened(document[name])) for name in CHAINS}
    for key in flat[CHAINS[0]]:
        table.add_row(key, *(flat[name].get(key, "-") for name in CHAINS))
    people_console().print(table)


def _limits(session: Session, name: str, investor: bytes | None) -> Document:
    chain = session.chain(name)
    views = chain.views(chain.head())
    document: Document = {
        "classes": quotas_document(views, session.asset, session.entry.classes),
        "velocity": velocity_document(views, session.asset),
        **rates_document(views, session.other(name).domain, session.asset),
    }
    if investor is not None:
        limit = views.limit_of(session.asset, investor)
        frozen = views.frozen_of(session.asset, investor)
        document["investor"] = {"limit": limit.limit, "used": limit.used, "room": limit.room, "frozen": frozen}
    return document


def _flattened(document: Document, before: str = "") -> list[tuple[str, str]]:
    rows = []
    for key, value in document.items():
        if isinstance(value, dict):
            rows += _flattened(value, f"{before}{key} ")
        else:
            rows.append((before + key, f"{value:,}"))
    return rows


def _signers(chain: ManagedChain) -> Document:
    views = chain.views(chain.head())
    timing = views.timing()
    document: Document = {"timing": {"delay": timing.delay, "grace": timing.grace}}
    for role in Role:
        now, pending = views.signer_set(role), views.pending_signers(role)
        document[role.name.lower()] = {
            **_set_document(now.current),
            "previous_id": now.previous_id,
            "grace_ends": now.grace_ends,
            "announced": None if pending is None else {**_set_document(pending.proposed), "eta": pending.eta},
        }
    return document


def _set_document(signers: SignerSet) -> dict[str, Any]:
    return {"id": signers.id, "threshold": signers.threshold, "signers": [hexed(one) for one in signers.signers]}


def _govern(chain: str, act: Act, json: bool) -> None:
    with open_session() as session:
        done = [tx_document(submitted.tx) for submitted in on_each(session, chains_of(chain), act)]
    tell(done, json)


signers_quorum.add_to(signers_app)
