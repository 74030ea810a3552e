"""What a controller does to an asset's holders and documents: `lockstep asset freeze`, `recover`, `redeem` and so on.

Each action carries a reason code and the hash of the document that orders it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from bridge.ledger import release_id
from bridge.types import AssetInfo
from chains.base import Submitted
from chains.control import ManagedChain
from lockstep_cli.acting import Act, on_each, tell
from lockstep_cli.assets.book import changing
from lockstep_cli.assets.documents import encode_name
from lockstep_cli.assets.file import AssetFile, read_asset_file
from lockstep_cli.assets.hashing import hash_file
from lockstep_cli.errors import UserError
from lockstep_cli.local.cast import Staff
from lockstep_cli.naming import (
    BOTH,
    AnyChain,
    Free,
    Lots,
    OneChain,
    OrderedBy,
    ReasonCode,
    action_of,
    chains_of,
    parse_bytes,
    required_lots,
)
from lockstep_cli.output import Json
from lockstep_cli.paths import up_book
from lockstep_cli.reading import Document, hexed, tx_document
from lockstep_cli.session import CHAINS, OfAsset, Session, open_session, parse_amount

release_app = typer.Typer(
    help="Let lots go before their time, lawfully: announced, delayed, with its document.", no_args_is_help=True
)
document_app = typer.Typer(help="Set and remove an asset's documents (ERC-1643), on both chains.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="An investor's name, or their id.")]
Account = Annotated[str, typer.Argument(help="An investor's name, or an address of that chain.")]
Amount = Annotated[str, typer.Argument(help="Whole base units.")]


def add_to(app: typer.Typer) -> None:
    """Puts the commands into `lockstep asset`."""
    for name, command in (
        ("freeze", freeze),
        ("unfreeze", unfreeze),
        ("recover", recover),
        ("force", force),
        ("redeem", redeem),
        ("move-lots", move_lots),
        ("terms", terms),
    ):
        app.command(name)(command)
    app.add_typer(release_app, name="release")
    app.add_typer(document_app, name="document")


def freeze(
    who: Who,
    reason: ReasonCode,
    document: OrderedBy,
    account: Annotated[bool, typer.Option("--account", help="Only this account, not the whole investor.")] = False,
    amount: Annotated[str | None, typer.Option("--amount", help="Only so much of the position on one chain.")] = None,
    chain: AnyChain = BOTH,
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Freeze an investor, one of their accounts, or a part of their position."""
    _freeze(who, reason, document, account=account, amount=amount, chain=chain, asset=asset, json=json, frozen=True)


