"""The guard of the unit tests works."""

from __future__ import annotations

import socket

import pytest

from tests.unit.conftest import NetworkUsedError


def test_a_unit_test_cannot_open_a_connection() -> None:
    with socket.socket() as connection, pytest.raises(NetworkUsedError):
        connection.connect(("127.0.0.1", 9))
