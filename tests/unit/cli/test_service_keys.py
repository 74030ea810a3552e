"""The commands by which a service gets its keys and its people, without a development kit that does it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from identity.issuer.staff import Role
from identity.keystore.file import FileKeyStore
from lockstep_cli.commands import issuer
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


def run(*words: str) -> str:
    result = CliRunner().invoke(issuer.app, list(words))
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
