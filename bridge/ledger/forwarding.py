"""Following accounts that were recovered from and investors that were replaced (one hop, kept so when written).

When A -> B is written, everything that led to A leads to B, so that an order which waited through several recoveries
still finds its way. Nobody is dropped from a list: a refund may need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridge.ledger.findings import Findings
from bridge.ledger.state import Account, Asset, with_entry
from bridge.refusals import MalformedAt
from bridge.types import MAX_FORWARDS, ZERO32

Sources = Mapping[bytes, tuple[bytes, ...]]


def present(asset: Asset, investor: bytes) -> bytes:
    """The investor, or the successor of a retired one."""
    return asset.successors[investor] if asset.holder(investor).is_retired else investor


def investor_of(asset: Asset, account: bytes) -> bytes:
    """The present investor of an account; zero when it is unbound."""
    return present(asset, asset.account(account).investor)


def landing(asset: Asset, account: bytes) -> bytes:
    """Where tokens for an account land: where an unbound one was recovered to, else the account itself."""
    record = asset.account(account)
    return record.moved_to if not record.is_bound and record.moved_to != ZERO32 else account


def check_sources(findings: Findings, sources: Sources, old: bytes, new: bytes) -> None:
    """Malformed(16) when more would lead to one place than a list holds."""
    findings.malformed_if(len(_merged(sources, old, new)) > MAX_FORWARDS, MalformedAt.FORWARDS)


def move_account(asset: Asset, old: bytes, new: bytes) -> Asset:
    """Write that tokens for `old` land on `new`; `new` itself leads nowhere any more."""
    followers = _merged(asset.account_sources, old, new)
    left = asset.account(new).moved_to
    sources = dict(asset.account_sources)
    if left != ZERO32:
        sources[left] = tuple(source for source in sources.get(left, ()) if source != new)
    sources[new], sources[old] = followers, ()
    accounts: dict[bytes, Account] = dict(asset.accounts)
    for source in followers:
        accounts[source] = replace(asset.account(source), moved_to=new)
    accounts[new] = replace(asset.account(new), moved_to=ZERO32)
    return replace(asset, accounts=accounts, account_sources=sources)


def replace_investor(asset: Asset, retired: bytes, successor: bytes) -> Asset:
    """Write that `successor` stands for `retired` and for all whom `retired` stood for."""
    followers = _merged(asset.investor_sources, retired, successor)
    sources = with_entry(with_entry(asset.investor_sources, successor, followers), retired, ())
    successors = {**asset.successors, **dict.fromkeys(followers, successor)}
    return replace(asset, successors=successors, investor_sources=sources)


def _merged(sources: Sources, old: bytes, new: bytes) -> tuple[bytes, ...]:
    """Who leads to `new` once `old` does: each once, never itself."""
    together = (*sources.get(new, ()), old, *sources.get(old, ()))
    return tuple(dict.fromkeys(source for source in together if source != new))
