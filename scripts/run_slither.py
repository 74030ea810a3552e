"""Runs Slither on the contracts and holds every finding against a written answer.

Slither lives in an environment of its own, `.lockstep/slither`, made from the hashed lock beside the contracts: its
dependencies clash with the project's. The compiler is the project's. `chains/evm/slither.json` answers findings:
`detectors` switches whole detectors off, each with its reason; `findings` answers single ones by their first sentence,
without the place in the file, so that an answer outlives a moved line.

Exit code 0: every finding is answered and every answer still answers one. 1: not so. 2: the tools could not run.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = ROOT / "chains" / "evm" / "contracts"
LOCK = ROOT / "chains" / "evm" / "slither.lock"
ANSWERS = ROOT / "chains" / "evm" / "slither.json"
HOME = ROOT / ".lockstep" / "slither"
UV = ROOT / ".lockstep" / "uv" / "bin" / "uv"


class CannotRun(Exception):
    """A tool is missing or failed; says which, and what it said."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What Slither says: its detector, and the first sentence without places."""

    check: str
    text: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What was judged: detectors that are off, findings that are known, each with a reason."""

    detectors: Mapping[str, str]
    findings: Mapping[Finding, str]


def main() -> int:
    """Runs everything; tells what is unanswered on standard output."""
    try:
        answers = read_answers(ANSWERS)
        prepare_environment()
        build()
        found = analyse(answers.detectors)
    except CannotRun as error:
        sys.stderr.write(f"Slither could not run: {error}\n")
        return 2
    unanswered = sorted(found - set(answers.findings))
    idle = sorted(set(answers.findings) - found)
    tell([f"unanswered  {finding.check}: {finding.text}" for finding in unanswered])
    tell([f"answers nothing any more  {finding.check}: {finding.text}" for finding in idle])
    answered = len(found) - len(unanswered)
    tell([f"{len(found)} findings, {answered} answered; {len(answers.detectors)} detectors are off."])
    return 1 if unanswered or idle else 0


def tell(lines: Iterable[str]) -> None:
    """Puts lines on standard output."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


def read_answers(path: Path) -> Answers:
    """The answers. CannotRun for one without a reason."""
    document = json.loads(path.read_text("utf-8"))
    detectors = {str(name): str(reason) for name, reason in document["detectors"].items()}
    findings = {Finding(str(row["check"]), str(row["text"])): str(row["reason"]) for row in document["findings"]}
    if not all(reason.strip() for reason in [*detectors.values(), *findings.values()]):
        raise CannotRun(f"an answer in {path.name} has no reason")
    return Answers(detectors, findings)


def prepare_environment() -> None:
    """Makes Slither's environment, unless it was made from this very lock."""
    stamp = HOME / "stamp"
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return
    if not UV.exists():
        raise CannotRun("uv is missing. ./lockstep setup fetches it.")
    HOME.mkdir(parents=True, exist_ok=True)
    run([str(UV), "venv", "--quiet", "--clear", "--python", sys.executable, str(HOME / "venv")])
    python = str(HOME / "venv" / "bin" / "python")
    run([str(UV), "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", str(LOCK)])
    stamp.write_text(wanted, "utf-8")


def build() -> None:
    """Compiles the sources, without tests, with what Slither reads of the compiler's output."""
    run([str(forge()), "build", "--build-info", "--force", "--skip", "test/**"], cwd=CONTRACTS)


def analyse(off: Iterable[str]) -> set[Finding]:
    """Slither's findings in the sources, those of the detectors that are off left out."""
    report = HOME / "report.json"
    report.unlink(missing_ok=True)
    command = [str(HOME / "venv" / "bin" / "slither"), ".", "--ignore-compile", "--fail-none"]
    command += ["--foundry-out-directory", str(HOME / "out"), "--filter-paths", "node_modules"]
    command += ["--exclude", ",".join(off), "--json", str(report)]
    run(command, cwd=CONTRACTS)
    document = json.loads(report.read_text("utf-8"))
    if not document["success"]:
        raise CannotRun(str(document["error"]))
    return {finding_of(row) for row in document["results"].get("detectors", [])}


def finding_of(row: Mapping[str, object]) -> Finding:
    """A row of the report without the places in files, which move with every edit."""
    sentence = str(row["description"]).strip().split("\n", 1)[0]
    return Finding(str(row["check"]), " ".join(re.sub(r"\s*\([^()]*\.sol#[^()]*\)", "", sentence).split()))


def forge() -> Path:
    """The project's forge. CannotRun."""
    sys.path.insert(0, str(ROOT))
    from chains.devnet.errors import ToolMissing
    from chains.devnet.tools import foundry

    try:
        return foundry("forge")
    except ToolMissing as error:
        raise CannotRun(str(error)) from error


def run(command: list[str], *, cwd: Path = ROOT) -> None:
    """Runs a tool with forge on its path and Slither's own build folders. CannotRun with the end of what it said."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(forge().parent), os.environ.get("PATH", "")]),
        "FOUNDRY_OUT": str(HOME / "out"),
        "FOUNDRY_CACHE_PATH": str(HOME / "cache"),
    }
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotRun(f"{Path(command[0]).name}: {(done.stdout + done.stderr).strip()[-2_000:]}")


if __name__ == "__main__":
    sys.exit(main())
