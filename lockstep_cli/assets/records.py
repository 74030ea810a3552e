"""The records of a token: whose they are, by the chains' events, and how many fit into one transaction.

A token can't list its own records: their keys are in its events (and those of the tokens before it). A class may also be
granted a seat by an order that brought it along, which only the order's own event tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from bridge.domains import is_account, is_investor_id
from bridge.types import AccountKind
from chains.base import OrderInitiated
from chains.control import ManagedChain
from chains.replacement import AccountRecord, HolderRecord, ReplaceableChain
from chains.token_events import EligibilitySet, Event
from chains.views import QuotaView

K = TypeVar("K")
R = TypeVar("R")

AT_ONCE = 8
"""Reads on their way at the same time."""

PAGE_GAS = 6_000_000
"""What one page may cost: far below what a block, or a transaction (EIP-7825), holds."""
ACCOUNT_GAS, MOVED_GAS = 90_000, 90_000
HOLDER_GAS, LOT_GAS, SUCCESSOR_GAS = 220_000, 30_000, 90_000
"""Upper bounds: a slot that is written first costs 22,100, the read of the other token 2,600 and 2,100 a slot."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Everybody and everything that events name; not all need have a record."""

    accounts: tuple[bytes, ...]
    investors: tuple[bytes, ...]
    classes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """What one token holds under some keys, without what it does not know."""

    accounts: dict[bytes, AccountRecord]
    holders: dict[bytes, HolderRecord]
    classes: dict[int, QuotaView]


def find_keys(
    chain: ReplaceableChain, others: Iterable[ManagedChain], asset: bytes, classes: Iterable[int], upto: int
) -> Keys:
    """All keys up to a final block of the chain. `others`: where orders came from, whose seats are classes too (each block of
    a Substrate chain is read for them). `classes`: numbers known from elsewhere."""
    events = [happened.event for happened in chain.history(1, upto, asset)]
    accounts = {value for event in events for value in _values(event, ("account", "from_", "to"))}
    investors = {value for event in events for value in _values(event, ("investor", "retired", "successor"))}
    numbers = {*classes, *(number for event in events for number in _classes(event))}
    for other in others:
        numbers |= {
            event.order.seat
            for event in other.events(1, other.finalised().number)
            if isinstance(event, OrderInitiated) and event.order.asset == asset
        }
    return Keys(
        accounts=tuple(sorted(one for one in accounts if is_account(AccountKind.EVM, one))),
        investors=tuple(sorted(one for one in investors if is_investor_id(one))),
        classes=tuple(sorted(numbers - {0})),
    )


def read_records(chain: ReplaceableChain, token: str, keys: Keys) -> Records:
    """What a token holds under these keys."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        accounts = pool.map(lambda key: chain.export_account(token, key), keys.accounts)
        holders = pool.map(lambda key: chain.export_holder(token, key), keys.investors)
        classes = pool.map(lambda key: chain.export_class(token, key), keys.classes)
        return Records(
            accounts={key: one for key, one in zip(keys.accounts, accounts, strict=True) if one.exists},
            holders={key: one for key, one in zip(keys.investors, holders, strict=True) if one.exists},
            classes={
                key: one for key, one in zip(keys.classes, classes, strict=True) if one.quota != 0 or one.holders != 0
            },
        )


def account_gas(record: AccountRecord) -> int:
    """At most what it costs to copy an account."""
    return ACCOUNT_GAS + (MOVED_GAS if int(record.moved_to, 16) else 0)


def holder_gas(record: HolderRecord) -> int:
    """At most what it costs to copy an investor."""
    return HOLDER_GAS + LOT_GAS * len(record.lots) + (SUCCESSOR_GAS if any(record.successor) else 0)


def pages(records: dict[K, R], gas: Callable[[R], int], most: int) -> Iterator[Sequence[K]]:
    """The keys in their order, in pages of at most `most` that cost no more than PAGE_GAS; a page has one at least."""
    page: list[K] = []
    left = 0
    for key, record in records.items():
        if page and (len(page) == most or gas(record) > left):
            yield page
            page = []
        if not page:
            left = PAGE_GAS
        page.append(key)
        left -= gas(record)
    if page:
        yield page


def _values(event: Event, names: Sequence[str]) -> Iterator[bytes]:
    return (value for name in names if isinstance(value := getattr(event, name, None), bytes))


def _classes(event: Event) -> Iterator[int]:
    if isinstance(event, EligibilitySet):
        yield event.record >> 176 & 0xFFFF
    elif isinstance(number := getattr(event, "class_", None), int):
        yield number
