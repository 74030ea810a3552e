"""Puts an attestor together from its settings and runs it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack

import structlog
import uvicorn

from bridge.errors import LockstepError
from bridge.signing import LocalSigner
from chains.accounts import load_evm_key
from chains.clocks import ChainClock, utc
from chains.errors import SettingsRefused
from chains.settings import is_development, open_witness, require_unpublished
from chains.witness import Witness
from relayer.attestor.access import open_oracle
from relayer.attestor.follower import Follower
from relayer.attestor.service import create_app
from relayer.attestor.settings import AttestorSettings
from relayer.attestor.signing import Attestor, Decisions
from relayer.attestor.store import AttestorStore


def run(settings: AttestorSettings, decisions: Decisions | None = None, ready: Callable[[int], None] = print) -> None:
    """Serves until the process is told to end. `ready` is told the port. LockstepError when it can't start."""
    signer = LocalSigner(load_evm_key(settings.key_file))
    require_unpublished(signer.address)
    with ExitStack() as stack:
        store = AttestorStore(settings.store)
        stack.callback(store.close)
        chains = {}
        starts = {}
        for chain in settings.chains:
            domain, witness = open_witness(chain)
            stack.callback(witness.close)
            if domain in chains:
                raise SettingsRefused(f"two chains state the domain {domain.hex()}")
            chains[domain], starts[domain] = witness, chain.start
        clock = _clock(settings, list(chains.values()))
        attestor = Attestor(
            chains, store, signer, decisions or open_oracle(settings.oracle, chains, store, clock, stack), clock
        )
        alive = {witness.name: True for witness in chains.values()}
        followers = {
            domain: Follower(witness, store, start=starts[domain], clock=clock) for domain, witness in chains.items()
        }
        # All before the first thread starts: a replaced chain ends this process here, and nothing is left to wait for.
        for follower in followers.values():
            follower.check()
        stop = threading.Event()
        for domain, follower in followers.items():
            name = chains[domain].name
            thread = threading.Thread(
                target=_follow, args=(follower, attestor, domain, name, alive, stop), name=f"follow-{name}"
            )
            stack.callback(_end, thread, stop)
            thread.start()
        _serve(settings, attestor, alive, ready)


def _end(thread: threading.Thread, stop: threading.Event) -> None:
    stop.set()
    if thread.ident is not None:
        thread.join()


def _follow(
    follower: Follower, attestor: Attestor, domain: bytes, name: str, alive: dict[str, bool], stop: threading.Event
) -> None:
    """Runs a follower; when it meets what only a person can judge, every lane of its chain halts and health says so."""
    try:
        follower.run(stop)
    except LockstepError as error:
        attestor.halt_chain(domain, str(error))
        structlog.get_logger("attestor").error("follower ended", action="follow.end", chain=name, error=str(error))
    finally:
        # Also after a fault of the program, which the thread's own hook reports.
        alive[name] = stop.is_set()


def _serve(
    settings: AttestorSettings, attestor: Attestor, alive: dict[str, bool], ready: Callable[[int], None]
) -> None:
    config = uvicorn.Config(create_app(attestor, alive), log_level="warning", access_log=False)
    # The socket is bound here, so that a free port is known before anyone needs it.
    with socket.create_server((settings.host, settings.port)) as listener:
        ready(listener.getsockname()[1])
        uvicorn.Server(config).run(sockets=[listener])


def _clock(settings: AttestorSettings, witnesses: list[Witness]) -> Callable[[], int]:
    if settings.clock == "utc":
        return lambda: int(utc())
    chains = ChainClock([witness.finalised for witness in witnesses], development=is_development())
    return lambda: int(chains())
