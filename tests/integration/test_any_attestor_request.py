"""Whatever an attestor or the health endpoint of the local system is asked, they answer without a fault."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from lockstep_cli.errors import UserError
from lockstep_cli.health import HealthServer
from relayer.attestor.service import create_app
from tests.support.any_request import ask
from tests.unit.relayer.fakes import START
from tests.unit.relayer.house import House

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "LOCKSTEP")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two chains with orders in every state that an attestor answers differently about."""
    made = House(tmp_path_factory.mktemp("attestors"))
    for _ in range(3):
        made.source.initiate_order(made.destination)
    made.settle_down(12)
    made.source.initiate_order(made.destination)
    for booth in made.booths:
        booth.follow()
    yield made
    made.close()


def test_no_request_that_the_description_allows_is_a_fault(house: House) -> None:
    records = {"source": [f"0x{chain.domain.hex()}" for chain in house.chains], "nonce": ["1", "4", "9"]}
    described = schemathesis.openapi.from_asgi("/openapi.json", create_app(house.booths[0].attestor, {"fake": True}))
    sent = {found.ok().path: ask(found.ok(), {}, records).total() for found in described.get_all_operations()}
    assert len(sent) == 4
    assert sum(sent.values()) > 50


def test_no_request_about_an_order_that_is_there_is_a_fault(house: House) -> None:
    """Drawn domains name no chain: these name the two that there are, and numbers of orders that are there, or nearly."""
    app = create_app(house.booths[0].attestor, {"fake": True})
    client = TestClient(app, raise_server_exceptions=False)
    domains = st.sampled_from([f"0x{chain.domain.hex()}" for chain in house.chains])
    seen: set[int] = set()

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        source=domains,
        nonce=st.integers(1, 6) | st.integers(1, 2**63 - 1),
        what=st.sampled_from(["approval", "rejection", "receipt"]),
        destination=st.none() | domains,
        expires_at=st.sampled_from([START, START + 600, 2**63 - 1]) | st.integers(1, 2**63 - 1),
    )
    def send(source: str, nonce: int, what: str, destination: str | None, expires_at: int) -> None:
        query: dict[str, Any] = {"expires_at": expires_at}
        if destination is not None:
            query["destination"] = destination
        answer = client.get(f"/v1/orders/{source}/{nonce}/{what}", params=query)
        seen.add(answer.status_code)
        assert answer.status_code < 500, answer.text

    send()
    assert {200, 404, 409, 422} <= seen


@pytest.fixture(scope="module")
def health() -> Iterator[HealthServer]:
    with HealthServer("127.0.0.1", 0, lambda: None) as made:
        yield made


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/health", "/", "/health?x=1", "/%00", "/" + "a" * 4_000])
def test_the_health_endpoint_has_an_answer_to_every_method_and_path(
    health: HealthServer, method: str, path: str
) -> None:
    answer = httpx.request(method, f"http://127.0.0.1:{health.port}{path}", timeout=5)
    assert answer.status_code < 500
    if method in ("GET", "HEAD"):
        assert answer.status_code == (200 if path == "/health" else 404)
    else:
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /health HTTP/9\r\n\r\n",
        b"GET /health HTTP/2.0\r\n\r\n",
        b"\xff\xfe\x00 /\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"GET /" + b"a" * 70_000,
    ],
)
def test_bytes_that_are_no_request_leave_the_health_endpoint_working(health: HealthServer, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", health.port), timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(64)
    assert not answer.startswith((b"HTTP/1.0 5", b"HTTP/1.1 5"))
    assert httpx.get(f"http://127.0.0.1:{health.port}/health", timeout=5).json() == {"status": "ok"}


def test_a_system_that_is_not_whole_is_told_as_such_and_not_as_a_fault() -> None:
    """503 is the endpoint's word for it: containers and load balancers read the number."""

    def failed() -> None:
        raise UserError("a part has ended")

    with HealthServer("127.0.0.1", 0, failed) as server:
        answer = httpx.get(f"http://127.0.0.1:{server.port}/health", timeout=5)
    assert (answer.status_code, answer.json()) == (503, {"status": "failed", "reason": "a part has ended"})
