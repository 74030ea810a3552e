"""Two issuer processes on one database: what counts once counts once over both, and an end is an end for both.

Each has a writer, connections and an opened key store of its own, as two processes have; requests alternate between them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from bridge.errors import LockstepError
from identity.formats.status_list import Status
from identity.issuer.issuing import Asked, Bearer
from identity.issuer.offers import GRANT, MAX_TX_FAILURES, TOKEN
from identity.issuer.proofs import check_key_proof
from identity.issuer.service import Issuer
from identity.issuer.staff import Role
from identity.issuer.tables import AUDIT, CASES, CREDENTIALS, OFFERS
from identity.storage.writer import Transaction
from tests.integration.identity.postgresql import postgresql
from tests.unit.identity.issuer.house import URL, House

AT_ONCE = 16


@dataclass
class Two:
    house: House
    other: Issuer


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with ExitStack() as stack:
        folder: Path = tmp_path_factory.mktemp(f"two-{request.param}")
        url = stack.enter_context(postgresql()) if request.param == "postgresql" else None
        house = House(folder, stack, url)
        yield Two(house, house.beside(stack))


def codes(answers: list[Any]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def redeeming(offer: dict[str, Any], tx_code: str, dpop: str | None = None) -> tuple[str, str, dict[str, Any]]:
    code = offer["offer"]["grants"][GRANT]["pre-authorized_code"]
    form = {"grant_type": GRANT, "pre-authorized_code": code, "tx_code": tx_code}
    return "POST", "/token", {"data": form, "headers": {} if dpop is None else {"DPoP": dpop}}


def asking(token: str, body: Any) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/credential", {"json": body, "headers": {"Authorization": f"Bearer {token}"}}


def test_a_code_gives_one_token_over_both(two: Two) -> None:
    offer = two.house.offer()
    assert codes(two.house.ask_all([redeeming(offer, offer["tx_code"])] * AT_ONCE)) == [200] + [400] * (AT_ONCE - 1)


def test_guesses_at_both_are_all_counted_and_no_sixth_is_free(two: Two) -> None:
    house, offer = two.house, two.house.offer()
    wrong = "000000" if offer["tx_code"] != "000000" else "111111"
    assert set(codes(house.ask_all([redeeming(offer, wrong)] * AT_ONCE))) == {400}
    with house.database.read() as connection:
        row = connection.execute(select(OFFERS).where(OFFERS.c.id == offer["offer_id"])).one()
    assert (row.tx_failures, row.state) == (MAX_TX_FAILURES, "dead")
    assert house.redeem(offer).status_code == 400


def test_a_nonce_gives_one_credential_over_both(two: Two) -> None:
    house, proof = two.house, two.house.proof()
    tokens = [house.token() for _ in range(4)]
    answers = house.ask_all([asking(token, house.body(proof)) for token in tokens * 4])
    assert codes(answers) == [200] + [400] * 15


def test_a_token_gives_one_credential_over_both(two: Two) -> None:
    house, token = two.house, two.house.token()
    answers = house.ask_all([asking(token, house.body()) for _ in range(AT_ONCE)])
    assert codes(answers) == [200] + [400] * (AT_ONCE - 1)


def test_a_credential_identifier_gives_one_credential_over_both(two: Two) -> None:
    house = two.house
    details = [{"type": "openid_credential", "credential_configuration_id": "kyc_sd_jwt"}]
    granted = house.redeem(house.offer(), authorization_details=json.dumps(details)).json()
    identifier = granted["authorization_details"][0]["credential_identifiers"][0]
    bodies = [{"credential_identifier": identifier, "proofs": {"jwt": [house.proof()]}} for _ in range(AT_ONCE)]
    answers = house.ask_all([asking(granted["access_token"], body) for body in bodies])
    assert codes(answers) == [200] + [400] * (AT_ONCE - 1)


def test_a_dpop_proof_serves_one_request_over_both(two: Two) -> None:
    house, proof = two.house, two.house.dpop("/token")
    offers = [house.offer() for _ in range(6)]
    answers = house.ask_all([redeeming(offer, offer["tx_code"], proof) for offer in offers])
    assert codes(answers) == [200] + [400] * 5


def test_places_are_never_shared_and_the_audit_is_one_chain_over_both(two: Two) -> None:
    house = two.house
    case, subject = house.approved()
    tokens = [house.token(house.offer(case)) for _ in range(AT_ONCE)]
    assert codes(house.ask_all([asking(token, house.body()) for token in tokens])) == [200] * AT_ONCE
    with house.database.read() as connection:
        rows = connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.subject_id == subject)).all()
        head = house.issuer.audit.verify(connection)
        assert head.number == connection.execute(select(func.count()).select_from(AUDIT)).scalar()
    assert len({(row.list_id, row.list_index) for row in rows}) == AT_ONCE


def test_one_checker_decides_at_whichever_door(two: Two) -> None:
    house = two.house
    made = house.staff(
        Role.MAKER, "/cases", {"type": "us_person", "claims": {"us_person": True, "certified_on": "2026-05-20"}}
    )
    case = made.json()["case_id"]
    seen = {"kind": "form", "reference": "shelf", "sha256": "ab" * 32, "method": "signed_form"}
    house.staff(Role.MAKER, f"/cases/{case}/evidence", seen)
    house.staff(Role.MAKER, f"/cases/{case}/submit")
    headers = {"Authorization": f"Bearer {house.tokens[Role.CHECKER]}"}
    steps = [("approve", None), ("refuse", {"reason": "no"})] * 4
    answers = house.ask_all(
        [("POST", f"/staff/v1/cases/{case}/{word}", {"json": body, "headers": headers}) for word, body in steps]
    )
    assert codes(answers) == [200] + [409] * 7
    decided = next(answer.json()["state"] for answer in answers if answer.status_code == 200)
    with house.database.read() as connection:
        assert connection.execute(select(CASES.c.state).where(CASES.c.id == case)).scalar() == decided


def test_a_change_at_one_shows_in_the_list_that_the_other_serves(two: Two) -> None:
    house = two.house
    case, subject = house.approved()
    house.credential(case)
    with house.database.read() as connection:
        row = connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.subject_id == subject)).one()
    before = two.other.list_token(row.list_id)
    assert house.staff(Role.OFFICER, f"/credentials/{row.id}/revoke").status_code == 200
    assert two.other.list_token(row.list_id) != before


@pytest.mark.parametrize("two", ["postgresql"], indirect=True)
@pytest.mark.parametrize("ending", ["end", "withdraw"])
def test_what_is_being_issued_while_a_relationship_ends_is_revoked_with_it(two: Two, ending: str) -> None:
    """The valid credentials were looked up before the offers died: one that the other process was about to commit was in
    nobody's sight, and stayed valid after the end, and after an erasure too.
    """
    house, other = two.house, two.other
    case, subject = house.approved()
    offer = house.offer(case)
    proof, token = house.proof(), house.token(offer)
    issued, looking, go_on = threading.Event(), threading.Event(), threading.Event()

    def issue(tx: Transaction) -> None:
        bearer = Bearer(str(other.secrets.record_of(TOKEN, token)), None)
        other.issuing.issue(tx, bearer, Asked(None, "kyc_sd_jwt"), check_key_proof(proof, URL, house.now))
        issued.set()
        assert go_on.wait(30)

    def stop(tx: Transaction) -> None:
        if ending == "end":
            house.issuer.privacy.end(tx, "petra", subject)
        else:
            house.issuer.offers.withdraw(tx, "mara", offer["offer_id"])

    def watch(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "UPDATE offers" in statement or "FOR UPDATE" in statement:
            looking.set()

    with ThreadPoolExecutor(2) as threads:
        issuing = threads.submit(other.writer.run_blocking, issue)
        assert issued.wait(30)
        event.listen(house.database.writer, "before_cursor_execute", watch)
        stopping = threads.submit(house.issuer.writer.run_blocking, stop)
        assert looking.wait(30)
        go_on.set()
        issuing.result(30)
        stopping.result(30)
        event.remove(house.database.writer, "before_cursor_execute", watch)
    with house.database.read() as connection:
        row = connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.subject_id == subject)).one()
    assert row.status == (Status.INVALID if ending == "end" else Status.VALID)


@pytest.mark.parametrize("two", ["postgresql"], indirect=True)
def test_nothing_is_issued_on_an_offer_that_died_in_the_same_moment(two: Two) -> None:
    house, other = two.house, two.other
    case, subject = house.approved()
    proof, token = house.proof(), house.token(house.offer(case))
    ended, looking, go_on = threading.Event(), threading.Event(), threading.Event()

    def end(tx: Transaction) -> None:
        house.issuer.privacy.end(tx, "petra", subject)
        ended.set()
        assert go_on.wait(30)

    def issue(tx: Transaction) -> None:
        bearer = Bearer(str(other.secrets.record_of(TOKEN, token)), None)
        other.issuing.issue(tx, bearer, Asked(None, "kyc_sd_jwt"), check_key_proof(proof, URL, house.now))

    def watch(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "offers" in statement or "INSERT INTO credentials" in statement:
            looking.set()

    with ThreadPoolExecutor(2) as threads:
        ending = threads.submit(house.issuer.writer.run_blocking, end)
        assert ended.wait(30)
        event.listen(other.database.writer, "before_cursor_execute", watch)
        issuing = threads.submit(other.writer.run_blocking, issue)
        assert looking.wait(30)
        go_on.set()
        ending.result(30)
        with pytest.raises(LockstepError, match="invalid_token"):
            issuing.result(30)
        event.remove(other.database.writer, "before_cursor_execute", watch)
    with house.database.read() as connection:
        assert connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.subject_id == subject)).all() == []
