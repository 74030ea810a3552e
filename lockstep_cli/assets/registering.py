"""Registers an asset on both chains, step by step; a step that is done already is passed over, so a run can be repeated.

What is done is read from the chains, never from a note of our own: a run that was cut off goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from eth_utils.crypto import keccak

from bridge.domains import asset_id
from bridge.refusals import Refusal
from bridge.types import ZERO32, AssetInfo, Lot
from chains.accounts import Account
from chains.base import Submitted
from chains.control import ManagedChain
from chains.views import AssetParams, Views
from identity.oracle.parts import split
from lockstep_cli.assets.documents import documents_of, encode_name
from lockstep_cli.assets.file import AssetFile
from lockstep_cli.errors import UserError
from lockstep_cli.local.oracle import LocalOracle

FIRST_TERMS = 1


@dataclass(frozen=True, slots=True)
class Keys:
    """Who signs on one chain."""

    admin: Account
    controller: Account


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction: on which chain, what it does in words, whether it stands already."""

    chain: str
    what: str
    done: bool
    act: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Registration:
    """A file, its folder, and where it goes."""

    file: AssetFile
    folder: Path
    chains: Mapping[str, ManagedChain]
    keys: Mapping[str, Keys]

    @property
    def params(self) -> AssetParams:
        """What both chains are told. DocumentUnreadable."""
        home = self.file.asset.home
        return AssetParams(
            home_domain=self.chains[home].domain,
            issuer=self.keys[home].controller.id,
            salt=self._salt(),
            terms=self.file.terms(FIRST_TERMS, self.folder),
            pairs=self.file.pairs(),
            name=self.file.asset.name,
            symbol=self.file.asset.symbol,
        )

    @property
    def asset(self) -> bytes:
        """The asset's id on both chains."""
        home = self.file.asset.home
        return asset_id(self.chains[home].domain, self.keys[home].controller.id, self._salt())

    def steps(self) -> dict[str, list[Step]]:
        """All steps by chain, in their order. UserError when a chain knows the asset with other terms."""
        return {name: list(self._steps_on(name)) for name in self.chains}

    def run(self, steps: Mapping[str, Sequence[Step]], told: Callable[[Step], None]) -> int:
        """Does what is not done yet: each chain in its order, the chains side by side. How many steps were taken."""

        def on_one(chain: str) -> int:
            taken = 0
            for step in steps[chain]:
                if not step.done:
                    step.act()
                    told(step)
                    taken += 1
            return taken

        with ThreadPoolExecutor(len(steps)) as pool:
            return sum(pool.map(on_one, steps))

    def _salt(self) -> bytes:
        asset = self.file.asset
        if asset.salt is not None:
            return bytes.fromhex(asset.salt.removeprefix("0x"))
        return keccak(text="\0".join((asset.symbol, asset.isin or "", asset.name)))

    def _steps_on(self, name: str) -> list[Step]:
        chain, keys, asset = self.chains[name], self.keys[name], self.asset
        views = chain.views(chain.head())
        info = views.asset_info(asset)
        known = info is not None
        if info is not None:
            self._require_equal(name, info, views)
        steps = [
            self._step(
                name,
                f"register {self.file.asset.symbol}",
                known,
                lambda: chain.register_asset(self.params, keys.controller.id, keys.admin),
            )
        ]
        if known and not _is_controller(views, asset, keys.controller.id):
            steps.append(
                self._step(
                    name,
                    "name the controller",
                    False,
                    lambda: chain.set_controller(asset, keys.controller.id, keys.admin),
                )
            )
        lanes = {flow.lane for flow in views.supply_of(asset).lanes} if known else set()
        for other, far in self.chains.items():
            if other != name:
                steps += self._lane_steps(name, far.domain, f"to {other}", far.domain in lanes, views)
        return [*steps, *self._document_steps(name, views, known), *self._cap_steps(name, views, known)]

    def _lane_steps(self, name: str, lane: bytes, way: str, is_open: bool, views: Views) -> list[Step]:
        chain, admin, asset = self.chains[name], self.keys[name].admin, self.asset
        steps = [self._step(name, f"open the lane {way}", is_open, lambda: chain.open_asset(lane, asset, admin))]
        limits = self.file.lane
        if limits is not None:
            wanted = (limits.outbound.capacity, limits.outbound.rate, limits.inbound.capacity, limits.inbound.rate)
            have: tuple[int, ...] = ()
            if is_open:
                rates = views.rate_of(lane, asset)
                have = (rates.outbound.capacity, rates.outbound.rate, rates.inbound.capacity, rates.inbound.rate)
            what = f"bound what crosses {way}: {wanted[0]:,} out and {wanted[2]:,} in at once"
            steps.append(self._step(name, what, have == wanted, lambda: chain.set_rate(lane, asset, *wanted, admin)))
        return steps

    def _document_steps(self, name: str, views: Views, known: bool) -> list[Step]:
        chain, controller, asset = self.chains[name], self.keys[name].controller, self.asset
        steps = []
        for entry in documents_of(self.file, self.folder):
            key = encode_name(entry.name)
            there = views.document_of(asset, key) if known else None
            is_set = there is not None and (there.uri, there.hash) == (entry.uri, entry.digest)

            def act(key: bytes = key, uri: str = entry.uri, digest: bytes = entry.digest) -> Submitted:
                return chain.set_document(asset, key, uri, digest, controller)

            steps.append(self._step(name, f"set document {entry.name}: {entry.uri}", is_set, act))
        return steps

    def _cap_steps(self, name: str, views: Views, known: bool) -> list[Step]:
        """Velocity and the caps on holders: each chain gets its part."""
        chain, admin, asset = self.chains[name], self.keys[name].admin, self.asset
        steps = []
        if self.file.velocity is not None:
            capacity = split(self.file.velocity.capacity, list(self.chains))[name]
            rate = split(self.file.velocity.rate, list(self.chains))[name]
            now = views.velocity_of(asset) if known else None
            is_set = now is not None and (now.capacity, now.rate) == (capacity, rate)
            what = f"bound what one investor sends on: {capacity:,} at once, {rate:,} a second"
            steps.append(self._step(name, what, is_set, lambda: chain.set_velocity(asset, capacity, rate, admin)))
        # Quotas move with seats afterwards: what was granted once is recognised by any quota or holder at all.
        counts = [views.quota_of(asset, one.number) for one in self.file.classes.values()] if known else []
        granted = any(count.quota != 0 or count.holders != 0 for count in counts)
        holders = {one.number: one.holders for one in self.file.classes.values()}
        what = f"grant this chain's part of the caps on holders ({len(holders)} classes)"
        steps.append(self._step(name, what, granted, lambda: LocalOracle(asset).cap_classes(chain, holders)))
        return steps

    def _require_equal(self, name: str, info: AssetInfo, views: Views) -> None:
        params = self.params
        # A newer version of the terms is the issuer's later decision; its first version is no longer on the chain.
        if info.terms.terms > FIRST_TERMS:
            return
        wanted = replace(info, terms=params.terms, name=params.name, symbol=params.symbol)
        if info != wanted or views.pair_rules(self.asset) != params.pairs:
            raise UserError(
                f"{name} knows {self.file.asset.symbol} with other terms than this file has.",
                "Change terms with `asset terms`, or give the file a salt of its own for another asset.",
            )

    @staticmethod
    def _step(chain: str, what: str, done: bool, act: Callable[[], object]) -> Step:
        return Step(chain, what, done, act)


def _is_controller(views: Views, asset: bytes, account: bytes) -> bool:
    reasons = views.explain_issue(asset, account, ZERO32, (Lot(1, 0, 0),))
    return all(reason.code != Refusal.NotController for reason in reasons)
