"""Unit tests reach nothing outside their process: a socket that is opened to the network fails the test."""

from __future__ import annotations

import socket
from typing import NoReturn

import pytest


class NetworkUsedError(AssertionError):
    """A unit test tried to open a connection."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections; local socket pairs, which event loops need, stay possible."""

    def refuse(_: socket.socket, address: object) -> NoReturn:
        raise NetworkUsedError(f"a unit test tried to connect to {address!r}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
