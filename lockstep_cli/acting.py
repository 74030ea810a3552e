"""What commands that sign share: acting on chains one after the other, and saying in which block it was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chains.base import Submitted
from chains.control import ManagedChain
from lockstep_cli.local.cast import Staff, staff
from lockstep_cli.output import people_console, print_json
from lockstep_cli.reading import Document
from lockstep_cli.session import Session

Act = Callable[[ManagedChain, Staff], Submitted]


def on_each(session: Session, names: Iterable[str], act: Act) -> list[Submitted]:
    """Acts on the chains, one after the other, with the keys of that chain's staff. UserError for an unknown chain."""
    return [act(session.chain(name), staff(name)) for name in names]


def tell(done: Sequence[Document], json: bool) -> None:
    """Where each transaction stands, for people or as JSON."""
    if json:
        print_json(list(done))
        return
    for row in done:
        people_console().print(f"Done in block {row['block']} of {row['chain']}: {row['transaction']}")
