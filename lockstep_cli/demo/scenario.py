"""Acts the demonstration on a running local system and writes down what happened.

The order of acts keeps the two moments that must be seen from being a matter of luck: the relayer is started only after
both orders are in flight, so the audit in flight and the suspension in flight always happen. That the relayer finds orders made
before it was born is itself a promise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from bridge.types import Approval, InitiateRequest, Lot, TransferOrder
from chains.base import Chain, OrderDelivered, OrderRefused, OrderRejected, OrderSettled, Submitted
from lockstep_cli.demo.refusals import compare, try_all
from lockstep_cli.demo.story import clock
from lockstep_cli.local.asset import GRANTS
from lockstep_cli.local.cast import Person
from lockstep_cli.local.system import LocalSystem
from lockstep_cli.reading import (
    Document,
    hexed,
    lot_document,
    order_document,
    position_document,
    positions_document,
    tx_document,
)
from lockstep_cli.watch import Watcher

CROSSING_TIMEOUT = 90.0
"""Seconds in which an order must reach its end; a crossing takes about ten here."""
FLIGHT_SECONDS = 3600


class Narrator(Protocol):
    """Told what happens, while it happens."""

    def act(self, title: str) -> None:
        """A new act begins."""

    def say(self, line: str) -> None:
        """Something happened."""

    def positions(self, title: str, positions: Document) -> None:
        """What everyone holds now."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """An order that was initiated, with the watchers that stood ready before it was."""

    person: Person
    order_id: bytes
    order: TransferOrder
    submitted: Submitted
    source: Chain
    destination: Chain
    at_source: Watcher
    at_destination: Watcher


class Scenario:
    """One run. `document` grows act by act."""

    def __init__(
        self, system: LocalSystem, narrator: Narrator, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.system = system
        self.tell = narrator
        self.document: Document = {"seconds": {}}
        self._monotonic = monotonic
        self._replays: dict[str, tuple[InFlight, Approval, int, list[bytes]]] = {}

    @contextmanager
    def act(self, key: str, title: str) -> Iterator[None]:
        """Times one act under `seconds`."""
        self.tell.act(title)
        started = self._monotonic()
        yield
        self.document["seconds"][key] = round(self._monotonic() - started, 2)

    def play(self) -> Document:
        """The whole demonstration on a system that is up, seeded, and whose relayer has not been started."""
        with self.act("issue", "A security is issued"):
            self._introduce()
        with self.act("refusals_substrate", "Substrate refuses what the rules forbid"):
            on_substrate = try_all(self.system.substrate, self.system.asset, self.system.people)
            self.tell.say(f"{len(on_substrate)} forbidden transfers sent, all refused by the chain")
        with self.act("initiate", "Two positions leave Substrate"):
            crossing, doomed = self._depart()
        with self.act("crossing", "The relayer starts, and finds both"):
            self.system.start_relayer()
            self._arrive(crossing)
        with self.act("refund", "What can't be delivered comes back"):
            self._refund(doomed)
        with self.act("refusals_evm", "EVM refuses the same, by the same codes"):
            on_evm = try_all(self.system.evm, self.system.asset, self.system.people)
            self.document["refusals"] = compare(on_substrate, on_evm)
            for row in self.document["refusals"]:
                self.tell.say(
                    f"{row['attempt']}: {row['name']} ({row['substrate_code']} on Substrate, {row['evm_code']} on EVM). {row['sentence']}"
                )
        with self.act("return", "The position goes home"):
            self._return()
        with self.act("replay", "Nothing is delivered twice"):
            self.document["replay"] = {chain: self._replay(*replay) for chain, replay in self._replays.items()}
        return self.document

    def _introduce(self) -> None:
        system = self.system
        self.document["asset"] = {**system.asset_document(), "asset": hexed(system.asset)}
        grants = {grant.who: [lot_document(lot) for lot in system.issued_lots[grant.who]] for grant in GRANTS}
        self.document["issued"] = {"lots": grants, "total": sum(grant.free + grant.locked for grant in GRANTS)}
        self.document["before"] = self._positions()
        self.document["audit"] = {"before": self._audit()}
        self.tell.positions("Before", self.document["before"])

    def _depart(self) -> tuple[InFlight, InFlight]:
        people, substrate, evm = self.system.people, self.system.substrate, self.system.evm
        held = position_document(substrate, self.system.asset, people["fay"].investor, substrate.head())
        crossing = self._initiate(people["ana"], substrate, evm)
        self.tell.say(f"Ana sends everything she has to her own EVM account: order {hexed(crossing.order_id)[:12]}…")
        doomed = self._initiate(people["fay"], substrate, evm)
        self.tell.say(f"Fay does the same: order {hexed(doomed.order_id)[:12]}…")
        self.document["audit"]["in_flight"] = self._audit()
        suspended = self.system.oracle.suspend(evm, people["fay"], evm.head().time)
        self.tell.say("While both are in flight, the oracle takes Fay's right to receive on EVM")
        self.document["refund"] = {
            "order": order_document(doomed.order_id, doomed.order),
            "before": held,
            "suspended": tx_document(suspended.tx),
        }
        self._keep_for_replay(crossing)
        return crossing, doomed

    def _initiate(self, person: Person, source: Chain, destination: Chain) -> InFlight:
        """Sends the person's whole position to their own account on the other chain."""
        at_source, at_destination = (Watcher(chain, chain.finalised().number + 1) for chain in (source, destination))
        position = source.views().position_of(self.system.asset, person.investor)
        free = (Lot(position.free, 0, 0),) if position.free else ()
        request = InitiateRequest(
            asset=self.system.asset,
            destination=destination.domain,
            to_investor=person.investor,
            recipient=person.account(destination.name).id,
            lots=(*free, *position.lots),
            deadline=source.head().time + FLIGHT_SECONDS,
        )
        submitted = source.initiate(request, person.account(source.name))
        order_id, order = submitted.order_id, submitted.order
        return InFlight(person, order_id, order, submitted, source, destination, at_source, at_destination)

    def _keep_for_replay(self, flight: InFlight) -> None:
        """Asks the attestors for their approval like anyone may, and keeps it for a second delivery later."""
        flight.at_source.wait(
            object, lambda event: getattr(event, "order_id", b"") == flight.order_id, "the order", CROSSING_TIMEOUT
        )
        approval, set_id, signatures = self.system.collect_approval(flight.order, flight.destination)
        self._replays[flight.destination.name] = (flight, approval, set_id, signatures)

    def _arrive(self, flight: InFlight) -> None:
        timeline = self._settled(flight)
        self.document["crossing"] = {
            "order_id": hexed(flight.order_id),
            "order": order_document(flight.order_id, flight.order),
            "timeline": timeline,
        }
        for stage in timeline:
            where = (
                f"{stage['chain']:<10} block {stage['block']:<6} {stage['hash']}"
                if "block" in stage
                else "by 2 of 3 attestors"
            )
            self.tell.say(f"{clock(stage['time'])}  {stage['stage']:<10} {where}")
        self.document["after_crossing"] = self._positions()
        self.tell.positions("After the crossing", self.document["after_crossing"])

    def _settled(self, flight: InFlight) -> list[Document]:
        """Waits for the end of a delivered order; its timeline, oldest stage first."""
        delivered = flight.at_destination.wait(
            OrderDelivered, lambda e: e.order_id == flight.order_id, "the delivery", CROSSING_TIMEOUT
        )
        settled = flight.at_source.wait(
            OrderSettled, lambda e: e.order_id == flight.order_id, "the settlement", CROSSING_TIMEOUT
        )
        return [
            {"stage": "initiated", **tx_document(flight.submitted.tx)},
            *self.system.attested(flight.order_id),
            {"stage": "delivered", **tx_document(delivered.at)},
            {"stage": "settled", **tx_document(settled.at)},
        ]

    def _refund(self, flight: InFlight) -> None:
        rejected = flight.at_destination.wait(
            OrderRejected, lambda e: e.order_id == flight.order_id, "the rejection", CROSSING_TIMEOUT
        )
        settled = flight.at_source.wait(
            OrderSettled, lambda e: e.order_id == flight.order_id, "the refund", CROSSING_TIMEOUT
        )
        asset, investor = self.system.asset, flight.person.investor
        self.document["refund"] |= {
            "outcome": settled.outcome,
            "reason": settled.reason,
            "after": position_document(flight.source, asset, investor, flight.source.head()),
            "arrived": position_document(flight.destination, asset, investor, flight.destination.head()),
            "timeline": [
                {"stage": "initiated", **tx_document(flight.submitted.tx)},
                {"stage": "rejected", **tx_document(rejected.at)},
                {"stage": "refunded", **tx_document(settled.at)},
            ],
        }
        self.tell.say(
            f"EVM refused Fay's order for reason {rejected.reason}; Substrate returned the very lots she had sent"
        )

    def _return(self) -> None:
        flight = self._initiate(self.system.people["ana"], self.system.evm, self.system.substrate)
        self.tell.say(f"Ana sends everything back: order {hexed(flight.order_id)[:12]}…")
        timeline = self._settled(flight)
        # The relayer is quick now: what is played again is the very approval that it delivered with.
        self._replays[flight.destination.name] = (flight, *self.system.relayed_approval(flight.order_id))
        self.document["return"] = {"order_id": hexed(flight.order_id), "timeline": timeline}
        self.document["after_return"] = self._positions()
        self.document["audit"]["after"] = self._audit()
        self.tell.positions("After the return", self.document["after_return"])

    def _replay(self, flight: InFlight, approval: Approval, set_id: int, signatures: list[bytes]) -> Document:
        """Delivers an order that was delivered, with the attestors' genuine approval, by the relayer's key."""
        before = self._positions()
        submitted = self.system.deliver(flight.destination, [flight.order], approval, set_id, signatures)
        refused = [event for event in submitted.events if isinstance(event, OrderRefused)]
        self.tell.say(
            f"second delivery of {hexed(flight.order_id)[:12]}… on {flight.destination.name}: code {submitted.codes[0]}"
        )
        after = self._positions()
        held = [
            {who: (p["free"], p["lots"]) for who, p in moment[flight.destination.name].items()}
            for moment in (before, after)
        ]
        return {
            "order_id": hexed(flight.order_id),
            **tx_document(submitted.tx),
            "code": submitted.codes[0],
            "refused": len(refused),
            "unchanged": held[0] == held[1],
        }

    def _positions(self) -> Document:
        return positions_document(
            self.system.chains,
            self.system.asset,
            {grant.who: self.system.people[grant.who].investor for grant in GRANTS},
        )

    def _audit(self) -> Document:
        return self.system.audit()
