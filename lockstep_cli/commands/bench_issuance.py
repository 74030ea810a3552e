"""`lockstep bench issuance`: how fast credentials are issued here, beside what this machine can do at all."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from lockstep_cli.output import Json, people_console, print_json, progress_console
from lockstep_cli.paths import new_run_folder


def issuance(
    flows: Annotated[int, typer.Option(min=10, help="Flows for the figure of flows per second.")] = 2_000,
    connections: Annotated[int, typer.Option(min=1, max=200, help="Flows at once.")] = 16,
    rate: Annotated[float, typer.Option(min=1, help="Flows per second for the figures of waiting time.")] = 100.0,
    seconds: Annotated[float, typer.Option(min=1, help="How long that rate is kept up.")] = 15.0,
    database: Annotated[
        str | None, typer.Option(help="postgresql+psycopg://... of an empty database, instead of SQLite.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Issue credentials over HTTP: offer, token, nonce, credential; tx_code, DPoP, ES256, each answer after its commit."""
    # The measured issuer is a development one: plain http on loopback, because TLS is not what is measured.
    os.environ["LOCKSTEP_ENV"] = "dev"
    from lockstep_cli.bench.issuance import Measure, measure_issuance

    progress_console().print("Measuring; nothing else should run on this machine ...")
    result = measure_issuance(new_run_folder("bench"), Measure(flows, connections, rate, seconds), database)
    if as_json:
        print_json(result)
        return
    fast, even = result["throughput"], result["at_rate"]
    console = people_console()
    console.print(f"{fast['flows_per_second']:.0f} flows a second ({result['server_cpu_ms_per_flow']} ms of CPU each)")
    console.print(f"at {rate:g} a second: p50 {even['p50_ms']} ms, p99 {even['p99_ms']} ms")
    for name, figure in result["machine"].items():
        console.print(f"{name.replace('_', ' ')}: {figure:.0f}")
