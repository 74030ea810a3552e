"""Whatever is sent, no service of ours answers with a fault: requests are drawn from the issuer's own description."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from identity.issuer.providers import SignedWebhook
from identity.issuer.staff import Role
from tests.unit.identity.issuer.house import House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path_factory.mktemp("issuer"), stack, providers=[SignedWebhook("bureau", b"s" * 32)])


def ask(operation: Any, headers: dict[str, str]) -> int:
    """Draws requests of one kind and sends them; how many."""
    sent = 0

    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy())
    def one(case: Any) -> None:
        nonlocal sent
        sent += 1
        case.call_and_validate(headers=headers, checks=[not_a_server_error])

    one()
    return sent


def test_no_request_is_a_fault(house: House) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", house.app)
    sent = 0
    for found in described.get_all_operations():
        operation = found.ok()
        maker = any(word in operation.path for word in ("cases", "offers", "providers"))
        headers = {"Authorization": f"Bearer {house.tokens[Role.MAKER if maker else Role.OFFICER]}"}
        sent += ask(operation, headers)
    assert sent > 200
