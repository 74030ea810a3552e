"""How long records are kept: as long as the law wants and not longer, whether or not somebody remembers."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from identity.errors import KeyStoreLocked
from identity.formats.status_list import Status
from identity.issuer.retention import find_subject
from identity.issuer.service import erase_due
from identity.issuer.staff import Role
from identity.issuer.tables import AUDIT, CASES, CREDENTIALS, OUTBOX, SUBJECTS
from identity.keystore.file import FileKeyStore
from identity.ports import system_randomness
from identity.refusals import SubjectErased
from identity.storage.vault import Vault
from tests.unit.identity.issuer.house import EVIDENCE, PERSON, START, House

FIVE_YEARS_LATER = int(datetime(2031, 5, 29, 20, 26, 40, tzinfo=UTC).timestamp())
"""START is 28 May 2026, 20:26:40 UTC; 1,827 days are the longest five years, those with two leap days."""


def erased(house: House) -> list[str]:
    """Who was erased by a round of the job."""

    def now() -> set[str]:
        with house.database.read() as connection:
            return set(connection.execute(select(SUBJECTS.c.id).where(SUBJECTS.c.data_key.is_(None))).scalars())

    before = now()
    asyncio.run(erase_due(house.issuer))
    return sorted(now() - before)


def approved_until(house: House, case: str) -> int:
    with house.database.read() as connection:
        return int(connection.execute(select(CASES.c.valid_until).where(CASES.c.id == case)).scalar_one())


def refused(house: House) -> str:
    made = house.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": PERSON}).json()
    house.staff(Role.MAKER, f"/cases/{made['case_id']}/evidence", EVIDENCE)
    house.staff(Role.MAKER, f"/cases/{made['case_id']}/submit")
    house.staff(Role.CHECKER, f"/cases/{made['case_id']}/refuse", {"reason": "blurred"})
    return str(made["subject_id"])


def test_five_years_after_the_end_a_subject_is_erased_and_not_a_second_earlier(house: House) -> None:
    _, subject = house.approved()
    assert house.staff(Role.PRIVACY, f"/subjects/{subject}/end").json() == {"kept_until": FIVE_YEARS_LATER}
    house.now = FIVE_YEARS_LATER - 1
    assert erased(house) == []
    house.now = FIVE_YEARS_LATER
    assert erased(house) == [subject]
    assert erased(house) == []


def test_who_was_never_sent_off_is_erased_five_years_after_the_last_approval_ran_out(house: House) -> None:
    first, subject = house.approved()
    house.now += 86_400
    second, _ = house.approved(subject=subject)
    assert approved_until(house, second) > START
    last = max(approved_until(house, first), approved_until(house, second))
    house.now = last + 1_827 * 86_400 - 1
    assert erased(house) == []
    house.now += 1
    assert erased(house) == [subject]


def test_who_was_refused_is_kept_as_long_and_who_was_never_judged_may_be_forgotten_at_once(house: House) -> None:
    turned_down = refused(house)
    answer = house.staff(Role.PRIVACY, f"/subjects/{turned_down}/erase")
    assert (answer.status_code, answer.json()["error"]) == (409, "RetentionRuns")
    made = house.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": PERSON}).json()
    assert house.staff(Role.PRIVACY, f"/subjects/{made['subject_id']}/erase").status_code == 200
    house.now = FIVE_YEARS_LATER
    assert erased(house) == [turned_down]


def test_a_request_to_be_erased_gives_way_to_the_duty_to_keep(house: House) -> None:
    case, subject = house.approved()
    house.credential(case)
    for _ in range(2):
        answer = house.staff(Role.PRIVACY, f"/subjects/{subject}/erase")
        assert (answer.status_code, answer.json()["error"]) == (409, "RetentionRuns")
        house.staff(Role.PRIVACY, f"/subjects/{subject}/end")
    with house.database.read() as connection:
        assert connection.execute(select(CASES.c.sealed)).scalar_one() != b""


def test_an_ended_relationship_revokes_what_it_gave_and_offers_nothing_more(house: House) -> None:
    case, subject = house.approved()
    house.credential(case)
    offer = house.offer(case)
    house.staff(Role.PRIVACY, f"/subjects/{subject}/end")
    with house.database.read() as connection:
        assert connection.execute(select(CREDENTIALS.c.status)).scalar_one() == Status.INVALID
    assert house.redeem(offer).status_code == 400
    assert house.staff(Role.MAKER, "/offers", {"case_ids": [case]}).json()["error"] == "WrongState"
    assert house.staff(Role.PRIVACY, f"/subjects/{subject}/end").json()["error"] == "WrongState"


def test_who_comes_back_is_a_client_again(house: House) -> None:
    _, subject = house.approved()
    house.staff(Role.PRIVACY, f"/subjects/{subject}/end")
    case, _ = house.approved(subject=subject)
    assert house.staff(Role.MAKER, "/offers", {"case_ids": [case]}).status_code == 201
    house.now = FIVE_YEARS_LATER
    assert erased(house) == []


def test_more_than_one_round_takes_are_all_erased(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("identity.issuer.retention.SWEEP_SIZE", 2)
    subjects = sorted(refused(house) for _ in range(5))
    house.now = FIVE_YEARS_LATER
    assert erased(house) == subjects


def test_the_rule_is_named_as_who_erased_and_an_export_says_until_when(house: House) -> None:
    _, subject = house.approved()
    until = house.staff(Role.PRIVACY, f"/subjects/{subject}/end").json()["kept_until"]
    headers = {"Authorization": f"Bearer {house.tokens[Role.PRIVACY]}"}
    exported: dict[str, Any] = house.ask("GET", f"/staff/v1/subjects/{subject}/export", headers=headers).json()
    assert (exported["ended_at"], exported["kept_until"]) == (START, until)
    house.now = until
    assert erased(house) == [subject]
    with house.database.read() as connection:
        by = select(AUDIT.c.actor).where(AUDIT.c.action == "subject.erase", AUDIT.c.object == subject)
        assert connection.execute(by).scalars().all() == ["retention"]
        assert connection.execute(select(OUTBOX)).all() == []  # nothing was issued, so nobody is told


def test_a_backup_that_brings_an_erased_subject_back_is_erased_again(house: House) -> None:
    """The rule stands in the records themselves: whoever is restored is due again, and the first round takes them."""
    _, subject = house.approved()
    ended = house.staff(Role.PRIVACY, f"/subjects/{subject}/end").json()["kept_until"]
    backup = sqlite3.connect(house.folder / "backup.sqlite")
    with closing(backup), closing(sqlite3.connect(house.folder / "issuer.sqlite")) as live:
        live.backup(backup)
        house.now = ended
        assert house.staff(Role.PRIVACY, f"/subjects/{subject}/erase").status_code == 200
        backup.backup(live)
    with house.database.read() as connection:
        assert find_subject(connection, subject).data_key is not None
    assert house.issuer.writer.run_blocking(house.issuer.privacy.sweep) == 1
    with house.database.read() as connection, pytest.raises(SubjectErased):
        find_subject(connection, subject)


def test_a_backup_holds_data_keys_wrapped_and_nothing_of_anybody(house: House) -> None:
    """A copy of the database opens nothing without the key store, which no copy of the database holds."""
    house.credential()
    stolen = house.bytes_on_disk()
    for secret in (PERSON["family_name"], PERSON["birthdate"], "shelf 7"):
        assert str(secret).encode() not in stolen
    with house.database.read() as connection:
        row = connection.execute(select(SUBJECTS)).one()
        case = connection.execute(select(CASES)).one()
    other = FileKeyStore.create(house.folder / "other.json", "open sesame", lambda: house.now, system_randomness)
    with pytest.raises(KeyStoreLocked):
        Vault(other, system_randomness).open(row.data_key, row.id, case.id, case.sealed)
