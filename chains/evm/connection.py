"""One EVM chain as the adapter's parts share it: reads, events of final blocks, and sending to bridge and tokens."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from bridge.domains import ChainName, account_of_evm
from bridge.errors import UnrecoverableError
from chains.accounts import Account
from chains.base import BlockRef, ChainEvent, Happened, OnSigned, OrderInitiated, Submitted, TxRef, WrongDomain
from chains.control import Fate
from chains.errors import BlockUnknown, MalformedAnswer, NotFinal, RpcError
from chains.evm.artifacts import artifact, token
from chains.evm.codec import LogDecoder, TokenLogDecoder, decode_log, event_topic
from chains.evm.rpc import CHAIN, EvmRpc, as_bytes, as_int
from chains.evm.transactions import HEAD_SUBSCRIPTION, EvmSender
from chains.token_events import Event
from chains.views import LimitView, Views
from chains.wire import Wire

MAX_LOG_RANGE = 2_000
"""Blocks in one eth_getLogs: providers commonly refuse wider ranges."""
IS_VALID_SIGNATURE = bytes.fromhex("1626ba7e")
"""Selector of `isValidSignature(bytes32,bytes)`, and what it answers for a yes (ERC-1271)."""
REVERTED = 3
"""The JSON-RPC code by which nodes say that a call reverted."""


class AssetTokenUnknown(UnrecoverableError):
    """The bridge never registered a token for this asset."""

    def __init__(self, asset: bytes) -> None:
        self.asset = asset
        super().__init__(f"no token is registered for asset {asset.hex()}")


@dataclass(frozen=True, slots=True)
class EvmContracts:
    """Addresses of the contracts on one chain, with checksum. `controls` is needed only where assets are registered:
    the code that all tokens share beside their own."""

    bridge: str
    lens: str
    authority: str
    controls: str = ""


class _LensTransport:
    """Carries views to the lens contract in the state of one block."""

    chain = CHAIN

    def __init__(self, rpc: EvmRpc, lens: str, at: BlockRef | None) -> None:
        self._rpc = rpc
        self._lens = lens
        self._at = at

    def call(self, data: bytes) -> bytes:
        """See `chains.views.ViewTransport`."""
        return self._rpc.call(self._lens, data, self._at)


class EvmConnection:
    """What both sides of the adapter stand on."""

    def __init__(
        self,
        http_url: str,
        ws_url: str,
        contracts: EvmContracts,
        *,
        timeout: float = 20.0,
        patience: float = 30.0,
        limit: float = 180.0,
    ) -> None:
        """Seconds: `timeout` per request, `patience` until a fee is raised, `limit` until a transaction is given up."""
        self.contracts = contracts
        self._rpc = EvmRpc(http_url, timeout=timeout)
        self._ws_url = ws_url
        self._timeout = timeout
        self._sender = EvmSender(self._rpc, ws_url, patience=patience, limit=limit)
        self._bridge = artifact("ComplianceBridge")
        self._logs = LogDecoder.of(self._bridge)
        self._token_logs = TokenLogDecoder.of(self._bridge, token())
        self._domain: bytes | None = None
        self._assets: dict[str, bytes] = {}

    @property
    def domain(self) -> bytes:
        """The domain this chain's contracts check signatures under. WrongDomain when they contradict themselves."""
        if self._domain is None:
            stated = self.views().identity()
            derived = ChainName(stated.caip2, stated.bridge, stated.deployment).domain()
            bridge = account_of_evm(bytes.fromhex(self.contracts.bridge[2:]))
            if stated.domain != derived or stated.bridge != bridge:
                raise WrongDomain(CHAIN, stated.domain, derived)
            self._domain = stated.domain
        return self._domain

    def finalised(self) -> BlockRef:
        """The newest block the node calls finalised."""
        return self._rpc.block("finalized")

    def head(self) -> BlockRef:
        """The newest block."""
        return self._rpc.block("latest")

    def block(self, number: int) -> BlockRef:
        """The block at a height."""
        return self._rpc.block(number)

    def views(self, at: BlockRef | None = None) -> Views:
        """The lens contract in the state after `at`."""
        return Views(_LensTransport(self._rpc, self.contracts.lens, at))

    def words(self, keys: Sequence[tuple[bytes, bytes]], at: BlockRef) -> list[int]:
        """See `chains.base.Chain`."""
        views = self.views(at)
        return [views.eligibility_of(*key) for key in keys]

    def limits(self, keys: Sequence[tuple[bytes, bytes]], at: BlockRef) -> list[LimitView]:
        """See `chains.base.Chain`."""
        views = self.views(at)
        return [views.limit_of(*key) for key in keys]

    def accepts_signature(self, contract: bytes, digest: bytes, signature: bytes, at: BlockRef) -> bool:
        """Whether a smart account (20 bytes) takes a signature as its own in the state after `at` (ERC-1271).

        No code there, an answer of another form and a call that reverts are a no. RpcError, ChainUnavailable otherwise.
        """
        data = IS_VALID_SIGNATURE + encode(["bytes32", "bytes"], [digest, signature])
        try:
            answer = self._rpc.call(to_checksum_address(contract), data, at)
        except MalformedAnswer:
            return False
        except RpcError as error:
            if error.code == REVERTED:
                return False
            raise
        return answer == IS_VALID_SIGNATURE.ljust(32, b"\0")

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """The bridge's order events in final blocks, in order."""
        self._require_final(last)
        query = {"address": self.contracts.bridge, "topics": [_texts(self._logs.topics)]}
        blocks: dict[int, BlockRef] = {}
        found = (self._logs.decode(log, self._place(log, blocks)) for log in self._logs_between(first, last, query))
        return [event for event in found if event is not None]

    def history(self, first: int, last: int, asset: bytes | None = None) -> list[Happened]:
        """See `chains.control.Control`."""
        self._require_final(last)
        known = self._assets_by_token(asset)
        query = {"address": [self.contracts.bridge, *known], "topics": [_texts(self._token_logs.topics)]}
        blocks: dict[int, BlockRef] = {}
        found: list[Happened] = []
        for log in self._logs_between(first, last, query):
            told = self._token_logs.decode(log, known.get(_emitter(log)))
            about = [event for event in told if asset is None or getattr(event, "asset", None) == asset]
            found += [Happened(event, self._place(log, blocks)) for event in about]
        return found

    def order_started(self, lane: bytes, nonce: int, upto: BlockRef) -> OrderInitiated | None:
        """See `chains.control.Control`. The log is indexed by lane and nonce."""
        topic = event_topic(self._bridge.entry("event", "OrderInitiated"))
        place = ["0x" + topic.hex(), None, "0x" + lane.hex(), f"0x{nonce:064x}"]
        blocks: dict[int, BlockRef] = {}
        for log in self._logs_between(0, upto.number, {"address": self.contracts.bridge, "topics": place}):
            event = self._logs.decode(log, self._place(log, blocks))
            if isinstance(event, OrderInitiated):
                return event
        return None

    def fate(self, signer: Account, hashes: Sequence[str], since: int) -> Fate:
        """See `chains.control.Control`."""
        del signer, since
        for tx_hash in hashes:
            found = self._rpc.request("eth_getTransactionByHash", [tx_hash])
            if isinstance(found, dict):
                return Fate.INCLUDED if found.get("blockHash") else Fate.WAITING
        return Fate.GONE

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        """Woken by each new head, asks what is final."""
        deadline = time.monotonic() + timeout
        with Wire(CHAIN, self._ws_url, timeout=self._timeout) as wire, wire.subscription(*HEAD_SUBSCRIPTION) as heads:
            while (final := self.finalised()).number <= after:
                heads.next(deadline)
        return final

    def token_of(self, asset: bytes) -> str:
        """Address of an asset's present token, as the bridge knows it now: the admin may replace it. AssetTokenUnknown."""
        return self._registration(asset)[0]

    def close(self) -> None:
        """Closes every session."""
        self._rpc.close()

    def _registration(self, asset: bytes) -> tuple[str, int]:
        """The asset's token and the pause bits of its own scope. AssetTokenUnknown."""
        answer = self._rpc.call(self.contracts.bridge, self._bridge.calldata("tokenOf", asset), None)
        try:
            address, pause = decode(["address", "uint8"], answer)
        except DecodingError as error:
            raise MalformedAnswer(CHAIN, "tokenOf") from error
        if int(address, 16) == 0:
            raise AssetTokenUnknown(asset)
        self._assets[address.lower()] = asset
        return str(to_checksum_address(address)), pause

    def _call_bridge(
        self, signer: Account, function: str, *args: object, on_signed: OnSigned | None = None
    ) -> Submitted:
        return self._send(signer, self.contracts.bridge, self._bridge.calldata(function, *args), on_signed)

    def _call_token(
        self, signer: Account, asset: bytes, function: str, *args: object, on_signed: OnSigned | None = None
    ) -> Submitted:
        return self._send(signer, self.token_of(asset), token().calldata(function, *args), on_signed)

    def _send(self, signer: Account, to: str, data: bytes, on_signed: OnSigned | None = None) -> Submitted:
        receipt = self._sender.send(signer, to, data, on_signed)
        number = as_int(receipt.get("blockNumber"), "a height")
        block_hash = as_bytes(receipt.get("blockHash"), "a block's hash")
        header = self._rpc.header(number)
        block = BlockRef(number, block_hash, as_int(header.get("timestamp"), "a block's time"))
        tx = TxRef(CHAIN, str(receipt["transactionHash"]), block, as_int(receipt.get("transactionIndex"), "an index"))
        logs = list(receipt.get("logs", ()))
        decoded = (self._logs.decode(log, tx) for log in logs if _emitter(log) == self.contracts.bridge.lower())
        fee = as_int(receipt.get("gasUsed"), "gas") * as_int(receipt.get("effectiveGasPrice"), "a price")
        return Submitted(
            tx, tuple(event for event in decoded if event is not None), fee=fee, happened=tuple(self._own_events(logs))
        )

    def _own_events(self, logs: list[dict[str, Any]]) -> Iterable[Event]:
        bridge = self.contracts.bridge.lower()
        if any(_emitter(log) != bridge and _emitter(log) not in self._assets for log in logs):
            self._assets_by_token(None)
        for log in logs:
            if _emitter(log) in self._assets or _emitter(log) == bridge:
                yield from self._token_logs.decode(log, self._assets.get(_emitter(log)))

    def _assets_by_token(self, asset: bytes | None) -> dict[str, bytes]:
        """Token -> asset, of one asset or of all, replaced tokens included; addresses in lower case, as logs are compared."""
        names = ("AssetRegistered", "TokenReplaced")
        entries = {event_topic(entry): entry for entry in (self._bridge.entry("event", name) for name in names)}
        query = {
            "address": self.contracts.bridge,
            "fromBlock": "0x0",
            "toBlock": "latest",
            "topics": [_texts(entries)],
        }
        for log in self._logs_of(query):
            topics = [as_bytes(topic, "a log's topic") for topic in log.get("topics", ())]
            values = decode_log(entries[topics[0]], topics, as_bytes(log.get("data"), "a log's data"))
            address = values["newToken"] if "newToken" in values else "0x" + values["token"][-20:].hex()
            self._assets[address.lower()] = values["asset"]
        return {token: known for token, known in self._assets.items() if asset in (None, known)}

    def _require_final(self, last: int) -> None:
        if last > (final := self.finalised().number):
            raise NotFinal(CHAIN, last, final)

    def _logs_between(self, first: int, last: int, query: dict[str, Any]) -> Iterable[dict[str, Any]]:
        for start in range(first, last + 1, MAX_LOG_RANGE):
            span = {"fromBlock": hex(start), "toBlock": hex(min(last, start + MAX_LOG_RANGE - 1))}
            yield from self._logs_of(query | span)

    def _logs_of(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        logs = self._rpc.request("eth_getLogs", [query])
        if not isinstance(logs, list):
            raise MalformedAnswer(CHAIN, "eth_getLogs")
        return logs

    def _place(self, log: dict[str, Any], blocks: dict[int, BlockRef]) -> TxRef:
        number = as_int(log.get("blockNumber"), "a height")
        if number not in blocks:
            blocks[number] = self._rpc.block(number)
        block = blocks[number]
        # The log and the header come from two requests: a block replaced between them must not lend its time.
        if as_bytes(log.get("blockHash"), "a block's hash") != block.hash:
            raise BlockUnknown(CHAIN, str(log.get("blockHash")))
        return TxRef(CHAIN, str(log.get("transactionHash")), block, as_int(log.get("transactionIndex"), "an index"))


def _texts(topics: Iterable[bytes]) -> list[str]:
    return ["0x" + topic.hex() for topic in topics]


def _emitter(log: dict[str, Any]) -> str:
    return str(log.get("address", "")).lower()
