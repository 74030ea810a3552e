"""What a wallet is asked for, and whether its answer is that (OpenID4VP 1.0, section 6: DCQL; credentials as SD-JWT VC).

Asked is for no more than rules name, the subject's id, what tells whose credential it is, and the day of the check where
a rule limits its age. The query carries no `values`: a wallet whose credential does not qualify would answer nothing at all,
and its holder would never learn which rule refuses. What is shown beyond the query is dropped before anything is kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.errors import InvalidInput
from identity.errors import IdentityError
from identity.formats.base import ClaimPath, VerifiedCredential
from identity.formats.sd_jwt_vc import FORMAT
from identity.oracle.policy.claims import EACH, cut, parse_path, values_at
from identity.oracle.policy.document import Policy
from identity.oracle.policy.evidence import Evidence
from identity.oracle.policy.needs import Topics, asks_age, claim_options, topic_options
from identity.oracle.policy.topics import SUBJECT, TOPICS


class AnswerRefused(IdentityError, InvalidInput):
    """Root of the answers that are not what was asked. `topic` is the id of the credential query."""

    def __init__(self, topic: str, why: str) -> None:
        self.topic = topic
        super().__init__(f"the answer for {topic[:40]!r}: {why}")


class NotAsked(AnswerRefused):
    """A credential that the query does not name, or several where one was asked for."""


class WrongType(AnswerRefused):
    """A credential of another type than asked for."""


class IssuerNotTrusted(AnswerRefused):
    """The policy does not rely on this issuer for this topic (or not for what it issued at that time)."""


class ClaimsMissing(AnswerRefused):
    """A claim that was asked for is not shown."""


class TimesMissing(AnswerRefused):
    """A credential does not say when it was issued, or until when it is valid."""


class Incomplete(IdentityError, InvalidInput):
    """The credentials shown are not enough together. `options` are the sets of topics of which one is needed."""

    def __init__(self, options: Sequence[Topics]) -> None:
        self.options = tuple(options)
        super().__init__("needed are: " + " or ".join(", ".join(option) for option in options))


def dcql(policy: Policy) -> dict[str, Any]:
    """The DCQL query of a policy. The id of a credential query is its topic."""
    options = topic_options(policy)
    query: dict[str, Any] = {
        "credentials": [_credential_query(policy, topic) for topic in dict.fromkeys(_flat(options))]
    }
    if len(options) > 1:
        query["credential_sets"] = [{"options": [list(option) for option in options], "required": True}]
    return query


def unclaimed(policy: Policy, topic: str) -> dict[str, Any]:
    """The DCQL query for a credential on a topic without any claim that its holder may keep to himself (section 6.4.1)."""
    query = {"id": topic, "format": FORMAT, "meta": {"vct_values": list(policy.type_names(topic))}}
    return {"credentials": [query]}


def match(policy: Policy, answer: Mapping[str, Sequence[VerifiedCredential]]) -> list[Evidence]:
    """The evidence in an answer, by the ids of the query; signatures, times and holders' keys were checked before.

    Only what rules name is kept in it: what tells whose credential it is must be read from the credentials themselves
    (`identity_of`), and never goes on from there to a signer.

    Raises:
        NotAsked, WrongType, IssuerNotTrusted, ClaimsMissing, TimesMissing: about one credential.
        Incomplete: about all together.
    """
    options = topic_options(policy)
    asked = set(_flat(options))
    evidence: list[Evidence] = []
    for topic, credentials in answer.items():
        if topic not in asked:
            raise NotAsked(topic, "nothing of this name was asked for")
        if len(credentials) != 1:
            raise NotAsked(topic, "exactly one credential was asked for")
        _check(policy, topic, credentials[0])
        evidence.append(_evidence(policy, topic, credentials[0]))
    if not any(set(option) <= answer.keys() for option in options):
        raise Incomplete(options)
    return evidence


def evidence_of(policy: Policy, credential: VerifiedCredential) -> Evidence:
    """A verified credential as evidence under a policy, whatever it shows; trust and completeness are for `evaluate`.

    For who sees only what rules need (`rule_paths`): a signer, or a later look at what was presented.

    Raises:
        WrongType: the policy reads no credentials of this type.
        TimesMissing: it does not say when it was issued, or until when it is valid.
    """
    for topic in policy.trust:
        if credential.type in policy.type_names(topic):
            return _evidence(policy, topic, credential)
    raise WrongType("unknown", "the policy reads no credentials of this type")


def identity_of(topic: str, credential: VerifiedCredential) -> dict[str, Any]:
    """What tells whose credential it is: the subject's id, a name and birth date, an LEI; as far as it is shown."""
    names = (SUBJECT, *TOPICS[topic].identity)
    return {name: credential.claims[name] for name in names if name in credential.claims}


