"""Whoever comes twice at the same time gets one of everything, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

from identity.formats.sd_jwt_vc import SdJwtVc
from identity.issuer.offers import GRANT, MAX_TX_FAILURES
from identity.issuer.service import forget_spent
from identity.issuer.staff import Role
from identity.issuer.tables import AUDIT, CREDENTIALS, OFFERS, SPENT
from tests.integration.identity.postgresql import postgresql
from tests.unit.identity.issuer.house import House

AT_ONCE = 12


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        folder: Path = tmp_path_factory.mktemp(request.param)
        url = stack.enter_context(postgresql()) if request.param == "postgresql" else None
        yield House(folder, stack, url)


def redeeming(offer: dict[str, Any], tx_code: str) -> tuple[str, str, dict[str, Any]]:
    code = offer["offer"]["grants"][GRANT]["pre-authorized_code"]
    return "POST", "/token", {"data": {"grant_type": GRANT, "pre-authorized_code": code, "tx_code": tx_code}}


def codes(answers: list[Any]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def test_a_code_gives_one_token(house: House) -> None:
    offer = house.offer()
    answers = house.ask_all([redeeming(offer, offer["tx_code"])] * AT_ONCE)
    assert codes(answers) == [200] + [400] * (AT_ONCE - 1)


def test_a_nonce_gives_one_credential(house: House) -> None:
    proof = house.proof()
    tokens = [house.token() for _ in range(3)]
    requests = [
        ("POST", "/credential", {"json": house.body(proof), "headers": {"Authorization": f"Bearer {token}"}})
        for token in tokens * 4
    ]
    assert codes(house.ask_all(requests)) == [200] + [400] * 11


def test_a_token_gives_one_credential(house: House) -> None:
    token = house.token()
    requests = [
        ("POST", "/credential", {"json": house.body(), "headers": {"Authorization": f"Bearer {token}"}})
        for _ in range(AT_ONCE)
    ]
    assert codes(house.ask_all(requests)) == [200] + [400] * (AT_ONCE - 1)


def test_guesses_at_the_same_time_are_all_counted(house: House) -> None:
    offer = house.offer()
    wrong = "000000" if offer["tx_code"] != "000000" else "111111"
    house.ask_all([redeeming(offer, wrong)] * AT_ONCE)
    with house.database.read() as connection:
        row = connection.execute(select(OFFERS).where(OFFERS.c.id == offer["offer_id"])).one()
    assert (row.tx_failures, row.state) == (MAX_TX_FAILURES, "dead")
    assert house.redeem(offer).status_code == 400


def test_many_credentials_at_once_are_all_different_and_audited_in_one_chain(house: House) -> None:
    case, _ = house.approved()
    tokens = [house.token(house.offer(case)) for _ in range(AT_ONCE)]
    requests = [
        ("POST", "/credential", {"json": house.body(), "headers": {"Authorization": f"Bearer {token}"}})
        for token in tokens
    ]
    answers = house.ask_all(requests)
    assert codes(answers) == [200] * AT_ONCE
    places = {
        SdJwtVc().verify(answer.json()["credentials"][0]["credential"], house.trusted(), house.now).status
        for answer in answers
    }
    assert len(places) == AT_ONCE
    with house.database.read() as connection:
        head = house.issuer.audit.verify(connection)
        assert head.number == connection.execute(select(func.count()).select_from(AUDIT)).scalar()


def test_a_status_and_an_erasure_work_alike(house: House) -> None:
    case, subject = house.approved()
    house.credential(case)
    with house.database.read() as connection:
        row = connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.subject_id == subject)).one()
    assert house.staff(Role.OFFICER, f"/credentials/{row.id}/suspend").status_code == 200
    before = house.now
    house.let_retention_end(subject)
    assert house.staff(Role.PRIVACY, f"/subjects/{subject}/erase").status_code == 200
    house.now = before
    with house.database.read() as connection:
        assert connection.execute(select(CREDENTIALS.c.status).where(CREDENTIALS.c.id == row.id)).scalar() == 1


def test_the_past_cannot_be_changed_in_the_database(house: House) -> None:
    for statement in ("UPDATE audit SET at = 0", "DELETE FROM audit"):
        with pytest.raises(DatabaseError, match="only grows"), house.database.writer.begin() as connection:
            connection.exec_driver_sql(statement)


def test_what_was_spent_is_forgotten_when_it_would_be_refused_anyway(house: House) -> None:
    house.credential()
    house.now += 1_000
    assert house.issuer.writer.run_blocking(forget_spent) > 0
    with house.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(SPENT)).scalar() == 0
