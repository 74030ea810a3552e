"""What can go wrong with the development chains, each with a sentence for people and what would cure it."""

from __future__ import annotations

from pathlib import Path

from bridge.errors import LockstepError, RecoverableError


class DevnetError(LockstepError):
    """Root of the devnet's errors. `str(error)` is the sentence; `cure` says what to do."""

    cure: str = ""


class ChainDied(DevnetError, RecoverableError):
    """A chain's process ended while it was needed. Its state is gone: start a new devnet."""

    def __init__(self, name: str, exit_code: int, last_log_lines: tuple[str, ...], log: Path) -> None:
        self.name, self.exit_code, self.last_log_lines, self.log = name, exit_code, last_log_lines, log
        fault = next(
            (line.removeprefix("LOCKSTEP FAULT ") for line in last_log_lines if line.startswith("LOCKSTEP FAULT ")),
            None,
        )
        why = fault or (last_log_lines[-1].strip() if last_log_lines else "it said nothing")
        super().__init__(f"the {name} chain ended with code {exit_code}: {why}")
        self.cure = f"The whole log is in {log}."


class ChainNotReady(DevnetError, RecoverableError):
    """A chain did not answer in time after its start."""

    def __init__(self, name: str, seconds: float, log: Path) -> None:
        self.name, self.seconds, self.log = name, seconds, log
        super().__init__(f"the {name} chain was not ready after {seconds:.0f} s")
        self.cure = f"The machine may be too busy; try again. The whole log is in {log}."


class PortTaken(DevnetError):
    """The port asked for is in use by another program."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        super().__init__(f"port {port} on {host} is in use by another program")
        self.cure = "Name another port, or 0 for any free one."


class NoRoom(DevnetError):
    """The disk has too little room for the chains' logs and state."""

    def __init__(self, folder: Path, free: int, needed: int) -> None:
        self.folder, self.free, self.needed = folder, free, needed
        super().__init__(
            f"the disk of {folder} has {free // 1_000_000} MB free; the chains need {needed // 1_000_000} MB"
        )
        self.cure = "Free some space, or name another run folder."


class ToolMissing(DevnetError):
    """A program of the devnet is not installed for this platform."""

    def __init__(self, tool: str, cure: str) -> None:
        self.tool = tool
        super().__init__(f"{tool} is not installed")
        self.cure = cure


class RuntimeMissing(DevnetError):
    """The Substrate runtime's wasm is not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"the Substrate runtime {path} is missing")
        self.cure = "It belongs to the checkout: restore it with git, or make it with ./lockstep artifacts build."


class RpcFailed(DevnetError):
    """A development call to a chain (time travel) was refused."""

    def __init__(self, method: str, detail: str) -> None:
        self.method, self.detail = method, detail
        super().__init__(f"{method} failed: {detail}")


class DevelopmentKeysRefused(DevnetError):
    """Someone asked for the published development keys outside development."""

    def __init__(self, environment: str) -> None:
        self.environment = environment
        super().__init__(f"development keys are refused: LOCKSTEP_ENV is {environment or 'not set'!r}, not 'dev'")
        self.cure = "Everyone knows these keys. Set LOCKSTEP_ENV=dev only where nothing of value is at stake."
