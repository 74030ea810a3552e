"""Sends extrinsics: compose, sign with an era, submit, and watch every status until a block holds it.

substrate-interface's own submission waits for ever when an extrinsic becomes invalid, is usurped or retracted; this one
ends on each of them and after a time. One key serves one process: two would race for its nonces.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from substrateinterface.exceptions import SubstrateRequestException

from chains.accounts import Account
from chains.base import BlockRef, OnSigned, TxRef
from chains.errors import (
    ChainUnavailable,
    MalformedAnswer,
    RpcError,
    TransactionInvalid,
    TransactionLost,
)
from chains.substrate.events import Record, records
from chains.substrate.node import SubstrateNode, as_hash
from chains.substrate.scale import CHAIN, to_scale
from chains.wire import Subscription, Wire

ERA_BLOCKS = 64
"""An extrinsic dies this many blocks after it was signed: an account that is reaped starts again at nonce 0, and an
immortal extrinsic could then be played once more."""

WAITING = frozenset({"future", "ready", "broadcast", "retracted"})
"""Statuses after which the pool still holds the extrinsic. A retracted one goes into another block."""


@dataclass(frozen=True, slots=True)
class Included:
    """An extrinsic in a block with the events it caused."""

    tx: TxRef
    records: tuple[Record, ...]


class SubstrateSender:
    """Sends for any number of accounts; safe to call from several threads."""

    def __init__(self, node: SubstrateNode, *, limit: float = 120.0) -> None:
        """`limit` in seconds until an extrinsic counts as lost; it may still land while its era lives."""
        self._node = node
        self._limit = limit
        self._lock = threading.Lock()
        self._accounts: defaultdict[bytes, threading.Lock] = defaultdict(threading.Lock)
        self._underway: defaultdict[bytes, set[int]] = defaultdict(set)

    def send(
        self, account: Account, pallet: str, call: str, args: Mapping[str, object], on_signed: OnSigned | None = None
    ) -> Included:
        """The extrinsic in its block, whether it did what it was asked or not. TransactionInvalid, TransactionLost."""
        with ExitStack() as stack:
            wire = self._node.fresh_wire()
            stack.callback(self._node.discard_wire, wire)
            # Held until the node has the extrinsic, so that it is sent before the one with the next nonce.
            with self._account_lock(account.id):
                nonce = self._next_nonce(account)
                extrinsic, tx_hash = self._sign(account, pallet, call, args, nonce)
                if on_signed is not None:
                    on_signed(tx_hash)
                self._underway[account.id].add(nonce)
                stack.callback(self._underway[account.id].discard, nonce)
                statuses = self._submit(stack, wire, extrinsic, tx_hash)
            block_hash = self._watch(statuses, tx_hash)
        return self._included(extrinsic, tx_hash, block_hash)

    def _submit(self, stack: ExitStack, wire: Wire, extrinsic: str, tx_hash: str) -> Subscription:
        watched = wire.subscription("author_submitAndWatchExtrinsic", [extrinsic], "author_unwatchExtrinsic")
        try:
            return stack.enter_context(watched)
        except RpcError as error:
            raise TransactionInvalid(CHAIN, f"{error.message} {error.data or ''}".strip()) from error
        except ChainUnavailable as error:
            raise TransactionLost(CHAIN, (tx_hash,), error.detail) from error

    def _next_nonce(self, account: Account) -> int:
        """The node's next index, or one past what this process sent and has not seen in a block.

        While a node builds a block, an extrinsic is neither in its pool nor in its newest state, and the index it tells
        is one that is already used.
        """
        nonce = self._node.read("system_accountNextIndex", [account.text])
        if not isinstance(nonce, int):
            raise MalformedAnswer(CHAIN, "an account's next index")
        return max(nonce, max(self._underway[account.id], default=-1) + 1)

    def _sign(
        self, account: Account, pallet: str, call: str, args: Mapping[str, object], nonce: int
    ) -> tuple[str, str]:
        codec = self._node.codec
        final = self._node.height(str(self._node.read("chain_getFinalizedHead", [])))
        try:
            composed = codec.compose_call(pallet, call, {name: to_scale(value) for name, value in args.items()})
            era = {"period": ERA_BLOCKS, "current": final}
            extrinsic = codec.create_signed_extrinsic(composed, account.key, era=era, nonce=nonce)
        except (ValueError, NotImplementedError, SubstrateRequestException) as error:
            raise TransactionInvalid(CHAIN, f"{pallet}.{call} can't be encoded: {error}") from error
        return str(extrinsic.data), "0x" + bytes(extrinsic.extrinsic_hash).hex()

    def _watch(self, statuses: Subscription, tx_hash: str) -> bytes:
        """The hash of the first block that holds it."""
        deadline = time.monotonic() + self._limit
        try:
            while True:
                name, value = _status(statuses.next(deadline))
                if name in ("inBlock", "finalized"):
                    return as_hash(value)
                if name in ("invalid", "unknown"):
                    raise TransactionInvalid(CHAIN, f"{name} {value or ''}".strip())
                if name not in WAITING:
                    # usurped, dropped, finalityTimeout: other nodes may still hold it.
                    raise TransactionLost(CHAIN, (tx_hash,), name)
        except TimeoutError:
            raise TransactionLost(CHAIN, (tx_hash,), f"no block held it in {self._limit:g} s") from None
        except ChainUnavailable as error:
            raise TransactionLost(CHAIN, (tx_hash,), error.detail) from error

    def _included(self, extrinsic: str, tx_hash: str, block_hash: bytes) -> Included:
        block = self._node.block_at(block_hash)
        content = self._node.read("chain_getBlock", ["0x" + block_hash.hex()])
        try:
            index = content["block"]["extrinsics"].index(extrinsic)
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedAnswer(CHAIN, f"block {block.number}") from error
        own = (record for record in block_records(self._node, block) if record.extrinsic == index)
        return Included(TxRef(CHAIN, tx_hash, block, index), tuple(own))

    def _account_lock(self, account: bytes) -> threading.Lock:
        with self._lock:
            return self._accounts[account]


def block_records(node: SubstrateNode, block: BlockRef) -> list[Record]:
    """All events of a block. The node must still hold its state: archive, or fewer than its pruning depth ago."""
    return records(node.codec.query("System", "Events", block_hash="0x" + block.hash.hex()).value)


def _status(update: object) -> tuple[str, object]:
    """Name and value of an extrinsic's status: a word, or an object with one key."""
    if isinstance(update, str):
        return update, None
    if isinstance(update, dict) and len(update) == 1:
        ((name, value),) = update.items()
        return str(name), value
    raise MalformedAnswer(CHAIN, "the status of an extrinsic")
