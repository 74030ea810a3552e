"""From what the oracle wants to what stands on both chains: three signer processes, a publisher, both real chains."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bridge.types import Permission
from identity.oracle.policy.words import EXIT
from lockstep_cli.local.cast import evm_account, substrate_account
from lockstep_cli.local.system import LocalSystem
from tests.integration.publishing.desk import EVERYTHING, LIMIT, OracleHouse, investor_of

pytestmark = pytest.mark.chains


@pytest.fixture(scope="module")
def rooms(system: LocalSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OracleHouse]:
    with OracleHouse(system, tmp_path_factory.mktemp("oracle"), 0x0A11) as made:
        yield made


def settle(rooms: OracleHouse) -> None:
    async def act() -> None:
        async with rooms.publisher() as publisher:
            await publisher.settle()

    asyncio.run(act())


def test_a_word_with_its_limit_and_its_accounts_stands_on_both_chains(rooms: OracleHouse) -> None:
    credential = rooms.served.issuer.credential(1, rooms.now())
    wish = rooms.desk.admit(1, credential)
    accounts = {"substrate": substrate_account("gil"), "evm": evm_account(13)}
    for domain, chain in rooms.chains.items():
        rooms.desk.link(domain, chain.views().identity().caip2, 1, accounts[chain.name])
    settle(rooms)
    for chain in rooms.chains.values():
        word = rooms.word(chain, 1)
        assert wish.word is not None
        assert (word.class_, word.permissions, word.valid_until) == (4_242, EVERYTHING, wish.word.valid_until)
        assert word.limit == LIMIT // 2
        account = chain.views().account_of(rooms.asset, accounts[chain.name].id)
        assert account.investor == investor_of(rooms.asset, 1)
        assert chain.views().quota_of(rooms.asset, 4_242).quota == 1


def test_a_withdrawal_reaches_both_chains_and_leaves_the_way_out(rooms: OracleHouse) -> None:
    rooms.desk.suspend(1)
    settle(rooms)
    for chain in rooms.chains.values():
        word = rooms.word(chain, 1)
        assert word.permissions == EXIT
        assert not word.allows(Permission.RECEIVE)
