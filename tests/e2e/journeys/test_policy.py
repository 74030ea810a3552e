"""Rules that change: another policy by two persons, and an issuer that is believed no more."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace

import pytest

from bridge.types import Outcome
from lockstep_cli.local.subjects import QUALIFICATION
from tests.e2e.journeys.house import ACCREDITED, CHAINS, House, Investor, sent
from tests.support.commands import answer

pytestmark = [pytest.mark.chains, pytest.mark.timeout(600)]

NOT_ELIGIBLE = 9
FIRST, SECOND = "pia-policy", "paul-policy"
BY_INCOME, BY_WORD = "506c_income", "506b_representation"


@pytest.fixture(scope="module")
def mia(house: House) -> Investor:
    """Accredited by income, which the first policy takes and the second does not; she holds 5 on each chain."""
    (one,) = house.admit("mia", facts=replace(ACCREDITED, verification=BY_INCOME))
    answer("transfer", "ana", "mia", "5")
    answer("cross", "ana", "--to", "evm", "--receiver", "mia", "--free", "5")
    return one


def next_policy(house: House, effective_at: int) -> bytes:
    """The policy in force with other methods of verification, as the proposer writes it: not canonical."""
    shown = house.ask(FIRST, "GET", f"/policies/{house.asset}")
    document = json.loads(shown["document"])
    document |= {"version": shown["active"]["version"] + 1, "effective_at": effective_at}
    (asked,) = [one for one in document["admit"]["all"] if one["topic"] == QUALIFICATION]
    taken = asked["where"]["verification"]["in"]
    asked["where"]["verification"]["in"] = sorted({*taken, BY_WORD} - {BY_INCOME})
    return json.dumps(document, indent=4).encode()


def test_a_new_policy_takes_two_persons_binds_from_its_time_and_grants_only_once_the_chains_name_it(
    house: House, mia: Investor
) -> None:
    assert house.ask(FIRST, "GET", f"/policies/{house.asset}")["active"]["version"] == 1
    assert house.codes("evm", "cho") >= {NOT_ELIGIBLE}  # she says herself that she is accredited
    effective_at = int(time.time()) + 8
    document = next_policy(house, effective_at)
    proposed = house.ask(FIRST, "POST", "/policies", json.loads(document))
    canonical = json.dumps(json.loads(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    # RFC 8785 of a document of plain ASCII strings and integers is just this.
    assert proposed["hash"] == hashlib.sha256(canonical).hexdigest()
    approve = f"/policies/{house.asset}/2/approve"
    assert house.ask(FIRST, "POST", approve, {"hash": proposed["hash"]}, expect=409)["error"] == "TwoPersonsNeeded"
    assert house.ask(SECOND, "POST", approve, {"hash": "00" * 32}, expect=409)["error"] == "OtherHash"
    assert house.ask(SECOND, "POST", approve, {"hash": proposed["hash"]})["effective_at"] == effective_at
    for chain in CHAINS:
        assert NOT_ELIGIBLE not in house.codes(chain, "mia")

    # From its time on it takes away at once, on both chains, and what is left is the way out.
    house.wait_codes("mia", {NOT_ELIGIBLE})
    assert time.time() >= effective_at
    assert house.standing(mia)["eligible"] is False
    for chain in CHAINS:
        answer("transfer", "mia", "ana", "2", "--chain", chain)
    # It gives nothing while the chains name the one before: no grant, and no approval of anybody's order.
    order = sent("ana", "--to", "evm", "--free", "3")
    house.wait_order(order, "held")
    for chain in CHAINS:
        assert NOT_ELIGIBLE in house.codes(chain, "cho")
    uri = f"{house.running['oracle']}/policies/{house.asset}/2"
    assert hashlib.sha256(house.http.get(uri).content).hexdigest() == proposed["hash"]

    answer("asset", "document", "set", "policy", "--uri", uri, "--hash", "0x" + proposed["hash"])
    house.wait_codes("cho", set())
    assert house.wait_order(order, "settled").outcome is Outcome.DELIVERED
    assert NOT_ELIGIBLE in house.codes("evm", "mia")
    assert house.ask(FIRST, "GET", f"/policies/{house.asset}")["active"] == {"version": 2, "hash": proposed["hash"]}


def test_an_issuer_that_is_not_believed_from_a_date_on_takes_receiving_and_not_leaving(house: House) -> None:
    """What it signed before that date counts on; one person is enough to stop believing, and two to begin again."""
    did = house.http.get(f"{house.running['issuer']}/.well-known/did.json").json()["id"]
    house.ask(FIRST, "POST", "/issuers/distrust", {"issuer": did, "since": int(time.time()) + 3_600})
    house.ask(FIRST, "POST", "/issuers/distrust", {"issuer": did, "since": int(time.time()) - 3_600})
    for name in ("ben", "fay"):
        house.wait_codes(name, {NOT_ELIGIBLE})
    assert house.codes("substrate", "ana", sender="fay") >= {NOT_ELIGIBLE}
    assert house.codes("substrate", "fay", sender="fay") == set()

    assert house.ask(FIRST, "POST", "/issuers/trust", {"issuer": did}) == {"state": "asked"}
    assert house.ask(FIRST, "POST", "/issuers/trust", {"issuer": did}, expect=409)["error"] == "TwoPersonsNeeded"
    assert house.ask(SECOND, "POST", "/issuers/trust", {"issuer": did}) == {"state": "trusted"}
    for name in ("ben", "fay"):
        house.wait_codes(name, set())
