"""How long a credential is good for: by its legal basis, counted from the day the basis was established.

Sources: 17 CFR 230.506(c)(2)(ii) (A income, B net worth and C third-party letter: within the prior three months; E prior
verification: five years with a written representation), the SEC staff letter of 2025-03-12 (minimum investment),
17 CFR 230.144(a)(1) with (b)(1) (affiliate during the preceding three months), Directive 2014/65/EU annex II, SFO schedule 1 (HK),
SFA section 4A (SG). Where a law states no period, the figure is this project's and is the shorter of what is usual.

Days are UTC. Three calendar months from 30 November end on the last day of February.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import InvalidInput
from identity.errors import IdentityError


class BasisLapsed(IdentityError, InvalidInput):
    """The basis is too old (or lies in the future): nothing can be issued on it. UTC seconds."""

    def __init__(self, type_: str, valid_until: int, now: int) -> None:
        self.type, self.valid_until, self.now = type_, valid_until, now
        super().__init__(f"the basis of this {type_} is out of its time")


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time by the calendar; `end_of_year`: until the last day of the year instead."""

    months: int = 0
    days: int = 0
    end_of_year: bool = False

    def after(self, start: dt.date) -> dt.date:
        """The first day that is no longer within the period."""
        if self.end_of_year:
            return dt.date(start.year + 1, 1, 1)
        return add_months(start, self.months) + dt.timedelta(days=self.days)


QUALIFICATION: Mapping[str, Period] = {
    # The forms of the two most recent years, and an expectation for the current one: good for that year.
    "506c_income": Period(end_of_year=True),
    "506c_net_worth": Period(months=3),
    "506c_third_party_letter": Period(months=3),
    "506c_prior_verification": Period(months=60),
    "506c_minimum_investment": Period(months=3),
    # The rule itself, without one of its methods (paragraph (c)(2)(i)): institutions, licences read in a register.
    "506c_reasonable_steps": Period(months=3),
    "506b_representation": Period(months=12),
    "assessment": Period(months=12),
    "public_register": Period(months=12),
}
DUE_DILIGENCE: Mapping[str, Period] = {
    "simplified": Period(months=12),
    "standard": Period(months=24),
    "enhanced": Period(months=12),
}
RESIDENCY, US_PERSON, AFFILIATE = Period(months=12), Period(months=12), Period(months=3)
SCREENING, ENTITY, MANDATE = Period(days=30), Period(months=12), Period(months=12)


def valid_until(type_: str, claims: Mapping[str, Any], now: int) -> int:
    """The first second, UTC, at which a credential with these (already checked) claims is no longer valid.

    Raises:
        BasisLapsed: that moment has passed, or the basis is dated in the future.
    """
    start, period, limit = _basis(type_, claims)
    end = period.after(start)
    if limit is not None:
        end = min(end, limit + dt.timedelta(days=1))
    moment = _seconds(end)
    if moment <= now or _seconds(start) > now:
        raise BasisLapsed(type_, moment, now)
    return moment


def add_months(start: dt.date, months: int) -> dt.date:
    """The same day some months later, or the last day of that month where it has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return dt.date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def _basis(type_: str, claims: Mapping[str, Any]) -> tuple[dt.date, Period, dt.date | None]:
    match type_:
        case "kyc":
            document = claims.get("document")
            limit = _day(document["expires_on"]) if document else None
            return _day(claims["checked_on"]), DUE_DILIGENCE[claims["level"]], limit
        case "residency":
            return _day(claims["proved_on"]), RESIDENCY, None
        case "investor_qualification":
            return _day(claims["verified_on"]), QUALIFICATION[claims["verification"]], None
        case "us_person":
            return _day(claims["certified_on"]), US_PERSON, None
        case "affiliate":
            return _day(claims["as_of"]), AFFILIATE, None
        case "sanctions_screening":
            return _day(claims["screened_on"]), SCREENING, None
        case "entity":
            return _day(claims["checked_on"]), ENTITY, None
        case "mandate":
            ends = claims.get("ends_on")
            return _day(claims["granted_on"]), MANDATE, _day(ends) if ends else None
    raise AssertionError(type_)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise NoSuchDay from None


class NoSuchDay(IdentityError, InvalidInput):
    """A date that the calendar doesn't have."""

    def __init__(self) -> None:
        super().__init__("a date is no day of the calendar")


def _seconds(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())
