"""A wallet that shares no code with us receives from our issuer, with and without a key bound to its token."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from identity.formats.did import did_web, did_web_address
from identity.formats.issuer_keys import DidWebKeys
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.strict import parse_object
from identity.ports import utc
from tests.integration.identity import nodejs
from tests.integration.identity.conftest import Running
from tests.integration.identity.test_issuer import today


def receive(issuer: Running, offer: str, tx_code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the independent wallet."""
    return nodejs.run("receive.mjs", offer, tx_code, "kyc_sd_jwt", *words, root=issuer.made.root)


@pytest.mark.parametrize(("way", "words"), [("by_value", ()), ("by_reference", ("dpop",))])
def test_an_independent_wallet_receives(issuer: Running, way: str, words: tuple[str, ...]) -> None:
    offer: dict[str, Any] = issuer.offer(today())
    done = receive(issuer, offer[way], offer["tx_code"], *words)
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert got["tokenType"] == ("DPoP" if words else "Bearer")
    did = did_web(issuer.made.public_url)
    document = parse_object(issuer.http.get(did_web_address(did)).content)
    verified = SdJwtVc().verify(got["credential"], DidWebKeys([did], lambda _did: document), utc())
    assert verified.holder is not None
    assert dict(verified.holder.jwk) == {name: got["jwk"][name] for name in ("crv", "kty", "x", "y")}
    assert verified.claims["given_name"] == "Ada"


def test_an_independent_wallet_understands_our_refusal(issuer: Running) -> None:
    offer: dict[str, Any] = issuer.offer(today())
    wrong = "000000" if offer["tx_code"] != "000000" else "111111"
    done = receive(issuer, offer["by_value"], wrong)
    assert done.returncode != 0
    assert "invalid_grant" in done.stderr
