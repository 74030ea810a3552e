"""Both chains with a clock that only this test moves: the same story makes the same blocks each time.

A waiting transaction gets a block of its own, two seconds after the last one, and no other block comes unless it is
asked for. Genesis, deployment and every time are given, so that two runs are the same chains down to their names.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from bridge.types import AccountKind
from chains.devnet.embedded import EmbeddedDevnet, Options
from chains.devnet.rpc import call
from chains.evm.adapter import EvmChain
from chains.evm.deploy import EvmSetup, deploy
from chains.substrate.adapter import SubstrateChain
from lockstep_cli.local import asset as house
from lockstep_cli.local.cast import staff
from lockstep_cli.local.genesis import TIMING, attestor_set, oracle_set, substrate_patch
from lockstep_cli.local.services import chain_settings

T = TypeVar("T")
BEGINS = 1_999_998_000
"""The second at which both chains begin (UTC, 18 May 2033), and every run again."""
SLOT = 2
DEPLOYMENT = {"substrate": b"\x51" * 32, "evm": b"\xe7" * 32}
LOOK_SECONDS = 0.005


class StillChains:
    """A context manager: both chains, the contracts and one asset on both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._time = BEGINS

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def chains(self) -> dict[str, Any]:
        """Both chains by name."""
        return {"substrate": self.substrate, "evm": self.evm}

    @property
    def substrate_http(self) -> str:
        """Where the Substrate node answers single questions."""
        return "http" + self.devnet.substrate_ws.removeprefix("ws")

    @property
    def settings(self) -> list[dict[str, Any]]:
        """Both chains as the settings of a process describe them."""
        return chain_settings(self.devnet, self.contracts, {name: one.domain for name, one in self.chains.items()})

    @property
    def now(self) -> int:
        """The time of both newest blocks."""
        return self._time

    def blocks(self, count: int = 1) -> None:
        """Empty blocks: EVM blocks are final when two follow them."""
        for _ in range(count):
            self.go_to(self._time + SLOT)

    def go_to(self, second: int) -> None:
        """One block on each chain at a second (even, and later than now)."""
        self.devnet.block(second)
        self._time = second

    @contextmanager
    def minting(self) -> Iterator[None]:
        """While it is open every waiting transaction gets a block at once. One at a time may wait, or runs differ."""
        stop = threading.Event()
        failed: list[BaseException] = []

        def work() -> None:
            try:
                while not stop.is_set():
                    if self._waiting():
                        self.blocks()
                    # Pools tell nobody that something waits in them.
                    time.sleep(LOOK_SECONDS)
            except BaseException as error:
                failed.append(error)
                raise

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        assert not failed

    def done(self, act: Callable[[], T]) -> T:
        """What comes of a transaction that gets its block, with everything final after it."""
        with self.minting():
            result = act()
        self.blocks(2)
        return result

    def _waiting(self) -> bool:
        pool = call(self.devnet.evm_http, "txpool_status", [])
        return int(pool["pending"], 16) > 0 or bool(call(self.substrate_http, "author_pendingExtrinsics", []))

    def _start(self) -> None:
        options = Options(manual=True, begins=BEGINS)
        self.devnet = self._stack.enter_context(
            EmbeddedDevnet(self.folder, substrate_patch(), DEPLOYMENT["substrate"], options)
        )
        with self.minting():
            setup = EvmSetup(
                deployment=DEPLOYMENT["evm"],
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
            params = house.params(self.substrate.domain, staff("substrate").controller.id, b"\x0a" * 32)
            lanes: Sequence[tuple[Any, Any, AccountKind]] = (
                (self.substrate, self.evm, AccountKind.EVM),
                (self.evm, self.substrate, AccountKind.ACCOUNT_ID32),
            )
            for chain, far, kind in lanes:
                keys = staff(chain.name)
                registered = chain.register_asset(params, keys.controller.id, keys.admin)
                assert registered.asset is not None
                self.asset = registered.asset
                chain.open_lane(far.domain, kind, house.MIN_FLIGHT, house.MAX_FLIGHT, keys.admin)
                chain.open_asset(far.domain, registered.asset, keys.admin)
        self.blocks(2)
