"""The end of relationships that nobody ended: the time of keeping must not start only when somebody thinks of it.

A relationship is over when staff or the person ends it. It is over by itself when every credential that was shown has run
out and the person holds nothing any more, on no chain, in no asset, nothing under way: then the oracle has no business with
them left. Whoever still holds tokens is an investor, however old the evidence. Who comes back is taken up again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog

from bridge.errors import RecoverableError
from chains.base import Chain
from chains.errors import ChainError
from chains.views import Views
from identity.oracle.deciding.lease import Lease
from identity.oracle.people.persons import People
from identity.ports import Clock
from identity.retention import BY_RULE
from identity.storage.database import Database
from identity.storage.writer import Transaction

SWEEP_SIZE = 50
"""Persons looked at in one round."""


class Relationships:
    """Ends what is over."""

    def __init__(
        self,
        *,
        people: People,
        chains: Mapping[bytes, Chain],
        database: Database,
        clock: Clock,
        ended: Callable[[], None],
    ) -> None:
        """`ended` is called after a round that ended any."""
        self._people, self._chains, self._database = people, chains, database
        self._clock, self._ended = clock, ended
        self._after = ""

    def sweep(self, lease: Lease) -> None:
        """Ends the relationships of those whose evidence has run out and who hold nothing; a part of them each round.

        A job; blocks. A chain that doesn't answer keeps everybody where they are.
        """
        with self._database.read() as connection:
            lapsed = self._people.lapsed(connection, self._clock(), after=self._after, limit=SWEEP_SIZE)
            held = {one: self._people.assets_of(connection, one) for one in lapsed}
        # Those who still hold something come again when all others had their turn.
        self._after = lapsed[-1] if len(lapsed) == SWEEP_SIZE else ""
        if not lapsed:
            return
        try:
            states = [chain.views(chain.finalised()) for chain in self._chains.values()]
            over = [one for one in lapsed if not any(_holds(states, *key) for key in held[one])]
        except (RecoverableError, ChainError) as error:
            structlog.get_logger("relationships").warning(
                "will look again", action="relationships.retry", kind=type(error).__name__
            )
            return
        if over:
            ended = lease.write(partial(self._end, persons=over))
            if ended:
                self._ended()

    def _end(self, tx: Transaction, *, persons: Sequence[str]) -> int:
        # Somebody may have come back while the chains were asked.
        still = set(self._people.lapsed(tx.connection, tx.now, only=persons))
        for person_id in persons:
            if person_id in still:
                self._people.end(tx, BY_RULE, person_id)
        return len(still)


def _holds(states: Sequence[Views], asset: bytes, investor: bytes) -> bool:
    positions = [views.position_of(asset, investor) for views in states]
    return any(one.total or one.in_flight or one.orders for one in positions)
