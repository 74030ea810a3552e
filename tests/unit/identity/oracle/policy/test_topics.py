"""The oracle's list of claims agrees with the published schemas, and none of them carries a name or a number along."""

from __future__ import annotations

import pytest

from identity.issuer.types.catalogue import NAMES, VERSION, load_catalogue
from identity.oracle.policy.claims import parse_path
from identity.oracle.policy.topics import TOPICS, TYPE_VERSION

CATALOGUE = load_catalogue()


def member(topic: str, path: str) -> dict[str, object]:
    schema = dict(CATALOGUE[topic].schema)
    for step in parse_path(path):
        schema = schema["items"] if step is None else schema["properties"][step]
    return schema


def test_the_topics_are_the_issuers_types() -> None:
    assert set(TOPICS) == set(NAMES)
    assert TYPE_VERSION == VERSION


@pytest.mark.parametrize("topic", NAMES)
def test_every_claim_exists_and_what_may_be_missing_is_known(topic: str) -> None:
    listed, schema = TOPICS[topic], CATALOGUE[topic].schema
    for path in listed.rules:
        assert member(topic, path)
        assert (str(parse_path(path)[0]) in schema["required"]) is (path not in listed.optional)
    for path in (*listed.identity, listed.checked):
        assert path in schema["required"]


@pytest.mark.parametrize("topic", NAMES)
def test_the_day_of_the_check_is_a_day_that_is_shown_on_request_only(topic: str) -> None:
    day = member(topic, TOPICS[topic].checked)
    assert "[0-9]{4}-[0-9]{2}-[0-9]{2}" in str(day["pattern"])
    assert day["x-sd"] == "always"


@pytest.mark.parametrize("topic", NAMES)
def test_no_rule_sees_what_identifies_a_person(topic: str) -> None:
    personal = {
        "sub",
        "given_name",
        "family_name",
        "birthdate",
        "document",
        "address",
        "beneficial_owners",
        "legal_name",
    }
    assert not {str(parse_path(path)[0]) for path in TOPICS[topic].rules} & personal


@pytest.mark.parametrize("topic", NAMES)
def test_a_claim_of_a_rule_is_shown_without_anything_around_it(topic: str) -> None:
    for path in TOPICS[topic].rules:
        whole, *inner = parse_path(path)
        assert inner in ([], [None])
        assert member(topic, path).get("type") in ("string", "boolean", "integer")
        assert whole
