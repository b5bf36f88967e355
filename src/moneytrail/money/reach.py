"""A run's alerts by the money that is still in reach for an hour of an analyst's time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moneytrail.disruption import estimate_profit, run_clocks
from moneytrail.money.documents import reach_of
from moneytrail.money.questions import seeds_of
from moneytrail.money.sources import newest_run, stored_source
from moneytrail.storage import AlertQuery
from moneytrail.tracing import trace

if TYPE_CHECKING:
    from moneytrail.runs import Tell
    from moneytrail.storage import Store


def rank_by_reach(
    store: Store, run: str | None, *, limit: int, through_other_banks: bool, tell: Tell
) -> list[dict[str, Any]]:
    """The first alerts of a run, by rank, sorted anew: most money in reach an hour first.

    An alert whose evidence shows no transfer that brought money in stands last, with nothing in reach.
    """
    run_id = run or newest_run(store)
    source = stored_source(store, run_id, ())
    page = store.alerts(AlertQuery(run_id=run_id, sort="rank", limit=limit))
    found = []
    for turn, summary in enumerate(page.items):
        alert = store.alert(summary.alert_id)
        seeds = seeds_of(alert)
        row: dict[str, Any] = {"alert_id": alert.alert_id, "rank": alert.rank, "headline": alert.headline}
        if seeds:
            made = trace(source.graph, seeds, through_other_banks=through_other_banks, record=True)
            row |= reach_of(run_clocks(made), estimate_profit(made).controlled, len(alert.evidence))
        else:
            nothing = {"low": 0, "likely": 0, "high": 0}
            row |= {"still_there": nothing, "lost_per_hour": 0, "analyst_hours": 0.5, "per_analyst_hour": 0}
        found.append(row | {"seeds": len(seeds), "currency": source.graph.reference_currency})
        tell("trace", min(0.999, (turn + 1) / len(page.items)))
    tell("trace", 1.0)
    return sorted(found, key=lambda row: (-row["per_analyst_hour"], row["rank"]))
