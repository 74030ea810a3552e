"""The development wallet and verifiers: which requests it answers, what it chooses, and what it never shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from identity.errors import IdentityError, SignatureInvalid
from identity.formats.base import Challenge, CredentialContent
from identity.formats.did import did_document
from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jwe import decrypt, encryption_jwk
from identity.formats.jwk import public_key_of
from identity.formats.jws import LocalKey, build_jws
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.strict import parse_object
from identity.ports import system_randomness
from identity.wallet.dcql import NothingFits, QueryRefused, choose
from identity.wallet.presenting import Presenter, RequestRefused, VerifierRefused, VerifierSilent
from identity.wallet.store import Held

NOW = 1_800_000_000
DID = "did:web:verifier.example"
CLIENT = f"decentralized_identifier:{DID}"
KEY = LocalKey(ec.derive_private_key(21, ec.SECP256R1()), f"{DID}#1")
HOLDER = LocalKey(ec.derive_private_key(22, ec.SECP256R1()))
ISSUER_KEY = LocalKey(ec.derive_private_key(23, ec.SECP256R1()), "did:web:issuer.example#1")
ENCRYPTION = ec.derive_private_key(24, ec.SECP256R1())
REQUEST_URI = "https://verifier.example/request"
RESPONSE_URI = "https://verifier.example/response"
KYC = {
    "id": "kyc",
    "format": "dc+sd-jwt",
    "meta": {"vct_values": ["https://issuer.example/types/kyc/1"]},
    "claims": [{"path": ["given_name"]}, {"path": ["nationalities", None]}],
}
CLAIMS = {"given_name": "Ada", "family_name": "Lovelace", "nationalities": ["DE", "GB"], "level": "standard"}
DISCLOSABLE = [("given_name",), ("family_name",), ("nationalities", None)]


def credential(type_: str = "kyc", at: int = NOW, claims: dict[str, Any] | None = None) -> Held:
    content = CredentialContent(
        "did:web:issuer.example",
        f"https://issuer.example/types/{type_}/1",
        CLAIMS if claims is None else claims,
        [path for path in DISCLOSABLE if path[0] in (CLAIMS if claims is None else claims)],
        HOLDER.public,
        at,
        at,
        at + 1_000,
    )
    wire = SdJwtVc().build(content, ISSUER_KEY, system_randomness)
    return Held("0" * 16, "", content.issuer, content.type, wire, at, at + 1_000)


class Verifier:
    """Asks as a verifier does, but for what a test changes; members set to `...` are left out."""

    def __init__(self) -> None:
        self.key, self.header, self.changed = KEY, {"kid": KEY.key_id}, dict[str, Any]()
        self.document: Any = did_document(DID, [("1", KEY.public)])
        self.token: str | None = None
        self.answer: tuple[int, Any] = (200, {"redirect_uri": "https://verifier.example/back#response_code=c"})
        self.got: dict[str, str] = {}
        self.asked: list[str] = []

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.handle))

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url}")
        if request.url.path == "/.well-known/did.json":
            return httpx.Response(200, json=self.document)
        if str(request.url) == RESPONSE_URI:
            self.got = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
            return httpx.Response(self.answer[0], json=self.answer[1])
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        return httpx.Response(200, text=self.token or self.signed(**form))

    def signed(self, **form: str) -> str:
        payload = {
            "client_id": CLIENT,
            "aud": "https://self-issued.me/v2",
            "iat": NOW,
            "exp": NOW + 300,
            "response_type": "vp_token",
            "response_mode": "direct_post.jwt",
            "response_uri": RESPONSE_URI,
            "nonce": "nonce-1",
            "state": "state-1",
            "dcql_query": {"credentials": [KYC]},
            "client_metadata": {
                "jwks": {"keys": [encryption_jwk(public_key_of(ENCRYPTION.public_key()), "enc-1")]},
                "encrypted_response_enc_values_supported": ["A128GCM", "A256GCM"],
            },
            **form,
            **self.changed,
        }
        header = {"typ": "oauth-authz-req+jwt", **self.header}
        kept = {name: value for name, value in payload.items() if value is not ...}
        return build_jws({name: value for name, value in header.items() if value is not ...}, kept, self.key)

    def link(self, **params: str | None) -> str:
        known = {"client_id": CLIENT, "request_uri": REQUEST_URI, "request_uri_method": "post", **params}
        return "openid4vp://?" + urlencode({name: value for name, value in known.items() if value is not None})

    def presenter(self) -> Presenter:
        return Presenter(self.client(), HOLDER, lambda: NOW, system_randomness)


@pytest.fixture
def verifier() -> Verifier:
    return Verifier()


def test_what_is_shown_is_encrypted_bound_and_no_more_than_asked(verifier: Verifier) -> None:
    presenter = verifier.presenter()
    asking = presenter.read(verifier.link())
    assert asking.verifier == DID
    assert presenter.answer(asking, presenter.choose(asking, [credential()])) is not None
    assert set(verifier.got) == {"response"}
    answer = parse_object(decrypt(verifier.got["response"], ENCRYPTION, "enc-1", ["A256GCM"]))
    assert answer["state"] == "state-1"
    (wire,) = answer["vp_token"]["kyc"]
    keys = PinnedKeys({"did:web:issuer.example": {ISSUER_KEY.key_id: ISSUER_KEY.public}})
    claims = SdJwtVc().verify_presentation(wire, keys, Challenge(CLIENT, "nonce-1"), NOW).claims
    assert (claims["given_name"], claims["nationalities"]) == ("Ada", ["DE", "GB"])
    assert "family_name" not in claims


def test_a_request_by_value_and_one_fetched_by_get_are_read(verifier: Verifier) -> None:
    by_value = verifier.link(request_uri=None, request_uri_method=None, request=verifier.signed())
    assert verifier.presenter().read(by_value).nonce == "nonce-1"
    assert verifier.presenter().read(verifier.link(request_uri_method=None)).nonce == "nonce-1"
    assert f"GET {REQUEST_URI}" in verifier.asked


def test_a_plain_answer_goes_out_only_when_the_signed_request_asks_for_it(verifier: Verifier) -> None:
    verifier.changed = {"response_mode": "direct_post"}
    presenter = verifier.presenter()
    asking = presenter.read(verifier.link())
    presenter.answer(asking, presenter.choose(asking, [credential()]))
    assert set(verifier.got) == {"vp_token", "state"}
    assert list(json.loads(verifier.got["vp_token"])) == ["kyc"]


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "decentralized_identifier:did:web:other.example"},
        {"client_id": DID},
        {"aud": "https://wallet.example"},
        {"aud": ...},
        {"exp": NOW},
        {"exp": ...},
        {"iat": NOW + 61},
        {"wallet_nonce": "not mine"},
        {"wallet_nonce": ...},
        {"response_type": "code"},
        {"response_mode": "fragment"},
        {"response_mode": ...},
        {"response_uri": "http://verifier.example/response"},
        {"response_uri": ...},
        {"nonce": ...},
        {"nonce": 5},
        {"state": 5},
        {"dcql_query": ...},
        {"dcql_query": "kyc"},
        {"transaction_data": ["e30"]},
        {"client_metadata": {}},
        {"client_metadata": {"jwks": {"keys": [{"kty": "EC", "alg": "RSA-OAEP"}]}}},
        {"client_metadata": {"jwks": {"keys": "none"}}},
    ],
    ids=lambda changed: "-".join(f"{name}" for name in changed),
)
def test_a_signed_request_of_another_form_is_not_answered(verifier: Verifier, changed: dict[str, Any]) -> None:
    verifier.changed = changed
    with pytest.raises(RequestRefused):
        verifier.presenter().read(verifier.link())
    assert verifier.got == {}


@pytest.mark.parametrize(
    "link",
    [
        lambda v: v.link(client_id="x509_hash:abc"),
        lambda v: v.link(client_id="redirect_uri:https://verifier.example"),
        lambda v: v.link(client_id=None),
        lambda v: v.link(request_uri=None),
        lambda v: v.link(request=v.signed()),
        lambda v: v.link(request_uri="http://verifier.example/request"),
        lambda v: v.link(request_uri="file:///etc/passwd"),
        lambda v: v.link() + "&client_id=again",
        lambda v: v.link().replace("openid4vp:", "https:"),
        lambda v: "",
    ],
)
def test_a_link_of_another_form_is_not_followed(verifier: Verifier, link: Callable[[Verifier], str]) -> None:
    with pytest.raises(RequestRefused):
        verifier.presenter().read(link(verifier))
    assert verifier.asked == []


def test_a_request_signed_by_somebody_else_is_not_answered(verifier: Verifier) -> None:
    verifier.key = LocalKey(ec.generate_private_key(ec.SECP256R1()), KEY.key_id)
    with pytest.raises(SignatureInvalid):
        verifier.presenter().read(verifier.link())


@pytest.mark.parametrize(
    "header", [{"kid": ...}, {"kid": "did:web:other.example#1"}, {"kid": f"{DID}#2"}, {"typ": "JWT"}]
)
def test_a_request_under_a_key_that_is_not_the_verifiers_is_not_answered(
    verifier: Verifier, header: dict[str, Any]
) -> None:
    verifier.header = {**verifier.header, **header}
    with pytest.raises(RequestRefused):
        verifier.presenter().read(verifier.link())


@pytest.mark.parametrize("token", ["", "a.b.c", "e30.e30.e30", "x" * 200_000, build_jws({"typ": "JWT"}, {}, KEY)])
def test_a_request_object_that_is_none_is_refused_with_a_typed_error(verifier: Verifier, token: str) -> None:
    verifier.token = token or " "
    with pytest.raises(IdentityError):
        verifier.presenter().read(verifier.link())


def test_an_unsigned_request_is_not_answered(verifier: Verifier) -> None:
    head, payload, _ = verifier.signed(wallet_nonce="x").split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoib2F1dGgtYXV0aHotcmVxK2p3dCJ9"
    verifier.token = f"{unsigned}.{payload}.AA"
    assert head != unsigned
    with pytest.raises(IdentityError, match="none"):
        verifier.presenter().read(verifier.link())


def test_a_verifier_that_refuses_is_heard(verifier: Verifier) -> None:
    verifier.answer = (400, {"error": "invalid_request", "error_description": "no", "reason": "WrongNonce"})
    presenter = verifier.presenter()
    asking = presenter.read(verifier.link())
    with pytest.raises(VerifierRefused) as refused:
        presenter.answer(asking, presenter.choose(asking, [credential()]))
    assert refused.value.reason == "WrongNonce"
    verifier.answer = (200, ["no object"])
    with pytest.raises(VerifierSilent):
        presenter.answer(asking, presenter.choose(asking, [credential()]))


# --- what is chosen ----------------------------------------------------------------------------------------------------


def query(*credentials: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"credentials": list(credentials), **members}


def test_the_newest_credential_of_the_type_is_chosen() -> None:
    old, new = credential(at=NOW - 500), credential()
    (choice,) = choose(query(KYC), [old, new, credential("residency")])
    assert choice.held is new
    assert choice.claims == (("given_name",), ("nationalities", None))


def test_without_the_claim_or_the_type_nothing_is_chosen() -> None:
    for held in (credential("residency"), credential(claims={"level": "standard"})):
        with pytest.raises(NothingFits) as missing:
            choose(query(KYC), [held])
        assert missing.value.missing == ("kyc",)


def test_values_that_are_asked_for_must_be_there() -> None:
    asked = {**KYC, "claims": [{"path": ["nationalities", None], "values": ["GB", "FR"]}]}
    assert len(choose(query(asked), [credential()])) == 1
    with pytest.raises(NothingFits):
        choose(query({**asked, "claims": [{"path": ["nationalities", None], "values": ["FR"]}]}), [credential()])


def test_the_first_set_of_claims_that_is_there_is_shown() -> None:
    claims = [{"id": "a", "path": ["document"]}, {"id": "b", "path": ["given_name"]}, {"id": "c", "path": ["level"]}]
    (choice,) = choose(query({**KYC, "claims": claims, "claim_sets": [["a", "b"], ["c"], ["b"]]}), [credential()])
    assert choice.claims == (("level",),)


def test_the_first_option_that_can_be_answered_is_taken() -> None:
    residency = {**KYC, "id": "residency", "meta": {"vct_values": ["https://issuer.example/types/residency/1"]}}
    options = {"options": [["kyc", "residency"], ["kyc"]], "required": True}
    held = [credential()]
    assert [one.query for one in choose(query(KYC, residency, credential_sets=[options]), held)] == ["kyc"]
    held.append(credential("residency"))
    both = choose(query(KYC, residency, credential_sets=[options]), held)
    assert [one.query for one in both] == ["kyc", "residency"]


def test_what_is_not_required_may_be_missing() -> None:
    other = {**KYC, "id": "other", "meta": {"vct_values": ["https://issuer.example/types/other/1"]}}
    sets = [{"options": [["kyc"]]}, {"options": [["other"]], "required": False}]
    assert [one.query for one in choose(query(KYC, other, credential_sets=sets), [credential()])] == ["kyc"]
    with pytest.raises(NothingFits):
        choose(query(KYC, other, credential_sets=[{"options": [["other"]]}]), [credential()])


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"credentials": []},
        {"credentials": "kyc"},
        {"credentials": [5]},
        {"credentials": [KYC, KYC]},
        {"credentials": [{**KYC, "id": 5}]},
        {"credentials": [{**KYC, "claims": []}]},
        {"credentials": [{**KYC, "claims": [{"path": []}]}]},
        {"credentials": [{**KYC, "claims": [{"path": [True]}]}]},
        {"credentials": [{**KYC, "claims": [{"path": "given_name"}]}]},
        {"credentials": [{**KYC, "claim_sets": [["z"]]}]},
        {"credentials": [KYC], "credential_sets": []},
        {"credentials": [KYC], "credential_sets": [{"options": []}]},
        {"credentials": [KYC], "credential_sets": [{"options": "kyc"}]},
    ],
)
def test_a_query_that_cannot_be_read_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(QueryRefused):
        choose(asked, [credential()])
