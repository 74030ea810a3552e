"""The file that an asset is registered from."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from bridge.types import PairRule, Rule
from identity.oracle.policy.document import PolicyRefused
from lockstep_cli.assets.documents import NameTooLong, decode_name, documents_of, encode_name
from lockstep_cli.assets.file import AssetFileRefused, read_asset_file, seconds
from lockstep_cli.assets.hashing import DocumentUnreadable, hash_file
from lockstep_cli.assets.isin import check_digit, is_isin
from tests.support.commands import ROOT

BUILDING = ROOT / "examples" / "building"

SMALL = """
[asset]
name = "A"
symbol = "AAA"
authorised_issue = 1000
[classes.one]
number = 7
holders = 10
[caps]
investor = 100
"""


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "asset.toml"
    path.write_text(text)
    return read_asset_file(path)


# Published numbers: Apple, BAE Systems, the two examples of ISO 6166's own annex in wide use, a US Treasury.
@pytest.mark.parametrize("isin", ["US0378331005", "GB0002634946", "AU0000XVGZA3", "US0004026250", "US912828U816"])
def test_published_isins_pass(isin: str) -> None:
    assert is_isin(isin)


@given(st.from_regex(r"[A-Z]{2}[A-Z0-9]{9}", fullmatch=True), st.integers(1, 9))
def test_exactly_one_check_digit_fits(stem: str, off: int) -> None:
    right = check_digit(stem)
    assert is_isin(f"{stem}{right}")
    assert not is_isin(f"{stem}{(right + off) % 10}")


@pytest.mark.parametrize("text", ["", "US037833100", "us0378331005", "US03783310055", "U10378331005", "US037833100A"])
def test_what_has_not_the_form_is_no_isin(text: str) -> None:
    assert not is_isin(text)


@given(st.from_regex(r"[A-Z]{2}[A-Z0-9]{9}", fullmatch=True), st.integers(2, 10))
def test_two_digits_that_change_places_are_noticed(stem: str, place: int) -> None:
    isin = f"{stem}{check_digit(stem)}"
    one, other = isin[place], isin[place + 1 if place < 11 else 11]
    # Luhn's formula can't tell 09 from 90; letters count as two digits and may coincide.
    if one == other or not (one.isdigit() and other.isdigit()) or {one, other} == {"0", "9"}:
        return
    swapped = isin[:place] + other + one + isin[place + 2 :]
    assert not is_isin(swapped)


@pytest.mark.parametrize(
    ("text", "value"),
    [("365 days", 31_536_000), ("1 year", 31_536_000), ("12 hours", 43_200), ("10 seconds", 10), ("1 minute", 60)],
)
def test_spans_are_words(text: str, value: int) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "days", "-1 days", "1.5 days", "1 fortnight", "99999999999 days", "1 days ago"])
def test_other_words_are_no_span(text: str) -> None:
    with pytest.raises(ValueError, match="no span of time"):
        seconds(text)


def test_the_example_is_read_whole() -> None:
    building = read_asset_file(BUILDING / "building.toml")
    terms = building.terms(1, BUILDING)
    assert (terms.authorised_issue, terms.decimals, terms.default_rule) == (100_000, 0, Rule.KEEP)
    assert terms.document == hash_file(BUILDING / "memorandum.md")
    assert PairRule(7719, 41203, Rule.FORBID) in building.pairs()
    assert [entry.name for entry in documents_of(building, BUILDING)] == ["ISIN", "eligibility", "memorandum"]


def test_a_policy_stands_by_the_hash_of_its_canonical_form(tmp_path: Path) -> None:
    """A document `policy` of any other hash made attestors ask an oracle that knew nothing of it, and no order arrived."""
    policy = json.loads((BUILDING.parent / "policies" / "us-506c-and-reg-s.json").read_text())
    (tmp_path / "policy.json").write_text(json.dumps(policy, indent=4))
    asset = SMALL.replace('symbol = "AAA"', 'symbol = "AAA"\npolicy = "policy.json"')
    (tmp_path / "asset.toml").write_text(asset)
    (entry,) = documents_of(read_asset_file(tmp_path / "asset.toml"), tmp_path)
    assert (entry.name, entry.digest) == ("policy", hashlib.sha256(rfc8785.dumps(policy)).digest())


def test_a_file_that_is_no_policy_is_not_set_as_one(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text('{"name": "words for people"}')
    (tmp_path / "asset.toml").write_text(SMALL.replace('symbol = "AAA"', 'symbol = "AAA"\npolicy = "policy.json"'))
    with pytest.raises(PolicyRefused):
        documents_of(read_asset_file(tmp_path / "asset.toml"), tmp_path)


def test_pairs_come_strictly_ascending_by_numbers_as_the_chains_want_them() -> None:
    pairs = read_asset_file(BUILDING / "building.toml").pairs()
    keys = [(pair.from_class, pair.to_class) for pair in pairs]
    assert keys == sorted(set(keys))


FAULTS = {
    "a wrong check digit": (SMALL.replace('symbol = "AAA"', 'symbol = "AAA"\nisin = "US0378331006"'), "check digit"),
    "a word that is no TOML": ("asset = [", "it is no TOML"),
    "an unknown key": (SMALL + "unknown = 1\n", "caps.unknown"),
    "two classes with one number": (SMALL + "[classes.two]\nnumber = 7\nholders = 1\n", "the same number"),
    "a pair of unknown classes": (
        SMALL + '[[rules.pairs]]\nfrom = "one"\nto = "moon"\nrule = "keep"\n',
        "classes that are not there: moon",
    ),
    "restart without a period": (SMALL + '[rules]\ndefault = "restart"\n', "the holding period is 0"),
    "a document with two hashes": (
        SMALL + f'[[documents]]\nname = "a"\nuri = "b"\nsha256 = "{"11" * 32}"\nkeccak256 = "{"11" * 32}"\n',
        "exactly one of",
    ),
    "a document called like a reserved one": (
        SMALL + f'[[documents]]\nname = "ISIN"\nuri = "b"\nsha256 = "{"11" * 32}"\n',
        "made from",
    ),
    "an inbound bucket that is too small": (
        SMALL + "[lane.outbound]\ncapacity = 10\nrate = 1\n[lane.inbound]\ncapacity = 19\nrate = 1\n",
        "at least twice",
    ),
    "a velocity that can't be split": (SMALL + "[velocity]\ncapacity = 1\nrate = 1\n", "each chain gets a part"),
    "no classes": (SMALL.replace("[classes.one]\nnumber = 7\nholders = 10\n", "[classes]\n"), "classes"),
    "a fraction": (SMALL.replace("1000", "1000.5"), "authorised_issue"),
    "true as an amount": (SMALL.replace("investor = 100", "investor = true"), "caps.investor"),
    "more than there can be": (SMALL.replace("1000", str(2**96)), "authorised_issue"),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_is_named_in_one_sentence(fault: str, tmp_path: Path) -> None:
    text, told = FAULTS[fault]
    with pytest.raises(AssetFileRefused, match=re.escape(told)) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(AssetFileRefused) as caught:
        read(tmp_path, SMALL.replace('"AAA"', '"no symbol"').replace("investor = 100", "investor = 0"))
    assert len(caught.value.faults) == 2


def test_a_file_that_is_not_there_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    with pytest.raises(AssetFileRefused, match="no such file"):
        read_asset_file(tmp_path / "nothing.toml")


def test_documents_are_hashed_by_their_bytes_and_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(DocumentUnreadable, match="no such file"):
        hash_file(path)
    path.write_bytes(b"")
    with pytest.raises(DocumentUnreadable, match="empty"):
        hash_file(path)
    path.write_bytes(b"abc")
    # FIPS 180-4's example for SHA-256.
    assert hash_file(path).hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.text(min_size=1, max_size=8).filter(lambda text: not text.endswith("\0")))
def test_a_documents_name_comes_back(name: str) -> None:
    assert decode_name(encode_name(name)) == name
    assert len(encode_name(name)) == 32


@pytest.mark.parametrize("name", ["", "a" * 33, "ä" * 17])
def test_a_name_that_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(NameTooLong):
        encode_name(name)
