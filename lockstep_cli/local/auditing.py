"""The conservation audit of the local system, as a document."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from bridge.audit import Reading, audit_asset
from chains.base import Chain


def audit_document(chains: Mapping[str, Chain], asset: bytes) -> dict[str, Any]:
    """Supplies, what is in flight, and every breach; amounts in base units.

    All destinations are read first and all sources later (protocol section 8). While something crosses, the supplies shown are those of the
    later reading.
    """
    places = count(1)
    destinations = [_read(chain, asset, next(places)) for chain in chains.values()]
    sources = [_read(chain, asset, next(places)) for chain in chains.values()]
    home = next((reading.chain for reading in sources if reading.issued), sources[0].chain)
    report = audit_asset(home, destinations, sources)
    supplies = {name: reading.supply for name, reading in zip(chains, sources, strict=True)}
    return {
        "issued": sum(reading.issued for reading in sources),
        "redeemed": sum(reading.redeemed for reading in sources),
        **supplies,
        "in_flight": report.total_in_flight,
        "breaches": [f"{breach.kind.value}: 0x{breach.subject.hex()} has {breach.have}, needs {breach.need}" for breach in report.breaches],
    }


def _read(chain: Chain, asset: bytes, place: int) -> Reading:
    supply = chain.views(chain.head()).supply_of(asset)
    return Reading(chain.domain, place, supply.supply, supply.issued, supply.redeemed, supply.lanes)
