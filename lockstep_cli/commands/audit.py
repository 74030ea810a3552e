"""`lockstep audit`: does everything add up?"""

from __future__ import annotations

import typer
from rich.table import Table

from lockstep_cli.demo.story import amount
from lockstep_cli.local.auditing import audit_document
from lockstep_cli.output import Json, people_console, print_json
from lockstep_cli.session import OfAsset, open_session

app = typer.Typer(help="Add everything up: issued, on both chains, in flight.", no_args_is_help=True)


@app.command("show")
def show(asset: OfAsset = None, json: Json = False) -> None:
    """Check that issued - redeemed = on Substrate + on EVM + in flight, at final blocks of both chains.

    Delivered and not yet settled is not in flight. The exit code is 1 when the books do not close.
    """
    with open_session(asset) as session:
        document = audit_document(session.chains, session.asset)
    document["closes"] = not document["breaches"]
    if json:
        print_json(document)
    else:
        table = Table(title="Audit", title_justify="left", header_style="bold")
        columns = {
            "issued": "issued",
            "redeemed": "redeemed",
            "substrate": "on Substrate",
            "evm": "on EVM",
            "in_flight": "in flight",
        }
        for column in columns.values():
            table.add_column(column, justify="right")
        table.add_row(*(amount(document[key]) for key in columns))
        console = people_console()
        console.print(table)
        console.print("[green]The books close.[/]" if document["closes"] else "[bold red]The books do not close:[/]")
        for breach in document["breaches"]:
            console.print(f"  - {breach}")
    if not document["closes"]:
        raise typer.Exit(1)
