"""The relayer's journal: where each transfer stands, and what this process did about it.

The chain is the truth, the journal a memory of it. Facts of a block and the cursor behind them move in ONE transaction,
so a crash repeats a block or skips none. All methods may be called from several threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert

from bridge.abi import decode_struct, encode_struct
from bridge.refusals import Refusal
from bridge.transfer import Status, TransferState, transition
from bridge.transfer_events import Purpose, TransferEvent
from bridge.types import TransferReceipt
from chains.base import BlockRef, ChainEvent
from relayer.database import Database
from relayer.errors import LaneHalted
from relayer.facts import take
from relayer.rows import Transfer, load, note_stage, state_columns, to_transfer
from relayer.tables import ATTEMPTS, CURSORS, HALTS, HEARTBEATS, HISTORY, METADATA, QUORUMS, TRANSFERS

SIGNATURE_BYTES = 65
OPEN = ("seen", "held", "approved", "submitted", "rejecting")
TERMINAL = ("settled", "refunded")
LATE_STAGES = {"delivered": 1, "rejected": 1, "settled": 2, "refunded": 2}


@dataclass(frozen=True, slots=True)
class Quorum:
    """Signatures for one purpose. `expires_at` for a delivery, `reason` for a rejection, `receipt` for a settlement."""

    purpose: Purpose
    set_id: int
    signatures: tuple[bytes, ...]
    expires_at: int = 0
    reason: int = 0
    receipt: TransferReceipt | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of a transfer's history."""

    stage: str
    at: float
    chain: str
    tx: str
    place: str
    detail: str


