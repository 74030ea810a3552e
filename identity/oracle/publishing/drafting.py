"""From what should stand on a chain and what stands there to the items of the next batch. Pure.

Whatever takes something away comes first, so that no batch of grants can delay a revocation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridge.eligibility import EligibilityWord
from bridge.types import BindingItem, EligibilityItem, Permission, QuotaItem
from identity.oracle.batches import Item
from identity.oracle.policy.words import Word
from identity.oracle.publishing.ports import WantedBinding


@dataclass(frozen=True, slots=True)
class Drafted:
    """An item with what its grounds are made from. `takes`: it gives nothing."""

    item: Item
    person_id: str = ""
    takes: bool = False
    binding: WantedBinding | None = None


def draft_word(
    asset: bytes, investor: bytes, person_id: str, word: Word, before: EligibilityWord, first_limit: int
) -> Drafted | None:
    """The item that makes the target stand, or None when it does.

    `first_limit`: this chain's part of the holding limit, for an investor who has none here and may receive.
    """
    delta = first_limit if word.permissions & Permission.RECEIVE and before.limit == 0 else 0
    is_same = before.is_record and (word.class_, word.permissions, word.valid_until) == (
        before.class_,
        before.permissions,
        before.valid_until,
    )
    if is_same and delta == 0:
        return None
    item = EligibilityItem(asset, investor, word.valid_until, word.class_, word.permissions, delta)
    return Drafted(item, person_id, _takes(word, before) and delta <= 0)


def draft_binding(asset: bytes, wanted: WantedBinding) -> Drafted:
    """The item for an account that is to be bound or unbound."""
    item = BindingItem(asset, wanted.account, wanted.investor)
    return Drafted(item, wanted.person_id, not any(wanted.investor), wanted)


def draft_limits(
    asset: bytes, words: Mapping[bytes, EligibilityWord], deltas: Mapping[bytes, int], people: Mapping[bytes, str]
) -> list[Drafted]:
    """Items that move parts of holding limits and repeat the words as they stand."""
    return [
        Drafted(
            EligibilityItem(
                asset, investor, words[investor].valid_until, words[investor].class_, words[investor].permissions, delta
            ),
            people.get(investor, ""),
            delta < 0,
        )
        for investor, delta in deltas.items()
        if words[investor].is_record and delta
    ]


def draft_quotas(asset: bytes, deltas: Mapping[int, int]) -> list[Drafted]:
    """Items that move seats, by class number: in the order of a policy's buckets they would tell whose class is which."""
    ordered = sorted(deltas.items())
    return [Drafted(QuotaItem(asset, class_, delta), takes=delta < 0) for class_, delta in ordered if delta]


def arrange(drafted: Iterable[Drafted], size: int, *, takes_only: bool = False) -> list[Drafted]:
    """The first `size` items, whatever takes away first; one item per subject, the first one drafted.

    Of what takes away words come first: there may be any number of accounts to unlink.
    """
    seen: set[tuple[object, ...]] = set()
    kept: list[Drafted] = []
    for one in sorted(drafted, key=_urgency):
        key = subject_key(one.item)
        if key not in seen and (one.takes or not takes_only):
            seen.add(key)
            kept.append(one)
    return kept[:size]


def subject_key(item: Item) -> tuple[object, ...]:
    """What an item is about: two of the same don't go into one batch."""
    match item:
        case EligibilityItem():
            return ("eligibility", item.asset, item.investor)
        case BindingItem():
            return ("binding", item.asset, item.account)
        case QuotaItem():
            return ("quota", item.asset, item.class_)


def places(drafted: Sequence[Drafted]) -> dict[tuple[str, int], Drafted]:
    """Where each item stands in its batch: (kind, index) as a batch lists them."""
    kinds: Mapping[str, Callable[[Item], bool]] = {
        "eligibility": lambda item: isinstance(item, EligibilityItem),
        "binding": lambda item: isinstance(item, BindingItem),
        "quota": lambda item: isinstance(item, QuotaItem),
    }
    found: dict[tuple[str, int], Drafted] = {}
    for kind, belongs in kinds.items():
        for index, one in enumerate(each for each in drafted if belongs(each.item)):
            found[kind, index] = one
    return found


def _urgency(one: Drafted) -> int:
    if not one.takes:
        return 2
    return 0 if isinstance(one.item, EligibilityItem) else 1


def _takes(word: Word, before: EligibilityWord) -> bool:
    if not before.is_record:
        return word.permissions == 0
    return (
        word.class_ == before.class_
        and word.permissions & ~before.permissions == 0
        and word.valid_until <= before.valid_until
    )
