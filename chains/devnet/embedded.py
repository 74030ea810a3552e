"""Both chains on this machine: our runtime in Chopsticks, and anvil.

    with EmbeddedDevnet(run_dir) as devnet:
        connect(devnet.substrate_ws, devnet.evm_http)

Chain time is UTC (rounded down to the Substrate slot) unless a test travelled. Finality: Substrate's head is final at
once; EVM's is two blocks behind (`--slots-in-an-epoch 1`). State lives as long as the processes and is then gone.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chains.devnet import tools
from chains.devnet.errors import NoRoom, PortTaken, RuntimeMissing
from chains.devnet.keys import ACCOUNTS, DEV_MNEMONIC
from chains.devnet.process import ChainProcess
from chains.devnet.rpc import call

SUBSTRATE, EVM = "substrate", "evm"
EVM_CHAIN_ID = 31337
EVM_BLOCK_SECONDS = 1
SLOT_SECONDS = 2
"""The Substrate chain's slot: its blocks carry even seconds."""
READY_SECONDS = 60.0
NEEDED_BYTES = 300_000_000
RUNTIME = tools.ROOT / "chains" / "substrate" / "artifacts" / "lockstep_runtime.compact.compressed.wasm"
SUBSTRATE_READY = re.compile(r"^LOCKSTEP READY (\{.*\})$")
TIMESTAMP_NOW = "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"
"""twox128("Timestamp") ++ twox128("Now")."""
EVM_READY = re.compile(r"Listening on \S+:(\d+)")


@dataclass(frozen=True, slots=True)
class Options:
    """How the chains are started. Ports: 0 is any free one.

    `eager`: a waiting transaction gets its block at once, up to 4 s ahead of its slot, instead of at the next slot; for
    tests and demonstrations. `manual`: no block comes but those that `EmbeddedDevnet.block` asks for, at the time it says.
    `begins`: of a manual chain, the second (UTC, even) at which both begin: with the same deployment they then are the same
    chains again, down to their genesis hashes; now, unless it is given.
    """

    host: str = "127.0.0.1"
    substrate_port: int = 0
    evm_port: int = 0
    eager: bool = False
    manual: bool = False
    begins: int | None = None
    runtime: Path = RUNTIME
    ready_seconds: float = READY_SECONDS


