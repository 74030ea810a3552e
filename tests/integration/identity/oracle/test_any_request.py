"""Whatever investors and wallets send, the oracle answers without a fault: requests are drawn from its own description."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import schemathesis

from tests.integration.identity.test_any_request import ask
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
    sent = 0
    for found in described.get_all_operations():
        operation = found.ok()
        # Leaving ends the session that all others are asked with.
        headers = {} if operation.path == "/me/leave" else session
        sent += ask(operation, headers)
    assert sent > 150
    assert house.me(session)["enrolments"], "the session has outlived it all"
