"""Issues the rows of a file that passed, each in a transaction of its own, and never one twice.

Objectives: a row's transaction is noted on the disk before it leaves; a later run first finds out what became of what an
earlier one signed. Failure modes: refused by the chain (Refused), lost sight of (the journal knows its hash, the next run
looks it up), still waiting with the node (InDoubt: nothing is signed for that row until it is known).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bridge.errors import RecoverableError
from chains.accounts import Account
from chains.base import Happened
from chains.control import Fate, ManagedChain
from chains.token_events import Issued
from lockstep_cli.assets.checking import Planned
from lockstep_cli.assets.journal import IssueJournal, Told

AT_ONCE = 8
"""Transactions on their way at the same time: as many as fit some blocks, few enough to look up after a crash."""
WAIT_SECONDS = 60.0


class InDoubt(RecoverableError):
    """An earlier run signed transactions that may still land: going on could issue twice."""

    def __init__(self, rows: Sequence[int]) -> None:
        self.rows = tuple(rows)
        self.cure = "Run the same command again in a minute."
        listed = ", ".join(map(str, rows))
        super().__init__(f"rows {listed} were signed by an earlier run and their transactions still wait with the node")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: rows issued now, and rows that had been issued before."""

    issued: tuple[int, ...]
    before: tuple[int, ...]


def reconcile(chain: ManagedChain, asset: bytes, signer: Account, journal: IssueJournal) -> None:
    """Finds out what became of everything that was signed and not seen in a block. InDoubt, ChainUnavailable."""
    waiting = []
    for row, state in sorted(journal.rows.items()):
        if not state.is_open:
            continue
        match chain.fate(signer, state.hashes, state.since):
            case Fate.WAITING:
                waiting.append(row)
            case Fate.GONE:
                journal.dropped(row)
            case Fate.INCLUDED:
                found = _issue_event(chain, asset, state.hashes, state.since)
                if found is None:
                    # In a block, and it made nothing: the chain refused it when its turn came.
                    journal.dropped(row)
                else:
                    journal.issued(row, found.at.hash, found.at.block.number)
    if waiting:
        raise InDoubt(waiting)


def issue_all(
    chain: ManagedChain, asset: bytes, signer: Account, rows: Sequence[Planned], journal: IssueJournal, told: Told
) -> Outcome:
    """Issues each row that the journal does not hold as issued. Reconcile first. Refused by the first row that is."""
    before = tuple(row.row.number for row in rows if journal.state(row.row.number).issued is not None)
    rest = [row for row in rows if row.row.number not in before]

    def one(planned: Planned) -> int:
        number, since = planned.row.number, chain.head().number
        done = chain.issue(
            asset,
            planned.account,
            (planned.row.lot,),
            signer,
            lambda tx_hash: journal.signed(number, tx_hash, since),
        )
        journal.issued(number, done.tx.hash, done.tx.block.number)
        told(number, done.tx.place)
        return number

    with ThreadPoolExecutor(AT_ONCE) as pool:
        pending = [pool.submit(one, planned) for planned in rest]
        try:
            issued = tuple(future.result() for future in pending)
        except BaseException:
            for future in pending:
                future.cancel()
            raise
    return Outcome(issued, before)


def _issue_event(chain: ManagedChain, asset: bytes, hashes: Sequence[str], since: int) -> Happened | None:
    """The issue that one of these transactions made, once the blocks that may hold it are final."""
    head = chain.head().number
    final = chain.finalised().number
    if final < head:
        final = chain.wait_finalised(head - 1, WAIT_SECONDS).number
    for happened in chain.history(max(1, since), final, asset):
        if isinstance(happened.event, Issued) and happened.at.hash in hashes:
            return happened
    return None
