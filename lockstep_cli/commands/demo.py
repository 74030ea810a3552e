"""`lockstep demo`: the whole system, once through, with every promise checked."""

from __future__ import annotations

import time

import typer

from lockstep_cli.demo.promises import broken_promises
from lockstep_cli.demo.scenario import Narrator, Scenario
from lockstep_cli.demo.story import Quiet, Story, ending
from lockstep_cli.local.system import LocalSystem
from lockstep_cli.output import Json, people_console, print_json, progress_console
from lockstep_cli.paths import new_run_folder

NOT_AS_PROMISED = 1


def demo(json: Json = False) -> None:
    """Move a locked position across two real chains and back, and check every promise on the way.

    Starts a Substrate chain and an EVM chain on this machine, an identity issuer, an oracle with three signers, three attestors and
    a relayer, and stops them all at the end.
    The exit code is 0 only when everything was as promised.
    """
    narrator: Narrator = Quiet(progress_console()) if json else Story(people_console())
    started = time.monotonic()
    narrator.act("Two chains start, and the contracts are deployed")
    with LocalSystem(new_run_folder("demo"), narrator.say, credentials=True) as system:
        ready = round(time.monotonic() - started, 2)
        scenario = Scenario(system, narrator)
        document = scenario.play()
        played = time.monotonic()
    ended = time.monotonic()
    seconds = {"start": ready, **document["seconds"], "stop": round(ended - played, 2)}
    document["seconds"] = {**seconds, "total": round(ended - started, 2)}
    broken = broken_promises(document)
    document["as_promised"] = not broken
    document["broken_promises"] = broken
    if json:
        print_json(document)
    else:
        ending(people_console(), document, broken)
    if broken:
        raise typer.Exit(NOT_AS_PROMISED)
