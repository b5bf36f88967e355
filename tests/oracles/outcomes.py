"""When an attempt is found or reached, by looking at every moment from scratch. Imports nothing of ours."""

from __future__ import annotations

DAY = 86_400_000_000

Row = tuple[int, int, int]
"""Debtor, creditor, time."""
Alert = tuple[dict[int, int], dict[int, int], set[int]]
"""Accounts and rows with the time from which the alert has them, and those of its accounts that are hubs."""


def found_at(alerts: list[Alert], rows: list[Row], own: list[int], account: int) -> int | None:
    """The first moment at which one alert holds half of `own`, or one of them and `account` while they last."""
    moments = sorted({time for accounts, evidence, _ in alerts for time in [*accounts.values(), *evidence.values()]})
    for now in moments:
        for accounts, evidence, _ in alerts:
            held = {row for row, time in evidence.items() if time <= now}
            mine = [row for row in own if row in held]
            named = account in accounts and accounts[account] <= now
            while_it_lasts = [row for row in held if account in rows[row][:2] and min(own) <= row <= max(own)]
            if 2 * len(mine) >= len(own) or (mine and named and while_it_lasts):
                return now
    return None


def reached_at(alerts: list[Alert], rows: list[Row], own: list[int]) -> int | None:
    """The first moment at which an alert names one of their accounts, not as a hub, and not 30 days too late."""
    latest = max(rows[row][2] for row in own) + 30 * DAY
    concerned = {account for row in own for account in rows[row][:2] if account >= 0}
    times = [
        time
        for accounts, _, hubs in alerts
        for account, time in accounts.items()
        if account in concerned and account not in hubs and time <= latest
    ]
    return min(times, default=None)
