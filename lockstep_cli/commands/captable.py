"""`lockstep asset cap-table`: who holds what, over both chains."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from chains.base import BlockRef
from chains.evm.adapter import EvmChain
from lockstep_cli.assets.captable import CapTable, Line, block_at, read_table
from lockstep_cli.assets.rows import parse_time
from lockstep_cli.demo.story import CHAIN_NAMES, amount, day
from lockstep_cli.errors import UserError
from lockstep_cli.output import Json, people_console, print_json
from lockstep_cli.reading import Document, hexed, lot_document
from lockstep_cli.session import CHAINS, OfAsset, Session, open_session

CSV_COLUMNS = ("chain", "block", "holder", "investor", "class", "kind", "amount", "acquired", "unlocks")

RecordDate = Annotated[
    str | None, typer.Option("--record-date", help="As it was then: a day or a time, UTC (2026-06-30T17:00:00Z).")
]
SubstrateBlock = Annotated[
    int | None, typer.Option("--substrate-block", help="As of this final block of Substrate.", min=1)
]
EvmBlock = Annotated[int | None, typer.Option("--evm-block", help="As of this final block of EVM.", min=1)]


def add_to(app: typer.Typer) -> None:
    """Puts the command into `lockstep asset`."""
    app.command("cap-table")(cap_table)


def cap_table(
    asset: OfAsset = None,
    record_date: RecordDate = None,
    substrate_block: SubstrateBlock = None,
    evm_block: EvmBlock = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of tables.")] = False,
    json: Json = False,
) -> None:
    """Show who holds the asset over both chains, each read at one final block, and prove that it adds up.

    What is in flight belongs to the investor who sent it. The exit code is 1 when the table does not close.
    """
    with open_session(asset) as session:
        blocks = _blocks(session, record_date, {"substrate": substrate_block, "evm": evm_block})
        known = [entry.id for entry in session.entry.investors.values()]
        table = read_table(session.chains, session.asset, known, blocks)
        document = _document(session, table) | {"being_replaced": not table.closes and _is_being_replaced(session)}
    if json:
        print_json(document)
    elif as_csv:
        _print_csv(document)
    else:
        _print_table(document)
    if not table.closes:
        raise typer.Exit(1)


def _blocks(session: Session, record_date: str | None, numbers: dict[str, int | None]) -> dict[str, BlockRef]:
    """One final block per chain: named by number, by the record date, or the newest."""
    time = None
    if record_date is not None:
        try:
            time = parse_time(record_date)
        except ValueError as error:
            raise UserError(f"{error}.") from error
    found = {}
    for name in CHAINS:
        chain, number = session.chain(name), numbers[name]
        final = chain.finalised()
        if number is not None:
            if number > final.number:
                raise UserError(f"Block {number} of {name} is not final; {final.number} is the newest that is.")
            found[name] = chain.block(number)
        elif time is not None:
            if time > final.time:
                raise UserError(f"{name} has no final block of that time yet.", "A record date lies in the past.")
            found[name] = block_at(chain, time)
        else:
            found[name] = final
    return found


def _is_being_replaced(session: Session) -> bool:
    """Whether the table is open because a new token is still taking over from the old one."""
    chain = session.chain("evm")
    return isinstance(chain, EvmChain) and chain.import_progress(chain.token_of(session.asset)).is_going_on


def _document(session: Session, table: CapTable) -> Document:
    names = session.entry.names()
    return {
        "asset": hexed(session.asset),
        "symbol": session.entry.symbol,
        "blocks": {
            name: {"number": block.number, "hash": hexed(block.hash), "time": block.time}
            for name, block in table.blocks.items()
        },
        "holders": [
            _line_document(line, names[line.investor].name if line.investor in names else "") for line in table.lines
        ],
        "supply": dict(table.supply),
        "in_flight": table.in_flight,
        "issued": table.issued,
        "redeemed": table.redeemed,
        "outstanding": table.issued - table.redeemed,
        "total": table.total,
        "closes": table.closes,
        "missing": dict(table.missing),
    }


def _line_document(line: Line, name: str) -> Document:
    return {
        "chain": line.chain,
        "holder": name,
        "investor": hexed(line.investor),
        "class": line.class_,
        "free": line.free,
        "lots": [lot_document(lot) for lot in line.lots],
        "in_flight": line.in_flight,
        "frozen": line.frozen,
        "total": line.total,
    }


def _rows(document: Document) -> list[tuple[str, int, str, str, int, str, int, int, int]]:
    rows = []
    for line in document["holders"]:
        head = (
            line["chain"],
            document["blocks"][line["chain"]]["number"],
            line["holder"],
            line["investor"],
            line["class"],
        )
        if line["free"]:
            rows.append((*head, "free", line["free"], 0, 0))
        rows += [(*head, "locked", lot["amount"], lot["acquired_at"], lot["unlocks_at"]) for lot in line["lots"]]
        if line["in_flight"]:
            rows.append((*head, "in flight", line["in_flight"], 0, 0))
    return rows


def _print_csv(document: Document) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for *head, acquired, unlocks in _rows(document):
        writer.writerow((*head, acquired or "", unlocks or ""))


def _print_table(document: Document) -> None:
    console = people_console()
    table = Table(title=f"Cap table of {document['symbol']}", title_justify="left", header_style="bold")
    for column in ("chain", "holder", "class", "kind", "amount", "%", "acquired", "unlocks"):
        table.add_column(column, justify="right" if column in ("amount", "%") else "left")
    for chain, _, holder, investor, class_, kind, held, acquired, unlocks in _rows(document):
        share = f"{held * 100 / document['outstanding']:.2f}" if document["outstanding"] else "-"
        who = holder or investor[:2] + "…" + investor[-12:]
        table.add_row(CHAIN_NAMES[chain], who, str(class_), kind, amount(held), share, day(acquired), day(unlocks))
    console.print(table)
    for name, block in document["blocks"].items():
        moment = datetime.fromtimestamp(block["time"], UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        console.print(
            f"  {CHAIN_NAMES[name]:<10} supply {amount(document['supply'][name])} at block {block['number']} ({moment})"
        )
    console.print(f"  in flight  {amount(document['in_flight'])}")
    if document["closes"]:
        told = f"{amount(document['total'])} = {amount(document['issued'])} issued - {amount(document['redeemed'])} redeemed"
        console.print(f"[green]The table closes:[/] {told}")
    else:
        console.print(
            f"[bold red]The table does not close:[/] {amount(document['total'])} of {amount(document['outstanding'])}"
        )
        if document["being_replaced"]:
            console.print("The token on EVM is being replaced; finish it with: lockstep asset replace-token.")
