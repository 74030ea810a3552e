"""Statuses: the list is what the records say, changes reach subscribers, and erasure leaves nothing to read."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from identity.errors import KeyStoreLocked
from identity.formats.base import StatusReference
from identity.formats.jws import parse_jws
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.status_list import Status, VerifiedStatusList, verify_status_list_token
from identity.issuer.outbox import Dispatcher
from identity.issuer.staff import Role
from identity.issuer.tables import AUDIT, CASES, CREDENTIALS, EVIDENCE, OUTBOX, STATUS_LISTS
from identity.ports import system_randomness
from identity.storage.audit import AuditBroken, AuditHead
from tests.unit.identity.issuer.house import House

SUBSCRIBER = "https://oracle.example/status"


@pytest.fixture
def told(tmp_path: Path) -> Any:
    with ExitStack() as stack:
        yield House(tmp_path, stack, subscribers=(SUBSCRIBER,))


def reference(house: House, credential: str) -> StatusReference:
    status = SdJwtVc().verify(credential, house.trusted(), house.now).status
    assert status is not None
    return status


def fetched(house: House, uri: str) -> VerifiedStatusList:
    answer = house.ask("GET", uri)
    assert answer.headers["content-type"] == "application/statuslist+jwt"
    return verify_status_list_token(answer.text, uri, house.trusted(), house.now)


def issued(house: House) -> tuple[str, StatusReference]:
    """A credential's record id and where its status stands."""
    status = reference(house, house.credential())
    with house.database.read() as connection:
        row = connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.list_index == status.index)).one()
    return row.id, status


def change(house: House, credential: str, word: str) -> Any:
    return house.staff(Role.OFFICER, f"/credentials/{credential}/{word}")


def test_a_change_shows_in_the_list_with_its_answer(house: House) -> None:
    credential, status = issued(house)
    other, untouched = issued(house)
    assert other != credential
    for word, expected in (
        ("suspend", Status.SUSPENDED),
        ("reinstate", Status.VALID),
        ("suspend", Status.SUSPENDED),
        ("revoke", Status.INVALID),
    ):
        assert change(house, credential, word).status_code == 200
        listed = fetched(house, status.uri).statuses
        assert (listed.at(status.index), listed.at(untouched.index)) == (expected, Status.VALID)


def test_a_revoked_credential_stays_revoked(house: House) -> None:
    credential, _ = issued(house)
    change(house, credential, "revoke")
    for word in ("reinstate", "suspend", "revoke"):
        assert change(house, credential, word).json()["error"] == "WrongState"
    assert change(house, "A" * 22, "revoke").status_code == 404


def test_a_list_is_signed_anew_before_its_time_to_live_ends(house: House) -> None:
    _, status = issued(house)
    first = fetched(house, status.uri)
    house.now += 6
    assert fetched(house, status.uri).issued_at == first.issued_at
    house.now += 1
    again = fetched(house, status.uri)
    assert again.issued_at == house.now
    assert (again.ttl, again.expires_at) == (15, house.now + 120)


def test_history_and_unknown_lists_are_not_served(house: House) -> None:
    _, status = issued(house)
    assert house.ask("GET", f"{status.uri}?time=1").status_code == 501
    assert house.ask("GET", "/status/" + "A" * 22).status_code == 404
    assert house.ask("GET", "/status/short").status_code == 404


def test_a_full_list_makes_room_for_the_next(tmp_path: Path) -> None:
    with ExitStack() as stack:
        house = House(tmp_path, stack, list_size=8)
        case, _ = house.approved()
        places = set()
        for _ in range(12):
            house.now += 1
            status = reference(house, house.credential(case))
            places.add((status.uri, status.index))
        assert len(places) == 12
        with house.database.read() as connection:
            assert len(connection.execute(select(STATUS_LISTS)).all()) >= 2


def dispatcher(house: House, taken: list[str], *, answer: bool = True) -> Dispatcher:
    async def post(address: str, message: str) -> bool:
        assert address == SUBSCRIBER
        taken.append(message)
        return answer

    issuer = house.issuer
    return Dispatcher(
        database=house.database,
        writer=issuer.writer,
        clock=issuer.clock,
        issuer=issuer.identity.did,
        signer=issuer.identity.signer,
        list_token=issuer.list_token,
        list_address=issuer.statuses.address,
        post=post,
    )


def test_a_change_is_told_with_the_newest_list_signed_by_the_issuer(told: House) -> None:
    credential, status = issued(told)
    change(told, credential, "revoke")
    messages: list[str] = []
    assert asyncio.run(dispatcher(told, messages).deliver(SUBSCRIBER)) == 1
    jws = parse_jws(messages[0], types=("lockstep-status+jwt",))
    jws.verify(told.trusted().find(told.issuer.identity.did, jws.header).key, "message")
    assert jws.payload["changes"] == [{"idx": status.index, "status": 1}]
    assert (jws.payload["sub"], jws.payload["committed_at"]) == (status.uri, told.now)
    listed = verify_status_list_token(jws.payload["status_list_token"], status.uri, told.trusted(), told.now)
    assert listed.statuses.at(status.index) == Status.INVALID
    assert asyncio.run(dispatcher(told, messages).deliver(SUBSCRIBER)) == 0


