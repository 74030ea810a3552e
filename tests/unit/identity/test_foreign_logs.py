"""What libraries log by themselves: one JSON line like all others, without their texts."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from identity.logs import configure


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    logging.getLogger("apscheduler").setLevel(logging.NOTSET)
    structlog.reset_defaults()


def test_a_library_is_told_of_by_name_and_its_text_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    try:
        int("Wilhelmina Passport-77")
    except ValueError:
        logging.getLogger("somebody.else").exception("could not read %s", "Wilhelmina")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["action"], told["library"], told["level_name"], told["kind"]) == (
        "library.log",
        "somebody.else",
        "ERROR",
        "ValueError",
    )
    assert "Wilhelmina" not in line


def test_rounds_that_overlap_are_no_news_and_failures_of_the_scheduler_are(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    scheduler = logging.getLogger("apscheduler.scheduler")
    scheduler.warning("Execution of job skipped: maximum number of running instances reached (1)")
    assert capsys.readouterr().err == ""
    scheduler.error("it broke")
    assert json.loads(capsys.readouterr().err)["library"] == "apscheduler.scheduler"
