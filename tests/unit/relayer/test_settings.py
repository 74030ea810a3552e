"""Settings that a process must not run with."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.devnet.keys import signer_addresses
from chains.errors import SettingsRefused
from chains.settings import require_domain, require_unpublished
from relayer.attestor.settings import AttestorSettings
from relayer.settings import RelayerSettings, load
from tests.unit.relayer.fakes import FakeChain, World

TWO = """
key_file = "key"
store = "store.sqlite"
{more}
[[chains]]
kind = "substrate"
nodes = {substrate}
[[chains]]
kind = "evm"
nodes = [{{http = "http://a", ws = "ws://a"}}, {{http = "http://b", ws = "ws://b"}}]
bridge = "0x01"
lens = "0x02"
authority = "0x03"
"""


def write(folder: Path, substrate: str = '["ws://a", "ws://b"]', more: str = "") -> Path:
    path = folder / "attestor.toml"
    path.write_text(TWO.format(substrate=substrate, more=more))
    return path


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCKSTEP_ENV", raising=False)


def test_a_file_with_two_nodes_for_each_chain_is_taken(tmp_path: Path) -> None:
    settings = load(AttestorSettings, write(tmp_path))
    assert [chain.kind for chain in settings.chains] == ["substrate", "evm"]


@pytest.mark.parametrize("nodes", ['["ws://a"]', '["ws://a", "ws://a"]', '["ws://a", "ws://b", "ws://a"]'])
def test_one_node_is_enough_in_development_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nodes: str) -> None:
    with pytest.raises(SettingsRefused, match="two different nodes"):
        load(AttestorSettings, write(tmp_path, nodes))
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    assert load(AttestorSettings, write(tmp_path, nodes))


def test_an_attestor_listens_on_the_loopback_only(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="loopback"):
        load(AttestorSettings, write(tmp_path, more='host = "0.0.0.0"'))


def test_an_unknown_setting_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="keyfile"):
        load(AttestorSettings, write(tmp_path, more='keyfile = "x"'))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="not there"):
        load(RelayerSettings, tmp_path / "none.toml")


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_ATTESTOR_PORT", "4711")
    assert load(AttestorSettings, write(tmp_path, more="port = 1")).port == 4711


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(SettingsRefused) as caught:
        load(RelayerSettings, None)
    assert {"journal", "chains", "attestors"} <= {line.split(":")[0] for line in str(caught.value).splitlines()}


def test_a_chain_with_another_domain_than_the_settings_name_is_refused(tmp_path: Path) -> None:
    chain = FakeChain("source", World())
    plain = load(AttestorSettings, write(tmp_path)).chains[0]
    assert require_domain(chain, plain) == chain.domain
    named = plain.model_copy(update={"domain": "0x" + "11" * 32})
    with pytest.raises(SettingsRefused, match="states domain"):
        require_domain(chain, named)


def test_a_published_key_is_refused_outside_development(monkeypatch: pytest.MonkeyPatch) -> None:
    published = bytes.fromhex(signer_addresses((10,))[0][2:])
    with pytest.raises(SettingsRefused, match="published"):
        require_unpublished(published)
    require_unpublished(bytes([5] * 20))
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    require_unpublished(published)
