"""What an oracle may be started with, and what it is refused before it starts."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from identity.errors import DevelopmentOnly
from identity.oracle.deciding.roles import Role
from identity.oracle.development import STAFF, make_development_oracle
from identity.oracle.settings import OracleSettings
from identity.settings import load
from identity.tls.development import DevelopmentAuthority

NODES = ["ws://one", "ws://two"]
FINE: dict[str, Any] = {
    "public_url": "https://oracle.example",
    "database": "sqlite:////tmp/oracle.sqlite",
    "keystore": "keys.json",
    "passphrase_file": "passphrase",
    "port": 8443,
    "fetch_hosts": ["issuer.example"],
    "chains": [{"kind": "substrate", "nodes": NODES}],
    "signers": ["https://signer.example"],
    "substrate_key_file": "substrate.key",
    "evm_key_file": "evm.key",
}


@pytest.fixture(autouse=True)
def _production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCKSTEP_ENV", raising=False)


def test_settings_that_hold_everything_are_taken() -> None:
    assert OracleSettings(**FINE).signers == ("https://signer.example",)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"public_url": "http://oracle.example"}, "plain http"),
        ({"public_url": "https://oracle.example?x=1"}, "no query"),
        ({"signers": ["http://signer.example"]}, "over https"),
        ({"signers": []}, "at least 1"),
        ({"certificate": "oracle.pem"}, "belong together"),
        ({"host": "0.0.0.0"}, "loopback"),  # noqa: S104 - that it is refused is the test
        ({"chains": [{"kind": "substrate", "nodes": ["ws://one"]}]}, "two different nodes"),
        ({"chains": [{"kind": "substrate", "nodes": ["ws://one", "ws://one"]}]}, "two different nodes"),
        ({"rhythm_seconds": 0}, "greater than or equal to 1"),
        ({"heartbeat_seconds": 86_400}, "less than or equal to 3600"),
        ({"signing_key": "x"}, "Extra inputs"),
        ({"cooling_seconds": 3_599}, "at least 3600"),
        ({"cooling_seconds": -1}, "greater than or equal to 0"),
        ({"cooling_seconds": 2_592_001}, "less than or equal to 2592000"),
        ({"retention_days": -1}, "greater than or equal to 0"),
        ({"open_requests": 0}, "greater than or equal to 1"),
        ({"client_requests": 0}, "greater than or equal to 1"),
        ({"forwarded": ["everybody"]}, "network"),
        ({"return_addresses": ["http://portal.example/back"]}, "https"),
        ({"return_addresses": ["https://portal.example/back", "javascript:alert(1)"]}, "https"),
        ({"return_addresses": ["https:///back"]}, "needs a host"),
        ({"return_addresses": ["https://a@portal.example/"]}, "no name, password"),
        ({"return_addresses": ["https://portal.example/back#x"]}, "fragment"),
        ({"return_addresses": ["https://portal.example/back#"]}, "fragment"),
        ({"return_addresses": ["https://portal.example\\@evil.example/"]}, "plain ASCII"),
        ({"return_addresses": ["https://portal.example/\nx"]}, "plain ASCII"),
        ({"return_addresses": ["https://p\u00f6rtal.example/"]}, "plain ASCII"),
        ({"return_addresses": ["https://portal.example/" + "a" * 490]}, "at most 512"),
    ],
)
def test_settings_that_would_be_unsafe_are_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        OracleSettings(**{**FINE, **change})


def test_what_is_not_said_is_the_careful_choice() -> None:
    settings = OracleSettings(**FINE)
    assert settings.cooling_seconds == 24 * 3_600
    assert settings.retention_days == 1_827, "five years, two leap days among them"
    assert (settings.return_addresses, settings.forwarded) == ((), ())


def test_addresses_to_return_to_and_proxies_are_taken_as_they_are() -> None:
    chosen = {
        "return_addresses": ["https://portal.example/back?from=wallet"],
        "forwarded": ["10.0.0.0/8", "2001:db8::1"],
    }
    settings = OracleSettings(**FINE, **chosen, cooling_seconds=3_600)
    assert settings.return_addresses == ("https://portal.example/back?from=wallet",)
    assert [str(one) for one in settings.forwarded] == ["10.0.0.0/8", "2001:db8::1/128"]


def test_in_development_accounts_may_cool_for_a_moment_and_pages_may_stand_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    settings = OracleSettings(**FINE, cooling_seconds=0, return_addresses=["http://localhost:3000/back"])
    assert (settings.cooling_seconds, settings.return_addresses) == (0, ("http://localhost:3000/back",))


def make(folder: Path) -> Any:
    return make_development_oracle(
        folder / "oracle",
        8443,
        DevelopmentAuthority(folder / "ca"),
        issuers=["localhost:8444"],
        chains=[{"kind": "evm", "nodes": [{"http": "http://n", "ws": "ws://n"}] * 2, "bridge": "b", "lens": "l", "authority": "a"}],
        signers=["https://localhost:8445"],
        keys={"substrate": folder / "s.key", "evm": folder / "e.key"},
        attestors=3,
        rhythm_seconds=1,
    )  # fmt: skip


def test_a_ready_made_oracle_can_be_loaded_and_its_secrets_are_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    made = make(tmp_path)
    settings = load(OracleSettings, made.settings)
    assert (settings.rhythm_seconds, settings.public_url) == (1, "https://localhost:8443")
    assert made.did == "did:web:localhost%3A8443"
    assert settings.chains[0].kind == "evm"
    assert made.tokens.keys() == {*STAFF, "attestor-1", "attestor-2", "attestor-3"}
    assert len(set(made.tokens.values())) == len(made.tokens)
    for name in os.listdir(tmp_path / "oracle"):
        assert stat.S_IMODE((tmp_path / "oracle" / name).stat().st_mode) & 0o077 == 0, name


def test_two_people_of_its_staff_may_stand_for_a_policy() -> None:
    assert sum(Role.POLICY in roles for roles in STAFF.values()) == 2


def test_there_is_no_ready_made_oracle_outside_development(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    authority = DevelopmentAuthority(tmp_path / "ca")
    monkeypatch.delenv("LOCKSTEP_ENV")
    with pytest.raises(DevelopmentOnly):
        make_development_oracle(tmp_path, 1, authority, issuers=[], chains=[], signers=[], keys={}, attestors=1)
