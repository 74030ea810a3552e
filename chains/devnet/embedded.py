"""Both development chains as child processes of this one."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path
from types import TracebackType
from typing import Any

from chains.devnet.keys import ACCOUNTS, DEV_MNEMONIC
from chains.devnet.process import ChainProcess
from chains.devnet.tools import NODE_MODULES, ROOT, foundry, node

RUNTIME = ROOT / "chains" / "substrate" / "artifacts" / "lockstep_runtime.compact.compressed.wasm"
HOST = "127.0.0.1"
START_SECONDS = 60.0


class EmbeddedDevnet:
    """Chopsticks and anvil on free ports of the loopback. A context manager: leaving it stops both."""

    def __init__(self, run_dir: Path, substrate_patch: dict[str, Any] | None = None, deployment: bytes | None = None, *, eager: bool = True) -> None:
        self.run_dir = run_dir
        self.deployment = deployment or secrets.token_bytes(32)
        patch = dict(substrate_patch or {})
        patch["eligibility"] = {**patch.get("eligibility", {}), "deployment": "0x" + self.deployment.hex()}
        self._patch = patch
        self._eager = eager
        self.substrate_ws = self.evm_http = self.evm_ws = ""

    def __enter__(self) -> EmbeddedDevnet:
        script = [str(node()), str(Path(__file__).with_name("substrate.mjs")), "--wasm", str(RUNTIME), "--patch", json.dumps(self._patch)]
        self._substrate = ChainProcess("Substrate", [*script, *(["--eager"] if self._eager else [])], self.run_dir / "substrate.log", re.compile(r"LOCKSTEP READY (\{.*\})"))
        anvil = [str(foundry("anvil")), "--host", HOST, "--port", "0", "--block-time", "1", "--slots-in-an-epoch", "1", "--accounts", str(ACCOUNTS), "--mnemonic", DEV_MNEMONIC]
        self._evm = ChainProcess("EVM", anvil, self.run_dir / "evm.log", re.compile(r"Listening on [\d.]+:(\d+)"))
        try:
            port = self._evm.wait_ready(START_SECONDS)[1]
            self.evm_http, self.evm_ws = f"http://{HOST}:{port}", f"ws://{HOST}:{port}"
            self.substrate_ws = f"ws://{HOST}:{json.loads(self._substrate.wait_ready(START_SECONDS)[1])['port']}"
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def check(self) -> None:
        self._substrate.check()
        self._evm.check()

    def close(self) -> None:
        for process in (self._substrate, self._evm):
            process.ask_to_stop()
        for process in (self._substrate, self._evm):
            process.close()