def test_a_message_that_is_not_taken_waits_longer_each_time_and_keeps_its_id(told: House) -> None:
    credential, _ = issued(told)
    change(told, credential, "suspend")
    messages: list[str] = []
    for wait in (1, 2, 4):
        assert asyncio.run(dispatcher(told, messages, answer=False).deliver(SUBSCRIBER)) == 0
        told.now += wait - 1
        asyncio.run(dispatcher(told, messages, answer=False).deliver(SUBSCRIBER))
        told.now += 1
    assert len(messages) == 3
    assert asyncio.run(dispatcher(told, messages).deliver(SUBSCRIBER)) == 1
    assert len({parse_jws(one, types=("lockstep-status+jwt",)).payload["jti"] for one in messages}) == 1


def test_a_refused_change_tells_nobody(told: House) -> None:
    credential, _ = issued(told)
    change(told, credential, "revoke")
    change(told, credential, "revoke")
    with told.database.read() as connection:
        assert len(connection.execute(select(OUTBOX)).all()) == 1


def test_after_a_rotation_old_credentials_and_new_ones_verify(house: House) -> None:
    before = house.credential()
    house.keys.rotate(lambda: house.now, system_randomness)
    after = house.credential()
    for one in (before, after):
        SdJwtVc().verify(one, house.trusted(), house.now)
    kids = {parse_jws(one.split("~")[0], types=("dc+sd-jwt",)).header["kid"] for one in (before, after)}
    methods = {method["id"] for method in house.ask("GET", "/.well-known/did.json").json()["verificationMethod"]}
    assert kids == methods
    assert len(kids) == 2


def test_an_erased_subject_cannot_be_read_by_anyone(house: House) -> None:
    case, subject = house.approved()
    status = reference(house, house.credential(case))
    offer = house.offer(case)
    headers = {"Authorization": f"Bearer {house.tokens[Role.PRIVACY]}"}
    exported = house.ask("GET", f"/staff/v1/subjects/{subject}/export", headers=headers)
    assert exported.json()["cases"][0]["claims"]["family_name"] == "Lovelace"
    assert exported.json()["cases"][0]["evidence"][0]["reference"] == "shelf 7"
    with house.database.read() as connection:
        sealed = connection.execute(select(CASES.c.sealed)).scalar_one()
    assert sealed in house.bytes_on_disk()
    house.let_retention_end(subject)
    assert house.staff(Role.PRIVACY, f"/subjects/{subject}/erase").status_code == 200
    assert house.ask("GET", f"/staff/v1/subjects/{subject}/export", headers=headers).json()["error"] == "SubjectErased"
    assert house.staff(Role.PRIVACY, f"/subjects/{subject}/erase").json()["error"] == "SubjectErased"
    assert house.redeem(offer).status_code == 400
    assert fetched(house, status.uri).statuses.at(status.index) == Status.INVALID
    with house.database.read() as connection:
        assert connection.execute(select(CASES.c.sealed)).scalar_one() == b""
        assert connection.execute(select(EVIDENCE.c.sealed)).scalar_one() == b""
    assert sealed not in house.bytes_on_disk()


def test_sealed_fields_cannot_be_moved_to_another_record(house: House) -> None:
    case, subject = house.approved()
    with house.database.read() as connection:
        row = connection.execute(select(CASES)).one()
    vault = house.issuer.vault
    key = vault.new_data_key(subject)
    sealed = vault.seal(key, subject, case, {"a": 1})
    assert vault.open(key, subject, case, sealed) == {"a": 1}
    for subject_, record in ((subject, "other"), ("other", case)):
        with pytest.raises(KeyStoreLocked):
            vault.open(key, subject_, record, sealed)
    assert row.subject_id == subject


def test_the_audit_chain_holds_and_names_nobody(house: House) -> None:
    house.credential()
    with house.database.read() as connection:
        head = house.issuer.audit.verify(connection)
        rows = connection.execute(select(AUDIT)).all()
    assert head.number == len(rows)
    actions = [row.action for row in rows]
    for action in ("case.open", "case.approve", "offer.make", "offer.redeem", "credential.issue"):
        assert action in actions
    assert "Lovelace" not in repr([tuple(row) for row in rows])


def tamper(house: House, statement: str) -> None:
    with house.database.writer.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_no_UPDATE")
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_no_DELETE")
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'somebody' WHERE number = 3",
        "UPDATE audit SET at = at + 1 WHERE number = 3",
        "UPDATE audit SET digest = x'00' WHERE number = 3",
        "DELETE FROM audit WHERE number = 3",
        "UPDATE audit SET number = number + 1000 WHERE number > 5",
    ],
)
def test_whoever_touches_the_audit_chain_is_found(house: House, statement: str) -> None:
    house.approved()
    tamper(house, statement)
    with house.database.read() as connection, pytest.raises(AuditBroken):
        house.issuer.audit.verify(connection)


def test_a_chain_that_was_cut_short_shows_against_a_noted_head(house: House) -> None:
    house.approved()
    with house.database.read() as connection:
        noted = house.issuer.audit.verify(connection)
    tamper(house, "DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)")
    with house.database.read() as connection:
        house.issuer.audit.verify(connection)
        with pytest.raises(AuditBroken):
            house.issuer.audit.verify(connection, noted)
        assert house.issuer.audit.verify(connection, AuditHead(0, bytes(32))).number == noted.number - 1


def test_the_database_itself_refuses_to_change_the_past(house: House) -> None:
    for statement in ("UPDATE audit SET at = 0", "DELETE FROM audit"):
        with pytest.raises(DatabaseError, match="only grows"), house.database.writer.begin() as connection:
            connection.exec_driver_sql(statement)
