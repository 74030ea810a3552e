"""Whose key it is: documents kept for a while, certificates for other names, and silence that is told as such."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from identity.errors import FetchFailed, IssuerUnknown
from identity.fetch.fetcher import Fetched
from identity.formats.did import did_document
from identity.formats.jwk import public_key_of
from identity.formats.jws import encode_chain
from identity.oracle.presenting.issuers import IssuerDocuments, IssuerSilent, KnownKeys
from identity.ports import utc
from identity.tls.development import DevelopmentAuthority
from tests.unit.identity.oracle.presenting.verifier_house import fresh_key

DID = "did:web:issuer.example"


class Web:
    """The issuer's site, and a clock."""

    def __init__(self) -> None:
        self.now, self.key, self.up, self.asked = 1_000, fresh_key(), True, 0
        self.body: bytes | None = None

    def clock(self) -> int:
        return self.now

    def get(self, url: str, accept: str) -> Fetched:
        assert url == "https://issuer.example/.well-known/did.json"
        self.asked += 1
        if not self.up:
            raise FetchFailed("issuer.example", "down")
        document = did_document(DID, [("k", self.key.public)])
        body = json.dumps(document).encode() if self.body is None else self.body
        return Fetched(url, "application/json", body)


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def documents(web: Web) -> IssuerDocuments:
    return IssuerDocuments(web, web.clock, fresh=300, last=3_600)


def found(web: Web, documents: IssuerDocuments, issuer: str | None = DID, **header: Any) -> str:
    keys = KnownKeys(documents, [], web.clock)
    return keys.find(issuer, {"kid": f"{DID}#k", **header}).key.thumbprint


def test_a_key_is_found_in_the_document_that_was_fetched_before(web: Web, documents: IssuerDocuments) -> None:
    with pytest.raises(IssuerSilent):
        found(web, documents)
    documents.ensure([DID])
    assert found(web, documents) == web.key.public.thumbprint
    assert web.asked == 1


def test_a_fresh_document_is_not_fetched_again(web: Web, documents: IssuerDocuments) -> None:
    documents.ensure([DID])
    web.now += 299
    documents.ensure([DID])
    assert web.asked == 1
    web.now += 1
    documents.ensure([DID])
    assert web.asked == 2


def test_a_key_that_was_taken_out_counts_no_more(web: Web, documents: IssuerDocuments) -> None:
    documents.ensure([DID])
    old, web.key = web.key, fresh_key()
    web.now += 300
    documents.refresh()
    assert found(web, documents) != old.public.thumbprint


def test_an_issuer_that_is_down_counts_for_an_hour_and_then_is_silent(web: Web, documents: IssuerDocuments) -> None:
    documents.ensure([DID])
    web.up = False
    web.now += 3_600
    documents.ensure([DID])
    assert found(web, documents) == web.key.public.thumbprint
    web.now += 1
    with pytest.raises(IssuerSilent):
        found(web, documents)


def test_a_document_of_a_time_that_our_clock_has_not_reached_must_come_again(
    web: Web, documents: IssuerDocuments
) -> None:
    """Our clock was put back by an hour: for that hour a key that the issuer had taken out counted on."""
    documents.ensure([DID])
    old, web.key = web.key, fresh_key()
    web.now -= 3_600
    with pytest.raises(IssuerSilent):
        found(web, documents)
    documents.ensure([DID])
    assert found(web, documents) == web.key.public.thumbprint != old.public.thumbprint


def test_a_dropped_document_must_come_again(web: Web, documents: IssuerDocuments) -> None:
    documents.ensure([DID])
    documents.drop(DID)
    with pytest.raises(IssuerSilent):
        found(web, documents)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": "x", "id": "y"}', b"\xff"])
def test_a_document_that_is_none_is_as_good_as_silence(web: Web, documents: IssuerDocuments, body: bytes) -> None:
    web.body = body
    documents.ensure([DID])
    with pytest.raises((IssuerSilent, IssuerUnknown)):
        found(web, documents)


def test_somebody_elses_document_is_refused(web: Web, documents: IssuerDocuments) -> None:
    web.body = json.dumps(did_document("did:web:other.example", [("k", web.key.public)])).encode()
    documents.ensure([DID])
    with pytest.raises(IssuerUnknown):
        found(web, documents)


@pytest.mark.parametrize("header", [{"kid": None}, {"kid": "did:web:other.example#k"}, {"kid": f"{DID}#other"}])
def test_a_key_that_is_not_in_the_document_is_unknown(
    web: Web, documents: IssuerDocuments, header: dict[str, Any]
) -> None:
    documents.ensure([DID])
    with pytest.raises(IssuerUnknown):
        found(web, documents, **header)


def test_an_issuer_of_another_kind_of_name_needs_a_certificate(web: Web, documents: IssuerDocuments) -> None:
    for issuer in ("https://issuer.example", None):
        with pytest.raises(IssuerUnknown):
            found(web, documents, issuer)


def test_nothing_is_fetched_for_names_that_are_no_did_web(web: Web, documents: IssuerDocuments) -> None:
    documents.ensure(["https://issuer.example", "did:key:z6Mk"])
    assert web.asked == 0


def certified(tmp_path: Path, name: str) -> tuple[list[x509.Certificate], dict[str, Any], str]:
    """A root, a header with a certificate of this name under it, and the thumbprint of its key."""
    authority = DevelopmentAuthority(tmp_path / "ca")
    private = ec.generate_private_key(ec.SECP256R1())
    chain = authority.certify_signer(private.public_key(), name)
    return [authority.root], {"x5c": encode_chain(chain)}, public_key_of(private.public_key()).thumbprint


def test_an_issuer_named_by_its_address_speaks_by_certificate(
    web: Web, documents: IssuerDocuments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    web.now = utc()
    name = "https://bank.example"
    roots, header, thumbprint = certified(tmp_path, name)
    for issuer in (name, None):
        assert KnownKeys(documents, roots, web.clock).find(issuer, header).key.thumbprint == thumbprint
    for issuer, trusted in ((name, []), ("https://other.example", roots)):
        with pytest.raises(IssuerUnknown):
            KnownKeys(documents, trusted, web.clock).find(issuer, header)


def test_a_did_web_speaks_by_its_document_and_not_by_a_certificate(
    web: Web, documents: IssuerDocuments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a key that the issuer took out of its document would count on until its certificate ends."""
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    web.now = utc()
    roots, header, _ = certified(tmp_path, DID)
    documents.ensure([DID])
    for issuer in (DID, None):
        with pytest.raises(IssuerUnknown):
            KnownKeys(documents, roots, web.clock).find(issuer, header)
