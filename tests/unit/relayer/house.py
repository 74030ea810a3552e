"""Two fake chains, three real attestors and a real relayer in one process: no network, no waiting."""

from __future__ import annotations

import random
from pathlib import Path

import httpx
from starlette.testclient import TestClient

from chains.witness import Witness
from relayer.actions import Actions
from relayer.attestor.follower import Follower
from relayer.attestor.service import create_app
from relayer.attestor.signing import Attestor, ChainDecisions, Decisions
from relayer.attestor.store import AttestorStore
from relayer.collect import Collector
from relayer.daemon import Daemon, Watched
from relayer.journal import Journal
from tests.unit.relayer.fakes import RELAYER, SIGNERS, FakeChain, World


class Booth:
    """One attestor with its own store and its own view of the chains."""

    def __init__(self, place: int, chains: list[FakeChain], world: World, folder: Path, decisions: Decisions) -> None:
        self.store = AttestorStore(folder / f"attestor-{place}.sqlite")
        self.witnesses = {chain.domain: Witness([chain], quorum=1) for chain in chains}
        self.attestor = Attestor(self.witnesses, self.store, SIGNERS[place], decisions, world.clock)
        self.followers = [Follower(one, self.store, start=0, clock=world.clock) for one in self.witnesses.values()]
        self.client = TestClient(create_app(self.attestor, {"fake": True}))
        self.silent = False

    def follow(self) -> None:
        for follower, witness in zip(self.followers, self.witnesses.values(), strict=True):
            while follower.step(witness.finalised()):
                continue

    def close(self) -> None:
        self.client.close()
        for witness in self.witnesses.values():
            witness.close()
        self.store.close()


class House:
    """Everything together. `settle_down` lets the relayer work until nothing is due any more."""

    def __init__(self, folder: Path, *, lag: int = 0, decisions: Decisions | None = None) -> None:
        self.world = World()
        self.folder = folder
        self.source = FakeChain("source", self.world, lag=lag)
        self.destination = FakeChain("destination", self.world, lag=lag)
        self.chains = [self.source, self.destination]
        self.booths = [
            Booth(place, self.chains, self.world, folder, decisions or ChainDecisions()) for place in range(3)
        ]
        self.keys = {chain.name: RELAYER for chain in self.chains}
        self.open()

    def open(self) -> None:
        """Starts a relayer over the journal on disk: at first, and after a crash."""
        self.journal = Journal(self.folder / "relayer.sqlite")
        urls = [f"http://attestor-{place}" for place in range(3)]
        self.collector = Collector(urls, transport=httpx.MockTransport(self._answer))
        self.actions = Actions(
            {chain.domain: chain for chain in self.chains},
            self.keys,
            self.journal,
            self.collector,
            clock=self.world.seconds,
            random=random.Random(1).random,
        )
        watched = {chain.domain: Watched(chain, 0) for chain in self.chains}
        self.daemon = Daemon(watched, self.journal, self.actions, clock=self.world.seconds)

    def turn(self) -> None:
        """Every process sees the final blocks once, and the relayer does what is due."""
        for booth in self.booths:
            booth.follow()
        self.daemon.turn()
        self.daemon.drained(30)

    def settle_down(self, turns: int = 30, seconds: int = 2) -> None:
        """Blocks come and time passes."""
        for _ in range(turns):
            self.turn()
            self.world.now += seconds
            for chain in self.chains:
                chain.mine()

    def shut(self) -> None:
        """The relayer is gone; what is on disk stays."""
        self.collector.close()
        self.journal.close()

    def close(self) -> None:
        self.shut()
        for booth in self.booths:
            booth.close()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        booth = self.booths[int(request.url.host.rsplit("-", 1)[1])]
        if booth.silent:
            raise httpx.ConnectError("nobody listens")
        answer = booth.client.get(request.url.path, params=dict(request.url.params))
        return httpx.Response(answer.status_code, content=answer.content)
