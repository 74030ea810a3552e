"""The conservation audit of the local system, as a document."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from chains.base import Chain
from relayer.audit import Auditor


def audit_document(chains: Mapping[str, Chain], asset: bytes) -> dict[str, Any]:
    """Supplies, what is in flight, and every breach, at final blocks; amounts in base units.

    While something crosses, the supplies shown are those of the later of the two readings (protocol section 8).
    """
    names = {chain.domain: name for name, chain in chains.items()}
    found = Auditor(list(chains.values()), {}, time.time).audit(asset)
    supplies = {names[domain]: reading.supply for domain, reading in found.readings.items()}
    return {
        "issued": sum(reading.issued for reading in found.readings.values()),
        "redeemed": sum(reading.redeemed for reading in found.readings.values()),
        **supplies,
        "in_flight": found.report.total_in_flight,
        "breaches": [
            f"{breach.kind.value}: {names.get(breach.subject, '0x' + breach.subject.hex())} has {breach.have}, needs {breach.need}"
            for breach in found.report.breaches
        ],
    }
