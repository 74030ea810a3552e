"""A chain's state about one asset as a `bridge.ledger` value, read at one block: what a dry run over many rows begins with.

Only what is named is read: the ledger is whole for these accounts and their investors, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridge.eligibility import EligibilityWord
from bridge.ledger import Account, Asset, ClassCount, Holder, Ledger
from bridge.ledger.state import PositionFlag
from bridge.types import ZERO32, AccountKind
from chains.base import BlockRef
from chains.control import ManagedChain
from chains.views import Views
from lockstep_cli.errors import UserError

NOBODY = ZERO32


def snapshot(chain: ManagedChain, asset: bytes, controller: bytes, accounts: Iterable[bytes], at: BlockRef) -> Ledger:
    """The ledger at a block. Who controls the asset is in no view: `controller` is taken for it. UserError without the asset."""
    views = chain.views(at)
    info = views.asset_info(asset)
    if info is None:
        raise UserError(f"{chain.name} does not know this asset.", "Register it first: asset register FILE.")
    clock, supply = views.clock(), views.supply_of(asset)
    records = {account: _account(views, asset, account) for account in set(accounts)}
    holders = {
        investor: _holder(views, asset, investor)
        for investor in {record.investor for record in records.values()} - {ZERO32}
    }
    counts = {class_: views.quota_of(asset, class_) for class_ in {holder.class_ for holder in holders.values()}}
    known = Asset(
        id=asset,
        home_domain=info.home_domain,
        terms=info.terms,
        controller=controller,
        pairs=views.pair_rules(asset),
        pause=info.pause,
        supply=supply.supply,
        issued=supply.issued,
        redeemed=supply.redeemed,
        accounts=records,
        holders=holders,
        classes={class_: ClassCount(count.quota, count.holders) for class_, count in counts.items()},
    )
    return Ledger(
        domain=chain.domain,
        account_kind=AccountKind.EVM if chain.name == "evm" else AccountKind.ACCOUNT_ID32,
        admin=NOBODY,
        guardian=NOBODY,
        last_batch=clock.number,
        issued_at=clock.issued_at,
        pause=clock.pause,
        assets={asset: known},
    )


def _account(views: Views, asset: bytes, account: bytes) -> Account:
    view = views.account_of(asset, account)
    return Account(view.investor, view.balance, bool(view.flags & PositionFlag.FROZEN))


def _holder(views: Views, asset: bytes, investor: bytes) -> Holder:
    position = views.position_of(asset, investor)
    partly = position.flags & PositionFlag.PARTLY_FROZEN
    return Holder(
        word=EligibilityWord.unpack(views.eligibility_of(asset, investor)),
        free=position.free,
        lots=position.lots,
        in_flight=position.in_flight,
        reserved=position.reserved_lots,
        orders=position.orders,
        is_frozen=bool(position.flags & PositionFlag.FROZEN),
        is_retired=bool(position.flags & PositionFlag.RETIRED),
        frozen=views.frozen_of(asset, investor) if partly else 0,
    )
