"""Log lines of the identity services: one JSON object each on standard error, with a stable `action`.

No claim, name, document, code, token, key or address of a request's query is ever given to a logger.
"""

from __future__ import annotations

import logging
import sys

import structlog


class Foreign(logging.Handler):
    """What a library logs by itself: who and how bad, on a line like all others. Its text could hold what was processed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the line."""
        kind = None if record.exc_info is None or record.exc_info[0] is None else record.exc_info[0].__name__
        structlog.get_logger("library").warning(
            "a library says something",
            action="library.log",
            library=record.name,
            level_name=record.levelname,
            kind=kind,
        )


def configure() -> None:
    """To be called once, at the start of a process."""
    logging.basicConfig(level=logging.WARNING, handlers=[Foreign()], force=True)
    # A round that still runs when its next one is due is nothing to tell of: it is made up for.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