def rule_paths(policy: Policy, topic: str) -> tuple[ClaimPath, ...]:
    """The places that rules on a topic need, the day of the check among them: all that a signer needs to see."""
    return tuple(parse_path(path) for path in sorted(_ruled(policy, topic, claim_options(policy, topic)[0])))


def _credential_query(policy: Policy, topic: str) -> dict[str, Any]:
    sets = _claim_sets(policy, topic)
    claims: list[dict[str, Any]] = [{"id": _claim_id(path), "path": list(parse_path(path))} for path in sets[0]]
    query: dict[str, Any] = {
        "id": topic,
        "format": FORMAT,
        "meta": {"vct_values": list(policy.type_names(topic))},
        "claims": claims,
    }
    if len(sets) > 1:
        query["claim_sets"] = [[_claim_id(path) for path in paths] for paths in sets]
    return query


def _claim_sets(policy: Policy, topic: str) -> list[tuple[str, ...]]:
    """The sets of claims of which one must be shown: one set, unless rules name claims that not every credential has."""
    options = claim_options(policy, topic)
    always = options[0] - TOPICS[topic].optional
    sets: list[tuple[str, ...]] = []
    for option in options:
        paths = _ruled(policy, topic, always | option)
        named = (SUBJECT, *TOPICS[topic].identity)
        sets.append((*named, *sorted(paths - set(named))))
    return list(dict.fromkeys(sets))


def _ruled(policy: Policy, topic: str, paths: frozenset[str]) -> frozenset[str]:
    return paths | {TOPICS[topic].checked} if asks_age(policy, topic) else paths


def _claim_id(path: str) -> str:
    return path.replace(EACH, "each").replace("/", "_")


def _check(policy: Policy, topic: str, credential: VerifiedCredential) -> None:
    if credential.type not in policy.type_names(topic):
        raise WrongType(topic, "it is of another type")
    if credential.issuer not in policy.trust[topic]:
        raise IssuerNotTrusted(topic, "its issuer is not one that this asset relies on")
    distrusted_from = policy.since.get(credential.issuer)
    if distrusted_from is not None and (credential.issued_at is None or credential.issued_at >= distrusted_from):
        raise IssuerNotTrusted(topic, "its issuer is not relied on any more")
    sets = _claim_sets(policy, topic)
    if not any(all(values_at(credential.claims, parse_path(path)) for path in paths) for paths in sets):
        raise ClaimsMissing(topic, "a claim that was asked for is not shown")


def _evidence(policy: Policy, topic: str, credential: VerifiedCredential) -> Evidence:
    if credential.issued_at is None or credential.valid_until is None:
        raise TimesMissing(topic, "it does not say from when and until when it is valid")
    return Evidence(
        topic=topic,
        issuer=credential.issuer,
        claims=cut(credential.claims, (parse_path(path) for path in claim_options(policy, topic)[0])),
        digest=credential.digest,
        checked_at=_day(credential.claims.get(TOPICS[topic].checked)),
        issued_at=credential.issued_at,
        valid_from=credential.issued_at if credential.valid_from is None else credential.valid_from,
        valid_until=credential.valid_until,
        status=credential.status,
    )


def _day(text: object) -> int | None:
    """The first second of a day, UTC; None when it is not shown, or no day."""
    try:
        day = dt.date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if day is None else int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())


def _flat(options: Sequence[Topics]) -> Iterator[str]:
    for option in options:
        yield from option
