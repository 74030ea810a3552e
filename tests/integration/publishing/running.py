"""An oracle as a process of its own, with its database, beside three signer processes and an issuer that pushes nothing.

Between the oracle and its signers stand gates, so that a test may hold what is asked or answered while it does something.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from bridge.abi import encode_struct
from bridge.eligibility import EligibilityWord
from bridge.types import TransferOrder
from chains.accounts import Account, write_secret_file
from chains.devnet.keys import dev_evm
from chains.devnet.process import ChainProcess
from chains.token_events import Event
from identity.formats.jws import parse_jws
from identity.oracle.development import make_development_oracle
from identity.oracle.policy.document import DOCUMENT_NAME, parse_policy
from identity.tls.development import DevelopmentAuthority
from identity.wallet.investing import OracleClient
from identity.wallet.presenting import Presenter
from lockstep_cli.local import asset as house
from lockstep_cli.local.cast import ORACLE_EVM_INDEX, evm_account, staff, substrate_account
from lockstep_cli.local.ports import free_port
from lockstep_cli.local.services import READY, chain_settings
from lockstep_cli.local.system import LocalSystem
from tests.integration.publishing.signers import START_SECONDS, SignerProcesses
from tests.support.credentials import Credential, Served, holder
from tests.unit.identity.oracle.presenting.verifier_house import held_of

LOOK_SECONDS = 0.01
PATIENCE = 90.0
NAMES = ("gil", "hua", "ida", "jon", "kim", "leo", "mia")
GRACE = 4
"""Seconds for which words stay when nobody knows (`unreachable_grace`)."""


class Gate:
    """Stands before one server: passes bytes on both ways, unless a way is shut. A context manager."""

    def __init__(self, url: str) -> None:
        self._target = int(url.rpartition(":")[2])
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"https://localhost:{self._listener.getsockname()[1]}"
        self.inward, self.outward = threading.Event(), threading.Event()
        self.inward.set()
        self.outward.set()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.inward.set()
        self.outward.set()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._open += [near, far]
                for way in ((near, far, self.inward), (far, near, self.outward)):
                    thread = threading.Thread(target=_pass, args=way, daemon=True)
                    self._threads.append(thread)
                    thread.start()


def _pass(source: socket.socket, target: socket.socket, gate: threading.Event) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            gate.wait()
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class RunningOracle:
    """A context manager: everything runs while it is open, over a running system, for an asset of its own."""

    def __init__(self, system: LocalSystem, folder: Path, salt: int) -> None:
        self.system, self.folder, self._salt = system, folder, salt
        self._stack = ExitStack()
        self._process: ChainProcess | None = None
        self.people = 0

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def chains(self) -> dict[str, Any]:
        """Both chains by name."""
        return dict(self.system.chains)

    def start(self) -> None:
        """Starts the oracle; returns when it serves."""
        argv = [sys.executable, "-m", "identity.oracle", str(self.made.settings)]
        log = self.folder / f"oracle-{time.monotonic_ns()}.log"
        self._process = ChainProcess("oracle", argv, log, READY, {"LOCKSTEP_ENV": "dev"})
        self._process.wait_ready(START_SECONDS)

    def kill(self) -> None:
        """SIGKILL: nothing is closed, nothing is told."""
        assert self._process is not None
        self._process.kill()

    def newcomer(self) -> tuple[int, Credential]:
        """A new person with an identity check and a name of their own, not enrolled yet."""
        number, self.people = self.people, self.people + 1
        name = "".join(chr(ord("a") + byte % 26) for byte in os.urandom(14)).capitalize()
        return number, self.served.issuer.credential(number, int(time.time()), family_name=name)

    def enrol(self, number: int, credential: Credential) -> None:
        """Presents the check, and links an account on each chain, by the protocols."""
        presenter = Presenter(self.http, holder(number), lambda: int(time.time()), os.urandom)
        held = [held_of(credential.wire, int(time.time()))]
        session = self.client.enrol(self.asset, presenter, held)
        for name, chain in self.chains.items():
            caip2 = chain.views().identity().caip2
            self.client.link(session, self.asset, caip2, self.account(name, number), presenter, held)

    def account(self, chain: str, number: int) -> Account:
        """A person's account."""
        return evm_account(13 + number) if chain == "evm" else substrate_account(NAMES[number])

    def word(self, chain: Any, number: int) -> EligibilityWord:
        """A person's word at the newest block; all zero for somebody who has no account there yet."""
        views = chain.views()
        investor = views.account_of(self.asset, self.account(chain.name, number).id).investor
        return EligibilityWord.unpack(views.eligibility_of(self.asset, investor))

    def state(self, chain: Any, number: int) -> str | None:
        """How far the journal says that a batch has come."""
        statement = "SELECT state FROM batches WHERE domain = ? AND number = ?"
        rows = _rows(self.database, statement, chain.domain, number)
        return rows[0][0] if rows else None

    def signed(self, chain: Any, number: int) -> int:
        """How many signers remember that they signed a batch."""
        return sum(
            bool(_rows(path, "SELECT 1 FROM batches WHERE domain = ? AND number = ?", chain.domain, number))
            for path in self.folder.glob("signer-*.sqlite")
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody can write to the oracle's database."""
        with closing(sqlite3.connect(self.database, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Both nodes stand still (SIGSTOP): whatever is asked of them waits."""
        groups = [self.system.devnet.pid_of(name) for name in self.chains]
        for group in groups:
            os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            for group in groups:
                os.killpg(group, signal.SIGCONT)

    def _start(self) -> None:
        enter = self._stack.enter_context
        authority = DevelopmentAuthority(self.folder / "ca")
        self.served = enter(Served(authority.serve_localhost("issuer")))
        self._found_asset()
        chains = chain_settings(
            self.system.devnet, self.system.contracts, {name: one.domain for name, one in self.chains.items()}
        )
        port = free_port()
        url = f"https://localhost:{port}"
        did = f"did:web:localhost%3A{port}"
        signers = enter(SignerProcesses(self.folder, authority, chains, did, [self.served.host]))
        self.gates = [enter(Gate(one)) for one in signers.urls]
        evm_key, substrate_key = self.folder / "evm.key", self.folder / "substrate.key"
        write_secret_file(evm_key, dev_evm(ORACLE_EVM_INDEX).key.hex())
        write_secret_file(substrate_key, "//Oracle")
        self.made = make_development_oracle(
            self.folder / "oracle",
            port,
            authority,
            issuers=[self.served.host],
            chains=chains,
            signers=[gate.url for gate in self.gates],
            keys={"evm": evm_key, "substrate": substrate_key},
            attestors=1,
            rhythm_seconds=1,
            heartbeat_seconds=3_600,
        )
        self.database = self.folder / "oracle" / "oracle.sqlite"
        self._stack.callback(self._stop)
        self.start()
        trust = ssl.create_default_context(cafile=str(authority.root_file))
        self.http = enter(httpx.Client(verify=trust, timeout=60, trust_env=False))
        self.client = OracleClient(self.http, url)
        self._adopt(url)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.close()

    def _found_asset(self) -> None:
        substrate, evm = self.system.substrate, self.system.evm
        params = house.params(substrate.domain, staff("substrate").controller.id, self._salt.to_bytes(32, "big"))

        def found(chain: Any, far: Any) -> bytes:
            keys = staff(chain.name)
            registered = chain.register_asset(params, keys.controller.id, keys.admin)
            chain.open_asset(far.domain, registered.asset, keys.admin)
            return bytes(registered.asset)

        with ThreadPoolExecutor(2) as pool:
            home, away = pool.submit(found, substrate, evm), pool.submit(found, evm, substrate)
            self.asset = home.result()
            assert away.result() == self.asset

    def _adopt(self, url: str) -> None:
        policy = parse_policy(
            json.dumps(
                {
                    "format": "lockstep-policy/1",
                    "asset": "0x" + self.asset.hex(),
                    "version": 1,
                    "effective_at": int(time.time()),
                    "holding_limit": "50000",
                    "buckets": [{"name": "all", "seats": 100}],
                    "admit": {"topic": "kyc", "where": {"level": {"equals": "enhanced"}}},
                    "trust": {"kyc": [self.served.issuer.did]},
                    "grid_offset": 1_000,
                    "unreachable_grace": GRACE,
                }
            )
        )
        with ThreadPoolExecutor(2) as pool:
            for done in [
                pool.submit(one.set_document, self.asset, DOCUMENT_NAME, url, policy.digest, staff(one.name).controller)
                for one in self.chains.values()
            ]:
                done.result()
        self._tell(url, "pia-policy", "/policies", json.loads(policy.canonical))
        path = f"/policies/{policy.asset}/{policy.version}/approve"
        self._tell(url, "paul-policy", path, {"hash": policy.digest.hex()})

    def decision(self, order: TransferOrder) -> str:
        """What the oracle tells an attestor of an order."""
        headers = {"Authorization": f"Bearer {self.made.tokens['attestor-1']}"}
        body = {"order": encode_struct(order).hex()}
        answer = self.http.post(f"{self.made.public_url}/decisions", json=body, headers=headers)
        return str(parse_jws(answer.raise_for_status().text, types=("lockstep-decision+jwt",)).payload["decision"])

    def _tell(self, url: str, who: str, path: str, body: Any) -> None:
        headers = {"Authorization": f"Bearer {self.made.tokens[who]}"}
        self.http.post(f"{url}/staff/v1{path}", json=body, headers=headers).raise_for_status()


def _rows(path: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """What a database says, read beside the process that it belongs to."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(statement, values).fetchall()


def until(what: str, holds: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Looks until it holds: neither a chain nor a process tells a stranger that it wrote something down."""
    ends = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < ends, f"{what}: not within {seconds:.0f} s"
        time.sleep(LOOK_SECONDS)
    return found


def told(chain: Any, kind: type[Event], since: int, asset: bytes | None = None) -> list[Any]:
    """The events of a kind after a height, once the newest block is final."""
    head = chain.head().number
    while chain.finalised().number < head:
        chain.wait_finalised(chain.finalised().number, 30)
    return [one.event for one in chain.history(since + 1, head, asset) if isinstance(one.event, kind)]
