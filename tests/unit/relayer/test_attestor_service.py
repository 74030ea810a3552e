"""The attestor over HTTP: what is answered, with which status."""

from __future__ import annotations

import asyncio

import pytest

from bridge.refusals import Refusal
from bridge.types import Reason
from relayer.attestor.service import create_app
from tests.unit.relayer.fakes import START
from tests.unit.relayer.house import House

SOON = START + 600


def path(house: House, what: str, nonce: object = 1) -> str:
    return f"/v1/orders/0x{house.source.domain.hex()}/{nonce}/{what}"


def test_an_approval_carries_the_order_the_expiry_the_set_and_the_signature(house: House) -> None:
    house.source.initiate_order(house.destination)
    house.booths[0].follow()
    answer = house.booths[0].client.get(path(house, "approval"), params={"expires_at": SOON})
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"order_id", "expires_at", "set", "signature"}
    assert (body["expires_at"], body["set"], len(body["signature"])) == (SOON, 1, 132)


def test_an_unknown_order_is_404(house: House) -> None:
    answer = house.booths[0].client.get(path(house, "approval"), params={"expires_at": SOON})
    assert (answer.status_code, answer.json()["error"]) == (404, "OrderUnknown")


def test_a_hold_is_409_with_the_rules_by_number_name_and_sentence(house: House) -> None:
    house.source.initiate_order(house.destination)
    house.booths[0].follow()
    house.destination.reasons = [Reason(Refusal.OracleStale, 2**255, 60)]
    answer = house.booths[0].client.get(path(house, "approval"), params={"expires_at": SOON})
    assert answer.status_code == 409
    (row,) = answer.json()["held"]
    assert (row["code"], row["name"], row["a"]) == (11, "OracleStale", str(2**255))
    assert row["sentence"]


def test_an_outcome_that_is_not_there_yet_is_409(house: House) -> None:
    house.source.initiate_order(house.destination)
    house.booths[0].follow()
    assert house.booths[0].client.get(path(house, "receipt")).status_code == 409


def test_a_halted_lane_is_423(house: House) -> None:
    order = house.source.initiate_order(house.destination)
    house.booths[0].follow()
    house.booths[0].store.halt(order.source, order.destination, "looked wrong", START)
    answer = house.booths[0].client.get(path(house, "rejection"))
    assert (answer.status_code, answer.json()["error"]) == (423, "LaneHalted")


def test_an_expiry_that_is_refused_is_422(house: House) -> None:
    house.source.initiate_order(house.destination)
    house.booths[0].follow()
    answer = house.booths[0].client.get(path(house, "approval"), params={"expires_at": START + 4000})
    assert answer.status_code == 422


def test_a_clock_that_runs_ahead_is_503(house: House) -> None:
    house.source.initiate_order(house.destination)
    house.booths[0].follow()
    house.world.now += 100
    house.source.mine()
    house.world.now -= 100
    answer = house.booths[0].client.get(path(house, "approval"), params={"expires_at": SOON})
    assert (answer.status_code, answer.json()["error"]) == (503, "ClockAhead")


@pytest.mark.parametrize("nonce", ["0", "-1", "x", "1.5", str(2**63), "99999999999999999999999999"])
def test_a_nonce_that_can_not_be_is_422(house: House, nonce: str) -> None:
    answer = house.booths[0].client.get(path(house, "approval", nonce), params={"expires_at": SOON})
    assert answer.status_code == 422


@pytest.mark.parametrize("source", ["0x12", "zz" * 32, "0x" + "AB" * 32, "0x" + "ab" * 33])
def test_a_source_that_is_no_domain_is_422(house: House, source: str) -> None:
    answer = house.booths[0].client.get(f"/v1/orders/{source}/1/receipt")
    assert answer.status_code == 422


def test_health_says_when_a_follower_has_ended(house: House) -> None:
    booth = house.booths[0]
    assert booth.client.get("/health").json()["healthy"] is True
    alive = {"evm": True, "substrate": False}
    app = create_app(booth.attestor, alive)
    health = next(route for route in app.routes if getattr(route, "path", "") == "/health")
    assert asyncio.run(health.endpoint()).healthy is False  # type: ignore[attr-defined]
