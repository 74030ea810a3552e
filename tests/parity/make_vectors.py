"""Writes the parity vectors that Python, Rust and Solidity all read; with --check only compares.

Run from the repository's root: python -m tests.parity.make_vectors [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.parity.sources import buckets, digests, domains, lots, merging, quorum, refusals, shape, words

VECTORS = Path(__file__).parent / "vectors"
MAKERS = {
    "buckets": buckets.make,
    "digests": digests.make,
    "domains": domains.make,
    "lots": lots.make,
    "merging": merging.make,
    "quorum": quorum.make,
    "refusals": refusals.make,
    "shape": shape.make,
    "words": words.make,
}


def render(title: str) -> str:
    """The text of one vector file; the same on every run."""
    return json.dumps(MAKERS[title](), indent=1) + "\n"


def main() -> int:
    """Write or compare every file; 1 when a committed file differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare the committed files and write nothing")
    check = parser.parse_args().check
    stale = []
    for title in MAKERS:
        path = VECTORS / f"{title}.json"
        text = render(title)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{'stale' if check else 'written'}: {', '.join(stale) or 'none'}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
