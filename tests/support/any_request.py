"""Requests of every kind that a service describes, drawn at random and sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error


def ask(operation: Any, headers: Mapping[str, str], records: Mapping[str, Sequence[str]] | None = None) -> Counter[int]:
    """Draws requests of one kind and sends them; the statuses of the answers. A fault of the service fails.

    `records`: by parameter of the address, values that there are. Half of the requests name them, so that not every one
    ends at `there is no such`.
    """
    statuses: Counter[int] = Counter()
    known = records or {}

    @settings(max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(), st.data())
    def one(case: Any, data: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            if name in known and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(known[name]))
        answer = case.call_and_validate(headers=dict(headers), checks=[not_a_server_error])
        statuses[answer.status_code] += 1

    one()
    return statuses
