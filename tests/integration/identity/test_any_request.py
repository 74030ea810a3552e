"""Whatever is sent, no service of ours answers with a fault: requests are drawn from the issuer's own description."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from sqlalchemy import select

from identity.issuer.providers import SignedWebhook
from identity.issuer.staff import Role
from identity.issuer.tables import CREDENTIALS
from tests.support.any_request import ask
from tests.unit.identity.issuer.house import EVIDENCE, PERSON, House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path_factory.mktemp("issuer"), stack, providers=[SignedWebhook("bureau", b"s" * 32)])


ROLES = (
    (("approve", "refuse"), Role.CHECKER),
    (("subjects/{subject_id}/credentials", "/credentials/"), Role.OFFICER),
    (("subjects",), Role.PRIVACY),
)
"""Whose door each address of the desk is; all others are the maker's."""


def token_for(house: House, path: str) -> str:
    if path == "/credential":
        return house.token()
    role = next((role for words, role in ROLES if any(word in path for word in words)), Role.MAKER)
    return house.tokens[role]


def known(house: House) -> dict[str, list[str]]:
    """Records there are, so that not every drawn request ends at `there is no such`."""
    case, subject = house.approved()
    house.credential(case)
    offer = house.offer(case)
    submitted = house.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": PERSON}).json()["case_id"]
    house.staff(Role.MAKER, f"/cases/{submitted}/evidence", EVIDENCE)
    opened = house.staff(Role.MAKER, "/cases", {"type": "kyc", "claims": PERSON}).json()["case_id"]
    house.staff(Role.MAKER, f"/cases/{submitted}/submit")
    with house.database.read() as connection:
        row = connection.execute(select(CREDENTIALS)).first()
    assert row is not None
    reference = parse_qs(urlsplit(offer["by_reference"]).query)["credential_offer_uri"][0].rpartition("/")[2]
    return {
        "case_id": [case, submitted, opened],
        "subject_id": [subject],
        "credential_id": [row.id],
        "offer_id": [offer["offer_id"]],
        "list_id": [row.list_id],
        "reference": [reference],
        "name": ["kyc", "bureau"],
        "version": ["1"],
    }


def test_no_request_is_a_fault(house: House) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", house.app)
    records = known(house)
    reached: dict[str, Counter[int]] = {}
    for found in described.get_all_operations():
        operation = found.ok()
        headers = {"Authorization": f"Bearer {token_for(house, operation.path)}"}
        reached[f"{operation.method} {operation.path}"] = ask(operation, headers, records)
    assert sum(sum(statuses.values()) for statuses in reached.values()) > 400
    # Every door of the desk was opened by its own key: nothing hides behind a refusal of the role.
    assert [path for path, statuses in reached.items() if 403 in statuses or not statuses.keys() - {401}] == []
