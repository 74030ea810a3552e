"""The script that makes the environment: what it says when it can't, and what it does not do twice."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lockstep_cli.paths import ROOT

NEEDED = (
    "lockstep",
    "requirements.lock",
    "lockstep_cli/bootstrap",
    "chains/devnet/package-lock.json",
    "chains/devnet/package.json",
)


def load_setup() -> ModuleType:
    """The set-up program as a module; it is no part of the package, since it runs before there is one."""
    spec = importlib.util.spec_from_file_location(
        "lockstep_bootstrap", ROOT / "lockstep_cli" / "bootstrap" / "setup.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


setup = load_setup()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that the start script reads, and nothing that is made from them."""
    root = tmp_path / "checkout"
    for name in NEEDED:
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    return root


def start(checkout: Path, path: str, **env: str) -> subprocess.CompletedProcess[str]:
    home = checkout.parent / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        [shutil.which("bash") or "bash", str(checkout / "lockstep"), "--help"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"HOME": str(home), "PATH": path, **env},
    )


def tools_without(tmp_path: Path, *missing: str) -> str:
    """A PATH with the usual programs but these."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "sh", "cat", "cksum", "uname", "dirname", "env", "python3"):
        found = shutil.which(name)
        if name not in missing and found:
            (folder / name).symlink_to(found)
    return str(folder)


def test_without_python_it_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    ended = start(checkout, tools_without(tmp_path, "python3"))
    assert ended.returncode == 2
    assert "needs Python 3.11 or 3.12, and none was found" in ended.stderr
    assert "LOCKSTEP_PYTHON=" in ended.stderr


def test_a_python_that_only_pretends_is_not_taken(checkout: Path, tmp_path: Path) -> None:
    """Version managers leave shims on PATH that exist and fail."""
    path = tools_without(tmp_path, "python3")
    shim = Path(path) / "python3.12"
    shim.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    shim.chmod(0o755)
    ended = start(checkout, path)
    assert ended.returncode == 2
    assert "needs Python 3.11 or 3.12" in ended.stderr


def test_without_a_registry_it_says_so_and_leaves_no_stamp(checkout: Path, tmp_path: Path) -> None:
    """The discard port of the loopback stands in for a network that is down."""
    env = {
        "LOCKSTEP_PYTHON": sys.executable,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }
    ended = start(checkout, os.environ["PATH"], **env)
    assert ended.returncode == 2
    assert "the package registry can't be reached" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (checkout / ".lockstep" / "stamp").exists()


def test_a_checkout_that_cannot_be_written_is_told(checkout: Path) -> None:
    """A file where the folder should be stops root as well, whom no permission stops."""
    (checkout / ".lockstep").write_text("in the way")
    ended = start(checkout, os.environ["PATH"], LOCKSTEP_PYTHON=sys.executable)
    assert ended.returncode == 2
    assert "must be writable" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("npm error code ENOSPC", "the disk is full"),
        ("npm error code EINTEGRITY sha512-x", "does not match its locked hash"),
        ("error: Hash mismatch for `rich`", "does not match its locked hash"),
        ("npm error code ENOTFOUND", "the package registry can't be reached"),
        ("error: Failed to fetch: dns error", "the package registry can't be reached"),
        ("something nobody foresaw", "something nobody foresaw"),
    ],
)
def test_a_failure_is_told_in_a_sentence(output: str, said: str) -> None:
    error = setup.explain_failure("Installing", output)
    assert said in error.sentence
    assert error.cure


def test_a_full_disk_is_told_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "MIN_FREE_BYTES", 10**18)
    with pytest.raises(setup.SetupError, match="GB free"):
        setup.check_room(setup.Layout(tmp_path))


def test_pip_settings_are_told_to_the_installer_that_reads_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.delenv("UV_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://mirror.invalid/simple")
    assert setup.tool_environment()["UV_DEFAULT_INDEX"] == "http://mirror.invalid/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://other.invalid/simple")
    assert setup.tool_environment()["UV_DEFAULT_INDEX"] == "http://other.invalid/simple"


def test_locks_name_no_host_and_every_package_has_a_hash() -> None:
    for lock in [ROOT / "requirements.lock", *(ROOT / "lockstep_cli" / "bootstrap").glob("*.txt")]:
        text = lock.read_text()
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")
    npm = (ROOT / "chains" / "devnet" / "package-lock.json").read_text()
    assert '"resolved"' not in npm
