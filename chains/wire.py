"""JSON-RPC over one websocket, with time-outs on everything and subscriptions.

Both chains speak it. It replaces the chain libraries' own sockets, because those wait for ever on a silent node, drop
subscriptions when they reconnect and are not safe to share. A wire belongs to one thread; it never reconnects by
itself: whoever holds it opens another and re-reads what it may have missed.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import InvalidURI, WebSocketException
from websockets.sync.client import connect

from chains.errors import ChainUnavailable, ConnectionBroken, MalformedAnswer, RpcError

MAX_MESSAGE = 64 * 2**20
"""Bytes. A runtime's metadata comes as one hex string of some hundred kB; a block with batches stays far below."""

MAX_WAITING = 4096
"""Notifications kept for a reader that is behind. A lost one must be an error, never a silent gap."""


class Wire:
    """One connection of one thread."""

    def __init__(self, chain: str, url: str, *, timeout: float = 20.0) -> None:
        """Connects at once; `timeout` in seconds is for connecting and for each request. ChainUnavailable."""
        self.chain = chain
        self.timeout = timeout
        self._last_id = 0
        self._waiting: dict[str, deque[Any]] = {}
        self._closed: set[str] = set()
        try:
            self._socket = connect(
                url,
                open_timeout=timeout,
                close_timeout=1,
                max_size=MAX_MESSAGE,
                max_queue=None,
                compression=None,
                proxy=None,
            )
        except InvalidURI:
            # The library's message quotes the address.
            raise ChainUnavailable(chain, "connecting: the node's address is no ws or wss address") from None
        except (OSError, WebSocketException, TimeoutError) as error:
            raise ChainUnavailable(chain, f"connecting to {_host(url)}: {error}") from error

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; closing twice is fine."""
        self._socket.close()

    def request(self, method: str, params: list[Any], *, timeout: float | None = None) -> Any:
        """The result. RpcError when the node says no; ChainUnavailable when it says nothing in time."""
        self._last_id += 1
        request_id = self._last_id
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        message = json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        try:
            self._socket.send(message)
            while True:
                answer = self._receive(deadline)
                if answer.get("id") == request_id:
                    return self._result(method, answer)
        except TimeoutError as error:
            raise ChainUnavailable(self.chain, f"{method} was not answered in time") from error
        except (OSError, WebSocketException) as error:
            raise ConnectionBroken(self.chain, f"{method}: {error or 'the connection broke'}") from error

    @contextmanager
    def subscription(self, subscribe: str, params: list[Any], unsubscribe: str) -> Iterator[Subscription]:
        """A subscription that ends with the block."""
        handle = str(self.request(subscribe, params))
        # A notification may come before the answer that names the subscription: `_receive` has kept it already.
        self._waiting.setdefault(handle, deque())
        try:
            yield Subscription(self, handle)
        finally:
            self._closed.add(handle)
            self._waiting.pop(handle, None)
            # Nodes end some subscriptions by themselves; a broken wire has none left. Either way it is over.
            with suppress(RpcError, ChainUnavailable):
                self.request(unsubscribe, [handle], timeout=5)

    def next_notification(self, handle: str, deadline: float) -> Any:
        """The next notification of one subscription; TimeoutError at `deadline` (monotonic seconds)."""
        waiting = self._waiting[handle]
        while not waiting:
            try:
                self._receive(deadline)
            except TimeoutError:
                raise
            except (OSError, WebSocketException) as error:
                raise ConnectionBroken(self.chain, f"the subscription broke: {error}") from error
        return waiting.popleft()

    def _receive(self, deadline: float) -> dict[str, Any]:
        """One message; a notification is also kept for its reader."""
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        try:
            message = json.loads(self._socket.recv(timeout=remaining))
        except ValueError as error:
            raise MalformedAnswer(self.chain, "a JSON-RPC message") from error
        if not isinstance(message, dict):
            raise MalformedAnswer(self.chain, "a JSON-RPC message")
        params = message.get("params")
        if isinstance(params, dict) and "subscription" in params:
            handle = str(params["subscription"])
            if handle not in self._closed:
                queue = self._waiting.setdefault(handle, deque())
                if len(queue) >= MAX_WAITING:
                    raise ChainUnavailable(self.chain, "notifications come faster than they are read")
                queue.append(params.get("result"))
        return message

    def _result(self, method: str, answer: dict[str, Any]) -> Any:
        error = answer.get("error")
        if error is None:
            if "result" not in answer:
                raise MalformedAnswer(self.chain, method)
            return answer["result"]
        if not isinstance(error, dict):
            raise MalformedAnswer(self.chain, method)
        code = error.get("code")
        raise RpcError(
            self.chain, method, code if isinstance(code, int) else 0, str(error.get("message", "")), error.get("data")
        )


def _host(url: str) -> str:
    """Scheme, host and port: path, query and user of a node's address often are the key to a paid service."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class Subscription:
    """Notifications of one subscription, in order."""

    def __init__(self, wire: Wire, handle: str) -> None:
        self._wire = wire
        self._handle = handle

    def next(self, deadline: float) -> Any:
        """The next one; TimeoutError at `deadline` (monotonic seconds), ChainUnavailable when the connection breaks."""
        return self._wire.next_notification(self._handle, deadline)


class WirePerThread:
    """Gives each thread its own wire and reopens a broken one; `close` ends them all."""

    def __init__(self, chain: str, url: str, *, timeout: float = 20.0) -> None:
        self.chain = chain
        self.url = url
        self.timeout = timeout
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: set[Wire] = set()

    def get(self) -> Wire:
        """This thread's wire. ChainUnavailable."""
        wire: Wire | None = getattr(self._own, "wire", None)
        if wire is None:
            wire = self.fresh()
            self._own.wire = wire
        return wire

    def fresh(self) -> Wire:
        """Another wire for one use; give it back through `discard`. ChainUnavailable."""
        wire = Wire(self.chain, self.url, timeout=self.timeout)
        with self._lock:
            self._open.add(wire)
        return wire

    def discard(self, wire: Wire) -> None:
        """Closes a wire; the thread that owned it gets another at its next `get`."""
        if getattr(self._own, "wire", None) is wire:
            self._own.wire = None
        with self._lock:
            self._open.discard(wire)
        wire.close()

    def read(self, method: str, params: list[Any]) -> Any:
        """A request that changes nothing, tried once more when the wire broke. RpcError, ChainUnavailable."""
        try:
            return self._request(method, params)
        except ConnectionBroken:
            return self._request(method, params)

    def _request(self, method: str, params: list[Any]) -> Any:
        wire = self.get()
        try:
            return wire.request(method, params)
        except ChainUnavailable:
            # Also after a time-out: a late answer must not wait in the socket of the next request.
            self.discard(wire)
            raise

    def close(self) -> None:
        """Closes every wire of every thread."""
        with self._lock:
            wires, self._open = tuple(self._open), set()
        for wire in wires:
            wire.close()
