"""The command line's manners: help, sentences, exit codes, and no traceback ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from bridge.refusals import Refusal, Refused
from chains.devnet.errors import ChainDied
from lockstep_cli import app
from lockstep_cli.errors import UserError


def raising(error: BaseException) -> Callable[[str | None], Any]:
    """A command line whose only command raises."""

    def build(_asked: str | None) -> typer.Typer:
        made = typer.Typer(pretty_exceptions_enable=False)

        @made.command()
        def fails(json: bool = False) -> None:
            raise error

        return made

    return build


@pytest.mark.parametrize("command", app.COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help(command: app.Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main([command.name, "--help"]) == 0
    assert f"./lockstep {command.name}" in capsys.readouterr().out


def test_the_overview_names_every_command_without_loading_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command.name in shown for command in app.COMMANDS)


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["doctor", "--nonsense"], ["artifacts", "build", "--only", "moon"]]
)
def test_bad_input_is_exit_code_2_and_no_traceback(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("That is no amount.", "Give a whole number."), 2, "That is no amount.\nGive a whole number.\n"),
        (Refused.of(Refusal.AmountZero), 2, "Refused: "),
        (PermissionError(13, "Permission denied", "/srv/run"), 1, "Error: Permission denied: /srv/run\n"),
        (ChainDied("evm", 137, ("bye",), Path("evm.log")), 1, "The evm chain ended with code 137: bye"),
    ],
    ids=["user", "refusal", "machine", "chain"],
)
def test_an_error_is_a_sentence_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int, said: str
) -> None:
    monkeypatch.setattr(app, "build", raising(error))
    assert app.main([]) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_with_json_an_error_is_one_document(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "build", raising(Refused.of(Refusal.AmountZero)))
    assert app.main(["--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert [reason["code"] for reason in document["error"]["reasons"]] == [12]


def test_a_fault_is_told_in_one_line_with_its_trace_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / ".lockstep").mkdir()
    monkeypatch.setattr(app, "ROOT", tmp_path)
    monkeypatch.setattr(app, "build", raising(ZeroDivisionError("division by zero")))
    assert app.main([]) == 70
    said = capsys.readouterr().err
    assert "This is a fault of Lockstep, not yours: ZeroDivisionError" in said
    assert "Traceback" not in said
    assert "Traceback" in (tmp_path / ".lockstep" / "fault.log").read_text()


def test_ctrl_c_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "build", raising(KeyboardInterrupt()))
    assert app.main([]) == 130
