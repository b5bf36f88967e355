"""Small worlds of each typology: a module an id, with ``cases()``, ``MONEY`` and ``EXEMPT``, laws it cannot keep."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from hypothesis.strategies import SearchStrategy

from moneytrail.typologies import CATALOGUE
from tests.oracles.book import Instance, Values, World
from tests.worlds import Case

IDS = tuple(entry.id for entry in CATALOGUE)


def cases_of(typology: str) -> SearchStrategy[Case]:
    """Return the typology's worlds."""
    made: SearchStrategy[Case] = _module(typology).cases()
    return made


def money_of(typology: str) -> tuple[str, ...]:
    """Return the names of its parameters that are money."""
    names: tuple[str, ...] = _module(typology).MONEY
    return names


def skip_if_exempt(typology: str, law: str) -> None:
    """Skip a law that cannot hold of a typology, with the reason that its module gives."""
    reason = getattr(_module(typology), "EXEMPT", {}).get(law)
    if reason:
        pytest.skip(reason)


def expected(case: Case, values: Values) -> list[Instance]:
    """Return what the typology's oracle finds."""
    earlier = {name: [(one.subject, one.fired, one.evidence) for one in found] for name, found in case.earlier.items()}
    world = World(case.transfers, case.links, case.arrivals, earlier)
    found: list[Instance] = import_module(f"tests.oracles.typologies.{case.typology.lower()}").instances(world, values)
    return found


def _module(typology: str) -> Any:
    return import_module(f"tests.typologies.cases.{typology.lower()}")
