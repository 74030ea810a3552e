"""Oracle signers as processes of their own, each with its key and store."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chains.accounts import write_secret_file
from chains.devnet.keys import ORACLE_SIGNERS, dev_evm
from chains.devnet.process import ChainProcess
from identity.tls.development import DevelopmentAuthority
from lockstep_cli.local.services import READY

START_SECONDS = 60.0


class SignerProcesses:
    """A context manager: the signers run while it is open. `urls` by place."""

    def __init__(
        self,
        folder: Path,
        authority: DevelopmentAuthority,
        chains: Sequence[Mapping[str, Any]],
        oracle: str,
        hosts: Sequence[str],
        *,
        count: int = 3,
        clock: str = "utc",
    ) -> None:
        """`oracle`: whom proofs of account control must name. `hosts`: of the issuers. `clock`: as their settings say."""
        self.folder = folder
        self._envs = []
        for place in range(count):
            key_file = folder / f"signer-{place}.key"
            write_secret_file(key_file, dev_evm(ORACLE_SIGNERS[place]).key.hex())
            files = authority.serve_localhost(f"signer-{place}")
            settings = {
                "KEY_FILE": str(key_file),
                "STORE": str(folder / f"signer-{place}.sqlite"),
                "CHAINS": json.dumps(list(chains)),
                "ORACLE_DID": oracle,
                "FETCH_HOSTS": json.dumps(list(hosts)),
                "ROOTS": str(files.root),
                "CERTIFICATE": str(files.certificate),
                "CERTIFICATE_KEY": str(files.key),
                "CLOCK": clock,
            }
            named = {f"LOCKSTEP_ORACLE_SIGNER_{name}": value for name, value in settings.items()}
            self._envs.append({"LOCKSTEP_ENV": "dev", **named})
        self.processes: list[ChainProcess] = []
        self.urls: list[str] = []

    def __enter__(self) -> Self:
        try:
            self.processes += [self._spawn(place, env) for place, env in enumerate(self._envs)]
            self.urls += [f"https://localhost:{one.wait_ready(START_SECONDS)[1]}" for one in self.processes]
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            process.ask_to_stop()
        for process in self.processes:
            process.close()

    def restart(self, place: int) -> None:
        """Starts a killed signer again with its key, store and port."""
        port = {"LOCKSTEP_ORACLE_SIGNER_PORT": self.urls[place].rpartition(":")[2]}
        self.processes[place] = self._spawn(place, self._envs[place] | port)
        self.processes[place].wait_ready(START_SECONDS)

    def _spawn(self, place: int, env: Mapping[str, str]) -> ChainProcess:
        argv = [sys.executable, "-m", "identity.oracle.signer"]
        return ChainProcess(f"signer-{place}", argv, self.folder / f"signer-{place}.log", READY, env)
