"""A smart account is asked on a real EVM: it says yes, says no, reverts, answers too much, or is not there."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from chains.devnet import tools
from chains.errors import ChainUnavailable
from chains.evm.adapter import EvmChain
from chains.evm.connection import EvmContracts
from identity.oracle.people.contracts import Asked, ContractAnswers, by_node

CONTRACT, TALKATIVE, NOBODY = b"\x11" * 20, b"\x22" * 20, b"\x33" * 20
RUNTIME = bytes.fromhex(
    "606435"  # the first word of the signature: CALLDATALOAD(0x64)
    "60f81c"  # its first byte
    "80600214602157"  # 2: revert
    "600114"  # 1: yes, else no
    "631626ba7e0260e01b"  # the selector, left-aligned, or zero
    "60005260206000f3"
    "5b60006000fd"
)
"""A contract by hand: takes signatures that begin with 1, reverts at those that begin with 2, refuses all others."""
TALKS = bytes.fromhex("631626ba7e60e01b600052604060" + "00f3")
"""Answers the selector to everything, with 32 bytes too many."""
CHAIN = "eip155:31337"


@pytest.fixture(scope="module")
def chain() -> Iterator[EvmChain]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(tools.foundry("anvil")), "--host", "127.0.0.1", "--port", str(port), "--silent"]
    with subprocess.Popen(command) as process:
        url = f"127.0.0.1:{port}"
        chain = EvmChain(f"http://{url}", f"ws://{url}", EvmContracts("0x" + "44" * 20, "0x" + "55" * 20, ""))
        try:
            _wait(chain, process)
            for address, code in ((CONTRACT, RUNTIME), (TALKATIVE, TALKS)):
                chain._rpc.request("anvil_setCode", ["0x" + address.hex(), "0x" + code.hex()])
            chain._rpc.request("anvil_mine", ["0x64"])
            yield chain
        finally:
            chain.close()
            process.terminate()


def _wait(chain: EvmChain, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            chain.head()
        except ChainUnavailable:
            time.sleep(0.05)
        else:
            return
    pytest.fail("anvil did not start")


@pytest.mark.parametrize(
    ("contract", "first", "taken"),
    [
        (CONTRACT, 1, True),
        (CONTRACT, 0, False),
        (CONTRACT, 2, False),
        (TALKATIVE, 1, False),
        (NOBODY, 1, False),
    ],
    ids=["yes", "no", "reverts", "says too much", "no code"],
)
def test_a_smart_account_answers(chain: EvmChain, contract: bytes, first: int, taken: bool) -> None:
    contracts = ContractAnswers([Asked(lambda: CHAIN, by_node(chain))])
    signature = bytes([first]) + b"\xab" * 80
    assert contracts.is_valid(CHAIN, contract, b"\x99" * 32, signature) is taken
    assert not contracts.is_valid("eip155:1", contract, b"\x99" * 32, signature)


def test_it_is_asked_in_a_final_block(chain: EvmChain) -> None:
    late = b"\x66" * 20
    before = chain.finalised()
    chain._rpc.request("anvil_setCode", ["0x" + late.hex(), "0x" + RUNTIME.hex()])
    chain._rpc.request("anvil_mine", ["0x1"])
    signature = b"\x01" * 65
    assert chain.accepts_signature(late, bytes(32), signature, chain.head())
    assert not chain.accepts_signature(late, bytes(32), signature, before)


def test_a_chain_that_is_away_is_no_answer() -> None:
    away = EvmChain("http://127.0.0.1:9", "ws://127.0.0.1:9", EvmContracts("0x" + "44" * 20, "0x" + "55" * 20, ""))
    with pytest.raises(ChainUnavailable):
        ContractAnswers([Asked(lambda: CHAIN, by_node(away))]).is_valid(CHAIN, CONTRACT, bytes(32), b"\x01")
    away.close()
