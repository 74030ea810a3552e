"""The issuer over real https: the wallet's command receives, trust is by did:web and by certificate, changes are pushed."""

from __future__ import annotations

import datetime as dt
import json
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from identity.errors import FetchFailed, FetchRefused, IssuerUnknown
from identity.fetch.addresses import FetchPolicy
from identity.fetch.fetcher import Fetcher
from identity.formats.base import Challenge
from identity.formats.did import did_web, did_web_address
from identity.formats.issuer_keys import CertificateKeys, DidWebKeys
from identity.formats.jws import parse_jws
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.status_list import MEDIA_TYPE, Status, verify_status_list_token
from identity.formats.strict import parse_object
from identity.issuer.staff import Role
from identity.ports import utc
from tests.integration.identity.conftest import Running


def today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


def lockstep(issuer: Running, *words: str, code: int = 0) -> Any:
    """Runs the command line as a person does; its JSON."""
    env = {
        **os.environ,
        "LOCKSTEP_ENV": "dev",
        "LOCKSTEP_WALLET": str(issuer.wallet),
        "LOCKSTEP_ROOTS": str(issuer.made.root),
        "LOCKSTEP_ISSUER_URL": issuer.made.public_url,
        "LOCKSTEP_STAFF_TOKEN": issuer.made.tokens[Role.OFFICER],
    }
    done = subprocess.run(
        [sys.executable, "-m", "lockstep_cli", *words], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def fetcher(issuer: Running) -> Fetcher:
    host = issuer.made.public_url.removeprefix("https://")
    return Fetcher(FetchPolicy(frozenset({host}), private_networks=True), roots=issuer.made.root)


def web_keys(issuer: Running) -> DidWebKeys:
    fetch = fetcher(issuer)
    return DidWebKeys(
        [did_web(issuer.made.public_url)],
        lambda did: parse_object(fetch.get(did_web_address(did), "application/json").body),
    )


@pytest.fixture(scope="module")
def received(issuer: Running) -> dict[str, Any]:
    """A credential in the wallet, received by the command, with what the staff knows of it."""
    offer = issuer.offer(today())
    (held,) = lockstep(issuer, "wallet", "receive", offer["by_reference"], "--tx-code", offer["tx_code"], "--json")
    stored = json.loads((Path(issuer.wallet) / f"{held['id']}.json").read_text("utf-8"))
    return {**offer, "held": held, "credential": stored["credential"]}


def test_the_wallet_lists_what_it_received(issuer: Running, received: dict[str, Any]) -> None:
    assert received["held"]["configuration"] == "kyc_sd_jwt"
    assert received["held"] in lockstep(issuer, "wallet", "list", "--json")


def test_the_key_is_found_by_did_web_and_by_certificate(issuer: Running, received: dict[str, Any]) -> None:
    did = did_web(issuer.made.public_url)
    by_web = SdJwtVc().verify(received["credential"], web_keys(issuer), utc())
    root = x509.load_pem_x509_certificate(Path(str(issuer.made.root)).read_bytes())
    by_certificate = SdJwtVc().verify(received["credential"], CertificateKeys([root], [did], utc), utc())
    assert by_web.issuer == by_certificate.issuer == did
    with pytest.raises(IssuerUnknown):
        SdJwtVc().verify(received["credential"], CertificateKeys([], [did], utc), utc())
    with pytest.raises(IssuerUnknown):
        SdJwtVc().verify(received["credential"], CertificateKeys([root], ["did:web:other.example"], utc), utc())


def test_the_wallet_shows_one_claim_and_no_more(issuer: Running, received: dict[str, Any]) -> None:
    shown = lockstep(
        issuer, "wallet", "show", "kyc", "--audience", "https://oracle.example", "--nonce", "n-1",
        "--disclose", "nationalities/*", "--json",
    )  # fmt: skip
    challenge = Challenge("https://oracle.example", "n-1")
    claims = SdJwtVc().verify_presentation(shown["presentation"], web_keys(issuer), challenge, utc()).claims
    assert claims["nationalities"] == ["DE"]
    assert "family_name" not in claims


def test_the_same_offer_is_refused_with_a_sentence(issuer: Running, received: dict[str, Any]) -> None:
    answer = lockstep(issuer, "wallet", "receive", received["by_value"], "--tx-code", "1", "--json", code=2)
    assert "invalid_grant" in answer["error"]["sentence"]


def test_a_revocation_is_pushed_and_published_at_once(issuer: Running) -> None:
    offer = issuer.offer(today())
    (held,) = lockstep(issuer, "wallet", "receive", offer["by_value"], "--tx-code", offer["tx_code"], "--json")
    stored = json.loads((Path(issuer.wallet) / f"{held['id']}.json").read_text("utf-8"))["credential"]
    status = SdJwtVc().verify(stored, web_keys(issuer), utc()).status
    assert status is not None
    (row,) = lockstep(issuer, "issuer", "credentials", offer["subject_id"])["credentials"]
    assert lockstep(issuer, "issuer", "revoke", row["id"], "--json")["status"] == "INVALID"
    message = issuer.heard.get(timeout=30)
    jws = parse_jws(message, types=("lockstep-status+jwt",))
    keys = web_keys(issuer)
    jws.verify(keys.find(jws.payload["iss"], jws.header).key, "message")
    assert jws.payload["changes"] == [{"idx": status.index, "status": 1}]
    token = fetcher(issuer).get(status.uri, MEDIA_TYPE).body.decode("ascii")
    for text in (token, jws.payload["status_list_token"]):
        listed = verify_status_list_token(text, status.uri, keys, utc())
        assert listed.statuses.at(status.index) == Status.INVALID


def test_the_audit_command_finds_the_chain_whole(issuer: Running) -> None:
    settings = str(issuer.made.settings)
    (first,) = lockstep(issuer, "audit", "verify", "--issuer", settings, "--json")["chains"]
    noted = ("--issuer-head", first["head"])
    (again,) = lockstep(issuer, "audit", "verify", "--issuer", settings, *noted, "--json")["chains"]
    assert again["entries"] >= first["entries"] > 0


def test_nobody_is_served_who_does_not_trust_the_certificate(issuer: Running) -> None:
    with pytest.raises(httpx.ConnectError), httpx.Client(verify=ssl.create_default_context()) as stranger:
        stranger.get(issuer.made.public_url)


def test_the_fetcher_keeps_to_its_policy(issuer: Running) -> None:
    host = issuer.made.public_url.removeprefix("https://")
    known = f"{issuer.made.public_url}/.well-known/did.json"
    with pytest.raises(FetchRefused, match="private"):
        Fetcher(FetchPolicy(frozenset({host})), roots=issuer.made.root).get(known, "application/json")
    with pytest.raises(FetchFailed, match="trusted"):
        Fetcher(FetchPolicy(frozenset({host}), private_networks=True)).get(known, "application/json")
    with pytest.raises(FetchFailed, match="content type"):
        fetcher(issuer).get(known, "text/plain")
    with pytest.raises(FetchFailed, match="404"):
        fetcher(issuer).get(f"{issuer.made.public_url}/nothing", "application/json")
    small = FetchPolicy(frozenset({host}), private_networks=True, max_bytes=10)
    with pytest.raises(FetchFailed, match="more than 10"):
        Fetcher(small, roots=issuer.made.root).get(known, "application/json")


def test_an_issuer_does_not_start_with_plain_http_or_an_open_passphrase(issuer: Running, tmp_path: Path) -> None:
    text = issuer.made.settings.read_text("utf-8")
    plain = tmp_path / "plain.toml"
    plain.write_text(text.replace("https://localhost", "http://localhost"), "utf-8")
    env = {name: value for name, value in os.environ.items() if name != "LOCKSTEP_ENV"}
    done = subprocess.run(
        [sys.executable, "-m", "identity.issuer", str(plain)], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 78
    assert "development only" in done.stderr
    opened = tmp_path / "passphrase"
    opened.write_text("x", "utf-8")
    opened.chmod(0o644)
    loose = tmp_path / "loose.toml"
    loose.write_text(
        "".join(line for line in text.splitlines(keepends=True) if not line.startswith("passphrase_file"))
        + f'passphrase_file = "{opened}"\n',
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "identity.issuer", str(loose)], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "owner only" in done.stderr
