"""Which addresses a service may have. Plain http carries codes, tokens and names in the open: development only."""

from __future__ import annotations

from urllib.parse import urlsplit

from identity.errors import DevelopmentOnly, Malformed


def require_public_url(url: str, *, development: bool) -> str:
    """A service's own public address, without a slash at its end.

    Raises:
        DevelopmentOnly: http outside development.
        Malformed: no https address, or one with a query, a fragment or a name and password in it.
    """
    parts = urlsplit(url)
    if parts.scheme == "http" and not development:
        raise DevelopmentOnly("plain http")
    try:
        port_is_fine = parts.port is None or 0 < parts.port < 65_536
    except ValueError:
        port_is_fine = False
    if parts.scheme not in ("https", "http") or not parts.hostname or not port_is_fine:
        raise Malformed("public address", "it must be https://host[:port][/path]")
    if parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise Malformed("public address", "no query, fragment, name or password")
    return url.rstrip("/")
