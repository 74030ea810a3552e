"""`lockstep asset`: an asset's life by command and by file."""

from __future__ import annotations

import json as json_
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bridge.refusals import Refused
from bridge.types import Permission
from lockstep_cli.assets.book import AssetEntry, HolderEntry, changing, read_book
from lockstep_cli.assets.checking import Planned, Verdict, judge
from lockstep_cli.assets.documents import decode_name
from lockstep_cli.assets.file import read_asset_file
from lockstep_cli.assets.issuing import issue_all, reconcile
from lockstep_cli.assets.journal import IssueJournal, open_journal
from lockstep_cli.assets.registering import Keys, Registration, Step
from lockstep_cli.assets.rows import IssueRow, PersonRow, read_issue_file, read_people_file
from lockstep_cli.commands import asset_control, asset_succession, asset_token, captable
from lockstep_cli.errors import UserError
from lockstep_cli.local.cast import ALL, DAY, ROSTER, guest, staff
from lockstep_cli.local.oracle import Admission, LocalOracle
from lockstep_cli.output import Json, people_console, print_json, progress_console
from lockstep_cli.paths import up_book, up_folder
from lockstep_cli.reading import (
    Document,
    hexed,
    lot_document,
    quotas_document,
    rates_document,
    reason_document,
    velocity_document,
)
from lockstep_cli.session import CHAINS, OfAsset, Session, open_session, parse_address

app = typer.Typer(
    help="Register an asset from a file, issue it, act on it, and see who holds it.", no_args_is_help=True
)

