"""JSON-RPC over HTTP to an EVM node, with typed errors and reads pinned to a block's hash (EIP-1898)."""

from __future__ import annotations

import threading
from typing import Any

import requests
from hexbytes import HexBytes
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from chains.base import BlockRef
from chains.errors import BlockUnknown, ChainUnavailable, MalformedAnswer, RpcError

CHAIN = "evm"


class EvmRpc:
    """One node. Each thread gets its own session, because a `requests` session is not safe to share."""

    def __init__(self, url: str, *, timeout: float = 20.0) -> None:
        """`timeout` in seconds for each request."""
        self.url = url
        self.timeout = timeout
        self._own = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []

    def request(self, method: str, params: list[Any]) -> Any:
        """The result. RpcError when the node says no, ChainUnavailable when it can't be asked."""
        try:
            answer = self._provider().make_request(RPCEndpoint(method), params)
        except (requests.RequestException, OSError) as error:
            raise ChainUnavailable(CHAIN, f"{method}: {type(error).__name__}") from error
        except ValueError as error:
            raise MalformedAnswer(CHAIN, method) from error
        problem = answer.get("error")
        if problem is not None:
            if not isinstance(problem, dict):
                raise MalformedAnswer(CHAIN, method)
            raise RpcError(CHAIN, method, problem.get("code", 0), str(problem.get("message", "")), problem.get("data"))
        if "result" not in answer:
            raise MalformedAnswer(CHAIN, method)
        return answer["result"]

    def block(self, which: int | str) -> BlockRef:
        """A block by height or by tag. BlockUnknown when the node has none."""
        return as_block_ref(self.header(which))

    def header(self, which: int | str) -> dict[str, Any]:
        """A block's header by height or tag, as the node gives it. BlockUnknown."""
        name = hex(which) if isinstance(which, int) else which
        row = self.request("eth_getBlockByNumber", [name, False])
        if row is None:
            raise BlockUnknown(CHAIN, str(which))
        if not isinstance(row, dict):
            raise MalformedAnswer(CHAIN, f"block {which}")
        return row

    def call(self, to: str, data: bytes, at: BlockRef | None) -> bytes:
        """The answer of a read-only call in the state after `at`, never in another's: the hash is sent, not the height.

        BlockUnknown when this node does not have the block; RpcError when the call reverts; MalformedAnswer when there is
        no code at the address (an empty answer is no answer).
        """
        # requireCanonical: a node that has replaced the block must say so instead of answering from a dead branch.
        block = "latest" if at is None else {"blockHash": "0x" + at.hash.hex(), "requireCanonical": True}
        try:
            answer = as_bytes(self.request("eth_call", [{"to": to, "data": "0x" + data.hex()}, block]), "eth_call")
        except RpcError:
            if at is not None and self.request("eth_getBlockByHash", ["0x" + at.hash.hex(), False]) is None:
                raise BlockUnknown(CHAIN, at.hash.hex()) from None
            raise
        if not answer:
            raise MalformedAnswer(CHAIN, f"a call of {to}")
        return answer

    def close(self) -> None:
        """Closes the sessions of all threads."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for session in sessions:
            session.close()

    def _provider(self) -> HTTPProvider:
        provider: HTTPProvider | None = getattr(self._own, "provider", None)
        if provider is None:
            session = requests.Session()
            # No retries hidden in the client: whoever asks knows whether asking twice is harmless.
            provider = HTTPProvider(
                self.url,
                request_kwargs={"timeout": self.timeout},
                session=session,
                exception_retry_configuration=None,
            )
            self._own.provider = provider
            with self._lock:
                self._sessions.append(session)
        return provider


def as_int(value: object, what: str) -> int:
    """A hex quantity as an integer. MalformedAnswer."""
    try:
        return int(str(value), 16)
    except ValueError as error:
        raise MalformedAnswer(CHAIN, what) from error


def as_bytes(value: object, what: str) -> bytes:
    """0x text as bytes. MalformedAnswer."""
    try:
        return bytes(HexBytes(value if isinstance(value, str | bytes) else ""))
    except ValueError as error:
        raise MalformedAnswer(CHAIN, what) from error


def as_block_ref(header: dict[str, Any]) -> BlockRef:
    """Height, hash and time of a header. MalformedAnswer, for instance for a pending block, which has no hash."""
    block_hash = as_bytes(header.get("hash"), "a block's hash")
    if len(block_hash) != 32:
        raise MalformedAnswer(CHAIN, "a block's hash")
    seconds = as_int(header.get("timestamp"), "a block's time")
    return BlockRef(as_int(header.get("number"), "a height"), block_hash, seconds)
