"""`lockstep asset replace-investor`: one investor id in the place of another."""

from __future__ import annotations

from typing import Annotated

import typer

from chains.base import Submitted
from chains.control import ManagedChain
from lockstep_cli.acting import on_each, tell
from lockstep_cli.assets.book import changing
from lockstep_cli.errors import UserError
from lockstep_cli.local.cast import Staff
from lockstep_cli.naming import BOTH, AnyChain, OrderedBy, ReasonCode, action_of, chains_of
from lockstep_cli.output import Json, people_console
from lockstep_cli.paths import up_book
from lockstep_cli.reading import tx_document
from lockstep_cli.session import CHAINS, OfAsset, Session, open_session


def add_to(app: typer.Typer) -> None:
    """Puts the command into `lockstep asset`."""
    app.command("replace-investor")(replace_investor)


def replace_investor(
    retired: Annotated[str, typer.Argument(help="Whose id ends: a name, or the id.")],
    successor: Annotated[str, typer.Argument(help="Who takes over: a name, or an id.")],
    reason: ReasonCode,
    document: OrderedBy,
    chain: AnyChain = BOTH,
    asset: OfAsset = None,
    json: Json = False,
) -> None:
    """Retire an investor id; its successor takes over everything: lots with their dates, orders in flight, freezes, room.

    A chain where it is done already is passed over, so a run that was cut off is simply repeated.
    """
    action = action_of(reason, document)
    with open_session(asset) as session:
        old, new = session.investor(retired), session.investor(successor)
        if old == new:
            raise UserError(f"{retired} and {successor} are the same investor.", "Name who takes over.")

        def act(on: ManagedChain, keys: Staff) -> Submitted:
            return on.replace_investor(session.asset, old, new, action, keys.controller)

        rest = [name for name in chains_of(chain) if _successor(session, name, old) != new]
        done = [
            {**tx_document(one.tx), "events": [type(event).__name__ for event in one.happened]}
            for one in on_each(session, rest, act)
        ]
        # A name that led elsewhere on one chain only would hide what the id still holds on the other.
        if all(_successor(session, name, old) == new for name in CHAINS):
            with changing(up_book()) as book:
                if session.entry.symbol in book.assets:
                    book.assets[session.entry.symbol].retire(old, new)
    tell(done, json)
    if not done and not json:
        people_console().print(f"{retired} was replaced already.")


def _successor(session: Session, name: str, investor: bytes) -> bytes | None:
    return session.chain(name).views().successor_of(session.asset, investor)
