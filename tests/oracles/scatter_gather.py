"""Scatter-gathers that a transfer is part of, as sets of accounts. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles.ordering import Row, joins_a_pair


def scatter_gathers(rows: list[Row], place: int, window: int) -> list[int]:
    """The number of intermediaries, 2 or more, of each scatter-gather that the transfer is part of.

    Every source and every sink is tried: the intermediaries are those whom the source paid and who paid the sink in
    the window, whatever came first. The transfer is part where it is one of these payments.
    """
    if not joins_a_pair(rows[place]):
        return []
    debtor, creditor, time, _ = rows[place]
    links = {row[:2] for row in rows[: place + 1] if row[2] > time - window and joins_a_pair(row)}
    accounts = {account for link in links for account in link}
    sizes = []
    for source in accounts:
        for sink in accounts - {source}:
            between = {m for m in accounts - {source, sink} if (source, m) in links and (m, sink) in links}
            gathers = creditor == sink and debtor in between
            scatters = debtor == source and creditor in between
            if len(between) > 1 and (gathers or scatters):
                sizes.append(len(between))
    return sorted(sizes)
