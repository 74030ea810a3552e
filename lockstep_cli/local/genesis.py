"""What the local chains are born with: who governs, who signs, and native coin for those who send transactions."""

from __future__ import annotations

from typing import Any

from bridge.types import Role, SignerSet, Timing
from chains.devnet.keys import ATTESTORS, ORACLE_SIGNERS, signer_addresses
from lockstep_cli.local.cast import ROSTER, oracle_submitter, staff, substrate_account

THRESHOLD = 2
TIMING = Timing(delay=4, grace=60)
"""Seconds that changes of governance wait, and that a replaced signer set stays good: days in production, seconds here."""
NATIVE_COIN = 10**18
"""Native base units for each account; a transaction costs some 10^9."""


def signer_set(role: Role, indexes: tuple[int, ...]) -> SignerSet:
    """Set 1 of a role: 2 of the 3 development signers."""
    signers = tuple(bytes.fromhex(address[2:]) for address in signer_addresses(indexes))
    return SignerSet(role, 1, THRESHOLD, signers)


def attestor_set() -> SignerSet:
    """The attestors that both chains begin with."""
    return signer_set(Role.ATTESTOR, ATTESTORS)


def oracle_set() -> SignerSet:
    """The oracle signers that both chains begin with."""
    return signer_set(Role.ORACLE, ORACLE_SIGNERS)


def substrate_patch() -> dict[str, Any]:
    """Merged over the runtime's `development` preset; the devnet adds the deployment that it draws."""
    keys = staff("substrate")
    funded = [
        keys.admin,
        keys.guardian,
        keys.controller,
        keys.relayer,
        oracle_submitter("substrate"),
        *(substrate_account(name) for name in ROSTER),
    ]
    return {
        "balances": {"balances": [[account.text, NATIVE_COIN] for account in funded]},
        "eligibility": {
            "admin": keys.admin.text,
            "guardian": keys.guardian.text,
            "attestors": _signers(attestor_set()),
            "oracle": _signers(oracle_set()),
            "delay": TIMING.delay,
            "grace": TIMING.grace,
        },
    }


def _signers(signers: SignerSet) -> dict[str, Any]:
    return {"threshold": signers.threshold, "signers": ["0x" + signer.hex() for signer in signers.signers]}
