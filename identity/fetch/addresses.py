"""Which hosts and network addresses may be asked: the guard against requests forged through us (SSRF)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from identity.errors import FetchFailed, FetchRefused, Malformed

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Gives the network addresses of a host name."""


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What may be fetched: `hosts` as `name` or `name:port`; private networks in development only."""

    hosts: frozenset[str]
    private_networks: bool = False
    max_bytes: int = 1_500_000
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: where to connect (already resolved, so that a second look-up can't lead elsewhere)."""

    host: str
    port: int
    path: str
    address: str


def resolve_host(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, by the operating system. FetchFailed when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise FetchFailed(host, "its name does not resolve") from None
    return [str(entry[4][0]) for entry in found]


def require_allowed(url: str, policy: FetchPolicy) -> SplitResult:
    """The parts of an address that may be asked by its name alone. FetchRefused otherwise; nothing is resolved yet."""
    if len(url) > 2_048 or any(character <= " " or character == "\x7f" for character in url) or "\\" in url:
        raise FetchRefused("characters that no address has")
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise FetchRefused("its grammar is broken") from None
    if parts.scheme != "https":
        raise FetchRefused("only https is asked")
    if parts.username is not None or parts.password is not None or parts.fragment or not parts.hostname:
        raise FetchRefused("a name, a password or a fragment in it, or no host")
    host = parts.hostname
    if not {f"{host}:{port}", *([host] if port == 443 else [])} & policy.hosts:
        raise FetchRefused(f"the host {host[:200]}:{port} is not on the list of allowed hosts")
    return parts


def find_target(url: str, policy: FetchPolicy, resolve: Resolve) -> Target:
    """Where to connect for an address. FetchRefused when ANY of the host's addresses is not a public one.

    One private address among public ones is refused whole: which one a connection takes is the resolver's choice.
    """
    parts = require_allowed(url, policy)
    host = str(parts.hostname)
    port = parts.port or 443
    addresses = list(resolve(host, port))
    if not addresses:
        raise FetchFailed(host, "its name does not resolve")
    if not policy.private_networks and not all(is_public(address) for address in addresses):
        raise FetchRefused("the host has an address in a private network")
    path = parts.path or "/"
    return Target(host, port, f"{path}?{parts.query}" if parts.query else path, addresses[0])


def is_public(text: str) -> bool:
    """Whether an address is one of the open internet; addresses that wrap others are judged by what they wrap."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise Malformed("network address", "it can't be read") from None
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or _nat64(address)
        if address.teredo is not None or address.is_site_local:
            return False
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast and not address.is_reserved


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
