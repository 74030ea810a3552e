"""What only an EVM chain does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_account import Account as EthAccount

from chains.accounts import Account
from chains.base import WrongDomain
from chains.errors import ChainUnavailable, MalformedAnswer, TransactionInvalid
from chains.evm.adapter import AssetTokenUnknown, EvmChain
from chains.evm.artifacts import artifact
from lockstep_cli.local.cast import staff
from lockstep_cli.local.system import LocalSystem

pytestmark = pytest.mark.chains


def fresh(system: LocalSystem, **changes: str) -> EvmChain:
    return EvmChain(system.devnet.evm_http, system.devnet.evm_ws, replace(system.contracts, **changes))


def test_the_token_of_an_asset_is_found_by_the_event_of_its_registration(system: LocalSystem) -> None:
    assert isinstance(system.evm, EvmChain)
    assert fresh(system).token_of(system.asset) == system.evm.token_of(system.asset)
    with pytest.raises(AssetTokenUnknown):
        fresh(system).token_of(bytes(32))


def test_an_address_without_a_contract_is_an_error_and_not_an_empty_view(system: LocalSystem) -> None:
    with pytest.raises(MalformedAnswer):
        fresh(system, lens="0x" + "11" * 20).views().clock()


def test_a_lens_of_another_bridge_is_noticed(system: LocalSystem) -> None:
    with pytest.raises(WrongDomain):
        _ = fresh(system, bridge=system.contracts.authority).domain


def test_an_account_without_native_coin_can_not_submit(system: LocalSystem) -> None:
    assert isinstance(system.evm, EvmChain)
    poor = Account.evm(EthAccount.from_key(bytes([77] * 32)))
    token = system.evm.token_of(system.asset)
    # A call that the contracts would let pass from anyone: only the fee is missing.
    with pytest.raises(TransactionInvalid):
        system.evm._send(poor, token, artifact("SecurityToken").calldata("approve", system.contracts.lens, 1))


def test_a_node_that_is_not_there_is_unavailable(system: LocalSystem) -> None:
    away = EvmChain("http://127.0.0.1:9", "ws://127.0.0.1:9", system.contracts)
    with pytest.raises(ChainUnavailable):
        away.finalised()
    with pytest.raises(ChainUnavailable):
        away.wait_finalised(0, 1)


def test_the_bridges_contracts_are_below_the_size_limit(system: LocalSystem) -> None:
    assert isinstance(system.evm, EvmChain)
    for address in (system.contracts.bridge, system.contracts.lens, system.evm.token_of(system.asset)):
        code = system.evm._rpc.request("eth_getCode", [address, "latest"])
        assert 0 < len(code) // 2 - 1 <= 24_576


def test_the_hash_of_each_transaction_is_told_before_it_is_sent(system: LocalSystem) -> None:
    assert isinstance(system.evm, EvmChain)
    told: list[str] = []
    data = system.evm._bridge.calldata("openLane", bytes([99] * 32), 1, 10, 100)
    done = system.evm._send(staff("evm").admin, system.contracts.bridge, data, told.append)
    assert told == [done.tx.hash]
