"""The issuer of the local system, and the credentials of its cast.

A process of its own, over https, as anybody's issuer would be. Everything that a real issuer asks
for is done: a case with evidence, a maker and a different checker, an offer with a code, a wallet that checks what it gets.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import httpx

from chains.devnet.process import ChainProcess
from identity.formats.did import did_web
from identity.issuer.development import DevelopmentIssuer, make_development_issuer
from identity.ports import Clock, Randomness
from identity.tls.development import DevelopmentAuthority
from identity.wallet.receiving import Receiver
from identity.wallet.store import Held, WalletStore
from lockstep_cli.local.desk import Desk
from lockstep_cli.local.services import READY, START_SECONDS
from lockstep_cli.local.subjects import (
    FACTS,
    KYC,
    QUALIFICATION,
    Subject,
    draw_subject,
    kyc_claims,
    qualification_claims,
)


@dataclass(frozen=True, slots=True)
class Identified:
    """A member of the cast as the issuer knows them, and their wallet."""

    name: str
    subject: Subject
    subject_id: str
    wallet: WalletStore
    held: tuple[Held, ...]


class LocalIssuer:
    """Makes and runs the issuer. A context manager: leaving it stops the process."""

    def __init__(
        self,
        folder: Path,
        port: int,
        authority: DevelopmentAuthority,
        http: httpx.Client,
        clock: Clock,
        randomness: Randomness,
        host: str = "127.0.0.1",
    ) -> None:
        """`port` is taken beforehand, because the issuer's name (did:web) holds it. `http` trusts `authority`."""
        self.folder, self._host = folder, host
        self._port, self._clock, self._randomness = port, clock, randomness
        self._authority, self._http = authority, http
        self.made: DevelopmentIssuer
        self.desk: Desk
        self._process: ChainProcess | None = None

    def __enter__(self) -> LocalIssuer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.close()

    def ask_to_stop(self) -> None:
        """Lets the process begin to end; leaving the context waits for it."""
        if self._process is not None:
            self._process.ask_to_stop()

    @property
    def url(self) -> str:
        """Where the issuer is."""
        return f"https://localhost:{self._port}"

    @property
    def did(self) -> str:
        """The issuer's name, which follows from its address."""
        return did_web(self.url)

    def start(self, subscribers: tuple[str, ...] = ()) -> None:
        """Makes the issuer, its staff and its keys, and starts it; returns when it listens."""
        self.made = make_development_issuer(
            self.folder / "issuer", self._port, self._authority, subscribers=subscribers, host=self._host
        )
        for role, token in self.made.tokens.items():
            write_private(self.folder / "issuer" / f"{role}.token", token)
        argv = [sys.executable, "-m", "identity.issuer", str(self.made.settings)]
        self._process = ChainProcess("issuer", argv, self.folder / "issuer.log", READY, {"LOCKSTEP_ENV": "dev"})
        self._process.wait_ready(START_SECONDS)
        self.desk = Desk(self._http, self.url, self.made.tokens, self._randomness)

    def identify(self, names: Iterable[str]) -> dict[str, Identified]:
        """Everybody's credentials, each in a wallet of their own. The people wait for the issuer side by side."""
        names = list(names)
        with ThreadPoolExecutor(len(names)) as pool:
            return dict(zip(names, pool.map(self._identify, names), strict=True))

    def credential(self, one: Identified, type_: str) -> str:
        """The issuer's number of somebody's newest credential of a type: what its officer suspends or revokes."""
        rows = [row for row in self.desk.credentials(one.subject_id) if str(row["configuration"]).startswith(type_)]
        return str(max(rows, key=lambda row: int(row["issued_at"]))["id"])

    def check(self, within: float = 0.0) -> None:
        """ChainDied when the issuer has ended, or does in the next `within` seconds."""
        if self._process is not None:
            self._process.check(within)

    def _identify(self, name: str) -> Identified:
        facts, today = FACTS[name], dt.datetime.fromtimestamp(self._clock(), dt.UTC).date()
        subject = draw_subject(facts, today, self._randomness)
        claims = {KYC: kyc_claims(subject, today), QUALIFICATION: qualification_claims(facts, today)}
        offered = self.desk.offer(claims)
        wallet = WalletStore(self.folder / "wallets" / name)
        receiver = Receiver(self._http, wallet.key(), self._clock, self._randomness)
        held = receiver.receive(receiver.read_offer(offered.offer), lambda: offered.tx_code)
        for one in held:
            wallet.add(one)
        return Identified(name, subject, offered.subject_id, wallet, tuple(held))


def write_private(path: Path, text: str) -> None:
    """A file that its owner alone may read."""
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
