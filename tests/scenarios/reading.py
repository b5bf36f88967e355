"""Reads a story and says what each typology makes of it, with the defaults of the catalogue."""

from __future__ import annotations

from typing import Any

from moneytrail.typologies import by_id
from tests.worlds import graph_of, story


def matches(
    typology: str, text: str, links: dict[str, dict[str, str]] | None = None, **overrides: object
) -> list[dict[str, Any]]:
    """Return each match with its measures by name and its evidence by role."""
    found = by_id(typology).find(graph_of(story(text), links), overrides)
    proof: dict[str, dict[str, list[str]]] = {}
    for match_id, transaction_id, role in found.evidence.iter_rows():
        proof.setdefault(match_id, {}).setdefault(role, []).append(transaction_id)
    return [
        row | {"measures": {m["name"]: m for m in row["measures"]}, "evidence": proof[row["match_id"]]}
        for row in found.match.iter_rows(named=True)
    ]


def fires(typology: str, text: str, links: dict[str, dict[str, str]] | None = None, **overrides: object) -> bool:
    return bool(matches(typology, text, links, **overrides))
