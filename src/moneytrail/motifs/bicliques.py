"""Bipartite and stack: a set of accounts pays most of another set, which may pay most of a third."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.bicliques import LayerRule, layer_evidence, layers
from moneytrail.matches import Role, Values
from moneytrail.motifs.base import Findings, Instances, Motif, Scale
from moneytrail.motifs.measuring import alike, booster, distinct, fact, gate, in_range, pace, ratio, span, total
from moneytrail.motifs.sides import PASSED_ON, TOLERANCE, borders, budget, least, share, sides_of, told, window
from moneytrail.shares import thousandths
from moneytrail.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


def _find(graph: TransactionGraph, values: Values, *, stacked: bool) -> Findings:
    rule = LayerRule(
        window=int(values["window_days"]) * DAY,
        senders=int(values["senders"]),
        receivers=int(values["middle"] if stacked else values["receivers"]),
        share=thousandths(values["pair_share"]),
        last=int(values["receivers"]) if stacked else 0,
        budget=int(values["budget"]),
    )
    found = _search(graph, rule)
    amount = graph.amount[found.ledger]
    first = found.role == 0
    debtor, creditor = graph.debtor[found.ledger], graph.creditor[found.ledger]
    senders, receivers = distinct(found, debtor, first), distinct(found, creditor, first)
    pairs = _pairs(found, debtor, creditor, graph.accounts, first)
    spans = span(graph, found, rule.window)
    sent = total(amount, found, first)
    least_share = rule.share / 1000
    scales: tuple[Scale, ...]
    if stacked:
        last = distinct(found, creditor, ~first)
        onward = _pairs(found, debtor, creditor, graph.accounts, ~first)
        scales = (
            gate("senders", "accounts in the first set", senders, rule.senders, points=0.05),
            gate("middle", "accounts in the second set", receivers, rule.receivers, points=0.05),
            gate("receivers", "accounts in the third set", last, rule.last, points=0.05),
            _dense("pair_share", "pairs of the first two sets that are there", pairs, senders * receivers, least_share),
            _dense("second_pair_share", "pairs of the last two sets that are there", onward, receivers * last,
                   least_share),
            spans,
            booster("passed", "what went on is the usual share of what came (1 yes, 0 no)",
                    in_range(ratio(total(amount, found, ~first), sent), values["share_low"], values["share_high"]),
                    1.0, points=0.15, unit="count"),
            pace(spans, 0.05),
            fact("pairs", "pairs of accounts that are there", pairs + onward, "count"),
        )  # fmt: skip
        sentences = _say_stack(graph, found, sent, (senders, receivers, last))
    else:
        scales = (
            gate("senders", "accounts that pay", senders, rule.senders, points=0.1),
            gate("receivers", "accounts that are paid", receivers, rule.receivers, points=0.1),
            _dense("pair_share", "pairs of both sets that are there", pairs, senders * receivers, least_share),
            spans,
            booster("alike", "share of the amounts near their median",
                    alike(amount, found, values["amount_tolerance"]), 0.5, points=0.15),
            pace(spans, 0.05),
            fact("pairs", "pairs of accounts that are there", pairs, "count"),
        )  # fmt: skip
        sentences = _say_bipartite(graph, found, sent, (senders, receivers))
    return Findings(found, found.ledger[found.start[1:] - 1], scales, sentences)


def _dense(name: str, label: str, pairs: NDArray[np.int64], whole: NDArray[np.int64], threshold: float) -> Scale:
    """Pairs by possible pairs: a gate at the threshold, with points where all are there."""
    return gate(name, label, ratio(pairs, whole), threshold, unit="share", reach=1 / max(threshold, 0.001), points=0.09)


def _search(graph: TransactionGraph, rule: LayerRule) -> Instances:
    """The kept hits with their evidence. Of hits with the same transfers only the one whose subject pays first."""
    outgoing, incoming, pairs = sides_of(graph)
    rows = layers(outgoing, incoming, pairs, graph.time, rule, borders(outgoing))
    hits = rows[rows[:, 1] > 0]
    proofs = [
        layer_evidence(outgoing, incoming, pairs, graph.time, rule, (account, stretch))
        for account, _, _, stretch in hits.tolist()
    ]
    kept: dict[bytes, int] = {}
    for row, (ledger, _) in enumerate(proofs):
        key = ledger.tobytes()
        if key not in kept or _opens(graph, hits[row, 0], ledger) < _opens(graph, hits[kept[key], 0], ledger):
            kept[key] = row
    chosen = np.array(sorted(kept.values()), np.int64)
    sizes = [proofs[row][0].size for row in chosen]
    nothing = (np.zeros(0, np.int64), np.zeros(0, np.int8))
    parts = [nothing, *(proofs[row] for row in chosen)]
    return Instances(
        subject=hits[chosen, 0],
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        ledger=np.concatenate([ledger for ledger, _ in parts]),
        role=np.concatenate([role for _, role in parts]),
        truncated=hits[chosen, 2] > 0,
        stopped=rows[rows[:, 2] > 0, 0],
    )


def prove_nothing(graph: TransactionGraph) -> None:
    """Compile the kernel that only runs where layers are found, at an account and a time without any."""
    outgoing, incoming, pairs = sides_of(graph)
    layer_evidence(outgoing, incoming, pairs, graph.time, LayerRule(2 * DAY, 2, 2, 600, 2, 1), (0, -(10**6)))


def _opens(graph: TransactionGraph, account: int, ledger: NDArray[np.int64]) -> int:
    """The place among `ledger` of the account's first debit."""
    return int(np.argmax(graph.debtor[ledger] == account))


