"""Puts a new token in the place of an asset's, with everything that it holds, step by step (ADR 0015).

Objectives: nothing is left out (every class with a quota included), nothing moves meanwhile, the asset opens again only as it
was. What is done is read from the chain, so a run that was killed is simply repeated. Failure modes: events that do not
name every record (IncompleteEvents, before anything is closed); two tokens that differ (NotEqual, before it opens).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bridge.errors import LockstepError
from bridge.types import PauseBit
from chains.accounts import Account
from chains.base import Submitted
from chains.control import ManagedChain
from chains.replacement import ReplaceableChain
from chains.views import AssetParams
from lockstep_cli.assets.records import Keys, Records, account_gas, find_keys, holder_gas, pages, read_records
from lockstep_cli.assets.replacement_note import Note, NoteFile
from lockstep_cli.errors import UserError

STOPPED = int(PauseBit.TRANSFER | PauseBit.INITIATE | PauseBit.DELIVER)
"""What the bridge asks to be paused in the asset's own scope while its token changes."""
WAIT_SECONDS = 120.0

Told = Callable[[str], None]


class IncompleteEvents(LockstepError):
    """The chain's events name fewer accounts or investors than the token has: some could not be copied."""

    def __init__(self, what: str, found: int, there: int) -> None:
        self.found, self.there = found, there
        self.cure = (
            "Ask a node that still has every event since the asset was registered. Nothing was closed by this run."
        )
        super().__init__(f"the token has {there} {what}, and the events of this node name {found} of them")


