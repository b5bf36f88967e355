"""Which matches make one alert, what it is worth and how it ranks. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple


class Match(NamedTuple):
    match_id: str
    typology: str
    subject: str
    start: int
    end: int
    score: float
    transfers: frozenset[str]


class Transfer(NamedTuple):
    debtor: str | None
    creditor: str | None
    amount: int


def belong_together(one: Match, other: Match, windows: dict[str, int]) -> bool:
    """They share a transfer; or a subject, and the later starts at most the longer window after the earlier ends."""
    if one.transfers & other.transfers:
        return True
    earlier, later = sorted((one, other), key=lambda match: match.start)
    longer = max(windows[one.typology], windows[other.typology])
    return one.subject == other.subject and later.start <= earlier.end + longer


def groups(matches: list[Match], windows: dict[str, int]) -> set[frozenset[str]]:
    """Match ids of every alert: whatever is linked through any number of others is one."""
    found = [{match.match_id} for match in matches]
    for one, other in combinations(matches, 2):
        if belong_together(one, other, windows):
            first = next(group for group in found if one.match_id in group)
            second = next(group for group in found if other.match_id in group)
            if first is not second:
                found.remove(second)
                first |= second
    return {frozenset(group) for group in found}


def value(evidence: list[Transfer], subjects: set[str]) -> int:
    """The larger of what comes to the subjects from others and what goes from them to others."""
    came = sum(t.amount for t in evidence if t.creditor in subjects and t.debtor not in subjects)
    left = sum(t.amount for t in evidence if t.debtor in subjects and t.creditor not in subjects)
    return max(came, left)


def combined(scores: Mapping[str, float], weights: Mapping[str, float], anomalies: list[float]) -> float:
    """One minus the product of what each weighed score leaves; anomalies count from 0.9 on, for a twentieth at most."""
    calm = 1.0
    for typology, score in scores.items():
        calm *= 1 - weights[typology] * score
    if anomalies:
        mean = sum(anomalies) / len(anomalies)
        calm *= 1 - 0.05 * min(max((mean - 0.9) / 0.1, 0.0), 1.0)
    return 1 - calm