def _pairs(
    found: Instances, debtor: NDArray[np.int32], creditor: NDArray[np.int32], accounts: int, wanted: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """How many different pairs of accounts each row's `wanted` transfers join."""
    return distinct(found, _number(debtor.astype(np.int64) * accounts + creditor), wanted)


def _number(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Small numbers for `keys`, so that a row can be put in front of them."""
    _, small = np.unique(keys, return_inverse=True)
    numbers: NDArray[np.int64] = small.astype(np.int64)
    return numbers


def _say_bipartite(
    graph: TransactionGraph, found: Instances, sent: NDArray[np.int64], sizes: tuple[NDArray[np.int64], ...]
) -> Iterator[str]:
    senders, receivers = (size.tolist() for size in sizes)
    for row, (who, money, when) in enumerate(told(graph, found, sent)):
        yield (
            f"{who} and {counted(senders[row] - 1, 'other account')} paid {money} across to "
            f"{counted(receivers[row], 'account')}, {when}."
        )


def _say_stack(
    graph: TransactionGraph, found: Instances, sent: NDArray[np.int64], sizes: tuple[NDArray[np.int64], ...]
) -> Iterator[str]:
    senders, middle, receivers = (size.tolist() for size in sizes)
    for row, (who, money, when) in enumerate(told(graph, found, sent)):
        yield (
            f"{who} and {counted(senders[row] - 1, 'other account')} paid {money} across to "
            f"{counted(middle[row], 'account')}, who paid on to {counted(receivers[row], 'other account')}, {when}."
        )


_SETS = (
    "Time is cut into stretches of one window length, one beginning every half of it, counted from 1 January 1970 UTC: "
    "a motif shorter than half the window lies whole in one. For each account, the second set is all whom it paid in a "
    "stretch, at least {second}; the first set is the account and all others, not in the second set, that paid at "
    "least `pair_share` of the second set (rounded up) in the stretch, at least `senders` together. {third}One match "
    "is kept for each account and period of one window length: the one with most pairs, then the one of the earlier "
    "stretch. Of matches with the same transfers only one is kept, whose account pays first. A search may look at "
    "`budget` transfers for each of the account's transfers in the stretch; whoever deals most is left to the last. "
    "Not covered: sets in which every sender also pays many others; cash, and transfers to oneself."
)
_DENSITY = share("pair_share", 0.6, "each sender pays at least this share of the receivers", "few sets are whole")

BIPARTITE = Motif(
    name="bipartite",
    summary="A set of accounts pays most of another set.",
    definition=_SETS.format(second="`receivers`", third=""),
    parameters=(
        window(4, "labelled patterns span up to two days, half of it"),
        least("senders", 3, "accounts that pay"),
        least("receivers", 3, "accounts that are paid"),
        _DENSITY,
        TOLERANCE,
        budget("transfer of a sender"),
    ),
    roles=(Role("across", "a transfer from a sender to a receiver", "receiver"),),
    subject_part="sender that pays first",
    finder=partial(_find, stacked=False),
    span_days=lambda values: 2 * int(values["window_days"]),
)

STACK = Motif(
    name="stack",
    summary="A set of accounts pays most of another set, which pays most of a third.",
    definition=_SETS.format(
        second="`middle`",
        third=(
            "The third set is all outside of both whom at least `pair_share` of the second set (rounded up) paid in "
            "the stretch, each after its first receipt from the first set; at least `receivers`. "
        ),
    ),
    parameters=(
        window(8, "labelled patterns span up to five days"),
        least("senders", 3, "accounts in the first set"),
        least("middle", 3, "accounts in the second set"),
        least("receivers", 3, "accounts in the third set"),
        _DENSITY,
        *PASSED_ON,
        budget("transfer of a sender"),
    ),
    roles=(
        Role("first layer", "a transfer from the first set to the second", "intermediary"),
        Role("second layer", "a transfer from the second set to the third", "receiver", counts=False),
    ),
    subject_part="sender that pays first",
    finder=partial(_find, stacked=True),
    span_days=lambda values: 2 * int(values["window_days"]),
)
