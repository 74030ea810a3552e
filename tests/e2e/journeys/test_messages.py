"""What goes wrong for people with wallets: one sentence about what it is, another about what to do, and never a trace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from identity.tls.development import DevelopmentAuthority
from identity.wallet.receiving import IssuerRefused
from tests.e2e.journeys.house import House
from tests.support.commands import run

pytestmark = [pytest.mark.chains, pytest.mark.timeout(600)]

WRONG, NOBODYS_PORT = "00000000", "https://localhost:1"


def refused(*arguments: str) -> str:
    """What a command that can't be carried out tells people; its last line is what to do."""
    finished = run(*arguments)
    assert finished.returncode in (1, 2), finished.stdout + finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr
    assert "fault of Lockstep" not in finished.stderr
    error, *cure = finished.stderr.strip().splitlines()
    assert error.startswith(("Error: ", "Refused: "))
    assert cure, f"it doesn't say what to do: {error}"
    return " ".join(finished.stderr.split())


def test_a_wrong_code_a_dead_offer_and_a_used_one_each_send_their_holder_to_the_issuer(
    house: House, tmp_path: Path
) -> None:
    wallet = ("--wallet", str(tmp_path / "wallet"))
    dead, used = house.offer(), house.offer()
    told = refused("wallet", "receive", dead.offer, "--tx-code", WRONG, *wallet)
    assert "transaction code" in told
    assert "new offer" in told
    for _ in range(4):
        with pytest.raises(IssuerRefused):
            house.receive(house.wallet("guesser"), replace(dead, tx_code=WRONG))
    assert "new offer" in refused("wallet", "receive", dead.offer, "--tx-code", dead.tx_code, *wallet)
    assert run("wallet", "receive", used.offer, "--tx-code", used.tx_code, *wallet).returncode == 0
    assert "new offer" in refused("wallet", "receive", used.offer, "--tx-code", used.tx_code, *wallet)


def test_an_authority_nobody_trusts_and_a_place_where_nobody_is_are_told_apart(house: House, tmp_path: Path) -> None:
    offered = house.offer()
    other = ("--roots", str(DevelopmentAuthority(tmp_path / "other").root_file))
    wallet = ("--wallet", str(tmp_path / "wallet"))
    for command in (("receive", offered.offer, "--tx-code", offered.tx_code), ("enrol", "--yes")):
        told = refused("wallet", *command, *wallet, *other)
        assert "certificate" in told
        assert "--roots" in told
    assert "nothing listens there" in refused("wallet", "enrol", "--oracle", NOBODYS_PORT, "--yes", *wallet)
    assert "nothing listens there" in refused("issuer", "suspend", "x" * 22, "--url", NOBODYS_PORT, "--token", "t")
    assert "PEM" in refused("wallet", "enrol", "--yes", *wallet, "--roots", "README.md")


def test_while_the_oracle_hangs_a_wallet_says_so(house: House, tmp_path: Path) -> None:
    with house.while_away("oracle"):
        assert "too long" in refused("wallet", "enrol", "--yes", "--wallet", str(tmp_path / "wallet"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("wallet", "standing"), "wallet enrol"),
        (("wallet", "link", "--chain", "eip155:31337", "--account", "gil"), "wallet enrol"),
        (("wallet", "receive", "nonsense"), "openid-credential-offer"),
        (("wallet", "receive", "openid-credential-offer://?credential_offer=%7B%7D"), "openid-credential-offer"),
        (("wallet", "show", "kyc", "--audience", "a", "--nonce", "b"), "wallet list"),
        (("wallet", "enrol", "--yes"), "wallet list"),
        (("wallet", "enrol", "--yes", "--asset", "0x" + "11" * 32), "asset list"),
    ],
    ids=lambda value: "-".join(value)[:50] if isinstance(value, tuple) else "",
)
def test_an_empty_wallet_says_what_to_begin_with(
    house: House, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    assert says in refused(*arguments, "--wallet", str(tmp_path / "empty"))


def test_an_account_that_cant_be_linked_says_why(house: House, tmp_path: Path) -> None:
    wallet, store = ("--wallet", str(house.folder / "linker")), house.wallet("linker")
    house.receive(store, house.offer())
    assert run("wallet", "enrol", "--yes", *wallet).returncode == 0
    evm = house.caip2["evm"]
    assert "another investor" in refused("wallet", "link", "--chain", evm, "--account", "ana", *wallet)
    assert "standing" in refused("wallet", "link", "--chain", "eip155:1", "--account", "ana", *wallet)
    assert "nobody-here" in refused("wallet", "link", "--chain", evm, "--account", "nobody-here", *wallet)
    assert "account" in refused("wallet", "unlink", "x" * 22, *wallet)
