"""A hit of screening on somebody whose order is under way: held, told to nobody, judged by two officers, read under audit."""

from __future__ import annotations

import json
import secrets
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from bridge.types import Outcome
from tests.e2e.journeys.house import CHAINS, FOLDER, House, Investor, sent
from tests.support.commands import answer, run

pytestmark = [pytest.mark.chains, pytest.mark.timeout(600)]

UNDER_REVIEW = {"eligible": False, "reasons": [{"code": "under review", "text": "under review", "cure": None}]}
FIRST, SECOND, COMPLIANCE = "olga-officer", "otto-officer", "carl-compliance"
RECEIVE_REFUSED, SEND_REFUSED = 9, 6
DEADLINE_PASSED = 21


@pytest.fixture(scope="module")
def ida(house: House) -> Investor:
    """An investor with 60 tokens on Substrate."""
    (one,) = house.admit("ida")
    answer("transfer", "ana", "ida", "60")
    return one


def person_of(house: House, one: Investor) -> str:
    """What the first officer finds by what stands on the chains."""
    found = house.ask(FIRST, "GET", f"/investors/{house.asset}/0x{one.investor.hex()}")
    assert found.keys() == {"person_id"}
    return str(found["person_id"])


def open_hit(house: House, person_id: str, reason: str) -> str:
    body = {"person_id": person_id, "message": secrets.token_hex(8), "reason": reason}
    return str(house.ask(FIRST, "POST", "/screening/hits", body)["hit_id"])


def noted(action: str, of: str) -> int:
    """How often the oracle's audit chain says so of a record."""
    with closing(sqlite3.connect(f"file:{FOLDER / 'oracle' / 'oracle.sqlite'}?mode=ro", uri=True)) as database:
        found = database.execute("select count(*) from audit where action = ? and object = ?", (action, of))
        return int(found.fetchone()[0])


def oracle_chain() -> dict[str, Any]:
    found = answer("audit", "verify")
    assert found["holds"] is True
    return next(dict(one) for one in found["chains"] if one["service"] == "oracle")


def said_outside_the_oracle() -> str:
    """Everything that relayer, attestors and signers have written down, logs and stores."""
    files = [
        path
        for name in ("relayer", "attestor-1", "attestor-2", "attestor-3", "signer-1", "signer-2", "signer-3")
        for path in FOLDER.glob(f"{name}.*")
        if not path.name.endswith(".key")
    ]
    assert len(files) >= 14
    return "".join(path.read_bytes().decode("latin-1") for path in files).lower()


def test_an_unconfirmed_hit_holds_an_order_and_tells_nobody_why_until_a_second_officer_clears_it(
    house: House, ida: Investor
) -> None:
    reason = f"reason-{secrets.token_hex(12)}"
    with house.while_away("relayer"):
        order = sent("ida", "--to", "evm", "--free", "20")
        person_id = person_of(house, ida)
        hit = open_hit(house, person_id, reason)
        house.wait_codes("ida", {RECEIVE_REFUSED})
    house.wait_for(lambda: (state := house.order(order)) is not None and state.under_review, "the order is held")

    shown = answer("order", "show", order)
    assert (shown["status"], shown["under_review"], shown["held"]) == ("held", True, [])
    told = run("order", "show", order).stdout
    assert "Under review" in told
    assert not {"screening", "sanction", "hit"} & set(told.lower().split())
    assert house.standing(ida) == UNDER_REVIEW
    assert "under review" in run("wallet", "standing", *ida.wallet_option).stdout
    for secret in (reason, hit, person_id, "screening", "sanction", "suspect"):
        assert secret.lower() not in said_outside_the_oracle(), secret
    # Receiving is over; leaving is not.
    for chain in CHAINS:
        assert RECEIVE_REFUSED in house.codes(chain, "ida")
    answer("transfer", "ida", "ana", "10")

    before = oracle_chain()
    found = house.ask(COMPLIANCE, "GET", f"/screening/hits/{hit}")
    assert found["reason"] == {"reason": reason}
    house.ask(COMPLIANCE, "GET", f"/persons/{person_id}/reasons/{house.asset}")
    assert (noted("screening.read", hit), noted("reasons.read", person_id)) == (1, 1)
    assert oracle_chain()["entries"] >= before["entries"] + 2
    assert answer(
        "audit", "verify", "--oracle", str(FOLDER / "oracle" / "oracle.toml"), "--oracle-head", before["head"]
    )
    # Those who judge a hit don't read why: that is another role's, and it is noted when it does.
    house.ask(FIRST, "GET", f"/screening/hits/{hit}", expect=403)

    assert house.ask(FIRST, "POST", f"/screening/hits/{hit}/clear", expect=409)["error"] == "TwoPersonsNeeded"
    assert house.ask(SECOND, "POST", f"/screening/hits/{hit}/clear") == {"state": "cleared", "decided": True}
    house.wait_codes("ida", set())
    assert house.wait_order(order, "settled").outcome is Outcome.DELIVERED
    assert (house.position("ida", "substrate").free, house.position("ida", "evm").free) == (30, 20)
    assert house.standing(ida) == {"eligible": True, "reasons": []}


