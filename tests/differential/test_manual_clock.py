"""Two chains whose only clock is the one who asks for blocks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chains.devnet.embedded import EmbeddedDevnet, Options
from chains.devnet.errors import DevnetError
from chains.devnet.rpc import call
from chains.substrate.node import SubstrateNode

pytestmark = pytest.mark.chains

DAY = 86_400


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedDevnet]:
    with EmbeddedDevnet(tmp_path_factory.mktemp("manual"), options=Options(manual=True)) as running:
        yield running


def times(devnet: EmbeddedDevnet) -> tuple[int, int]:
    """The second of the newest block of each chain."""
    node = SubstrateNode(devnet.substrate_ws)
    try:
        evm = call(devnet.evm_http, "eth_getBlockByNumber", ["latest", False])
        return node.head().time, int(evm["timestamp"], 16)
    finally:
        node.close()


@pytest.mark.parametrize("ahead", [2, 4, DAY, 400 * DAY])
def test_both_chains_show_the_second_that_was_asked_for(devnet: EmbeddedDevnet, ahead: int) -> None:
    wanted = (devnet.newest() + 1) // 2 * 2 + ahead
    block = devnet.block(wanted)
    assert times(devnet) == (wanted, wanted)
    node = SubstrateNode(devnet.substrate_ws)
    assert node.head().hash == block
    node.close()


def test_a_clock_never_goes_back_and_no_block_is_made_by_the_attempt(devnet: EmbeddedDevnet) -> None:
    devnet.block((devnet.newest() + 1) // 2 * 2 + 2)
    before = times(devnet)
    with pytest.raises(DevnetError):
        devnet.block(before[0] - 2)
    assert times(devnet) == before


def test_blocks_keep_coming_while_someone_waits_for_inclusion_and_then_stop(devnet: EmbeddedDevnet) -> None:
    node = SubstrateNode(devnet.substrate_ws)
    height = node.head().number
    with devnet.flowing():
        node.wait_finalised(height + 1, 30)
    stopped = times(devnet)
    assert node.head().number >= height + 2
    assert times(devnet) == stopped
    node.close()


def test_time_travel_belongs_to_the_real_clock(devnet: EmbeddedDevnet) -> None:
    with pytest.raises(DevnetError):
        call(f"http{devnet.substrate_ws[2:]}", "dev_timeTravel", [4_000_000_000_000])
