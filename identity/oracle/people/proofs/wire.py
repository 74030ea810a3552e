"""A statement with its proof and the holder's consent as JSON, as the oracle hands it to its signers, and their look at it.

{"scheme": "eip712", "signature": "0x...", "holder": "<thumbprint>", "nonce": "<22 characters>", "expires_at": 1780000000,
 "consent": "<key binding JWT>"}; for a permit without `scheme` and `signature`, because its account binds itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from identity.oracle.people.proofs.checking import MAX_SIGNATURE, ContractSignatures, Proof, Scheme, check_proof
from identity.oracle.people.proofs.control import AccountControl
from identity.oracle.people.proofs.errors import ProofRefused

PERMIT_MEMBERS = frozenset({"holder", "nonce", "expires_at", "consent"})
MEMBERS = PERMIT_MEMBERS | {"scheme", "signature"}
MAX_CONSENT = 8_192
"""Characters of a key binding JWT."""
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})+")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Proved:
    """A statement, and the key binding JWT by which its holder is said to agree to it (not verified here)."""

    control: AccountControl
    consent: str


def proof_json(control: AccountControl, proof: Proof, consent: str) -> dict[str, Any]:
    """What a signer needs beside oracle, asset, chain and account, which it knows itself."""
    return {"scheme": proof.scheme.value, "signature": "0x" + proof.signature.hex(), **permit_json(control, consent)}


def permit_json(control: AccountControl, consent: str) -> dict[str, Any]:
    """The same for a permit: nobody but the account itself can use it, so the account signs nothing before."""
    return {"holder": control.holder, "nonce": control.nonce, "expires_at": control.expires_at, "consent": consent}


def verify_account_proof(
    document: Mapping[str, Any],
    *,
    oracle: str,
    asset: bytes,
    chain: str,
    account: bytes,
    contracts: ContractSignatures | None = None,
) -> Proved:
    """The statement that a proof shows to be the account's. When it ends, and the consent, are for the caller to judge.

    Raises:
        ProofRefused: members missing or of another form, another account's signature.
        AccountMalformed: the chain is of a kind that is not served.
    """
    proved = _read(document, MEMBERS, oracle, asset, chain, account)
    scheme = document["scheme"]
    if scheme not in list(Scheme):
        raise ProofRefused("unknown", "the scheme is not known")
    check_proof(proved.control, Proof(Scheme(scheme), parse_signature(document["signature"])), contracts)
    return proved


def read_permit_proof(document: Mapping[str, Any], *, oracle: str, asset: bytes, chain: str, account: bytes) -> Proved:
    """The statement that a permit is asked for under, with its consent. ProofRefused."""
    return _read(document, PERMIT_MEMBERS, oracle, asset, chain, account)


def _read(
    document: Mapping[str, Any], members: frozenset[str], oracle: str, asset: bytes, chain: str, account: bytes
) -> Proved:
    if document.keys() != members:
        raise ProofRefused("unknown", "its members are not those of a proof")
    expires_at, consent = document["expires_at"], document["consent"]
    if not isinstance(expires_at, int) or isinstance(expires_at, bool) or not 0 < expires_at < 2**33:
        raise ProofRefused("unknown", "expires_at must be a time in seconds")
    if not all(isinstance(document[name], str) and _NAME.fullmatch(document[name]) for name in ("holder", "nonce")):
        raise ProofRefused("unknown", "holder and nonce must be base64url text")
    if not isinstance(consent, str) or not 0 < len(consent) <= MAX_CONSENT:
        raise ProofRefused("unknown", f"the consent must be text of at most {MAX_CONSENT} characters")
    control = AccountControl(oracle, asset, chain, account, document["holder"], document["nonce"], expires_at)
    return Proved(control, consent)


def parse_signature(text: object) -> bytes:
    """The bytes of a signature in hex with 0x. ProofRefused."""
    if not isinstance(text, str) or len(text) > 2 * MAX_SIGNATURE + 2 or not _HEX.fullmatch(text):
        raise ProofRefused("unknown", f"a signature is 0x and 1 to {MAX_SIGNATURE} bytes in hex")
    return bytes.fromhex(text[2:])
