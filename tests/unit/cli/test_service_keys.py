"""The commands by which a service gets its keys and its people, without a development kit that does it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from identity.issuer.database import open_database as open_issuers
from identity.issuer.staff import Role
from identity.issuer.tables import STAFF as ISSUERS
from identity.keystore.file import FileKeyStore
from identity.oracle.database import open_database as open_oracles
from identity.oracle.deciding.roles import Role as OracleRole
from identity.oracle.deciding.tables import STAFF as ORACLES
from identity.ports import system_randomness
from identity.refusals import StaffRefused
from identity.settings import SettingsRefused
from identity.storage.staff import StaffList
from lockstep_cli.commands import issuer, oracle
from lockstep_cli.errors import UserError

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    secret = tmp_path / "passphrase"
    secret.touch(0o600)
    secret.write_text(PASSPHRASE + "\n", "utf-8")
    file = tmp_path / "issuer.toml"
    file.write_text(
        f'public_url = "https://issuer.example"\ndatabase = "sqlite:///{tmp_path / "issuer.sqlite"}"\n'
        f'keystore = "{tmp_path / "keys.json"}"\npassphrase_file = "{secret}"\nport = 8443\n',
        "utf-8",
    )
    return file


@pytest.fixture(autouse=True)
def _production(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an operator runs them: nothing here is allowed only on a developer's machine."""
    monkeypatch.delenv("LOCKSTEP_ENV", raising=False)


@pytest.fixture
def oracle_settings(settings: Path) -> Path:
    folder = settings.parent
    file = folder / "oracle.toml"
    node = '{kind = "substrate", nodes = ["ws://one", "ws://two"]}'
    file.write_text(
        f'public_url = "https://oracle.example"\ndatabase = "sqlite:///{folder / "oracle.sqlite"}"\n'
        f'keystore = "{folder / "oracle-keys.json"}"\npassphrase_file = "{folder / "passphrase"}"\nport = 8444\n'
        f'fetch_hosts = ["issuer.example"]\nsigners = ["https://signer.example"]\nchains = [{node}]\n'
        f'substrate_key_file = "{folder / "s.key"}"\nevm_key_file = "{folder / "e.key"}"\n',
        "utf-8",
    )
    return file


def run(*words: str, app: typer.Typer = issuer.app) -> str:
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None:
        raise result.exception
    return result.stdout.strip()


def test_an_issuer_gets_keys_people_and_another_key(settings: Path) -> None:
    first = run("create-keys", "--settings", str(settings))
    token = run("add-staff", "mara", "--role", Role.MAKER, "--settings", str(settings))
    assert len(token) >= 43
    second = run("rotate-key", "--settings", str(settings))
    store = FileKeyStore.open(settings.parent / "keys.json", PASSPHRASE)
    assert store.active().key_id == second
    assert {name for name, _ in store.published()} == {first, second}
    assert os.stat(settings.parent / "keys.json").st_mode & 0o077 == 0


def test_keys_are_never_overwritten(settings: Path) -> None:
    run("create-keys", "--settings", str(settings))
    before = (settings.parent / "keys.json").read_bytes()
    with pytest.raises(UserError, match="already"):
        run("create-keys", "--settings", str(settings))
    assert (settings.parent / "keys.json").read_bytes() == before


def test_an_empty_passphrase_seals_nothing(settings: Path) -> None:
    (settings.parent / "passphrase").write_text("\n", "utf-8")
    with pytest.raises(UserError, match="empty"):
        run("create-keys", "--settings", str(settings))
    assert not (settings.parent / "keys.json").exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_passphrase_that_others_may_read_seals_nothing(settings: Path, mode: int) -> None:
    (settings.parent / "passphrase").chmod(mode)
    with pytest.raises(SettingsRefused, match="owner only"):
        run("create-keys", "--settings", str(settings))
    assert not (settings.parent / "keys.json").exists()


