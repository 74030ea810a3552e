"""The search for people: planted in every form that could carry them, each is found; a run without them is clean."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from lockstep_cli.demo import privacy
from lockstep_cli.demo.privacy import Search, public_files, search_run
from lockstep_cli.demo.secrets import Secrets, secrets_of
from lockstep_cli.local.subjects import Subject

SUBJECT = Subject(
    given_name="Qvortexandrila",
    family_name="Zemblathorpink",
    birthdate=dt.date(1971, 2, 13),
    country="SG",
    document_number="KXQJWPLMTRVBDGHF",
    document_ends=dt.date(2033, 8, 9),
)
ENDS = 1_858_464_000
NOISE = hashlib.shake_256(b"noise").digest(5_000)


def blake2(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


def scale(text: str) -> bytes:
    """A SCALE string of fewer than 64 bytes: its length in one byte, shifted by two bits, and the text."""
    return bytes([len(text) << 2]) + text.encode("utf-8")


def found(data: bytes) -> bool:
    search = Search(Secrets(secrets_of(SUBJECT, [ENDS])))
    search.look("here", data)
    return search.document()["found"] > 0


@pytest.mark.parametrize(
    "planted",
    [
        b"Qvortexandrila",
        b"ZEMBLATHORPINK",
        b"zemblathorpink qvortexandrila",
        b"kxqjwplmtrvbdghf",
        "Qvortexandrila".encode("utf-16-le"),
        scale("KXQJWPLMTRVBDGHF"),
        b"KXQJWPLMTRVBDGHF".hex().encode("ascii"),
        b"0x" + b"Zemblathorpink".hex().upper().encode("ascii"),
        base64.b64encode(b'{"family_name":"Zemblathorpink"}'),
        base64.urlsafe_b64encode(b'["salt~salt~salt??","given_name","Qvortexandrila"]').rstrip(b"="),
        base64.b64encode(b"Zemblathorpink".hex().encode("ascii")),
        b"0x" + base64.b64encode(b"1 Zemblathorpink 1").hex().encode("ascii"),
        hashlib.sha256(b"KXQJWPLMTRVBDGHF").digest(),
        keccak(b"Qvortexandrila Zemblathorpink"),
        blake2(b"zemblathorpink1971-02-13"),
        hashlib.sha256(b"Qvortexandrila Zemblathorpink|1971-02-13").hexdigest().encode("ascii"),
        keccak(b"KXQJWPLMTRVBDGHF:SG"),
        bytes(16) + hashlib.sha256(b"SGKXQJWPLMTRVBDGHF").digest()[:16],
        bytes(16) + keccak(b"Zemblathorpink 19710213")[-16:],
        hashlib.blake2b(b"Qvortexandrila", digest_size=16).digest(),
        b"born 1971-02-13",
        ENDS.to_bytes(8, "big"),
        ENDS.to_bytes(8, "little"),
        (ENDS * 1000).to_bytes(8, "little"),
        b'"valid_until": 1858464000',
    ],
)
def test_what_names_a_person_is_found_in_every_form(planted: bytes) -> None:
    assert found(NOISE + planted + NOISE)


def test_a_person_at_the_very_end_of_the_data_is_found() -> None:
    for length in range(9):
        assert found(NOISE[:length] + b"KXQJWPLMTRVBDGHF")


@pytest.mark.parametrize("harmless", [NOISE, b"", b"ana", b"2033-08", hashlib.sha256(b"somebody else").digest(), b"SG"])
def test_what_names_nobody_is_not_found(harmless: bytes) -> None:
    assert not found(harmless)


def test_a_value_that_would_occur_by_chance_can_not_be_searched_for() -> None:
    with pytest.raises(ValueError, match="7 bytes"):
        Secrets([b"1234567"])


def test_only_the_folders_of_those_who_may_know_people_are_left_out(tmp_path: Path) -> None:
    for place in (
        "oracle.log",
        "oracle/oracle.sqlite",
        "issuer/issuer.sqlite",
        "wallets/ana/x.json",
        "signer-1.sqlite",
        "ca/ca.pem",
    ):
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    assert [path.name for path in public_files(tmp_path)] == ["oracle.log", "signer-1.sqlite"]


class Chains:
    """Two nodes that answer what the search asks, with one secret where a test wants it."""

    def __init__(self, **planted: bytes) -> None:
        self.planted = planted

    def ask(self, http: object, url: str, method: str, params: list[Any]) -> Any:
        hidden = {place: "0x" + data.hex() for place, data in self.planted.items()}
        keys = ["0x01", "0x02"]
        block = {"header": {"number": "0x2"}, "extrinsics": [hidden.get("extrinsic", "0x04")]}
        answers: dict[str, Any] = {
            "chain_getBlockHash": "0xaa",
            "chain_getHeader": {"number": "0x2"},
            "state_getKeysPaged": [] if params[2:3] and params[2] == "0x02" else keys,
            "state_queryStorageAt": [{"changes": [["0x01", hidden.get("state", "0x05")], ["0x02", None]]}],
            "chain_getBlock": {"block": block},
            "state_getStorage": hidden.get("event", "0x06"),
            "anvil_dumpState": "0x" + gzip.compress(json.dumps({"storage": hidden.get("slot", "0x")}).encode()).hex(),
            "eth_blockNumber": "0x1",
            "eth_getBlockByNumber": {"transactions": [{"input": hidden.get("input", "0x")}]},
            "eth_getBlockReceipts": [{"logs": [{"data": hidden.get("log", "0x")}]}],
        }
        return answers[method]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("extrinsic", "substrate/extrinsics"),
        ("state", "substrate/state"),
        ("event", "substrate/events"),
        ("slot", "evm/state"),
        ("input", "evm/transactions"),
        ("log", "evm/logs"),
    ],
)
def test_every_place_of_both_chains_is_searched(
    place: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "ask", Chains(**{place: b"Qvortexandrila"}).ask)
    secrets = Secrets(secrets_of(SUBJECT, [ENDS]))
    document = search_run(secrets, tmp_path, "http://substrate", "http://evm").document()
    assert document["where"] == [told]
    assert document["found"] >= 1


def test_a_clean_run_is_searched_whole_and_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "ask", Chains().ask)
    (tmp_path / "relayer.log").write_text("order delivered")
    secrets = Secrets(secrets_of(SUBJECT, [ENDS]))
    document = search_run(secrets, tmp_path, "http://substrate", "http://evm", {"further": b"x"}).document()
    assert document["found"] == 0
    assert {"substrate/state", "evm/state", "logs/relayer.log", "further"} <= document["searched"]["places"].keys()
