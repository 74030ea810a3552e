"""Evidence that ends: the chains' own clocks take receiving away, nobody is told anything, and the way out stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.types import Lot, Outcome, Permission
from lockstep_cli.local.cast import Person, guest, staff
from tests.integration.publishing.office import GRID, HOME, Office, Resident, drawn
from tests.integration.publishing.still import StillChains
from tests.support.flights import Lane

pytestmark = pytest.mark.chains

DAY = 86_400
WEEK = 7 * DAY
HORIZON = 35 * DAY
LASTS = 20
"""Days after which the first one's evidence ends."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("expiry")
    (folder / "office").mkdir()
    with StillChains(folder / "chains") as still, Office(still, folder / "office", "expiry") as made:
        yield made


@pytest.fixture(scope="module")
def people(office: Office) -> tuple[Resident, Resident]:
    """One whose evidence ends soon, with tokens on both chains, and one whose evidence lasts."""
    short, long = drawn("expiry", (HOME, HOME))
    lapsing, lasting = office.meet(0, short, days=LASTS), office.meet(1, long)
    for one in (lapsing, lasting):
        office.enrol(one)
    office.publish()
    still, account = office.still, lapsing.accounts["substrate"].id
    controller = staff("substrate").controller
    still.done(lambda: still.substrate.issue(office.asset, account, [Lot(100, 0, 0)], controller))
    cross(office, "substrate", "evm", person(office, lapsing, "gil"), 40)
    return lapsing, lasting


def person(office: Office, one: Resident, name: str) -> Person:
    """A resident as those know them who carry orders."""
    return guest(name, office.investor(one))


def cross(office: Office, source: str, destination: str, who: Person, amount: int) -> None:
    """An order to oneself, from its beginning to its settlement."""
    still = office.still
    lane = Lane(still, still.chains[source], still.chains[destination])  # type: ignore[arg-type]
    order = still.done(lambda: lane.initiate(who, [Lot(amount, 0, 0)]))
    still.done(lambda: lane.deliver_well(order))
    still.done(lambda: lane.settle_well(order, Outcome.DELIVERED))


def codes(office: Office, chain: Any, sender: Resident, receiver: Resident) -> set[int]:
    ends = (one.accounts[chain.name].id for one in (sender, receiver))
    return {reason.code for reason in chain.views().explain_transfer(office.asset, *ends, 1)}


def about_receiving(office: Office, sender: Resident, receiver: Resident) -> list[set[int]]:
    """On each chain the rules that a transfer fails, but that the sender holds nothing."""
    chains = office.still.chains.values()
    return [codes(office, chain, sender, receiver) - {Refusal.InsufficientBalance} for chain in chains]


def test_the_last_second_of_a_word_is_the_chains_own_and_no_batch_tells_it(
    office: Office, people: tuple[Resident, Resident]
) -> None:
    lapsing, lasting = people
    still = office.still
    words = [office.word(chain, lapsing) for chain in still.chains.values()]
    ends = words[0].valid_until
    assert [word.valid_until for word in words] == [ends, ends]
    # The last point of the grid before the evidence ends.
    assert ends % WEEK == GRID
    assert ends <= min(lapsing.ends) < ends + WEEK

    still.go_to(ends - 600)
    office.publish()
    numbers = [chain.views().clock().number for chain in still.chains.values()]
    still.go_to(ends - 2)
    assert about_receiving(office, lasting, lapsing) == [set(), set()]
    still.go_to(ends)
    assert about_receiving(office, lasting, lapsing) == [{Refusal.EligibilityExpired}] * 2
    assert [chain.views().clock().number for chain in still.chains.values()] == numbers
    assert [office.word(chain, lapsing).permissions for chain in still.chains.values()] == [7, 7]


def test_whoever_has_lapsed_leaves_to_somebody_eligible_and_comes_home(
    office: Office, people: tuple[Resident, Resident]
) -> None:
    lapsing, lasting = people
    still = office.still
    for chain in still.chains.values():
        to, keys = lasting.accounts[chain.name].id, lapsing.accounts[chain.name]
        still.done(lambda chain=chain, to=to, keys=keys: chain.transfer(office.asset, to, 10, keys))  # type: ignore[misc]
    cross(office, "evm", "substrate", person(office, lapsing, "gil"), 30)
    positions = [
        [chain.views().position_of(office.asset, office.investor(one)).free for chain in still.chains.values()]
        for one in people
    ]
    assert positions == [[80, 0], [10, 10]]


def test_words_are_renewed_week_by_week_long_before_they_end_and_only_where_the_evidence_lasts(
    office: Office, people: tuple[Resident, Resident]
) -> None:
    lapsing, lasting = people
    still = office.still
    before = office.word(still.evm, lapsing).valid_until
    for _ in range(3):
        now = still.now
        office.refresh()
        office.job("renewal")
        office.publish()
        for chain in still.chains.values():
            word = office.word(chain, lasting)
            # The last point of the grid within 35 days: never less than four weeks ahead.
            assert word.valid_until % WEEK == GRID
            assert HORIZON - WEEK < word.valid_until - now <= HORIZON + still.now - now
            assert about_receiving(office, lapsing, lasting) == [set(), set()]
            left = office.word(chain, lapsing)
            assert left.valid_until == before
            assert left.permissions & (Permission.SEND | Permission.BRIDGE)
        still.go_to(still.now + WEEK)
    assert not office.word(still.evm, lapsing).permissions & Permission.RECEIVE
