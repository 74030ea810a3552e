"""A wallet that shares no code with us receives from our issuer, with and without a key bound to its token."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from identity.formats.did import did_web, did_web_address
from identity.formats.issuer_keys import DidWebKeys
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.formats.strict import parse_object
from identity.ports import utc
from tests.integration.identity.conftest import Running
from tests.integration.identity.test_issuer import today

FOLDER = Path(__file__).parents[2] / "wallets"
PATH = f"{FOLDER.parents[1] / '.lockstep' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"


@pytest.fixture(scope="module")
def node() -> str:
    """Node.js, with the wallet's packages installed as its lock says."""
    program = shutil.which("node", path=PATH)
    assert program is not None, "Node.js is part of the environment that ./lockstep setup makes"
    if not (FOLDER / "node_modules" / ".package-lock.json").is_file():
        # A Node.js that came with the environment carries its npm beside it, and not on the PATH.
        beside = Path(program).resolve().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        npm = shutil.which("npm", path=PATH)
        argv = [program, str(beside)] if npm is None else [npm]
        subprocess.run([*argv, "ci", "--ignore-scripts"], cwd=FOLDER, check=True, env={**os.environ, "PATH": PATH})
    return program


def receive(node: str, issuer: Running, offer: str, tx_code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the independent wallet, which trusts the development authority."""
    env = {**os.environ, "NODE_EXTRA_CA_CERTS": str(issuer.made.root)}
    argv = [node, "receive.mjs", offer, tx_code, "kyc_sd_jwt", *words]
    return subprocess.run(argv, cwd=FOLDER, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("way", "words"), [("by_value", ()), ("by_reference", ("dpop",))])
def test_an_independent_wallet_receives(node: str, issuer: Running, way: str, words: tuple[str, ...]) -> None:
    offer: dict[str, Any] = issuer.offer(today())
    done = receive(node, issuer, offer[way], offer["tx_code"], *words)
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert got["tokenType"] == ("DPoP" if words else "Bearer")
    did = did_web(issuer.made.public_url)
    document = parse_object(issuer.http.get(did_web_address(did)).content)
    verified = SdJwtVc().verify(got["credential"], DidWebKeys([did], lambda _did: document), utc())
    assert verified.holder is not None
    assert dict(verified.holder.jwk) == {name: got["jwk"][name] for name in ("crv", "kty", "x", "y")}
    assert verified.claims["given_name"] == "Ada"


def test_an_independent_wallet_understands_our_refusal(node: str, issuer: Running) -> None:
    offer: dict[str, Any] = issuer.offer(today())
    wrong = "000000" if offer["tx_code"] != "000000" else "111111"
    done = receive(node, issuer, offer["by_value"], wrong)
    assert done.returncode != 0
    assert "invalid_grant" in done.stderr
