"""Node.js with the independent wallets' packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "wallets"
PATH = f"{FOLDER.parents[1] / '.lockstep' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"


@cache
def program() -> str:
    """Node.js, with the packages installed as their lock says."""
    found = shutil.which("node", path=PATH)
    assert found is not None, "Node.js is part of the environment that ./lockstep setup makes"
    if not (FOLDER / "node_modules" / ".package-lock.json").is_file():
        # A Node.js that came with the environment carries its npm beside it, and not on the PATH.
        beside = Path(found).resolve().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        npm = shutil.which("npm", path=PATH)
        argv = [found, str(beside)] if npm is None else [npm]
        subprocess.run([*argv, "ci", "--ignore-scripts"], cwd=FOLDER, check=True, env={**os.environ, "PATH": PATH})
    return found


def run(script: str, *words: str, root: object, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a script of the wallets, which trusts the development authority; `given` goes to its standard input."""
    env = {**os.environ, "NODE_EXTRA_CA_CERTS": str(root)}
    argv = [program(), script, *words]
    return subprocess.run(argv, cwd=FOLDER, env=env, input=given, capture_output=True, text=True, check=False)
