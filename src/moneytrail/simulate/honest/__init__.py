"""Everybody honest: who they are, what they do, and those whose money moves like a gang's.

Each module plans some populations; :func:`everybody` lists them all. Codes as R-LAND are those of the suppressors, the
tests that tell a look-alike from a gang.
"""

from __future__ import annotations

from moneytrail.simulate.calendar import Ints
from moneytrail.simulate.honest.agents import agency, disbursements
from moneytrail.simulate.honest.associations import associations
from moneytrail.simulate.honest.coast import coast
from moneytrail.simulate.honest.firms import firms
from moneytrail.simulate.honest.households import households
from moneytrail.simulate.honest.living import live
from moneytrail.simulate.honest.lump_sums import lump_sums
from moneytrail.simulate.honest.people import People
from moneytrail.simulate.honest.trading import settle_up, trade
from moneytrail.simulate.town import Activity, Bank, Town

__all__ = ["everybody"]


def everybody(bank: Bank, town: Town, people: People, friends: Ints) -> list[Activity]:
    """Plan all honest populations, in the order in which a chapter books them.

    `friends` are the accounts that `people` share bills and favours with.
    """
    return [
        *live(bank, town, people, friends),
        *associations(bank, town, people),
        *lump_sums(bank, town, people),
        *firms(bank, town, people),
        *agency(bank, town, people),
        *coast(bank, town, people),
        *households(bank, town, people),
        *trade(bank, town, people),
        # These two read what the others booked, and come last.
        disbursements(bank, town),
        settle_up(bank, town),
    ]
