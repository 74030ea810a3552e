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

from bridge.domains import evm_of_account
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
        found = self.entries(kind, name)
        if len(found) != 1:
            raise KeyError(f"{self.name} has {len(found)} of {kind} {name}")
        return found[0]

    def entries(self, kind: str, name: str) -> list[dict[str, Any]]:
        """All functions or events of this name."""
        return [entry for entry in self.abi if entry["type"] == kind and entry.get("name") == name]

    def calldata(self, function: str, *args: object) -> bytes:
        """Selector and arguments of a call; of overloads the one with so many arguments. KeyError.

        An account of 32 bytes that is meant as an address is handed on as one.
        """
        found = [entry for entry in self.entries("function", function) if len(entry["inputs"]) == len(args)]
        if len(found) != 1:
            raise KeyError(f"{self.name} has {len(found)} of function {function} with {len(args)} arguments")
        types = input_types(found[0])
        values = [_address(value) if kind == "address" else value for kind, value in zip(types, args, strict=True)]
        return keccak(text=f"{function}({','.join(types)})")[:4] + encode(types, values)

    def creation_code(self, *args: object) -> bytes:
        """Bytecode followed by the constructor's arguments."""
        constructors = [entry for entry in self.abi if entry["type"] == "constructor"]
        types = input_types(constructors[0]) if constructors else []
        return self.bytecode + encode(types, args)


def _address(value: object) -> object:
    return evm_of_account(value) if isinstance(value, bytes) and len(value) == 32 else value


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


TOKEN_PARTS = ("SecurityToken", "TokenControls", "TokenSurface", "TokenImport")


@cache
def token() -> Artifact:
    """An asset's token as callers see it: its parts answer at one address. The code is that of the part that is deployed.

    ArtifactMissing.
    """
    parts = [artifact(name) for name in TOKEN_PARTS]
    entries = {json.dumps(entry, sort_keys=True): entry for part in parts for entry in part.abi if "name" in entry}
    constructors = [entry for entry in parts[0].abi if entry["type"] == "constructor"]
    return Artifact("SecurityToken", (*constructors, *entries.values()), parts[0].bytecode)
