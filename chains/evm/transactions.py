"""Sends transactions to an EVM chain: estimate, price, sign, broadcast, watch, raise the fee.

Objectives: a transaction is signed only after a dry run passed; every hash of a nonce is known; one that lingers is
replaced under the same nonce, never doubled. Failure modes: refused by the contracts (Refused), refused by the node
(TransactionInvalid), included in vain (TransactionFailed), nobody knows (TransactionLost). One key serves one process:
two processes with the same key would race for its nonces.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from eth_utils.crypto import keccak

from bridge.refusals import Refused
from chains.accounts import Account
from chains.base import OnSigned
from chains.errors import ChainUnavailable, RpcError, TransactionFailed, TransactionInvalid, TransactionLost
from chains.evm.codec import refused_from_revert
from chains.evm.rpc import CHAIN, EvmRpc, as_bytes, as_int
from chains.wire import Wire

GAS_MARGIN = 5
"""A fifth on top of the estimate: state that another transaction of the same block writes first costs more to touch."""

BASE_FEE_HEADROOM = 2
"""The base fee may double before the transaction stops being includable: six full blocks in a row."""

BUMP_NUMERATOR, BUMP_DENOMINATOR = 9, 8
"""Nodes replace a pending transaction only for at least 10 % more; an eighth more passes with rounding."""

MAX_RAISE = 3
"""At most three times the first price: beyond that the fee is not why it lingers."""

DEFAULT_TIP_WEI = 1_000_000_000
"""For nodes that know no eth_maxPriorityFeePerGas."""

HEAD_SUBSCRIPTION = ("eth_subscribe", ["newHeads"], "eth_unsubscribe")


CLOSED = keccak(text="TokenClosed()")[:4]


class TokenClosed(TransactionInvalid):
    """The token is closed: it takes over from another one and is not whole yet, or was replaced. No rule refuses: the
    same call may be made again when the replacement is finished."""

    cure = "Wait until the replacement is finished, or finish it: lockstep asset replace-token."

    def __init__(self) -> None:
        super().__init__(CHAIN, "the asset's token is being replaced, and nothing moves until it is")


@dataclass(frozen=True, slots=True)
class Fees:
    """EIP-1559 prices in wei per gas."""

    max_fee: int
    tip: int

    def raised(self, first: Fees) -> Fees:
        """The next higher price, not above MAX_RAISE times the first."""

        def up(now: int, start: int) -> int:
            return max(now, min(-(-now * BUMP_NUMERATOR // BUMP_DENOMINATOR), start * MAX_RAISE))

        return Fees(up(self.max_fee, first.max_fee), up(self.tip, first.tip))


@dataclass(slots=True)
class _Flight:
    """One nonce of one account: the unsigned fields and every hash signed for it, newest last."""

    fields: dict[str, Any]
    hashes: list[str] = field(default_factory=list)


class EvmSender:
    """Sends for any number of accounts; safe to call from several threads."""

    def __init__(self, rpc: EvmRpc, ws_url: str, *, patience: float = 30.0, limit: float = 180.0) -> None:
        """`patience` in seconds until the fee is raised, `limit` until a transaction counts as lost."""
        self._rpc = rpc
        self._ws_url = ws_url
        self._patience = patience
        self._limit = limit
        self._chain_id: int | None = None
        self._lock = threading.Lock()
        self._accounts: defaultdict[bytes, threading.Lock] = defaultdict(threading.Lock)

    def send(self, account: Account, to: str | None, data: bytes, on_signed: OnSigned | None = None) -> dict[str, Any]:
        """The receipt of a transaction that did what it was asked; `to` None creates a contract."""
        call = {"from": account.text, "data": "0x" + data.hex()} | ({} if to is None else {"to": to})
        gas = self._estimate(call)
        wire = Wire(CHAIN, self._ws_url, timeout=self._rpc.timeout)
        with wire, wire.subscription(*HEAD_SUBSCRIPTION) as heads:
            # Heads are watched from before the broadcast: a block between the two would otherwise be missed.
            fees = self._fees()
            flight = self._launch(account, to, data, gas, fees, on_signed)
            receipt = self._watch(account, flight, fees, heads, on_signed)
        if as_int(receipt.get("status"), "a receipt's status") != 1:
            raise self._why_failed(call, gas, receipt)
        return receipt

    def _estimate(self, call: dict[str, Any]) -> int:
        try:
            estimate = as_int(self._rpc.request("eth_estimateGas", [call]), "a gas estimate")
        except RpcError as error:
            raise refusal_in(error) or _closed_in(error) or TransactionInvalid(CHAIN, error.message) from error
        return estimate + estimate // GAS_MARGIN

    def _fees(self) -> Fees:
        base = as_int(self._rpc.header("latest").get("baseFeePerGas", "0x0"), "a base fee")
        try:
            tip = as_int(self._rpc.request("eth_maxPriorityFeePerGas", []), "a tip")
        except RpcError:
            tip = DEFAULT_TIP_WEI
        return Fees(base * BASE_FEE_HEADROOM + tip, tip)

    def _launch(
        self, account: Account, to: str | None, data: bytes, gas: int, fees: Fees, on_signed: OnSigned | None
    ) -> _Flight:
        # The lock is held until the node has the transaction: its pending count then includes it for the next caller.
        with self._account_lock(account.id):
            nonce = as_int(self._rpc.request("eth_getTransactionCount", [account.text, "pending"]), "a nonce")
            fields = {"type": 2, "chainId": self._chain(), "nonce": nonce, "value": 0, "data": data, "gas": gas}
            flight = _Flight(fields if to is None else fields | {"to": to})
            self._broadcast(account, flight, fees, on_signed)
            return flight

    def _broadcast(self, account: Account, flight: _Flight, fees: Fees, on_signed: OnSigned | None) -> None:
        signed = account.key.sign_transaction(
            flight.fields | {"maxFeePerGas": fees.max_fee, "maxPriorityFeePerGas": fees.tip}
        )
        tx_hash = "0x" + bytes(signed.hash).hex()
        if tx_hash in flight.hashes:
            return
        if on_signed is not None:
            on_signed(tx_hash)
        flight.hashes.append(tx_hash)
        try:
            self._rpc.request("eth_sendRawTransaction", ["0x" + bytes(signed.raw_transaction).hex()])
        except RpcError as error:
            if len(flight.hashes) == 1:
                raise TransactionInvalid(CHAIN, error.message) from error
            # A replacement that comes too late is refused because an earlier one was included: its receipt follows.
        except ChainUnavailable as error:
            raise TransactionLost(CHAIN, tuple(flight.hashes), error.detail) from error

    def _watch(
        self, account: Account, flight: _Flight, first: Fees, heads: Any, on_signed: OnSigned | None
    ) -> dict[str, Any]:
        end = time.monotonic() + self._limit
        fees = first
        raise_at = time.monotonic() + self._patience
        try:
            while (receipt := self._receipt(flight)) is None:
                try:
                    heads.next(min(raise_at, end))
                except TimeoutError:
                    if time.monotonic() >= end:
                        detail = f"no block held it in {self._limit:g} s"
                        raise TransactionLost(CHAIN, tuple(flight.hashes), detail) from None
                    fees = fees.raised(first)
                    self._broadcast(account, flight, fees, on_signed)
                    raise_at = time.monotonic() + self._patience
        except ChainUnavailable as error:
            raise TransactionLost(CHAIN, tuple(flight.hashes), error.detail) from error
        return receipt

    def _receipt(self, flight: _Flight) -> dict[str, Any] | None:
        for tx_hash in flight.hashes:
            receipt = self._rpc.request("eth_getTransactionReceipt", [tx_hash])
            if isinstance(receipt, dict) and receipt.get("blockHash"):
                return receipt
        return None

    def _why_failed(self, call: dict[str, Any], gas: int, receipt: dict[str, Any]) -> Refused | TransactionFailed:
        """The reason of an included failure: the same call once more in the state before its block."""
        tx_hash = str(receipt["transactionHash"])
        parent = hex(as_int(receipt.get("blockNumber"), "a height") - 1)
        try:
            self._rpc.request("eth_call", [call | {"gas": hex(gas)}, parent])
        except RpcError as error:
            return refusal_in(error) or TransactionFailed(CHAIN, tx_hash, error.message)
        # It passes before its block: another transaction of the block came first, or the gas ran out.
        return TransactionFailed(CHAIN, tx_hash, "reverted, and the state before its block does not show why")

    def _account_lock(self, account: bytes) -> threading.Lock:
        with self._lock:
            return self._accounts[account]

    def _chain(self) -> int:
        if self._chain_id is None:
            self._chain_id = as_int(self._rpc.request("eth_chainId", []), "the chain id")
        return self._chain_id


def refusal_in(error: RpcError) -> Refused | None:
    """The protocol's refusal in a node's error, or None."""
    data = _revert_data(error)
    return None if data is None else refused_from_revert(data)


def _closed_in(error: RpcError) -> TokenClosed | None:
    return TokenClosed() if _revert_data(error) == CLOSED else None


def _revert_data(error: RpcError) -> bytes | None:
    """Nodes put revert data as hex, some inside an object."""
    data = error.data
    if isinstance(data, dict):
        data = data.get("data")
    if not isinstance(data, str) or not data.startswith("0x"):
        return None
    return as_bytes(data, "revert data")
