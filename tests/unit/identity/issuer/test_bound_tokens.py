"""Access tokens that are bound to a key (DPoP, RFC 9449): when they must be, to which address, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError
from sqlalchemy import func, select

from identity.formats.jws import LocalKey
from identity.issuer.settings import IssuerSettings
from identity.issuer.tables import SPENT
from tests.unit.identity.issuer.house import URL, House


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, code), answer.text


@pytest.fixture
def long(tmp_path: Path) -> Iterator[House]:
    """An issuer whose tokens live longer than a bearer token may."""
    with ExitStack() as stack:
        yield House(tmp_path, stack, token_seconds=301)


def spent(house: House) -> int:
    with house.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(SPENT)).scalar_one())


def test_a_token_of_more_than_five_minutes_needs_a_key_and_the_code_survives_the_refusal(long: House) -> None:
    offer = long.offer()
    refused(long.redeem(offer), 400, "invalid_dpop_proof")
    granted = long.redeem(offer, long.dpop("/token")).json()
    assert (granted["token_type"], granted["expires_in"]) == ("DPoP", 301)
    token = granted["access_token"]
    long.now += 300
    headers = {"Authorization": f"DPoP {token}", "DPoP": long.dpop("/credential", token)}
    assert long.request(token, headers=headers).status_code == 200


def test_a_token_of_five_minutes_needs_none(house: House) -> None:
    granted = house.redeem(house.offer()).json()
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 300)


def test_a_token_lives_an_hour_at_most(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="token_seconds"):
        IssuerSettings(
            public_url=URL,
            database="sqlite:////x",
            keystore=tmp_path,
            passphrase_file=tmp_path,
            port=1,
            token_seconds=3_601,
        )


@pytest.mark.parametrize("host", ["evil.example", "localhost", "issuer.example:444", "ISSUER.EXAMPLE"])
def test_a_proof_is_for_the_configured_address_whatever_the_request_calls_us(house: House, host: str) -> None:
    """Behind a proxy, or under an attacker's Host header, the address is the one from the settings."""
    granted = house.redeem(house.offer(), house.dpop("/token")).json()
    token = granted["access_token"]

    def ask(proof: str) -> Any:
        names = {"Host": host, "X-Forwarded-Host": host, "Forwarded": f"host={host}"}
        return house.request(token, headers={"Authorization": f"DPoP {token}", "DPoP": proof, **names})

    refused(ask(house.dpop("/credential", token, htu=f"https://{host}/credential")), 401, "invalid_dpop_proof")
    refused(ask(house.dpop("/credential", token, htu=f"{URL}/credential?x=1")), 401, "invalid_dpop_proof")
    assert ask(house.dpop("/credential", token)).status_code == 200


def test_the_proof_of_a_credential_request_is_spent_with_the_credential_and_kept_as_a_digest(house: House) -> None:
    offers = [house.offer(), house.offer()]
    tokens = [house.redeem(offer, house.dpop("/token")).json()["access_token"] for offer in offers]
    proof = house.dpop("/credential", tokens[0], jti="Vorpalblade")

    def ask(token: str, body: Any = None) -> Any:
        return house.request(token, body, headers={"Authorization": f"DPoP {token}", "DPoP": proof})

    before = spent(house)
    refused(ask(tokens[0], house.body("broken")), 400, "invalid_proof")
    assert spent(house) == before
    assert ask(tokens[0]).status_code == 200
    assert spent(house) == before + 2
    assert b"Vorpalblade" not in house.bytes_on_disk()
    refused(ask(tokens[0]), 400, "credential_request_denied")
    assert spent(house) == before + 2


def test_a_proof_that_was_seen_serves_no_other_request(house: House) -> None:
    """The same jti of the same key with another `ath`: two proofs, and the second is a replay of its number."""
    offers = [house.offer(), house.offer()]
    tokens = [house.redeem(offer, house.dpop("/token")).json()["access_token"] for offer in offers]

    def ask(token: str, jti: str) -> Any:
        proof = house.dpop("/credential", token, jti=jti)
        return house.request(token, headers={"Authorization": f"DPoP {token}", "DPoP": proof})

    assert ask(tokens[0], "one").status_code == 200
    answer = ask(tokens[1], "one")
    refused(answer, 401, "invalid_dpop_proof")
    assert answer.headers["www-authenticate"].startswith("DPoP ")
    assert ask(tokens[1], "two").status_code == 200


def test_two_wallets_may_count_alike(house: House) -> None:
    for _ in range(2):
        house.wallet = LocalKey(ec.generate_private_key(ec.SECP256R1()))
        assert house.redeem(house.offer(), house.dpop("/token", jti="1")).status_code == 200


def test_two_proofs_at_once_are_none(house: House) -> None:
    offer = house.offer()
    code = offer["offer"]["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"]["pre-authorized_code"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code",
        "pre-authorized_code": code,
        "tx_code": offer["tx_code"],
    }
    headers = [("DPoP", house.dpop("/token")), ("DPoP", house.dpop("/token"))]
    refused(house.ask("POST", "/token", data=form, headers=headers), 400, "invalid_dpop_proof")
    assert house.redeem(offer).status_code == 200
