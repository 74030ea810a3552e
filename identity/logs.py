"""Log lines of the identity services: one JSON object each on standard error, with a stable `action`.

No claim, name, document, code, token, key or address of a request's query is ever given to a logger.
"""

from __future__ import annotations

import logging
import sys

import structlog


def configure() -> None:
    """To be called once, at the start of a process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
