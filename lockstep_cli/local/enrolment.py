"""How the cast comes to be admitted: each presents what their wallet holds, agrees to an account on each chain, and proves it."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from chains.base import Chain
from identity.ports import Clock, Randomness
from identity.wallet.investing import OracleClient
from identity.wallet.presenting import Presenter
from lockstep_cli.local.cast import Person
from lockstep_cli.local.issuer import Identified


class Enrolment:
    """Acts for the people, with their wallets and their keys. `http` trusts the oracle's certificate."""

    def __init__(
        self, http: httpx.Client, oracle: str, chains: Mapping[str, Chain], clock: Clock, randomness: Randomness
    ) -> None:
        self._http, self._clock, self._randomness = http, clock, randomness
        self._oracle = OracleClient(http, oracle)
        self._caip2 = {name: chain.views().identity().caip2 for name, chain in chains.items()}

    def enrol(self, one: Identified, person: Person, asset: bytes) -> None:
        """One presentation of everything held, then consent and a proof for each account."""
        presenter = Presenter(self._http, one.wallet.key(), self._clock, self._randomness)
        session = self._oracle.enrol(asset, presenter, one.held)
        for name, caip2 in self._caip2.items():
            self._oracle.link(session, asset, caip2, person.account(name), presenter, one.held)
