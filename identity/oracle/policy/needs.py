"""What evidence a policy could rest on: which topics together, and which claims of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from identity.oracle.policy.document import Policy
from identity.oracle.policy.rules import All, Any_, Ask, Not, Rule

Topics = tuple[str, ...]
"""Topics that are enough together, in the order in which the policy names them."""


def topic_options(policy: Policy) -> tuple[Topics, ...]:
    """The sets of topics with which the policy could be TRUE, in its own order, but a larger one before what it contains.

    Evidence that refutes is evidence too: to be past a bucket for US persons needs a credential that says otherwise. A set
    that holds another one whole is kept, because other values may be asked for in it; it comes first, because a wallet
    takes the first that it can answer, and with the smaller one a holder who needs the larger one would be turned away.
    """
    classes: list[Topics] = []
    passed: list[Topics] = [()]
    for bucket in policy.buckets:
        if bucket.when is None:
            classes += passed
        else:
            classes += _together([passed, _options(bucket.when, True)])
            passed = _together([passed, _options(bucket.when, False)])
    ordered: list[Topics] = []
    for option in _together([_options(policy.admit, True), _distinct(classes)]):
        within = (place for place, other in enumerate(ordered) if set(other) < set(option))
        ordered.insert(next(within, len(ordered)), option)
    return tuple(ordered)


def claim_options(policy: Policy, topic: str) -> tuple[frozenset[str], ...]:
    """The sets of claim paths that rules on a topic name: all of them together first, then each rule's own."""
    own = [frozenset(ask.where or ()) for ask in policy.asks() if ask.topic == topic]
    return tuple(dict.fromkeys([frozenset[str]().union(*own), *own]))


def asks_age(policy: Policy, topic: str) -> bool:
    """Whether a rule asks how old the check of a topic is."""
    return any(ask.topic == topic and ask.max_age is not None for ask in policy.asks())


def _options(rule: Rule, wanted: bool) -> list[Topics]:
    match rule:
        case Ask():
            return [(rule.topic,)]
        case Not():
            return _options(rule.rule, not wanted)
        case All() | Any_():
            below = [_options(one, wanted) for one in rule.rules]
            if isinstance(rule, All) is wanted:
                return _together(below)
            return _distinct(option for options in below for option in options)


def _together(below: Sequence[Sequence[Topics]]) -> list[Topics]:
    """One option of each, in every combination."""
    joined: list[Topics] = [()]
    for options in below:
        joined = _distinct(tuple(dict.fromkeys((*left, *right))) for left, right in product(joined, options))
    return joined


def _distinct(options: Iterable[Topics]) -> list[Topics]:
    """Each set of topics once: of eight topics there are never more than 256."""
    unique: dict[frozenset[str], Topics] = {}
    for option in options:
        unique.setdefault(frozenset(option), option)
    return list(unique.values())
