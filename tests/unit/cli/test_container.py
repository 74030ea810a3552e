"""The container offers what `up` starts: every address on this machine's loopback, and names that hold outside as well."""

from __future__ import annotations

import inspect
import os
import re
import typing
from pathlib import Path

import pytest

from lockstep_cli.commands.up import up
from lockstep_cli.local.identity import LocalIdentity
from lockstep_cli.local.ports import Faces, chosen_ports
from lockstep_cli.paths import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PUBLISHED = re.findall(r'^\s+- "(\S+)"$', COMPOSE, re.MULTILINE)
"""The lines of the service's ports, in their order."""
SAID = dict(re.findall(r"(LOCKSTEP_\w+)=(\S+)", DOCKERFILE))
"""What the image tells `up`."""
VARIABLE = re.compile(r"\$\{(\w+):-(\d+)\}")


def expanded(text: str, values: dict[str, str]) -> str:
    """As compose puts variables in, where none has a value of its own."""
    return VARIABLE.sub(lambda found: values.get(found[1], found[2]), text)


def variables_of_up() -> dict[str, str]:
    """By parameter of `up`, the variable that sets it."""
    hints = typing.get_type_hints(up, include_extras=True)
    found = {}
    for name in inspect.signature(up).parameters:
        for one in getattr(hints[name], "__metadata__", ()):
            if getattr(one, "envvar", None):
                found[name] = one.envvar
    return found


def test_every_port_that_up_takes_is_told_by_the_image_exposed_and_published_on_loopback_alone() -> None:
    ports = {name: variable for name, variable in variables_of_up().items() if name.endswith("_port")}
    assert set(ports) == {"substrate_port", "evm_port", "issuer_port", "oracle_port", "health_port"}
    inside = {SAID[variable] for variable in ports.values()}
    assert len(inside) == len(ports)
    assert set(re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[0].split()) == inside
    lines = [expanded(line, {}) for line in PUBLISHED]
    assert {line.rpartition(":")[2] for line in lines} == inside
    assert all(line.startswith("127.0.0.1:") for line in lines)


def test_inside_everything_listens_on_all_addresses_or_nothing_could_be_published() -> None:
    assert SAID[variables_of_up()["host"]] == "0.0.0.0"  # noqa: S104 - of the container


@pytest.mark.parametrize("which", ["LOCKSTEP_LOCAL_ISSUER_PORT", "LOCKSTEP_LOCAL_ORACLE_PORT"])
def test_issuer_and_oracle_have_one_port_inside_and_outside_whatever_it_is(which: str) -> None:
    """It is part of their names: a wallet outside looks for did:web documents under the same number."""
    (line,) = [line for line in PUBLISHED if which in line]
    _, outside, inside = expanded(line, {which: "9443"}).split(":")
    assert outside == inside == "9443"
    told = re.findall(rf'{which}: "(.*)"', COMPOSE)
    assert [expanded(one, {which: "9443"}) for one in told] == ["9443"]
    assert [expanded(one, {}) for one in told] == [SAID[which]]


def test_ports_that_are_named_are_taken_and_others_are_free_ones() -> None:
    first, second, third = chosen_ports((8_443, 0, 0))
    assert first == 8_443
    assert len({first, second, third}) == 3
    assert 0 not in (second, third)


def test_names_of_issuer_and_oracle_hold_the_ports_that_were_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    made = LocalIdentity(tmp_path, os.urandom, Faces("127.0.0.1", 18_443, 18_444))
    try:
        assert (made.issuer.url, made.compliance.url) == ("https://localhost:18443", "https://localhost:18444")
        assert made.issuer.did == "did:web:localhost%3A18443"
        assert made.compliance.did == "did:web:localhost%3A18444"
    finally:
        made.http.close()
