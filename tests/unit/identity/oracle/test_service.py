"""The oracle put together: its choices reach the rooms they are for, and what must be quick wakes the publisher at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bridge.types import Role, SignerSet
from chains.token_events import AccountFrozen
from identity.errors import FetchFailed
from identity.fetch.fetcher import Fetched
from identity.keystore.file import FileKeyStore
from identity.oracle.people.accounts import AccountRules
from identity.oracle.presenting.errors import ReturnRefused
from identity.oracle.presenting.requests import ResponseMode
from identity.oracle.publishing.pool import SignerPool
from identity.oracle.publishing.publisher import PublisherRules
from identity.oracle.service import Oracle, OracleRules, Outside
from identity.oracle.tables import METADATA
from identity.ports import system_randomness
from identity.refusals import TooManyRequests
from identity.storage.database import Database
from tests.unit.identity.oracle.deciding.room import NOW
from tests.unit.identity.oracle.presenting.verifier_house import policy
from tests.unit.identity.oracle.signer.chain import FakeChain

SIGNERS = SignerSet(Role.ORACLE, 1, 1, (b"\5" * 20,))
PORTAL = "https://portal.example/back"


class Nowhere:
    """A network that has nothing."""

    def get(self, url: str, accept: str) -> Fetched:
        raise FetchFailed("nowhere", "nobody listens")


@pytest.fixture
def chains() -> dict[bytes, Any]:
    made = [FakeChain(name, lambda: NOW, SIGNERS) for name in ("evm", "substrate")]
    return {chain.domain: chain for chain in made}


@pytest.fixture
def oracle(tmp_path: Path, chains: dict[bytes, Any]) -> Iterator[Oracle]:
    rules = OracleRules(
        publisher=PublisherRules(heartbeat_seconds=77),
        accounts=AccountRules(cooling_seconds=5_000),
        retention=1_000,
        return_addresses=(PORTAL,),
        open_requests=2,
        client_requests=1,
    )
    with ExitStack() as stack:
        database = Database(f"sqlite:///{tmp_path / 'oracle.sqlite'}")
        stack.callback(database.close)
        METADATA.create_all(database.writer)
        clock = lambda: NOW  # noqa: E731
        keys = FileKeyStore.create(tmp_path / "keys.json", "open sesame", clock, system_randomness)
        outside = Outside(
            chains=chains,
            accounts={},
            signers=SignerPool(["https://signer.example"]),
            fetch=Nowhere(),
            clock=clock,
            randomness=system_randomness,
        )
        made = Oracle("https://oracle.example", database, keys, outside, rules)
        stack.callback(made.close)
        yield made


@pytest.fixture
def woken(oracle: Oracle, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How the publisher was woken: true is at once."""
    urgent: list[bool] = []
    monkeypatch.setattr(oracle.publisher, "wake", urgent.append)
    return urgent


def test_an_account_taken_back_and_a_relationship_ended_reach_the_chains_at_once(
    oracle: Oracle, woken: list[bool]
) -> None:
    oracle.desk.unlinked()
    oracle.desk.ended()
    assert woken == [True, True]


def test_an_enrolment_waits_for_the_rhythm(oracle: Oracle, woken: list[bool]) -> None:
    oracle.desk.wake()
    assert woken == [False]


def test_a_freeze_on_a_chain_makes_the_oracle_look_again_at_once(
    oracle: Oracle, chains: dict[bytes, Any], woken: list[bool]
) -> None:
    jobs = oracle._jobs(None)  # type: ignore[arg-type]
    jobs.look("chains")
    next(iter(chains.values())).mine(AccountFrozen(b"\1" * 32, b"\2" * 32, 1, 7, b"\3" * 32))
    jobs.look("chains")
    assert woken == [True]


def test_all_jobs_stand_under_their_fixed_ids(oracle: Oracle) -> None:
    assert set(oracle._jobs(None).ids) == {  # type: ignore[arg-type]
        "sweep", "status", "renewal", "retention", "rebalance", "reconcile", "heartbeat", "relationships",
        "look", "issuers", "chains",
    }  # fmt: skip


def test_the_choices_of_the_settings_reach_the_rooms(oracle: Oracle) -> None:
    assert oracle.accounts._rules.cooling_seconds == 5_000
    assert oracle.people._retention == 1_000

    def start(to: str) -> Any:
        return oracle.writer.run_blocking(
            lambda tx: oracle.requests.start(tx, policy(), ResponseMode.PLAIN, to)
        ).request

    assert start(PORTAL)
    with pytest.raises(ReturnRefused):
        start("https://portal.example/other")
    assert start("https://oracle.example/enrolments/return")
    with pytest.raises(TooManyRequests), oracle.database.read() as connection:
        oracle.desk.limits.require_room(connection, NOW)
    oracle.desk.limits.count("192.0.2.1")
    with pytest.raises(TooManyRequests):
        oracle.desk.limits.count("192.0.2.1")
