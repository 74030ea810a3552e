"""Acts the demonstration on a running local system and writes down what happened.

The order of acts keeps the two moments that must be seen from being a matter of luck: the relayer is started only after
both orders are in flight, so the audit in flight and the suspension in flight always happen. That the relayer finds orders made
before it was born is itself a promise.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from bridge.types import Approval, Lot
from chains.base import Chain, OrderRefused
from lockstep_cli.demo.flights import CROSSING_TIMEOUT, InFlight, await_refunded, await_settled, depart
from lockstep_cli.demo.privacy import search_run
from lockstep_cli.demo.refusals import compare, try_all
from lockstep_cli.demo.secrets import Secrets, secrets_of
from lockstep_cli.demo.statuses import change_status, identity_document
from lockstep_cli.demo.story import clock
from lockstep_cli.local.asset import GRANTS
from lockstep_cli.local.cast import Person
from lockstep_cli.local.subjects import QUALIFICATION
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

SOLD_AT_HOME, SOLD_ABROAD = 120, 80
"""Free tokens that Ben buys of Ana on each chain before his credential is revoked, and sells back afterwards."""
CHAIN_NAMES = {"substrate": "Substrate", "evm": "EVM"}


class Narrator(Protocol):
    """Told what happens, while it happens."""

    def act(self, title: str) -> None:
        """A new act begins."""

    def say(self, line: str) -> None:
        """Something happened."""

    def positions(self, title: str, positions: Document) -> None:
        """What everyone holds now."""


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
        with self.act("sale", "Ben buys on both chains"):
            self._sell()
        with self.act("revocation", "Ben's credential is revoked"):
            self.document["revocation"] = change_status(self.system, "revoke", "ben", QUALIFICATION, "ana")
            self._tell_enforcement("The issuer revokes Ben's qualification", "revocation")
        with self.act("exit", "He can't receive any more, and he can leave"):
            self._exit()
        with self.act("privacy_scan", "Nobody can be found in what the run left behind"):
            self._scan()
        return self.document

    def _introduce(self) -> None:
        system = self.system
        self.document["asset"] = {**system.asset_document(), "asset": hexed(system.asset)}
        grants = {grant.who: [lot_document(lot) for lot in system.issued_lots[grant.who]] for grant in GRANTS}
        self.document["issued"] = {"lots": grants, "total": sum(grant.free + grant.locked for grant in GRANTS)}
        self.document["identity"] = identity_document(system)
        self._tell_admission(self.document["identity"])
        self.document["before"] = self._positions()
        self.document["audit"] = {"before": self._audit()}
        self.tell.positions("Before", self.document["before"])

    def _depart(self) -> tuple[InFlight, InFlight]:
        people, substrate, evm = self.system.people, self.system.substrate, self.system.evm
        held = position_document(substrate, self.system.asset, people["fay"].investor, substrate.head())
        crossing = depart(self.system, people["ana"], substrate, evm)
        self.tell.say(f"Ana sends everything she has to her own EVM account: order {hexed(crossing.order_id)[:12]}…")
        doomed = depart(self.system, people["fay"], substrate, evm)
        self.tell.say(f"Fay does the same: order {hexed(doomed.order_id)[:12]}…")
        self.document["audit"]["in_flight"] = self._audit()
        self.document["refund"] = {"order": order_document(doomed.order_id, doomed.order), "before": held}
        self.document["suspension"] = change_status(self.system, "suspend", "fay", QUALIFICATION, "ana")
        self._tell_enforcement("While both are in flight, the issuer suspends Fay's qualification", "suspension")
        self._keep_for_replay(crossing)
        return crossing, doomed

    def _keep_for_replay(self, flight: InFlight) -> None:
        """Asks the attestors for their approval like anyone may, and keeps it for a second delivery later."""
        flight.at_source.wait(
            object, lambda event: getattr(event, "order_id", b"") == flight.order_id, "the order", CROSSING_TIMEOUT
        )
        approval, set_id, signatures = self.system.collect_approval(flight.order, flight.destination)
        self._replays[flight.destination.name] = (flight, approval, set_id, signatures)

    def _arrive(self, flight: InFlight) -> None:
        timeline = await_settled(self.system, flight)
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

    def _refund(self, flight: InFlight) -> None:
        rejected, settled = await_refunded(flight)
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
        flight = depart(self.system, self.system.people["ana"], self.system.evm, self.system.substrate)
        self.tell.say(f"Ana sends everything back: order {hexed(flight.order_id)[:12]}…")
        timeline = await_settled(self.system, flight)
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

    def _sell(self) -> None:
        """Ana sells to Ben at home, and from home to his account abroad: a crossing between two investors."""
        system, ana, ben = self.system, self.system.people["ana"], self.system.people["ben"]
        abroad = depart(system, ana, system.substrate, system.evm, [Lot(SOLD_ABROAD, 0, 0)], to=ben)
        system.substrate.transfer(system.asset, ben.substrate.id, SOLD_AT_HOME, ana.substrate)
        timeline = await_settled(system, abroad)
        self.document["sale"] = {"order_id": hexed(abroad.order_id), "timeline": timeline}
        self.tell.say(f"Ana sold Ben {SOLD_AT_HOME} on Substrate, and {SOLD_ABROAD} across to his EVM account")

    def _exit(self) -> None:
        """Ben sends what he has to Ana, who is eligible: on Substrate, on EVM, and from EVM home to Substrate."""
        system, ana, ben = self.system, self.system.people["ana"], self.system.people["ben"]
        there = SOLD_ABROAD // 2
        homeward = depart(system, ben, system.evm, system.substrate, [Lot(SOLD_ABROAD - there, 0, 0)], to=ana)
        left = {
            chain.name: self._leave(chain, ben, ana, amount)
            for chain, amount in ((system.substrate, SOLD_AT_HOME), (system.evm, there))
        }
        left["evm"]["homeward"] = {
            "order_id": hexed(homeward.order_id),
            "amount": SOLD_ABROAD - there,
            "timeline": await_settled(system, homeward),
        }
        for name, chain in system.chains.items():
            left[name]["after"] = position_document(chain, system.asset, ben.investor, chain.head())
        self.document["exit"] = left
        self.document["audit"]["end"] = self._audit()
        self.tell.say("Ben sent everything to Ana: on Substrate, on EVM, and from EVM home")

    def _leave(self, chain: Chain, holder: Person, buyer: Person, amount: int) -> Document:
        before = position_document(chain, self.system.asset, holder.investor, chain.head())
        sent = chain.transfer(self.system.asset, buyer.account(chain.name).id, amount, holder.account(chain.name))
        return {"before": before, "amount": amount, "sent": tx_document(sent.tx)}

    def _scan(self) -> None:
        values = (
            value
            for one in self.system.identity.identified.values()
            for value in secrets_of(one.subject, {held.valid_until for held in one.held if held.valid_until})
        )
        devnet = self.system.devnet
        search = search_run(
            Secrets(values),
            self.system.folder,
            devnet.substrate_ws.replace("ws:", "http:"),
            devnet.evm_http,
            {"demo/document": json.dumps(self.document).encode("utf-8")},
        )
        self.document["privacy_scan"] = search.document()
        searched = self.document["privacy_scan"]["searched"]
        self.tell.say(
            f"{searched['values']:,} forms of names, numbers, dates and their digests in {searched['bytes']:,} bytes: "
            f"{self.document['privacy_scan']['found']} found"
        )

    def _tell_admission(self, identity: Document) -> None:
        held: dict[str, list[str]] = {}
        for one in identity["credentials"]:
            held.setdefault(one["who"], []).append(one["configuration"].removesuffix("_sd_jwt").replace("_", " "))
        for who, kinds in held.items():
            self.tell.say(f"{who.capitalize()} presented: {', '.join(kinds)}; two accounts bound")

    def _tell_enforcement(self, what: str, key: str) -> None:
        told = self.document[key]
        when = ", ".join(
            f"{CHAIN_NAMES[name]} refuses {told[name]['seconds']:.1f} s later (block +{told[name]['blocks_after']})"
            for name in CHAIN_NAMES
        )
        self.tell.say(f"{what}: {when}, both with code {told['code']}")

    def _positions(self) -> Document:
        return positions_document(
            self.system.chains,
            self.system.asset,
            {grant.who: self.system.people[grant.who].investor for grant in GRANTS},
        )

    def _audit(self) -> Document:
        return self.system.audit()
