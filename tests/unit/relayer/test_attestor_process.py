"""An attestor's process from its settings: how it ends when it can't begin, and what health says of it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from eth_account import Account as EthAccount

from chains.accounts import write_secret_file
from chains.witness import Witness
from relayer.attestor import process
from relayer.attestor.settings import AttestorSettings
from relayer.attestor.signing import Attestor, ChainDecisions
from relayer.attestor.store import AttestorStore
from relayer.errors import ChainReplaced
from tests.unit.relayer.fakes import SIGNERS, FakeChain, World


@pytest.mark.timeout(60)
def test_a_replaced_second_chain_ends_the_process_and_leaves_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first chain's follower runs already by then, if it is started too early, and would be waited for for ever."""
    world = World()
    chains = {"substrate": FakeChain("substrate", world), "evm": FakeChain("evm", world)}
    store = AttestorStore(tmp_path / "store.sqlite")
    for chain in chains.values():
        store.record(chain.name, chain.domain, [], chain.mine(), world.now)
    store.close()
    chains["evm"].replace_from(0)
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    monkeypatch.setattr(process, "open_witness", lambda one: _witness(chains[one.kind]))
    write_secret_file(tmp_path / "key", EthAccount.from_key(bytes([1] * 32)).key.hex())
    settings = AttestorSettings.model_validate(
        {
            "key_file": tmp_path / "key",
            "store": tmp_path / "store.sqlite",
            "chains": [
                {"kind": "substrate", "nodes": ["ws://127.0.0.1:1"]},
                {
                    "kind": "evm",
                    "nodes": [{"http": "http://127.0.0.1:1", "ws": "ws://127.0.0.1:1"}],
                    "bridge": "0x",
                    "lens": "0x",
                    "authority": "0x",
                },
            ],
        }
    )
    with pytest.raises(ChainReplaced):
        process.run(settings)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("follow-")] == []


class Blind:
    """A follower that meets a fault of the program."""

    def run(self, stop: threading.Event) -> None:
        raise KeyError("a fault")


def test_a_follower_that_dies_of_a_fault_is_not_called_healthy(tmp_path: Path) -> None:
    chain = FakeChain("substrate", World())
    witness = Witness([chain], quorum=1)
    store = AttestorStore(tmp_path / "store.sqlite")
    attestor = Attestor({chain.domain: witness}, store, SIGNERS[0], ChainDecisions(), chain.world.clock)
    alive = {"substrate": True}
    with pytest.raises(KeyError):
        process._follow(Blind(), attestor, chain.domain, "substrate", alive, threading.Event())  # type: ignore[arg-type]
    assert alive == {"substrate": False}
    store.close()
    witness.close()


def _witness(chain: FakeChain) -> tuple[bytes, Witness]:
    return chain.domain, Witness([chain], quorum=1)
