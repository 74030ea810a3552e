"""Both chains, started for real."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from substrateinterface import Keypair, SubstrateInterface

from chains.devnet.embedded import EVM, SUBSTRATE, EmbeddedDevnet, Options
from chains.devnet.errors import ChainDied, RpcFailed
from chains.devnet.rpc import call

MAX_DRIFT = 5.0
PATIENCE = 30.0
STARTER = """
import signal, sys
from pathlib import Path
from chains.devnet.embedded import EmbeddedDevnet
with EmbeddedDevnet(Path(sys.argv[1])) as devnet:
    print(devnet.substrate_ws, devnet.evm_http, flush=True)
    signal.pause()
"""


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDevnet]:
    with EmbeddedDevnet(tmp_path_factory.mktemp("devnet"), options=Options(eager=True)) as running:
        yield running


@pytest.fixture(scope="module")
def substrate(devnet: EmbeddedDevnet) -> Iterator[SubstrateInterface]:
    with SubstrateInterface(url=devnet.substrate_ws) as connection:
        yield connection


def substrate_http(devnet: EmbeddedDevnet) -> str:
    return devnet.substrate_ws.replace("ws://", "http://")


def chain_time(substrate: SubstrateInterface, block: str | None = None) -> float:
    return float(substrate.query("Timestamp", "Now", block_hash=block).value) / 1000


def evm_block(devnet: EmbeddedDevnet, tag: str) -> Any:
    return call(devnet.evm_http, "eth_getBlockByNumber", [tag, False])


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def holds_in_time(condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < ends:
        time.sleep(0.05)  # a stranger's process tells nobody that it ended
    return condition()


def test_both_chains_show_the_real_time(devnet: EmbeddedDevnet, substrate: SubstrateInterface) -> None:
    chain_time(substrate)  # the first question fetches the runtime's metadata, which takes seconds on a busy machine
    assert abs(chain_time(substrate) - time.time()) < MAX_DRIFT
    assert abs(int(evm_block(devnet, "latest")["timestamp"], 16) - time.time()) < MAX_DRIFT


def test_the_evm_chain_is_final_two_blocks_behind_its_head(devnet: EmbeddedDevnet) -> None:
    assert holds_in_time(lambda: int(evm_block(devnet, "latest")["number"], 16) >= 4)
    final, head = (int(evm_block(devnet, tag)["number"], 16) for tag in ("finalized", "latest"))
    assert 2 <= head - final <= 3


def test_the_evm_chain_keeps_the_limit_of_code_size(devnet: EmbeddedDevnet) -> None:
    """EIP-170: 24,576 bytes; init code that returns one more is refused, one that returns as many is not."""

    def deploy(size: int) -> Any:
        # PUSH2 size, PUSH1 0, RETURN: a contract of `size` zero bytes.
        transaction = {
            "from": call(devnet.evm_http, "eth_accounts", [])[0],
            "data": f"0x61{size:04x}6000f3",
            "gas": hex(10_000_000),
        }
        return call(devnet.evm_http, "eth_call", [transaction, "latest"])

    assert len(deploy(24_576)) == 2 + 2 * 24_576
    with pytest.raises(RpcFailed):
        deploy(24_577)


def test_waiting_transactions_never_push_the_clock_ahead_of_the_limit(substrate: SubstrateInterface) -> None:
    """Eager blocks come before their slot, but only so far."""
    alice = Keypair.create_from_uri("//Alice")
    remark = substrate.compose_call("System", "remark", {"remark": "0x00"})
    for _ in range(6):
        extrinsic = substrate.create_signed_extrinsic(remark, alice, era={"period": 64})
        receipt = substrate.submit_extrinsic(extrinsic, wait_for_inclusion=True)
        assert receipt.is_success
        assert chain_time(substrate, receipt.block_hash) - time.time() < MAX_DRIFT


def test_two_blocks_of_one_slot_are_never_made(substrate: SubstrateInterface) -> None:
    head = substrate.get_block_number(None)
    times = [chain_time(substrate, substrate.get_block_hash(number)) for number in range(max(1, head - 10), head + 1)]
    assert all(later - earlier >= 2 for earlier, later in pairwise(times))


def test_the_genesis_hash_belongs_to_this_chain_alone(substrate: SubstrateInterface) -> None:
    assert substrate.get_block_hash(0) != "0x" + "45" * 32
    assert substrate.get_block_header(substrate.get_block_hash(1))["header"]["parentHash"] == substrate.get_block_hash(
        0
    )


def test_an_unknown_block_is_unknown(devnet: EmbeddedDevnet) -> None:
    """A chain that answers with another block than the one asked for would feed lies to whoever pins reads to a hash."""
    with pytest.raises(RpcFailed, match="not found"):
        call(substrate_http(devnet), "chain_getHeader", ["0x" + "ab" * 32])


@pytest.mark.parametrize("method", ["dev_newBlock", "dev_setHead", "dev_setBlockBuildMode", "constructor", "__proto__"])
def test_nobody_can_build_blocks_beside_the_clock(devnet: EmbeddedDevnet, method: str) -> None:
    with pytest.raises(RpcFailed, match="Method not found"):
        call(substrate_http(devnet), method, [])


def test_a_chain_moves_forward_in_time_and_never_back(devnet: EmbeddedDevnet, substrate: SubstrateInterface) -> None:
    before = time.time()
    devnet.travel(86_400)
    assert chain_time(substrate) >= before + 86_400 - MAX_DRIFT
    assert int(evm_block(devnet, "latest")["timestamp"], 16) >= int(before) + 86_400
    with pytest.raises(RpcFailed, match="only moves forward"):
        call(substrate_http(devnet), "dev_timeTravel", [int(before * 1000)])
    devnet.check()


def test_stopping_leaves_nothing_behind(tmp_path: Path) -> None:
    with EmbeddedDevnet(tmp_path) as devnet:
        ports = [port_of(devnet.substrate_ws), port_of(devnet.evm_http)]
        assert all(map(is_listening, ports))
    assert not any(map(is_listening, ports))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_chain_outlives_the_program_that_started_it(tmp_path: Path, number: signal.Signals) -> None:
    starter = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(starter, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ports = [port_of(url) for url in process.stdout.readline().split()]
        assert len(ports) == 2
        os.kill(process.pid, number)
        assert holds_in_time(lambda: not any(map(is_listening, ports)))


@pytest.mark.parametrize("name", [SUBSTRATE, EVM])
def test_a_chain_that_dies_is_told_by_name_and_the_other_is_stopped(tmp_path: Path, name: str) -> None:
    with EmbeddedDevnet(tmp_path) as devnet:
        ports = [port_of(devnet.substrate_ws), port_of(devnet.evm_http)]
        os.kill(devnet.pid_of(name), signal.SIGKILL)
        assert devnet.wait_end(name, PATIENCE)
        with pytest.raises(ChainDied) as told:
            devnet.check()
    assert told.value.name == name
    assert holds_in_time(lambda: not any(map(is_listening, ports)))


def test_a_genesis_that_the_runtime_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    with pytest.raises(ChainDied, match="refuses the genesis configuration"):
        EmbeddedDevnet(tmp_path, {"nonsense": {}}).__enter__()


def test_two_devnets_run_side_by_side(devnet: EmbeddedDevnet, tmp_path: Path) -> None:
    with EmbeddedDevnet(tmp_path) as other, ThreadPoolExecutor(2) as pool:
        ids = list(pool.map(lambda net: call(net.evm_http, "eth_chainId", []), (devnet, other)))
        assert ids == ["0x7a69", "0x7a69"]
        assert substrate_http(devnet) != substrate_http(other)
