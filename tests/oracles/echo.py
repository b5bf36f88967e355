"""Echo in plain Python: every transfer looks at every other one."""

from __future__ import annotations

Row = tuple[int | None, int | None, int, float]
"""Debtor, creditor, time, score."""


def echo(rows: list[Row], half_life: int) -> list[list[float]]:
    """For each row eight numbers: debtor then creditor, out then in, sum then most."""
    return [_of_row(rows, place, half_life) for place in range(len(rows))]


def _of_row(rows: list[Row], place: int, half_life: int) -> list[float]:
    found: list[float] = []
    for account in rows[place][:2]:
        for way in range(2):
            total = most = 0.0
            for other, row in enumerate(rows):
                if account is None or other == place or row[way] != account or row[2] > rows[place][2]:
                    continue
                faded = row[3] * 2.0 ** (-(rows[place][2] - row[2]) / half_life)
                total += faded
                if row[2] < rows[place][2]:
                    most = max(most, faded)
            found += [total, most]
    return found
