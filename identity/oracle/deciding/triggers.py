"""What makes the oracle look again, and how soon: whatever can take a permission away wakes the publisher at once."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import structlog

from identity.oracle.status.lists import Change

Wake = Callable[[bool], None]
"""Tells the publisher that words may have changed; true: now, else with its next round. Safe from any thread."""


class Cause(StrEnum):
    """Why verdicts may have changed. The name is the label in logs and metrics."""

    STATUS = "status"
    EXPIRY = "expiry"
    RENEWAL = "renewal"
    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"
    GRACE_OVER = "grace_over"
    POLICY = "policy"
    ISSUER = "issuer_distrusted"
    KEY = "key_compromised"
    TRUST_BACK = "trust_back"
    SCREENING = "screening"
    UNBOUND = "account_unbound"
    FREEZE = "chain_freeze"
    ERASURE = "erasure"
    ENDED = "relationship_ended"
    ENROLMENT = "enrolment"


URGENT = frozenset(Cause) - {Cause.EXPIRY, Cause.RENEWAL, Cause.REACHABLE, Cause.TRUST_BACK, Cause.ENROLMENT}
"""An expiry needs no transaction (`validUntil` has passed), and grants go out on the fixed rhythm."""


class Triggers:
    """One place through which everything wakes the publisher."""

    def __init__(self, wake: Wake) -> None:
        self._wake = wake

    def fire(self, cause: Cause) -> None:
        """Says that something happened. From any thread."""
        urgent = cause in URGENT
        structlog.get_logger("deciding").info("re-evaluation", action="trigger.fire", cause=cause.value, urgent=urgent)
        self._wake(urgent)

    def on_status(self, _change: Change) -> None:
        """For `Lists.on_change`."""
        self.fire(Cause.STATUS)
