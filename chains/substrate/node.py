"""One Substrate node: requests with time-outs, blocks, and substrate-interface as a mere codec.

Each thread has its own connection and its own codec: neither is safe to share. The codec keeps one metadata per
spec_version, so a runtime that changes must change its spec_version.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from substrateinterface import SubstrateInterface

from chains.base import BlockRef
from chains.errors import BlockUnknown, MalformedAnswer, RpcError
from chains.remembered import Remembered
from chains.substrate.scale import CHAIN, decode_optional_vec, encode_vec
from chains.wire import Wire, WirePerThread

TIMESTAMP_NOW = "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"
"""twox128("Timestamp") ++ twox128("Now"): milliseconds, u64 little-endian. Fixed by FRAME, so no metadata is needed."""

MAX_ANSWERS = 2_048
"""Answers about pinned blocks that are kept; most are below 1 kB."""

FINALISED_HEADS: tuple[str, list[Any], str] = ("chain_subscribeFinalizedHeads", [], "chain_unsubscribeFinalizedHeads")


class _Codec(SubstrateInterface):  # type: ignore[misc]
    """substrate-interface with its requests sent over this project's wires instead of its own socket."""

    def __init__(self, wires: WirePerThread) -> None:
        self._wires = wires
        # Its own transport gets an object without methods: a request that went around `rpc_request` fails at once.
        super().__init__(
            websocket=object(),
            ss58_format=42,
            auto_discover=False,
            type_registry={"types": {"bounded_collections::bounded_vec::BoundedVec": "BoundedVec"}},
        )

    def rpc_request(self, method: str, params: list[Any] | None, result_handler: Any = None) -> dict[str, Any]:
        if result_handler is not None:
            raise NotImplementedError("subscriptions go over a wire, with a time-out")
        return {"result": self._wires.read(method, params or [])}

    def close(self) -> None:
        self.extensions.unregister_all()


class SubstrateNode:
    """One node at a websocket address."""

    def __init__(self, url: str, *, timeout: float = 20.0) -> None:
        """`timeout` in seconds for each request."""
        self._wires = WirePerThread(CHAIN, url, timeout=timeout)
        self._own = threading.local()
        self._answers: Remembered[tuple[bytes, str, bytes], bytes] = Remembered(MAX_ANSWERS)

    @property
    def codec(self) -> Any:
        """This thread's substrate-interface."""
        codec: _Codec | None = getattr(self._own, "codec", None)
        if codec is None:
            codec = _Codec(self._wires)
            self._own.codec = codec
        return codec

    def read(self, method: str, params: list[Any]) -> Any:
        """A request that changes nothing. RpcError, ChainUnavailable."""
        return self._wires.read(method, params)

    def fresh_wire(self) -> Wire:
        """A wire of its own for a subscription; `discard_wire` takes it back."""
        return self._wires.fresh()

    def discard_wire(self, wire: Wire) -> None:
        """Closes a wire from `fresh_wire`."""
        self._wires.discard(wire)

    def finalised(self) -> BlockRef:
        """The newest final block."""
        return self.block_at(as_hash(self.read("chain_getFinalizedHead", [])))

    def head(self) -> BlockRef:
        """The newest block."""
        return self.block_at(as_hash(self.read("chain_getBlockHash", [])))

    def block(self, number: int) -> BlockRef:
        """The block at a height. BlockUnknown."""
        answer = self.read("chain_getBlockHash", [number])
        if answer is None:
            raise BlockUnknown(CHAIN, str(number))
        return BlockRef(number, as_hash(answer), self._time(str(answer)))

    def block_at(self, block_hash: bytes) -> BlockRef:
        """The block with a hash. BlockUnknown."""
        text = "0x" + block_hash.hex()
        return BlockRef(self.height(text), block_hash, self._time(text))

    def height(self, block_hash: str) -> int:
        """Height of the block with a hash. BlockUnknown."""
        return _height_in(self._header(block_hash))

    def parent(self, block: BlockRef) -> BlockRef:
        """The block before."""
        return self.block_at(as_hash(self._header("0x" + block.hash.hex()).get("parentHash")))

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        """The newest final block above a height, woken by the node's own notice. TimeoutError."""
        deadline = time.monotonic() + timeout
        wire = self.fresh_wire()
        try:
            with wire.subscription(*FINALISED_HEADS) as heads:
                # GRANDPA may skip heights between notices, so a notice only says "look again".
                while (final := self.finalised()).number <= after:
                    heads.next(deadline)
                return final
        finally:
            self.discard_wire(wire)

    def state_call(self, method: str, data: bytes, at: BlockRef | None) -> bytes | None:
        """A runtime API of Vec<u8> -> Option<Vec<u8>> in the state after `at`, named by its hash."""
        params: list[Any] = [method, "0x" + encode_vec(data).hex()]
        if at is None:
            return decode_optional_vec(as_hex(self.read("state_call", params), method))
        # The state after a block never changes, and a call runs the whole runtime: the same question is asked once.
        question = (at.hash, method, data)
        if (known := self._answers.get(question)) is not None:
            return known
        block = "0x" + at.hash.hex()
        try:
            answer = decode_optional_vec(as_hex(self.read("state_call", [*params, block]), method))
        except RpcError:
            self._header(block)
            raise
        if answer is not None:
            self._answers.put(question, answer)
        return answer

    def close(self) -> None:
        """Closes every connection of every thread."""
        self._wires.close()

    def _header(self, block_hash: str) -> dict[str, Any]:
        """A header. BlockUnknown: some nodes answer null for a block they don't have, others an error."""
        try:
            header = self.read("chain_getHeader", [block_hash])
        except RpcError as error:
            raise BlockUnknown(CHAIN, block_hash) from error
        if not isinstance(header, dict):
            raise BlockUnknown(CHAIN, block_hash)
        return header

    def _time(self, block_hash: str) -> int:
        answer = self.read("state_getStorage", [TIMESTAMP_NOW, block_hash])
        if answer is None:
            # Only the genesis block has no inherent that sets it.
            return 0
        return int.from_bytes(as_hex(answer, "Timestamp.Now"), "little") // 1000


def as_hex(value: object, what: str) -> bytes:
    """0x text as bytes. MalformedAnswer."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise MalformedAnswer(CHAIN, what)
    try:
        return bytes.fromhex(value[2:])
    except ValueError as error:
        raise MalformedAnswer(CHAIN, what) from error


def as_hash(value: object) -> bytes:
    """A block's hash. MalformedAnswer."""
    block_hash = as_hex(value, "a block's hash")
    if len(block_hash) != 32:
        raise MalformedAnswer(CHAIN, "a block's hash")
    return block_hash


def _height_in(header: dict[str, Any]) -> int:
    try:
        return int(str(header.get("number")), 16)
    except ValueError as error:
        raise MalformedAnswer(CHAIN, "a header") from error
