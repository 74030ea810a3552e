"""What a wallet answers to a DCQL query (OpenID4VP 1.0, section 6): which of its credentials, and which claims of each.

Of several ways to answer the first one wins, as the verifier ordered them; of several credentials that fit one query the
newest. Claims that the query doesn't name are never part of a choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.errors import InvalidInput
from identity.errors import IdentityError
from identity.formats.base import ClaimPath
from identity.formats.jws import parse_jws
from identity.formats.sd_jwt import parse_sd_jwt, reveal
from identity.formats.sd_jwt_vc import FORMAT, TYPES
from identity.wallet.store import Held

MAX_QUERIES = 32


class QueryRefused(IdentityError, InvalidInput):
    """A query that this wallet can't read."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this query can't be answered: {why}")


class NothingFits(IdentityError, InvalidInput):
    """The wallet doesn't hold what is asked for; `missing` names the queries that nothing answers."""

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        super().__init__(f"the wallet holds nothing that answers: {', '.join(self.missing)}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One credential for one query, and the claims of it that are to be shown."""

    query: str
    held: Held
    claims: tuple[ClaimPath, ...]


def choose(query: Mapping[str, Any], held: Sequence[Held]) -> list[Choice]:
    """What answers a query whole. QueryRefused, NothingFits."""
    queries = _objects(query.get("credentials"), "credentials")
    found: dict[str, Choice] = {}
    for one in queries:
        name = one.get("id")
        if not isinstance(name, str) or name in found:
            raise QueryRefused("each credential query has an id of its own")
        choice = _answer(name, one, held)
        if choice is not None:
            found[name] = choice
    names = [str(one["id"]) for one in queries]
    if "credential_sets" not in query:
        missing = [name for name in names if name not in found]
        if missing:
            raise NothingFits(missing)
        return [found[name] for name in names]
    wanted = _wanted(_objects(query["credential_sets"], "credential_sets"), found)
    return [found[name] for name in names if name in wanted]


def _wanted(sets: Sequence[Mapping[str, Any]], found: Mapping[str, Choice]) -> set[str]:
    wanted: set[str] = set()
    for one in sets:
        options = one.get("options")
        if not isinstance(options, list) or not options or not all(isinstance(option, list) for option in options):
            raise QueryRefused("a credential set has no options")
        option = next((option for option in options if all(name in found for name in option)), None)
        if option is not None:
            wanted.update(str(name) for name in option)
        elif one.get("required", True):
            raise NothingFits([str(name) for name in options[0] if name not in found])
    return wanted


def _answer(name: str, query: Mapping[str, Any], held: Sequence[Held]) -> Choice | None:
    if query.get("format") != FORMAT:
        return None
    meta = query.get("meta")
    types = meta.get("vct_values") if isinstance(meta, dict) else None
    for one in sorted(held, key=lambda held_one: -held_one.received_at):
        if isinstance(types, list) and one.type not in types:
            continue
        claims = _claims(query, claims_of(one))
        if claims is not None:
            return Choice(name, one, claims)
    return None


def claims_of(held: Held) -> dict[str, Any]:
    """All claims of a credential of one's own; it was verified when it was received."""
    parts = parse_sd_jwt(held.credential)
    return reveal(parse_jws(parts.jwt, types=TYPES).payload, parts.disclosures)


def _claims(query: Mapping[str, Any], claims: Mapping[str, Any]) -> tuple[ClaimPath, ...] | None:
    """The paths to show, or None when the credential doesn't have what is asked for."""
    if "claims" not in query:
        return ()
    asked = _objects(query["claims"], "claims")
    if "claim_sets" not in query:
        return _all_of(asked, claims)
    by_id = {str(one.get("id")): one for one in asked}
    sets = query["claim_sets"]
    if not isinstance(sets, list) or not all(
        isinstance(one, list) and set(map(str, one)) <= by_id.keys() for one in sets
    ):
        raise QueryRefused("claim_sets name claims that are not there")
    ways = (_all_of([by_id[str(name)] for name in names], claims) for names in sets)
    return next((way for way in ways if way is not None), None)


def _all_of(asked: Sequence[Mapping[str, Any]], claims: Mapping[str, Any]) -> tuple[ClaimPath, ...] | None:
    paths = []
    for one in asked:
        path = _path(one.get("path"))
        standing = list(_values(claims, path))
        values = one.get("values")
        if not standing or (isinstance(values, list) and not any(value in values for value in standing)):
            return None
        paths.append(path)
    return tuple(paths)


def _path(path: object) -> ClaimPath:
    if not isinstance(path, list) or not path:
        raise QueryRefused("a claim has no path")
    for step in path:
        if not (step is None or isinstance(step, str) or (isinstance(step, int) and not isinstance(step, bool))):
            raise QueryRefused("a path has steps of names, places and null")
    return tuple(path)


def _values(value: Any, path: ClaimPath) -> Iterator[Any]:
    if not path:
        yield value
        return
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        if isinstance(value, dict) and step in value:
            yield from _values(value[step], rest)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            if step is None or step == place:
                yield from _values(item, rest)


def _objects(value: object, what: str) -> list[Mapping[str, Any]]:
    if (
        not isinstance(value, list)
        or not 1 <= len(value) <= MAX_QUERIES
        or not all(isinstance(one, dict) for one in value)
    ):
        raise QueryRefused(f"{what} must be a list of 1 to {MAX_QUERIES} objects")
    return value