class Journal:
    """The journal in one SQLite file."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """`read_only` for everyone but the relayer: it takes no lock and makes no file. JournalMissing."""
        self._database = Database(path, METADATA, read_only=read_only)

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    def cursor(self, domain: bytes) -> BlockRef | None:
        """The last final block of a chain whose facts are in the journal."""
        with self._database.read() as connection:
            row = connection.execute(select(CURSORS).where(CURSORS.c.chain == domain)).first()
        return None if row is None else BlockRef(row.number, row.hash, row.time)

    def ingest(self, domain: bytes, events: Iterable[ChainEvent], upto: BlockRef, now: float) -> list[LaneHalted]:
        """Takes facts and moves the cursor in one transaction. A contradiction halts its lane and is returned."""
        halted: list[LaneHalted] = []
        with self._database.write() as connection:
            for event in events:
                halted += take(connection, event, now)
            row = {"number": upto.number, "hash": upto.hash, "time": upto.time}
            statement = insert(CURSORS).values(chain=domain, **row)
            connection.execute(statement.on_conflict_do_update(index_elements=["chain"], set_=row))
        return halted

    def apply(
        self,
        order_id: bytes,
        events: Sequence[TransferEvent],
        now: float,
        *,
        next_at: float | None = None,
        tries: int | None = None,
        waits_for: str | None = None,
        looked_at: TransferState | None = None,
    ) -> TransferState:
        """Takes what this process did or learned about a transfer; the rest says when to look at it again.

        `looked_at`: the state that this was done for. When a fact has moved the transfer on meanwhile, the fact has
        also said when to look again, and that stands: a wait that belongs to the past must not hide it.
        """
        with self._database.write() as connection:
            state = load(connection, order_id).state
            has_moved = looked_at is not None and not _is_same_work(looked_at, state)
            for event in events:
                before, (state, _) = state, transition(state, event)
                note_stage(connection, before, state, now, None)
            values: dict[str, Any] = state_columns(state)
            extra = {} if has_moved else {"next_at": next_at, "tries": tries, "waits_for": waits_for}
            values |= {name: value for name, value in extra.items() if value is not None}
            connection.execute(update(TRANSFERS).where(TRANSFERS.c.order_id == order_id).values(values))
        return state

    def transfer(self, order_id: bytes) -> Transfer | None:
        """One transfer."""
        with self._database.read() as connection:
            row = connection.execute(select(TRANSFERS).where(TRANSFERS.c.order_id == order_id)).first()
        return None if row is None else to_transfer(row)

    def transfers(self, *, unfinished: bool = False) -> list[Transfer]:
        """All transfers, newest last; only those that are not settled or refunded when `unfinished`."""
        query = select(TRANSFERS).order_by(TRANSFERS.c.source, TRANSFERS.c.nonce)
        if unfinished:
            query = query.where(TRANSFERS.c.status.not_in(TERMINAL))
        with self._database.read() as connection:
            return [to_transfer(row) for row in connection.execute(query)]

    def due(self, now: float) -> list[bytes]:
        """Ids of unfinished transfers whose time has come, oldest first, except those on halted lanes."""
        halted = select(HALTS).where(
            HALTS.c.source == TRANSFERS.c.source, HALTS.c.destination == TRANSFERS.c.destination
        )
        query = (
            select(TRANSFERS.c.order_id)
            .where(TRANSFERS.c.status.not_in(TERMINAL), TRANSFERS.c.next_at <= now, ~halted.exists())
            .order_by(TRANSFERS.c.next_at)
        )
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def next_due(self) -> float | None:
        """When the next unfinished transfer's time comes (UTC seconds); None when there is none."""
        query = select(TRANSFERS.c.next_at).where(TRANSFERS.c.status.not_in(TERMINAL)).order_by(TRANSFERS.c.next_at)
        with self._database.read() as connection:
            return connection.scalars(query.limit(1)).first()

    def overdue(self, destination: bytes, time: int) -> list[bytes]:
        """Ids of open orders whose deadline a destination's final clock has reached, unless they end for it already."""
        ends_already = (TRANSFERS.c.status == "rejecting") & (TRANSFERS.c.reason == int(Refusal.DeadlinePassed))
        query = select(TRANSFERS.c.order_id).where(
            TRANSFERS.c.destination == destination,
            TRANSFERS.c.deadline <= time,
            TRANSFERS.c.status.in_(OPEN),
            ~ends_already,
        )
        with self._database.read() as connection:
            return list(connection.scalars(query))

    def nonces(self, source: bytes, destination: bytes) -> set[int]:
        """The nonces of a lane that the journal knows."""
        query = select(TRANSFERS.c.nonce).where(TRANSFERS.c.source == source, TRANSFERS.c.destination == destination)
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def history(self, order_id: bytes) -> list[Stage]:
        """A transfer's stages in the order in which they came about, whichever chain was read first."""
        query = select(HISTORY).where(HISTORY.c.order_id == order_id).order_by(HISTORY.c.id)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        stages = [Stage(row.stage, row.at, row.chain, row.tx, row.place, row.detail) for row in rows]
        # Clocks of two chains and of this machine can't order them; that a decision is the last but one thing can.
        return sorted(stages, key=lambda stage: LATE_STAGES.get(stage.stage, 0))

    def keep_quorum(self, order_id: bytes, quorum: Quorum) -> None:
        """Keeps collected signatures; newer ones for the same purpose replace older."""
        row = {
            "set_id": quorum.set_id,
            "expires_at": quorum.expires_at,
            "reason": quorum.reason,
            "receipt": b"" if quorum.receipt is None else encode_struct(quorum.receipt),
            "signatures": b"".join(quorum.signatures),
        }
        statement = insert(QUORUMS).values(order_id=order_id, purpose=quorum.purpose.value, **row)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["order_id", "purpose"], set_=row))

    def quorum(self, order_id: bytes, purpose: Purpose) -> Quorum | None:
        """The signatures collected for a purpose."""
        query = select(QUORUMS).where(QUORUMS.c.order_id == order_id, QUORUMS.c.purpose == purpose.value)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        size = len(row.signatures)
        signatures = tuple(row.signatures[at : at + SIGNATURE_BYTES] for at in range(0, size, SIGNATURE_BYTES))
        receipt = decode_struct(TransferReceipt, row.receipt) if row.receipt else None
        return Quorum(purpose, row.set_id, signatures, row.expires_at, row.reason, receipt)

    def begin_attempt(self, order_id: bytes, purpose: Purpose, chain: str, now: float) -> int:
        """Notes that a submission begins; its number."""
        row = {"order_id": order_id, "purpose": purpose.value, "chain": chain, "started_at": now}
        with self._database.write() as connection:
            done = connection.execute(insert(ATTEMPTS).values(**row, hashes="", ended_at=0.0, result=""))
            return int(done.inserted_primary_key[0]) if done.inserted_primary_key else 0

    def add_hash(self, attempt: int, tx_hash: str) -> None:
        """Notes a signed transaction of an attempt, before it leaves."""
        with self._database.write() as connection:
            before = connection.scalars(select(ATTEMPTS.c.hashes).where(ATTEMPTS.c.id == attempt)).one()
            hashes = " ".join((*before.split(), tx_hash))
            connection.execute(update(ATTEMPTS).where(ATTEMPTS.c.id == attempt).values(hashes=hashes))

    def end_attempt(self, attempt: int, result: str, now: float) -> None:
        """Notes how an attempt ended."""
        with self._database.write() as connection:
            connection.execute(update(ATTEMPTS).where(ATTEMPTS.c.id == attempt).values(ended_at=now, result=result))

    def attempts(self, order_id: bytes) -> list[tuple[str, str, tuple[str, ...], str]]:
        """The submissions for a transfer: purpose, chain, hashes, result."""
        query = select(ATTEMPTS).where(ATTEMPTS.c.order_id == order_id).order_by(ATTEMPTS.c.id)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [(row.purpose, row.chain, tuple(row.hashes.split()), row.result) for row in rows]

    def beat(self, now: float) -> None:
        """Notes that the cycle turned."""
        statement = insert(HEARTBEATS).values(loop="daemon", at=now)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["loop"], set_={"at": now}))

    def last_beat(self) -> float:
        """When the cycle last turned (UTC seconds); 0: never."""
        with self._database.read() as connection:
            return connection.scalars(select(HEARTBEATS.c.at).where(HEARTBEATS.c.loop == "daemon")).first() or 0.0

    def halts(self) -> list[tuple[bytes, bytes, str]]:
        """Halted lanes: source, destination, why."""
        with self._database.read() as connection:
            rows = connection.execute(select(HALTS)).all()
        return [(row.source, row.destination, row.why) for row in rows]


def _is_same_work(looked_at: TransferState, state: TransferState) -> bool:
    """Whether a transfer still stands where it was looked at; to submit a delivery is a part of delivering it."""
    if looked_at.status is Status.APPROVED and state.status is Status.SUBMITTED:
        return True
    return (looked_at.status, looked_at.reason) == (state.status, state.reason)
