"""The book of rules for both chains, and what it says of a call."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass

from bridge import ledger as book
from bridge.ledger import Done, Event, Ledger
from bridge.refusals import Refused
from bridge.types import Reason
from tests.differential.calls import call_of
from tests.differential.scene import CHAINS, Call, Op, Scene, kind_of
from tests.differential.signing import first_signers


@dataclass(frozen=True, slots=True)
class Said:
    """What an implementation says: the failing rules (none: done) and the events."""

    reasons: tuple[Reason, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def code(self) -> int:
        """The lowest failing rule, 0 for none."""
        return self.reasons[0].code if self.reasons else 0


def founded(scene: Scene) -> dict[str, Ledger]:
    """Both chains before anything happened."""
    return {
        chain: Ledger(
            scene.domains[chain],
            kind_of(chain),
            scene.account(chain, "admin"),
            scene.account(chain, "guardian"),
            delay=scene.timing.delay,
            grace=scene.timing.grace,
            signers=first_signers(),
        )
        for chain in CHAINS
    }


def ask(ledger: Ledger, now: int, call: Call) -> tuple[Ledger, Said]:
    """The ledger after a call, and what the book says of it. A refused call changes nothing."""
    if call.name == "explain_deliver":
        return ledger, Said(book.explain_deliver(ledger, now, **call.args).reasons)
    function = getattr(book, call.name)
    wanted = inspect.signature(function).parameters
    given = {"now": now, "caller": call.caller} | dict(call.args)
    try:
        done: Done = function(ledger, **{name: value for name, value in given.items() if name in wanted})
    except Refused as refused:
        return ledger, Said(refused.reasons)
    return done.ledger, Said((), done.events)


class World:
    """Both chains' models, their common clock, and the orders that were made so far."""

    def __init__(self, scene: Scene, ledgers: Mapping[str, Ledger] | None = None) -> None:
        self.scene = scene
        self.now = scene.start
        self.ledgers = dict(ledgers or founded(scene))

    def calls(self, op: Op) -> dict[str, Call]:
        """What each chain is asked by an operation, at the time that it will have then."""
        now = self.now + op[0]
        made = {chain: call_of(self.scene, chain, now, op, self.ledgers) for chain in CHAINS}
        return {chain: call for chain, call in made.items() if call is not None}

    def explained(self, chain: str, call: Call) -> Said:
        """What the book would say of a call at the present second."""
        return ask(self.ledgers[chain], self.now, call)[1]

    def advance(self, op: Op, calls: Mapping[str, Call]) -> dict[str, Said]:
        """Do an operation on both chains."""
        self.now += op[0]
        said: dict[str, Said] = {}
        for chain, call in calls.items():
            self.ledgers[chain], said[chain] = ask(self.ledgers[chain], self.now, call)
            for event in said[chain].events:
                if event.name == "OrderInitiated":
                    self.scene.orders[chain].append(dict(event.fields)["order"])  # type: ignore[arg-type]
        return said
