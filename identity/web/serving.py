"""How a service is served: uvicorn over a socket that is bound here, so that its port is known before anyone needs it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from identity.web.app import WithoutTraces

BACKLOG = 256
STOP_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service listens, and with which certificate; without one it speaks plain http.

    `forwarded`: proxies before it, as addresses or networks. Their X-Forwarded-For says who asks; anybody else's says nothing.
    """

    host: str
    port: int
    certificate: Path | None
    certificate_key: Path | None
    forwarded: Sequence[str] = ()


def make_server(app: ASGIApp, address: Address) -> uvicorn.Server:
    """A server of an application, not started."""
    config = uvicorn.Config(
        WithoutTraces(app),
        # Its own lines are no JSON: they go the way of all libraries' (`identity.logs`).
        log_config=None,
        log_level="warning",
        access_log=False,
        http="httptools",
        loop="uvloop",
        backlog=BACKLOG,
        server_header=False,
        # By itself it would believe whoever asks from this machine.
        proxy_headers=bool(address.forwarded),
        forwarded_allow_ips=list(address.forwarded),
        # Clients that keep a connection and say nothing never finish closing it: they must not keep this process.
        timeout_graceful_shutdown=STOP_SECONDS,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.certificate_key,
    )
    return uvicorn.Server(config)


def serve(server: uvicorn.Server, address: Address, ready: Callable[[int], None]) -> None:
    """Serves until the process is told to end. `ready` is told the port. OSError when it is taken."""
    with socket.create_server((address.host, address.port), backlog=BACKLOG) as listener:
        ready(listener.getsockname()[1])
        server.run(sockets=[listener])
