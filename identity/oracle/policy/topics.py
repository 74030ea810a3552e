"""The topics that a policy may speak of, and the claims of each that a rule may name.

This is an allow-list of the oracle's own, not whatever an issuer's schema holds: a claim that stands here tells nothing
beyond itself when it is shown. A document's type, a street's region or an owner's country are missing because their
disclosure would carry a number, an address or a name along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SUBJECT: Final = "sub"
"""The issuer-scoped id of the subject: equal in all credentials of one person from one issuer."""
TYPE_VERSION: Final = 1
"""The version of the credential types that policies read."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of credential. Claim paths are written `a/b`, with `*` for every element of a list."""

    rules: frozenset[str]
    """What rules may name."""
    checked: str
    """The claim with the day on which the issuer checked the facts."""
    optional: frozenset[str] = frozenset()
    """Those of `rules` that a credential may lack."""
    identity: tuple[str, ...] = ()
    """What tells whose credential it is, beside the subject id; never part of the evidence that is kept for rules."""
    screening: bool = False
    """Whether a failure may be told as `under review` only, because telling more can be an offence."""


TOPICS: Final[Mapping[str, Topic]] = MappingProxyType(
    {
        "kyc": Topic(
            rules=frozenset({"level", "method", "nationalities/*"}),
            checked="checked_on",
            identity=("given_name", "family_name", "birthdate"),
        ),
        "residency": Topic(
            rules=frozenset({"country", "proof", "tax_residencies/*"}),
            checked="proved_on",
            optional=frozenset({"tax_residencies/*"}),
        ),
        "investor_qualification": Topic(
            rules=frozenset(
                {"regime", "basis", "investor_kind", "verification", "assessed_by", "scope/*", "representation"}
            ),
            checked="verified_on",
            optional=frozenset({"assessed_by", "scope/*", "representation"}),
        ),
        "us_person": Topic(
            rules=frozenset({"us_person", "offshore_transaction", "category"}),
            checked="certified_on",
            optional=frozenset({"offshore_transaction", "category"}),
        ),
        "affiliate": Topic(
            rules=frozenset({"issuer_lei", "affiliate", "relation"}),
            checked="as_of",
        ),
        "sanctions_screening": Topic(
            rules=frozenset({"result", "lists/*", "pep"}),
            checked="screened_on",
            optional=frozenset({"pep"}),
            screening=True,
        ),
        "entity": Topic(
            rules=frozenset({"lei", "jurisdiction", "control_without_ownership"}),
            checked="checked_on",
            optional=frozenset({"control_without_ownership"}),
            identity=("lei",),
        ),
        "mandate": Topic(
            rules=frozenset({"principal_lei", "powers/*", "joint"}),
            checked="granted_on",
            optional=frozenset({"joint"}),
            identity=("given_name", "family_name", "birthdate", "principal_lei"),
        ),
    }
)
