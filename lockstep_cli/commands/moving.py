"""`lockstep transfer`, `lockstep cross` and `lockstep explain`: moving tokens, and asking first."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from bridge.refusals import Refused
from bridge.types import InitiateRequest, Lot, Reason
from chains.base import Chain, OrderDelivered, OrderRejected, OrderSettled
from lockstep_cli.local.cast import Person, staff
from lockstep_cli.naming import Free, Lots, named_lots, required_lots
from lockstep_cli.output import Json, people_console, print_json, progress_console
from lockstep_cli.reading import Document, hexed, order_document, reason_document, tx_document
from lockstep_cli.session import OfAsset, Session, open_session, parse_amount
from lockstep_cli.watch import Watcher

explain_app = typer.Typer(
    help="Ask a chain which rules a move would fail, all of them, before anything is signed.", no_args_is_help=True
)

Sender = Annotated[str, typer.Argument(help="Who sends: a name of the cast (ana, ben, ...).")]
Receiver = Annotated[str, typer.Argument(help="Who receives: a name, or an address of that chain.")]
Amount = Annotated[str, typer.Argument(help="Whole base units, for example 250.")]
OnChain = Annotated[str, typer.Option("--chain", help="substrate or evm.")]
ToChain = Annotated[str, typer.Option("--to", help="The chain to cross to: substrate or evm.")]
ReceiverName = Annotated[
    str | None, typer.Option("--receiver", help="Who gets it over there; without it, the sender's own account.")
]
Deadline = Annotated[int, typer.Option("--deadline", help="Seconds until the order expires and is refunded.", min=1)]
ORDER_TIMEOUT = 120.0


def transfer(
    sender: Sender,
    receiver: Receiver,
    amount: Amount,
    chain: OnChain = "substrate",
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Send free tokens on one chain. Between one's own accounts anything moves, locked or not."""
    with open_session(asset) as session:
        on = session.chain(chain)
        to = session.account(receiver, chain)
        submitted = on.transfer(session.asset, to, parse_amount(amount), session.person(sender).account(chain))
        document = tx_document(submitted.tx)
    if json:
        print_json(document)
    else:
        people_console().print(f"Done in block {document['block']} of {chain}: {document['transaction']}")


