"""Watches final blocks for what somebody else did on a chain that the oracle must look at again: freezes, unbound accounts,
another policy that an asset names.

Nothing is kept: before this process started, its publisher had read the whole state anyway. Every process watches for itself,
because each wakes its own publisher.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from bridge.errors import RecoverableError
from bridge.types import ZERO32
from chains.control import ManagedChain
from chains.errors import ChainError
from chains.token_events import (
    AccountBound,
    AccountFrozen,
    AccountRecovered,
    AmountFrozen,
    DocumentRemoved,
    DocumentUpdated,
    Event,
    InvestorFrozen,
    InvestorReplaced,
)
from identity.oracle.deciding.triggers import Cause
from identity.oracle.policy.document import DOCUMENT_NAME

MAX_BLOCKS = 200
"""Blocks read in one look: the rest is read by the next."""


class ChainWatch:
    """Looks at new final blocks of all chains. Not for several threads at once."""

    def __init__(self, chains: Mapping[bytes, ManagedChain], fire: Callable[[Cause], None]) -> None:
        self._chains, self._fire = chains, fire
        self._seen: dict[bytes, int] = {}

    def look(self) -> None:
        """Reads what became final since the last look and says what of it is a cause. Blocks. A chain that doesn't
        answer is told, and read from the same place next time."""
        causes: dict[Cause, None] = {}
        for domain, chain in self._chains.items():
            try:
                causes |= dict.fromkeys(self._news(domain, chain))
            except (RecoverableError, ChainError) as error:
                structlog.get_logger("watch").warning(
                    "will look again", action="watch.retry", chain=chain.name, kind=type(error).__name__
                )
        for cause in causes:
            self._fire(cause)

    def _news(self, domain: bytes, chain: ManagedChain) -> list[Cause]:
        final = chain.finalised().number
        seen = self._seen.setdefault(domain, final)
        last = min(final, seen + MAX_BLOCKS)
        if last <= seen:
            return []
        causes = [cause_of(happened.event) for happened in chain.history(seen + 1, last)]
        self._seen[domain] = last
        return [cause for cause in causes if cause is not None]


def cause_of(event: Event) -> Cause | None:
    """Why an event is a reason to look again; None when it is none."""
    match event:
        case AccountFrozen() | InvestorFrozen() | AmountFrozen():
            return Cause.FREEZE
        case AccountRecovered() | InvestorReplaced():
            return Cause.UNBOUND
        case AccountBound(investor=investor) if investor == ZERO32:
            return Cause.UNBOUND
        case DocumentUpdated(name=name) | DocumentRemoved(name=name) if name == DOCUMENT_NAME:
            # Signers grant under the policy that the chain names, so what they refused before may be granted from now on.
            return Cause.POLICY
    return None
