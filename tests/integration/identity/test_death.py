"""A credential that a wallet got is on the disk, whatever happens to the issuer in the next moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from identity.formats.jws import LocalKey, build_jws, parse_jws
from identity.issuer.development import DevelopmentIssuer, make_development_issuer
from identity.issuer.offers import GRANT
from identity.issuer.process import open_issuer
from identity.issuer.settings import IssuerSettings
from identity.issuer.staff import Role
from identity.issuer.tables import CREDENTIALS
from identity.ports import utc
from identity.settings import load
from lockstep_cli.bench.issuance import free_port, prepare_cases

WALLETS, ENOUGH = 4, 12


def receive(made: DevelopmentIssuer, case: str, got: list[int], enough: threading.Event) -> None:
    """Receives one credential after another until the issuer is gone; notes the place of each."""
    key = LocalKey(ec.generate_private_key(ec.SECP256R1()))
    staff = {"Authorization": f"Bearer {made.tokens[Role.MAKER]}"}
    with httpx.Client(base_url=made.public_url, timeout=10) as http:
        while True:
            try:
                offer = http.post("/staff/v1/offers", json={"case_ids": [case]}, headers=staff).json()
                code = offer["offer"]["grants"][GRANT]["pre-authorized_code"]
                form = {"grant_type": GRANT, "pre-authorized_code": code, "tx_code": offer["tx_code"]}
                token = http.post("/token", data=form).json()["access_token"]
                nonce = http.post("/nonce").json()["c_nonce"]
                proof = build_jws(
                    {"typ": "openid4vci-proof+jwt", "jwk": dict(key.public.jwk)},
                    {"aud": made.public_url, "iat": utc(), "nonce": nonce},
                    key,
                )
                body = {"credential_configuration_id": "kyc_sd_jwt", "proofs": {"jwt": [proof]}}
                answer = http.post("/credential", json=body, headers={"Authorization": f"Bearer {token}"}).json()
            except (httpx.HTTPError, json.JSONDecodeError):
                return
            jwt = answer["credentials"][0]["credential"].split("~")[0]
            got.append(parse_jws(jwt, types=("dc+sd-jwt",)).payload["status"]["status_list"]["idx"])
            if len(got) >= ENOUGH:
                enough.set()


def test_nothing_that_was_answered_is_lost_when_the_issuer_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    made = make_development_issuer(tmp_path / "issuer", free_port(), None)
    (case,) = prepare_cases(made, 1)
    got: list[int] = []
    enough = threading.Event()
    argv = [sys.executable, "-m", "identity.issuer", str(made.settings)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("LOCKSTEP READY")
        wallets = [threading.Thread(target=receive, args=(made, case, got, enough)) for _ in range(WALLETS)]
        for wallet in wallets:
            wallet.start()
        assert enough.wait(120)
        os.kill(process.pid, signal.SIGKILL)
        for wallet in wallets:
            wallet.join()
    with ExitStack() as stack:
        issuer = open_issuer(load(IssuerSettings, made.settings), stack)
        with issuer.database.read() as connection:
            stored = set(connection.execute(select(CREDENTIALS.c.list_index)).scalars())
            issuer.audit.verify(connection)
    assert len(got) >= ENOUGH
    assert set(got) <= stored
