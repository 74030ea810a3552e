"""Ports for processes whose address must be known before they start."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Faces:
    """Where issuer and oracle of a local system listen; port 0 is any free one.

    Their names (did:web) hold the port, so whoever publishes one from a container publishes it under the same number.
    """

    host: str = "127.0.0.1"
    issuer: int = 0
    oracle: int = 0


def chosen_ports(wanted: Sequence[int]) -> list[int]:
    """The ports wanted, each a free one where 0 is."""
    free = iter(free_ports(sum(port == 0 for port in wanted)))
    return [port or next(free) for port in wanted]


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody listens on now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
