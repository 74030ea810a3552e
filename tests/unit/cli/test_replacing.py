"""Replacing a token: whatever stops the run, nothing is left out, nothing differs, and the asset opens as it was."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bridge.refusals import Refusal, Refused
from bridge.types import AssetInfo, AssetTerms, Lot, TransferOrder
from chains.base import BlockRef, Happened, OrderInitiated, Submitted, TxRef
from chains.replacement import AccountRecord, AssetRecord, HolderRecord, ImportProgress
from chains.token_events import AccountBound, AccountRecovered, EligibilitySet, InvestorFrozen, QuotaSet
from chains.views import QuotaView
from lockstep_cli.assets.records import PAGE_GAS, holder_gas, pages
from lockstep_cli.assets.replacement_note import NoteDamaged, open_note
from lockstep_cli.assets.replacing import IncompleteEvents, NotEqual, Replacement
from lockstep_cli.errors import UserError

ASSET, ZERO = bytes([1] * 32), bytes(32)
NOWHERE = "0x" + "00" * 20
ANA, BEN, EVE = (bytes(16) + bytes([number] * 16) for number in (1, 2, 3))
ACCOUNTS = [bytes(12) + bytes([number] * 20) for number in range(1, 6)]
OF_NOBODY, OF_AN_ORDER = 40, 50
AT = TxRef("evm", "0x00", BlockRef(5, bytes(32), 0))
ADMIN: Any = object()


class Died(BaseException):
    """The process ends here."""


@dataclass
class Token:
    """One token's records."""

    accounts: dict[bytes, AccountRecord] = field(default_factory=dict)
    holders: dict[bytes, HolderRecord] = field(default_factory=dict)
    quotas: dict[int, int] = field(default_factory=dict)
    rest: bytes = b""
    predecessor: str | None = None
    successor: str | None = None
    finished: bool = False


def account(investor: bytes, balance: int, moved_to: str = NOWHERE) -> AccountRecord:
    return AccountRecord(investor, balance, 0, moved_to)


def holder(class_: int, *lots: Lot) -> HolderRecord:
    return HolderRecord(True, class_ << 176, 5, 0, 0, 0, 0, 0, 0, 0, 0, ZERO, lots)


def old_token() -> Token:
    return Token(
        accounts={
            ACCOUNTS[0]: account(ANA, 60),
            ACCOUNTS[1]: account(BEN, 40),
            ACCOUNTS[2]: account(ZERO, 0, moved_to="0x" + ACCOUNTS[1][12:].hex()),
        },
        holders={ANA: holder(7, Lot(55, 1, 2)), BEN: holder(8), EVE: holder(0)},
        quotas={7: 10, 8: 20, OF_NOBODY: 30, OF_AN_ORDER: 1},
        rest=b"terms and documents",
    )


EVENTS = [
    AccountBound(ASSET, ACCOUNTS[0], ANA),
    AccountBound(ASSET, ACCOUNTS[2], BEN),
    AccountRecovered(ASSET, ACCOUNTS[2], ACCOUNTS[1], 40, 1, ASSET),
    EligibilitySet(ASSET, ANA, 7 << 176),
    EligibilitySet(ASSET, BEN, 8 << 176),
    InvestorFrozen(ASSET, EVE, 1, 1, ASSET),
    QuotaSet(ASSET, OF_NOBODY, 30, 0),
    # Named, and without a record.
    AccountBound(ASSET, ACCOUNTS[4], ZERO),
]


