"""Whatever staff and machines send, the oracle does not answer with a fault: requests are drawn from its description."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import schemathesis

from identity.oracle.deciding.providers import SecretProvider
from identity.oracle.deciding.roles import Role
from tests.integration.identity.oracle.test_any_request import rows
from tests.support.any_request import ask
from tests.unit.identity.oracle.deciding.room import ASSET, Room

MACHINES = ("/decisions", "/status", "/screening/{name}/results")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with ExitStack() as stack:
        made = Room(tmp_path_factory.mktemp("oracle"), stack, providers=[SecretProvider("bureau", b"s" * 32)])
        made.adopt()
        made.enrol(1)
        made.publish()
        yield made


def test_no_request_is_a_fault(room: Room) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", room.app())
    everybody = {"Authorization": f"Bearer {room.hire('all', *Role)}"}
    records = {
        "asset": [f"0x{ASSET.hex()}"],
        "version": ["1"],
        "person_id": list(room.names),
        "investor": [f"0x{one.hex()}" for one in room.words()],
        "name": ["bureau"],
    }
    seen, sent = set(), 0
    for found in described.get_all_operations():
        operation = found.ok()
        seen.add(operation.path)
        sent += ask(operation, everybody, records).total()
    assert seen >= set(MACHINES)
    assert len(seen) >= 20
    assert sent > 400


def test_a_stranger_writes_nothing(room: Room) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", room.app())
    before = rows(room.database)
    refused = 0
    for found in described.get_all_operations():
        statuses = ask(found.ok(), {})
        refused += statuses[401]
    assert rows(room.database) == before
    assert refused > 100
