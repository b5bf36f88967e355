"""Alerts from scores, slowly: hubs by sets, links by all pairs, one week after the other. Imports nothing of ours."""

from __future__ import annotations

from math import fsum
from typing import NamedTuple

DAY = 86_400_000_000
WEEK = 7 * DAY

Row = tuple[int, int, int]
"""Debtor, creditor, time; -1 for an absent side; in ledger order."""


class Rule(NamedTuple):
    """As ``moneytrail.evaluation.raising.RaisingRule``; the budget in thousandths of an alert a week."""

    budget: int
    most_accounts: int
    most_named: int
    hub: int
    hub_days: int
    lookback_days: int
    open_days: int


class Alert(NamedTuple):
    """When it was raised; its accounts and its rows, each with the time from which it has them."""

    raised_at: int
    accounts: dict[int, int]
    rows: dict[int, int]


def raise_alerts(
    rows: list[Row], scores: list[float], line: float, period: tuple[int, int], rule: Rule
) -> tuple[list[Alert], set[int]]:
    """Every alert in order, and the rows that were kept apart from others."""
    start, end = period
    flagged = [i for i, (*_, time) in enumerate(rows) if start <= time < end and scores[i] >= line]
    alerts: list[Alert] = []
    cut: set[int] = set()
    week = start
    while week < end:
        now = min(week + WEEK, end)
        near = [i for i in flagged if week - rule.lookback_days * DAY <= rows[i][2] < now]
        hubs = {a for a in range(100) if len(counterparties(rows, a, now - rule.hub_days * DAY, now)) > rule.hub}
        groups = _groups(rows, scores, near, hubs, rule.most_accounts, cut)
        groups.sort(key=lambda g: (-max(scores[i] for i in g), -fsum(scores[i] for i in g), min(g)))
        for group in groups:
            _tell(alerts, group, _names(rows, group, hubs), now, start, rule)
        week += WEEK
    return alerts, cut


def counterparties(rows: list[Row], account: int, since: int, until: int) -> set[int]:
    """Whom an account dealt with from `since` on and before `until`; not itself and not cash."""
    both = [(a, b) for a, b, time in rows if since <= time < until]
    found = {b for a, b in both if a == account} | {a for a, b in both if b == account}
    return found - {account, -1}


def _groups(
    rows: list[Row], scores: list[float], near: list[int], hubs: set[int], most: int, cut: set[int]
) -> list[set[int]]:
    ranked = sorted(near, key=lambda i: (-scores[i], i))
    links = [
        (late, early)
        for late in range(len(ranked))
        for early in range(late)
        if (set(rows[ranked[late]][:2]) & set(rows[ranked[early]][:2])) - hubs - {-1}
    ]
    group = {i: {i} for i in ranked}
    for late, early in links:
        a, b = ranked[late], ranked[early]
        if group[a] is group[b]:
            continue
        together = group[a] | group[b]
        if len(_names(rows, together, hubs)) > most:
            cut.add(a)
            continue
        for i in together:
            group[i] = together
    return [one for i, one in group.items() if i == min(one)]


def _names(rows: list[Row], group: set[int], hubs: set[int]) -> set[int]:
    named = set()
    for i in group:
        both = set(rows[i][:2]) - {-1}
        named |= (both - hubs) or both
    return named


def _tell(alerts: list[Alert], group: set[int], names: set[int], now: int, start: int, rule: Rule) -> None:
    if all(any(i in alert.rows for alert in alerts) for i in group):
        return
    best = None
    for alert in alerts:
        shared = len(names & alert.accounts.keys())
        fits = len(names | alert.accounts.keys()) <= rule.most_named
        is_open = now - alert.raised_at <= rule.open_days * DAY
        if is_open and fits and shared and (best is None or shared > len(names & best.accounts.keys())):
            best = alert
    if best is None:
        if len(alerts) >= rule.budget * (now - start) // (1000 * WEEK):
            return
        best = Alert(now, {}, {})
        alerts.append(best)
    for i in group:
        best.rows.setdefault(i, now)
    for account in names:
        best.accounts.setdefault(account, now)
