"""A statement with its proof as JSON, as the oracle hands it to its signers, and their look at it.

{"scheme": "eip712", "signature": "0x...", "holder": "<thumbprint>", "nonce": "<22 characters>", "expires_at": 1780000000}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from identity.oracle.people.proofs.checking import MAX_SIGNATURE, ContractSignatures, Proof, Scheme, check_proof
from identity.oracle.people.proofs.control import AccountControl
from identity.oracle.people.proofs.errors import ProofRefused

MEMBERS = frozenset({"scheme", "signature", "holder", "nonce", "expires_at"})
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})+")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def proof_json(control: AccountControl, proof: Proof) -> dict[str, Any]:
    """What a signer needs beside oracle, asset, chain and account, which it knows itself."""
    return {
        "scheme": proof.scheme.value,
        "signature": "0x" + proof.signature.hex(),
        "holder": control.holder,
        "nonce": control.nonce,
        "expires_at": control.expires_at,
    }


def verify_account_proof(
    document: Mapping[str, Any],
    *,
    oracle: str,
    asset: bytes,
    chain: str,
    account: bytes,
    contracts: ContractSignatures | None = None,
) -> AccountControl:
    """The statement that a proof shows to be the account's. When it ends is for the caller to judge.

    Raises:
        ProofRefused: members missing or of another form, another account's signature.
        AccountMalformed: the chain is of a kind that is not served.
    """
    if document.keys() != MEMBERS:
        raise ProofRefused("unknown", "its members are not those of a proof")
    scheme, expires_at = document["scheme"], document["expires_at"]
    if scheme not in list(Scheme):
        raise ProofRefused("unknown", "the scheme is not known")
    if not isinstance(expires_at, int) or isinstance(expires_at, bool) or not 0 < expires_at < 2**33:
        raise ProofRefused(scheme, "expires_at must be a time in seconds")
    if not all(isinstance(document[name], str) and _NAME.fullmatch(document[name]) for name in ("holder", "nonce")):
        raise ProofRefused(scheme, "holder and nonce must be base64url text")
    control = AccountControl(oracle, asset, chain, account, document["holder"], document["nonce"], expires_at)
    check_proof(control, Proof(Scheme(scheme), parse_signature(document["signature"])), contracts)
    return control


def parse_signature(text: object) -> bytes:
    """The bytes of a signature in hex with 0x. ProofRefused."""
    if not isinstance(text, str) or len(text) > 2 * MAX_SIGNATURE + 2 or not _HEX.fullmatch(text):
        raise ProofRefused("unknown", f"a signature is 0x and 1 to {MAX_SIGNATURE} bytes in hex")
    return bytes.fromhex(text[2:])
