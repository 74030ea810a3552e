"""The signer over HTTP, and the settings that its process must not run with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account as EthAccount
from starlette.testclient import TestClient

from chains.accounts import write_secret_file
from chains.devnet.keys import DEV_MNEMONIC, ORACLE_SIGNERS
from chains.errors import SettingsRefused
from identity.oracle.signer.process import run
from identity.oracle.signer.service import create_app
from identity.oracle.signer.settings import SignerSettings
from identity.settings import SettingsRefused as SettingsWrong
from identity.settings import load
from tests.unit.identity.oracle.signer.booth import ASSET, NOW, Booth, World, ana, evm_account


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def client(booth: Booth) -> TestClient:
    return TestClient(create_app(booth.signer))


def test_a_refusal_names_the_check_and_nothing_that_was_shown(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    shown = (world.issuer.credential(1, NOW).showing(("level",), ("given_name",)),)
    request = world.request(world.evm, world.batch(world.evm, world.grant()), evidence=shown)
    answer = client(world.booth()).post("/batches", content=request.model_dump_json())
    assert answer.status_code == 409
    assert answer.json()["items"][0]["check"] == "disclosure"
    told = answer.text + "".join(capsys.readouterr())
    assert "Wilhelmina" not in told
    assert shown[0][:40] not in told


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"chain": NaN}', b'{"chain": "a", "chain": "b"}', b"[" * 9_999])
def test_a_body_that_is_no_request_is_refused_without_a_fault(world: World, body: bytes) -> None:
    for path in ("/batches", "/permits", "/seen"):
        assert client(world.booth()).post(path, content=body).status_code == 422


def test_nodes_that_do_not_answer_are_no_refusal(world: World) -> None:
    booth = world.booth()
    request = world.request(world.evm, world.batch(world.evm, world.grant()))
    booth.witnesses[0]._nodes = ()
    booth.witnesses[0]._pools = []
    booth.witnesses[0]._quorum = 1
    answer = client(booth).post("/batches", content=request.model_dump_json())
    assert (answer.status_code, answer.json()["check"]) == (503, "unavailable")


def permit(world: World, *, account: int = 5, expires_at: int = NOW + 600, nonce: str = "nonce-1") -> dict[str, Any]:
    asked = world.permit(world.evm, evm_account(account), expires_at=expires_at, nonce=nonce)
    return dict(json.loads(asked.model_dump_json()))


def test_one_permit_of_an_account_lives_at_a_time(world: World) -> None:
    world.evm.apply(world.batch(world.evm, world.grant()))
    ask = client(world.booth())
    first = ask.post("/permits", json=permit(world))
    assert first.status_code == 200
    assert ask.post("/permits", json=permit(world)).json() == first.json()
    assert ask.post("/permits", json=permit(world, expires_at=NOW + 900)).json()["check"] == "replay"
    world.now += 601
    assert ask.post("/permits", json=permit(world, expires_at=NOW + 1_200)).status_code == 200


@pytest.mark.parametrize("expires_at", [NOW, NOW - 1, NOW + 3_601])
def test_a_permit_lives_an_hour_at_most(world: World, expires_at: int) -> None:
    world.evm.apply(world.batch(world.evm, world.grant()))
    answer = client(world.booth()).post("/permits", json=permit(world, expires_at=expires_at))
    assert answer.json()["check"] == "expiry"


def test_a_permit_for_somebody_who_may_not_receive_is_refused(world: World) -> None:
    assert client(world.booth()).post("/permits", json=permit(world)).json()["check"] == "record"


def test_a_permit_for_a_bound_account_is_refused(world: World) -> None:
    world.evm.apply(world.batch(world.evm, world.grant()))
    world.evm.state.accounts[ASSET, evm_account(5).id] = ana(2)
    world.evm.mine()
    assert client(world.booth()).post("/permits", json=permit(world)).json()["check"] == "account"


def test_health_names_the_key(world: World) -> None:
    booth = world.booth()
    assert client(booth).get("/health").json() == {"address": "0x" + booth.signer.address.hex()}


def settings(folder: Path, **changed: Any) -> dict[str, Any]:
    node = {"kind": "substrate", "nodes": ["ws://127.0.0.1:1", "ws://127.0.0.1:2"]}
    return {
        "key_file": folder / "key",
        "store": folder / "store.sqlite",
        "chains": [node],
        "oracle_did": "did:web:oracle.example",
        "fetch_hosts": ["issuer.example"],
        "certificate": folder / "a.pem",
        "certificate_key": folder / "a.key",
        "token_file": folder / "token",
        **changed,
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "192.0.2.1"},
        {"certificate": None, "certificate_key": None},
        {"certificate_key": None},
        {"token_file": None},
        {"chains": [{"kind": "substrate", "nodes": ["ws://127.0.0.1:1"]}]},
    ],
)
def test_outside_development_a_signer_needs_loopback_tls_and_two_nodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    monkeypatch.delenv("LOCKSTEP_ENV", raising=False)
    SignerSettings.model_validate(settings(tmp_path))
    with pytest.raises(ValueError, match=r"loopback|certificate|nodes|token_file"):
        SignerSettings.model_validate(settings(tmp_path, **changed))


def test_a_published_key_is_refused_outside_development(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCKSTEP_ENV", raising=False)
    EthAccount.enable_unaudited_hdwallet_features()
    known = EthAccount.from_mnemonic(DEV_MNEMONIC, account_path=f"m/44'/60'/0'/0/{ORACLE_SIGNERS[0]}")
    write_secret_file(tmp_path / "key", known.key.hex())
    with pytest.raises(SettingsRefused):
        run(SignerSettings.model_validate(settings(tmp_path)), ready=lambda _port: None)


def test_a_settings_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong):
        load(SignerSettings, tmp_path / "none.toml")
