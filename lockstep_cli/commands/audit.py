"""`lockstep audit`: does everything add up, and is what was noted still what was noted?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from lockstep_cli.demo.story import amount
from lockstep_cli.local.audit_chains import ISSUER, ORACLE, read_head, settings_of_system, verify_chain
from lockstep_cli.local.auditing import audit_document
from lockstep_cli.output import Json, people_console, print_json
from lockstep_cli.paths import up_folder
from lockstep_cli.session import OfAsset, open_session

app = typer.Typer(
    help="Add everything up on both chains; verify the audit chains of issuer and oracle.", no_args_is_help=True
)


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


@app.command("verify")
def verify(
    issuer: Annotated[Path | None, typer.Option("--issuer", help="Settings file of an issuer.")] = None,
    oracle: Annotated[Path | None, typer.Option("--oracle", help="Settings file of an oracle.")] = None,
    issuer_head: Annotated[
        str | None, typer.Option(help="An earlier head of the issuer's, NUMBER:HEX, that must still be in its chain.")
    ] = None,
    oracle_head: Annotated[str | None, typer.Option(help="The same of the oracle's.")] = None,
    json: Json = False,
) -> None:
    """Verify the audit chains of issuer and oracle; without settings files, those of the system that `up` started.

    Each entry must follow from the one before under the service's own key. Note the heads that are printed: a chain whose end was cut
    off shows only against a head that was noted elsewhere. The exit code is 1 when a chain does not hold.
    """
    given = {name: path for name, path in ((ISSUER, issuer), (ORACLE, oracle)) if path is not None}
    if not given:
        # The system that `up` starts is a development one, and its settings are read as such.
        os.environ["LOCKSTEP_ENV"] = "dev"
        given = settings_of_system(up_folder())
    noted = {ISSUER: issuer_head, ORACLE: oracle_head}
    found = [
        verify_chain(name, path, read_head(head) if (head := noted[name]) is not None else None)
        for name, path in given.items()
    ]
    holds = all(one.holds for one in found)
    documents = [one.document() for one in found]
    if json:
        print_json({"holds": holds, "chains": documents})
    else:
        console = people_console()
        for told in documents:
            if told["holds"]:
                console.print(
                    f"{told['service']}: {told['entries']} entries hold; note the head: {told['head']}", soft_wrap=True
                )
            else:
                console.print(f"[bold red]{told['service']}: broken at entry {told['entry']}: {told['why']}[/]")
    if not holds:
        raise typer.Exit(1)
