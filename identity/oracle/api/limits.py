"""How many requests for presentations strangers may start: each writes a row, and nobody has to log in for it.

Two bounds. Of one client address, so many in a window of time; over all, so many unanswered ones at once. The second holds
whoever has many addresses, and then others wait for minutes: nothing else of the oracle needs these requests, so who is
enrolled goes on. Addresses are kept in memory only, for as long as the window is.
"""

from __future__ import annotations

import ipaddress
from collections import deque

from sqlalchemy import Connection, func, select

from identity.oracle.presenting.requests import State
from identity.oracle.presenting.tables import PRESENTATIONS
from identity.ports import Clock
from identity.refusals import TooManyRequests

WINDOW_SECONDS = 300
MAX_CLIENTS = 10_000
"""Client addresses remembered at a time: the one that came first is forgotten for a new one."""
IPV6_PREFIX = 64
"""An IPv6 network of this size is one client: who has one has all of its addresses."""


class StartLimits:
    """Counts what clients start. `count` is for one thread: the event loop's."""

    def __init__(
        self, clock: Clock, *, client: int, total: int, window: int = WINDOW_SECONDS, clients_known: bool = True
    ) -> None:
        """`clients_known` is false behind a proxy that is not trusted to say who asks: then only `total` holds."""
        self._total = total
        self._clock, self._client, self._window, self._known = clock, client, window, clients_known
        self._started: dict[str, deque[int]] = {}

    def count(self, host: str | None) -> None:
        """Notes that a client starts something. TooManyRequests when it has started too much lately."""
        client = client_of(host) if self._known else None
        if client is None:
            return
        now = self._clock()
        times = self._started.get(client)
        if times is None:
            times = self._started[client] = deque()
            if len(self._started) > MAX_CLIENTS:
                del self._started[next(iter(self._started))]
        while times and times[0] <= now - self._window:
            times.popleft()
        if len(times) >= self._client:
            raise TooManyRequests(times[0] + self._window - now)
        times.append(now)

    def require_room(self, connection: Connection, now: int) -> None:
        """TooManyRequests when as many requests as there may be are open."""
        open_ = (PRESENTATIONS.c.state == State.OPEN.value, PRESENTATIONS.c.expires_at > now)
        waiting, first = connection.execute(
            select(func.count(), func.min(PRESENTATIONS.c.expires_at)).where(*open_)
        ).one()
        if waiting >= self._total:
            raise TooManyRequests(first - now)


def client_of(host: str | None) -> str | None:
    """What counts as one client: an IPv4 address, an IPv6 network; None for what is neither."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), IPV6_PREFIX), strict=False))
    return str(address)
