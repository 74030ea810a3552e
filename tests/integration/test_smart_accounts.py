"""A smart account is asked on a real EVM: it says yes, says no, reverts, answers too much, or is not there.

The oracle asks one node, a signer several, of which one may lie, lag or be dead.
"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from chains.devnet import tools
from chains.errors import ChainUnavailable, NodesDisagree, TooFewNodes
from chains.evm.adapter import EvmChain
from chains.evm.connection import EvmContracts
from chains.witness import Witness
from identity.oracle.people.contracts import Asked, ContractAnswers, by_node, by_witness

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
DEAD = "127.0.0.1:9"
YES, NO = b"\x01" * 65, b"\x00" * 65


@pytest.fixture(scope="module")
def chain() -> Iterator[EvmChain]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(tools.foundry("anvil")), "--host", "127.0.0.1", "--port", str(port), "--silent"]
    with subprocess.Popen(command) as process:
        chain = node(f"127.0.0.1:{port}")
        try:
            _wait(chain, process)
            for address, code in ((CONTRACT, RUNTIME), (TALKATIVE, TALKS)):
                chain._rpc.request("anvil_setCode", ["0x" + address.hex(), "0x" + code.hex()])
            chain._rpc.request("anvil_mine", ["0x64"])
            yield chain
        finally:
            chain.close()
            process.terminate()


def node(url: str) -> EvmChain:
    return EvmChain(f"http://{url}", f"ws://{url}", EvmContracts("0x" + "44" * 20, "0x" + "55" * 20, ""))


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


# --- several nodes, as a signer has them ------------------------------------------------------------------------------

Answer = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


@contextmanager
def between(chain: EvmChain, change: Answer) -> Iterator[str]:
    """A node of one's own that asks the real one and changes its answers; where it listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            reply = httpx.post(chain._rpc.url, content=asked, headers={"Content-Type": "application/json"})
            answer = json.dumps(change(json.loads(asked), reply.json())).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def as_it_is(_asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    return answer


def says_yes(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """What a node that was taken over says of every account."""
    if asked["method"] != "eth_call":
        return answer
    return {"jsonrpc": "2.0", "id": asked["id"], "result": "0x1626ba7e" + "00" * 28}


def lags(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """A node that knows no block yet that the others call final."""
    if asked["method"] == "eth_call":
        return {"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32000, "message": "header not found"}}
    if asked["method"] == "eth_getBlockByHash":
        return {"jsonrpc": "2.0", "id": asked["id"], "result": None}
    return answer


@contextmanager
def witnesses(*urls: str, quorum: int = 2) -> Iterator[ContractAnswers]:
    witness = Witness([node(url) for url in urls], quorum=quorum)
    try:
        yield ContractAnswers([Asked(lambda: CHAIN, by_witness(witness))])
    finally:
        witness.close()


def test_several_nodes_agree_on_what_an_account_says(chain: EvmChain) -> None:
    with between(chain, as_it_is) as one, between(chain, as_it_is) as other, witnesses(one, other) as contracts:
        assert contracts.is_valid(CHAIN, CONTRACT, bytes(32), YES)
        assert not contracts.is_valid(CHAIN, CONTRACT, bytes(32), NO)
        assert not contracts.is_valid(CHAIN, NOBODY, bytes(32), YES)
        assert not contracts.is_valid("eip155:1", CONTRACT, bytes(32), YES)


def test_one_node_that_lies_makes_no_signer_sign(chain: EvmChain) -> None:
    with (
        between(chain, as_it_is) as one,
        between(chain, as_it_is) as other,
        between(chain, says_yes) as liar,
        witnesses(one, other, liar) as contracts,
    ):
        with pytest.raises(NodesDisagree):
            contracts.is_valid(CHAIN, CONTRACT, bytes(32), NO)
        assert contracts.is_valid(CHAIN, CONTRACT, bytes(32), YES)


@pytest.mark.parametrize("change", [lags, None], ids=["it lags", "it is dead"])
def test_a_node_without_an_answer_is_no_vote(chain: EvmChain, change: Answer | None) -> None:
    with between(chain, as_it_is) as one, between(chain, change or as_it_is) as alive:
        silent = alive if change else DEAD
        with witnesses(one, silent) as contracts, pytest.raises(TooFewNodes):
            contracts.is_valid(CHAIN, CONTRACT, bytes(32), YES)
        with between(chain, as_it_is) as third, witnesses(one, third, silent) as contracts:
            assert contracts.is_valid(CHAIN, CONTRACT, bytes(32), YES)


def test_what_no_final_block_holds_is_no_answer_yet(chain: EvmChain) -> None:
    """A replaced block could take the account's yes away again, and the binding would stand."""
    late = b"\x77" * 20
    with between(chain, as_it_is) as one, between(chain, as_it_is) as other, witnesses(one, other) as contracts:
        chain._rpc.request("anvil_setCode", ["0x" + late.hex(), "0x" + RUNTIME.hex()])
        chain._rpc.request("anvil_mine", ["0x1"])
        assert chain.accepts_signature(late, bytes(32), YES, chain.head())
        assert not contracts.is_valid(CHAIN, late, bytes(32), YES)
        chain._rpc.request("anvil_mine", ["0x64"])
        assert contracts.is_valid(CHAIN, late, bytes(32), YES)
        # Its owner replaces it: from the final block on the old signature is worth nothing.
        chain._rpc.request("anvil_setCode", ["0x" + late.hex(), "0x"])
        chain._rpc.request("anvil_mine", ["0x64"])
        assert not contracts.is_valid(CHAIN, late, bytes(32), YES)
