"""The committed contract artifacts: ABI and bytecode, one JSON file each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from bridge.errors import LockstepError

FOLDER = Path(__file__).parent / "artifacts"


class ArtifactMissing(LockstepError):
    """A committed artifact is not there or not readable: the installation is incomplete."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"the contract artifact {path} is missing or damaged; `lockstep artifacts build` makes it")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One contract: its name, ABI entries and creation bytecode."""

    name: str
    abi: tuple[dict[str, Any], ...]
    bytecode: bytes

    def entry(self, kind: str, name: str) -> dict[str, Any]:
        """The only function or event of this name. KeyError."""
        found = [entry for entry in self.abi if entry["type"] == kind and entry.get("name") == name]
        if len(found) != 1:
            raise KeyError(f"{self.name} has {len(found)} of {kind} {name}")
        return found[0]

    def calldata(self, function: str, *args: object) -> bytes:
        """Selector and arguments of a call."""
        types = input_types(self.entry("function", function))
        return keccak(text=f"{function}({','.join(types)})")[:4] + encode(types, args)

    def creation_code(self, *args: object) -> bytes:
        """Bytecode followed by the constructor's arguments."""
        constructors = [entry for entry in self.abi if entry["type"] == "constructor"]
        types = input_types(constructors[0]) if constructors else []
        return self.bytecode + encode(types, args)


def input_types(entry: dict[str, Any]) -> list[str]:
    """The types of an entry's inputs, tuples written out."""
    return [collapse_if_tuple(item) for item in entry["inputs"]]


@cache
def artifact(name: str) -> Artifact:
    """A committed artifact by its contract's name. ArtifactMissing."""
    path = FOLDER / f"{name}.json"
    try:
        content = json.loads(path.read_text("utf-8"))
        return Artifact(name, tuple(content["abi"]), bytes.fromhex(content["bytecode"].removeprefix("0x")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactMissing(path) from error
