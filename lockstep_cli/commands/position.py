"""`lockstep position`: what somebody holds, on both chains, lot by lot."""

from __future__ import annotations

from typing import Annotated

import typer

from lockstep_cli.acting import tell
from lockstep_cli.demo.story import positions_table
from lockstep_cli.errors import UserError
from lockstep_cli.naming import Lots, OneChain, named_lots
from lockstep_cli.output import Json, people_console, print_json
from lockstep_cli.reading import positions_document, tx_document
from lockstep_cli.session import OfAsset, open_session

app = typer.Typer(
    help="Show positions: free tokens, every lot with its dates, and what is in flight.", no_args_is_help=True
)


@app.command("show")
def show(
    who: Annotated[str, typer.Argument(help="A name (ana, ben, ...) or an investor id.")],
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Show one investor's position on both chains.

    Lots are shown as stored: one whose unlock time has passed becomes free by the next move.
    """
    with open_session(asset) as session:
        positions = positions_document(session.chains, session.asset, {who.lower(): session.investor(who)})
    print_positions(positions, f"Position of {who.capitalize()}", json)


@app.command("list")
def everyone(asset: OfAsset = None, json: Json = False) -> None:
    """Show the positions of everybody who was admitted, on both chains, at the newest blocks."""
    with open_session(asset) as session:
        investors = {name: entry.id for name, entry in session.entry.investors.items()}
        positions = positions_document(session.chains, session.asset, investors)
    print_positions(positions, "Cap table", json)


@app.command("merge-lots")
def merge_lots(
    who: Annotated[str, typer.Argument(help="Whose lots: a name of somebody whose keys are here.")],
    lot: Lots = None,
    chain: OneChain = "substrate",
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Make one lot of several of one's own, with the latest of their dates: fewer places, never an earlier unlock.

    Signed by the holder: nobody else can do it for them.
    """
    lots = named_lots(None, lot)
    if len(lots) < 2:
        raise UserError("A merge needs two lots or more.", "Give --lot ACQUIRED:UNLOCKS:AMOUNT at least twice.")
    with open_session(asset) as session:
        on = session.chain(chain)
        submitted = on.merge_lots(session.asset, lots, session.person(who).account(chain))
        done = {**tx_document(submitted.tx), "events": [type(event).__name__ for event in submitted.happened]}
    tell([done], json)


def print_positions(positions: dict[str, object], title: str, json: bool) -> None:
    """As JSON or as a table."""
    if json:
        print_json(positions)
    else:
        people_console().print(positions_table(title, positions))
