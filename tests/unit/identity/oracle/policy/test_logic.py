"""The three values, against a truth table of their own, and what holds for every policy and every evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from identity.oracle.policy.document import Policy
from identity.oracle.policy.evaluate import Truth, evaluate
from identity.oracle.policy.evidence import Standing, Weighed
from tests.unit.identity.oracle.policy.policies import DAY, EVERY_TOPIC, ISSUER, NOW, OTHER, policy, weighed

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

# Kleene's strong logic of indeterminacy, written out.
NOT = {T: F, F: T, U: U}
AND = {(T, T): T, (T, F): F, (T, U): U, (F, T): F, (F, F): F, (F, U): F, (U, T): U, (U, F): F, (U, U): U}
OR = {(T, T): T, (T, F): T, (T, U): T, (F, T): T, (F, F): F, (F, U): U, (U, T): T, (U, F): U, (U, U): U}

CLAIM = {
    "kyc": "level",
    "residency": "country",
    "investor_qualification": "regime",
    "us_person": "us_person",
    "affiliate": "relation",
    "sanctions_screening": "result",
    "entity": "jurisdiction",
    "mandate": "principal_lei",
}


def leaves(topics: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(topics).map(lambda topic: {"topic": topic, "where": {CLAIM[topic]: {"equals": "yes"}}})


def grow(below: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    many = st.lists(below, min_size=1, max_size=4)
    return st.one_of(
        many.map(lambda rules: {"all": rules}),
        many.map(lambda rules: {"any": rules}),
        below.map(lambda rule: {"not": rule}),
    )


RULES = st.recursive(leaves(EVERY_TOPIC), grow, max_leaves=12).filter(lambda rule: levels(rule) <= 10)
KNOWLEDGE = st.fixed_dictionaries({topic: st.sampled_from([T, F, U]) for topic in EVERY_TOPIC})


def levels(rule: Mapping[str, Any]) -> int:
    below = [*rule.get("all", ()), *rule.get("any", ()), *([rule["not"]] if "not" in rule else ())]
    return 1 + max((levels(one) for one in below), default=0)


def table(rule: Mapping[str, Any], known: Mapping[str, Truth]) -> Truth:
    """The value by the tables above, leaf by leaf."""
    if "topic" in rule:
        return known[rule["topic"]]
    if "not" in rule:
        return NOT[table(rule["not"], known)]
    operation, rules = (AND, rule["all"]) if "all" in rule else (OR, rule["any"])
    value = table(rules[0], known)
    for one in rules[1:]:
        value = operation[value, table(one, known)]
    return value


def shown(topic: str, says: str, standing: Standing = Standing.VALID, **changed: Any) -> Weighed:
    return weighed(topic, standing, claims={CLAIM[topic]: says}, **changed)


def unknowns(topic: str, says: str) -> list[list[Weighed]]:
    """Every way of not knowing."""
    return [
        [],
        [shown(topic, says, Standing.UNREACHABLE)],
        [shown(topic, says, valid_until=NOW)],
        [shown(topic, says, Standing.EXPIRED)],
        [shown(topic, says, valid_from=NOW + 1)],
        [weighed(topic)],
    ]


@st.composite
def held(draw: st.DrawFn, known: Mapping[str, Truth]) -> list[Weighed]:
    """Evidence that makes of each topic what is known of it."""
    pieces: list[Weighed] = []
    for topic, truth in known.items():
        if truth is U:
            pieces += draw(st.sampled_from(unknowns(topic, draw(st.sampled_from(["yes", "no"])))))
        else:
            pieces.append(shown(topic, "yes" if truth is T else "no"))
    return draw(st.permutations(pieces))


FEW_TOPICS = EVERY_TOPIC[:3]


def pieces(topics: st.SearchStrategy[str], standings: st.SearchStrategy[Standing]) -> st.SearchStrategy[Weighed]:
    return st.builds(
        lambda topic, says, standing, issuer, issued, until, checked: shown(
            topic,
            says,
            standing,
            issuer=issuer,
            issued_at=NOW - issued * DAY,
            valid_from=NOW - issued * DAY,
            valid_until=NOW + until * DAY,
            checked_at=checked and NOW - checked * DAY,
        ),
        topics,
        st.sampled_from(["yes", "no"]),
        standings,
        st.sampled_from([ISSUER, OTHER]),
        st.integers(0, 30),
        st.integers(1, 40),
        st.none() | st.integers(1, 40),
    )


@st.composite
def filled(draw: st.DrawFn) -> list[Weighed]:
    """Something in force on each of a few topics, and among it evidence of every standing, also of nobody's and of the past."""
    valid = [draw(pieces(st.just(topic), st.just(Standing.VALID))) for topic in FEW_TOPICS]
    noise = draw(st.lists(pieces(st.sampled_from(FEW_TOPICS), st.sampled_from(list(Standing))), max_size=6))
    strangers = [
        shown(topic, draw(st.sampled_from(["yes", "no"])), issuer="did:web:nobody.example")
        for topic in draw(st.sets(st.sampled_from(FEW_TOPICS)))
    ]
    past = [
        shown(topic, draw(st.sampled_from(["yes", "no"])), draw(st.sampled_from(list(Standing))), valid_until=NOW - DAY)
        for topic in draw(st.sets(st.sampled_from(FEW_TOPICS)))
    ]
    return draw(st.permutations([*valid, *noise, *strangers, *past]))


