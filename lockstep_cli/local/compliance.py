"""The compliance oracle of the local system: its own process, three signers in processes of their own, and its officers."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from bridge.errors import LockstepError
from chains.accounts import write_secret_file
from chains.devnet.keys import ORACLE_SIGNERS, dev_evm
from chains.devnet.process import ChainProcess
from identity.formats.did import did_web
from identity.oracle.development import DevelopmentOracle, make_development_oracle
from identity.oracle.policy.document import Policy
from identity.tls.development import DevelopmentAuthority
from lockstep_cli.local.cast import ORACLE_EVM_INDEX, ORACLE_SUBMITTER
from lockstep_cli.local.issuer import write_private
from lockstep_cli.local.services import READY, START_SECONDS

POLICY_STAFF = ("pia-policy", "paul-policy")
"""Who puts a policy forward, and who stands for it."""
RHYTHM_SECONDS, HEARTBEAT_SECONDS, COOLING_SECONDS = 1, 120, 2
"""So that nobody waits long in a development system; minutes in production."""
CLIENT_REQUESTS = 10_000
"""Everybody asks from this machine, so all of them are one client."""


class OracleRefused(LockstepError):
    """The oracle refused its own staff a step, or does not answer. `status` is that of HTTP, 0 for no answer."""

    def __init__(self, path: str, status: int, why: str) -> None:
        self.path, self.status = path, status
        super().__init__(f"the oracle refused {path} ({status}): {why[:300]}")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything of identity listens; taken before anything starts, because names (did:web) hold them.

    `host` is where issuer and oracle listen, whom people's wallets ask. Signers never leave this machine.
    """

    issuer: int
    oracle: int
    signers: tuple[int, ...]
    host: str = "127.0.0.1"


class LocalCompliance:
    """Makes and runs oracle and signers. A context manager: leaving it stops them."""

    def __init__(self, folder: Path, ports: Ports, authority: DevelopmentAuthority, http: httpx.Client) -> None:
        """`http` trusts `authority`."""
        self.folder = folder
        self.url = f"https://localhost:{ports.oracle}"
        self.did = did_web(self.url)
        self.made: DevelopmentOracle
        self._ports, self._authority, self._http = ports, authority, http
        self._processes: list[ChainProcess] = []

    def __enter__(self) -> LocalCompliance:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ask_to_stop()
        for process in self._processes:
            process.close()

    @property
    def _signer_token(self) -> Path:
        """By which signers know the oracle: they let nobody else in."""
        return self.folder / "signers.token"

    def ask_to_stop(self) -> None:
        """Lets all of them begin to end; leaving the context waits for it."""
        for process in self._processes:
            process.ask_to_stop()

    def for_attestor(self, number: int) -> str:
        """The setting by which an attestor (counted from 1) finds the oracle, is let in, and knows its signature."""
        token_file = self.folder / "oracle" / f"attestor-{number}.token"
        known = {"url": self.url, "did": self.did, "roots": self._authority.root_file, "token_file": token_file}
        return json.dumps({name: str(value) for name, value in known.items()})

    def start(self, chains: Sequence[Mapping[str, Any]], attestors: int) -> None:
        """Starts signers and oracle on these chains; returns at once. So many attestors may ask for decisions."""
        write_secret_file(self._signer_token, secrets.token_urlsafe(32))
        self._processes += [
            self._start_signer(number, port, chains) for number, port in enumerate(self._ports.signers, start=1)
        ]
        evm_key, substrate_key = self.folder / "oracle-evm.key", self.folder / "oracle-substrate.key"
        write_secret_file(evm_key, dev_evm(ORACLE_EVM_INDEX).key.hex())
        write_secret_file(substrate_key, f"//{ORACLE_SUBMITTER.capitalize()}")
        self.made = make_development_oracle(
            self.folder / "oracle",
            self._ports.oracle,
            self._authority,
            issuers=[f"localhost:{self._ports.issuer}"],
            chains=chains,
            signers=[f"https://localhost:{port}" for port in self._ports.signers],
            keys={"evm": evm_key, "substrate": substrate_key},
            attestors=attestors,
            host=self._ports.host,
            rhythm_seconds=RHYTHM_SECONDS,
            heartbeat_seconds=HEARTBEAT_SECONDS,
            cooling_seconds=COOLING_SECONDS,
            client_requests=CLIENT_REQUESTS,
            signer_token_file=str(self._signer_token),
        )
        for name, token in self.made.tokens.items():
            write_private(self.folder / "oracle" / f"{name}.token", token)
        argv = [sys.executable, "-m", "identity.oracle", str(self.made.settings)]
        self._processes.append(self._run("oracle", argv, {}))

    def wait_ready(self) -> None:
        """Until all of them listen. ChainDied or ChainNotReady otherwise."""
        for process in self._processes:
            process.wait_ready(START_SECONDS)

    def check(self, within: float = 0.0) -> None:
        """ChainDied when one of them has ended, or does in the next `within` seconds (for each)."""
        for process in self._processes:
            process.check(within)

    def adopt(self, policy: Policy) -> None:
        """One person of the staff puts a policy forward, another stands for it."""
        first, second = POLICY_STAFF
        self._post(first, "/policies", json.loads(policy.canonical))
        self._post(second, f"/policies/{policy.asset}/{policy.version}/approve", {"hash": policy.digest.hex()})

    def _start_signer(self, number: int, port: int, chains: Sequence[Mapping[str, Any]]) -> ChainProcess:
        name = f"signer-{number}"
        key_file = self.folder / f"{name}.key"
        write_secret_file(key_file, dev_evm(ORACLE_SIGNERS[number - 1]).key.hex())
        files = self._authority.serve_localhost(name)
        settings = {
            "KEY_FILE": str(key_file),
            "STORE": str(self.folder / f"{name}.sqlite"),
            "CHAINS": json.dumps(list(chains)),
            "PORT": str(port),
            "CERTIFICATE": str(files.certificate),
            "CERTIFICATE_KEY": str(files.key),
            "ORACLE_DID": self.did,
            "FETCH_HOSTS": json.dumps([f"localhost:{self._ports.issuer}"]),
            "ROOTS": str(files.root),
            "TOKEN_FILE": str(self._signer_token),
        }
        env = {f"LOCKSTEP_ORACLE_SIGNER_{key}": value for key, value in settings.items()}
        return self._run(name, [sys.executable, "-m", "identity.oracle.signer"], env)

    def _run(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> ChainProcess:
        return ChainProcess(name, argv, self.folder / f"{name}.log", READY, {"LOCKSTEP_ENV": "dev", **env})

    def _post(self, who: str, path: str, body: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.made.tokens[who]}"}
        content = {} if body is None else {"json": body}
        try:
            answer = self._http.post(f"{self.url}/staff/v1{path}", headers=headers, **content)
        except httpx.HTTPError as error:
            raise OracleRefused(path, 0, type(error).__name__) from None
        if not answer.is_success:
            raise OracleRefused(path, answer.status_code, answer.text)
        result: dict[str, Any] = answer.json()
        return result
