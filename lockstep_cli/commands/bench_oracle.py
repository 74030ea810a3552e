"""`lockstep bench policy`, `decisions` and `publishing`: how fast the oracle judges, and how fast the chains learn of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import structlog
import typer

from identity.logs import configure
from lockstep_cli.output import Json, people_console, print_json, progress_console
from lockstep_cli.paths import new_run_folder


def policy(
    evaluations: Annotated[int, typer.Option(min=100, help="Evaluations of each policy.")] = 2_000, json: Json = False
) -> None:
    """Evaluate policies over evidence, in memory: time of the processor for one evaluation, goal below 1 ms."""
    from lockstep_cli.bench.policy import GOAL_MS, measure_policies

    measured = measure_policies(evaluations)
    if json:
        print_json({"goal_ms": GOAL_MS, "policies": [{**asdict(one), "met": one.meets_goal} for one in measured]})
        return
    console = people_console()
    for one in measured:
        console.print(f"{one.name}: {one.median_ms:.3f} ms, p99 {one.p99_ms:.3f} ms, slowest {one.max_ms:.3f} ms")


def decisions(
    rate: Annotated[float, typer.Option(min=1, max=1_000, help="Decisions asked for in a second.")] = 50.0,
    seconds: Annotated[float, typer.Option(min=1, max=50, help="How long that rate is kept up.")] = 10.0,
    json: Json = False,
) -> None:
    """Decide on orders as attestors ask, each with its record on the disk: goal p99 below 25 ms at 50 a second."""
    from lockstep_cli.bench.decisions import GOAL_MS, measure_decisions

    progress_console().print("Measuring; nothing else should run on this machine ...")
    with _logs_aside():
        measured = measure_decisions(new_run_folder("bench"), rate, seconds)
    if json:
        print_json({"goal_ms": GOAL_MS, **asdict(measured), "met": measured.meets_goal})
        return
    people_console().print(
        f"at {measured.rate:g} a second: {measured.median_ms:.1f} ms, p99 {measured.p99_ms:.1f} ms, "
        f"slowest {measured.max_ms:.1f} ms ({measured.cpu_ms:.1f} ms of CPU each)"
    )


def publishing(
    changes: Annotated[int, typer.Option(min=50, help="Eligibility changes, all on both chains.")] = 1_000,
    json: Json = False,
) -> None:
    """Bring eligibility changes onto both chains: the wall time, and at most one transaction for fifty of them."""
    # The measured signers and chains are development ones.
    os.environ["LOCKSTEP_ENV"] = "dev"
    from lockstep_cli.bench.publishing import ITEMS_PER_TRANSACTION, measure_publishing

    progress_console().print("Starting both chains and three signers ...")
    with _logs_aside():
        measured = measure_publishing(new_run_folder("bench"), changes)
    if json:
        print_json(
            {"items_per_transaction_goal": ITEMS_PER_TRANSACTION, **asdict(measured), "met": measured.meets_goal}
        )
        return
    sent = ", ".join(f"{count} on {chain}" for chain, count in measured.transactions.items())
    people_console().print(f"{measured.changes} changes in {measured.seconds:.1f} s; transactions: {sent}")


@contextmanager
def _logs_aside() -> Iterator[None]:
    """The oracle's log lines go where a service's do: standard output is for the figures alone."""
    before = structlog.get_config()
    configure()
    try:
        yield
    finally:
        structlog.configure(**before)