FILE = {"exists": False, "dir_okay": False}
TomlFile = Annotated[Path, typer.Argument(help="The asset's file (TOML).", **FILE)]
LotsFile = Annotated[Path, typer.Argument(help="CSV: holder,amount,acquired,unlocks,free - one lot per row.", **FILE)]
PeopleFile = Annotated[
    Path,
    typer.Argument(
        help="CSV: name,class,valid_days,limit,substrate,evm; without addresses, the name's development accounts.",
        **FILE,
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Only say what would be done; nothing is signed.")]


@app.command("register")
def register(file: TomlFile, check: Check = False, json: Json = False) -> None:
    """Register an asset on both chains from a file: terms, rules, documents, caps, lanes and limits.

    A run that was cut off is simply repeated: what stands on the chains already is passed over.
    """
    described = read_asset_file(file)
    with open_session() as session:
        keys = {name: Keys(staff(name).admin, staff(name).controller) for name in CHAINS}
        registration = Registration(described, file.parent, session.chains, keys)
        steps = registration.steps()
        taken = 0
        if not check:
            _enter(session, registration)
            with progress_console().status("registering on both chains"):
                taken = registration.run(steps, lambda step: progress_console().print(f"  {step.chain}: {step.what}"))
    document: Document = {
        "asset": hexed(registration.asset),
        "symbol": described.asset.symbol,
        "home": described.asset.home,
        "checked_only": check,
        "taken": taken,
        "steps": [_step_document(step) for name in CHAINS for step in steps[name]],
    }
    if json:
        print_json(document)
        return
    console = people_console()
    if check:
        for row in document["steps"]:
            console.print(f"  {row['chain']:<10} {'stands' if row['done'] else 'to do '}  {row['what']}", markup=False)
    console.print(f"{described.asset.symbol} is asset {document['asset']}; {taken} transactions were sent.")


@app.command("admit")
def admit(file: PeopleFile, asset: OfAsset = None, json: Json = False) -> None:
    """Admit investors by the local development oracle: an id of their own, a class, a limit, an account on each chain.

    Somebody who was admitted before is passed over; an interrupted run is simply repeated.
    """
    people = read_people_file(file)
    with open_session(asset) as session:
        if session.entry.symbol not in read_book(up_book()).assets:
            raise UserError(f"{session.entry.symbol} has its own cast.", "Admit people to an asset of your own.")
        now = min(chain.head().time for chain in session.chains.values())
        entries = [_holder_entry(session.entry, row, now) for row in people]
        with changing(up_book()) as book:
            kept = book.assets[session.entry.symbol].investors
            for entry in entries:
                kept.setdefault(entry.name, entry)
            entries = [kept[entry.name] for entry in entries]
        oracle = LocalOracle(session.asset)
        published = {name: _admit_on(session, oracle, name, entries) for name in CHAINS}
    document = {
        "asset": hexed(session.asset),
        "investors": {entry.name: {"investor": entry.investor, "class": entry.class_name} for entry in entries},
        "published": published,
    }
    if json:
        print_json(document)
    else:
        told = ", ".join(f"{count} on {name}" for name, count in published.items())
        people_console().print(f"{len(entries)} investors of {session.entry.symbol} stand; published now: {told}.")


@app.command("list")
def everything(json: Json = False) -> None:
    """List the assets that are registered here, the first one included."""
    with open_session() as session:
        rows = [
            {"symbol": entry.symbol, "asset": entry.asset, "name": entry.name, "home": entry.home}
            for entry in [session.entry, *read_book(up_book()).assets.values()]
        ]
    if json:
        print_json(rows)
        return
    table = Table(title="Assets", title_justify="left", header_style="bold")
    for column in ("symbol", "asset", "name", "home"):
        table.add_column(column)
    for row in rows:
        table.add_row(row["symbol"], row["asset"][:18] + "…", row["name"], row["home"])
    people_console().print(table)


@app.command("show")
def show(asset: OfAsset = None, json: Json = False) -> None:
    """Show an asset as both chains state it: terms, rules, documents, limits, counters."""
    with open_session(asset) as session:
        document: Document = {
            "asset": hexed(session.asset),
            "symbol": session.entry.symbol,
            "isin": session.entry.isin,
            "classes": session.entry.classes,
            "chains": {name: _chain_document(session, name) for name in CHAINS},
        }
    if json:
        print_json(document)
        return
    console = people_console()
    console.print(f"[bold]{session.entry.symbol}[/]  {document['asset']}", soft_wrap=True)
    table = Table(header_style="bold")
    table.add_column("")
    for name in CHAINS:
        table.add_column(name)
    on_chains = list(document["chains"].values())
    for key in on_chains[0]:
        table.add_row(key.replace("_", " "), *(_shown(one.get(key)) for one in on_chains))
    console.print(table)


@app.command("issue")
def issue(
    file: LotsFile,
    asset: OfAsset = None,
    check: Check = False,
    skip_failing: Annotated[
        bool, typer.Option("--skip-failing", help="Issue the rows that pass, leave the others.")
    ] = False,
    json: Json = False,
) -> None:
    """Issue lots from a file on the asset's home chain.

    Every row is judged first, together with the rows before it; nothing is signed while one fails, unless --skip-failing.
    The same file can be given again: what was issued of it before is never issued twice.
    """
    with open_session(asset) as session:
        home = session.chain(session.entry.home)
        content = read_issue_file(file, home.head().time)
        controller = staff(home.name).controller
        planned = [Planned(row, _account_of(session, row)) for row in content.rows]
        with open_journal(up_folder() / "issues", session.asset, content.digest) as journal:
            reconcile(home, session.asset, controller, journal)
            rest = [row for row in planned if journal.state(row.row.number).issued is None]
            verdicts = judge(home, session.asset, controller.id, rest, home.head()) if rest else ()
            passing = [verdict.planned for verdict in verdicts if verdict.passes]
            failing = [verdict for verdict in verdicts if not verdict.passes]
            refused = bool(failing) and not skip_failing
            if not check and not refused:
                with progress_console().status("issuing"):
                    issue_all(home, session.asset, controller, passing, journal, _say_issued)
            document = _issue_document(session, content.total, planned, verdicts, journal)
    document |= {"checked_only": check, "refused": refused, "passes": not failing}
    _tell_issue(document, failing, json=json)
    if failing and (refused or check):
        raise typer.Exit(2)


def _say_issued(row: int, place: str) -> None:
    progress_console().print(f"  row {row}: {place}")


def _enter(session: Session, registration: Registration) -> None:
    """Names and class numbers go into the book before the first transaction: a number on chain without its name is lost."""
    described = registration.file
    entry = AssetEntry(
        asset=hexed(registration.asset),
        symbol=described.asset.symbol,
        name=described.asset.name,
        home=described.asset.home,
        isin=described.asset.isin,
        decimals=described.asset.decimals,
        classes={name: one.number for name, one in described.classes.items()},
        investor_cap=described.caps.investor,
    )
    with changing(up_book()) as book:
        before = book.assets.get(entry.symbol)
        taken = session.entry.symbol == entry.symbol
        if taken or (before is not None and before.asset != entry.asset):
            raise UserError(f"There is another asset called {entry.symbol} here.", "Choose another symbol.")
        book.assets[entry.symbol] = entry.model_copy(update={"investors": before.investors if before else {}})


def _holder_entry(entry: AssetEntry, row: PersonRow, now: int) -> HolderEntry:
    if row.class_name not in entry.classes:
        known = ", ".join(sorted(entry.classes))
        raise UserError(f"Row {row.number}: {entry.symbol} has no class {row.class_name!r}.", f"Its classes: {known}.")
    investor = bytes(16) + secrets.token_bytes(16)
    accounts = {chain: _address_of(row, chain) for chain in CHAINS}
    return HolderEntry(
        name=row.name,
        investor=hexed(investor),
        class_name=row.class_name,
        class_number=entry.classes[row.class_name],
        valid_until=now + row.valid_days * DAY,
        limit=entry.investor_cap if row.limit is None else min(row.limit, entry.investor_cap),
        accounts={chain: hexed(account) for chain, account in accounts.items() if account is not None},
    )


def _address_of(row: PersonRow, chain: str) -> bytes | None:
    text = row.accounts.get(chain)
    if text is not None:
        account = parse_address(text, chain)
        if account is None:
            raise UserError(f"Row {row.number}: {text!r} is no address on {chain}.")
        return account
    if row.name in ROSTER:
        return guest(row.name, bytes(32)).account(chain).id
    if not row.accounts:
        known = ", ".join(ROSTER)
        raise UserError(f"Row {row.number}: {row.name} has no addresses.", f"Names with development keys: {known}.")
    return None


def _admit_on(session: Session, oracle: LocalOracle, name: str, entries: Sequence[HolderEntry]) -> int:
    """Publishes what the chain does not have yet; how many investors that were."""
    chain = session.chain(name)
    views = chain.views(chain.head())
    new = [entry for entry in entries if views.eligibility_of(session.asset, entry.id) >> 128 == 0]
    oracle.admit_all(chain, [_admission(entry) for entry in new])
    return len(new)


def _admission(entry: HolderEntry) -> Admission:
    accounts = {chain: account for chain in entry.accounts if (account := entry.account(chain)) is not None}
    permissions: Permission = ALL
    return Admission(entry.id, entry.class_number, permissions, entry.valid_until, entry.limit, accounts)


def _account_of(session: Session, row: IssueRow) -> bytes:
    """The home account that a row names: by a name, an investor id, or an address."""
    home = session.entry.home
    for entry in session.entry.investors.values():
        if row.holder.lower() in (entry.name, entry.investor):
            return session.account(entry.name, home)
    try:
        return session.account(row.holder, home)
    except UserError as error:
        raise UserError(f"Row {row.number}: {error.sentence}", error.cure) from error


def _step_document(step: Step) -> Document:
    return {"chain": step.chain, "what": step.what, "done": step.done}


def _chain_document(session: Session, name: str) -> Document:
    chain = session.chain(name)
    at = chain.finalised()
    views = chain.views(at)
    info = views.asset_info(session.asset)
    if info is None:
        return {"block": at.number, "registered": False}
    supply, terms = views.supply_of(session.asset), info.terms
    lanes = {other: session.chain(other).domain for other in CHAINS if other != name}
    documents = {}
    for key in views.documents_of(session.asset):
        entry = views.document_of(session.asset, key)
        if entry is not None:
            documents[decode_name(key)] = {"uri": entry.uri, "hash": hexed(entry.hash), "updated_at": entry.updated_at}
    return {
        "block": at.number,
        "registered": True,
        "name": info.name,
        "decimals": terms.decimals,
        "terms": terms.terms,
        "terms_document": hexed(terms.document),
        "default_rule": terms.default_rule,
        "pairs": [list(pair.to_values()) for pair in views.pair_rules(session.asset)],
        "holding_period": terms.holding_period,
        "max_oracle_age": terms.max_oracle_age,
        "min_lot": terms.min_lot,
        "authorised_issue": terms.authorised_issue,
        "supply": supply.supply,
        "issued": supply.issued,
        "redeemed": supply.redeemed,
        "paused": info.pause,
        "velocity": velocity_document(views, session.asset),
        "rates": {other: rates_document(views, lane, session.asset) for other, lane in lanes.items()},
        "documents": documents,
        "quotas": quotas_document(views, session.asset, session.entry.classes),
    }


def _shown(value: Any) -> str:
    return json_.dumps(value) if isinstance(value, dict | list) else str(value)


def _issue_document(
    session: Session, total: int, planned: Sequence[Planned], verdicts: Sequence[Verdict], journal: IssueJournal
) -> Document:
    reasons = {verdict.planned.row.number: verdict.reasons for verdict in verdicts}
    rows: list[Document] = []
    for one in planned:
        state = journal.state(one.row.number)
        failing = [reason_document(reason) for reason in reasons.get(one.row.number, ())]
        rows.append(
            {
                "row": one.row.number,
                "holder": one.row.holder,
                "lot": lot_document(one.row.lot),
                "passes": not failing,
                "reasons": failing,
                "issued": state.issued,
            }
        )
    issued = [row for row in rows if row["issued"] is not None]
    return {
        "asset": hexed(session.asset),
        "symbol": session.entry.symbol,
        "total": total,
        "rows": rows,
        "issued_rows": len(issued),
        "issued_amount": sum(row["lot"]["amount"] for row in issued),
    }


def _tell_issue(document: Document, failing: Sequence[Verdict], *, json: bool) -> None:
    if json:
        print_json(document)
        return
    console = people_console()
    if failing:
        table = Table(title="Rows that fail", title_justify="left", header_style="bold")
        for column in ("row", "holder", "amount", "why"):
            table.add_column(column, justify="right" if column in ("row", "amount") else "left")
        for verdict in failing:
            row = verdict.planned.row
            table.add_row(str(row.number), row.holder, f"{row.lot.amount:,}", str(Refused(verdict.reasons)))
        console.print(table)
    if document["refused"] and not document["checked_only"]:
        console.print("Nothing was signed. Mend the file, or give --skip-failing.")
    done, rows = document["issued_rows"], len(document["rows"])
    if document["checked_only"]:
        console.print(f"Checked, nothing was signed: {rows - done - len(failing)} of {rows - done} open rows pass.")
    console.print(f"{done} of {rows} rows are issued: {document['issued_amount']:,} of {document['total']:,}.")


for add in (asset_control.add_to, asset_succession.add_to, asset_token.add_to, captable.add_to):
    add(app)
