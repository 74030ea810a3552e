"""Whether a person meets an asset's policy now: from the newest evidence and the newest lists, each time anew.

Nothing here is remembered between two questions. A verdict that was kept would be one that a revocation can't reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from identity.oracle.deciding.errors import NoPolicy
from identity.oracle.deciding.policies import Policies
from identity.oracle.deciding.ports import PersonRecords
from identity.oracle.deciding.trust import Trust
from identity.oracle.policy.document import Policy
from identity.oracle.policy.evaluate import Truth, Verdict, evaluate
from identity.oracle.policy.evidence import Evidence, Standing, Weighed
from identity.oracle.status.lists import Lists
from identity.refusals import NotFound, SubjectErased

NOBODY = Verdict(Truth.FALSE, None, None, (), ())
"""Of somebody whose evidence is gone (erased, or the relationship has ended) or never was there: nothing can become known."""


class Verdicts:
    """Weighs evidence and evaluates policies. Reads only."""

    def __init__(self, people: PersonRecords, lists: Lists, policies: Policies, trust: Trust) -> None:
        self._people, self._lists, self._policies, self._trust = people, lists, policies, trust

    def verdict(self, connection: Connection, person_id: str, asset: bytes, now: int) -> Verdict:
        """The verdict on a person for an asset at a UTC second. NoPolicy when none is in force."""
        policy = self._policies.active(connection, asset, now)
        if policy is None:
            raise NoPolicy(asset)
        return self.under(connection, policy, person_id, now)

    def under(self, connection: Connection, policy: Policy, person_id: str, now: int) -> Verdict:
        """The verdict under a given policy."""
        return self.under_all(connection, policy, [person_id], now)[person_id]

    def under_all(
        self, connection: Connection, policy: Policy, person_ids: Sequence[str], now: int
    ) -> Mapping[str, Verdict]:
        """The verdicts on many, by person."""
        distrusted = self._trust.distrusted(connection)
        found: dict[str, Verdict] = {}
        for person_id in person_ids:
            try:
                held = self._people.evidence_of(connection, person_id)
            except (SubjectErased, NotFound):
                found[person_id] = NOBODY
                continue
            if not held:
                found[person_id] = NOBODY
                continue
            weighed = [Weighed(one, self._standing(one, policy, distrusted, now)) for one in held]
            found[person_id] = evaluate(policy, weighed, now)
        return found

    def is_final(self, connection: Connection, policy: Policy, person_id: str, now: int) -> bool:
        """Whether a verdict is false even if every suspension were lifted: then an order needs not wait for that."""
        distrusted = self._trust.distrusted(connection)
        weighed = []
        for one in self._people.evidence_of(connection, person_id):
            standing = self._standing(one, policy, distrusted, now)
            # Unreachable: what may yet turn out to be valid.
            weighed.append(Weighed(one, Standing.UNREACHABLE if standing is Standing.SUSPENDED else standing))
        return evaluate(policy, weighed, now).truth is Truth.FALSE

    def _standing(self, one: Evidence, policy: Policy, distrusted: Mapping[str, int], now: int) -> Standing:
        """How a piece of evidence stands by what is known of it from elsewhere; its own times are the evaluation's."""
        since = distrusted.get(one.issuer)
        if since is not None and one.issued_at >= since:
            return Standing.UNTRUSTED
        return self._lists.standing(one.status, one.issuer, now, policy.max_status_age)
