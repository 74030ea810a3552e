"""Proofs that somebody controls an account: pure checks, the same for the oracle and for each of its signers."""

from identity.oracle.people.proofs.checking import ContractSignatures, Proof, Scheme, check_proof
from identity.oracle.people.proofs.control import AccountControl, parse_account
from identity.oracle.people.proofs.errors import AccountMalformed, ProofRefused
from identity.oracle.people.proofs.wire import proof_json, verify_account_proof

__all__ = [
    "AccountControl",
    "AccountMalformed",
    "ContractSignatures",
    "Proof",
    "ProofRefused",
    "Scheme",
    "check_proof",
    "parse_account",
    "proof_json",
    "verify_account_proof",
]
