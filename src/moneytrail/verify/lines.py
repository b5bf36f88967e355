"""The rules of cycle, ring, chain and random walk: transfers of which each is by the account that another paid."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from moneytrail.verify.motif_measures import (
    PASSED_ON,
    SPAN,
    UNSEEN,
    check_accounts,
    last_time,
    limits_of,
    times_of,
    window_days,
)
from moneytrail.verify.rule import HOUR, Check, Held, Role, Rule, ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moneytrail.verify.claims import Claim, Shown
    from moneytrail.verify.rule import Values

WAIT: Final = Held("wait", "gate", "<=", "hop_hours")
HOPS_FROM: Final = 0.5
"""The share of hops with the usual share passed on that earns points."""


def _waits(claim: Claim) -> list[int]:
    return [after.time - before.time for before, after in pairwise(claim.evidence)]


def _check_line(claim: Claim, values: Values) -> Iterator[Check]:
    yield check_accounts(claim)
    hops = claim.evidence
    yield Check("subject", hops[0].debtor == claim.subject, f"the first transfer is by {hops[0].debtor}")
    broken = [after for before, after in pairwise(hops) if after.debtor != before.creditor]
    yield Check("linked", not broken, _linked(broken))
    longest = max(_waits(claim), default=0)
    limit = values["hop_hours"] * HOUR
    yield Check("hop limit", longest <= limit, f"waits {longest / HOUR:g} hours; at most {limit / HOUR:g} are allowed")
    most = values["most_hops"]
    yield Check("most hops", len(hops) <= most, f"{len(hops)} transfers; at most {most:g} are looked for")


def _linked(broken: list[Shown]) -> str:
    if broken:
        return f"transfer {broken[0].transaction_id} is not by the account that the one before paid"
    return "every transfer is by the account that the one before paid"


def _check_cycle(claim: Claim, values: Values) -> Iterator[Check]:
    yield from _check_line(claim, values)
    back = claim.evidence[-1].creditor
    yield Check("closed", back == claim.evidence[0].debtor, f"the last transfer is to {back}")
    yield _distinct([one.debtor for one in claim.evidence])


def _check_chain(claim: Claim, values: Values) -> Iterator[Check]:
    yield from _check_line(claim, values)
    yield _distinct([claim.evidence[0].debtor, *(one.creditor for one in claim.evidence)])


def _distinct(accounts: list[str | None]) -> Check:
    twice = [name for place, name in enumerate(accounts) if name in accounts[:place]]
    return Check("distinct", not twice, f"{twice[0]} is met twice" if twice else "no account is met twice")


def _check_ring(claim: Claim, values: Values) -> Iterator[Check]:
    yield check_accounts(claim)
    by = claim.evidence[-1].debtor
    yield Check("subject", by == claim.subject, f"the last transfer is by {by}")
    yield _distinct([one.debtor for one in claim.evidence])
    follows = {one.debtor: one.creditor for one in claim.evidence}
    met, at = 1, follows[by]
    while at != by and at in follows and met < len(follows):
        met, at = met + 1, follows[at]
    closed = at == by and met == len(follows)
    yield Check("closed", closed, f"{met} of {len(follows)} accounts are met on the way round, and then {at}")
    most = values["most_hops"]
    yield Check("most hops", met <= most, f"{met} transfers; at most {most:g} are looked for")


def _count_ring(claim: Claim, _values: Values) -> dict[str, float]:
    amounts = [one.amount for one in claim.evidence]
    paid = {one.creditor: one.place for one in claim.evidence}
    return {
        "hops": len(amounts),
        "even": ratio(min(amounts), max(amounts)),
        "passed on": sum(one.debtor in paid and one.place > paid[one.debtor] for one in claim.evidence),
        **times_of(claim),
    }


def _count_cycle(claim: Claim, _values: Values) -> dict[str, float]:
    amounts = [one.amount for one in claim.evidence]
    return {
        "hops": len(amounts),
        "even": ratio(min(amounts), max(amounts)),
        "wait": max(_waits(claim), default=0) / HOUR,
        **times_of(claim),
    }


def _count_line(claim: Claim, values: Values) -> dict[str, float]:
    hops = claim.evidence
    low, high = round(values["share_low"] * 1000), round(values["share_high"] * 1000)
    usual = sum(a.amount * low <= b.amount * 1000 <= a.amount * high for a, b in pairwise(hops))
    return {
        "hops": len(hops),
        "passed": ratio(usual, len(hops) - 1),
        "wait": max(_waits(claim), default=0) / HOUR,
        "accounts": len({hops[0].debtor, *(one.creditor for one in hops)}),
        **times_of(claim),
    }


def _reach_hops(claim: Claim, values: Values) -> int:
    return claim.evidence[min(len(claim.evidence), max(1, int(values["hops"]))) - 1].time


CYCLE: Final = Rule(
    roles=(Role("hop", ""),),
    parameters={"window_days": 4, "hop_hours": 96, "hops": 3, "most_hops": 12, "even_share": 0.7, "budget": 1000},
    measures=(
        Held("hops", "gate", ">=", "hops", 0.1, 3),
        SPAN,
        WAIT,
        Held("even", "booster", ">=", "even_share", 0.25),
        Held("pace", "booster", "<=", most=0.1),
    ),
    counted=_count_cycle,
    conditions=_check_cycle,
    window=window_days,
    spanning=("hop",),
    unseen=UNSEEN,
    limits=limits_of(window_days),
    detectable=last_time,
)


RING: Final = Rule(
    roles=(Role("part", ""),),
    parameters={"window_days": 16, "hops": 3, "most_hops": 12, "even_share": 0.7, "budget": 1000},
    measures=(
        Held("hops", "gate", ">=", "hops", 0.1, 3),
        SPAN,
        Held("even", "booster", ">=", "even_share", 0.25),
        Held("pace", "booster", "<=", most=0.1),
        Held("passed on", "fact"),
    ),
    counted=_count_ring,
    conditions=_check_ring,
    window=window_days,
    spanning=("part",),
    unseen=UNSEEN,
    limits=limits_of(window_days),
    detectable=last_time,
)


def _line(conditions: Callable[[Claim, Values], Iterator[Check]], **more: float) -> Rule:
    return Rule(
        roles=(Role("hop", ""),),
        parameters={"window_days": 4, "hop_hours": 72, "hops": 3, "most_hops": 12, **PASSED_ON, **more},
        measures=(
            Held("hops", "gate", ">=", "hops", 0.1, 3),
            SPAN,
            WAIT,
            Held("passed", "booster", ">=", most=0.25),
            Held("pace", "booster", "<=", most=0.1),
            Held("accounts", "fact"),
        ),
        counted=_count_line,
        conditions=conditions,
        window=window_days,
        spanning=("hop",),
        unseen=UNSEEN,
        limits=limits_of(window_days, passed=HOPS_FROM),
        detectable=_reach_hops,
    )


CHAIN: Final = _line(_check_chain, budget=100)
RANDOM_WALK: Final = _line(_check_line)
