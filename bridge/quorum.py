"""Signer sets, and whether a list of signatures is a quorum of one (protocol sections 1 and 2).

The order in which the gate fails is part of the protocol: the same bad input is refused with the same number and
values on every chain.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from bridge.errors import InvalidSignerSet
from bridge.refusals import Refusal, Refused
from bridge.types import MAX_SIGNERS, SignerSet

CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""The order n of the secp256k1 group; a "low" s is at most n / 2 (EIP-2)."""
SIGNATURE_BYTES: Final = 65
_ZERO_ADDRESS: Final = bytes(20)

Recover = Callable[[bytes, bytes], bytes | None]
"""(digest, canonical signature) -> address of 20 bytes, or None when nobody can have signed it."""


@dataclass(frozen=True, slots=True)
class SignerSets:
    """The sets of one role on a chain: the current one and, until `grace_ends` (UTC seconds), the one before."""

    current: SignerSet
    previous: SignerSet | None = None
    grace_ends: int = 0

    def select(self, number: int, now: int) -> SignerSet:
        """The set whose signatures count at `now`.

        Raises:
            Refused: SignerSetUnknown(set, current).
        """
        if number == self.current.id:
            return self.current
        if self.previous is not None and number == self.previous.id and now < self.grace_ends:
            return self.previous
        raise Refused.of(Refusal.SignerSetUnknown, number, self.current.id)


def is_canonical(signature: bytes) -> bool:
    """Whether a signature is 65 bytes r, s, v with v 27 or 28, 0 < r < n and 0 < s <= n/2; recovery may still fail.

    Recovery functions take v 0 and 1 and a high s as well: without this check one signature has four spellings.
    """
    if len(signature) != SIGNATURE_BYTES or signature[64] not in (27, 28):
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return 0 < r < CURVE_ORDER and 0 < s <= CURVE_ORDER // 2


def recover_signer(digest: bytes, signature: bytes) -> bytes | None:
    """The address that signed a digest, or None when the signature is not canonical or no key can have made it."""
    if not is_canonical(signature):
        return None
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    try:
        key = Signature(vrs=(signature[64] - 27, r, s)).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError):
        return None
    return key.to_canonical_address()


def check_quorum(
    signer_set: SignerSet, digest: bytes, signatures: Sequence[bytes], recover: Recover = recover_signer
) -> tuple[bytes, ...]:
    """The addresses that signed, strictly ascending, when they are a quorum of the set.

    Every signature given has to be good: one bad signature spoils the call even when the others would do.

    Raises:
        Refused: in this order Malformed(25) above 25 signatures, SignatureMalformed(index), SignerUnknown(signer),
            SignerOrder(index) or QuorumNotMet(got, need).
    """
    if len(signatures) > MAX_SIGNERS:
        raise Refused.of(Refusal.Malformed, MAX_SIGNERS)
    return check_signers(signer_set, [_signer_of(digest, signature, recover) for signature in signatures])


def check_signers(signer_set: SignerSet, recovered: Sequence[bytes | None]) -> tuple[bytes, ...]:
    """The same for signers that were recovered already; None where a signature is not canonical or nobody can have made it.

    Raises:
        Refused: as `check_quorum`.
    """
    if len(recovered) > MAX_SIGNERS:
        raise Refused.of(Refusal.Malformed, MAX_SIGNERS)
    if None in recovered:
        raise Refused.of(Refusal.SignatureMalformed, recovered.index(None))
    signers = tuple(signer for signer in recovered if signer is not None)
    for signer in signers:
        if signer not in signer_set.signers:
            raise Refused.of(Refusal.SignerUnknown, int.from_bytes(signer, "big"))
    for place in range(1, len(signers)):
        if signers[place] <= signers[place - 1]:
            raise Refused.of(Refusal.SignerOrder, place)
    if len(signers) < signer_set.threshold:
        raise Refused.of(Refusal.QuorumNotMet, len(signers), signer_set.threshold)
    return signers


def arrange_signatures(
    signer_set: SignerSet, digest: bytes, signatures: Iterable[bytes], recover: Recover = recover_signer
) -> tuple[bytes, ...]:
    """The good signatures of the set, each signer once, ascending by address, no more than the threshold.

    For collectors: one bad answer among many must not spoil the call. Whether they suffice says `check_quorum`.
    """
    by_signer: dict[bytes, bytes] = {}
    for signature in signatures:
        signer = recover(digest, signature) if is_canonical(signature) else None
        if signer is not None and signer in signer_set.signers:
            by_signer.setdefault(signer, signature)
    return tuple(by_signer[signer] for signer in sorted(by_signer)[: signer_set.threshold])


def check_signer_set(signer_set: SignerSet) -> None:
    """Check what a chain asks of a set: 1 <= n <= 25, n/2 < k <= n, id >= 1, signers strictly ascending and not zero.

    More than half, so that two quorums of a set always share a signer.

    Raises:
        InvalidSignerSet: with what is wrong.
    """
    size, threshold = len(signer_set.signers), signer_set.threshold
    pairs = itertools.pairwise(signer_set.signers)
    problem = (
        ("the id starts at 1" if signer_set.id == 0 else "")
        or ("between 1 and 25 signers are needed" if not 1 <= size <= MAX_SIGNERS else "")
        or ("the threshold is more than half and at most all" if not size < 2 * threshold <= 2 * size else "")
        or ("the zero address signs nothing" if _ZERO_ADDRESS in signer_set.signers else "")
        or ("signers are strictly ascending" if any(one >= other for one, other in pairs) else "")
    )
    if problem:
        raise InvalidSignerSet(size, threshold, problem)


def _signer_of(digest: bytes, signature: bytes, recover: Recover) -> bytes | None:
    return recover(digest, signature) if is_canonical(signature) else None
