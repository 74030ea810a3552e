"""Two processes of one oracle, each with a writer of its own, and people who come to both at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

import pytest

from identity.keystore.file import FileKeyStore
from identity.oracle.people.accounts import Accounts
from identity.oracle.people.errors import AccountTaken, TwoRecords
from identity.oracle.people.persons import Enrolled, People
from identity.oracle.people.proofs import AccountControl, Proof, Scheme
from identity.oracle.people.records import Shown
from identity.oracle.presenting.errors import RequestGone
from identity.oracle.presenting.requests import Requests
from identity.oracle.tables import AUDIT, METADATA
from identity.ports import system_randomness, utc
from identity.storage.audit import AuditChain
from identity.storage.database import Database
from identity.storage.vault import Vault
from identity.storage.writer import Writer
from tests.integration.identity.postgresql import postgresql
from tests.unit.identity.oracle.people.test_persons import ADA, ASSET, shown
from tests.unit.identity.oracle.presenting.verifier_house import DOMAINS, EVM, policy

ADDRESS = "0x1563915e194D8CfBA1943570603F7606A3115508"


class Process:
    """One of several processes over the same database and key store."""

    def __init__(self, url: str, keys: FileKeyStore, stack: ExitStack) -> None:
        self.database = Database(url)
        stack.callback(self.database.close)
        self.writer = Writer(self.database, AuditChain(AUDIT, keys.mac), utc)
        stack.callback(self.writer.close)
        self.people = People(Vault(keys, system_randomness), keys, system_randomness)
        self.accounts = Accounts("did:web:oracle.example", DOMAINS, system_randomness)
        self.requests = Requests(
            did="did:web:oracle.example",
            public_url="https://oracle.example",
            keys=keys,
            signer=keys.active,
            randomness=system_randomness,
        )

    def enrol(self, credential: Shown) -> Enrolled:
        return self.writer.run_blocking(lambda tx: self.people.enrol(tx, ASSET, [credential]))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def processes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Process]]:
    folder: Path = tmp_path_factory.mktemp("races")
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'oracle.sqlite'}"
        if request.param == "postgresql":
            url = stack.enter_context(postgresql())
        keys = FileKeyStore.create(folder / "keys.json", "open sesame", utc, system_randomness)
        first = Process(url, keys, stack)
        METADATA.create_all(first.database.writer)
        yield [first, Process(url, keys, stack)]


def together(processes: list[Process], work: Callable[[Process], object]) -> list[object]:
    """What each process got, or was refused by, when both work at the same moment."""
    start = Barrier(len(processes))

    def one(process: Process) -> object:
        start.wait()
        try:
            return work(process)
        except (TwoRecords, AccountTaken, RequestGone) as error:
            return type(error)

    with ThreadPoolExecutor(len(processes)) as pool:
        return list(pool.map(one, processes))


def test_one_person_at_two_processes_becomes_one_record(processes: list[Process]) -> None:
    for turn in range(15):
        credential = shown(subject=f"s-{turn}", **ADA, holder=f"wallet-{turn}")
        results = together(processes, lambda process, one=credential: process.enrol(one))  # type: ignore[misc]
        known = {result.person_id for result in results if isinstance(result, Enrolled)}
        assert len(known) == 1, results
        assert processes[1].enrol(credential).person_id in known
    with processes[0].database.read() as connection:
        AuditChain(AUDIT, processes[0].people._keys.mac).verify(connection)


def test_a_request_is_spent_once(processes: list[Process]) -> None:
    person = processes[0].enrol(shown(subject="once", holder="wallet-once")).person_id
    for _ in range(15):
        started = processes[0].writer.run_blocking(lambda tx: processes[0].requests.start(tx, policy()))
        ticket = started.request.partition("presentations%2F")[2].partition("%2F")[0]
        with processes[0].database.read() as connection:
            asked = processes[0].requests.find(connection, ticket, utc(), "vp-request")
        results = together(
            processes,
            lambda process, one=asked: process.writer.run_blocking(  # type: ignore[misc]
                lambda tx: process.requests.answer(tx, one, person, "holder")
            ),
        )
        assert sorted(result is RequestGone for result in results) == [False, True]


def test_an_account_goes_to_one_of_two_people(processes: list[Process]) -> None:
    people = [processes[0].enrol(shown(subject=f"a-{n}", holder=f"wallet-a-{n}")).person_id for n in range(2)]
    proof = Proof(Scheme.EIP712, b"checked before")

    def challenge(process: Process, person: str) -> AccountControl:
        return process.writer.run_blocking(
            lambda tx: process.accounts.challenge(tx, person, "holder", ASSET, EVM, ADDRESS)
        )

    controls = [challenge(process, person) for process, person in zip(processes, people, strict=True)]
    for person, control in zip(people, controls, strict=True):
        processes[0].writer.run_blocking(
            lambda tx, one=person, nonce=control.nonce: processes[0].accounts.agree(tx, one, nonce, "checked before")  # type: ignore[misc]
        )
    given = dict(zip(map(id, processes), zip(people, controls, strict=True), strict=True))
    results = together(
        processes,
        lambda process: process.writer.run_blocking(lambda tx: process.accounts.link(tx, *given[id(process)], proof)),
    )
    assert sorted(result is AccountTaken for result in results) == [False, True]
