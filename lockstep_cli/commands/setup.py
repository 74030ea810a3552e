"""`lockstep setup`: the environment was made on the way here."""

from __future__ import annotations

from lockstep_cli.output import Json, people_console, print_json


def setup(json: Json = False) -> None:
    """Make the environment in `.lockstep/`, and do nothing else.

    Every command does so at its first start; this one is for images and machines that will be offline later.
    """
    if json:
        print_json({"ready": True})
    else:
        people_console().print("The environment is ready.")
