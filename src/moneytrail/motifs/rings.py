"""Ring: accounts that pay one another round, in whatever order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.unordered_rings import UnorderedRule, unordered_rings
from moneytrail.matches import Parameter, Role, Values
from moneytrail.motifs.base import Findings, Instances, Motif
from moneytrail.motifs.measuring import booster, fact, gate, pace, ratio, span, total
from moneytrail.motifs.sides import borders, budget, budgeted, share, sides_of, told, window
from moneytrail.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


def _find_rings(graph: TransactionGraph, values: Values) -> Findings:
    outgoing, incoming, pairs = sides_of(graph)
    rule = UnorderedRule(
        window=int(values["window_days"]) * DAY,
        fewest=int(values["hops"]),
        most=int(values["most_hops"]),
        budget=int(values["budget"]),
    )
    ledger = (graph.time, graph.amount)
    found = budgeted(unordered_rings(outgoing, incoming, pairs, ledger, rule, borders(outgoing)))
    amount = graph.amount[found.ledger]
    hops = np.diff(found.start)
    start = found.start[:-1]
    smallest, largest = (least.reduceat(amount, start) if hops.size else amount for least in (np.minimum, np.maximum))
    spans = span(graph, found, rule.window)
    scales = (
        gate("hops", "accounts that pay one another round", hops, rule.fewest, points=0.1),
        spans,
        booster("even", "smallest amount by the largest", ratio(smallest, largest), values["even_share"], points=0.25),
        pace(spans, 0.1),
        fact("passed on", "transfers by an account paid in the ring before", _passed_on(graph, found), "count"),
    )  # fmt: skip
    last = found.ledger[found.start[1:] - 1]
    return Findings(found, last, scales, _say_rings(graph, found, graph.amount[last], hops))


def _passed_on(graph: TransactionGraph, found: Instances) -> NDArray[np.int64]:
    """How many transfers of each row come later in the ledger than the one that pays their debtor."""
    debtors, creditors = graph.debtor[found.ledger], graph.creditor[found.ledger]
    # Each account of a ring is debtor once and creditor once, so both orders name the same accounts.
    paying, paid = (np.lexsort((account, found.row)) for account in (debtors, creditors))
    later = np.zeros(found.ledger.size, np.int64)
    later[paying] = found.ledger[paying] > found.ledger[paid]
    return total(later, found)


def _say_rings(
    graph: TransactionGraph, found: Instances, last: NDArray[np.int64], hops: NDArray[np.int64]
) -> Iterator[str]:
    for (who, money, when), many in zip(told(graph, found, last), hops.tolist(), strict=True):
        yield f"{who} paid {money} and so completed a ring with {counted(many - 1, 'other account')}, {when}."


RING = Motif(
    name="ring",
    summary="Accounts pay one another round in a ring, in whatever order.",
    definition=(
        "From `hops` to `most_hops` different accounts, each of which pays the next and the last the first. At each "
        "transfer the window that ends there (left end excluded, right end included) is looked at, for rings of which "
        "it is the last transfer in the ledger; the others may come in any order. The subject is the account that made "
        "that transfer. One match is kept for each account and period of one window length, counted from 1 January "
        "1970 UTC, by the time of that transfer: the ring whose smallest amount is most of its largest (in whole "
        "thousandths), then the longest, then the one completed first; of those that one transfer completes the one "
        "whose transfer before it in the ledger is the latest, then the one before that, and so on. A `cycle` is a "
        "ring too, but its subject is the account where it starts. Searched from both ends of the last transfer, short "
        "rings first, up to `budget` transfers. The value is the sum of all transfers of the ring. Not covered: cash, "
        "and transfers to oneself."
    ),
    parameters=(
        window(16, "two in three of the labelled rings close within sixteen days, the longest take 26"),
        Parameter("hops", 3, "count", 2, 16, "at least so many transfers",
                  "labelled patterns of this kind begin at three", "design"),
        Parameter("most_hops", 12, "count", 2, 16, "no more than so many transfers",
                  "the longest labelled ones have twelve", "design"),
        share("even_share", 0.7, "smallest amount by the largest: adds points", "what is lost on the way is a cut"),
        budget("transfer that may complete one", 1000),
    ),
    roles=(Role("part", "one transfer of the ring", "next in the ring"),),
    subject_part="account that completes it",
    finder=_find_rings,
    span_days=lambda values: 2 * int(values["window_days"]),
)  # fmt: skip
