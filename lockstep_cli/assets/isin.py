"""The check digit of an International Securities Identification Number (ISO 6166:2021, section 4.4).

Letters count as two digits (A is 10, Z is 35); the digits that result must pass the Luhn formula (ISO/IEC 7812-1, annex B).
Whether the number was ever assigned is not checked.
"""

from __future__ import annotations

import re

_FORM = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")


def check_digit(stem: str) -> int:
    """The last digit that belongs to the first eleven characters."""
    digits = [int(digit) for character in stem for digit in str(int(character, 36))]
    doubled = [digit * 2 if place % 2 == 0 else digit for place, digit in enumerate(reversed(digits))]
    return -sum(value // 10 + value % 10 for value in doubled) % 10


def is_isin(text: str) -> bool:
    """Whether a text has the form of an ISIN and its check digit is right."""
    return _FORM.fullmatch(text) is not None and check_digit(text[:-1]) == int(text[-1])
