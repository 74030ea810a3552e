"""Issuing from a file: whatever stops the run, no row is issued twice and none is forgotten."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from bridge.refusals import Refusal, Refused
from bridge.types import Lot
from chains.accounts import Account
from chains.base import BlockRef, Happened, OnSigned, Submitted, TxRef
from chains.control import Fate
from chains.errors import TransactionLost
from chains.token_events import Issued
from lockstep_cli.assets.checking import Planned
from lockstep_cli.assets.issuing import InDoubt, issue_all, reconcile
from lockstep_cli.assets.journal import JournalDamaged, open_journal
from lockstep_cli.assets.rows import IssueRow
from lockstep_cli.errors import UserError

ASSET, DIGEST, INVESTOR = bytes([1] * 32), bytes([2] * 32), bytes(16) + bytes([3] * 16)
SIGNER: Any = Account("substrate", bytes([4] * 32), "controller", None)
ROWS = [Planned(IssueRow(number, "ana", Lot(number * 10, 0, 0)), bytes([5] * 32)) for number in (2, 3, 4)]


class Died(BaseException):
    """The process ends here."""


class Chain:
    """Issues into a list; one row may meet a fate of its own."""

    name = "substrate"

    def __init__(self) -> None:
        self.included: dict[str, Happened | None] = {}
        self.waiting: set[str] = set()
        self.strike: dict[int, str] = {}
        self.lock = threading.Lock()
        self.sent = 0

    def head(self) -> BlockRef:
        return BlockRef(len(self.included) + 10, bytes(32), 0)

    finalised = head

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        return self.head()

    def issue(self, asset: bytes, account: bytes, lots: tuple[Lot, ...], signer: Any, on_signed: OnSigned) -> Submitted:
        with self.lock:
            self.sent += 1
            tx_hash = f"0x{self.sent:064x}"
            strike = self.strike.pop(lots[0].amount, "")
            if strike == "refused":
                raise Refused.of(Refusal.LimitExceeded, 1, 2)
            if strike == "died before signing":
                raise Died
            on_signed(tx_hash)
            if strike == "died before sending":
                raise Died
            at = TxRef("substrate", tx_hash, BlockRef(len(self.included) + 11, bytes(32), 0), 1)
            if strike == "waits":
                self.waiting.add(tx_hash)
                raise TransactionLost("substrate", (tx_hash,), "nobody knows")
            self.included[tx_hash] = (
                None if strike == "failed" else Happened(Issued(asset, INVESTOR, account, lots), at)
            )
            if strike in ("lost", "failed"):
                raise TransactionLost("substrate", (tx_hash,), "the wire broke")
            if strike == "died after":
                raise Died
            return Submitted(at)

    def fate(self, signer: Any, hashes: list[str], since: int) -> Fate:
        if self.waiting & set(hashes):
            return Fate.WAITING
        return Fate.INCLUDED if set(self.included) & set(hashes) else Fate.GONE

    def history(self, first: int, last: int, asset: bytes) -> list[Happened]:
        return [one for one in self.included.values() if one is not None]

    @property
    def issued(self) -> list[int]:
        return sorted(one.event.lots[0].amount for one in self.history(0, 0, ASSET) if isinstance(one.event, Issued))


def run(chain: Any, folder: Path) -> Any:
    """What the command does for rows that all pass."""
    with open_journal(folder, ASSET, DIGEST) as journal:
        reconcile(chain, ASSET, SIGNER, journal)
        return issue_all(chain, ASSET, SIGNER, ROWS, journal, lambda row, place: None)


def test_each_row_is_issued_once_and_a_second_run_does_nothing(tmp_path: Path) -> None:
    chain = Chain()
    assert run(chain, tmp_path).issued == (2, 3, 4)
    again = run(chain, tmp_path)
    assert (again.issued, again.before, chain.sent) == ((), (2, 3, 4), 3)
    assert chain.issued == [20, 30, 40]


@pytest.mark.parametrize(
    "strike", ["died before signing", "died before sending", "died after", "lost", "failed", "refused"]
)
@pytest.mark.parametrize("row", [2, 3, 4])
def test_a_run_that_was_cut_off_goes_on_and_issues_nothing_twice(tmp_path: Path, strike: str, row: int) -> None:
    chain = Chain()
    chain.strike[row * 10] = strike
    with pytest.raises((Died, TransactionLost, Refused)):
        run(chain, tmp_path)
    run(chain, tmp_path)
    assert chain.issued == [20, 30, 40]


def test_nothing_is_signed_while_an_earlier_transaction_may_still_land(tmp_path: Path) -> None:
    chain = Chain()
    chain.strike[30] = "waits"
    with pytest.raises(TransactionLost):
        run(chain, tmp_path)
    before = chain.sent
    with pytest.raises(InDoubt, match="rows 3 were signed") as caught:
        run(chain, tmp_path)
    assert (caught.value.rows, chain.sent) == ((3,), before)
    # It lands after all.
    (tx_hash,) = chain.waiting
    at = TxRef("substrate", tx_hash, BlockRef(99, bytes(32), 0), 1)
    chain.waiting.clear()
    chain.included[tx_hash] = Happened(Issued(ASSET, INVESTOR, bytes([5] * 32), (Lot(30, 0, 0),)), at)
    run(chain, tmp_path)
    assert chain.issued == [20, 30, 40]


def test_a_line_that_was_torn_by_a_power_cut_is_dropped_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    chain = Chain()
    run(chain, tmp_path)
    (path,) = tmp_path.glob("*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"row": 9, "sig')
    with open_journal(tmp_path, ASSET, DIGEST) as journal:
        assert 9 not in journal.rows
        journal.signed(9, "0xaa", 5)
    assert json.loads(path.read_bytes().splitlines()[-1]) == {"row": 9, "signed": "0xaa", "since": 5}
    path.write_bytes(b"nonsense\n" + whole)
    with pytest.raises(JournalDamaged, match="line 1"), open_journal(tmp_path, ASSET, DIGEST):
        pass


def test_one_process_at_a_time_works_on_a_file(tmp_path: Path) -> None:
    with (
        open_journal(tmp_path, ASSET, DIGEST),
        pytest.raises(UserError, match="another process"),
        open_journal(tmp_path, ASSET, DIGEST),
    ):
        pass


def test_a_journal_is_its_owners_and_of_one_asset_and_one_file(tmp_path: Path) -> None:
    for asset, digest in ((ASSET, DIGEST), (DIGEST, DIGEST), (ASSET, ASSET)):
        with open_journal(tmp_path, asset, digest):
            pass
    files = list(tmp_path.glob("*.jsonl"))
    assert len(files) == 3
    assert all(os.stat(file).st_mode & 0o077 == 0 for file in files)
