"""Names of chains and accounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domains import ChainName, account_of_evm, asset_id, evm_caip2, evm_of_account, is_account, substrate_caip2
from bridge.errors import InvalidChainName, InvalidField, MalformedAccount
from bridge.types import AccountKind


@pytest.mark.parametrize(
    "caip2", ["", "eip155", "EIP155:1", "eip155:", "eip155:1 ", "polkadot:ABC", "e:1", "eip155:1:2"]
)
def test_a_chain_id_that_is_not_caip2_in_lower_case_is_refused(caip2: str) -> None:
    with pytest.raises(InvalidChainName):
        ChainName(caip2, bytes(32), bytes(32))


def test_a_new_deployment_is_a_new_domain() -> None:
    one = ChainName("eip155:31337", bytes(32), b"\x01" * 32)
    two = ChainName("eip155:31337", bytes(32), b"\x02" * 32)
    assert one.domain() != two.domain()


@pytest.mark.parametrize("field", ["bridge", "deployment"])
def test_a_bridge_and_a_deployment_are_32_bytes(field: str) -> None:
    with pytest.raises(InvalidField):
        ChainName("eip155:1", **({"bridge": bytes(32), "deployment": bytes(32)} | {field: bytes(20)}))


def test_chain_ids_are_made_from_what_the_chains_call_themselves() -> None:
    assert evm_caip2(31337) == "eip155:31337"
    assert substrate_caip2(b"\xab" * 32) == "polkadot:" + "ab" * 16
    with pytest.raises(InvalidField):
        substrate_caip2(b"")


def test_the_parts_of_an_asset_id_are_32_bytes() -> None:
    with pytest.raises(InvalidField):
        asset_id(bytes(32), bytes(20), bytes(32))


@given(st.binary(min_size=20, max_size=20))
def test_an_evm_address_comes_back_from_its_account(address: bytes) -> None:
    if any(address):
        assert evm_of_account(account_of_evm(address)) == address
    else:
        with pytest.raises(MalformedAccount):
            account_of_evm(address)


@given(st.binary(min_size=32, max_size=32))
def test_only_an_evm_account_gives_an_address(account: bytes) -> None:
    if is_account(AccountKind.EVM, account):
        assert account_of_evm(evm_of_account(account)) == account
    else:
        with pytest.raises(MalformedAccount):
            evm_of_account(account)


def test_an_account_of_another_length_is_none() -> None:
    assert not is_account(AccountKind.ACCOUNT_ID32, b"\x01" * 31)
