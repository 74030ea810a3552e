"""The command line: which commands there are, and the one place where errors become sentences and exit codes.

Exit codes: 0 done; 1 something failed or was not as promised; 2 the input can't be used, or a rule refuses; 70 a fault
of this program; 130 stopped by Ctrl-C. Only the module of the command that was asked for is imported: the chain clients
take most of a second to load, and `--help` should not.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from rich.console import Console

from bridge.errors import InvalidInput, LockstepError
from bridge.refusals import Refused, cure, name, sentence
from lockstep_cli.cures import cure_of
from lockstep_cli.errors import UserError
from lockstep_cli.paths import ROOT

FAILED, BAD_INPUT, FAULT = 1, 2, 70
HELP = """Security tokens that cross chains without losing what makes them securities.

New here? Run [bold]./lockstep demo[/]: two real chains start on this machine, and a locked position crosses and back.
Then [bold]./lockstep up[/] in one terminal, and the commands under "Use it" in another.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command lives, and what `--help` says about it."""

    name: str
    module: str
    attribute: str
    help: str
    panel: str


class LocalFault(LockstepError):
    """This machine refused something: a file, a folder, a connection. The sentence is the machine's own."""


START, USE, ISSUER, CARE = "Start", "Use it", "Issue and govern", "Look after it"
COMMANDS = (
    Command(
        "demo",
        "demo",
        "demo",
        "Credentials in, eligibility out, a locked position across two real chains and back; every promise checked.",
        START,
    ),
    Command("up", "up", "up", "Keep both chains, issuer, oracle, attestors and relayer running until Ctrl-C.", START),
    Command(
        "position",
        "position",
        "app",
        "Show positions: free tokens, every lot with its dates, and what is in flight.",
        USE,
    ),
    Command("explain", "moving", "explain_app", "Ask which rules a move would fail, before anything is signed.", USE),
    Command("transfer", "moving", "transfer", "Send free tokens on one chain.", USE),
    Command("cross", "moving", "cross", "Send a position, or a part of it, to the other chain.", USE),
    Command("order", "order", "app", "Follow orders from one chain to the other.", USE),
    Command("wallet", "wallet", "app", "A development wallet: receive credentials, list them, show them.", USE),
    Command(
        "audit", "audit", "app", "Add everything up on both chains; verify the audit chains of issuer and oracle.", USE
    ),
    Command("asset", "asset", "app", "Register an asset from a file, issue it, act on it, see who holds it.", ISSUER),
    Command("limits", "governance", "limits_app", "Show caps, rate limits and velocity on both chains.", ISSUER),
    Command("pause", "governance", "pause", "Stop everything, an asset, or the lane between the chains.", ISSUER),
    Command("resume", "governance", "resume", "Let go on what was paused.", ISSUER),
    Command("signers", "governance", "signers_app", "Show and change who signs for attestors and oracle.", ISSUER),
    Command("issuer", "issuer", "app", "Staff of an issuer: statuses, people, keys.", ISSUER),
    Command("oracle", "oracle", "app", "Operating an oracle: its keys, its staff and its attestors.", ISSUER),
    Command("doctor", "doctor", "doctor", "Check this machine, and say what would cure what is missing.", CARE),
    Command("test", "test", "run_all", "Run every check and test of the project.", CARE),
    Command(
        "artifacts",
        "artifacts",
        "app",
        "Build the committed runtime and contracts, or check that they are current.",
        CARE,
    ),
    Command(
        "bench", "bench", "app", "Measure what the rules cost, and how fast credentials are issued and judged.", CARE
    ),
    Command("setup", "setup", "setup", "Make the environment, and do nothing else.", CARE),
)


def build(asked: str | None) -> typer.Typer:
    """The command line with the real command `asked`; all others are there by name and help only."""
    app = typer.Typer(
        help=HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command in COMMANDS:
        if command.name != asked:
            app.command(command.name, help=command.help, rich_help_panel=command.panel)(_not_loaded)
            continue
        loaded: Any = getattr(import_module(f"lockstep_cli.commands.{command.module}"), command.attribute)
        if isinstance(loaded, typer.Typer):
            app.add_typer(loaded, name=command.name, rich_help_panel=command.panel)
        else:
            app.command(command.name, rich_help_panel=command.panel)(loaded)
    app.callback()(_root)
    return app


def _root() -> None:
    """Keeps the group a group; its help is HELP."""


_root.__doc__ = HELP


def _not_loaded() -> None:
    raise RuntimeError("a command that was not asked for was called")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit code; nothing is raised but what the interpreter itself raises."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    asked = next((word for word in arguments if not word.startswith("-")), None)
    try:
        build(asked)(arguments, prog_name="./lockstep", standalone_mode=True)
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else FAILED
    except KeyboardInterrupt:
        return 130
    except LockstepError as error:
        return report(error, as_json="--json" in arguments)
    except OSError as error:
        what = f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
        return report(LocalFault(what), as_json="--json" in arguments)
    except Exception as error:  # noqa: BLE001 - the edge of the process: a fault is told, with its trace in a file
        return report_fault(error)
    return 0


def report(error: LockstepError, *, as_json: bool) -> int:
    """Say an error in a sentence with its cure, or as JSON on standard output. Returns the exit code."""
    document = explained(error)
    if as_json:
        sys.stdout.write(json.dumps({"error": document}, indent=2) + "\n")
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for line in document.get("reasons", [document]):
        console.print(f"[bold red]{'Refused' if 'code' in line else 'Error'}:[/] ", end="")
        console.print(line["sentence"], markup=False)
        if line.get("cure"):
            console.print(line["cure"], markup=False)
    return BAD_INPUT if isinstance(error, UserError | Refused | InvalidInput) else FAILED


def explained(error: LockstepError) -> dict[str, Any]:
    """An error as plain data: its kind, one sentence, what would cure it; for a refusal, every failing rule."""
    text = str(error)
    document: dict[str, Any] = {
        "kind": type(error).__name__,
        "sentence": text[:1].upper() + text[1:],
        "cure": cure_of(error),
    }
    if isinstance(error, Refused):
        document["reasons"] = [
            {"code": int(reason.code), "name": name(reason.code), "sentence": sentence(reason), "cure": cure(reason)}
            for reason in error.reasons
        ]
    return document


def report_fault(error: Exception) -> int:
    """Something nobody foresaw: one sentence, and the trace in a file for those who mend it."""
    trace = ROOT / ".lockstep" / "fault.log"
    where = ""
    try:
        trace.write_text("".join(traceback.format_exception(error)), "utf-8")
        where = f" The trace is in {trace}."
    except OSError:
        where = " Its trace could not be written."
    sys.stderr.write(f"This is a fault of Lockstep, not yours: {type(error).__name__}: {error}.{where}\n")
    return FAULT
