"""Whatever an oracle's signer is sent, it answers without a fault: drawn from its description, and nearly right ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bridge.types import BindingItem, QuotaItem
from identity.oracle.signer.service import create_app
from tests.support.any_request import ask
from tests.unit.identity.oracle.signer.booth import ASSET, CLASS, World, ana, evm_account, seen

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("signer"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(world.booth().signer)


def test_no_request_that_the_description_allows_is_a_fault(app: FastAPI) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", app)
    sent = {found.ok().path: ask(found.ok(), {}).total() for found in described.get_all_operations()}
    assert set(sent) == {"/batches", "/permits", "/seen", "/health"}
    assert sum(sent.values()) > 60
    bodies = app.openapi()["paths"]
    for path in ("/batches", "/permits", "/seen"):
        assert "requestBody" in bodies[path]["post"], "requests without a body find nothing"


def right(world: World) -> dict[str, dict[str, Any]]:
    """Requests that a signer says yes to, by path."""
    account = evm_account(5)
    batch = world.batch(world.evm, world.grant(), BindingItem(ASSET, account.id, ana()), QuotaItem(ASSET, CLASS, 1))
    asked = world.request(world.evm, batch, proof=world.proof(world.evm, account))
    return {
        "/batches": json.loads(asked.model_dump_json()),
        "/permits": json.loads(world.permit(world.evm, evm_account(6), nonce="nonce-2").model_dump_json()),
        "/seen": json.loads(seen(world.evm, batch).model_dump_json()),
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON document."""
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def bent(value: Any, path: tuple[Any, ...], draw: st.DataObject) -> Any:
    """The document with one place changed: something else there, nothing there, or a text with other letters."""
    if path:
        changed = dict(value) if isinstance(value, dict) else list(value)
        changed[path[0]] = bent(value[path[0]], path[1:], draw)
        return changed
    if isinstance(value, str) and draw.draw(st.booleans()):
        place = draw.draw(st.integers(0, max(0, len(value) - 1)))
        other = draw.draw(st.sampled_from(["", "0", "f", "~", "A", ".", "\u0000", "é", "00" * 16]))
        return value[:place] + other + value[place + draw.draw(st.integers(0, 2)) :]
    return draw.draw(ANY_JSON)


@pytest.mark.parametrize("path", ["/batches", "/permits", "/seen"])
def test_no_request_that_is_nearly_right_is_a_fault(world: World, path: str, tmp_path: Path) -> None:
    fine = right(world)[path]
    client = TestClient(create_app(world.booth().signer), raise_server_exceptions=False)

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def send(draw: st.DataObject) -> None:
        place = draw.draw(st.sampled_from(list(places(fine))))
        answer = client.post(path, content=json.dumps(bent(fine, place, draw)))
        assert answer.status_code < 500, answer.text

    send()


def test_the_requests_that_were_bent_are_right_as_they_stand(world: World) -> None:
    client = TestClient(create_app(world.booth(1).signer))
    for path, body in right(world).items():
        if path != "/permits":  # a permit is for somebody whom a batch admitted before
            answer = client.post(path, json=body)
            assert answer.status_code == 200, answer.text
