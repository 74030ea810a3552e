"""The roles of the oracle's staff. Two people are needed for every policy and for every confirmed hit."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody may do."""

    POLICY = "policy"
    """Propose and approve policies, distrust issuers."""
    OFFICER = "officer"
    """Open, confirm and clear screening hits."""
    COMPLIANCE = "compliance"
    """Read the reasons behind holds and verdicts; each reading is noted."""
    PRIVACY = "privacy"
    """Answer persons: export and erasure."""
    ATTESTOR = "attestor"
    """Ask for decisions: a machine. What is under review may be asked by nobody else."""