class NotEqual(LockstepError):
    """A record of the new token is not what the old one has: it is not opened."""

    def __init__(self, what: Sequence[str]) -> None:
        self.what = tuple(what)
        self.cure = (
            "The asset stays closed and paused. Another token can take over from the old one: report this first."
        )
        super().__init__(f"the new token differs from the old one in {', '.join(what[:5])}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to copy. Numbers of records, of classes with a quota or holders, and of pages for each kind."""

    token: str
    accounts: int
    holders: int
    classes: int
    account_pages: int
    holder_pages: int


@dataclass(slots=True)
class Replacement:
    """One asset's token on one chain. `others`: the chains that orders come from. `classes`: numbers known from elsewhere."""

    chain: ReplaceableChain
    others: Sequence[ManagedChain]
    asset: bytes
    classes: Sequence[int]
    admin: Account
    note: NoteFile
    told: Told
    page: int = 50
    sent: list[tuple[str, Submitted]] = field(default_factory=list)

    def plan(self) -> Plan:
        """What a run would copy. IncompleteEvents; UserError while an import is going on."""
        token = self.chain.token_of(self.asset)
        if self.chain.import_progress(token).is_going_on:
            raise UserError("This token is being replaced already.", "Run the command without --check: it goes on.")
        records = self._whole(token, self._keys(self.chain.finalised().number))
        return Plan(
            token=token,
            accounts=len(records.accounts),
            holders=len(records.holders),
            classes=len(records.classes),
            account_pages=len(list(pages(records.accounts, account_gas, self.page))),
            holder_pages=len(list(pages(records.holders, holder_gas, self.page))),
        )

    def run(self) -> Note:
        """All that is left to do; what was noted of it. Name and symbol are the old token's.

        Raises:
            IncompleteEvents, NotEqual, Refused, and what submissions raise.
        """
        note = self.note.read()
        token = self.chain.token_of(self.asset)
        progress = self.chain.import_progress(token)
        if note is not None and progress.finished and note.successor == token:
            return self._close(note)
        if not progress.is_going_on:
            note = self._begin(note, token)
        elif note is None:
            # Somebody else began it, or the note is lost: the pause was theirs, and is left to them.
            self.told("an import is going on; this run takes it up")
            note = Note(old=progress.predecessor or token, paused=STOPPED, block=0, successor=token)
        self._copy(note.old, note.successor or token)
        return self._close(note)

    def _begin(self, note: Note | None, old: str) -> Note:
        """Checks that everything can be named, pauses, makes the new token, and closes the old one."""
        # A node that can't name every record is found out while the asset still works.
        self._whole(old, find_keys(self.chain, (), self.asset, self.classes, self.chain.finalised().number))
        if note is None or note.old != old:
            note = Note(old=old, paused=self.chain.pause_of(self.asset), block=self.chain.head().number)
        params = self._params()
        self.note.write(note)
        if self.chain.pause_of(self.asset) & STOPPED != STOPPED:
            self._did("the asset is paused", self.chain.pause_asset(self.asset, STOPPED, self.admin))
        if note.successor is None:
            made = self.chain.deploy_token(params, self.admin)
            note = self.note.write(note.model_copy(update={"successor": made}))
            self.told(f"the new token is {made}")
        successor = note.successor or ""
        self._did("the old token is closed", self.chain.replace_token(self.asset, successor, self.admin))
        return note

    def _params(self) -> AssetParams:
        views = self.chain.views()
        info = views.asset_info(self.asset)
        if info is None:
            raise UserError(f"{self.chain.name} does not know this asset.", "Register it first: asset register FILE.")
        return AssetParams(
            home_domain=info.home_domain,
            issuer=info.issuer,
            salt=info.salt,
            terms=info.terms,
            pairs=views.pair_rules(self.asset),
            name=info.name,
            symbol=info.symbol,
        )

    def _copy(self, old: str, new: str) -> None:
        """Copies what the new token does not have yet, compares all of it, and opens the token."""
        # Everything that the old token ever told is final only once the block that closed it is.
        closed = self.chain.head().number
        final = self.chain.finalised()
        if final.number < closed:
            final = self.chain.wait_finalised(closed - 1, WAIT_SECONDS)
        keys = self._keys(final.number)
        wanted, have = self._whole(old, keys), read_records(self.chain, new, keys)
        accounts = {key: one for key, one in wanted.accounts.items() if key not in have.accounts}
        holders = {key: one for key, one in wanted.holders.items() if key not in have.holders}
        done = len(wanted.accounts) - len(accounts)
        for page in pages(accounts, account_gas, self.page):
            submitted = self.chain.import_accounts(new, page, self.admin)
            done += len(page)
            self._did(f"accounts: {done} of {len(wanted.accounts)}", submitted)
        done = len(wanted.holders) - len(holders)
        for page in pages(holders, holder_gas, self.page):
            submitted = self.chain.import_holders(new, page, self.admin)
            done += len(page)
            self._did(f"investors: {done} of {len(wanted.holders)}", submitted)
        self._copy_classes(new, wanted, keys)
        if not self.chain.import_progress(new).rest:
            self._did("terms, rules and documents", self.chain.import_rest(new, self.admin))
        self._require_equal(old, new, wanted, keys)
        self._did("the new token is open", self.chain.finish_import(new, self.admin))

    def _copy_classes(self, new: str, wanted: Records, keys: Keys) -> None:
        # The classes of investors came along with them; one that nobody is of would have no seats until it is copied.
        have = read_records(self.chain, new, Keys((), (), keys.classes)).classes
        missing = [number for number, one in wanted.classes.items() if have.get(number) != one]
        for start in range(0, len(missing), self.page):
            part = missing[start : start + self.page]
            submitted = self.chain.import_classes(new, part, self.admin)
            self._did(f"classes without investors: {start + len(part)} of {len(missing)}", submitted)

    def _close(self, note: Note) -> Note:
        """Lets go on what this replacement stopped, and nothing else."""
        ours = STOPPED & ~note.paused
        if ours and self.chain.pause_of(self.asset) & ours:
            self._did("the asset goes on", self.chain.resume_asset(self.asset, ours, self.admin))
        self.note.clear()
        return note

    def _keys(self, upto: int) -> Keys:
        return find_keys(self.chain, self.others, self.asset, self.classes, upto)

    def _whole(self, token: str, keys: Keys) -> Records:
        """Every record of a token. IncompleteEvents when the keys don't lead to all of them."""
        records, there = read_records(self.chain, token, keys), self.chain.export_asset(token)
        if len(records.accounts) != there.accounts:
            raise IncompleteEvents("accounts", len(records.accounts), there.accounts)
        if len(records.holders) != there.holders:
            raise IncompleteEvents("investors", len(records.holders), there.holders)
        return records

    def _require_equal(self, old: str, new: str, wanted: Records, keys: Keys) -> None:
        have = read_records(self.chain, new, keys)
        differ = [f"account {key.hex()}" for key in wanted.accounts if wanted.accounts[key] != have.accounts.get(key)]
        differ += [f"investor {key.hex()}" for key in wanted.holders if wanted.holders[key] != have.holders.get(key)]
        differ += [f"class {key}" for key in keys.classes if wanted.classes.get(key) != have.classes.get(key)]
        if self.chain.export_asset(old).rest != self.chain.export_asset(new).rest:
            differ.append("terms, rules, documents or counters")
        if differ:
            raise NotEqual(differ)

    def _did(self, what: str, submitted: Submitted) -> None:
        self.sent.append((what, submitted))
        self.told(what)
