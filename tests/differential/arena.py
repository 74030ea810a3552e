"""Both chains under one manual clock, the book beside them, and the comparison after each operation."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from eth_utils.crypto import keccak

from bridge.ledger import Event, Ledger
from bridge.refusals import Refusal
from bridge.types import ZERO32, Reason
from chains.accounts import Account
from chains.devnet.embedded import EmbeddedDevnet, Options
from chains.devnet.keys import dev_evm, dev_substrate
from chains.evm.deploy import EvmSetup, deploy
from lockstep_cli.local.cast import staff
from lockstep_cli.local.genesis import NATIVE_COIN, TIMING, attestor_set, oracle_set, substrate_patch
from tests.differential.compare import in_book, keys, on_chain
from tests.differential.drivers import lowest
from tests.differential.evm_driver import EvmDriver
from tests.differential.model import Said, World, founded
from tests.differential.scene import ACCOUNTS, CHAINS, EVM, NOBODY, ODD, SUBSTRATE, Call, Op, Scene
from tests.differential.substrate_driver import SubstrateDriver

EXPLAINED = frozenset({"transfer", "initiate", "issue", "explain_deliver", "deliver"})
AT_ONCE = 4
"""Views that are compared after an operation, of those that it changed, and one other. What is left waits for a later one."""
SEQUENCES = 15
"""A bridge takes 32 tokens, and a sequence of operations has two assets of its own."""


Listener = Callable[[str, str, int, Sequence[Event]], None]
"""(chain, what it was asked, the number that it refused with or 0, the events that it told)"""


class Disagreement(AssertionError):
    """An implementation does not do what the book says."""

    def __init__(self, chain: str, what: str, book: object, seen: object, ops: Sequence[Op]) -> None:
        self.chain, self.what = chain, what
        self.ops = list(ops)
        listed = "".join(f"    {op!r},\n" for op in ops)
        super().__init__(f"{chain}: {what}\n  book: {book}\n  {chain}: {seen}\noperations:\n[\n{listed}]")


class Arena:
    """A context manager: both chains run while it is open."""

    def __init__(self, folder: Path, only: Sequence[str] = CHAINS, listeners: Sequence[Listener] = ()) -> None:
        """`only`: the chains that are asked; the book stands for the other one. `listeners` hear what chains say."""
        self._folder = folder
        self.listeners = list(listeners)
        self._only = tuple(only)
        self._ledgers: dict[str, Ledger] = {}
        self._stack = ExitStack()
        self._ids: dict[tuple[str, str], bytes] = {}
        self._keys: dict[bytes, Account] = {}
        self.sequences = 0

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

    def begin(self, salt: bytes) -> World:
        """A world with two new assets to come; pauses, lanes and the oracle's numbers go on."""
        self.sequences += 1
        self.ops: list[Op] = []
        self._asked: dict[str, str] = {}
        self._shown: dict[str, dict[Any, object]] = {chain: {} for chain in CHAINS}
        self._waiting: dict[str, dict[Any, None]] = {chain: {} for chain in CHAINS}
        self.world = World(Scene(self.account, self._domains, self._now, salt), self._ledgers)
        return self.world

    def draft(self, salt: bytes) -> World:
        """The world that `begin` would give now, for the book alone: what happens there is asked of no chain."""
        return World(Scene(self.account, self._domains, self._now, salt), self._ledgers)

    def account(self, chain: str, name: str) -> bytes:
        """The account of a name on a chain; its key is known, except for those that are no accounts."""
        return self._ids[chain, name]

    def step(self, op: Op) -> None:
        """Do an operation on both chains and compare. Disagreement."""
        self.ops.append(op)
        calls = self.world.calls(op)
        self._on_both(lambda chain: self._before(chain, calls.get(chain)))
        transacted = {chain: call for chain, call in calls.items() if call.name != "explain_deliver"}
        self._now += op[0]
        block = self.devnet.block(self._now)
        said = self.world.advance(op, calls)
        self._ledgers = self.world.ledgers
        self._on_both(lambda chain: self._after(chain, block, said[chain] if chain in transacted else None))

    def outside(self, chain: str, act: Callable[[Any], None]) -> None:
        """What the book does not tell, because it is one chain's own matter: `act` on its driver, in a block of its own.

        AssertionError when a transaction of it fails.
        """
        self._pools[chain].submit(act, self._drivers[chain]).result()
        self._now += 2
        block = self.devnet.block(self._now)
        self.world.now = self._now
        seen = self._pools[chain].submit(self._drivers[chain].collect, block).result()
        assert not seen.code, f"{chain}: {Refusal(seen.code).name}"

    def forget_releases(self, chain: str, asset: bytes) -> None:
        """In the book: proposals to release lots do not pass from a token to the one after it."""
        known = self.world.ledgers[chain].assets[asset]
        self.world.ledgers[chain] = self.world.ledgers[chain].with_asset(replace(known, releases={}))
        self._ledgers = self.world.ledgers

    def finish(self, *, everything: bool = True) -> None:
        """Compare all views, or all that changed and were not compared since."""
        self._on_both(lambda chain: self._compare(chain, self._keys_of(chain) if everything else self._waiting[chain]))

    def _start(self) -> None:
        people = self._cast()
        patch = substrate_patch()
        rich = [[account.text, NATIVE_COIN] for account in people[SUBSTRATE]]
        patch["balances"]["balances"] = _merged(patch["balances"]["balances"], rich)
        options = Options(manual=True)
        self.devnet = self._stack.enter_context(EmbeddedDevnet(self._folder, patch, options=options))
        with self.devnet.flowing():
            setup = EvmSetup(
                deployment=secrets.token_bytes(32),
                attestors=attestor_set(),
                oracle=oracle_set(),
                timing=TIMING,
                guardians=(staff(EVM).guardian.id,),
            )
            contracts = deploy(self.devnet.evm_http, self.devnet.evm_ws, setup, staff(EVM).admin)
        self._pools = {chain: self._stack.enter_context(ThreadPoolExecutor(1)) for chain in CHAINS}
        devnet = self.devnet
        key = self._keys.__getitem__
        make: dict[str, Callable[[], SubstrateDriver | EvmDriver]] = {
            SUBSTRATE: lambda: SubstrateDriver(devnet.substrate_ws, key),
            EVM: lambda: EvmDriver(devnet.evm_http, devnet.evm_ws, contracts, key),
        }
        # A connection belongs to the thread that made it.
        self._drivers = {chain: self._pools[chain].submit(make[chain]).result() for chain in self._only}
        for driver in self._drivers.values():
            self._stack.callback(driver.close)
        self._domains = {chain: keccak(text=chain) for chain in CHAINS}
        self._domains |= {chain: driver.domain for chain, driver in self._drivers.items()}
        self._now = (devnet.newest() + 1) // 2 * 2
        self._ledgers = founded(Scene(self.account, self._domains, self._now, ZERO32))

    def _cast(self) -> dict[str, list[Account]]:
        people: dict[str, list[Account]] = {chain: [] for chain in CHAINS}
        for chain in CHAINS:
            self._ids[chain, NOBODY], self._ids[chain, ODD] = ZERO32, b"\x01" * 32
            keys = staff(chain)
            named = {
                "admin": keys.admin,
                "guardian": keys.guardian,
                "controller": keys.controller,
                "relayer": keys.relayer,
            }
            for place, name in enumerate(ACCOUNTS):
                is_evm = chain == EVM
                named[name] = Account.evm(dev_evm(13 + place)) if is_evm else Account.substrate(dev_substrate(name))
            for name, account in named.items():
                self._ids[chain, name] = account.id
                self._keys[account.id] = account
                people[chain].append(account)
        return people

    def _on_both(self, work: Any) -> None:
        done = [self._pools[chain].submit(work, chain) for chain in self._only]
        errors = [error for future in done if (error := future.exception()) is not None]
        if errors:
            raise errors[0]

    def _before(self, chain: str, call: Call | None) -> None:
        if call is None:
            return
        if call.name in EXPLAINED:
            self._explain(chain, call)
        if call.name != "explain_deliver":
            self._drivers[chain].submit(call)
            self._asked[chain] = call.name

    def _explain(self, chain: str, call: Call) -> None:
        """All failing rules with their values, in the state and at the second before the operation."""
        views, args = self._drivers[chain].views(), call.args
        if call.name == "deliver":
            if not args["orders"]:
                return
            call = replace(call, name="explain_deliver", args={"order": args["orders"][0]})
            args = call.args
        book = self.world.explained(chain, call).reasons
        match call.name:
            case "transfer":
                seen = views.explain_transfer(args["asset"], call.caller, args["to"], args["amount"])
            case "initiate":
                seen = views.explain_initiate(call.caller, args["request"])
            case "issue":
                seen = views.explain_issue(args["asset"], call.caller, args["account"], args["lots"])
            case _:
                seen = views.explain_deliver(args["order"])
        if seen != book:
            raise Disagreement(chain, f"explain {call.name}", lowest(book), lowest(seen), self.ops)

    def _after(self, chain: str, block: bytes, said: Said | None) -> None:
        if said is not None:
            seen = self._drivers[chain].collect(block)
            for listen in self.listeners:
                listen(chain, self._asked[chain], seen.code, seen.events)
            if seen.code != said.code:
                wrong = Refusal(seen.code).name if seen.code else "done"
                raise Disagreement(chain, "the lowest rule", lowest(said.reasons), wrong, self.ops)
            if not _same_values(said.reasons, seen.reason):
                raise Disagreement(chain, "values", lowest(said.reasons), seen.reason, self.ops)
            if Counter(said.events) != Counter(seen.events):
                book, told = _difference(said.events, seen.events)
                raise Disagreement(chain, "events", book, told, self.ops)
        self._compare(chain, self._touched(chain))

    def _keys_of(self, chain: str) -> list[Any]:
        return list(keys(self.world.scene, self.world.ledgers[chain], chain))

    def _touched(self, chain: str) -> list[Any]:
        """Some of what operations changed by the book, the newest first, and one other: what must not have changed."""
        everything = self._keys_of(chain)
        ledger, scene, now = self.world.ledgers[chain], self.world.scene, self.world.now
        shown = {key: in_book(scene, ledger, chain, now, key) for key in everything}
        before, self._shown[chain] = self._shown[chain], shown
        changed = {key: None for key in everything if key != ("clock",) and before.get(key) != shown[key]}
        waiting = changed | {key: None for key in self._waiting[chain] if key not in changed}
        chosen = list(waiting)[:AT_ONCE]
        self._waiting[chain] = {key: None for key in waiting if key not in chosen}
        return [*chosen, Random(len(self.ops)).choice(everything)]

    def _compare(self, chain: str, wanted: Iterable[Any]) -> None:
        views, ledger, now = self._drivers[chain].views(), self.world.ledgers[chain], self.world.now
        for key in wanted:
            book = in_book(self.world.scene, ledger, chain, now, key)
            seen = on_chain(self.world.scene, views, ledger, chain, now, key)
            if book != seen:
                raise Disagreement(chain, f"view {key}", book, seen, self.ops)


def _same_values(book: Sequence[Reason], seen: Reason | None) -> bool:
    """Malformed tells the first place that an implementation came upon; the others have one meaning."""
    return seen is None or seen.code == Refusal.Malformed or (bool(book) and book[0] == seen)


def _difference(book: Iterable[Event], seen: Iterable[Event]) -> tuple[list[Event], list[Event]]:
    wanted, told = Counter(book), Counter(seen)
    return list((wanted - told).elements()), list((told - wanted).elements())


def _merged(first: Sequence[Sequence[Any]], second: Sequence[Sequence[Any]]) -> list[list[Any]]:
    balances: Mapping[Any, Any] = {row[0]: row[1] for row in (*first, *second)}
    return [[account, amount] for account, amount in balances.items()]
