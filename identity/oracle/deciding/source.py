"""What deciding tells the publisher: policies, words, classes, and the signed lists behind them. Blocks; call from threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from identity.oracle.deciding.classbook import ClassBook
from identity.oracle.deciding.errors import NoPolicy
from identity.oracle.deciding.policies import Policies
from identity.oracle.deciding.ports import PersonRecords
from identity.oracle.deciding.words import Wanted, Words
from identity.oracle.policy.document import Policy
from identity.oracle.status.lists import Lists
from identity.ports import Clock
from identity.storage.database import Database


class DecidingSource:
    """This room's part of what the publisher asks for."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        people: PersonRecords,
        policies: Policies,
        words: Words,
        classes: ClassBook,
        lists: Lists,
    ) -> None:
        self._database, self._clock, self._people = database, clock, people
        self._policies, self._words, self._classes, self._lists = policies, words, classes, lists

    def assets(self) -> Sequence[bytes]:
        """The assets with a policy in force."""
        with self._database.read() as connection:
            return self._policies.assets(connection, self._clock())

    def policy(self, asset: bytes) -> Policy:
        """The policy in force. NoPolicy when there is none."""
        with self._database.read() as connection:
            policy = self._policies.active(connection, asset, self._clock())
        if policy is None:
            raise NoPolicy(asset)
        return policy

    def wanted(self, asset: bytes, now: int) -> Sequence[Wanted]:
        """Everybody who asked for the asset, with the word that should stand."""
        return self._words.wanted_now(asset)

    def status_tokens(self, asset: bytes) -> Mapping[str, str]:
        """By address: the newest signed lists that the evidence of the asset's investors names."""
        with self._database.read() as connection:
            named = {
                (one.status.uri, one.issuer)
                for person_id, _ in self._people.enrolled(connection, asset)
                for one in self._people.evidence_of(connection, person_id)
                if one.status is not None
            }
        held = {uri: self._lists.held(uri, issuer) for uri, issuer in named}
        return {uri: one.token for uri, one in held.items() if one is not None}

    def classes(self, asset: bytes) -> Mapping[int, str]:
        """Which bucket each drawn class number stands for."""
        with self._database.read() as connection:
            return self._classes.classes(connection, asset)
