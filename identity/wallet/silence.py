"""Why a server can't be reached, in words that say where to look: its process, its certificate, or the way to it."""

from __future__ import annotations

import httpx


def why_silent(error: httpx.HTTPError) -> str:
    """A few words about a request that got no answer. The library's own text could quote an address with a secret in it."""
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is signed by nobody whom this wallet trusts"
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    if isinstance(error, httpx.ConnectError):
        return "nothing listens there"
    return type(error).__name__
