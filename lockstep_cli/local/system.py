"""Composes a whole Lockstep on this machine, and takes it down again.

The two chains start side by side; the contracts are deployed while the Substrate chain makes its first block; the attestors start
while the asset is registered and issued. The relayer starts when it is asked for.

Its people are admitted in one of two ways: by credentials, with an issuer, an oracle and signers as processes of their own, as
everybody's would be; or, for tests of what has nothing to do with identity, by what is written down in the cast.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from bridge.digests import digest_order
from bridge.errors import LockstepError
from bridge.transfer_events import Purpose
from bridge.types import AccountKind, Approval, Lot, TransferOrder
from chains.base import Chain, Submitted
from chains.control import ManagedChain
from chains.devnet.embedded import EmbeddedDevnet, Options
from chains.devnet.keys import ATTESTORS
from chains.evm.adapter import EvmChain
from chains.evm.deploy import EvmSetup, deploy
from chains.substrate.adapter import SubstrateChain
from lockstep_cli.local import asset as house
from lockstep_cli.local.asking import collect_approval
from lockstep_cli.local.auditing import audit_document
from lockstep_cli.local.cast import Person, draw_cast, staff
from lockstep_cli.local.genesis import TIMING, attestor_set, oracle_set, substrate_patch
from lockstep_cli.local.oracle import LocalOracle
from lockstep_cli.local.ports import Faces
from lockstep_cli.local.services import Services
from lockstep_cli.local.state import EvmAddresses, SystemState
from relayer.journal import Journal

if TYPE_CHECKING:
    from lockstep_cli.local.identity import LocalIdentity

Told = Callable[[str], None]
NOTICE_SECONDS = 1.0
"""A death is known here some milliseconds after whoever was connected felt it; on a busy machine, more."""


class LocalSystem:
    """Both chains, the contracts, a registered and issued asset, three attestors. A context manager: leaving it stops everything.

    Its people hold what `lockstep_cli.local.asset.GRANTS` says, all on Substrate, the asset's home.
    """

    def __init__(
        self,
        folder: Path,
        told: Told,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
        options: Options | None = None,
        *,
        credentials: bool = False,
        faces: Faces = Faces(),
    ) -> None:
        """`folder` exists and belongs to this run alone; `told` hears one line per step; `options` say how the chains are started.

        Args:
            credentials: the cast is admitted by credentials, not by what is written down of it.
            faces: where issuer and oracle listen then.
        """
        self.folder = folder
        self.told = told
        self._randomness = randomness
        self._options = options or Options(eager=True)
        self._stack = ExitStack()
        self._parts: list[EmbeddedDevnet | Services | LocalIdentity] = []
        self._identity: LocalIdentity | None = None
        self._credentials, self._faces = credentials, faces
        self.people: dict[str, Person] = {}
        self.issued_lots: dict[str, tuple[Lot, ...]] = {}
        self.substrate: ManagedChain
        self.evm: ManagedChain
        self.asset = b""

    def __enter__(self) -> LocalSystem:
        # The local system is development by definition; a process that was told otherwise must be refused its keys, not overruled.
        os.environ.setdefault("LOCKSTEP_ENV", "dev")
        try:
            self._start()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # A connection that broke, or an event that never came, has a cause: a part that died. That is what people need to hear.
            if isinstance(error, LockstepError):
                self.check(NOTICE_SECONDS)
        finally:
            # All that stands on the chains ends side by side, before the chains do.
            for part in self._parts:
                if not isinstance(part, EmbeddedDevnet):
                    part.ask_to_stop()
            self._stack.close()

    @property
    def chains(self) -> dict[str, ManagedChain]:
        """Both chains by name."""
        return {"substrate": self.substrate, "evm": self.evm}

    @property
    def identity(self) -> LocalIdentity:
        """Issuer, oracle and wallets. RuntimeError in a system whose people were written down."""
        if self._identity is None:
            raise RuntimeError("this system was started without credentials")
        return self._identity

    def check(self, within: float = 0.0) -> None:
        """ChainDied when a part has ended that should run, or does in the next `within` seconds (for each process)."""
        for part in self._parts:
            part.check(within)

    def start_relayer(self) -> None:
        """Starts the relayer, which works through everything that is in flight already."""
        self.services.start_relayer()

    def collect_approval(self, order: TransferOrder, destination: Chain) -> tuple[Approval, int, list[bytes]]:
        """Asks the attestors for their approval of an order, as anyone may: (approval, set id, signatures)."""
        return collect_approval(self.services.attestor_urls, digest_order(order), order, destination)

    def deliver(
        self,
        chain: Chain,
        orders: Sequence[TransferOrder],
        approval: Approval,
        set_id: int,
        signatures: Sequence[bytes],
    ) -> Submitted:
        """Delivers by an account that is nobody: the guardian's, which has native coin and no say in deliveries."""
        return chain.deliver(orders, approval, set_id, signatures, staff(chain.name).guardian)

    def attested(self, order_id: bytes) -> list[dict[str, Any]]:
        """When the relayer held a quorum of approvals for an order, by its journal (UTC seconds); empty if it never did."""
        with self._journal() as journal:
            stages = journal.history(order_id)
        return [{"stage": stage.stage, "time": int(stage.at)} for stage in stages if stage.stage == "approved"]

    def relayed_approval(self, order_id: bytes) -> tuple[Approval, int, list[bytes]]:
        """What the relayer delivered an order with: (approval, set id, signatures). KeyError when it never did."""
        with self._journal() as journal:
            quorum = journal.quorum(order_id, Purpose.DELIVERY)
        if quorum is None:
            raise KeyError(order_id.hex())
        return Approval((order_id,), quorum.expires_at), quorum.set_id, list(quorum.signatures)

    def _journal(self) -> AbstractContextManager[Journal]:
        return closing(Journal(self.services.journal, read_only=True))

    def audit(self) -> dict[str, Any]:
        """The conservation audit over both chains, now."""
        return audit_document(self.chains, self.asset)

    def asset_document(self) -> dict[str, Any]:
        """What the asset is, for people."""
        terms = house.terms()
        return {
            "name": house.NAME,
            "symbol": house.SYMBOL,
            "decimals": terms.decimals,
            "home": "substrate",
            "terms": terms.terms,
            "authorised_issue": terms.authorised_issue,
            "holding_period": terms.holding_period,
            "max_oracle_age": terms.max_oracle_age,
        }

    def state(self) -> SystemState:
        """Where other commands find this system."""
        return SystemState(
            substrate_ws=self.devnet.substrate_ws,
            evm_http=self.devnet.evm_http,
            evm_ws=self.devnet.evm_ws,
            evm=EvmAddresses(
                bridge=self.contracts.bridge,
                lens=self.contracts.lens,
                authority=self.contracts.authority,
                controls=self.contracts.controls,
            ),
            asset="0x" + self.asset.hex(),
            investors={name: "0x" + person.investor.hex() for name, person in self.people.items()},
            attestors=self.services.attestor_urls,
            journal=str(self.services.journal),
            classes={} if self._identity is None else self._identity.classes,
            issuer=None if self._identity is None else self._identity.issuer.url,
            oracle=None if self._identity is None else self._identity.compliance.url,
        )

    def _start(self) -> None:
        if self._credentials:
            from lockstep_cli.local.identity import LocalIdentity

            self._identity = self._stack.enter_context(LocalIdentity(self.folder, self._randomness, self._faces))
            self._identity.begin()
        self.devnet = self._stack.enter_context(
            EmbeddedDevnet(self.folder, substrate_patch(), self._randomness(32), self._options)
        )
        self._parts.append(self.devnet)
        self.told("both chains are running")
        setup = EvmSetup(
            deployment=self._randomness(32),
            attestors=attestor_set(),
            oracle=oracle_set(),
            timing=TIMING,
            guardians=(staff("evm").guardian.id,),
        )
        self.contracts = deploy(self.devnet.evm_http, self.devnet.evm_ws, setup, staff("evm").admin)
        self.evm = EvmChain(self.devnet.evm_http, self.devnet.evm_ws, self.contracts)
        self._stack.callback(self.evm.close)
        self.substrate = SubstrateChain(self.devnet.substrate_ws)
        self._stack.callback(self.substrate.close)
        self.told("the contracts are deployed")
        self.services = self._stack.enter_context(Services(self.folder, self.devnet, self.contracts, self._domains()))
        self._parts.append(self.services)
        if self._identity is None:
            self.services.start_attestors(ATTESTORS)
        else:
            self._parts.append(self._identity)
            self._stack.enter_context(self._identity.compliance).start(self.services.chains, len(ATTESTORS))
            self.services.start_attestors(ATTESTORS, self._identity.compliance.for_attestor)
        self._found_the_asset()
        self._admit()
        self._issue()
        self.services.wait_ready()
        self.told("the asset is issued, and three attestors are listening")

    def _domains(self) -> dict[str, bytes]:
        return {name: chain.domain for name, chain in self.chains.items()}

    def _found_the_asset(self) -> None:
        """Registers the asset and opens the lanes: the chains side by side, each in its own order."""
        controller = staff("substrate").controller
        params = house.params(self.substrate.domain, controller.id, self._randomness(32))
        with ThreadPoolExecutor(2) as pool:
            home = pool.submit(self._found_on, self.substrate, self.evm, AccountKind.EVM, params)
            away = pool.submit(self._found_on, self.evm, self.substrate, AccountKind.ACCOUNT_ID32, params)
            self.asset = _both(home, away)

    def _admit(self) -> None:
        """Brings the cast onto both chains."""
        if self._identity is not None:
            self._identity.adopt(self.asset, self.chains)
            self.told("the cast has credentials, and an oracle with three signers applies the asset's policy")
            self.people = self._identity.enrol(self.asset, self.chains)
            return
        self.people = draw_cast(self._randomness)
        oracle = LocalOracle(self.asset)
        with ThreadPoolExecutor(2) as pool:
            admitted = [
                pool.submit(oracle.admit, chain, self.people.values(), chain.head().time)
                for chain in self.chains.values()
            ]
            for future in admitted:
                future.result()

    def _found_on(self, chain: Chain, far: Chain, kind: AccountKind, params: Any) -> bytes:
        keys = staff(chain.name)
        registered = chain.register_asset(params, keys.controller.id, keys.admin)
        chain.open_lane(far.domain, kind, house.MIN_FLIGHT, house.MAX_FLIGHT, keys.admin)
        if registered.asset is None:
            raise RuntimeError("a registration tells the asset's id")
        chain.open_asset(far.domain, registered.asset, keys.admin)
        return registered.asset

    def _issue(self) -> None:
        now = self.substrate.head().time
        self.issued_lots = {grant.who: house.lots_of(grant, now) for grant in house.GRANTS}
        controller = staff("substrate").controller
        with ThreadPoolExecutor(len(house.GRANTS)) as pool:
            issued = [
                pool.submit(self.substrate.issue, self.asset, self.people[who].substrate.id, lots, controller)
                for who, lots in self.issued_lots.items()
            ]
            for future in issued:
                future.result()


def _both(home: Future[bytes], away: Future[bytes]) -> bytes:
    """The asset's id, which both chains must have computed alike."""
    first, second = home.result(), away.result()
    if first != second:
        raise RuntimeError(f"the chains disagree about the asset's id: {first.hex()} and {second.hex()}")
    return first
