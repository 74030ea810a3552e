"""Requests: what they say, who may go on after one, and that each is answered once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from identity.formats.did import key_in_document
from identity.formats.jws import parse_jws
from identity.wallet.presenting import VerifierRefused
from tests.unit.identity.oracle.presenting.verifier_house import ASSET, ORACLE, VerifierHouse, policy

DID = "did:web:oracle.example"


def request_object(oracle: VerifierHouse, started: dict[str, Any], **form: str) -> Any:
    """The request object behind a start, its signature checked with the published key."""
    address = parse_qs(urlsplit(started["request"]).query)["request_uri"][0]
    answer = oracle.http.post(address, data=form) if form else oracle.http.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/oauth-authz-req+jwt"
    assert answer.headers["cache-control"] == "no-store"
    jws = parse_jws(answer.text, types=("oauth-authz-req+jwt",))
    document = oracle.http.get("/.well-known/did.json").json()
    jws.verify(key_in_document(document, DID, str(jws.header["kid"])), "request")
    return jws.payload


def test_a_request_says_who_asks_for_what_and_where_the_answer_goes(oracle: VerifierHouse) -> None:
    started = oracle.start()
    link = parse_qs(urlsplit(started["request"]).query)
    assert link["client_id"] == [f"decentralized_identifier:{DID}"]
    payload = request_object(oracle, started)
    assert payload["client_id"] == f"decentralized_identifier:{DID}"
    assert payload["response_type"] == "vp_token"
    assert payload["response_mode"] == "direct_post.jwt"
    assert payload["aud"] == "https://self-issued.me/v2"
    assert payload["exp"] == started["expires_at"] == oracle.clock() + 300
    assert payload["response_uri"].startswith(f"{ORACLE}/presentations/")
    assert len(payload["nonce"]) == 43
    (credential,) = payload["dcql_query"]["credentials"]
    assert (credential["id"], credential["format"]) == ("kyc", "dc+sd-jwt")
    metadata = payload["client_metadata"]
    (key,) = metadata["jwks"]["keys"]
    assert (key["alg"], key["use"], key["crv"], set(key) & {"d"}) == ("ECDH-ES", "enc", "P-256", set())
    assert metadata["encrypted_response_enc_values_supported"] == ["A128GCM", "A256GCM"]
    assert set(metadata["vp_formats_supported"]) == {"dc+sd-jwt"}
    assert "iss" not in payload, "a DID as `iss` beside the prefixed client_id confuses wallets"


def test_each_request_has_its_own_nonce_state_and_key(oracle: VerifierHouse) -> None:
    one, other = (request_object(oracle, oracle.start()) for _ in range(2))
    assert one["nonce"] != other["nonce"]
    assert one["state"] != other["state"]
    assert one["client_metadata"]["jwks"] != other["client_metadata"]["jwks"]


def test_a_wallets_nonce_comes_back_in_the_signed_request(oracle: VerifierHouse) -> None:
    started = oracle.start()
    assert request_object(oracle, started, wallet_nonce="its-own")["wallet_nonce"] == "its-own"
    assert "wallet_nonce" not in request_object(oracle, started)


def test_a_plain_answer_is_asked_for_without_a_key(oracle: VerifierHouse) -> None:
    payload = request_object(oracle, oracle.start(response_mode="direct_post"))
    assert payload["response_mode"] == "direct_post"
    assert "jwks" not in payload["client_metadata"]


def test_a_plain_answer_is_taken_when_it_was_asked_for(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    started, presenter = oracle.start(response_mode="direct_post"), oracle.presenter()
    asking = presenter.read(started["request"])
    session = oracle.go_on(started, presenter.answer(asking, presenter.choose(asking, [held])))
    assert len(oracle.me(session)["enrolments"]) == 1


def test_the_private_key_of_a_request_is_not_on_the_disk_and_goes_with_the_answer(oracle: VerifierHouse) -> None:
    started = oracle.start()
    with oracle.database.read() as connection:
        ticket = parse_qs(urlsplit(started["request"]).query)["request_uri"][0].split("/")[-2]
        asked = oracle.requests.find(connection, ticket, oracle.clock(), "vp-request")
    assert asked.encryption_key is not None
    number = asked.encryption_key.private_numbers().private_value.to_bytes(32)
    assert number not in oracle.bytes_on_disk()


# --- who may go on -----------------------------------------------------------------------------------------------------


def answered(oracle: VerifierHouse) -> tuple[dict[str, Any], str]:
    """A request that a wallet answered, and the response code that came back."""
    held, _ = oracle.hold()
    started, presenter = oracle.start(), oracle.presenter()
    asking = presenter.read(started["request"])
    redirect = presenter.answer(asking, presenter.choose(asking, [held]))
    return started, parse_qs(urlsplit(redirect or "").fragment)["response_code"][0]


def go_on(oracle: VerifierHouse, transaction: str, code: str) -> tuple[int, str | None]:
    body = {"transaction": transaction, "response_code": code}
    answer = oracle.http.post("/enrolments/continue", json=body)
    return answer.status_code, answer.json().get("error")


def test_a_stranger_who_started_a_request_does_not_get_the_session_of_who_answered_it(oracle: VerifierHouse) -> None:
    """The stranger has the transaction; the response code went to the wallet of the other."""
    strangers, code = answered(oracle)
    for guess in ("", "x" * 43, strangers["transaction"][:43]):
        assert go_on(oracle, strangers["transaction"], guess) == (409, "ContinueRefused")
    own = oracle.start()
    assert go_on(oracle, own["transaction"], code) == (409, "ContinueRefused")
    assert oracle.counts()["investor_sessions"] == 0
    assert go_on(oracle, strangers["transaction"], code)[0] == 200


def test_a_response_code_counts_once_and_not_for_long(oracle: VerifierHouse) -> None:
    started, code = answered(oracle)
    assert go_on(oracle, started["transaction"], code)[0] == 200
    assert go_on(oracle, started["transaction"], code) == (409, "ContinueRefused")
    late, late_code = answered(oracle)
    oracle.issuer.now += 300
    assert go_on(oracle, late["transaction"], late_code) == (409, "ContinueRefused")


def test_nothing_goes_on_before_the_wallet_has_answered(oracle: VerifierHouse) -> None:
    started = oracle.start()
    assert go_on(oracle, started["transaction"], "x" * 43) == (409, "ContinueRefused")


def test_neither_code_nor_token_is_on_the_disk(oracle: VerifierHouse) -> None:
    started, code = answered(oracle)
    assert code.encode() not in oracle.bytes_on_disk()
    session = oracle.go_on(started, f"#response_code={code}")
    assert session["Authorization"].partition(" ")[2].encode() not in oracle.bytes_on_disk()
    assert started["transaction"].encode() not in oracle.bytes_on_disk()


def test_whoever_started_learns_only_how_far_it_is(oracle: VerifierHouse) -> None:
    started, code = answered(oracle)
    body = {"transaction": started["transaction"]}
    assert oracle.http.post("/enrolments/state", json=body).json() == {"state": "answered"}
    oracle.go_on(started, f"#response_code={code}")
    assert oracle.http.post("/enrolments/state", json=body).json() == {"state": "continued"}
    assert oracle.http.post("/enrolments/state", json={"transaction": "x" * 54}).status_code == 409


# --- once --------------------------------------------------------------------------------------------------------------


def test_a_request_is_answered_once(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    presenter = oracle.presenter()
    asking = presenter.read(oracle.start()["request"])
    choices = presenter.choose(asking, [held])
    presenter.answer(asking, choices)
    with pytest.raises(VerifierRefused) as refused:
        presenter.answer(asking, choices)
    assert refused.value.reason == "RequestGone"


def test_of_two_answers_at_the_same_time_one_counts(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    presenter = oracle.presenter()
    asking = presenter.read(oracle.start()["request"])
    choices = presenter.choose(asking, [held])

    def send(_place: int) -> str:
        try:
            presenter.answer(asking, choices)
        except VerifierRefused as error:
            return error.reason or str(error)
        return "taken"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == ["RequestGone", "RequestGone", "RequestGone", "taken"]


def test_a_refused_answer_leaves_the_request_open(oracle: VerifierHouse) -> None:
    held, _ = oracle.hold()
    presenter = oracle.presenter()
    asking = presenter.read(oracle.start()["request"])
    with pytest.raises(VerifierRefused):
        presenter.send(asking, {"response": "a.b.c.d.e"})
    assert presenter.answer(asking, presenter.choose(asking, [held])) is not None


@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
def test_a_wallet_may_decline(oracle: VerifierHouse, mode: str) -> None:
    started = oracle.start(response_mode=mode)
    asking = oracle.asking(started)
    form = {"error": "access_denied", "state": str(asking.state)}
    answer = oracle.http.post(asking.response_uri, data=form)
    assert answer.json() == {"redirect_uri": f"{ORACLE}/enrolments/return"}
    body = {"transaction": started["transaction"]}
    assert oracle.http.post("/enrolments/state", json=body).json() == {"state": "declined"}
    assert oracle.http.post(asking.response_uri, data=form).status_code == 404


@pytest.mark.parametrize("form", [{"error": "access_denied"}, {"error": "<script>", "state": "x"}])
def test_a_stranger_cannot_decline(oracle: VerifierHouse, form: dict[str, str]) -> None:
    started = oracle.start()
    asking = oracle.asking(started)
    assert oracle.http.post(asking.response_uri, data=form).json()["reason"] == "AnswerMalformed"
    body = {"transaction": started["transaction"]}
    assert oracle.http.post("/enrolments/state", json=body).json() == {"state": "open"}


# --- beginning ---------------------------------------------------------------------------------------------------------


def test_people_return_to_agreed_addresses_only(oracle: VerifierHouse) -> None:
    asset = "0x" + ASSET.hex()
    agreed = {"asset": asset, "return_to": "https://portal.example/back"}
    assert oracle.http.post("/enrolments", json=agreed).status_code == 201
    for address in ("https://portal.example/back2", "https://evil.example", "javascript:alert(1)", ""):
        answer = oracle.http.post("/enrolments", json={"asset": asset, "return_to": address})
        assert (answer.status_code, answer.json()["error"]) == (409, "ReturnRefused")


def test_an_asset_without_a_policy_is_unknown(oracle: VerifierHouse) -> None:
    answer = oracle.http.post("/enrolments", json={"asset": "0x" + "00" * 32})
    assert (answer.status_code, answer.json()["error"]) == (404, "AssetUnknown")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"asset": 5}', b'{"asset": "0x5a"}', b'{"asset": NaN}', b'{"a": 1, "a": 2}']
)
def test_a_body_of_another_form_is_refused_in_our_own_words(oracle: VerifierHouse, body: bytes) -> None:
    answer = oracle.http.post("/enrolments", content=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "detail"}


def test_a_request_for_a_policy_that_was_replaced_is_over(oracle: VerifierHouse) -> None:
    started = oracle.start()
    oracle.policy = policy(version=2)
    address = parse_qs(urlsplit(started["request"]).query)["request_uri"][0]
    answer = oracle.http.get(address)
    assert (answer.status_code, answer.json()["reason"]) == (404, "RequestGone")


def test_old_requests_are_forgotten(oracle: VerifierHouse) -> None:
    for _ in range(3):
        oracle.start()
    oracle.issuer.now += 600
    oracle.start()
    with oracle.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM presentations").scalar_one()
    assert rows == 1


def test_requests_are_signed_by_the_key_in_force_after_a_rotation(oracle: VerifierHouse) -> None:
    before = oracle.start()
    oracle.keys.rotate(oracle.clock, lambda size: bytes(range(size)))
    assert request_object(oracle, before)["client_id"].endswith(DID)
