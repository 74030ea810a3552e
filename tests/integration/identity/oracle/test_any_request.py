"""Whatever investors and wallets send, the oracle answers without a fault: requests are drawn from its own description."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from sqlalchemy import select

from identity.oracle.tables import METADATA
from identity.storage.database import Database
from tests.support.any_request import ask
from tests.unit.identity.issuer.house import House
from tests.unit.identity.oracle.presenting.verifier_house import VerifierHouse


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VerifierHouse]:
    folder = tmp_path_factory.mktemp("oracle")
    with ExitStack() as stack:
        yield VerifierHouse(folder, stack, House(folder, stack))


def test_no_request_of_an_investor_is_a_fault(house: VerifierHouse) -> None:
    held, _ = house.hold()
    session = house.enrol(held)
    described = schemathesis.openapi.from_asgi("/openapi.json", house.app)
    accounts = house.me(session)["enrolments"][0]["accounts"]
    records = {"ticket": [ticket_of(house.start())], "account_id": [one["id"] for one in accounts] or ["A" * 22]}
    sent = 0
    for found in described.get_all_operations():
        operation = found.ok()
        # Leaving ends the session that all others are asked with.
        headers = {} if operation.path == "/me/leave" else session
        sent += ask(operation, headers, records).total()
    assert sent > 200
    assert house.me(session)["enrolments"], "the session has outlived it all"


def test_a_stranger_writes_nothing_but_the_requests_that_are_started(house: VerifierHouse) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", house.app)
    records = {"ticket": [ticket_of(house.start())]}
    for found in described.get_all_operations():
        operation = found.ok()
        if operation.path == "/enrolments":
            continue  # bounded: tests/unit/identity/oracle/api/test_limits.py
        before = rows(house.database)
        ask(operation, {}, records)
        declined = operation.path == "/presentations/{ticket}/response"
        assert rows(house.database) == before or declined, operation.path


def rows(database: Database) -> dict[str, list[Any]]:
    """Everything that is stored, by table."""
    with database.read() as connection:
        return {table.name: list(connection.execute(select(table)).all()) for table in METADATA.sorted_tables}


def ticket_of(started: dict[str, Any]) -> str:
    """The secret in the address of a request that a wallet is given."""
    address = parse_qs(urlsplit(started["request"]).query)["request_uri"][0]
    return urlsplit(address).path.split("/")[-2]
