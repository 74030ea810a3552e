"""The key store: opens with its passphrase only, keeps what it signed verifiable, hands no key out."""

from __future__ import annotations

import json
import os
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


def test_a_change_is_on_the_disk_with_its_name_before_it_takes_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file was synced and its new name was not: after a power failure the key before the rotation signed again."""
    store = made(tmp_path)
    steps: list[str] = []
    sync, rename = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        steps.append("name")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    store.rotate(lambda: 2_000, system_randomness)
    assert steps == ["file", "name", "folder"]


def test_a_change_that_does_not_reach_the_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = made(tmp_path)
    before = store.active().key_id

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="space"):
            store.rotate(lambda: 2_000, system_randomness)
    assert store.active().key_id == before
    assert [name for name, _ in store.published()] == [before]
    assert FileKeyStore.open(tmp_path / "keys.json", "open sesame").active().key_id == before


def test_what_somebody_left_beside_the_file_gives_it_no_rights(tmp_path: Path) -> None:
    store = made(tmp_path)
    beside = tmp_path / "keys.json.new"
    beside.write_text("")
    beside.chmod(0o666)
    store.rotate(lambda: 2_000, system_randomness)
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
