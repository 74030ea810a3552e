"""Proofs that somebody controls an account, and what a holder agrees to: pure, the same for oracle, signers and wallets."""

from identity.oracle.people.proofs.checking import ContractSignatures, Proof, Scheme, check_proof
from identity.oracle.people.proofs.consent import read_transaction_data, transaction_data
from identity.oracle.people.proofs.control import AccountControl, parse_account
from identity.oracle.people.proofs.errors import AccountMalformed, ConsentMalformed, ProofRefused
from identity.oracle.people.proofs.wire import Proved, permit_json, proof_json, read_permit_proof, verify_account_proof

__all__ = [
    "AccountControl",
    "AccountMalformed",
    "ConsentMalformed",
    "ContractSignatures",
    "Proof",
    "ProofRefused",
    "Proved",
    "Scheme",
    "check_proof",
    "parse_account",
    "permit_json",
    "proof_json",
    "read_permit_proof",
    "read_transaction_data",
    "transaction_data",
    "verify_account_proof",
]