def test_a_confirmed_hit_stops_sending_and_the_order_comes_back_at_its_deadline_and_not_before(
    house: House, ida: Investor
) -> None:
    before = house.position("ida", "substrate")
    with house.while_away("relayer"):
        order = sent("ida", "--to", "evm", "--free", "15", "--deadline", "30")
        hit = open_hit(house, person_of(house, ida), "confirmed later")
        house.wait_codes("ida", {RECEIVE_REFUSED})
    assert house.ask(FIRST, "POST", f"/screening/hits/{hit}/confirm", expect=409)["error"] == "TwoPersonsNeeded"
    for chain in CHAINS:
        assert SEND_REFUSED not in house.codes(chain, "ana", sender="ida")
    assert house.ask(SECOND, "POST", f"/screening/hits/{hit}/confirm") == {"state": "confirmed", "decided": True}
    house.wait_codes("ana", {SEND_REFUSED}, sender="ida")
    refused = run("transfer", "ida", "ana", "1")
    assert refused.returncode == 2
    assert "screening" not in refused.stderr.lower()
    assert house.standing(ida) == UNDER_REVIEW

    ended = house.wait_order(order, "refunded")
    assert (ended.outcome, ended.reason) == (Outcome.EXPIRED, DEADLINE_PASSED)
    assert ended.decided_at >= ended.order.deadline
    after = house.position("ida", "substrate")
    assert (after.free, after.lots, after.in_flight) == (before.free, before.lots, 0)

    # What two officers confirmed, two officers lift: the first one's view changes nothing.
    assert house.ask(FIRST, "POST", f"/screening/hits/{hit}/clear") == {"state": "confirmed", "decided": False}
    assert house.ask(SECOND, "POST", f"/screening/hits/{hit}/clear") == {"state": "cleared", "decided": True}
    house.wait_codes("ana", set(), sender="ida")
    house.wait_codes("ida", set())


def test_a_providers_file_of_hits_counts_once_and_needs_two_officers_too(house: House, ida: Investor) -> None:
    """The same file brought twice opens no second hit; of a provider's hit no officer was the first yet."""
    person_id, message = person_of(house, ida), secrets.token_hex(8)
    file = f"message,person_id,list,entry,score\n{message},{person_id},consolidated,a name like hers,0.81\n"
    token = (FOLDER / "oracle" / f"{FIRST}.token").read_text()
    url = f"{house.running['oracle']}/staff/v1/screening/providers/watchlist/results"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
    found = [house.http.post(url, content=file, headers=headers) for _ in range(2)]
    assert [json.loads(one.content) for one in found] == [{"new": 1}, {"new": 0}]
    house.wait_codes("ida", {RECEIVE_REFUSED})
    hits = [one for one in house.ask(SECOND, "GET", "/screening/hits")["hits"] if one["person_id"] == person_id]
    assert [("reason" in one, one["state"]) for one in hits] == [(False, "suspected")]
    assert house.ask(FIRST, "POST", f"/screening/hits/{hits[0]['id']}/clear")["decided"] is False
    assert house.ask(SECOND, "POST", f"/screening/hits/{hits[0]['id']}/clear")["decided"] is True
    house.wait_codes("ida", set())
