"""What a text must be beyond its pattern: a day of the calendar, a country there is, an LEI whose check digits hold.

A pattern lets `UK` pass for `GB`, and a rule that names a country then misses its people; and a pattern that ends in `$`
lets a line's end stand behind it. So each of these is judged whole.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from jsonschema import FormatChecker

_ALPHA_2 = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD "
    "CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF "
    "GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
    "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA "
    "NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI "
    "SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
    "VN VU WF WS XK YE YT ZA ZM ZW"
)
COUNTRIES = frozenset(_ALPHA_2.split())
"""ISO 3166-1 alpha-2, and XK: assigned by its users, the European Union among them, to Kosovo."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}")


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, `YYYY-MM-DD` and nothing after it."""
    try:
        return _DAY.fullmatch(text) is not None and dt.date.fromisoformat(text) is not None
    except ValueError:
        return False


def is_lei(text: str) -> bool:
    """Whether a text is an LEI: with letters as 10 to 35 it leaves 1 when divided by 97 (ISO 17442, ISO/IEC 7064)."""
    return _LEI.fullmatch(text) is not None and int("".join(str(int(one, 36)) for one in text)) % 97 == 1


def claim_formats() -> FormatChecker:
    """The formats that the schemas of credential types name; others are none of ours."""
    checker = FormatChecker(formats=())
    for name, fits in (("date", is_day), ("country", COUNTRIES.__contains__), ("lei", is_lei)):
        checker.checks(name)(_judging(fits))
    return checker


def _judging(fits: Callable[[str], bool]) -> Callable[[object], bool]:
    """What isn't text is none of a format's business: the schema's `type` refuses it."""
    return lambda value: not isinstance(value, str) or fits(value)
