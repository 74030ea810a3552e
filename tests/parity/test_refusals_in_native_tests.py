"""Each refusal is asserted by a test of the pallets and by one of the contracts, in their own languages.

That running chains give every number is shown by the differential test; this holds the compilers' own tests to the same list,
so that a number that nobody asserts any more is noticed without a chain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bridge.refusals import Refusal
from lockstep_cli.paths import ROOT

RUST = re.compile(r"(#\[test\]\s+)?fn (\w+)\s*[(<]")
SOLIDITY = re.compile(r"function (?=(test)?)(\w+)\(")


def bodies(text: str, start: re.Pattern[str]) -> Iterator[tuple[bool, str, str]]:
    """(whether it is a test, name, text up to the brace that closes it) of each function."""
    for found in start.finditer(text):
        depth, place = 0, text.find("{", found.end())
        for end in range(max(place, 0), len(text)):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if depth == 0:
                yield bool(found.group(1)), found.group(2), text[place : end + 1]
                break


def whole_tests(text: str, start: re.Pattern[str]) -> dict[str, str]:
    """Every test of a file, with the file's own functions that it calls."""
    found = list(bodies(text, start))
    helpers: dict[str, str] = {}
    for is_test, name, body in found:
        if not is_test:
            helpers[name] = helpers.get(name, "") + body
    return {name: _with_helpers(body, helpers) for is_test, name, body in found if is_test}


def _with_helpers(body: str, helpers: Mapping[str, str]) -> str:
    seen, left = set[str](), [body]
    while left:
        text = left.pop()
        called = set(re.findall(r"\b(\w+)\(", text)) & set(helpers) - seen
        seen |= called
        left += [helpers[name] for name in called]
    return body + "".join(helpers[name] for name in sorted(seen))


def native_tests(folder: Path, pattern: str, start: re.Pattern[str]) -> dict[str, str]:
    """Every test by `file::name`."""
    return {
        f"{path.relative_to(ROOT)}::{name}": body
        for path in sorted(folder.glob(pattern))
        for name, body in whole_tests(path.read_text("utf-8"), start).items()
    }


def constant(refusal: Refusal) -> str:
    """The name of a refusal's number in Solidity."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", refusal.name).upper()


def asserting(tests: Mapping[str, str], *names: str) -> list[str]:
    """The tests that assert or expect something of one of these names."""
    named = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names))
    expects = re.compile(r"\bassert|\brefuse|\bexpectRevert|\bcheck")
    return [test for test, body in tests.items() if expects.search(body) and named.search(body)]


PALLETS = native_tests(ROOT / "pallets", "*/src/tests/**/*.rs", RUST)
CONTRACTS = native_tests(ROOT / "chains" / "evm" / "contracts" / "test", "**/*.sol", SOLIDITY)


@pytest.mark.parametrize("refusal", Refusal, ids=lambda refusal: refusal.name)
def test_a_test_of_the_pallets_asserts_the_refusal(refusal: Refusal) -> None:
    assert asserting(PALLETS, f"Refusal::{refusal.name}")


@pytest.mark.parametrize("refusal", Refusal, ids=lambda refusal: refusal.name)
def test_a_test_of_the_contracts_asserts_the_refusal(refusal: Refusal) -> None:
    assert asserting(CONTRACTS, f"IRefusals.{refusal.name}.selector", f"Refusals.{constant(refusal)}")


def test_the_reader_of_tests_sees_a_test_and_its_helpers_and_nothing_else() -> None:
    text = """
        #[test]
        fn one() { if a { assert!(Refusal::Paused); } }
        #[test]
        fn two() { helper(1); assert!(b); }
        fn helper(n: u8) { refused(Refusal::NotYet) }
        fn stranger() { assert!(Refusal::NotAdmin) }
    """
    found = whole_tests(text, RUST)
    assert found["one"] == "{ if a { assert!(Refusal::Paused); } }"
    assert asserting(found, "Refusal::Paused") == ["one"]
    assert asserting(found, "Refusal::NotYet") == ["two"]
    assert not asserting(found, "Refusal::NotAdmin")
    assert not asserting(found, "Refusal::Pause")
