"""`lockstep order`: orders from the first second to the last, as the relayer's journal knows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bridge.refusals import UNDER_REVIEW
from bridge.transfer import TransferState
from bridge.types import Reason
from lockstep_cli.errors import UserError
from lockstep_cli.output import Json, people_console, print_json
from lockstep_cli.reading import hexed, order_document, reason_document
from lockstep_cli.session import Session, open_session
from relayer.journal import Journal
from relayer.rows import Transfer

app = typer.Typer(help="Follow orders from one chain to the other.", no_args_is_help=True)
OrderId = Annotated[str, typer.Argument(help="The order's id, or its first characters (0x...).")]


@app.command("list")
def everything(json: Json = False) -> None:
    """List all orders, newest first: from where, to where, how much, and how far they are."""
    with open_journal() as (session, journal):
        rows = [summary(session, transfer) for transfer in reversed(journal.transfers())]
    if json:
        print_json(rows)
        return
    table = Table(title="Orders", title_justify="left", header_style="bold")
    for column in ("order", "from", "to", "amount", "status", "waits for"):
        table.add_column(column, justify="right" if column == "amount" else "left")
    for row in rows:
        table.add_row(
            row["order_id"][:12] + "…", row["from"], row["to"], f"{row['amount']:,}", row["status"], row["waits_for"]
        )
    people_console().print(table)


@app.command("show")
def show(order_id: OrderId, json: Json = False) -> None:
    """Show one order: its lots, every stage with its time and transaction, and why it waits, if it does."""
    with open_journal() as (session, journal):
        transfer = find(journal, order_id)
        history = journal.history(transfer.state.order_id)
        document = {
            **summary(session, transfer),
            "order": order_document(transfer.state.order_id, transfer.state.order),
            "held": [reason_document(reason) for reason in told(transfer.state)],
            "timeline": [
                {
                    "stage": stage.stage,
                    "at": int(stage.at),
                    "chain": stage.chain,
                    "transaction": stage.place,
                    "hash": stage.tx,
                    "codes": stage.detail,
                }
                for stage in history
            ],
        }
    if json:
        print_json(document)
    else:
        tell(document)


def tell(document: dict[str, Any]) -> None:
    """One order for people."""
    console = people_console()
    console.print(f"[bold]{document['order_id']}[/]")
    console.print(f"{document['amount']:,} from {document['from']} to {document['to']}: [bold]{document['status']}[/]")
    table = Table(header_style="bold")
    for column in ("stage", "time (UTC)", "chain", "transaction", "codes"):
        table.add_column(column)
    for stage in document["timeline"]:
        at = datetime.fromtimestamp(stage["at"], UTC).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(stage["stage"], at, stage["chain"] or "-", stage["transaction"] or "-", stage["codes"] or "-")
    console.print(table)
    if document["under_review"]:
        console.print(UNDER_REVIEW.capitalize())
    for reason in document["held"]:
        console.print(f"{reason['name']} ({reason['code']}): {reason['sentence']}")


def told(state: TransferState) -> tuple[Reason, ...]:
    """Why an order waits. Of one under review nothing else is said: what is said beside it would tell by being there."""
    return () if state.under_review else state.held


def summary(session: Session, transfer: Transfer) -> dict[str, Any]:
    """What a list shows of an order."""
    chains = {chain.domain: name for name, chain in session.chains.items()}
    order = transfer.state.order
    return {
        "order_id": hexed(transfer.state.order_id),
        "from": chains.get(order.source, hexed(order.source)),
        "to": chains.get(order.destination, hexed(order.destination)),
        "nonce": order.nonce,
        "amount": order.amount,
        "status": transfer.state.status.value,
        "outcome": int(transfer.state.outcome),
        "reason": int(transfer.state.reason),
        "deadline": order.deadline,
        "waits_for": transfer.waits_for,
        "under_review": transfer.state.under_review,
    }


def find(journal: Journal, text: str) -> Transfer:
    """The one order whose id begins with this. UserError when there is none, or more than one."""
    wanted = text.lower().removeprefix("0x").rstrip("…")
    found = [
        transfer for transfer in journal.transfers() if wanted and transfer.state.order_id.hex().startswith(wanted)
    ]
    if len(found) != 1:
        how = "No order begins" if not found else f"{len(found)} orders begin"
        raise UserError(f"{how} with {text!r}.", "./lockstep order list shows them all.")
    return found[0]


@contextmanager
def open_journal() -> Iterator[tuple[Session, Journal]]:
    """The running system and its relayer's journal, which is only read here."""
    with open_session() as session:
        path = Path(session.state.journal)
        if not path.is_file():
            raise UserError(
                "The relayer of this system has not written its journal yet.", "Try again in a few seconds."
            )
        journal = Journal(path, read_only=True)
        try:
            yield session, journal
        finally:
            journal.close()
