"""The rules of a policy: trees of `all`, `any` and `not` over what credentials say.

{"all": [{"topic": "kyc", "where": {"level": {"in": ["standard", "enhanced"]}}, "max_age": 63072000},
         {"not": {"topic": "us_person", "where": {"us_person": {"equals": true}}}}]}
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StrictBool, StrictInt, StrictStr, Tag, model_validator

from identity.formats.base import ClaimPath
from identity.oracle.policy.claims import EACH, parse_path

MAX_RULE_DEPTH: Final = 10
MAX_RULES: Final = 64
"""Leaves in one policy: with more, one evaluation would not stay below a millisecond."""
MAX_VALUES: Final = 300
"""Values in one list: more than there are countries."""
MAX_AGE: Final = 10 * 366 * 86_400

Scalar = StrictBool | StrictInt | Annotated[StrictStr, Field(max_length=200)]
"""What a claim is compared with. JSON's true is not 1."""
Values = Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=MAX_VALUES)]


class Strict(BaseModel):
    """Root of the parts of a policy: frozen, nothing unknown, nothing converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Test(Strict):
    """What is asked of one claim: exactly one of the three."""

    __test__ = False

    in_: Values | None = Field(None, alias="in")
    equals: Scalar | None = None
    not_in: Values | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if len(self.model_fields_set) != 1 or getattr(self, next(iter(self.model_fields_set))) is None:
            raise ValueError("a test has exactly one of in, equals, not_in")
        if len(self.named) != len(self.in_ or self.not_in or (self.equals,)):
            raise ValueError("a value is given twice")
        return self

    @cached_property
    def named(self) -> frozenset[tuple[type, Any]]:
        """The values with their types, because Python takes True for 1."""
        values = self.in_ or self.not_in or (self.equals,)
        return frozenset((type(value), value) for value in values)

    @property
    def excludes(self) -> bool:
        """Whether it holds for everything but the values named."""
        return self.not_in is not None


class Probe(NamedTuple):
    """One test, prepared: where to look, whether at elements of a list, and which values it names.

    `types` and `folded` are for what is nearly one of them: "us" beside "US", the text "true" beside true.
    """

    path: ClaimPath
    each: bool
    named: frozenset[tuple[type, Any]]
    excludes: bool
    types: frozenset[type]
    folded: frozenset[str]


def fold(text: str) -> str:
    """What is left of a value when nothing counts but its letters and digits: `U.S.`, `us` and `\uff35\uff33` are one."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text).casefold() if sign.isalnum())


class Ask(Strict):
    """Evidence on a topic, with tests of its claims, checked at most `max_age` seconds ago."""

    topic: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    where: Annotated[dict[Annotated[str, Field(max_length=100)], Test], Field(min_length=1, max_length=16)] | None = (
        None
    )
    max_age: Annotated[StrictInt, Field(ge=1, le=MAX_AGE)] | None = None

    @model_validator(mode="after")
    def _no_exclusion_over_lists(self) -> Self:
        for path, test in (self.where or {}).items():
            if test.excludes and EACH in path.split("/"):
                # The holder may conceal single elements, and nobody can tell a concealed one from one that isn't there.
                raise ValueError(f"{path}: what a list does not hold can't be asked")
        return self

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        """The tests as they are carried out."""
        return tuple(
            Probe(
                parse_path(path),
                EACH in path.split("/"),
                test.named,
                test.excludes,
                frozenset(kind for kind, _ in test.named),
                frozenset(fold(value) for _, value in test.named if isinstance(value, str)),
            )
            for path, test in (self.where or {}).items()
        )


class All(Strict):
    """Every one of the rules."""

    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=64, alias="all")]


class Any_(Strict):  # noqa: N801 - `Any` is typing's
    """At least one of the rules."""

    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=64, alias="any")]


class Not(Strict):
    """The opposite of a rule. Of what is unknown, the opposite is unknown too."""

    rule: Annotated[Rule, Field(alias="not")]


def _kind(value: object) -> str | None:
    if isinstance(value, dict):
        return next((name for name in ("all", "any", "not", "topic") if name in value), None)
    return next(
        (name for kind, name in ((All, "all"), (Any_, "any"), (Not, "not"), (Ask, "topic")) if isinstance(value, kind)),
        None,
    )


Rule = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[Any_, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[Ask, Tag("topic")],
    Discriminator(_kind),
]

All.model_rebuild()
Any_.model_rebuild()
Not.model_rebuild()


def asks(rule: Rule) -> Iterator[Ask]:
    """Every leaf of a rule, in its order."""
    match rule:
        case Ask():
            yield rule
        case Not():
            yield from asks(rule.rule)
        case All() | Any_():
            for one in rule.rules:
                yield from asks(one)


def depth(rule: Rule) -> int:
    """Levels of a rule; a leaf has one."""
    match rule:
        case Not():
            return 1 + depth(rule.rule)
        case All() | Any_():
            return 1 + max(depth(one) for one in rule.rules)
    return 1
