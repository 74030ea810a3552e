"""What a chain holds doesn't depend on where somebody lives, nor on any date of their documents.

One story is told twice with the same seed, on chains that are the same down to their names: the second time two
residents have changed countries. Each country is a bucket of its own, both are admitted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.eligibility import EligibilityWord
from bridge.types import Permission
from chains.token_events import EligibilitySet
from identity.formats.status_list import Status
from lockstep_cli.demo.privacy import Search, search_run
from lockstep_cli.demo.secrets import Secrets, secrets_of
from tests.integration.publishing.office import ABROAD, GRID, HOME, Office, Resident, drawn
from tests.integration.publishing.public import everything
from tests.integration.publishing.still import StillChains
from tests.support.credentials import holder

pytestmark = pytest.mark.chains

SEED = "two residents"
ELSEWHERE = "AQ"
"""The third resident's country: the policy admits nobody from there."""
WEEK = 604_800
HORIZON = 35 * 86_400


@dataclass
class Told:
    """What a story left behind: all public bytes, the search for people in them, the words that were published."""

    public: dict[str, bytes]
    search: Search
    words: dict[str, list[tuple[int, EligibilityWord]]]
    """By chain: (second of the block, word)."""
    ends: set[int]
    classes: list[int]
    port: int


def tell(folder: Path, countries: tuple[str, str], port: int = 0) -> Told:
    """Two residents and one from elsewhere: admitted, renewed after a week; one suspended, the other revoked, one reinstated."""
    folder.mkdir()
    (folder / "office").mkdir()
    with (
        StillChains(folder / "chains") as still,
        Office(still, folder / "office", SEED, port) as office,
    ):
        people = [office.meet(place, one) for place, one in enumerate(drawn(SEED, (*countries, ELSEWHERE)))]
        for one in people:
            office.enrol(one)
        office.publish()
        office.rebalance()
        still.go_to(still.now + 8 * 86_400)
        office.refresh()
        office.job("renewal")
        office.publish()
        first, second, _ = people
        statuses = office.served.issuer.statuses
        statuses |= {first.residency.index: Status.SUSPENDED, second.kyc.index: Status.INVALID}
        office.later()
        office.publish()
        statuses[first.residency.index] = Status.VALID
        office.later()
        office.publish()
        words = {name: published(chain, office.asset) for name, chain in still.chains.items()}
        classes = [office.word(still.evm, one).class_ for one in people]
        search = search_run(Secrets(secrets_about(people)), office.public, still.substrate_http, still.devnet.evm_http)
        ends = {end for one in people for end in one.ends}
        return Told(everything(still), search, words, ends, classes, int(office.served.host.rpartition(":")[2]))


def published(chain: object, asset: bytes) -> list[tuple[int, EligibilityWord]]:
    """Every word that final blocks of a chain tell of, with the second of its block."""
    history = chain.history(1, chain.finalised().number, asset)  # type: ignore[attr-defined]
    return [
        (one.at.block.time, EligibilityWord.unpack(one.event.record))
        for one in history
        if isinstance(one.event, EligibilitySet)
    ]


def secrets_about(people: list[Resident]) -> Iterator[bytes]:
    """Names, numbers and their digests, every date of every document, and what else leads to somebody."""
    for one in people:
        yield from secrets_of(one.subject, one.ends)
        days = {one.subject.birthdate, one.subject.document_ends}
        for day in days:
            yield day.isoformat().encode()
            yield day.strftime("%Y%m%d").encode()
        midnights = [int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()) for day in days]
        for moment in (*midnights, *one.ends):
            for value in (moment, moment * 1000):
                yield value.to_bytes(8, "big", signed=True)
                yield value.to_bytes(8, "little", signed=True)
        for secret in (one.kyc.wire, one.residency.wire, one.kyc.wire.split("~")[0], one.residency.wire.split("~")[0]):
            yield hashlib.sha256(secret.encode()).digest()
        yield holder(one.number).public.thumbprint.encode()
        # A country's digest would be as good as the country: there are 249.
        for country in (one.subject.country, one.subject.country.lower()):
            yield hashlib.sha256(country.encode()).digest()
            yield hashlib.blake2b(country.encode(), digest_size=32).digest()
            yield country.encode().ljust(32, b"\0")
            yield b'"' + country.encode() + b'"' + b"\0" * 8


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Told]:
    folder = tmp_path_factory.mktemp("swap")
    as_they_are = tell(folder / "first", (HOME, ABROAD))
    return as_they_are, tell(folder / "second", (ABROAD, HOME), as_they_are.port)


def test_with_two_residents_countries_swapped_all_bytes_on_both_chains_are_the_same(both: tuple[Told, Told]) -> None:
    """Even class numbers are: with one seed they are drawn in the order in which people ask, whatever they stand for."""
    first, second = both
    assert first.public.keys() == second.public.keys()
    assert [place for place, data in first.public.items() if data != second.public[place]] == []
    assert first.classes == second.classes
    assert len(set(first.classes)) == 3


def test_the_story_said_something(both: tuple[Told, Told]) -> None:
    """Two grants and one exit, two renewals, two withdrawals, one that is given back: on each chain."""
    everything_ = Permission.RECEIVE | Permission.SEND | Permission.BRIDGE
    leave = Permission.SEND | Permission.BRIDGE
    for told in both:
        for words in told.words.values():
            kinds = [word.permissions for _, word in words]
            assert sorted(kinds[:3]) == [leave, everything_, everything_]
            assert kinds[3:] == [everything_, everything_, leave, leave, everything_]


def test_a_word_ends_at_a_point_of_the_grid_and_never_when_a_document_does(both: tuple[Told, Told]) -> None:
    for told in both:
        for words in told.words.values():
            for second, word in words:
                if word.valid_until:
                    assert word.valid_until % WEEK == GRID
                    assert word.valid_until <= second + HORIZON
            assert not {word.valid_until for _, word in words} & told.ends


def test_nothing_of_the_people_is_found_on_a_chain_or_at_a_signer(both: tuple[Told, Told]) -> None:
    for told in both:
        assert told.search.document()["found"] == 0, told.search.document()["where"]
        assert {"substrate/state", "substrate/extrinsics", "evm/state", "evm/logs"} <= told.search.places.keys()
