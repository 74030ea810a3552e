"""Judges a file of lots before anything is signed: each row alone by the chain's own explain, and all rows in their order
by the book of rules, as if each had been issued before the next.

A row that fails is left out of what the following rows are judged upon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge import ledger as book
from bridge.ledger import Ledger
from bridge.refusals import Refused
from bridge.types import Lot, Reason
from chains.base import BlockRef
from chains.control import ManagedChain
from lockstep_cli.assets.rows import IssueRow
from lockstep_cli.assets.snapshot import snapshot


@dataclass(frozen=True, slots=True)
class Planned:
    """A row with the account that it goes to."""

    row: IssueRow
    account: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become of a row: every failing rule, lowest first; none: it can be issued."""

    planned: Planned
    reasons: tuple[Reason, ...]

    @property
    def passes(self) -> bool:
        """Whether no rule fails."""
        return not self.reasons


def judge(
    chain: ManagedChain, asset: bytes, controller: bytes, rows: Sequence[Planned], at: BlockRef
) -> tuple[Verdict, ...]:
    """Every row's verdict in the state after one block."""
    state = snapshot(chain, asset, controller, (row.account for row in rows), at)
    views = chain.views(at)
    alone = [views.explain_issue(asset, controller, row.account, (row.row.lot,)) for row in rows]
    together = judge_rows(state, at.time, controller, asset, [(row.account, row.row.lot) for row in rows])
    return tuple(Verdict(row, _merged(first, second)) for row, first, second in zip(rows, alone, together, strict=True))


def judge_rows(
    state: Ledger, now: int, controller: bytes, asset: bytes, rows: Sequence[tuple[bytes, Lot]]
) -> list[tuple[Reason, ...]]:
    """The failing rules of each row, each judged upon the rows before it that passed. Pure."""
    found: list[tuple[Reason, ...]] = []
    for account, lot in rows:
        try:
            state = book.issue(state, now, controller, asset, account, (lot,)).ledger
            found.append(())
        except Refused as refused:
            found.append(refused.reasons)
    return found


def _merged(chain: Sequence[Reason], model: Sequence[Reason]) -> tuple[Reason, ...]:
    """One reason per rule, ascending; where both name a rule, the value that counts the rows before."""
    by_code = {reason.code: reason for reason in (*chain, *model)}
    return tuple(by_code[code] for code in sorted(by_code))
