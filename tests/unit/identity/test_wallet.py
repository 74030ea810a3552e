"""The development wallet: what it refuses to use, and what it refuses to keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from identity.errors import DevelopmentOnly, IdentityError
from identity.formats.base import CredentialContent
from identity.formats.did import did_document, did_web
from identity.formats.jws import LocalKey
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.ports import system_randomness
from identity.wallet.receiving import GRANT, IssuerRefused, IssuerSilent, OfferRefused, Receiver
from identity.wallet.store import CredentialUnknown, Held, WalletStore

URL = "https://issuer.example/tenant"
NOW = 1_800_000_000
DID = did_web(URL)
ISSUER_KEY = LocalKey(ec.derive_private_key(11, ec.SECP256R1()), f"{DID}#1")
HOLDER = LocalKey(ec.derive_private_key(12, ec.SECP256R1()))
OFFER: dict[str, Any] = {
    "credential_issuer": URL,
    "credential_configuration_ids": ["kyc_sd_jwt"],
    "grants": {GRANT: {"pre-authorized_code": "code"}},
    "something_new": True,
}


class FakeIssuer:
    """Answers as an issuer does, but for what a test changes."""

    def __init__(self, holder: LocalKey = HOLDER, **change: Any) -> None:
        content = CredentialContent(DID, "t", {"a": 1}, (), holder.public, NOW, NOW, NOW + 100)
        credential = SdJwtVc().build(content, ISSUER_KEY, system_randomness)
        base = "https://issuer.example"
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {
            f"{base}/.well-known/openid-credential-issuer/tenant": {
                "credential_issuer": URL,
                "credential_endpoint": f"{URL}/credential",
                "nonce_endpoint": f"{URL}/nonce",
                "credential_configurations_supported": {"kyc_sd_jwt": {"format": "dc+sd-jwt"}},
            },
            f"{base}/.well-known/oauth-authorization-server/tenant": {
                "issuer": URL,
                "token_endpoint": f"{URL}/token",
            },
            f"{URL}/token": {"access_token": "token", "token_type": "DPoP", "expires_in": 300},
            f"{URL}/nonce": {"c_nonce": "nonce"},
            f"{URL}/credential": {"credentials": [{"credential": credential}]},
            f"{URL}/did.json": did_document(DID, [("1", ISSUER_KEY.public)]),
            f"{URL}/offers/1": OFFER,
        }
        for path, answer in change.items():
            known = next(url for url in self.answers if url.endswith(path) or path in url)
            self.answers[known] = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        answer = self.answers[str(request.url)]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, json=answer)


def receiver(issuer: FakeIssuer) -> Receiver:
    return Receiver(httpx.Client(transport=httpx.MockTransport(issuer)), HOLDER, lambda: NOW, system_randomness)


def received(issuer: FakeIssuer, offer: dict[str, Any] = OFFER) -> list[Held]:
    wallet = receiver(issuer)
    return wallet.receive(wallet.read_offer(by_value(offer)), lambda: "123456")


def by_value(offer: object) -> str:
    return f"openid-credential-offer://?credential_offer={quote(json.dumps(offer))}"


def test_an_offer_is_followed_to_its_credential() -> None:
    issuer = FakeIssuer()
    (held,) = received(issuer)
    assert (held.issuer, held.configuration, held.valid_until) == (DID, "kyc_sd_jwt", NOW + 100)


def test_an_offer_by_reference_is_the_same_offer() -> None:
    wallet = receiver(FakeIssuer())
    text = f"openid-credential-offer://?credential_offer_uri={quote(URL + '/offers/1')}"
    assert wallet.read_offer(text) == wallet.read_offer(by_value(OFFER))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://issuer.example/offer",
        "openid-credential-offer://",
        "openid-credential-offer://?credential_offer=[]",
        "openid-credential-offer://?credential_offer={}&credential_offer_uri=https://issuer.example",
        "openid-credential-offer://?credential_offer={}&credential_offer={}",
        "openid-credential-offer://?credential_offer_uri=http://issuer.example/offers/1",
        "openid-credential-offer://?credential_offer_uri=file:///etc/passwd",
        by_value({**OFFER, "credential_issuer": "http://issuer.example"}),
        by_value({**OFFER, "credential_issuer": 5}),
        by_value({**OFFER, "credential_configuration_ids": []}),
        by_value({**OFFER, "credential_configuration_ids": ["a", "a"]}),
        by_value({**OFFER, "grants": {}}),
        by_value({**OFFER, "grants": {GRANT: {}}}),
        by_value({**OFFER, "grants": {"authorization_code": {}}}),
    ],
)
def test_an_offer_that_is_none_is_refused_before_anybody_is_asked(text: str) -> None:
    issuer = FakeIssuer()
    with pytest.raises(IdentityError):
        receiver(issuer).read_offer(text)
    assert issuer.asked == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"openid-credential-issuer": {"credential_issuer": "https://evil.example"}}, OfferRefused),
        ({"oauth-authorization-server": {"issuer": "https://evil.example"}}, OfferRefused),
        ({"oauth-authorization-server": {"issuer": URL, "token_endpoint": "http://evil.example/token"}}, OfferRefused),
        ({"/token": httpx.Response(400, json={"error": "invalid_grant"})}, IssuerRefused),
        ({"/token": httpx.Response(500, text="<html>")}, IssuerSilent),
        ({"/nonce": httpx.ConnectError("down")}, IssuerSilent),
        ({"/credential": {"credentials": []}}, IssuerSilent),
        ({"/credential": {"transaction_id": "x", "interval": 5}}, IssuerSilent),
        ({"/credential": {"credentials": [{"credential": "a.b.c~"}]}}, IdentityError),
        ({"/did.json": did_document(DID, [("1", HOLDER.public)])}, IdentityError),
        ({"/did.json": {"id": "did:web:evil.example"}}, IdentityError),
    ],
)
def test_an_issuer_that_is_not_as_it_must_be_gives_nothing(change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        received(FakeIssuer(**change))


def test_a_credential_for_another_key_is_not_kept() -> None:
    with pytest.raises(IssuerSilent, match="another key"):
        received(FakeIssuer(holder=LocalKey(ec.derive_private_key(13, ec.SECP256R1()))))


def test_a_transaction_code_is_asked_for_only_when_it_is_needed() -> None:
    wallet = receiver(FakeIssuer())
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return "123456"

    wallet.receive(wallet.read_offer(by_value(OFFER)), ask)
    assert asked == []
    needing = {**OFFER, "grants": {GRANT: {"pre-authorized_code": "code", "tx_code": {}}}}
    wallet.receive(wallet.read_offer(by_value(needing)), ask)
    assert asked == [1]


def test_the_store_keeps_and_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    store = WalletStore(tmp_path / "wallet")
    (held,) = received(FakeIssuer())
    store.add(held)
    again = WalletStore(tmp_path / "wallet")
    assert again.all() == [held]
    assert again.find("kyc") == again.find(held.id[:6]) == held
    assert again.key().public.thumbprint == store.key().public.thumbprint
    for name in ("entity", "", "zz"):
        with pytest.raises(CredentialUnknown):
            again.find(name)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "wallet").iterdir())


def test_there_is_no_such_wallet_outside_development(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCKSTEP_ENV", raising=False)
    with pytest.raises(DevelopmentOnly):
        WalletStore(tmp_path)
