"""The newest verified status list of each (address, issuer), in memory, with what a credential's place in it says now.

A standing is read here without any fetch. A list counts until it is older than its `ttl` or 60 seconds, reckoned from
when its issuer signed it (and from when it was first had, should the issuer's clock be ahead of ours), never from when
it was loaded: after that its credentials are UNREACHABLE, and so they are while our clock stands before the list's time: a
clock that was put back would else keep it young. A list that is older than the one known is refused: who can replay an old
list could otherwise undo a revocation.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Connection, select

from bridge.errors import InvalidInput, LockstepError, RecoverableError
from identity.errors import IdentityError
from identity.formats.base import IssuerKeys, StatusReference
from identity.formats.status_list import Status, StatusList, VerifiedStatusList, verify_status_list_token
from identity.oracle.policy.evidence import Standing
from identity.oracle.status.tables import STATUS_TOKENS
from identity.storage.once import insert_once
from identity.storage.writer import Transaction

MAX_AGE = 60
"""Seconds a list may be used, whatever longer time its issuer allows."""
MAX_BACK = 5
"""Seconds by which our clock may stand before the moment at which a list was had: processes of one oracle differ by less."""

_STANDINGS: Mapping[int, Standing] = {Status.VALID: Standing.VALID, Status.SUSPENDED: Standing.SUSPENDED}
_SEVERITIES: Mapping[int, int] = {Status.VALID: 2, Status.SUSPENDED: 1}


class ListRolledBack(IdentityError, InvalidInput):
    """A list was signed before the one that is known. UTC seconds."""

    def __init__(self, uri: str, issued_at: int, known: int) -> None:
        self.uri, self.issued_at, self.known = uri, issued_at, known
        super().__init__(f"the status list is of {issued_at}, and one of {known} is known")


class KeysWithdrawn(IdentityError, RecoverableError):
    """An issuer's key was withdrawn while its list was being verified: whether it still holds must be looked at anew."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        super().__init__("a key was withdrawn while the status list was verified")


@dataclass(frozen=True, slots=True)
class Change:
    """Places of a list that say something else than before; of a list that is new here: every place."""

    uri: str
    issuer: str
    indexes: Sequence[int]


@dataclass(frozen=True, slots=True)
class Held:
    """A list in use: what it says, its text, and when it was first had (UTC seconds)."""

    list: VerifiedStatusList
    token: str
    taken_at: int
    epoch: int
    """How often keys had been withdrawn when its verification began."""

    @property
    def since(self) -> int:
        """From when its age counts. A list from a clock ahead of ours gets no longer life from that."""
        return min(self.list.issued_at, self.taken_at)

    @property
    def lifetime(self) -> int:
        """Seconds for which it may be used."""
        return MAX_AGE if self.list.ttl is None else min(self.list.ttl, MAX_AGE)

    def usable(self, now: int, max_age: int = MAX_AGE) -> bool:
        """Whether it still counts. At exactly its lifetime it does; an expired one, or one of the future, doesn't."""
        expires = self.list.expires_at
        in_time = -MAX_BACK <= now - self.since <= min(self.lifetime, max_age)
        return in_time and (expires is None or now < expires)


