"""How commands answer: one JSON document with `--json`, tables and sentences without."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from lockstep_cli.reading import Document

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables, for scripts and pipes.")]


def print_json(document: Document | list[Document]) -> None:
    """The document, alone on standard output."""
    typer.echo(json.dumps(document, indent=2))


def people_console() -> Console:
    """Where people read: standard output."""
    return Console(highlight=False)


def progress_console() -> Console:
    """Where progress goes: standard error, so that a pipe stays clean."""
    return Console(stderr=True, highlight=False)
