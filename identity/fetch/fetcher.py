"""Fetches one document over https under a policy: no redirects, bounded in size (also unpacked) and in time.

It connects to the very network address that was checked and verifies the certificate for the host's name, so a name
that resolves elsewhere a moment later (DNS rebinding) leads nowhere. It blocks: call it from a thread.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from identity.errors import FetchFailed
from identity.fetch.addresses import FetchPolicy, Resolve, Target, find_target, resolve_host

CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as it came, unpacked: status 200 always."""

    url: str
    content_type: str
    body: bytes


class Fetch(Protocol):
    """What others know of a fetcher."""

    def get(self, url: str, accept: str) -> Fetched:
        """The document at `url`; FetchRefused or FetchFailed otherwise."""


class Fetcher:
    """Fetches under one policy. `roots`: a file of further certificate authorities (the development one)."""

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        roots: Path | None = None,
        resolve: Resolve = resolve_host,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._policy, self._resolve, self._monotonic = policy, resolve, monotonic
        self._tls = ssl.create_default_context()
        if roots is not None:
            self._tls.load_verify_locations(roots)

    def get(self, url: str, accept: str) -> Fetched:
        """The document at `url`, whose content type must be one of `accept` (a comma-separated list).

        Raises:
            FetchRefused: the address may not be asked.
            FetchFailed: no answer in time, another status or type, too large. The same may succeed later.
        """
        deadline = self._monotonic() + self._policy.seconds
        target = find_target(url, self._policy, self._resolve)
        try:
            return self._ask(url, target, accept, deadline)
        except TimeoutError:
            raise FetchFailed(target.host, f"no whole answer within {self._policy.seconds} s") from None
        except ssl.SSLError as error:
            raise FetchFailed(target.host, f"no trusted connection ({error.reason})") from None
        except (OSError, http.client.HTTPException) as error:
            raise FetchFailed(target.host, type(error).__name__) from None

    def _ask(self, url: str, target: Target, accept: str, deadline: float) -> Fetched:
        connection = http.client.HTTPSConnection(target.host, target.port)
        try:
            plain = socket.create_connection((target.address, target.port), self._left(deadline))
            try:
                secured = self._tls.wrap_socket(plain, server_hostname=target.host, do_handshake_on_connect=False)
            except BaseException:
                plain.close()
                raise
            connection.sock = secured
            with _cut_off_after(self._left(deadline), secured):
                secured.do_handshake()
                connection.request(
                    "GET", target.path, headers={"Accept": accept, "Accept-Encoding": "gzip", "User-Agent": "lockstep"}
                )
                secured.settimeout(self._left(deadline))
                # A server that closes after its answer takes `connection.sock` away here; the answer still reads from it.
                answer = connection.getresponse()
                if answer.status != 200:
                    raise FetchFailed(target.host, f"status {answer.status}")
                kind = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
                if kind not in [one.strip() for one in accept.split(",")]:
                    raise FetchFailed(target.host, "another content type")
                body = self._read(answer, target, deadline, secured)
            return Fetched(url, kind, body)
        finally:
            connection.close()

    def _read(self, answer: http.client.HTTPResponse, target: Target, deadline: float, plain: socket.socket) -> bytes:
        encoding = (answer.getheader("Content-Encoding") or "identity").lower()
        if encoding not in ("identity", "gzip"):
            raise FetchFailed(target.host, "an unknown content encoding")
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding == "gzip" else None
        limit, received, body = self._policy.max_bytes, 0, bytearray()
        # One read at a time, each with what is left: a server that trickles bytes can't hold us longer than that.
        while True:
            plain.settimeout(self._left(deadline))
            chunk = answer.read1(CHUNK)
            if not chunk:
                break
            received += len(chunk)
            try:
                body += chunk if unpacker is None else unpacker.decompress(chunk, limit + 1 - len(body))
            except zlib.error:
                raise FetchFailed(target.host, "its packed bytes can't be read") from None
            if received > limit or len(body) > limit:
                raise FetchFailed(target.host, f"more than {limit} bytes")
        if answer.length not in (None, 0) or (unpacker is not None and not unpacker.eof):
            raise FetchFailed(target.host, "the answer ends too early")
        return bytes(body)

    def _left(self, deadline: float) -> float:
        left = deadline - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@contextmanager
def _cut_off_after(seconds: float, secured: ssl.SSLSocket) -> Iterator[None]:
    """Ends a connection that is still used after so long, whatever it is used for: TimeoutError.

    The time limit of a socket is one for each read, and starts again with every byte: with a byte now and then, in the
    handshake or in a header, a server would hold a thread of ours for days.
    """

    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            # The socket's own: what TLS makes of it would first say good-bye to a server that doesn't listen.
            socket.socket.shutdown(secured, socket.SHUT_RDWR)

    watch = threading.Timer(seconds, cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        if late.is_set():
            # What was cut off can look whole: a chunk's size of which only a zero had come reads as the last chunk.
            raise TimeoutError