class Lists:
    """The lists of one oracle process. All methods may be called from any thread."""

    def __init__(self, keys: IssuerKeys) -> None:
        self._keys = keys
        self._held: dict[tuple[str, str], Held] = {}
        self._loaded: dict[tuple[str, str], tuple[int, int]] = {}
        self._epoch = 0
        self._turn = threading.Lock()
        self._listeners: list[Callable[[Change], None]] = []

    def on_change(self, listener: Callable[[Change], None]) -> None:
        """Calls `listener` after each change, in the thread that brought it."""
        self._listeners.append(listener)

    def standing(self, reference: StatusReference | None, issuer: str, now: int, max_age: int = MAX_AGE) -> Standing:
        """What the newest list says of a credential, at `now` (UTC seconds). `max_age`: a shorter one than 60 s.

        A credential that names no list, or a kind of list that isn't read here, is UNREACHABLE: nobody could revoke
        it. A place outside the list is INVALID, as the specification demands, and so is a value it doesn't define.
        """
        if reference is None or reference.kind != "token-status-list":
            return Standing.UNREACHABLE
        held = self._held.get((reference.uri, issuer))
        if held is None or not held.usable(now, max_age):
            return Standing.UNREACHABLE
        if not 0 <= reference.index < len(held.list.statuses):
            return Standing.INVALID
        return _STANDINGS.get(held.list.statuses.at(reference.index), Standing.INVALID)

    def held(self, uri: str, issuer: str) -> Held | None:
        """The list in use, whatever its age."""
        return self._held.get((uri, issuer))

    def due(self, uri: str, issuer: str, now: int, every: int) -> bool:
        """Whether it should be fetched: older than `every` seconds or a third of its lifetime, of no use, or not there.

        A third, because a published list may itself be half its lifetime old when it is fetched.
        """
        held = self._held.get((uri, issuer))
        if held is None or not held.usable(now):
            return True
        return now - held.since >= min(every, max(1, held.lifetime // 3))

    def silent(self, now: int, max_age: int = MAX_AGE) -> frozenset[tuple[str, str]]:
        """Address and issuer of each list that was had once and doesn't count any more: nobody brought a newer one."""
        return frozenset(address for address, held in tuple(self._held.items()) if not held.usable(now, max_age))

    def verify(self, text: str, uri: str, now: int) -> VerifiedStatusList:
        """The list in a token, checked as one from `uri`; errors as `verify_status_list_token`. Changes nothing."""
        return verify_status_list_token(text, uri, self._keys, now)

    def read(self, text: str, uri: str, now: int, taken_at: int | None = None) -> Held:
        """The list in a token, checked, as `put` takes it. `taken_at`: when it was first had, if not now."""
        epoch = self._epoch
        return Held(self.verify(text, uri, now), text, now if taken_at is None else taken_at, epoch)

    def take(self, text: str, uri: str, now: int) -> Change | None:
        """Verifies a token and puts it in force; what changed, if anything.

        Raises:
            ListRolledBack: a newer one is known.
            as `verify`.
        """
        return self.put(self.read(text, uri, now))

    def put(self, fresh: Held) -> Change | None:
        """Puts a list that was verified in force; what changed, if anything. ListRolledBack, KeysWithdrawn."""
        key = (fresh.list.uri, fresh.list.issuer)
        with self._turn:
            if fresh.epoch != self._epoch:
                # Else a list that the withdrawn key had signed could come in force just after all such were dropped.
                raise KeysWithdrawn(fresh.list.uri)
            before = self._held.get(key)
            after = fresh if before is None else _newer(before, fresh)
            self._held[key] = after
        indexes = _changed(None if before is None else before.list.statuses, after.list.statuses)
        if not indexes:
            return None
        change = Change(*key, indexes)
        for listener in self._listeners:
            listener(change)
        return change

    def outlasts(self, fresh: Held) -> bool:
        """Whether the list in use says worse than this one of the same second: then this one is not to be kept."""
        held = self._held.get((fresh.list.uri, fresh.list.issuer))
        if held is None or held.list.issued_at != fresh.list.issued_at:
            return False
        return _newer(held, fresh).list.statuses != fresh.list.statuses

    def drop(self, issuer: str) -> int:
        """Forgets all lists of an issuer whose key is compromised; how many. They must come again, newly signed."""
        with self._turn:
            self._epoch += 1
            gone = [key for key in self._held if key[1] == issuer]
            for key in gone:
                del self._held[key]
                self._loaded.pop(key, None)
        return len(gone)

    def load(self, connection: Connection, now: int) -> int:
        """Takes what another process of this oracle stored, or this one before a restart; how many lists it took.

        A text that doesn't verify any more (its key was withdrawn, it has expired) is passed over.
        """
        columns = STATUS_TOKENS.c
        stored = connection.execute(select(columns.uri, columns.issuer, columns.issued_at, columns.taken_at)).all()
        return sum(
            self._load_one(connection, (row.uri, row.issuer), (row.issued_at, row.taken_at), now) for row in stored
        )

    def _load_one(self, connection: Connection, key: tuple[str, str], times: tuple[int, int], now: int) -> bool:
        known = self._held.get(key)
        mine = None if known is None else (known.list.issued_at, known.taken_at)
        if times in (mine, self._loaded.get(key)) or (mine is not None and times[0] < mine[0]):
            return False
        self._loaded[key] = times
        columns = STATUS_TOKENS.c
        where = (columns.uri == key[0], columns.issuer == key[1])
        row = connection.execute(select(columns.token, columns.taken_at).where(*where)).first()
        if row is None:
            return False
        try:
            self.put(self.read(row.token, key[0], now, row.taken_at))
        except LockstepError as error:
            structlog.get_logger("status").info(
                "stored list not taken", action="status.pass_over", uri=key[0], kind=type(error).__name__
            )
            return False
        return True


def save(tx: Transaction, fresh: Held) -> bool:
    """Stores a list for the next start unless a newer one is stored; whether it was stored."""
    columns = STATUS_TOKENS.c
    row = {
        "uri": fresh.list.uri,
        "issuer": fresh.list.issuer,
        "issued_at": fresh.list.issued_at,
        "taken_at": fresh.taken_at,
        "token": fresh.token,
    }
    if insert_once(tx.connection, STATUS_TOKENS, row):
        return True
    newer = (
        STATUS_TOKENS.update()
        .where(columns.uri == row["uri"], columns.issuer == row["issuer"], columns.issued_at <= row["issued_at"])
        .values(issued_at=row["issued_at"], taken_at=row["taken_at"], token=row["token"])
    )
    return tx.connection.execute(newer).rowcount == 1


def _newer(before: Held, fresh: Held) -> Held:
    """Which of two lists holds. Two of the same second can't be ordered: each place is the worse of both."""
    if fresh.list.issued_at < before.list.issued_at:
        raise ListRolledBack(fresh.list.uri, fresh.list.issued_at, before.list.issued_at)
    if fresh.list.issued_at > before.list.issued_at:
        return fresh
    old, new = before.list.statuses, fresh.list.statuses
    if new == old:
        return before
    if (new.bits, len(new)) != (old.bits, len(old)):
        # No issuer reshapes a list twice in a second; whoever replays one gains nothing by it.
        raise ListRolledBack(fresh.list.uri, fresh.list.issued_at, before.list.issued_at)
    data = bytearray(new.data)
    for place, (was, now) in enumerate(zip(old.data, new.data, strict=True)):
        if was != now:
            data[place] = _worse(was, now, new.bits)
    return replace(fresh, list=replace(fresh.list, statuses=StatusList(new.bits, bytes(data))))


def _worse(was: int, now: int, bits: int) -> int:
    """Two bytes of a list, entry by entry: what is not valid stays so, and invalid outranks suspended."""
    merged, mask = 0, (1 << bits) - 1
    for shift in range(0, 8, bits):
        one, other = was >> shift & mask, now >> shift & mask
        merged |= min((one, other), key=_severity) << shift
    return merged


def _severity(value: int) -> int:
    """Low is worse: invalid and unknown values, then suspended, then valid."""
    return _SEVERITIES.get(value, 0)


def _changed(before: StatusList | None, after: StatusList) -> Sequence[int]:
    if before is None or before.bits != after.bits or len(before) != len(after):
        return range(max(len(after), 0 if before is None else len(before)))
    if before.data == after.data:
        return ()
    each = 8 // after.bits
    places = [place for place, (was, now) in enumerate(zip(before.data, after.data, strict=True)) if was != now]
    return [
        index
        for place in places
        for index in range(place * each, (place + 1) * each)
        if before.at(index) != after.at(index)
    ]
