"""L04: one account sends to many new accounts at once, soon after one or two large credits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.fans import FanRule, backing, fans
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import account_transfers, booster, fact, gate, history_days, margin, strangers
from moneytrail.wording import between, counted, money, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

HOUR = DAY // 24

PARAMETERS = (
    Parameter(
        "window_days", 3, "days", 1, 60, "length of the sliding window and of a period",
        "a scatter is done in one go", "design",
    ),
    Parameter(
        "payees", 5, "count", 2, 10_000, "distinct unaffiliated payees",
        "more than a household pays at once", "design",
    ),
    Parameter(
        "first_share", 0.8, "share", 0.0, 1.0, "share of the payees with no dealings in the 180 days before",
        "mules are changed often; a payroll or a family is not new", "design",
    ),
    Parameter(
        "value", 300_000, "minor units", 0, 10**14, "least sum of the debits",
        "below this a scatter is not worth its risk", "design",
    ),
    Parameter(
        "funding_hours", 48, "hours", 1, 720, "how long before the first debit the funding may have come",
        "money for a scatter does not rest", "design",
    ),
    Parameter(
        "funding_share", 0.8, "share", 0.001, 1.0,
        "share of the debits that the two largest credits of those hours cover",
        "funded by one or two credits; value counts and not number, so small extra ones gain a gang nothing", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell a new payee from a regular one", "design",
    ),
    Parameter(
        "institutions", 3, "count", 1, 100, "payees' banks: as many add points",
        "spreading over banks hides the whole from each of them", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    side, borders = graph.outgoing, cost_chunks(graph.outgoing.indptr, CHUNKS)
    rule = FanRule(
        window=int(values["window_days"]) * DAY,
        peers=int(values["payees"]),
        first_share=thousandths(values["first_share"]),
        one_shot_share=0,
        one_shot=0,
        value=int(values["value"]),
        median_low=0,
        median_high=2**62,
        backing_share=thousandths(values["funding_share"]),
    )
    reach = int(values["funding_hours"]) * HOUR
    funds = backing(side, graph.incoming, reach, borders, graph.transfers)
    for first, last, fired, account in fans(side, ground.relations, funds, rule, borders).tolist():
        window = side.edge[first : last + 1]
        scattered = window[ground.stranger[window]]
        funding = _funding(graph, account, int(scattered[0]), reach)
        measures = _measure(graph, scattered, funding, values)
        ledger = np.concatenate([funding, scattered])
        order = np.argsort(ledger, kind="stable")
        roles = ["funding"] * funding.size + ["scatter"] * scattered.size
        yield Found(
            subject=account,
            ledger=ledger[order],
            roles=[roles[place] for place in order],
            detectable=int(side.edge[fired]),
            measures=measures,
            explanation=_explain(graph, account, (scattered, funding), {m.name: m for m in measures}),
        )


def _funding(graph: TransactionGraph, account: int, opening: int, reach: int) -> NDArray[np.integer[Any]]:
    """The (at most) two largest credits in the hours before the first debit; of equal ones the later."""
    start = int(np.searchsorted(graph.time, graph.time[opening] - reach, side="right"))
    own = account_transfers(graph, account, start, opening)
    credits = own[graph.creditor[own] == account]
    largest = credits[np.lexsort((-credits, -graph.amount[credits]))[:2]]
    return np.sort(largest[graph.amount[largest] > 0])


def _measure(
    graph: TransactionGraph,
    scattered: NDArray[np.integer[Any]],
    funding: NDArray[np.integer[Any]],
    values: Values,
) -> tuple[Measure, ...]:
    payees = np.unique(graph.creditor[scattered]).size
    value = int(graph.amount[scattered].sum())
    first = int(graph.relations.first[scattered].sum())
    covered = int(graph.amount[funding].sum()) / value if value else 1.0
    banks = graph.frame["creditor_institution"].gather(pl.Series(graph.order[scattered])).drop_nulls().n_unique()
    return (
        gate("payees", "unaffiliated payees", payees, "count", values["payees"],
             points=margin(payees, values["payees"], 3, 0.15)),
        gate("value", "sum of their debits", value, "minor units", values["value"],
             points=margin(value, values["value"], 5, 0.10)),
        gate("first_share", "payees with no earlier dealings", first / payees, "share", values["first_share"]),
        gate("funding_share", f"debits covered by one or two credits of the {values['funding_hours']} hours before",
             covered, "share", values["funding_share"]),
        booster("institutions", "payees' banks", banks, "count", values["institutions"], points=0.10),
        booster("history_days", "days of data before it", history_days(graph, int(scattered[0])), "days",
                values["history_days"], points=0.15),
        fact("span_hours", "hours from first to last debit",
             int(graph.time[scattered[-1]] - graph.time[scattered[0]]) / HOUR, "hours"),
    )  # fmt: skip


def _explain(
    graph: TransactionGraph,
    account: int,
    moved: tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]]],
    m: dict[str, Measure],
) -> str:
    scattered, funding = moved
    said = (
        f"{sentence_id(graph.names[account])} sent "
        f"{money(m['value'].value, graph.reference_currency)} to "
        f"{counted(m['payees'].value, 'account')} with no known tie to it, "
        f"{between(int(graph.time[scattered[0]]), int(graph.time[scattered[-1]]))}. "
        f"{strangers(m['first_share'].value, graph, int(scattered[0]))} "
        f"{_covered(graph, funding, m['funding_share'])}"
    )
    if m["institutions"].met:
        said += f" The payees bank with {counted(m['institutions'].value, 'institution')}."
    return said


def _covered(graph: TransactionGraph, funding: NDArray[np.integer[Any]], share: Measure) -> str:
    """Which money came in shortly before, against what was sent."""
    hours = share.label.removeprefix("debits covered by one or two credits of the ").removesuffix(" hours before")
    came = money(int(graph.amount[funding].sum()), graph.reference_currency)
    much = "all" if share.value >= 1 else percent(share.value)
    credits = counted(funding.size, "credit")
    return (
        f"In the {hours} hours up to the first of these payments {credits} of {came} came in: enough for {much} of it."
    )


TYPOLOGY = Typology(
    id="L04",
    name="Fan-out",
    stage="layering",
    summary="One account sends to many new accounts at once, soon after one or two large credits.",
    definition=(
        "At each debit pushed to an unaffiliated payee (not a direct debit, card or internal booking), such debits "
        "in the window that ends there (left end excluded, right end included) are looked at. The gate "
        "holds when they go to at least `payees` distinct "
        "payees; at least `first_share` of these had no transfer with the account, either way, in the 180 days before; "
        "they sum to at least `value`; and the two largest credits of the account in the `funding_hours` up to the "
        "first of these debits sum to at least `funding_share` of that. One match is kept for each account and period "
        "of one window length, counted from 1 January 1970 UTC: the firing with most payees, then with most value, "
        "then the earliest. Payees at several banks add points and never decide. Not covered: a scatter funded in "
        "cash before it reached the bank, or from a balance that stood there longer."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("scatter", "a debit to an unaffiliated payee", "payee"),
        Role("funding", "one of the two largest credits shortly before", "funder", counts=False),
    ),
    subject_part="distributor",
    sources=(
        Source("IBM", "AMLSim wiki, Transaction Model: Alert Model", 2022),
        Source(
            "Altman and others",
            "Realistic Synthetic Financial Transactions for Anti-Money Laundering Models",
            2023,
        ),
    ),
    innocent_explanations=(
        "a payroll run or a tip pool",
        "refunds, prizes, claims or dividends being paid out",
        "the organiser of a trip paying people back",
        "an estate or a house sale being shared out",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + 180,
)
