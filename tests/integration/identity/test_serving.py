"""Who asks, as a service sees it: the connection's own address, or what a proxy says that the settings trust."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

import httpx
import pytest
from fastapi import FastAPI, Request

from identity.web.serving import Address, make_server, serve

STRANGER = "203.0.113.9"


def application() -> FastAPI:
    app = FastAPI()

    @app.get("/who")
    async def who(request: Request) -> str:
        assert request.client is not None
        return request.client.host

    return app


@contextmanager
def served(*forwarded: str) -> Iterator[str]:
    """The address of a running server that trusts these proxies."""
    address = Address("127.0.0.1", 0, None, None, forwarded)
    server = make_server(application(), address)
    ports: Queue[int] = Queue()
    thread = threading.Thread(target=serve, args=(server, address, ports.put))
    thread.start()
    try:
        yield f"http://127.0.0.1:{ports.get(timeout=10)}/who"
    finally:
        server.should_exit = True
        thread.join(10)


def who(address: str, *said: str) -> str:
    headers = [("X-Forwarded-For", one) for one in said]
    return str(httpx.get(address, headers=headers, timeout=5).json())


def test_nobody_is_believed_who_says_for_whom_he_asks_unless_the_settings_trust_him() -> None:
    """Not even from this machine, which the server's own default would believe."""
    with served() as address:
        assert who(address, STRANGER) == "127.0.0.1"
    with served("192.0.2.1") as address:
        assert who(address, STRANGER) == "127.0.0.1"


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ((STRANGER,), STRANGER),
        ((), "127.0.0.1"),
        (("198.51.100.1, " + STRANGER,), STRANGER),
        (("198.51.100.1", STRANGER), STRANGER),
        ((STRANGER + ", 10.1.2.3",), STRANGER),
    ],
    ids=["one", "nothing", "what the client made up before", "in two headers", "by two proxies"],
)
def test_a_trusted_proxy_is_believed_for_the_last_address_that_is_no_proxy(said: tuple[str, ...], client: str) -> None:
    with served("127.0.0.1", "10.0.0.0/8") as address:
        assert who(address, *said) == client


def test_a_server_writes_no_lines_of_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    """Logs are JSON: what it says goes through the process's own way."""
    with served() as address, socket.create_connection(("127.0.0.1", httpx.URL(address).port or 0), timeout=5) as raw:
        raw.sendall(b"\x00\x01 no request at all\r\n\r\n")
        assert raw.recv(64).startswith(b"HTTP/1.1 400")
    said = capfd.readouterr()
    assert "Invalid HTTP request" not in said.out + said.err
