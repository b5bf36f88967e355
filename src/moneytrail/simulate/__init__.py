"""A synthetic British retail bank with people-smuggling gangs in it, and the ground truth.

It imports :mod:`moneytrail.schema` and :mod:`moneytrail.errors` only: truth must not come from the code it tests.
What is in the bank, and what is not, is told in ``docs/simulator.md``.
"""

from __future__ import annotations

from moneytrail.simulate.bank import SimulatedBank, Wish, made_before, simulate, simulate_to
from moneytrail.simulate.truth import holdings

__all__ = ["SimulatedBank", "Wish", "holdings", "made_before", "simulate", "simulate_to"]