FEW_LEAVES = leaves(FEW_TOPICS)
AGED_LEAVES = st.builds(lambda leaf, age: {**leaf, "max_age": age * DAY}, FEW_LEAVES, st.integers(5, 60))
FEW_RULES = st.recursive(FEW_LEAVES | AGED_LEAVES, grow, max_leaves=6).filter(lambda rule: levels(rule) <= 10)


@st.composite
def bucketed(draw: st.DrawFn) -> Policy:
    whens = draw(st.lists(FEW_RULES, max_size=2))
    buckets = [{"name": f"bucket{place}", "seats": 1, "when": when} for place, when in enumerate(whens)]
    return policy(draw(FEW_RULES), buckets=[*buckets, {"name": "rest", "seats": 1}])


ADMITTED = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
"""About every third of the drawn cases is admitted; the others say nothing here."""


@given(RULES, KNOWLEDGE, st.data())
@settings(max_examples=200, deadline=None)
def test_a_policy_has_the_value_of_the_truth_table(
    rule: dict[str, Any], known: dict[str, Truth], data: st.DataObject
) -> None:
    verdict = evaluate(policy(rule), data.draw(held(known)), NOW)
    assert verdict.truth is table(rule, known)
    assert (verdict.findings == ()) is (verdict.truth is T)


@given(RULES, KNOWLEDGE, st.data())
@settings(max_examples=100, deadline=None)
def test_learning_more_changes_nothing_that_was_decided(
    rule: dict[str, Any], known: dict[str, Truth], data: st.DataObject
) -> None:
    before = evaluate(policy(rule), data.draw(held(known)), NOW).truth
    assume(before is not U)
    learnt = {topic: data.draw(st.sampled_from([T, F])) if truth is U else truth for topic, truth in known.items()}
    assert evaluate(policy(rule), data.draw(held(learnt)), NOW).truth is before


@given(RULES, KNOWLEDGE, st.sets(st.sampled_from(EVERY_TOPIC), min_size=1), st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_taken_back_never_gives_more_than_any_other_answer_would(
    rule: dict[str, Any], known: dict[str, Truth], lost: set[str], data: st.DataObject
) -> None:
    """Be the lost statement true, false or unknown: losing it is never better for its holder."""
    rest = data.draw(held({topic: truth for topic, truth in known.items() if topic not in lost}))
    gone = st.sampled_from([Standing.INVALID, Standing.SUSPENDED, Standing.UNTRUSTED])
    taken = [shown(topic, data.draw(st.sampled_from(["yes", "no"])), data.draw(gone)) for topic in sorted(lost)]
    without = {**known, **{topic: data.draw(st.sampled_from([T, F, U])) for topic in sorted(lost)}}
    assert evaluate(policy(rule), [*rest, *taken], NOW).truth <= table(rule, without)


@given(bucketed(), filled())
@ADMITTED
def test_only_valid_trusted_evidence_in_its_time_is_used_and_none_outlives_the_verdict(
    document: Policy, evidence: list[Weighed]
) -> None:
    verdict = evaluate(document, evidence, NOW)
    assume(verdict.truth is T)
    assert verdict.valid_until is not None
    assert verdict.used
    by_digest: dict[bytes, list[Weighed]] = {}
    for piece in evidence:
        by_digest.setdefault(piece.evidence.digest, []).append(piece)
    for digest in verdict.used:
        assert any(
            piece.standing is Standing.VALID
            and piece.evidence.issuer in (ISSUER, OTHER)
            and piece.evidence.valid_from <= NOW < verdict.valid_until <= piece.evidence.valid_until
            for piece in by_digest[digest]
        )


@given(bucketed(), filled(), st.floats(0, 1, exclude_max=True))
@ADMITTED
def test_until_its_end_a_verdict_does_not_change_by_the_clock_alone(
    document: Policy, evidence: list[Weighed], part: float
) -> None:
    verdict = evaluate(document, evidence, NOW)
    assume(verdict.truth is T)
    assert verdict.valid_until is not None
    later = evaluate(document, evidence, NOW + int((verdict.valid_until - NOW) * part))
    assert (later.truth, later.bucket) == (T, verdict.bucket)


@given(bucketed(), filled(), st.data())
@settings(ADMITTED, max_examples=40)
def test_losing_a_piece_of_used_evidence_never_keeps_it_in_use(
    document: Policy, evidence: list[Weighed], data: st.DataObject
) -> None:
    verdict = evaluate(document, evidence, NOW)
    assume(verdict.truth is T)
    gone = data.draw(st.sampled_from(verdict.used))
    standing = data.draw(st.sampled_from([Standing.INVALID, Standing.SUSPENDED, Standing.UNREACHABLE]))
    after = [Weighed(one.evidence, standing if one.evidence.digest == gone else one.standing) for one in evidence]
    assert gone not in evaluate(document, after, NOW).used
