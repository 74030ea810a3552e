"""One evaluation stays below a millisecond, also of the largest policy that is taken."""

from __future__ import annotations

from lockstep_cli.bench.policy import measure_policies


def test_half_of_all_evaluations_take_less_than_a_millisecond_of_the_processor() -> None:
    figures = {one.name: one for one in measure_policies(evaluations=200)}
    assert set(figures) == {"example", "largest"}
    for one in figures.values():
        assert 0 < one.median_ms <= one.p99_ms <= one.max_ms
        assert one.median_ms < 1.0
