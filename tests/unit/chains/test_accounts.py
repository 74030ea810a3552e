"""Keys and the files they lie in."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from eth_account import Account as EthAccount
from substrateinterface import Keypair
from substrateinterface.constants import DEV_PHRASE

from chains.accounts import (
    Account,
    KeyFileRefused,
    load_evm_key,
    load_substrate_key,
    read_secret_file,
    write_secret_file,
)

KEY = bytes(range(1, 33))


def secret(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_an_evm_account_is_its_address_left_padded() -> None:
    account = Account.evm(EthAccount.from_key(KEY))
    assert account.id == bytes(12) + bytes.fromhex(account.text[2:])


def test_a_substrate_account_is_its_public_key() -> None:
    pair = Keypair.create_from_uri("//Alice")
    account = Account.substrate(pair)
    assert (account.id, account.text) == (bytes(pair.public_key), pair.ss58_address)


def test_the_key_never_shows() -> None:
    account = Account.evm(EthAccount.from_key(KEY))
    assert KEY.hex() not in repr(account)
    assert "key" not in repr(account)


@pytest.mark.parametrize("text", [KEY.hex(), "0x" + KEY.hex() + "\n"])
def test_an_evm_key_is_read_from_its_file(tmp_path: Path, text: str) -> None:
    assert load_evm_key(secret(tmp_path, text)).address == EthAccount.from_key(KEY).address


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601, 0o610])
def test_a_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(KeyFileRefused, match="chmod 600"):
        load_evm_key(secret(tmp_path, KEY.hex(), mode))


@pytest.mark.parametrize("text", ["", "0x", "zz", "11" * 31, "11" * 33, "00" * 32, "ff" * 32])
def test_a_file_without_a_key_is_refused_and_its_text_is_not_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeyFileRefused) as caught:
        load_evm_key(secret(tmp_path, text))
    assert caught.value.__cause__ is None
    assert len(text) < 10 or text not in str(caught.value)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(KeyFileRefused):
            read_secret_file(path)


def test_the_published_phrase_is_taken_in_development_only(tmp_path: Path) -> None:
    path = secret(tmp_path, f"{DEV_PHRASE}//Relayer")
    with pytest.raises(KeyFileRefused, match="everyone knows"):
        load_substrate_key(path, development=False)
    assert load_substrate_key(path, development=True).public_key == Keypair.create_from_uri("//Relayer").public_key


def test_a_development_path_is_taken_in_development_only(tmp_path: Path) -> None:
    path = secret(tmp_path, "//Relayer")
    with pytest.raises(KeyFileRefused, match="everyone knows"):
        load_substrate_key(path, development=False)
    assert load_substrate_key(path, development=True).public_key == Keypair.create_from_uri("//Relayer").public_key


@pytest.mark.parametrize(
    "text", ["0x" + "11" * 32, "bottom drive obey lake curtain smoke basket hold race lonely fit walk"]
)
def test_a_seed_or_a_phrase_gives_a_substrate_key(tmp_path: Path, text: str) -> None:
    assert len(load_substrate_key(secret(tmp_path, text), development=True).public_key) == 32


@pytest.mark.parametrize("text", ["0x1234", "not a phrase at all", "0xzz"])
def test_what_is_no_seed_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeyFileRefused):
        load_substrate_key(secret(tmp_path, text), development=True)


def test_a_new_secret_is_for_its_owner_only_and_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new"
    write_secret_file(path, KEY.hex())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_evm_key(path).address
    with pytest.raises(FileExistsError):
        write_secret_file(path, KEY.hex())
