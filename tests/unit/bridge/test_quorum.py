"""The signature gate, for any mixture of signatures; signer sets; collecting signatures."""

from __future__ import annotations

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InvalidSignerSet
from bridge.quorum import CURVE_ORDER, arrange_signatures, check_quorum, check_signer_set, recover_signer
from bridge.refusals import Refused
from bridge.signing import LocalSigner
from bridge.types import Role, SignerSet

DIGEST = b"\x11" * 32
SIGNERS = sorted((LocalSigner(Account.from_key(bytes([i]) * 32)) for i in range(1, 8)), key=lambda key: key.address)
MEMBERS, STRANGERS = SIGNERS[:5], SIGNERS[5:]
SET = SignerSet(Role.ATTESTOR, 1, 3, tuple(key.address for key in MEMBERS))
SIGNATURES = {key.address: key.sign(DIGEST) for key in SIGNERS}
ADDRESSES = {signature: address for address, signature in SIGNATURES.items()}


def known(_: bytes, signature: bytes) -> bytes | None:
    """Recovery by table: the same answers as the curve, much faster."""
    return ADDRESSES.get(signature)


def passes(signatures: list[bytes]) -> bool:
    try:
        check_quorum(SET, DIGEST, signatures, known)
    except Refused:
        return False
    return True


@given(st.lists(st.sampled_from([*SIGNATURES.values(), b"", bytes(65)]), max_size=8))
def test_a_quorum_is_k_different_members_ascending_and_nothing_else(signatures: list[bytes]) -> None:
    signers = [ADDRESSES.get(signature, b"") for signature in signatures]
    good = set(signers) <= set(SET.signers) and signers == sorted(set(signers)) and len(signers) >= SET.threshold
    assert passes(signatures) is good


@given(st.lists(st.sampled_from(sorted(SIGNATURES.values())), max_size=12))
def test_no_signer_is_ever_counted_twice(signatures: list[bytes]) -> None:
    arranged = arrange_signatures(SET, DIGEST, signatures, known)
    assert len({ADDRESSES[signature] for signature in arranged}) == len(arranged) <= SET.threshold
    assert passes(list(arranged)) is (len(set(signatures) & {SIGNATURES[one] for one in SET.signers}) >= SET.threshold)


@given(st.sampled_from(SIGNERS), st.binary(min_size=32, max_size=32))
def test_a_signature_recovers_to_its_signer_for_its_digest_only(signer: LocalSigner, digest: bytes) -> None:
    signature = signer.sign(digest)
    assert recover_signer(digest, signature) == signer.address
    assert recover_signer(bytes([digest[0] ^ 1]) + digest[1:], signature) != signer.address


@given(st.binary(max_size=70))
def test_any_bytes_recover_to_an_address_or_to_nobody(signature: bytes) -> None:
    signer = recover_signer(DIGEST, signature)
    assert signer is None or len(signer) == 20


def test_each_signature_has_one_spelling() -> None:
    signature = next(iter(SIGNATURES.values()))
    s = int.from_bytes(signature[32:64], "big")
    other = signature[:32] + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([55 - signature[64]])
    assert recover_signer(DIGEST, signature) is not None
    assert recover_signer(DIGEST, other) is None


def test_signing_is_deterministic() -> None:
    assert MEMBERS[0].sign(DIGEST) == MEMBERS[0].sign(DIGEST)


ONE, TWO, THREE = (bytes(19) + bytes([i]) for i in (1, 2, 3))


@pytest.mark.parametrize(
    ("number", "threshold", "signers"),
    [
        (0, 1, (ONE,)),
        (1, 1, ()),
        (1, 0, (ONE,)),
        (1, 2, (ONE,)),
        (1, 1, (ONE, TWO)),
        (1, 2, (TWO, ONE)),
        (1, 2, (ONE, ONE, TWO)),
        (1, 2, (bytes(20), ONE)),
        (1, 14, tuple(bytes(19) + bytes([i]) for i in range(1, 27))),
    ],
)
def test_a_set_that_no_chain_would_take_is_refused(number: int, threshold: int, signers: tuple[bytes, ...]) -> None:
    with pytest.raises(InvalidSignerSet):
        check_signer_set(SignerSet(Role.ORACLE, number, threshold, signers))


@pytest.mark.parametrize(("threshold", "signers"), [(1, (ONE,)), (2, (ONE, TWO)), (2, (ONE, TWO, THREE))])
def test_a_majority_of_ascending_signers_is_a_set(threshold: int, signers: tuple[bytes, ...]) -> None:
    check_signer_set(SignerSet(Role.ORACLE, 1, threshold, signers))
