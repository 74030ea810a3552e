"""`lockstep asset replace-token`: another token in the place of an asset's on the EVM chain, with all that it holds."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.types import PauseBit
from chains.evm.adapter import EvmChain
from lockstep_cli.assets.replacement_note import Note, NoteFile, open_note
from lockstep_cli.assets.replacing import Replacement
from lockstep_cli.errors import UserError
from lockstep_cli.local.cast import staff
from lockstep_cli.output import Json, people_console, print_json, progress_console
from lockstep_cli.paths import up_folder
from lockstep_cli.reading import Document, hexed, tx_document
from lockstep_cli.session import OfAsset, Session, open_session


def add_to(app: typer.Typer) -> None:
    """Puts the command into `lockstep asset`."""
    app.command("replace-token")(replace_token)


def replace_token(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would be copied; nothing is signed, nothing is paused.")
    ] = False,
    page: Annotated[
        int, typer.Option("--page", help="At most so many records in one transaction.", min=1, max=500)
    ] = 50,
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Put a new token in the place of an asset's on the EVM chain: how its code changes, as there are no proxies.

    The asset is paused, the old token is closed for good, every record is copied and compared, and only then the new one opens.
    A run that was cut off, even by kill -9, is simply repeated. Seats, orders in flight and freezes come along;
    allowances and announced releases don't.
    """
    with open_session(asset) as session, open_note(up_folder() / "replacements", session.asset) as note:
        replacement = _replacement(session, note, page)
        document: Document = {"asset": hexed(session.asset), "symbol": session.entry.symbol, "chain": "evm"}
        if check:
            plan = replacement.plan()
            document |= {
                "checked_only": True,
                "old": plan.token,
                "records": _counts(plan.accounts, plan.holders, plan.classes),
            }
            document["pages"] = {"accounts": plan.account_pages, "investors": plan.holder_pages}
        else:
            with progress_console().status("replacing the token"):
                done = replacement.run()
            document |= _done_document(replacement, done)
    if json:
        print_json(document)
    else:
        _tell(document)


def _replacement(session: Session, note: NoteFile, page: int) -> Replacement:
    chain = session.chain("evm")
    if not isinstance(chain, EvmChain):
        raise UserError("Tokens are contracts on EVM chains only.", "On Substrate the runtime is upgraded instead.")
    return Replacement(
        chain=chain,
        others=[other for name, other in session.chains.items() if name != "evm"],
        asset=session.asset,
        classes=list(session.entry.classes.values()),
        admin=staff("evm").admin,
        note=note,
        told=lambda line: progress_console().print(f"  {line}", markup=False),
        page=page,
    )


def _done_document(replacement: Replacement, note: Note) -> Document:
    token = replacement.chain.token_of(replacement.asset)
    progress = replacement.chain.import_progress(token)
    paused = PauseBit(replacement.chain.pause_of(replacement.asset))
    return {
        "checked_only": False,
        "old": note.old,
        "new": token,
        "block_before": note.block or None,
        "records": {"accounts": progress.accounts, "investors": progress.holders},
        "still_paused": [bit.name.lower() for bit in PauseBit if bit in paused and bit.name is not None],
        "transactions": [{"what": what, **tx_document(one.tx)} for what, one in replacement.sent],
    }


def _counts(accounts: int, investors: int, classes: int) -> Document:
    return {"accounts": accounts, "investors": investors, "classes": classes}


def _tell(document: Document) -> None:
    console, records = people_console(), document["records"]
    told = ", ".join(f"{count:,} {kind}" for kind, count in records.items())
    if document["checked_only"]:
        pages = sum(document["pages"].values())
        console.print(f"{document['symbol']} at {document['old']}: {told}, in {pages} pages. Nothing was changed.")
        return
    console.print(f"{document['symbol']} is {document['new']} now, with {told} of {document['old']}.", soft_wrap=True)
    if document["still_paused"]:
        console.print(
            f"Still paused, as it was before: {', '.join(document['still_paused'])} (lockstep resume --scope asset)."
        )
