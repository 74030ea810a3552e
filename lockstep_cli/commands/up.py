"""`lockstep up`: the whole local system, until it is told to stop."""

from __future__ import annotations

import fcntl
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from chains.devnet.embedded import Options
from lockstep_cli.errors import UserError
from lockstep_cli.health import HealthServer
from lockstep_cli.local.ports import Faces
from lockstep_cli.local.state import SystemState
from lockstep_cli.local.system import LocalSystem
from lockstep_cli.output import Json, people_console, print_json, progress_console
from lockstep_cli.paths import RUN, up_folder, up_state

CHECK_SECONDS = 1.0

Host = Annotated[
    str,
    typer.Option(
        "--host", envvar="LOCKSTEP_HOST", help="Where the chains, issuer, oracle and the health endpoint listen."
    ),
]
SubstratePort = Annotated[
    int, typer.Option("--substrate-port", envvar="LOCKSTEP_SUBSTRATE_PORT", min=0, max=65535, help="0: any free one.")
]
EvmPort = Annotated[
    int, typer.Option("--evm-port", envvar="LOCKSTEP_EVM_PORT", min=0, max=65535, help="0: any free one.")
]
IssuerPort = Annotated[
    int,
    typer.Option(
        "--issuer-port",
        envvar="LOCKSTEP_LOCAL_ISSUER_PORT",
        min=0,
        max=65535,
        help="https; part of the issuer's name. 0: any free one.",
    ),
]
OraclePort = Annotated[
    int,
    typer.Option(
        "--oracle-port",
        envvar="LOCKSTEP_LOCAL_ORACLE_PORT",
        min=0,
        max=65535,
        help="https; part of the oracle's name. 0: any free one.",
    ),
]
HealthPort = Annotated[
    int, typer.Option("--health-port", envvar="LOCKSTEP_HEALTH_PORT", min=0, max=65535, help="0: any free one.")
]


class Stopped(BaseException):
    """SIGTERM came."""


def up(
    host: Host = "127.0.0.1",
    substrate_port: SubstratePort = 0,
    evm_port: EvmPort = 0,
    issuer_port: IssuerPort = 0,
    oracle_port: OraclePort = 0,
    health_port: HealthPort = 0,
    json: Json = False,
) -> None:
    """Keep both chains, issuer, oracle, attestors and relayer running until Ctrl-C, with a registered and issued asset.

    The other commands find the running system by themselves. Everything it makes is gone when it stops; its logs stay in
    the run folder until the next start. One system per checkout.
    """
    told: Callable[[str], None] = progress_console().print if json else people_console().print
    faces = Faces(host, issuer_port, oracle_port)
    options = Options(host=host, substrate_port=substrate_port, evm_port=evm_port, eager=True)
    try:
        with stopping_on_sigterm(), ExitStack() as stack:
            folder = stack.enter_context(sole_use(up_folder()))
            told("Starting both chains; this takes half a minute.")
            system = stack.enter_context(LocalSystem(folder, told, options=options, credentials=True, faces=faces))
            system.start_relayer()
            health = stack.enter_context(HealthServer(host, health_port, system.check))
            state = system.state()
            stack.callback(up_state().unlink, missing_ok=True)
            state.write(up_state())
            announce(state, health.port, folder, json=json)
            watch(system.check)
    except (KeyboardInterrupt, Stopped):
        told("Stopped; both chains and all processes beside them have ended.")


def announce(state: SystemState, health_port: int, folder: Path, *, json: bool) -> None:
    """Where everything is."""
    health = f"http://127.0.0.1:{health_port}/health"
    if json:
        print_json({**state.model_dump(), "health": health, "logs": str(folder)})
        return
    console = people_console()
    rows = {
        "Substrate": state.substrate_ws,
        "EVM": f"{state.evm_http} (WebSocket {state.evm_ws})",
        "Issuer": state.issuer or "",
        "Oracle": state.oracle or "",
        "Health": health,
        "Logs": str(folder),
    }
    for name, place in rows.items():
        console.print(f"  {name:<10} {place}", soft_wrap=True)
    console.print("Running. Try ./lockstep position list in another terminal; Ctrl-C stops everything.", soft_wrap=True)


def watch(check: Callable[[], None]) -> None:
    """Look after the parts until a signal comes. ChainDied when one has ended."""
    never = threading.Event()
    while not never.wait(CHECK_SECONDS):
        check()


@contextmanager
def stopping_on_sigterm() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that everything is stopped in order."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not interrupt the stopping
        raise Stopped

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def sole_use(folder: Path) -> Iterator[Path]:
    """An empty run folder, held by this process alone. UserError when another system runs in this checkout."""
    RUN.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                "A local system is already running in this checkout.", "Use it, or stop it first with Ctrl-C."
            ) from error
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        yield folder
