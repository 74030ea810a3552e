"""The EVM adapter: web3's HTTP provider for requests, a websocket for heads, the committed ABIs for everything else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from bridge.domains import ChainName, account_of_evm, asset_id, evm_of_account
from bridge.errors import UnrecoverableError
from bridge.types import Approval, BindingPermit, InitiateRequest, Lot, OracleBatch, TransferOrder, TransferReceipt
from chains.accounts import Account
from chains.base import BlockRef, ChainEvent, OnSigned, Submitted, TxRef, WrongDomain, delivery_codes
from chains.errors import BlockUnknown, MalformedAnswer, NotFinal
from chains.evm.artifacts import artifact
from chains.evm.codec import LogDecoder, event_topic
from chains.evm.rpc import CHAIN, EvmRpc, as_bytes, as_int
from chains.evm.transactions import HEAD_SUBSCRIPTION, EvmSender
from chains.views import AssetParams, Views
from chains.wire import Wire

MAX_LOG_RANGE = 2_000
"""Blocks in one eth_getLogs: providers commonly refuse wider ranges."""

CONTROLLER_ROLE = 2


class AssetTokenUnknown(UnrecoverableError):
    """The bridge never registered a token for this asset."""

    def __init__(self, asset: bytes) -> None:
        self.asset = asset
        super().__init__(f"no token is registered for asset {asset.hex()}")


@dataclass(frozen=True, slots=True)
class EvmContracts:
    """Addresses of the contracts on one chain, with checksum."""

    bridge: str
    lens: str
    authority: str


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


class EvmChain:
    """`chains.base.Chain` for an EVM chain."""

    name = CHAIN

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
        self._domain: bytes | None = None
        self._tokens: dict[bytes, str] = {}

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

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """The bridge's order events in final blocks, in order."""
        if last > (final := self.finalised().number):
            raise NotFinal(CHAIN, last, final)
        blocks: dict[int, BlockRef] = {}
        found: list[ChainEvent] = []
        for start in range(first, last + 1, MAX_LOG_RANGE):
            query = {
                "address": self.contracts.bridge,
                "fromBlock": hex(start),
                "toBlock": hex(min(last, start + MAX_LOG_RANGE - 1)),
                "topics": [["0x" + topic.hex() for topic in self._logs.topics]],
            }
            for log in self._logs_of(query):
                event = self._logs.decode(log, self._place(log, blocks))
                if event is not None:
                    found.append(event)
        return found

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        """Woken by each new head, asks what is final."""
        deadline = time.monotonic() + timeout
        with Wire(CHAIN, self._ws_url, timeout=self._timeout) as wire, wire.subscription(*HEAD_SUBSCRIPTION) as heads:
            while (final := self.finalised()).number <= after:
                heads.next(deadline)
        return final

    def submit_batch(self, batch: OracleBatch, set_id: int, signatures: Sequence[bytes], signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "submitBatch", batch.to_values(), set_id, list(signatures))

    def bind(self, permit: BindingPermit, set_id: int, signatures: Sequence[bytes], signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "bind", permit.to_values(), set_id, list(signatures))

    def initiate(self, request: InitiateRequest, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "initiate", request.to_values())

    def deliver(
        self,
        orders: Sequence[TransferOrder],
        approval: Approval,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """See `chains.base.Chain`."""
        rows = [order.to_values() for order in orders]
        done = self._call_bridge(
            signer, "deliver", rows, approval.to_values(), set_id, list(signatures), on_signed=on_signed
        )
        return delivery_codes(self.views(done.tx.block), orders, done)

    def reject(
        self,
        order: TransferOrder,
        reason: int,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(
            signer, "reject", order.to_values(), reason, set_id, list(signatures), on_signed=on_signed
        )

    def settle(
        self,
        order: TransferOrder,
        receipt: TransferReceipt,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(
            signer, "settle", order.to_values(), receipt.to_values(), set_id, list(signatures), on_signed=on_signed
        )

    def transfer(self, asset: bytes, to: bytes, amount: int, signer: Account) -> Submitted:
        """The token's own ERC-20 transfer."""
        data = artifact("SecurityToken").calldata("transfer", _address(to), amount)
        return self._send(signer, self.token_of(asset), data)

    def issue(self, asset: bytes, account: bytes, lots: Sequence[Lot], signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        rows = [lot.to_values() for lot in lots]
        data = artifact("SecurityToken").calldata("issue", _address(account), rows)
        return self._send(signer, self.token_of(asset), data)

    def register_asset(self, params: AssetParams, controller: bytes, signer: Account) -> Submitted:
        """Deploys the asset's token, registers it, and makes `controller` one of the chain's controllers."""
        code = artifact("SecurityToken").creation_code(
            self.contracts.bridge, self.contracts.authority, params.to_values()
        )
        token = to_checksum_address(self._sender.send(signer, None, code)["contractAddress"])
        done = self._call_bridge(signer, "registerAsset", token)
        asset = asset_id(params.home_domain, params.issuer, params.salt)
        self._tokens[asset] = token
        self._grant_controller(_address(controller), signer)
        return Submitted(done.tx, asset=asset, fee=done.fee)

    def open_lane(self, lane: bytes, account_kind: int, min_flight: int, max_flight: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "openLane", lane, account_kind, min_flight, max_flight)

    def open_asset(self, lane: bytes, asset: bytes, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "openAsset", lane, asset)

    def pause(self, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "pause", bits)

    def resume(self, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "resume", bits)

    def pause_asset(self, asset: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "pauseAsset", asset, bits)

    def resume_asset(self, asset: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "resumeAsset", asset, bits)

    def pause_lane(self, lane: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "pauseLane", lane, bits)

    def resume_lane(self, lane: bytes, bits: int, signer: Account) -> Submitted:
        """See `chains.base.Chain`."""
        return self._call_bridge(signer, "resumeLane", lane, bits)

    def token_of(self, asset: bytes) -> str:
        """Address of an asset's token, from the event of its registration. AssetTokenUnknown."""
        if asset not in self._tokens:
            topic = event_topic(self._bridge.entry("event", "AssetRegistered"))
            query = {
                "address": self.contracts.bridge,
                "fromBlock": "0x0",
                "toBlock": "latest",
                "topics": ["0x" + topic.hex(), "0x" + asset.hex()],
            }
            logs = self._logs_of(query)
            if not logs:
                raise AssetTokenUnknown(asset)
            self._tokens[asset] = to_checksum_address(as_bytes(logs[-1].get("data"), "a token's address")[-20:])
        return self._tokens[asset]

    def close(self) -> None:
        """Closes every session."""
        self._rpc.close()

    def _grant_controller(self, address: str, signer: Account) -> None:
        authority = artifact("AccessManager")
        answer = self._rpc.call(self.contracts.authority, authority.calldata("hasRole", CONTROLLER_ROLE, address), None)
        try:
            is_member, _delay = decode(["bool", "uint32"], answer)
        except DecodingError as error:
            raise MalformedAnswer(CHAIN, "hasRole") from error
        if not is_member:
            self._send(signer, self.contracts.authority, authority.calldata("grantRole", CONTROLLER_ROLE, address, 0))

    def _call_bridge(
        self, signer: Account, function: str, *args: object, on_signed: OnSigned | None = None
    ) -> Submitted:
        return self._send(signer, self.contracts.bridge, self._bridge.calldata(function, *args), on_signed)

    def _send(self, signer: Account, to: str, data: bytes, on_signed: OnSigned | None = None) -> Submitted:
        receipt = self._sender.send(signer, to, data, on_signed)
        number = as_int(receipt.get("blockNumber"), "a height")
        block_hash = as_bytes(receipt.get("blockHash"), "a block's hash")
        header = self._rpc.header(number)
        block = BlockRef(number, block_hash, as_int(header.get("timestamp"), "a block's time"))
        tx = TxRef(CHAIN, str(receipt["transactionHash"]), block, as_int(receipt.get("transactionIndex"), "an index"))
        decoded = (self._logs.decode(log, tx) for log in receipt.get("logs", ()) if self._is_from_bridge(log))
        fee = as_int(receipt.get("gasUsed"), "gas") * as_int(receipt.get("effectiveGasPrice"), "a price")
        return Submitted(tx, tuple(event for event in decoded if event is not None), fee=fee)

    def _is_from_bridge(self, log: dict[str, Any]) -> bool:
        return str(log.get("address", "")).lower() == self.contracts.bridge.lower()

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


def _address(account: bytes) -> str:
    return str(to_checksum_address(evm_of_account(account)))