@explain_app.command("transfer")
def explain_transfer(
    sender: Sender,
    receiver: Receiver,
    amount: Amount,
    chain: OnChain = "substrate",
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Would this transfer be allowed? If not, every rule that says no, with its values and what would cure it."""
    with open_session(asset) as session:
        on = session.chain(chain)
        from_account, to = session.account(sender, chain), session.account(receiver, chain)
        reasons = on.views(on.head()).explain_transfer(session.asset, from_account, to, parse_amount(amount))
    print_reasons(reasons, json)


@explain_app.command("cross")
def explain_cross(
    sender: Sender,
    to: ToChain = "evm",
    free: Free = None,
    lot: Lots = None,
    receiver: ReceiverName = None,
    deadline: Deadline = 3600,
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Would the source chain let this crossing begin? Without --free and --lot: everything the sender has."""
    with open_session(asset) as session:
        source, _, person, request = _crossing(session, sender, to, free, lot, receiver, deadline)
        reasons = source.views(source.head()).explain_initiate(person.account(source.name).id, request)
    print_reasons(reasons, json)


@explain_app.command("issue")
def explain_issue(
    holder: Annotated[str, typer.Argument(help="Who gets the lots: a name, or an address of the home chain.")],
    free: Free = None,
    lot: Lots = None,
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Would the home chain let the controller issue these lots? Asked for one holder, before anything is signed."""
    lots = required_lots(free, lot)
    with open_session(asset) as session:
        home = session.chain(session.entry.home)
        account, controller = session.account(holder, home.name), staff(home.name).controller
        reasons = home.views(home.head()).explain_issue(session.asset, controller.id, account, lots)
    print_reasons(reasons, json)


def cross(
    sender: Sender,
    to: ToChain = "evm",
    free: Free = None,
    lot: Lots = None,
    receiver: ReceiverName = None,
    deadline: Deadline = 3600,
    wait: Annotated[bool, typer.Option(help="Wait until the order is settled on its source.")] = True,
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Send a position, or a part of it, to the other chain, and follow it to the end.

    Without --free and --lot everything crosses. To another investor only free tokens cross.
    """
    with open_session(asset) as session:
        source, destination, person, request = _crossing(session, sender, to, free, lot, receiver, deadline)
        watchers = [Watcher(chain, chain.finalised().number + 1) for chain in (source, destination)]
        submitted = source.initiate(request, person.account(source.name))
        document: Document = {
            "order": order_document(submitted.order_id, submitted.order),
            "timeline": [{"stage": "initiated", **tx_document(submitted.tx)}],
        }
        if wait:
            _follow(submitted.order_id, watchers[0], watchers[1], document)
    if json:
        print_json(document)
        return
    console = people_console()
    console.print(f"Order {hexed(submitted.order_id)}")
    for stage in document["timeline"]:
        console.print(f"  {stage['stage']:<10} {stage['chain']:<10} block {stage['block']:<6} {stage['transaction']}")


def _follow(order_id: bytes, at_source: Watcher, at_destination: Watcher, document: Document) -> None:
    with progress_console().status("waiting for finality, two of three attestors, and delivery"):
        decided: OrderDelivered | OrderRejected = at_destination.wait(
            (OrderDelivered, OrderRejected), lambda e: e.order_id == order_id, "the outcome", ORDER_TIMEOUT
        )
        stage = "delivered" if isinstance(decided, OrderDelivered) else "rejected"
        document["timeline"].append({"stage": stage, **tx_document(decided.at)})
        settled = at_source.wait(OrderSettled, lambda e: e.order_id == order_id, "the settlement", ORDER_TIMEOUT)
        stage = "settled" if isinstance(decided, OrderDelivered) else "refunded"
        document["timeline"].append({"stage": stage, **tx_document(settled.at)})
    document |= {"outcome": settled.outcome, "reason": settled.reason}


def _crossing(
    session: Session,
    sender: str,
    to: str,
    free: str | None,
    lots: list[str] | None,
    receiver: str | None,
    deadline: int,
) -> tuple[Chain, Chain, Person, InitiateRequest]:
    destination, source = session.chain(to), session.other(to)
    person, beneficiary = session.person(sender), session.person(receiver or sender)
    named = named_lots(free, lots)
    if free is None and not lots:
        position = source.views(source.head()).position_of(session.asset, person.investor)
        named = (*((Lot(position.free, 0, 0),) if position.free else ()), *position.lots)
    request = InitiateRequest(
        asset=session.asset,
        destination=destination.domain,
        to_investor=beneficiary.investor,
        recipient=beneficiary.account(destination.name).id,
        lots=named,
        deadline=source.head().time + deadline,
    )
    return source, destination, person, request


def print_reasons(reasons: tuple[Reason, ...], json: bool) -> None:
    """All failing rules; the exit code is 2 when there is one, so that scripts can ask before they sign."""
    document: dict[str, Any] = {"allowed": not reasons, "reasons": [reason_document(reason) for reason in reasons]}
    if json:
        print_json(document)
    elif not reasons:
        people_console().print("[green]Allowed.[/]")
    else:
        people_console().print(reasons_table(Refused(reasons)))
    if reasons:
        raise typer.Exit(2)


def reasons_table(refused: Refused) -> Table:
    """One row per failing rule."""
    table = Table(title="Refused", title_justify="left", header_style="bold")
    for column in ("code", "rule", "why", "what would cure it"):
        table.add_column(column)
    for row in (reason_document(reason) for reason in refused.reasons):
        table.add_row(str(row["code"]), row["name"], row["sentence"], row["cure"] or "-")
    return table