def test_plain_http_is_refused_before_a_key_is_made(settings: Path) -> None:
    settings.write_text(settings.read_text("utf-8").replace("https://issuer", "http://issuer"), "utf-8")
    with pytest.raises(SettingsRefused, match="plain http"):
        run("create-keys", "--settings", str(settings))
    assert not (settings.parent / "keys.json").exists()


def test_the_token_of_an_issuers_staff_lets_in_for_the_role_and_stands_nowhere(settings: Path) -> None:
    run("create-keys", "--settings", str(settings))
    token = run("add-staff", "mara", "--role", Role.MAKER, "--settings", str(settings))
    keys = FileKeyStore.open(settings.parent / "keys.json", PASSPHRASE)
    database = open_issuers(f"sqlite:///{settings.parent / 'issuer.sqlite'}")
    try:
        with database.read() as connection:
            staff = StaffList[Role](ISSUERS, keys, system_randomness)
            assert staff.require(connection, token, Role.MAKER) == "mara"
            with pytest.raises(StaffRefused):
                staff.require(connection, token, Role.CHECKER)
    finally:
        database.close()
    assert_nowhere(token, settings.parent)


def test_an_oracle_gets_keys_people_and_another_key(oracle_settings: Path) -> None:
    folder, which = oracle_settings.parent, ("--settings", str(oracle_settings))
    first = run("create-keys", *which, app=oracle.app)
    token = run("add-staff", "attestor-1", "--role", OracleRole.ATTESTOR, *which, app=oracle.app)
    second = run("rotate-key", *which, app=oracle.app)
    keys = FileKeyStore.open(folder / "oracle-keys.json", PASSPHRASE)
    assert keys.active().key_id == second
    assert {name for name, _ in keys.published()} == {first, second}
    assert os.stat(folder / "oracle-keys.json").st_mode & 0o077 == 0
    database = open_oracles(f"sqlite:///{folder / 'oracle.sqlite'}")
    try:
        with database.read() as connection:
            staff = StaffList[OracleRole](ORACLES, keys, system_randomness)
            assert staff.require(connection, token, OracleRole.ATTESTOR) == "attestor-1", "also under the new key"
            with pytest.raises(StaffRefused):
                staff.require(connection, token, OracleRole.OFFICER)
    finally:
        database.close()
    assert_nowhere(token, folder)


def test_keys_of_an_oracle_are_never_overwritten_and_not_made_with_an_empty_or_open_passphrase(
    oracle_settings: Path,
) -> None:
    folder, which = oracle_settings.parent, ("--settings", str(oracle_settings))
    (folder / "passphrase").chmod(0o644)
    with pytest.raises(SettingsRefused, match="owner only"):
        run("create-keys", *which, app=oracle.app)
    (folder / "passphrase").chmod(0o600)
    run("create-keys", *which, app=oracle.app)
    before = (folder / "oracle-keys.json").read_bytes()
    with pytest.raises(UserError, match="already"):
        run("create-keys", *which, app=oracle.app)
    assert (folder / "oracle-keys.json").read_bytes() == before


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (('nodes = ["ws://one", "ws://two"]', 'nodes = ["ws://one"]'), "two different nodes"),
        (("https://oracle", "http://oracle"), "plain http"),
        (("https://signer", "http://signer"), "over https"),
    ],
)
def test_an_oracle_that_would_be_unsafe_gets_no_keys(oracle_settings: Path, wrong: tuple[str, str], why: str) -> None:
    oracle_settings.write_text(oracle_settings.read_text("utf-8").replace(*wrong), "utf-8")
    with pytest.raises(SettingsRefused, match=why):
        run("create-keys", "--settings", str(oracle_settings), app=oracle.app)
    assert not (oracle_settings.parent / "oracle-keys.json").exists()


def assert_nowhere(token: str, folder: Path) -> None:
    for file in folder.iterdir():
        assert token.encode() not in file.read_bytes(), file.name
