"""How fast credentials are issued: one server process, one load generator, TLS off, and what the machine can do at all.

The figures of the machine (bare POST, ES256, commits) come from the same run, because the same code is twice as fast
on another machine: only the ratio travels.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from identity.formats.jws import LocalKey
from identity.issuer.cases import Evidence
from identity.issuer.development import DevelopmentIssuer, make_development_issuer
from identity.issuer.process import open_issuer
from identity.issuer.settings import IssuerSettings
from identity.issuer.staff import Role
from identity.settings import load
from identity.storage.writer import Transaction
from lockstep_cli.errors import UserError
from lockstep_cli.local.ports import free_port

CASES = 200
WARM_UP = 100


@dataclass(frozen=True, slots=True)
class Measure:
    """How much is measured."""

    flows: int = 2_000
    connections: int = 16
    rate: float = 100.0
    seconds: float = 15.0


def measure_issuance(folder: Path, measure: Measure, database: str | None = None) -> dict[str, Any]:
    """Runs all of it in an empty folder; the figures as one document."""
    made = make_development_issuer(folder / "issuer", free_port(), None, database=database)
    cases = prepare_cases(made, CASES)
    plan = {
        "url": made.public_url,
        "token": made.tokens[Role.MAKER],
        "cases": cases,
        "connections": measure.connections,
    }
    with served(made.settings) as server:
        _load(folder, {**plan, "flows": WARM_UP})
        before = _cpu_seconds(server.pid)
        fast = _load(folder, {**plan, "flows": measure.flows})
        cpu = _cpu_seconds(server.pid) - before
        even = _load(folder, {**plan, "flows": int(measure.rate * measure.seconds), "rate": measure.rate})
    return {
        "database": (database or "sqlite").partition(":")[0],
        "throughput": fast,
        "at_rate": even,
        "server_cpu_ms_per_flow": round(1_000 * cpu / fast["flows"], 3),
        "machine": machine_figures(folder),
    }


def prepare_cases(made: DevelopmentIssuer, count: int) -> list[str]:
    """Approved identity checks to offer, each of a subject of its own."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    evidence = Evidence("document", "shelf", "0" * 64, "eid")

    def make(tx: Transaction, number: int) -> str:
        claims = {
            "given_name": f"Given {number}",
            "family_name": f"Family {number}",
            "birthdate": "1980-01-01",
            "nationalities": ["DE"],
            "level": "standard",
            "method": "eid",
            "checked_on": today,
        }
        case_id, _ = issuer.cases.open(tx, "maker", "kyc", claims)
        issuer.cases.add_evidence(tx, "maker", case_id, evidence)
        issuer.cases.submit(tx, "maker", case_id)
        issuer.cases.approve(tx, "checker", case_id)
        return case_id

    with ExitStack() as stack:
        issuer = open_issuer(load(IssuerSettings, made.settings), stack)
        return issuer.writer.run_blocking(lambda tx: [make(tx, number) for number in range(count)])


@contextmanager
def served(settings: Path) -> Iterator[subprocess.Popen[str]]:
    """The issuer as a process of its own, ended with the block."""
    argv = [sys.executable, "-m", "identity.issuer", str(settings)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith("LOCKSTEP READY"):
                raise UserError("The issuer did not start; its own message is above.")
            yield process
        finally:
            process.terminate()
            process.wait(20)


def machine_figures(folder: Path) -> dict[str, float]:
    """What this machine does at all, per second: commits that are on the disk, ES256 signatures and verifications."""
    key = LocalKey(ec.generate_private_key(ec.SECP256R1()))
    data = b"x" * 300
    signature = key.sign(data)
    return {
        "bare_fastapi_posts_per_second": _bare_posts(),
        "es256_sign_per_second": _per_second(lambda: key.sign(data)),
        "es256_verify_per_second": _per_second(lambda: key.public.verify(signature, data, "figure")),
        "sqlite_full_commits_per_second": _commits(folder / "commits.sqlite"),
    }


def _load(folder: Path, plan: dict[str, Any]) -> dict[str, Any]:
    file = folder / "plan.json"
    file.write_text(json.dumps(plan), "utf-8")
    argv = [sys.executable, "-m", "lockstep_cli.bench.flows", str(file)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError("The load generator failed: " + done.stderr.strip().rpartition("\n")[2])
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _bare_posts() -> float:
    argv = [sys.executable, "-m", "lockstep_cli.bench.bare"]
    return float(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _per_second(work: Any, seconds: float = 0.5) -> float:
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        work()
        count += 1
    return round(count / (time.perf_counter() - start), 1)


def _commits(path: Path) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE one (value BLOB)")
        return _per_second(lambda: connection.execute("INSERT INTO one VALUES (zeroblob(100))"), 1.0)
    finally:
        connection.close()
