"""Everything about people in the local system: issuer, oracle, signers, wallets, and how the cast comes to be admitted.

Nothing here writes down who is eligible. The issuer attests, the wallets present, the oracle applies the asset's policy, and what stands
on the chains afterwards is read from the chains.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

import httpx

from bridge.eligibility import EligibilityWord
from bridge.errors import LockstepError
from chains.base import Happened
from chains.control import ManagedChain
from chains.token_events import AccountBound, EligibilitySet
from identity.oracle.policy.document import DOCUMENT_NAME, Policy
from identity.ports import Randomness, utc
from identity.tls.development import DevelopmentAuthority
from lockstep_cli.local.cast import ROLES, Person, assemble, staff
from lockstep_cli.local.compliance import LocalCompliance, Ports
from lockstep_cli.local.enrolment import Enrolment
from lockstep_cli.local.issuer import Identified, LocalIssuer
from lockstep_cli.local.policy import write_policy
from lockstep_cli.local.ports import Faces, chosen_ports
from lockstep_cli.local.subjects import FACTS

ASK_SECONDS: Final = 20.0
SIGNERS: Final = 3
ADMISSION_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.2


class NotAdmitted(LockstepError):
    """The oracle did not bring everybody onto a chain in time. `missing`: who has no account or no word there."""

    def __init__(self, chain: str, missing: tuple[str, ...], seconds: float) -> None:
        self.chain, self.missing = chain, missing
        super().__init__(f"{chain} knows nothing of {', '.join(missing)} after {seconds:.0f} s")


class LocalIdentity:
    """The processes and what was done with them. A context manager: leaving it stops everything.

    But for `compliance`, which stands on the chains: whoever starts it stops it, before the chains end.
    """

    def __init__(self, folder: Path, randomness: Randomness, faces: Faces) -> None:
        issuer, oracle, *signers = chosen_ports((faces.issuer, faces.oracle, *(0 for _ in range(SIGNERS))))
        ports = Ports(issuer, oracle, tuple(signers), faces.host)
        self.authority = DevelopmentAuthority(folder / "ca")
        trust = ssl.create_default_context(cafile=str(self.authority.root_file))
        self.http = httpx.Client(verify=trust, timeout=ASK_SECONDS, trust_env=False)
        self.issuer = LocalIssuer(folder, issuer, self.authority, self.http, utc, randomness, faces.host)
        self.compliance = LocalCompliance(folder, ports, self.authority, self.http)
        self.policy: Policy
        self.classes: dict[str, int] = {}
        self._randomness = randomness
        self._stack = ExitStack()
        self._identified: Future[dict[str, Identified]] | None = None

    def __enter__(self) -> LocalIdentity:
        self._stack.callback(self.http.close)
        self._stack.enter_context(self.issuer)
        self._pool = self._stack.enter_context(ThreadPoolExecutor(2))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def ask_to_stop(self) -> None:
        """Lets all processes begin to end; leaving the contexts waits for it."""
        self.compliance.ask_to_stop()
        self.issuer.ask_to_stop()

    @property
    def identified(self) -> Mapping[str, Identified]:
        """The cast with their credentials; waits until they have them."""
        if self._identified is None:
            raise RuntimeError("nobody was asked to identify themselves yet")
        return self._identified.result()

    def begin(self) -> None:
        """Starts the issuer and lets the cast receive their credentials, while the chains start. Returns at once."""
        self._identified = self._pool.submit(self._issue)

    def adopt(self, asset: bytes, chains: Mapping[str, ManagedChain]) -> None:
        """Makes the asset's policy, puts its hash on both chains, and has the oracle's staff approve it."""
        self.policy = write_policy(asset, self.issuer.did, utc(), self._randomness)
        uri = f"{self.compliance.url}/policies/{self.policy.asset}/{self.policy.version}"
        named = [
            self._pool.submit(
                chain.set_document, asset, DOCUMENT_NAME, uri, self.policy.digest, staff(chain.name).controller
            )
            for chain in chains.values()
        ]
        self.compliance.wait_ready()
        self.compliance.adopt(self.policy)
        for future in named:
            future.result()

    def enrol(self, asset: bytes, chains: Mapping[str, ManagedChain]) -> dict[str, Person]:
        """Everybody presents their credentials and proves their accounts; who they are on the chains, once both know it."""
        enrolment = Enrolment(self.http, self.compliance.url, chains, utc, self._randomness)
        roles = {role.name: role for role in ROLES}
        everybody = [(one, assemble(roles[name], bytes(32))) for name, one in self.identified.items()]
        with ThreadPoolExecutor(len(everybody)) as pool:
            for done in [pool.submit(enrolment.enrol, one, person, asset) for one, person in everybody]:
                done.result()
            waiting = [pool.submit(wait_admitted, chain, asset, ADMISSION_SECONDS) for chain in chains.values()]
            told = [future.result() for future in waiting]
        if any(found != told[0] for found in told):
            raise RuntimeError("the chains say different things of the cast")
        self.classes = {name: one.class_ for name, one in told[0].items()}
        return {name: assemble(roles[name], one.investor) for name, one in told[0].items()}

    def change(self, word: str, who: str, type_: str) -> None:
        """The issuer's officer suspends, reinstates or revokes somebody's credential: committed when this returns."""
        one = self.identified[who]
        self.issuer.desk.change(word, self.issuer.credential(one, type_))

    def check(self, within: float = 0.0) -> None:
        """ChainDied when a process has ended that should run, or does in the next `within` seconds (for each process)."""
        self.issuer.check(within)
        self.compliance.check(within)

    def _issue(self) -> dict[str, Identified]:
        self.issuer.start(subscribers=(f"{self.compliance.url}/status",))
        return self.issuer.identify(FACTS)


def wait_admitted(
    chain: ManagedChain,
    asset: bytes,
    seconds: float,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> dict[str, Admitted]:
    """What final blocks of a chain say of everybody in the cast, once they hold an account and a word of each.

    Raises:
        NotAdmitted: after `seconds` somebody is still missing.
    """
    ends = monotonic() + seconds
    read, told = 0, Told()
    while True:
        final = chain.finalised().number
        if final > read:
            told.take(chain.history(read + 1, final, asset))
            read = final
        found = told.admitted(chain.name)
        missing = tuple(role.name for role in ROLES if role.name not in found)
        if not missing:
            return found
        if monotonic() >= ends:
            raise NotAdmitted(chain.name, missing, seconds)
        wait(LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who somebody is on a chain, and in which class."""

    investor: bytes
    class_: int


class Told:
    """What a chain's events said of an asset's investors so far."""

    def __init__(self) -> None:
        self._investors: dict[bytes, bytes] = {}
        self._classes: dict[bytes, int] = {}

    def take(self, happened: Sequence[Happened]) -> None:
        """Reads on."""
        for one in happened:
            if isinstance(one.event, AccountBound):
                self._investors[one.event.account] = one.event.investor
            elif isinstance(one.event, EligibilitySet):
                self._classes[one.event.investor] = EligibilityWord.unpack(one.event.record).class_

    def admitted(self, chain: str) -> dict[str, Admitted]:
        """Whoever in the cast has both on this chain, by name."""
        accounts = {role.name: assemble(role, bytes(32)).account(chain).id for role in ROLES}
        known = {name: self._investors[account] for name, account in accounts.items() if account in self._investors}
        return {
            name: Admitted(investor, self._classes[investor])
            for name, investor in known.items()
            if investor in self._classes
        }
