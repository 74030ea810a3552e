"""Claim paths as policies write them (`a/b`, `*` for every element of a list), and what stands at them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from identity.formats.base import ClaimPath

EACH: Final = "*"


def parse_path(text: str) -> ClaimPath:
    """`nationalities/*` as ("nationalities", None)."""
    return tuple(None if step == EACH else step for step in text.split("/"))


def values_at(claims: Mapping[str, Any], path: ClaimPath) -> list[Any]:
    """Everything that stands at a path; empty when nothing does."""
    found: list[Any] = [claims]
    for step in path:
        if step is None:
            found = [item for value in found if isinstance(value, list) for item in value]
        else:
            found = [value[step] for value in found if isinstance(value, Mapping) and step in value]
    return found


def cut(claims: Mapping[str, Any], paths: Iterable[ClaimPath]) -> dict[str, Any]:
    """The claims with only what lies at the paths. Elements of a list are kept whole, with the list."""
    kept: dict[str, Any] = {}
    for path in paths:
        names = [step for step in path if isinstance(step, str)] if None not in path else list(path[: path.index(None)])
        _copy(claims, kept, [str(name) for name in names])
    return kept


def _copy(source: Mapping[str, Any], target: dict[str, Any], names: list[str]) -> None:
    first, *rest = names
    if first not in source:
        return
    if not rest:
        target[first] = source[first]
    elif isinstance(source[first], Mapping):
        inner = target.setdefault(first, {})
        if isinstance(inner, dict):
            _copy(source[first], inner, rest)
