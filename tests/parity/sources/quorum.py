"""Signatures by fixed test keys, good and bad in every way the gate knows, with the first refusal.

`code` 0 means a quorum; `a`, `b` are the refusal's values.
"""

from __future__ import annotations

from eth_keys.datatypes import PrivateKey, Signature
from eth_utils.crypto import keccak

from tests.parity.sources.domains import EVM, SUBSTRATE
from tests.parity.sources.eip712 import digest
from tests.parity.sources.shapes import Case, b32, hex0, with_counts

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
FIELD = 2**256 - 2**32 - 977
MESSAGE = {"orders": [b32("order/0")], "expiresAt": 1_760_003_600}
DIGEST = digest("Approval", MESSAGE, EVM)
FOREIGN = digest("Approval", MESSAGE, SUBSTRATE)

KEYS = sorted(
    (PrivateKey(keccak(text=f"lockstep/test/signer/{i}")) for i in range(27)),
    key=lambda key: key.public_key.to_canonical_address(),
)
MEMBERS = KEYS[:25]
STRANGER = KEYS[26]


def sign(key: PrivateKey, over: bytes = DIGEST) -> bytes:
    signature = key.sign_msg_hash(over)
    return _join(signature.r, signature.s, signature.v + 27)


def _join(r: int, s: int, v: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])


def _split(signature: bytes) -> tuple[int, int, int]:
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]


def _recovered(signature: bytes, over: bytes) -> int:
    r, s, v = _split(signature)
    public = Signature(vrs=(v - 27, r, s)).recover_public_key_from_msg_hash(over)
    return int.from_bytes(public.to_canonical_address(), "big")


def _off_curve() -> int:
    """The least r that is no point's x (x^3 + 7 is no square): canonical in form, but nobody can have signed it."""
    return next(x for x in range(1, 99) if pow(x**3 + 7, (FIELD - 1) // 2, FIELD) != 1)


def make() -> Case:
    return with_counts(quorum=_quorums(), choice=_choices())


def _quorums() -> list[Case]:
    one, two, three = (sign(key) for key in MEMBERS[:3])
    r, s, v = _split(two)
    high = _join(r, ORDER - s, 55 - v)
    stranger = sign(STRANGER)
    elsewhere = sign(MEMBERS[0], FOREIGN)
    all25 = [sign(key) for key in MEMBERS]
    bad: list[tuple[str, list[bytes], int, int, int]] = [
        ("k signatures", [one, two], 0, 0, 0),
        ("k others of the set", [one, three], 0, 0, 0),
        ("n signatures", [one, two, three], 0, 0, 0),
        ("k - 1 signatures", [two], 23, 1, 2),
        ("no signatures", [], 23, 0, 2),
        ("a signer twice", [one, one], 25, 1, 0),
        ("a signer twice among enough", [one, two, two], 25, 2, 0),
        ("descending", [two, one], 25, 1, 0),
        ("descending at the end", [one, three, two], 25, 2, 0),
        ("high s", [one, high], 26, 1, 0),
        ("v 0", [one, _join(r, s, 0)], 26, 1, 0),
        ("v 1", [one, _join(r, s, 1)], 26, 1, 0),
        ("v 26", [one, _join(r, s, 26)], 26, 1, 0),
        ("v 29", [one, _join(r, s, 29)], 26, 1, 0),
        ("r 0", [one, _join(0, s, v)], 26, 1, 0),
        ("s 0", [one, _join(r, 0, v)], 26, 1, 0),
        ("r = n", [one, _join(ORDER, s, v)], 26, 1, 0),
        ("r all ones", [one, _join(2**256 - 1, s, v)], 26, 1, 0),
        ("s one above half of n", [one, _join(r, ORDER // 2 + 1, v)], 26, 1, 0),
        ("r on no point of the curve", [one, _join(_off_curve(), s, v)], 26, 1, 0),
        ("64 bytes", [one, two[:64]], 26, 1, 0),
        ("66 bytes", [one, two + b"\x00"], 26, 1, 0),
        ("the first of two malformed ones is told", [one[:64], two[:64]], 26, 0, 0),
        ("a stranger", [one, stranger], 24, _recovered(stranger, DIGEST), 0),
        ("a stranger beside a quorum", [one, two, stranger], 24, _recovered(stranger, DIGEST), 0),
        ("signed under another domain", [elsewhere, two], 24, _recovered(elsewhere, DIGEST), 0),
        ("malformed is told before a stranger", [stranger, two[:64]], 26, 1, 0),
        ("a stranger is told before the order", [two, one, stranger], 24, _recovered(stranger, DIGEST), 0),
        ("the order is told before the count", [two, one], 25, 1, 0),
    ]
    rows = [_quorum(title, MEMBERS[:3], 2, signatures, code, a, b) for title, signatures, code, a, b in bad]
    return [
        *rows,
        _quorum("one of one", MEMBERS[:1], 1, [one], 0, 0, 0),
        _quorum("25 of 25", MEMBERS, 25, all25, 0, 0, 0),
        _quorum("24 of 25 where 25 are needed", MEMBERS, 25, all25[:24], 23, 24, 25),
        _quorum("13 of 25", MEMBERS, 13, all25[12:], 0, 0, 0),
        _quorum("12 of 25 where 13 are needed", MEMBERS, 13, all25[13:], 23, 12, 13),
        _quorum("26 signatures", MEMBERS, 13, [*all25, all25[24]], 48, 25, 0),
        _quorum("26 signatures, one of them malformed", MEMBERS, 13, [*all25, b"\x00"], 48, 25, 0),
    ]


def _quorum(
    title: str, members: list[PrivateKey], threshold: int, signatures: list[bytes], code: int, a: int, b: int
) -> Case:
    return {
        "name": title,
        "signers": [hex0(key.public_key.to_canonical_address()) for key in members],
        "threshold": threshold,
        "digest": hex0(DIGEST),
        "signatures": [hex0(signature) for signature in signatures],
        "code": code,
        "a": str(a),
        "b": str(b),
    }


def _choices() -> list[Case]:
    """Which set a call may name: the current one, or until graceEnds the one before. 0 = there is none before."""
    rows = [
        ("the current set", 5, 5, 4, 1_000, 2_000, 0),
        ("the previous set in its grace", 4, 5, 4, 1_000, 999, 0),
        ("the previous set when grace ends", 4, 5, 4, 1_000, 1_000, 46),
        ("the previous set, retired at once", 4, 5, 4, 0, 999, 46),
        ("a set before the previous", 3, 5, 4, 1_000, 999, 46),
        ("a set to come", 6, 5, 4, 1_000, 999, 46),
        ("no previous set", 1, 2, 0, 1_000, 999, 46),
        ("set zero", 0, 1, 0, 1_000, 999, 46),
        ("the first set", 1, 1, 0, 0, 999, 0),
    ]
    return [
        {
            "name": title,
            "set": named,
            "current": current,
            "previous": previous,
            "graceEnds": grace,
            "now": now,
            "code": code,
            "a": named if code else 0,
            "b": current if code else 0,
        }
        for title, named, current, previous, grace, now, code in rows
    ]