@dataclass
class Chain:
    """Keeps what the contracts keep; ends the run before or after one of its transactions."""

    tokens: dict[str, Token]
    name: str = "evm"
    events_: list[Any] = field(default_factory=lambda: list(EVENTS))
    present: str = "0xold"
    pause: int = 0
    sent: list[str] = field(default_factory=list)
    dies_before: int = -1
    dies_after: int = -1

    def token_of(self, asset: bytes) -> str:
        return self.present

    def pause_of(self, asset: bytes) -> int:
        return self.pause

    def head(self) -> BlockRef:
        return BlockRef(9, bytes(32), 0)

    finalised = head

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        return self.head()

    def history(self, first: int, last: int, asset: bytes) -> list[Happened]:
        return [Happened(event, AT) for event in self.events_]

    def views(self) -> Any:
        return self

    def asset_info(self, asset: bytes) -> AssetInfo:
        return AssetInfo(ASSET, ASSET, ASSET, AssetTerms(3, 0, 1, 0, 1, 1, 1, ZERO), 0, "name", "SYM")

    def pair_rules(self, asset: bytes) -> tuple[()]:
        return ()

    def import_progress(self, token: str) -> ImportProgress:
        one = self.tokens[token]
        closed = one.successor is not None or (one.predecessor is not None and not one.finished)
        counts = len(one.accounts), len(one.holders)
        return ImportProgress(one.predecessor, one.successor, closed, bool(one.rest), one.finished, *counts)

    def export_account(self, token: str, account_: bytes) -> AccountRecord:
        return self.tokens[token].accounts.get(account_, account(ZERO, 0))

    def export_holder(self, token: str, investor: bytes) -> HolderRecord:
        return self.tokens[token].holders.get(investor, replace(holder(0), exists=False))

    def export_class(self, token: str, class_: int) -> QuotaView:
        one = self.tokens[token]
        holders = sum(record.grant >> 176 & 0xFFFF == class_ for record in one.holders.values())
        return QuotaView(one.quotas.get(class_, 0), holders)

    def export_asset(self, token: str) -> AssetRecord:
        one = self.tokens[token]
        supply = sum(record.balance for record in one.accounts.values())
        return AssetRecord(len(one.accounts), len(one.holders), supply, one.rest)

    def deploy_token(self, params: Any, signer: Any) -> str:
        assert (params.name, params.symbol, params.terms.terms) == ("name", "SYM", 3)
        self._send("deploy")
        made = f"0xnew{len(self.tokens)}"
        self.tokens[made] = Token()
        self._sent()
        return made

    def pause_asset(self, asset: bytes, bits: int, signer: Any) -> Submitted:
        self._send("pause")
        self.pause |= bits
        return self._sent()

    def resume_asset(self, asset: bytes, bits: int, signer: Any) -> Submitted:
        assert self.tokens[self.present].finished
        self._send("resume")
        self.pause &= ~bits
        return self._sent()

    def replace_token(self, asset: bytes, token: str, signer: Any) -> Submitted:
        assert self.pause & 7 == 7
        self._send("replace")
        self.tokens[self.present].successor = token
        self.tokens[token].predecessor = self.present
        self.present = token
        return self._sent()

    def import_accounts(self, token: str, accounts: Any, signer: Any) -> Submitted:
        self._send(f"accounts {len(accounts)}")
        for key in accounts:
            assert key not in self.tokens[token].accounts, "copied twice"
            self.tokens[token].accounts[key] = self._source(token).accounts[key]
        return self._sent()

    def import_holders(self, token: str, investors: Any, signer: Any) -> Submitted:
        self._send(f"holders {len(investors)}")
        for key in investors:
            assert key not in self.tokens[token].holders, "copied twice"
            record = self.tokens[token].holders[key] = self._source(token).holders[key]
            self._copy_quota(token, record.grant >> 176 & 0xFFFF)
        return self._sent()

    def import_classes(self, token: str, classes: Any, signer: Any) -> Submitted:
        self._send(f"classes {list(classes)}")
        for class_ in classes:
            self._copy_quota(token, class_)
        return self._sent()

    def import_rest(self, token: str, signer: Any) -> Submitted:
        self._send("rest")
        self.tokens[token].rest = self._source(token).rest
        return self._sent()

    def finish_import(self, token: str, signer: Any) -> Submitted:
        here, there = self.export_asset(token), self.export_asset(self.tokens[token].predecessor or "")
        if here != there:
            raise Refused.of(Refusal.Malformed, 10)
        self._send("finish")
        self.tokens[token].finished = True
        return self._sent()

    def _copy_quota(self, token: str, class_: int) -> None:
        if quota := self._source(token).quotas.get(class_, 0):
            self.tokens[token].quotas[class_] = quota

    def _source(self, token: str) -> Token:
        return self.tokens[self.tokens[token].predecessor or ""]

    def _send(self, what: str) -> None:
        if len(self.sent) == self.dies_before:
            self.dies_before = -1
            raise Died
        self.sent.append(what)

    def _sent(self) -> Submitted:
        if len(self.sent) == self.dies_after:
            self.dies_after = -1
            raise Died
        return Submitted(AT)


class Far:
    """The chain that an order with a seat came from."""

    def finalised(self) -> BlockRef:
        return BlockRef(3, bytes(32), 0)

    def events(self, first: int, last: int) -> list[OrderInitiated]:
        lots = (Lot(1, 0, 0),)
        order = TransferOrder(ZERO, ZERO, 1, ASSET, 1, ANA, ANA, ZERO, ZERO, lots, OF_AN_ORDER, 0, 1)
        other = replace(order, asset=bytes([9] * 32), seat=OF_AN_ORDER + 1)
        return [OrderInitiated(b"id", one, AT) for one in (order, other)]