class EmbeddedDevnet:
    """The two chains, running while the context is open. Logs: `substrate.log` and `evm.log` in the run folder."""

    def __init__(
        self,
        run_dir: Path,
        substrate_patch: dict[str, Any] | None = None,
        deployment: bytes | None = None,
        options: Options | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Nothing starts here. `substrate_patch` is merged over the `development` genesis preset (RFC 7396)."""
        self.run_dir = run_dir
        self.deployment = deployment if deployment is not None else secrets.token_bytes(32)
        if len(self.deployment) != 32:
            raise ValueError(f"a deployment is 32 bytes, not {len(self.deployment)}")
        self._patch = _with_deployment(substrate_patch or {}, self.deployment)
        self._options = options or Options()
        self._clock = clock
        self._chains: dict[str, ChainProcess] = {}
        self._ports: dict[str, int] = {}

    @property
    def substrate_ws(self) -> str:
        """Substrate's WebSocket endpoint."""
        return f"ws://127.0.0.1:{self._ports[SUBSTRATE]}"

    @property
    def evm_http(self) -> str:
        """The EVM chain's HTTP endpoint."""
        return f"http://127.0.0.1:{self._ports[EVM]}"

    @property
    def evm_ws(self) -> str:
        """The EVM chain's WebSocket endpoint."""
        return f"ws://127.0.0.1:{self._ports[EVM]}"

    def __enter__(self) -> Self:
        """Starts both chains and waits until both serve. DevnetError; nothing keeps running then."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        options = self._options
        self.run_dir.mkdir(parents=True, exist_ok=True)
        _require_room(self.run_dir)
        if not options.runtime.is_file():
            raise RuntimeMissing(options.runtime)
        for port in (options.substrate_port, options.evm_port):
            _require_free(options.host, port)
        self._chains[SUBSTRATE] = ChainProcess(
            SUBSTRATE, self._substrate_command(), self.run_dir / "substrate.log", SUBSTRATE_READY, {"LOG_LEVEL": "warn"}
        )
        self._chains[EVM] = ChainProcess(EVM, self._evm_command(), self.run_dir / "evm.log", EVM_READY)
        self._ports[EVM] = int(self._chains[EVM].wait_ready(options.ready_seconds).group(1))
        self._ports[SUBSTRATE] = int(
            json.loads(self._chains[SUBSTRATE].wait_ready(options.ready_seconds).group(1))["port"]
        )

    def _substrate_command(self) -> list[str]:
        options = self._options
        script = Path(__file__).with_name("substrate.mjs")
        command = [str(tools.node()), str(script), "--wasm", str(options.runtime), "--patch", json.dumps(self._patch)]
        command += ["--host", options.host, "--port", str(options.substrate_port)]
        if options.manual:
            begins = [] if options.begins is None else ["--begins", str(options.begins * 1000)]
            return [*command, "--manual", *begins]
        return [*command, "--eager"] if options.eager else command

    def _evm_command(self) -> list[str]:
        # The code size limit (EIP-170) stays on: what does not fit there would not deploy anywhere else.
        command = [str(tools.foundry("anvil")), "--host", self._options.host, "--port", str(self._options.evm_port)]
        command += ["--chain-id", str(EVM_CHAIN_ID), "--mnemonic", DEV_MNEMONIC, "--accounts", str(ACCOUNTS)]
        if self._options.manual:
            command += ["--no-mining", "--order", "fifo"]
            command += [] if self._options.begins is None else ["--timestamp", str(self._options.begins)]
        else:
            # A block every second, and one for each transaction at once; both carry UTC.
            command += ["--block-time", str(EVM_BLOCK_SECONDS), "--mixed-mining"]
        return [*command, "--slots-in-an-epoch", "1", "--color", "never"]

    def check(self, within: float = 0.0) -> None:
        """ChainDied when a chain has ended by itself, or does in the next `within` seconds (for each chain)."""
        for chain in self._chains.values():
            chain.check(within)

    def wait_end(self, name: str, seconds: float) -> bool:
        """Wait until a chain has ended by itself. False when it still runs after `seconds`."""
        return self._chains[name].wait_end(seconds)

    def pid_of(self, name: str) -> int:
        """The process id of a chain's supervisor."""
        return self._chains[name].pid

    def travel(self, seconds: int) -> None:
        """Moves both clocks forward together, each with a block of its own. For tests. DevnetError."""
        if seconds <= 0:
            raise ValueError("time only moves forward")
        latest = call(self.evm_http, "eth_getBlockByNumber", ["latest", False])
        target = max(int(latest["timestamp"], 16), int(self._clock())) + seconds
        call(self.evm_http, "evm_setNextBlockTimestamp", [target])
        call(self.evm_http, "evm_mine", [])
        call(self._substrate_http, "dev_timeTravel", [target * 1000])

    def block(self, time: int) -> bytes:
        """One block on each chain with what waits there, both of this second (UTC). The hash of Substrate's block.

        `time` must be a multiple of Substrate's slot (2 s) and later than both chains' newest blocks. Only with
        `Options(manual=True)`. DevnetError.
        """
        with ThreadPoolExecutor(1) as pool:
            mined = pool.submit(self._mine, time)
            answer = call(self._substrate_http, "dev_block", [time * 1000])
            mined.result()
        return bytes.fromhex(str(answer)[2:])

    def newest(self) -> int:
        """The later time of both chains' newest blocks, in seconds."""
        latest = call(self.evm_http, "eth_getBlockByNumber", ["latest", False])
        moment = call(self._substrate_http, "state_getStorage", [TIMESTAMP_NOW])
        return max(int(latest["timestamp"], 16), int.from_bytes(bytes.fromhex(str(moment)[2:]), "little") // 1000)

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Blocks one after the other, a slot apart, while the context is open: for callers who wait for inclusion."""
        stop = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            flow = pool.submit(self._flow, stop)
            try:
                yield
            finally:
                stop.set()
                flow.result()

    def _flow(self, stop: threading.Event) -> None:
        time = self.newest() // SLOT_SECONDS * SLOT_SECONDS
        while not stop.is_set():
            time += SLOT_SECONDS
            self.block(time)

    def _mine(self, time: int) -> None:
        call(self.evm_http, "evm_setNextBlockTimestamp", [time])
        call(self.evm_http, "evm_mine", [])

    @property
    def _substrate_http(self) -> str:
        return f"http://127.0.0.1:{self._ports[SUBSTRATE]}"

    def close(self) -> None:
        """Stops both chains and waits for their end; a second call does nothing."""
        for chain in self._chains.values():
            chain.ask_to_stop()
        for chain in self._chains.values():
            chain.close()


def _with_deployment(patch: dict[str, Any], deployment: bytes) -> dict[str, Any]:
    eligibility = {**patch.get("eligibility", {}), "deployment": "0x" + deployment.hex()}
    return {**patch, "eligibility": eligibility}


def _require_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise NoRoom(folder, free, NEEDED_BYTES)


def _require_free(host: str, port: int) -> None:
    """PortTaken. A chain asked for a taken port would end with an error of its own, or quietly take the next one."""
    if port == 0:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(host, port) from error
