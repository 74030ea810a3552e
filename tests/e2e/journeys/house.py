"""What the journeys share: a running system seen as its people see it, by commands, over https and on both chains."""

from __future__ import annotations

import datetime as dt
import secrets
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bridge.transfer import TransferState
from chains.views import PositionView
from identity.issuer.staff import Role
from identity.ports import system_randomness, utc
from identity.wallet.investing import OracleClient
from identity.wallet.presenting import Presenter
from identity.wallet.receiving import Receiver
from identity.wallet.store import WalletStore
from lockstep_cli.local.cast import ROSTER, evm_account, substrate_account
from lockstep_cli.local.desk import Desk, Offered
from lockstep_cli.local.subjects import KYC, QUALIFICATION, Facts, draw_subject, kyc_claims, qualification_claims
from lockstep_cli.session import Session
from relayer.journal import Journal
from tests.support.commands import ROOT, answer
from tests.support.stopping import stopped

FOLDER = ROOT / ".lockstep" / "run" / "up"
CHAINS = ("substrate", "evm")
PATIENCE = 90.0
NOTHING_TO_SEND = 13
ACCREDITED = Facts("US", 1_000)


@dataclass(frozen=True, slots=True)
class Investor:
    """Somebody who received credentials, presented them and linked an account on each chain."""

    name: str
    wallet: Path
    subject_id: str
    investor: bytes

    @property
    def wallet_option(self) -> tuple[str, str]:
        """For commands."""
        return "--wallet", str(self.wallet)


