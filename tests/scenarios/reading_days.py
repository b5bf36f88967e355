"""Reads a story together with what is known of accounts and of each day, and says what a typology makes of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from moneytrail.catalogue import search
from moneytrail.typologies import Matches, by_id
from moneytrail.typologies.ground import Ground
from tests.worlds import arrivals_of, graph_of, story

Links = dict[str, dict[str, Any]]
Days = dict[str, tuple[int, bool | None]]
"""By day (2025-05-03): how many people arrived, and whether the day was red."""


def ground(text: str, links: Links | None = None, days: Days | None = None) -> Ground:
    """Return the ground of a story; in its values underscores stand for spaces."""
    transfers = [
        {name: value.replace("_", " ") if isinstance(value, str) else value for name, value in one.items()}
        for one in story(text)
    ]
    start = date(1970, 1, 1)
    rows = tuple(((date.fromisoformat(day) - start).days, *known) for day, known in sorted((days or {}).items()))
    channels = [one | {"channel": one["channel"].replace(" ", "_")} for one in transfers]
    return Ground(graph_of(channels, links), arrivals=arrivals_of(rows))


def matches(
    typology: str, text: str, links: Links | None = None, days: Days | None = None, **overrides: object
) -> list[dict[str, Any]]:
    """Return each match with its measures by name and its evidence by role."""
    return told(by_id(typology).find(ground(text, links, days), overrides))


def judged(
    typology: str, text: str, links: Links | None = None, days: Days | None = None, **overrides: object
) -> list[dict[str, Any]]:
    """Return the same after the whole chain: what it builds on, the peers, and the innocent explanations."""
    (searched,) = search(ground(text, links, days), {typology: overrides}, only=[typology])
    return told(searched.matches)


def told(found: Matches) -> list[dict[str, Any]]:
    proof: dict[str, dict[str, list[str]]] = {}
    for match_id, transaction_id, role in found.evidence.iter_rows():
        proof.setdefault(match_id, {}).setdefault(role, []).append(transaction_id)
    return [
        row
        | {
            "measures": {m["name"]: m for m in row["measures"]},
            "evidence": proof[row["match_id"]],
            "suppressors": [one["code"] for one in row["suppressors"]],
        }
        for row in found.match.iter_rows(named=True)
    ]


def gates(match: dict[str, Any]) -> dict[str, float]:
    return {name: measure["value"] for name, measure in match["measures"].items() if measure["kind"] == "gate"}
