"""What may be found nowhere: everything that names a person, and every digest somebody might have thought harmless. Pure.

A digest of a name is as good as the name: whoever guesses the name can check the guess. Birth dates and countries are joined to
it because that is how registers commonly build such digests.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import sys
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

from eth_utils.crypto import keccak

from lockstep_cli.local.subjects import Subject

PREFIX: Final = 8
"""Bytes by which the place of a secret is found before it is compared whole; each secret has at least so many."""
SHORT_DIGEST: Final = 16
"""An InvestorId has 16 bytes: half a digest would tell as much as a whole one."""
JOINTS: Final = ("", " ", "|", ":", ",", ";", "-", "\n")


class Secrets:
    """Finds any of many byte strings in one pass over data."""

    def __init__(self, values: Iterable[bytes]) -> None:
        """ValueError for a value that is too short to be looked for."""
        self._by_prefix: dict[bytes, set[bytes]] = {}
        for value in values:
            if len(value) < PREFIX:
                raise ValueError(f"a secret of {len(value)} bytes occurs by chance")
            self._by_prefix.setdefault(value[:PREFIX], set()).add(value)
        self._numbers = frozenset(int.from_bytes(prefix, sys.byteorder) for prefix in self._by_prefix)

    def __len__(self) -> int:
        return sum(len(values) for values in self._by_prefix.values())

    def found_in(self, data: bytes) -> list[bytes]:
        """Every secret that occurs in the data, once."""
        found: set[bytes] = set()
        for shift in range(min(PREFIX, len(data) - PREFIX + 1)):
            words = memoryview(data)[shift : shift + (len(data) - shift) // PREFIX * PREFIX].cast("Q")
            # Nearly always nothing is there, and this says so without a step of Python for each byte.
            if self._numbers.isdisjoint(words):
                continue
            for place in range(shift, len(data) - PREFIX + 1, PREFIX):
                for value in self._by_prefix.get(data[place : place + PREFIX], ()):
                    if data.startswith(value, place):
                        found.add(value)
        return sorted(found)


def secrets_of(subject: Subject, valid_until: Iterable[int]) -> Iterator[bytes]:
    """Everything that must not be found of one person. `valid_until`: UTC seconds at which their credentials end."""
    for text in _written(subject):
        yield text.encode("utf-8")
        yield text.encode("utf-16-le")
        for whole in _joined(text, subject):
            yield from _digests(whole.encode("utf-8"))
    for day in (subject.birthdate, subject.document_ends):
        yield from _dates(day)
    for moment in valid_until:
        yield from _moments(moment)


def _written(subject: Subject) -> Iterator[str]:
    reversed_name = f"{subject.family_name} {subject.given_name}"
    for text in dict.fromkeys((*subject.identifiers(), reversed_name)):
        yield from dict.fromkeys((text, text.lower(), text.upper()))


def _joined(text: str, subject: Subject) -> Iterator[str]:
    yield text
    birthdates = (
        subject.birthdate.isoformat(),
        subject.birthdate.strftime("%Y%m%d"),
        subject.birthdate.strftime("%d.%m.%Y"),
    )
    for other, joint in product((*birthdates, subject.country), JOINTS):
        yield f"{text}{joint}{other}"
        yield f"{other}{joint}{text}"


def _digests(data: bytes) -> Iterator[bytes]:
    wide = hashlib.blake2b(data, digest_size=32).digest()
    for digest in (hashlib.sha256(data).digest(), keccak(data), wide):
        yield digest[:SHORT_DIGEST]
        yield digest[-SHORT_DIGEST:]
    yield hashlib.blake2b(data, digest_size=16).digest()


def _dates(day: dt.date) -> Iterator[bytes]:
    """A date as people write it; tomorrow's or yesterday's may well stand in a log, a birth date may not."""
    if abs((day - dt.datetime.now(dt.UTC).date()).days) > 7:
        yield day.isoformat().encode("ascii")


def _moments(moment: int) -> Iterator[bytes]:
    """A moment as a chain would hold it, in seconds and milliseconds, either way round, and in a log."""
    for value in (moment, moment * 1000):
        yield value.to_bytes(8, "big")
        yield value.to_bytes(8, "little")
        yield str(value).encode("ascii")
