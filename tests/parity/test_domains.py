"""Domains, asset ids, shapes of accounts and investor ids equal the vectors."""

from __future__ import annotations

import pytest

from bridge.domains import SUBSTRATE_BRIDGE, ChainName, asset_id, is_account, is_investor_id
from bridge.types import AccountKind
from tests.parity.vectors import Case, bytes_of, cases, load, named


def test_the_pallet_has_its_fixed_name() -> None:
    assert bytes_of(load("domains")["substrateBridge"]) == SUBSTRATE_BRIDGE


@pytest.mark.parametrize("case", cases("domains", "domain"), ids=named)
def test_domains_equal_the_vectors(case: Case) -> None:
    chain = ChainName(case["caip2"], bytes_of(case["bridge"]), bytes_of(case["deployment"]))
    assert chain.domain() == bytes_of(case["domain"])


@pytest.mark.parametrize("case", cases("domains", "asset"), ids=named)
def test_asset_ids_equal_the_vectors(case: Case) -> None:
    made = asset_id(bytes_of(case["homeDomain"]), bytes_of(case["issuer"]), bytes_of(case["salt"]))
    assert made == bytes_of(case["asset"])


@pytest.mark.parametrize("case", cases("domains", "account"), ids=named)
def test_shapes_of_accounts_equal_the_vectors(case: Case) -> None:
    account = bytes_of(case["account"])
    assert is_account(AccountKind.EVM, account) is case["evm"]
    assert is_account(AccountKind.ACCOUNT_ID32, account) is case["accountId32"]


@pytest.mark.parametrize("case", cases("domains", "investor"), ids=named)
def test_shapes_of_investor_ids_equal_the_vectors(case: Case) -> None:
    assert is_investor_id(bytes_of(case["investor"])) is case["valid"]
