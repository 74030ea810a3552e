"""The roles of the issuer's staff. Two people are needed for every credential."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody may do: make cases and offers, check cases, change statuses, answer and erase subjects."""

    MAKER = "maker"
    CHECKER = "checker"
    OFFICER = "officer"
    PRIVACY = "privacy"
