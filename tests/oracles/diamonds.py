"""Scatter-gather: every source, sink and window worked out anew. Imports nothing of ours."""

from __future__ import annotations

from typing import NamedTuple

from tests.oracles.ordering import Row, joins_a_pair


class Rule(NamedTuple):
    """As the definition has it."""

    window: int
    intermediaries: int


def proof(rows: list[Row], source: int, closing: int, rule: Rule) -> dict[int, list[int]]:
    """For the window that ends at `closing`, each intermediary that counts with its transfers."""
    sink, end = rows[closing][1], rows[closing][2]
    window = [i for i in range(closing + 1) if joins_a_pair(rows[i]) and rows[i][2] > end - rule.window]
    counted = {}
    for m in {rows[i][0] for i in window} - {source, sink}:
        scatters = [i for i in window if rows[i][:2] == (source, m)]
        gathers = [i for i in window if rows[i][:2] == (m, sink)]
        if scatters and gathers and scatters[0] < gathers[-1]:
            counted[m] = [i for i in scatters if i < gathers[-1]] + [i for i in gathers if i > scatters[0]]
    return counted


def ahead(rows: list[Row], source: int, closing: int, rule: Rule) -> dict[int, tuple[list[int], list[int]]]:
    """For the same window, each account that paid the sink first: what it was paid afterwards, and what it paid."""
    sink, end = rows[closing][1], rows[closing][2]
    window = [i for i in range(closing + 1) if joins_a_pair(rows[i]) and rows[i][2] > end - rule.window]
    found = {}
    for m in {rows[i][0] for i in window} - {source, sink}:
        scatters = [i for i in window if rows[i][:2] == (source, m)]
        gathers = [i for i in window if rows[i][:2] == (m, sink)]
        if scatters and gathers and gathers[-1] < scatters[0]:
            found[m] = (scatters, gathers)
    return found


def scatter_gathers(rows: list[Row], rule: Rule) -> list[tuple[int, int, list[int]]]:
    """Source, sink and transfers of the strongest scatter-gather of each source and period."""
    best: dict[tuple[int, int], tuple[int, int, list[int]]] = {}
    for closing, row in enumerate(rows):
        if not joins_a_pair(row):
            continue
        for source in {r[0] for r in rows} - {row[1], -1}:
            counted = proof(rows, source, closing, rule)
            # It closes with a gather: another transfer to the sink completes nothing.
            if len(counted) < rule.intermediaries or closing not in counted.get(row[0], []):
                continue
            key = (source, row[2] // rule.window)
            if key not in best or len(counted) > best[key][0]:
                first = [i for sides in ahead(rows, source, closing, rule).values() for own in sides for i in own]
                best[key] = (len(counted), row[1], sorted([*first, *(i for own in counted.values() for i in own)]))
    return [(source, sink, ledger) for (source, _), (_, sink, ledger) in sorted(best.items())]