def unfreeze(
    who: Who,
    reason: ReasonCode,
    document: OrderedBy,
    account: Annotated[bool, typer.Option("--account", help="Only this account.")] = False,
    part: Annotated[bool, typer.Option("--part", help="The frozen part of the position instead.")] = False,
    chain: AnyChain = BOTH,
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Free an investor, an account, or the frozen part of a position."""
    amount = "0" if part else None
    _freeze(who, reason, document, account=account, amount=amount, chain=chain, asset=asset, json=json, frozen=False)


def _freeze(
    who: str,
    reason: int,
    document: Path,
    *,
    account: bool,
    amount: str | None,
    chain: str,
    asset: str | None,
    json: bool,
    frozen: bool,
) -> None:
    action = action_of(reason, document)
    if account and amount is not None:
        raise UserError("An amount is frozen of an investor's position, not of one account.", "Leave --account out.")
    if frozen and amount is not None and chain == BOTH:
        raise UserError("An amount is frozen on one chain.", "Name it with --chain.")
    with open_session(asset) as session:

        def act(on: ManagedChain, keys: Staff) -> Submitted:
            if account:
                return on.freeze_account(session.asset, session.account(who, on.name), frozen, action, keys.controller)
            investor = session.investor(who)
            if amount is not None:
                return on.freeze_amount(session.asset, investor, parse_amount(amount), action, keys.controller)
            return on.freeze_investor(session.asset, investor, frozen, action, keys.controller)

        done = _on_each(session, chains_of(chain), act)
    tell(done, json)


def recover(
    lost: Account,
    to: Annotated[str, typer.Argument(help="The account that takes over: an address of that chain.")],
    reason: ReasonCode,
    document: OrderedBy,
    chain: OneChain = "substrate",
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Give everything of a lost account to another account of the same investor."""
    action = action_of(reason, document)
    with open_session(asset) as session:
        old, new = session.account(lost, chain), session.account(to, chain)
        done = _on_each(
            session, (chain,), lambda on, keys: on.recover(session.asset, old, new, action, keys.controller)
        )
        _note_recovery(session.entry.symbol, chain, old, new)
    tell(done, json)


def _note_recovery(symbol: str, chain: str, old: bytes, new: bytes) -> None:
    """The book names the account that took over, so that names lead to it from now on."""
    with changing(up_book()) as book:
        kept = book.assets.get(symbol)
        for holder in kept.investors.values() if kept else ():
            if holder.accounts.get(chain) == hexed(old):
                holder.accounts[chain] = hexed(new)


def force(
    sender: Account,
    to: Account,
    amount: Amount,
    reason: ReasonCode,
    document: OrderedBy,
    chain: OneChain = "substrate",
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Move tokens by order of a court or an authority: with their dates, whatever caps and freezes say."""
    action = action_of(reason, document)
    with open_session(asset) as session:
        giver, getter, moved = session.account(sender, chain), session.account(to, chain), parse_amount(amount)
        done = _on_each(
            session,
            (chain,),
            lambda on, keys: on.force_transfer(session.asset, giver, getter, moved, action, keys.controller),
        )
    tell(done, json)


def redeem(
    who: Account,
    reason: ReasonCode,
    document: OrderedBy,
    free: Free = None,
    lot: Lots = None,
    chain: OneChain = "substrate",
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """End lots for good, where they lie."""
    action, lots = action_of(reason, document), required_lots(free, lot)
    with open_session(asset) as session:
        account = session.account(who, chain)
        done = _on_each(
            session, (chain,), lambda on, keys: on.redeem(session.asset, account, lots, action, keys.controller)
        )
    tell(done, json)


def move_lots(
    sender: Account,
    to: Account,
    reason: ReasonCode,
    document: OrderedBy,
    free: Free = None,
    lot: Lots = None,
    chain: OneChain = "substrate",
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Move lots with their dates to another eligible investor: gift, estate, pledge."""
    action, lots = action_of(reason, document), required_lots(free, lot)
    with open_session(asset) as session:
        giver, getter = session.account(sender, chain), session.account(to, chain)
        done = _on_each(
            session,
            (chain,),
            lambda on, keys: on.move_lots(session.asset, giver, getter, lots, action, keys.controller),
        )
    tell(done, json)


@release_app.command("propose")
def release_propose(
    who: Who,
    reason: ReasonCode,
    document: OrderedBy,
    lot: Lots = None,
    chain: OneChain = "substrate",
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Announce that locked lots become free early; the guardian may cancel it while it waits."""
    action, lots = action_of(reason, document), required_lots(None, lot)
    with open_session(asset) as session:
        investor = session.investor(who)
        done = _on_each(
            session,
            (chain,),
            lambda on, keys: on.propose_release(session.asset, investor, lots, action, keys.admin),
        )
        release = release_id(session.asset, investor, lots, action)
        for row in done:
            row |= {"release": hexed(release), "eta": session.chain(chain).views().release_of(session.asset, release)}
    tell(done, json)


@release_app.command("carry-out")
def release_carry_out(
    who: Who,
    reason: ReasonCode,
    document: OrderedBy,
    lot: Lots = None,
    chain: OneChain = "substrate",
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Carry out an announced release after its delay; who, lots, reason and document are those of the announcement."""
    action, lots = action_of(reason, document), required_lots(None, lot)
    with open_session(asset) as session:
        investor = session.investor(who)
        done = _on_each(
            session, (chain,), lambda on, keys: on.release_lots(session.asset, investor, lots, action, keys.admin)
        )
    tell(done, json)


@release_app.command("cancel")
def release_cancel(
    release: Annotated[str, typer.Argument(help="The release's id (0x and 64 digits).")],
    chain: OneChain = "substrate",
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Take an announced release back. Signed by the guardian."""
    proposal = parse_bytes(release, 32, "id of a release")
    with open_session(asset) as session:
        done = _on_each(session, (chain,), lambda on, keys: on.cancel_release(session.asset, proposal, keys.guardian))
    tell(done, json)


@document_app.command("set")
def document_set(
    name: Annotated[str, typer.Argument(help="The document's name, at most 32 bytes.")],
    uri: Annotated[str, typer.Option("--uri", help="Where it can be read, at most 256 bytes.")],
    file: Annotated[Path | None, typer.Option("--file", help="The document; its SHA-256 is set.")] = None,
    digest: Annotated[str | None, typer.Option("--hash", help="Its hash instead (0x and 64 digits).")] = None,
    chain: AnyChain = BOTH,
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Set a document: a name, a place, the hash of its content."""
    if (file is None) == (digest is None):
        raise UserError("A document needs one hash.", "Give --file FILE or --hash 0x....")
    content = hash_file(file) if file is not None else parse_bytes(digest or "", 32, "hash")
    key = encode_name(name)
    with open_session(asset) as session:
        done = _on_each(
            session,
            chains_of(chain),
            lambda on, keys: on.set_document(session.asset, key, uri, content, keys.controller),
        )
    tell(done, json)


@document_app.command("remove")
def document_remove(
    name: Annotated[str, typer.Argument(help="The document's name.")],
    chain: AnyChain = BOTH,
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Remove a document; its history stays in the chains' events."""
    key = encode_name(name)
    with open_session(asset) as session:
        done = _on_each(
            session, chains_of(chain), lambda on, keys: on.remove_document(session.asset, key, keys.controller)
        )
    tell(done, json)


def terms(
    file: Annotated[Path, typer.Argument(help="The asset's file with the new rules (TOML).", dir_okay=False)],
    json: Json = False,
) -> None:
    """Set the next version of an asset's terms and pair rules on both chains, from its file.

    Refused while anything is in flight: an order carries the version that it began under. A run that was cut off is repeated.
    """
    described = read_asset_file(file)
    with open_session(described.asset.symbol) as session:
        _require_nothing_in_flight(session)
        stand = {name: _info(session, name) for name in CHAINS}
        number = _next_version(session, stand, described, file.parent)
        wanted = described.terms(number, file.parent)

        def act(on: ManagedChain, keys: Staff) -> Submitted:
            return on.set_terms(session.asset, wanted, described.pairs(), keys.admin)

        behind = [name for name in CHAINS if stand[name].terms.terms < number]
        done = _on_each(session, behind, act)
    tell(done, json)


def _next_version(session: Session, stand: Mapping[str, AssetInfo], described: AssetFile, folder: Path) -> int:
    """One above the newest version; the newest itself when only one chain has it, and it is what the file says."""
    versions = {info.terms.terms for info in stand.values()}
    newest = max(versions)
    if len(versions) == 1:
        return newest + 1
    ahead = next(name for name, info in stand.items() if info.terms.terms == newest)
    pairs = session.chain(ahead).views().pair_rules(session.asset)
    if stand[ahead].terms != described.terms(newest, folder) or pairs != described.pairs():
        raise UserError(
            f"{ahead} has other terms of version {newest} than this file.", "Give the file that it was set from."
        )
    return newest


def _info(session: Session, name: str) -> AssetInfo:
    info = session.chain(name).views().asset_info(session.asset)
    if info is None:
        raise UserError(f"{name} does not know {session.entry.symbol}.", "Register it first: asset register FILE.")
    return info


def _require_nothing_in_flight(session: Session) -> None:
    flows = [flow for name in CHAINS for flow in session.chain(name).views().supply_of(session.asset).lanes]
    between = sum(flow.sent - flow.refunded - flow.arrived for flow in flows)
    if between:
        raise UserError(
            f"{between:,} of {session.entry.symbol} are in flight.",
            "Pause initiate (lockstep pause --scope asset --bits initiate), wait for the orders, then try again.",
        )


def _on_each(session: Session, names: Iterable[str], act: Act) -> list[Document]:
    """Acts on the chains, one after the other; what each transaction was, and what happened by it."""
    return [
        {**tx_document(submitted.tx), "events": [type(event).__name__ for event in submitted.happened]}
        for submitted in on_each(session, names, act)
    ]
