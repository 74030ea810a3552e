"""Sending on an EVM chain: dry run, fee, replacement, failure, loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_utils.crypto import keccak

from bridge.refusals import Refusal, Refused
from chains.accounts import Account
from chains.errors import ChainUnavailable, RpcError, TransactionFailed, TransactionInvalid, TransactionLost
from chains.evm import transactions as module
from chains.evm.transactions import EvmSender, Fees, TokenClosed

SENDER = Account.evm(EthAccount.from_key(bytes([5] * 32)))
TO = "0x" + "11" * 20
PAUSED = "0x" + (keccak(text="Paused(uint256)")[:4] + (4).to_bytes(32, "big")).hex()


class Node:
    """A node whose mempool includes a transaction once `includes` says so."""

    timeout = 1.0

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.estimate: Any = "0x5208"
        self.call: Any = "0x"
        self.status = "0x1"
        self.includes: Callable[[int], bool] = lambda count: True
        self.refuses: Callable[[int], Exception | None] = lambda count: None
        self.tip: Any = "0x3b9aca00"
        self.pending = 7
        self.nonces: list[int] = []

    def header(self, which: object) -> dict[str, Any]:
        return {"baseFeePerGas": "0x64"}

    def request(self, method: str, params: list[Any]) -> Any:
        answer = getattr(self, method)(*params)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def eth_estimateGas(self, call: dict[str, Any]) -> Any:  # noqa: N802
        return self.estimate

    def eth_call(self, call: dict[str, Any], block: str) -> Any:
        assert block == "0x8"
        return self.call

    def eth_maxPriorityFeePerGas(self) -> Any:  # noqa: N802
        return self.tip

    def eth_chainId(self) -> str:  # noqa: N802
        return "0x7a69"

    def eth_getTransactionCount(self, address: str, block: str) -> str:  # noqa: N802
        assert (address, block) == (SENDER.text, "pending")
        return hex(self.pending)

    def eth_sendRawTransaction(self, raw: str) -> Any:  # noqa: N802
        refused = self.refuses(len(self.sent))
        if refused is not None:
            return refused
        self.sent.append(raw)
        return "0x" + keccak(hexstr=raw).hex()

    def eth_getTransactionReceipt(self, tx_hash: str) -> Any:  # noqa: N802
        known = ["0x" + keccak(hexstr=raw).hex() for raw in self.sent]
        if tx_hash in known and self.includes(len(self.sent)):
            return {"transactionHash": tx_hash, "blockHash": "0x01", "blockNumber": "0x9", "status": self.status}
        return None


class Heads:
    """Each look at the heads lets the patience of the sender run out."""

    def next(self, deadline: float) -> None:
        raise TimeoutError


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    @contextmanager
    def subscription(*_: object) -> Iterator[Heads]:
        yield Heads()

    class Quiet:
        def __init__(self, *_: object, **__: object) -> None:
            self.subscription = subscription

        def __enter__(self) -> Quiet:
            return self

        def __exit__(self, *_: object) -> None:
            return None

    monkeypatch.setattr(module, "Wire", Quiet)
    return Node()


def send(node: Node, *, limit: float = 60.0, on_signed: Callable[[str], None] | None = None) -> dict[str, Any]:
    return EvmSender(node, "ws://x", patience=0.0, limit=limit).send(SENDER, TO, b"\x01", on_signed)  # type: ignore[arg-type]


def test_a_transaction_is_priced_signed_and_found(node: Node) -> None:
    hashes: list[str] = []
    receipt = send(node, on_signed=hashes.append)
    assert hashes == [receipt["transactionHash"]]
    assert EthAccount.recover_transaction(node.sent[0]) == SENDER.text


def test_a_call_that_would_be_refused_is_never_sent(node: Node) -> None:
    node.estimate = RpcError("evm", "eth_estimateGas", 3, "execution reverted", PAUSED)
    with pytest.raises(Refused) as caught:
        send(node)
    assert (caught.value.lowest.code, caught.value.lowest.a) == (Refusal.Paused, 4)
    assert node.sent == []


@pytest.mark.parametrize("data", ["0x97171da1", {"data": "0x97171da1"}])
def test_a_token_that_is_being_replaced_says_so(node: Node, data: object) -> None:
    # The selector as the contract answered with it on a chain.
    node.estimate = RpcError("evm", "eth_estimateGas", 3, "execution reverted: custom error 0x97171da1", data)
    with pytest.raises(TokenClosed, match="the asset's token is being replaced") as caught:
        send(node)
    assert "replace-token" in caught.value.cure
    assert node.sent == []


def test_a_call_that_fails_for_another_reason_is_invalid(node: Node) -> None:
    node.estimate = RpcError("evm", "eth_estimateGas", -32000, "insufficient funds")
    with pytest.raises(TransactionInvalid, match="insufficient funds"):
        send(node)


def test_a_transaction_that_lingers_is_replaced_under_the_same_nonce(node: Node) -> None:
    node.includes = lambda count: count == 3
    hashes: list[str] = []
    receipt = send(node, on_signed=hashes.append)
    assert len(node.sent) == 3
    assert receipt["transactionHash"] == hashes[0]
    assert len(set(hashes)) == 3


def test_a_replacement_that_comes_too_late_is_no_fault(node: Node) -> None:
    node.refuses = lambda count: RpcError("evm", "eth_sendRawTransaction", -32000, "nonce too low") if count else None
    looks = iter([False, False, True])
    node.includes = lambda count: next(looks)
    assert send(node)["status"] == "0x1"


def test_a_transaction_that_the_node_refuses_is_invalid(node: Node) -> None:
    node.refuses = lambda count: RpcError("evm", "eth_sendRawTransaction", -32000, "nonce too low")
    with pytest.raises(TransactionInvalid, match="nonce too low"):
        send(node)


def test_a_broadcast_that_is_cut_off_is_lost_and_not_invalid(node: Node) -> None:
    node.refuses = lambda count: ChainUnavailable("evm", "cut off")
    with pytest.raises(TransactionLost) as caught:
        send(node)
    assert len(caught.value.hashes) == 1


def test_a_transaction_that_no_block_holds_is_lost_with_all_its_hashes(node: Node) -> None:
    node.includes = lambda count: False
    with pytest.raises(TransactionLost) as caught:
        send(node, limit=0.3)
    assert len(caught.value.hashes) == len(node.sent) > 1


def test_an_included_failure_is_explained_in_the_state_before_its_block(node: Node) -> None:
    node.status = "0x0"
    node.call = RpcError("evm", "eth_call", 3, "execution reverted", PAUSED)
    with pytest.raises(Refused) as caught:
        send(node)
    assert caught.value.lowest.code == Refusal.Paused
    node.call = RpcError("evm", "eth_call", 3, "execution reverted")
    with pytest.raises(TransactionFailed, match="reverted"):
        send(node)
    node.call = "0x"
    with pytest.raises(TransactionFailed, match="does not show why"):
        send(node)


def test_a_node_that_names_no_tip_gets_the_usual_one(node: Node) -> None:
    node.tip = RpcError("evm", "eth_maxPriorityFeePerGas", -32601, "unknown method")
    assert send(node)["status"] == "0x1"


def test_a_raised_fee_grows_by_an_eighth_and_ends_at_three_times_the_first() -> None:
    first = Fees(1000, 100)
    assert first.raised(first) == Fees(1125, 113)
    fees = first
    for _ in range(30):
        higher = fees.raised(first)
        assert higher.max_fee >= fees.max_fee
        fees = higher
    assert fees == Fees(3000, 300)
