"""Which room may import which: arrows point inwards, so that the protocol depends on nothing and no service on another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockstep_cli.paths import ROOT

ROOMS = ("bridge", "chains", "identity", "relayer", "lockstep_cli")
MAY = {
    "bridge": set[str](),
    "chains": {"bridge"},
    "identity": {"bridge", "chains"},
    "relayer": {"bridge", "chains", "identity"},
    "lockstep_cli": {"bridge", "chains", "identity", "relayer"},
}
READING = ("identity.errors", "identity.fetch", "identity.formats")
"""What an attestor needs to verify the oracle's signed decisions: formats and the one fetcher, and no service."""
OUTER = {"fastapi", "uvicorn", "starlette", "sqlalchemy", "substrateinterface", "web3", "httpx", "typer", "nicegui"}


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{file} imports relatively"
            yield node.module


def modules(room: str) -> list[Path]:
    return [file for file in (ROOT / room).rglob("*.py") if "node_modules" not in file.parts]


@pytest.mark.parametrize("room", ROOMS)
def test_no_arrow_points_outwards(room: str) -> None:
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in modules(room)
        for name in imports(file)
        if name.partition(".")[0] in set(ROOMS) - MAY[room] - {room}
    }
    assert wrong == set()


def test_the_protocol_knows_no_web_framework_database_or_chain_client() -> None:
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in modules("bridge")
        if "api" not in file.parts
        for name in imports(file)
        if name.partition(".")[0] in OUTER
    }
    assert wrong == set()


def test_relayer_and_attestors_take_from_identity_what_reads_signed_documents_and_nothing_of_a_service() -> None:
    taken = {name for file in modules("relayer") for name in imports(file) if name.startswith("identity")}
    assert {name for name in taken if not any(name == one or name.startswith(f"{one}.") for one in READING)} == set()


def test_formats_keys_and_fetching_know_no_service() -> None:
    shared = ("errors.py", "fetch", "formats", "keystore", "ports.py", "refusals.py", "retention.py", "storage", "tls")
    files = [
        file
        for name in (*shared, "web", "webhooks.py")
        for file in ([ROOT / "identity" / name] if name.endswith(".py") else modules(f"identity/{name}"))
    ]
    services = ("identity.issuer", "identity.oracle", "identity.wallet")
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imports(file)
        if name.startswith(services)
    }
    assert files
    assert wrong == set()


@pytest.mark.parametrize(("service", "other"), [("issuer", "oracle"), ("oracle", "issuer"), ("wallet", "issuer")])
def test_services_meet_over_the_web_only(service: str, other: str) -> None:
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in modules(f"identity/{service}")
        for name in imports(file)
        if name.startswith(f"identity.{other}")
    }
    assert wrong == set()
