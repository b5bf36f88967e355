"""The rules of bipartite and stack: a set of accounts pays most of another set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moneytrail.verify.motif_measures import (
    ALIKE_FROM,
    PASSED_ON,
    SPAN,
    UNSEEN,
    alike,
    check_accounts,
    flows_of,
    last_time,
    limits_of,
    times_of,
    window_days,
)
from moneytrail.verify.rule import Check, Held, Role, Rule, all_of, having, ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.verify.claims import Claim, Shown
    from moneytrail.verify.rule import Values


def _pairs(transfers: list[Shown]) -> set[tuple[str | None, str | None]]:
    return {(one.debtor, one.creditor) for one in transfers}


def _ends(transfers: list[Shown]) -> tuple[set[str | None], set[str | None]]:
    return {one.debtor for one in transfers}, {one.creditor for one in transfers}


def _check_sets(claim: Claim, values: Values, first: list[Shown]) -> Iterator[Check]:
    """What holds of the first two sets of both motifs."""
    yield check_accounts(claim)
    senders, receivers = _ends(first)
    yield Check("distinct", not senders & receivers, "no sender may be a receiver")
    paid = {one.creditor for one in first if one.debtor == claim.subject}
    yield Check("subject", paid == receivers, f"{claim.subject} pays {len(paid)} of the {len(receivers)} receivers")
    pairs = _pairs(first)
    wanted = _least(len(receivers), values)
    thin = [name for name in senders if sum(pair[0] == name for pair in pairs) < wanted]
    detail = f"{min(map(str, thin))} pays fewer than {wanted}" if thin else f"every sender pays at least {wanted}"
    yield Check("dense", not thin, detail)


def _least(number: int, values: Values) -> int:
    return -(-number * round(values["pair_share"] * 1000) // 1000)


def _check_bipartite(claim: Claim, values: Values) -> Iterator[Check]:
    yield from _check_sets(claim, values, having(claim, "across"))


def _check_stack(claim: Claim, values: Values) -> Iterator[Check]:
    first, second = having(claim, "first layer"), having(claim, "second layer")
    yield from _check_sets(claim, values, first)
    senders, middle = _ends(first)
    onward, last = _ends(second)
    apart = not last & (senders | middle)
    yield Check("third set", apart, "no account of the first two sets may be in the third")
    yield Check("linked", onward <= middle, "the second layer must be paid by accounts of the second set")
    received = {one.creditor: one for one in reversed(first)}
    yield all_of(
        "received first",
        second,
        lambda one: one.debtor in received and received[one.debtor].place < one.place,
        "after the payer's first receipt",
    )
    pairs = _pairs(second)
    wanted = _least(len(middle), values)
    thin = [name for name in last if sum(pair[1] == name for pair in pairs) < wanted]
    detail = f"{min(map(str, thin))} is paid by fewer than {wanted}" if thin else f"each is paid by at least {wanted}"
    yield Check("second dense", not thin, detail)


def _count_bipartite(claim: Claim, values: Values) -> dict[str, float]:
    across = having(claim, "across")
    senders, receivers = _ends(across)
    pairs = len(_pairs(across))
    return {
        "senders": len(senders),
        "receivers": len(receivers),
        "pairs": pairs,
        "pair_share": ratio(pairs, len(senders) * len(receivers)),
        "alike": alike(across, values["amount_tolerance"]),
        **times_of(claim),
    }


def _count_stack(claim: Claim, values: Values) -> dict[str, float]:
    first, second = having(claim, "first layer"), having(claim, "second layer")
    (senders, middle), last = _ends(first), _ends(second)[1]
    pairs, onward = len(_pairs(first)), len(_pairs(second))
    flows = flows_of(first, second, values)
    return {
        "senders": len(senders),
        "middle": len(middle),
        "receivers": len(last),
        "pairs": pairs + onward,
        "pair_share": ratio(pairs, len(senders) * len(middle)),
        "second_pair_share": ratio(onward, len(middle) * len(last)),
        "passed": flows["passed"],
        **times_of(claim),
    }


def _earn_density(claim: Claim, values: Values) -> dict[str, float]:
    """Points for pairs beyond the threshold; in full where all pairs are there."""
    threshold = values["pair_share"]
    room = 1 / max(threshold, 0.001) - 1
    earned = {}
    for name in ("pair_share", "second_pair_share"):
        if name in claim.measures:
            beyond = ratio(claim.measures[name].value, threshold) - 1
            earned[name] = round(0.09 * min(1.0, max(0.0, ratio(beyond, room))), 6) if threshold > 0 else 0.0
    return earned


BIPARTITE: Final = Rule(
    roles=(Role("across", ""),),
    parameters={
        "window_days": 4, "senders": 3, "receivers": 3, "pair_share": 0.6, "amount_tolerance": 0.1, "budget": 100,
    },
    measures=(
        Held("senders", "gate", ">=", "senders", 0.1, 3),
        Held("receivers", "gate", ">=", "receivers", 0.1, 3),
        Held("pair_share", "gate", ">=", "pair_share", 0.09),
        SPAN,
        Held("alike", "booster", ">=", most=0.15),
        Held("pace", "booster", "<=", most=0.05),
        Held("pairs", "fact"),
    ),
    counted=_count_bipartite,
    conditions=_check_bipartite,
    window=window_days,
    spanning=("across",),
    unseen=UNSEEN,
    limits=limits_of(window_days, alike=ALIKE_FROM),
    earned=_earn_density,
    detectable=last_time,
)  # fmt: skip

STACK: Final = Rule(
    roles=(Role("first layer", ""), Role("second layer", "", counts=False)),
    parameters={
        "window_days": 8, "senders": 3, "middle": 3, "receivers": 3, "pair_share": 0.6, **PASSED_ON, "budget": 100,
    },
    measures=(
        Held("senders", "gate", ">=", "senders", 0.05, 3),
        Held("middle", "gate", ">=", "middle", 0.05, 3),
        Held("receivers", "gate", ">=", "receivers", 0.05, 3),
        Held("pair_share", "gate", ">=", "pair_share", 0.09),
        Held("second_pair_share", "gate", ">=", "pair_share", 0.09),
        SPAN,
        Held("passed", "booster", ">=", most=0.15),
        Held("pace", "booster", "<=", most=0.05),
        Held("pairs", "fact"),
    ),
    counted=_count_stack,
    conditions=_check_stack,
    window=window_days,
    spanning=("first layer", "second layer"),
    unseen=UNSEEN,
    limits=limits_of(window_days, passed=1.0),
    earned=_earn_density,
    detectable=last_time,
)  # fmt: skip
