"""What only a Substrate chain does."""

from __future__ import annotations

import time

import pytest
from substrateinterface import Keypair

from chains.accounts import Account
from chains.errors import ChainUnavailable, TransactionFailed, TransactionInvalid
from chains.substrate.adapter import SubstrateChain
from chains.substrate.events import dispatch_failure
from chains.substrate.node import SubstrateNode
from chains.substrate.transactions import SubstrateSender
from lockstep_cli.local.cast import staff
from lockstep_cli.local.system import LocalSystem

pytestmark = pytest.mark.chains


@pytest.fixture(scope="module")
def node(system: LocalSystem) -> SubstrateNode:
    return SubstrateNode(system.devnet.substrate_ws)


def test_an_account_without_native_coin_can_not_submit(system: LocalSystem) -> None:
    poor = Account.substrate(Keypair.create_from_uri("//Nobody At All"))
    with pytest.raises(TransactionInvalid, match="payment"):
        system.substrate.pause(1, poor)


def test_a_failure_that_is_no_refusal_keeps_the_runtimes_name(node: SubstrateNode) -> None:
    included = SubstrateSender(node).send(staff("substrate").relayer, "System", "set_heap_pages", {"pages": 1})
    failure = dispatch_failure(included.records)
    assert failure is not None
    assert (failure.code, failure.detail) == (None, "BadOrigin")


def test_every_extrinsic_dies_with_its_era(node: SubstrateNode) -> None:
    included = SubstrateSender(node).send(staff("substrate").relayer, "System", "remark", {"remark": b"x"})
    block = node.codec.get_block("0x" + included.tx.block.hash.hex())
    assert included.tx.index is not None
    era = block["extrinsics"][included.tx.index].value["era"]
    assert era != "00"


def test_the_hash_of_an_extrinsic_is_told_before_it_is_sent(node: SubstrateNode) -> None:
    told: list[str] = []
    included = SubstrateSender(node).send(staff("substrate").relayer, "System", "remark", {"remark": b"y"}, told.append)
    assert told == [included.tx.hash]
    assert included.tx.place == f"{included.tx.block.number}-{included.tx.index}"


def test_a_call_that_does_not_exist_is_invalid_and_nothing_is_sent(node: SubstrateNode) -> None:
    with pytest.raises(TransactionInvalid, match="can't be encoded"):
        SubstrateSender(node).send(staff("substrate").relayer, "Bridge", "steal", {})


def test_a_runtime_interface_that_does_not_exist_is_an_error(node: SubstrateNode) -> None:
    assert node.state_call("LockstepApi_view", b"\x00\x00\x00\x00", node.head()) is None


def test_a_node_that_is_not_there_is_unavailable_at_once() -> None:
    started = time.monotonic()
    with pytest.raises(ChainUnavailable):
        SubstrateChain("ws://127.0.0.1:9").finalised()
    assert time.monotonic() - started < 10


def test_a_dispatch_failure_reaches_the_caller_as_failed(system: LocalSystem) -> None:
    chain = SubstrateChain(system.devnet.substrate_ws)
    with pytest.raises(TransactionFailed, match="BadOrigin"):
        chain._call(staff("substrate").relayer, "System", "set_heap_pages", {"pages": 1})
    chain.close()
