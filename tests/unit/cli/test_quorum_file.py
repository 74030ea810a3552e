"""Drafts of signer sets: what wallets show is what is signed, and a file that contradicts itself is refused."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from bridge.errors import InvalidSignerSet
from bridge.types import Role, SignerSet
from lockstep_cli.errors import UserError
from lockstep_cli.quorum_file import (
    ChainDraft,
    QuorumFile,
    QuorumFileRefused,
    changing_quorum_file,
    create_quorum_file,
    draft,
    merged,
    read_quorum_file,
)

DOMAIN = bytes([7] * 32)
KEYS: list[LocalAccount] = [Account.from_key(bytes([number] * 32)) for number in range(1, 6)]


def address(key: LocalAccount) -> bytes:
    return bytes.fromhex(key.address[2:])


def signers(*keys: LocalAccount) -> tuple[bytes, ...]:
    return tuple(sorted(address(key) for key in keys))


CURRENT = SignerSet(Role.ATTESTOR, 3, 2, signers(*KEYS[:3]))
NEXT = SignerSet(Role.ATTESTOR, 4, 2, signers(*KEYS[1:4]))


def drawn(proposed: SignerSet = NEXT, domain: bytes = DOMAIN) -> ChainDraft:
    return draft(proposed, domain, CURRENT)


def wallet_signature(typed: dict[str, Any], key: LocalAccount) -> bytes:
    """What a wallet answers to eth_signTypedData_v4; made by eth_account alone."""
    return bytes(key.sign_message(encode_typed_data(full_message=typed)).signature)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "next.json"
    create_quorum_file(path, QuorumFile(role="attestor", chains={"evm": drawn()}))
    return path


def test_a_wallet_that_signs_the_typed_data_signs_what_the_chain_checks(file: Path) -> None:
    typed = json.loads(file.read_text())["chains"]["evm"]["typed_data"]
    with changing_quorum_file(file) as content:
        assert content.chains["evm"].add(wallet_signature(typed, KEYS[0])) == address(KEYS[0])
    kept = read_quorum_file(file).chains["evm"].signatures
    assert kept == {KEYS[0].address.lower(): "0x" + wallet_signature(typed, KEYS[0]).hex()}


@pytest.mark.parametrize(
    ("key", "change"),
    [(KEYS[0], "v"), (KEYS[0], "zero"), (KEYS[4], "none")],
    ids=["a recovery id that no chain takes", "no signature", "a stranger's"],
)
def test_a_signature_that_is_nobodys_of_the_present_set_is_not_kept(key: LocalAccount, change: str) -> None:
    one = drawn()
    signature = wallet_signature(one.typed_data, key)
    given = {"v": signature[:64] + bytes([signature[64] - 27]), "zero": bytes(65), "none": signature}[change]
    assert one.add(given) is None
    assert one.signatures == {}


def test_a_signature_for_another_chain_is_not_kept() -> None:
    one, other = drawn(), drawn(domain=bytes([8] * 32))
    assert one.add(wallet_signature(other.typed_data, KEYS[0])) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: one["typed_data"]["message"].update(threshold=3), "is not one for this set"),
        (lambda one: one["typed_data"]["message"].update(id=9), "does not follow set 3"),
        (lambda one: one["typed_data"]["message"].update(extra=1), "extra"),
        (lambda one: one["typed_data"]["message"]["signers"].append("0x" + "00" * 20), "more than half"),
        (lambda one: one["typed_data"]["domain"].update(name="Lockstop"), "not that of a SignerSet of Lockstep"),
        (lambda one: one["typed_data"]["domain"].update(salt="0x1234"), "salt"),
        (lambda one: one["typed_data"].update(primaryType="Approval"), "not that of a SignerSet of Lockstep"),
        (lambda one: one["typed_data"].pop("message"), "not that of a SignerSet"),
        (lambda one: one["signed_by"].update(signers=["0x" + "11" * 20]), "is not one for this set"),
        (lambda one: one.update(key="0xaa"), "Extra inputs"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(
    file: Path, change: Callable[[dict[str, Any]], object], told: str
) -> None:
    with changing_quorum_file(file) as content:
        content.chains["evm"].add(wallet_signature(content.chains["evm"].typed_data, KEYS[0]))
    document = json.loads(file.read_text())
    change(document["chains"]["evm"])
    file.write_text(json.dumps(document))
    with pytest.raises(QuorumFileRefused, match=told):
        read_quorum_file(file)


@pytest.mark.parametrize("content", [b"", b"[]", b"nonsense", b"\xff\xfe", b'{"kind": "lockstep/signer-set"}'])
def test_what_is_no_draft_at_all_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(QuorumFileRefused):
        read_quorum_file(path)
    with pytest.raises(QuorumFileRefused), changing_quorum_file(path):
        pass
    assert path.read_bytes() == content
    with pytest.raises(QuorumFileRefused, match="no such file"):
        read_quorum_file(tmp_path / "none.json")


def test_a_role_that_is_not_the_sets_own_is_refused(file: Path) -> None:
    document = json.loads(file.read_text()) | {"role": "oracle"}
    file.write_text(json.dumps(document))
    with pytest.raises(QuorumFileRefused, match="not one of role oracle"):
        read_quorum_file(file)


def test_a_set_that_no_chain_would_take_is_not_drawn_up() -> None:
    with pytest.raises(InvalidSignerSet):
        drawn(SignerSet(Role.ATTESTOR, 4, 1, NEXT.signers))


def test_a_draft_is_never_written_over_another_file(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(UserError, match="is there already"):
        create_quorum_file(file, QuorumFile(role="attestor", chains={"evm": drawn()}))
    assert file.read_bytes() == before


def test_signers_who_sign_at_once_lose_nothing(file: Path) -> None:
    typed = read_quorum_file(file).chains["evm"].typed_data
    start = threading.Barrier(3)

    def sign(key: LocalAccount) -> None:
        start.wait()
        with changing_quorum_file(file) as content:
            content.chains["evm"].add(wallet_signature(typed, key))

    threads = [threading.Thread(target=sign, args=(key,)) for key in KEYS[:3]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(read_quorum_file(file).chains["evm"].signatures) == {key.address.lower() for key in KEYS[:3]}


def test_copies_that_were_signed_apart_are_put_together_and_other_drafts_are_not(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.json" for number in range(3)]
    for path, key, proposed in zip(
        paths, KEYS, (NEXT, NEXT, SignerSet(Role.ATTESTOR, 4, 3, NEXT.signers)), strict=False
    ):
        one = drawn(proposed)
        one.add(wallet_signature(one.typed_data, key))
        create_quorum_file(path, QuorumFile(role="attestor", chains={"evm": one}))
    assert set(merged(paths[:2]).chains["evm"].signatures) == {key.address.lower() for key in KEYS[:2]}
    with pytest.raises(QuorumFileRefused, match="no copy of"):
        merged(paths)
