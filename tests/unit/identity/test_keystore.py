"""The key store: opens with its passphrase only, keeps what it signed verifiable, hands no key out."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from identity.errors import KeyStoreLocked
from identity.keystore.file import FileKeyStore
from identity.ports import system_randomness
from identity.tls.development import DevelopmentAuthority


def made(folder: Path) -> FileKeyStore:
    return FileKeyStore.create(folder / "keys.json", "open sesame", lambda: 1_000, system_randomness)


def test_what_was_wrapped_is_unwrapped_after_a_restart(tmp_path: Path) -> None:
    store = made(tmp_path)
    wrapped, mac = store.wrap(b"k" * 32, b"subject"), store.mac("nonce", b"x")
    again = FileKeyStore.open(tmp_path / "keys.json", "open sesame")
    assert again.unwrap(wrapped, b"subject") == b"k" * 32
    assert again.mac("nonce", b"x") == mac != again.mac("code", b"x")
    assert again.active().key_id == store.active().key_id


def test_the_file_is_its_owners_and_holds_nothing_in_the_open(tmp_path: Path) -> None:
    store = made(tmp_path)
    path = tmp_path / "keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.active().key_id not in path.read_text("ascii")


def test_a_wrong_passphrase_opens_nothing(tmp_path: Path) -> None:
    made(tmp_path)
    with pytest.raises(KeyStoreLocked):
        FileKeyStore.open(tmp_path / "keys.json", "open barley")


@pytest.mark.parametrize("field", ["version", "kdf", "nonce", "sealed"])
def test_a_file_that_was_changed_does_not_open(tmp_path: Path, field: str) -> None:
    made(tmp_path)
    path = tmp_path / "keys.json"
    document = json.loads(path.read_text("ascii"))
    for value in (
        None,
        5,
        "AAAA",
        {},
        {"n": 2, "r": 8, "p": 1, "salt": "AAAA"},
        {"n": 2**30, "r": 8, "p": 1, "salt": ""},
    ):
        path.write_text(json.dumps({**document, field: value}), "ascii")
        with pytest.raises(KeyStoreLocked):
            FileKeyStore.open(path, "open sesame")


def test_a_store_is_never_overwritten(tmp_path: Path) -> None:
    store = made(tmp_path)
    with pytest.raises(FileExistsError):
        made(tmp_path)
    assert FileKeyStore.open(tmp_path / "keys.json", "open sesame").active().key_id == store.active().key_id


def test_a_data_key_is_unwrapped_for_its_own_subject_only(tmp_path: Path) -> None:
    store = made(tmp_path)
    wrapped = store.wrap(b"k" * 32, b"subject")
    for text, context in ((wrapped, b"other"), (wrapped[:-1] + b"x", b"subject"), (b"", b"subject")):
        with pytest.raises(KeyStoreLocked):
            store.unwrap(text, context)


def test_rotation_keeps_the_old_key_published_until_it_is_dropped(tmp_path: Path) -> None:
    store = made(tmp_path)
    old = store.active().key_id
    new = store.rotate(lambda: 2_000, system_randomness).key_id
    again = FileKeyStore.open(tmp_path / "keys.json", "open sesame")
    assert [name for name, _ in again.published()] == [new, old]
    assert again.active().key_id == new
    with pytest.raises(ValueError, match="active"):
        again.drop(new, system_randomness)
    again.drop(old, system_randomness)
    assert [name for name, _ in FileKeyStore.open(tmp_path / "keys.json", "open sesame").published()] == [new]


def test_a_certificate_for_another_key_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    authority = DevelopmentAuthority(tmp_path / "ca")
    store = made(tmp_path)
    first = store.active().public.key
    store.rotate(lambda: 2_000, system_randomness)
    with pytest.raises(ValueError, match="another key"):
        store.certify(authority.certify_signer(first, "did:web:x"), system_randomness)  # type: ignore[arg-type]
