"""What a batch is made of, and what a chain says of it."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.errors import LockstepError
from bridge.refusals import Refusal
from bridge.types import BindingItem, EligibilityItem, OracleBatch, QuotaItem
from chains.base import Chain
from chains.token_events import AccountBound, Event, ItemSkipped
from identity.oracle.batches import next_batch
from identity.oracle.publishing.drafting import Drafted

BINDING = 2
"""The kind of a skipped item that is a binding."""
GATE = frozenset(
    {
        Refusal.SignerSetUnknown,
        Refusal.SignatureMalformed,
        Refusal.SignerUnknown,
        Refusal.SignerOrder,
        Refusal.QuorumNotMet,
    }
)
"""Refusals of a batch's signatures, whatever it holds."""


def make_batch(applied: int, issued_at: int, drafted: Sequence[Drafted]) -> OracleBatch:
    """The batch after number `applied` with these items. TooManyItems."""
    items = [one.item for one in drafted]
    return next_batch(
        applied,
        issued_at,
        [item for item in items if isinstance(item, EligibilityItem)],
        [item for item in items if isinstance(item, BindingItem)],
        [item for item in items if isinstance(item, QuotaItem)],
    )


def size_of(batch: OracleBatch) -> int:
    """How many items a batch has."""
    return len(batch.eligibilities) + len(batch.bindings) + len(batch.quotas)


def words_in(drafted: Sequence[Drafted]) -> int:
    """How many of the items are eligibility words."""
    return sum(isinstance(one.item, EligibilityItem) for one in drafted)


def bindings_now(chain: Chain, batch: OracleBatch) -> list[Event]:
    """What the bindings of a batch, whose events were missed, have come to."""
    views = chain.views(chain.head())
    return [
        AccountBound(item.asset, item.account, item.investor)
        if views.account_of(item.asset, item.account).investor == item.investor
        else ItemSkipped(batch.number, BINDING, index, int(Refusal.AccountInUse))
        for index, item in enumerate(batch.bindings)
    ]


def text_of(error: Exception) -> str:
    """What an error of ours says; a database's could quote what it was given."""
    return str(error) if isinstance(error, LockstepError) else ""
