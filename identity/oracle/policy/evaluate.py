"""Whether somebody's evidence meets a policy: true, false or unknown (Kleene's strong logic); only true admits.

`not` is carried down to the leaves, where evidence is weighed for or against (`literals`). So NOT unknown is unknown, and
evidence that was taken back is false on both sides. The verdict is good until the first piece of evidence ends that it
rests on; where one of several rules is enough, it rests on the one that lasts longest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from identity.oracle.policy.document import Policy
from identity.oracle.policy.evidence import Weighed
from identity.oracle.policy.findings import Finding
from identity.oracle.policy.literals import Piece, Truth, sift, weigh
from identity.oracle.policy.rules import All, Any_, Ask, Not, Rule
from identity.oracle.policy.topics import TOPICS

__all__ = ["Truth", "Verdict", "evaluate"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says of somebody, now."""

    truth: Truth
    bucket: str | None
    """The class bucket; only when TRUE."""
    valid_until: int | None
    """The earliest end of the evidence that made it TRUE, UTC seconds; None otherwise."""
    used: tuple[bytes, ...]
    """Digests of that evidence."""
    findings: tuple[Finding, ...]
    """What failed or is not known; empty when TRUE."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    truth: Truth
    until: int
    used: tuple[bytes, ...] = ()
    findings: tuple[Finding, ...] = ()


_FOREVER = 2**63
_HOLDS = _Outcome(Truth.TRUE, _FOREVER)


def evaluate(policy: Policy, held: Sequence[Weighed], now: int) -> Verdict:
    """The verdict of a policy over what somebody holds, at a UTC second."""
    by_topic: dict[str, list[Weighed]] = {}
    for one in held:
        by_topic.setdefault(one.evidence.topic, []).append(one)
    sifted = {
        topic: sift(ones, policy.trust[topic], policy.since, now)
        for topic, ones in by_topic.items()
        if topic in policy.trust
    }
    evaluation = _Evaluation(sifted, now)
    bucket, in_bucket = evaluation.bucket(policy)
    outcome = _all((evaluation.rule(policy.admit, True), in_bucket))
    if outcome.truth is not Truth.TRUE:
        return Verdict(outcome.truth, None, None, (), outcome.findings)
    return Verdict(Truth.TRUE, bucket, outcome.until, outcome.used, ())


class _Evaluation:
    """One pass over the rules of a policy with the same evidence at the same moment."""

    def __init__(self, pieces: dict[str, tuple[Piece, ...]], now: int) -> None:
        self._pieces = pieces
        self._now = now

    def rule(self, rule: Rule, wanted: bool) -> _Outcome:
        """A rule (`wanted`) or its opposite: the opposite of `all` is `any` of the opposites, and the reverse."""
        match rule:
            case Ask():
                return self._leaf(rule, wanted)
            case Not():
                return self.rule(rule.rule, not wanted)
            case All() | Any_():
                outcomes = [self.rule(one, wanted) for one in rule.rules]
                return _all(outcomes) if isinstance(rule, All) is wanted else _any(outcomes)

    def bucket(self, policy: Policy) -> tuple[str | None, _Outcome]:
        """The first bucket whose rule is true, all before it being false by evidence.

        A bucket is not passed by because nobody knows: whoever hides what would put him into a full class must not end in
        the next one.
        """
        passed: list[_Outcome] = []
        for bucket in policy.buckets:
            inside = _HOLDS if bucket.when is None else self.rule(bucket.when, True)
            if inside.truth is Truth.TRUE:
                return bucket.name, _all((*passed, inside))
            assert bucket.when is not None  # noqa: S101 - a bucket without a rule is TRUE
            outside = self.rule(bucket.when, False)
            if outside.truth is not Truth.TRUE:
                return None, _any((inside, outside))
            passed.append(outside)
        raise AssertionError("the last bucket of a policy has no rule")

    def _leaf(self, ask: Ask, wanted: bool) -> _Outcome:
        screening = ask.topic in TOPICS and TOPICS[ask.topic].screening
        weight = weigh(ask, wanted, self._pieces.get(ask.topic, ()), self._now, every=screening)
        if weight.piece is not None:
            return _Outcome(Truth.TRUE, weight.until, (weight.piece.digest,))
        return _Outcome(weight.truth, 0, (), tuple(Finding(ask.topic, kind, screening) for kind in weight.kinds))


def _all(outcomes: Iterable[_Outcome]) -> _Outcome:
    outcomes = tuple(outcomes)
    truth = min(one.truth for one in outcomes)
    if truth is not Truth.TRUE:
        return _Outcome(truth, 0, (), _findings(outcomes))
    used = dict.fromkeys(digest for one in outcomes for digest in one.used)
    return _Outcome(truth, min(one.until for one in outcomes), tuple(used))


def _any(outcomes: Iterable[_Outcome]) -> _Outcome:
    outcomes = tuple(outcomes)
    truth = max(one.truth for one in outcomes)
    if truth is not Truth.TRUE:
        return _Outcome(truth, 0, (), _findings(outcomes))
    return max((one for one in outcomes if one.truth is Truth.TRUE), key=lambda one: one.until)


def _findings(outcomes: Iterable[_Outcome]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(finding for one in outcomes for finding in one.findings))
