"""The local system's own processes: three attestors and a relayer, each with a key file and settings of its own."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from chains.accounts import write_secret_file
from chains.devnet.embedded import EmbeddedDevnet
from chains.devnet.keys import RELAYER, dev_evm
from chains.devnet.process import ChainProcess
from chains.evm.adapter import EvmContracts

READY = re.compile(r"LOCKSTEP READY (\d+)")
START_SECONDS = 60.0


class Services:
    """Starts the processes and knows where they listen. A context manager: leaving it stops them all."""

    def __init__(
        self, folder: Path, devnet: EmbeddedDevnet, contracts: EvmContracts, domains: Mapping[str, bytes]
    ) -> None:
        """Keys, stores and logs go to `folder`. `domains` by chain name: a process refuses a chain that states another."""
        self.folder = folder
        self.journal = folder / "relayer.sqlite"
        self.attestor_urls: list[str] = []
        self.chains = chain_settings(devnet, contracts, domains)
        self._attestors: list[ChainProcess] = []
        self._attestor_settings: list[dict[str, str]] = []
        self._relayer: ChainProcess | None = None

    def __enter__(self) -> Services:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ask_to_stop()
        for process in self._running():
            process.close()

    def ask_to_stop(self) -> None:
        """Lets all of them begin to end; leaving the context waits for it."""
        for process in self._running():
            process.ask_to_stop()

    def _running(self) -> list[ChainProcess]:
        return [process for process in (self._relayer, *self._attestors) if process is not None]

    def start_attestors(self, indexes: Sequence[int], oracle: Callable[[int], str] | None = None) -> None:
        """Starts one process per key of the well-known phrase; returns at once.

        `oracle`: tells each attestor, counted from 1, its setting of whom it asks; None: they go by the chains alone.
        """
        for number, index in enumerate(indexes, start=1):
            name = f"attestor-{number}"
            key_file = self.folder / f"{name}.key"
            write_secret_file(key_file, dev_evm(index).key.hex())
            env = {
                "LOCKSTEP_ATTESTOR_KEY_FILE": str(key_file),
                "LOCKSTEP_ATTESTOR_STORE": str(self.folder / f"{name}.sqlite"),
                "LOCKSTEP_ATTESTOR_CHAINS": json.dumps(self.chains),
            }
            if oracle is not None:
                env["LOCKSTEP_ATTESTOR_ORACLE"] = oracle(number)
            self._attestor_settings.append(env)
            self._attestors.append(self._start(name, "relayer.attestor", env))

    def wait_ready(self) -> None:
        """Until every attestor listens. ChainDied or ChainNotReady otherwise."""
        self.attestor_urls = [f"http://127.0.0.1:{process.wait_ready(START_SECONDS)[1]}" for process in self._attestors]

    def kill_attestor(self, place: int) -> None:
        """Ends one attestor (counted from 0) by SIGKILL; its store stays."""
        self._attestors[place].kill()

    def restart_attestor(self, place: int) -> None:
        """Starts a killed attestor again with its store, key and port, and waits until it listens."""
        env = self._attestor_settings[place] | {"LOCKSTEP_ATTESTOR_PORT": self.attestor_urls[place].rpartition(":")[2]}
        self._attestors[place] = self._start(f"attestor-{place + 1}", "relayer.attestor", env)
        self._attestors[place].wait_ready(START_SECONDS)

    def kill_relayer(self) -> None:
        """Ends the relayer by SIGKILL; its journal stays as it was in that instant. `start_relayer` starts another."""
        if self._relayer is not None:
            self._relayer.kill()
            self._relayer = None

    def start_relayer(self) -> None:
        """Starts the relayer; returns at once."""
        evm_key, substrate_key = self.folder / "relayer-evm.key", self.folder / "relayer-substrate.key"
        if not evm_key.exists():
            write_secret_file(evm_key, dev_evm(RELAYER).key.hex())
            write_secret_file(substrate_key, "//Relayer")
        env = {
            "LOCKSTEP_RELAYER_EVM_KEY_FILE": str(evm_key),
            "LOCKSTEP_RELAYER_SUBSTRATE_KEY_FILE": str(substrate_key),
            "LOCKSTEP_RELAYER_JOURNAL": str(self.journal),
            "LOCKSTEP_RELAYER_ATTESTORS": json.dumps(self.attestor_urls),
            "LOCKSTEP_RELAYER_CHAINS": json.dumps(self.chains),
        }
        self._relayer = self._start("relayer", "relayer", env)

    def check(self, within: float = 0.0) -> None:
        """ChainDied when a process has ended that should run, or does in the next `within` seconds (for each process)."""
        for process in self._running():
            process.check(within)

    def _start(self, name: str, module: str, env: Mapping[str, str]) -> ChainProcess:
        return ChainProcess(
            name, [sys.executable, "-m", module], self.folder / f"{name}.log", READY, {"LOCKSTEP_ENV": "dev", **env}
        )


def chain_settings(
    devnet: EmbeddedDevnet, contracts: EvmContracts, domains: Mapping[str, bytes]
) -> list[dict[str, Any]]:
    """Both chains as the settings of a process describe them. `domains` by chain name."""
    evm_node = {"http": devnet.evm_http, "ws": devnet.evm_ws}
    return [
        # In development one node stands in for two; the processes refuse that anywhere else.
        {"kind": "substrate", "nodes": [devnet.substrate_ws] * 2, "domain": "0x" + domains["substrate"].hex()},
        {
            "kind": "evm",
            "nodes": [evm_node, evm_node],
            "bridge": contracts.bridge,
            "lens": contracts.lens,
            "authority": contracts.authority,
            "domain": "0x" + domains["evm"].hex(),
        },
    ]
