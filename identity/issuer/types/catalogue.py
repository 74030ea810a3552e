"""Credential types from their JSON Schemas (draft 2020-12): validation, SD-JWT type metadata, what may be disclosed.

One schema per type is the only source. Its annotation `x-sd` says of each member whether it is disclosed selectively
(`always`) or stands open (`never`); type metadata and the paths to conceal follow from it. A change that a verifier
could notice is a new version, and so a new `vct`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from bridge.errors import InvalidInput
from identity.errors import IdentityError
from identity.formats.base import ClaimPath
from identity.issuer.types.texts import claim_formats

NAMES = (
    "kyc",
    "residency",
    "investor_qualification",
    "us_person",
    "affiliate",
    "sanctions_screening",
    "entity",
    "mandate",
)
VERSION = 1
SUBJECT_CLAIM = "sub"
"""The issuer-scoped id of the subject: equal in all credentials of one person from one issuer, disclosed selectively."""


class ClaimsRefused(IdentityError, InvalidInput):
    """Claims don't fit their type. `where` is a place in the schema, never a value."""

    def __init__(self, type_: str, where: str) -> None:
        self.type, self.where = type_, where
        super().__init__(f"the claims are no {type_}: {where}")


class TypeUnknown(IdentityError, InvalidInput):
    """There is no credential type of this name."""

    def __init__(self, type_: str) -> None:
        self.type = type_
        super().__init__(f"there is no credential type {type_[:40]!r}")


@dataclass(frozen=True)
class CredentialType:
    """One type of credential in one version."""

    name: str
    schema: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What people call it."""
        return str(self.schema["title"])

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return Draft202012Validator(self.schema, format_checker=claim_formats())

    @cached_property
    def disclosable(self) -> tuple[ClaimPath, ...]:
        """Where claims are disclosed selectively, the subject's id among them."""
        return ((SUBJECT_CLAIM,), *(path for path, member in _members(self.schema) if member.get("x-sd") == "always"))

    def check(self, claims: Mapping[str, Any]) -> None:
        """ClaimsRefused unless the claims fit the schema."""
        error = best_match(self._validator.iter_errors(claims))
        if error is not None:
            place = "/".join(str(step) for step in error.absolute_path) or "the whole"
            raise ClaimsRefused(self.name, f"{place} fails {error.validator}")

    def vct(self, authority: str) -> str:
        """The type's name in a credential: the address of its type metadata."""
        return f"{authority}/types/{self.name}/{VERSION}"

    def metadata(self, authority: str) -> dict[str, Any]:
        """The SD-JWT VC type metadata document (draft, section 6)."""
        return {
            "vct": self.vct(authority),
            "name": self.title,
            "description": self.schema["description"],
            "display": [{"locale": "en", "name": self.title, "description": self.schema["description"]}],
            "claims": [
                {"path": [SUBJECT_CLAIM], "sd": "always", "display": [{"locale": "en", "label": "Subject"}]},
                *(
                    {
                        "path": list(path),
                        "sd": member.get("x-sd", "never"),
                        "display": [{"locale": "en", "label": member["title"]}],
                    }
                    for path, member in _members(self.schema)
                ),
            ],
        }

    def published_schema(self, authority: str) -> dict[str, Any]:
        """The JSON Schema under its own address."""
        return {"$id": f"{authority}/schemas/{self.name}/{VERSION}", **self.schema}

    def display_claims(self) -> list[dict[str, Any]]:
        """The `claims` of issuer metadata (OpenID4VCI 1.0, appendix B.2)."""
        required = set(self.schema["required"])
        return [
            {
                "path": list(path),
                "mandatory": len(path) == 1 and path[0] in required,
                "display": [{"locale": "en", "name": member["title"]}],
            }
            for path, member in _members(self.schema)
        ]


def load_catalogue() -> dict[str, CredentialType]:
    """All types by name, from the schemas beside this module."""
    folder = resources.files("identity.issuer.types") / "schemas"
    return {name: CredentialType(name, json.loads((folder / f"{name}.json").read_text("utf-8"))) for name in NAMES}


def find_type(catalogue: Mapping[str, CredentialType], name: str) -> CredentialType:
    """The type of this name, or TypeUnknown."""
    if name not in catalogue:
        raise TypeUnknown(name)
    return catalogue[name]


def _members(schema: Mapping[str, Any], path: ClaimPath = ()) -> Iterator[tuple[ClaimPath, Mapping[str, Any]]]:
    for name, member in schema.get("properties", {}).items():
        here = (*path, name)
        yield here, member
        yield from _members(member, here)
        if "items" in member:
            yield (*here, None), member["items"]
            yield from _members(member["items"], (*here, None))