class House:
    """A running system."""

    def __init__(self, running: Mapping[str, Any], session: Session, folder: Path) -> None:
        self.running, self.session, self.folder = running, session, folder
        context = ssl.create_default_context(cafile=str(FOLDER / "ca" / "ca.pem"))
        self.http = httpx.Client(verify=context, timeout=20, trust_env=False)
        tokens = {role: (FOLDER / "issuer" / f"{role}.token").read_text() for role in Role}
        self.desk = Desk(self.http, str(running["issuer"]), tokens, secrets.token_bytes)

    @property
    def asset(self) -> str:
        """The asset's id as commands and services write it."""
        return str(self.running["asset"])

    @property
    def caip2(self) -> dict[str, str]:
        """The chains' own names."""
        return {name: self.session.chain(name).views().identity().caip2 for name in CHAINS}

    # --- the oracle's staff ----------------------------------------------------------------------------------------

    def ask(self, who: str, method: str, path: str, body: object = None, *, expect: int | None = None) -> Any:
        """What the oracle answers one of its staff; any good status, or exactly `expect`."""
        token = (FOLDER / "oracle" / f"{who}.token").read_text()
        content = {} if body is None else {"json": body}
        found = self.http.request(
            method,
            f"{self.running['oracle']}/staff/v1{path}",
            headers={"Authorization": f"Bearer {token}"},
            **content,  # type: ignore[arg-type]
        )
        assert found.is_success if expect is None else found.status_code == expect, (found.status_code, found.text)
        return found.json()

    # --- people ----------------------------------------------------------------------------------------------------

    def offer(self, facts: Facts = ACCREDITED) -> Offered:
        """An offer of an identity check and a qualification to somebody new."""
        today = dt.datetime.now(dt.UTC).date()
        subject = draw_subject(facts, today, secrets.token_bytes)
        return self.desk.offer({KYC: kyc_claims(subject, today), QUALIFICATION: qualification_claims(facts, today)})

    def wallet(self, name: str) -> WalletStore:
        """The wallet of this name; a new one at first."""
        return WalletStore(self.folder / name)

    def receive(self, store: WalletStore, offered: Offered) -> None:
        """A wallet receives what is offered, as `lockstep wallet receive` does."""
        receiver = Receiver(self.http, store.key(), utc, system_randomness)
        for one in receiver.receive(receiver.read_offer(offered.offer), lambda: offered.tx_code):
            store.add(one)

    def enrol(self, *names: str, facts: Facts = ACCREDITED) -> list[Investor]:
        """People of the roster become investors, side by side, as far as their credentials go: their accounts are bound."""
        caip2 = self.caip2
        with ThreadPoolExecutor(len(names)) as pool:
            subjects = list(pool.map(lambda name: self._present(name, facts, caip2), names))
        for name in names:
            self._wait_bound(name)
        return [
            Investor(name, self.folder / name, subject, self.session.person(name).investor)
            for name, subject in zip(names, subjects, strict=True)
        ]

    def admit(self, *names: str, facts: Facts = ACCREDITED) -> list[Investor]:
        """Accredited investors who may receive on both chains."""
        found = self.enrol(*names, facts=facts)
        for name in names:
            self.wait_codes(name, set())
        return found

    def _wait_bound(self, name: str) -> None:
        self.wait_for(lambda: all(5 not in self.codes(chain, name) for chain in CHAINS), f"{name} is bound")

    def _present(self, name: str, facts: Facts, caip2: Mapping[str, str]) -> str:
        """As `lockstep wallet receive`, `enrol` and `link` do, of which one process each would be most of the time."""
        offered, store, asset = self.offer(facts), self.wallet(name), self.session.asset
        self.receive(store, offered)
        oracle = str(self.running["oracle"])
        client = OracleClient(self.http, oracle)
        presenter = Presenter(self.http, store.key(), utc, system_randomness)
        opened = client.enrol(asset, presenter, store.all())
        store.keep_session(oracle, opened.token)
        for chain, named in caip2.items():
            account = evm_account(ROSTER[name]) if chain == "evm" else substrate_account(name)
            client.link(opened, asset, named, account, presenter, store.all())
        return offered.subject_id

    def change(self, word: str, one: Investor, type_: str = QUALIFICATION) -> None:
        """The issuer's officer suspends, reinstates or revokes somebody's newest credential of a type."""
        rows = [row for row in self.desk.credentials(one.subject_id) if str(row["configuration"]).startswith(type_)]
        self.desk.change(word, str(max(rows, key=lambda row: int(row["issued_at"]))["id"]))

    def standing(self, one: Investor) -> dict[str, Any]:
        """What an investor's own wallet shows them of the asset."""
        (enrolment,) = answer("wallet", "standing", *one.wallet_option)["enrolments"]
        standing: dict[str, Any] = enrolment["standing"]
        return standing

    # --- chains ----------------------------------------------------------------------------------------------------

    def codes(self, chain: str, to: str, sender: str = "ana") -> set[int]:
        """The rules that sending one token on a chain would fail now."""
        on, session = self.session.chain(chain), self.session
        reasons = on.views(on.head()).explain_transfer(
            session.asset, session.account(sender, chain), session.account(to, chain), 1
        )
        return {int(reason.code) for reason in reasons}

    def wait_codes(self, to: str, codes: set[int], sender: str = "ana") -> None:
        """Until sending one token fails exactly these rules on both chains, whether or not the sender has one there."""
        for chain in CHAINS:
            self._wait_codes(chain, to, codes, sender)

    def _wait_codes(self, chain: str, to: str, codes: set[int], sender: str) -> None:
        found: set[int] = set()

        def same() -> bool:
            nonlocal found
            found = self.codes(chain, to, sender) - {NOTHING_TO_SEND}
            return found == codes

        self.wait_for(same, lambda: f"{chain}: {sender} to {to} fails {found}, not {codes}")

    def position(self, name: str, chain: str) -> PositionView:
        """What somebody has on a chain."""
        on = self.session.chain(chain)
        return on.views(on.head()).position_of(self.session.asset, self.session.person(name).investor)

    # --- orders ----------------------------------------------------------------------------------------------------

    @contextmanager
    def while_away(self, name: str) -> Iterator[None]:
        """`relayer`, `oracle` or `signer-N` hangs."""
        words = {"relayer": str(self.running["journal"]), "oracle": str(FOLDER / "oracle" / "oracle.toml")}
        with stopped(words.get(name) or str(FOLDER / f"{name}.sqlite")):
            yield

    def order(self, order_id: str) -> TransferState | None:
        """An order as the relayer's journal has it; None before the relayer saw it."""
        journal = Journal(Path(str(self.running["journal"])), read_only=True)
        try:
            found = journal.transfer(bytes.fromhex(order_id.removeprefix("0x")))
        finally:
            journal.close()
        return None if found is None else found.state

    def wait_order(self, order_id: str, status: str) -> TransferState:
        """Until an order has a status."""
        found: TransferState | None = None

        def there() -> bool:
            nonlocal found
            found = self.order(order_id)
            return found is not None and found.status.value == status

        self.wait_for(there, lambda: f"the order is {found and found.status.value}, not {status}")
        assert found is not None
        return found

    def wait_for(self, holds: Callable[[], bool], what: str | Callable[[], str], patience: float = PATIENCE) -> None:
        """Until something holds: neither chains nor processes tell a stranger when they are done."""
        ends = time.monotonic() + patience
        while not holds():
            assert time.monotonic() < ends, what if isinstance(what, str) else what()
            time.sleep(0.3)


def sent(*arguments: str) -> str:
    """The id of an order that a command sent off without waiting for its end."""
    return str(answer("cross", *arguments, "--no-wait")["order"]["order_id"])