def chain(**options: Any) -> Any:
    return Chain(tokens={"0xold": old_token()}, **options)


def run(on: Any, folder: Path, page: int = 2) -> Any:
    """What the command does."""
    others: Any = [Far()]
    with open_note(folder, ASSET) as note:
        return Replacement(on, others, ASSET, (), ADMIN, note, lambda line: None, page).run()


WHOLE = [
    "pause",
    "deploy",
    "replace",
    "accounts 2",
    "accounts 1",
    "holders 2",
    "holders 1",
    f"classes [{OF_NOBODY}, {OF_AN_ORDER}]",
    "rest",
    "finish",
    "resume",
]


def assert_replaced(on: Any) -> None:
    new = on.tokens[on.present]
    wanted = old_token()
    assert on.present != "0xold"
    assert (new.accounts, new.holders, new.quotas, new.rest) == (
        wanted.accounts,
        wanted.holders,
        wanted.quotas,
        wanted.rest,
    )
    assert (new.finished, on.pause) == (True, 0)


def test_every_record_is_copied_in_pages_and_every_class_with_a_quota_before_the_end(tmp_path: Path) -> None:
    on = chain()
    run(on, tmp_path)
    assert on.sent == WHOLE
    assert_replaced(on)


@pytest.mark.parametrize("when", ["dies_before", "dies_after"])
@pytest.mark.parametrize("place", range(len(WHOLE)))
def test_a_run_that_is_killed_anywhere_is_repeated_and_does_nothing_twice(
    tmp_path: Path, when: str, place: int
) -> None:
    on = chain(**{when: place + (when == "dies_after")})
    with pytest.raises(Died):
        run(on, tmp_path)
    run(on, tmp_path)
    # A token that was made and not noted is made again: nobody knows the first, and it has no right.
    assert [what for what in on.sent if what != "deploy"] == [what for what in WHOLE if what != "deploy"]
    assert on.sent.count("deploy") == (2 if (when, place) == ("dies_after", 1) else 1)
    assert_replaced(on)


def test_what_was_paused_before_stays_paused(tmp_path: Path) -> None:
    on = chain(pause=1 | 8)
    run(on, tmp_path)
    assert on.pause == 1 | 8


def test_a_record_that_no_event_names_stops_the_run_before_anything_is_closed(tmp_path: Path) -> None:
    for missing in (EVENTS[0], EVENTS[5]):
        on = chain(events_=[event for event in EVENTS if event is not missing])
        with pytest.raises(IncompleteEvents, match="the token has 3"):
            run(on, tmp_path)
        assert (on.sent, on.pause) == ([], 0)


def test_a_token_that_differs_is_not_opened(tmp_path: Path) -> None:
    on = chain(dies_before=WHOLE.index("rest"))
    with pytest.raises(Died):
        run(on, tmp_path)
    new = on.tokens[on.present]
    new.holders[ANA] = replace(new.holders[ANA], lots=(Lot(55, 1, 1),))
    with pytest.raises(NotEqual, match=f"investor {ANA.hex()}"):
        run(on, tmp_path)
    assert "finish" not in on.sent
    assert on.pause == 7


def test_an_import_whose_note_is_lost_goes_on_and_leaves_the_pause_to_people(tmp_path: Path) -> None:
    on = chain(dies_after=WHOLE.index("holders 2") + 1)
    with pytest.raises(Died):
        run(on, tmp_path)
    for note in tmp_path.glob("*.json"):
        note.unlink()
    run(on, tmp_path)
    assert on.sent == WHOLE[:-1]
    assert on.pause == 7


def test_a_damaged_note_and_a_second_process_are_told(tmp_path: Path) -> None:
    on = chain(dies_after=1)
    with pytest.raises(Died):
        run(on, tmp_path)
    (note,) = tmp_path.glob("*.json")
    with open_note(tmp_path, ASSET), pytest.raises(UserError, match="Another process"):
        run(on, tmp_path)
    note.write_text("{")
    with pytest.raises(NoteDamaged):
        run(on, tmp_path)


def test_a_page_costs_no_more_than_a_block_holds_and_always_has_one() -> None:
    full = holder(1, *(Lot(1, place, place) for place in range(32)))
    records = {bytes([number]): full for number in range(20)}
    found = list(pages(records, holder_gas, 50))
    assert [key for page in found for key in page] == list(records)
    assert all(sum(holder_gas(full) for _ in page) <= PAGE_GAS for page in found)
    assert [len(page) for page in pages(records, lambda record: PAGE_GAS * 2, 50)] == [1] * 20
    assert list(pages({}, holder_gas, 50)) == []
