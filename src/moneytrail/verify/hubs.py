"""The rules of motifs about one account: fan-in, fan-out, gather-scatter, scatter-gather and pass-through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moneytrail.verify.motif_measures import (
    ALIKE_FROM,
    FLOWS,
    PASSED_ON,
    SPAN,
    UNSEEN,
    alike,
    check_accounts,
    flows_of,
    last_time,
    limits_of,
    time_of_nth,
    times_of,
    window_days,
)
from moneytrail.verify.rule import DAY, Check, Held, Role, Rule, all_of, having, ratio, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.verify.claims import Claim
    from moneytrail.verify.rule import Values


def _fan(role: str, subject: str, peer: str) -> Rule:
    def count(claim: Claim, values: Values) -> dict[str, float]:
        return {
            "counterparties": len({getattr(one, peer) for one in claim.evidence}),
            "alike": alike(claim.evidence, values["amount_tolerance"]),
            **times_of(claim),
        }

    return Rule(
        roles=(Role(role, "creditor" if subject == "creditor" else "debtor"),),
        parameters={"window_days": 4, "counterparties": 3, "amount_tolerance": 0.1},
        measures=(
            Held("counterparties", "gate", ">=", "counterparties", 0.15, 3),
            SPAN,
            Held("alike", "booster", ">=", most=0.2),
            Held("pace", "booster", "<=", most=0.1),
        ),
        counted=count,
        conditions=lambda claim, _values: iter((check_accounts(claim),)),
        window=window_days,
        spanning=(role,),
        unseen=UNSEEN,
        limits=limits_of(window_days, alike=ALIKE_FROM),
        detectable=lambda claim, values: time_of_nth(list(claim.evidence), peer, values["counterparties"]),
    )


FAN_IN: Final = _fan("gather", "creditor", "debtor")
FAN_OUT: Final = _fan("scatter", "debtor", "creditor")


# Gather-scatter


def _both_days(values: Values) -> int:
    return (int(values["gather_days"]) + int(values["scatter_days"])) * DAY


def _count_turn(claim: Claim, values: Values) -> dict[str, float]:
    came, left = having(claim, "gather"), having(claim, "scatter")
    return {
        "payers": len({one.debtor for one in came}),
        "payees": len({one.creditor for one in left}),
        **flows_of(came, left, values),
        **times_of(claim),
    }


def _check_turn(claim: Claim, values: Values) -> Iterator[Check]:
    yield check_accounts(claim)
    came, left = having(claim, "gather"), having(claim, "scatter")
    yield all_of("gathered first", left, lambda one: one.place > came[-1].place, "after the last credit")
    # The turn itself is not shown where its payer stands with the payees: some moment in between must fit both sides.
    earliest = max(came[-1].time, left[-1].time - int(values["scatter_days"] * DAY) + 1)
    latest = min(left[0].time, came[0].time + int(values["gather_days"] * DAY) - 1)
    days = f"{values['gather_days']:g} and {values['scatter_days']:g} days"
    yield Check("turn", earliest <= latest, f"a turn with both sides within {days} of it is wanted")
    both = {one.debtor for one in came} & {one.creditor for one in left}
    yield Check("distinct", not both, f"{min(map(str, both))} pays and is paid" if both else "no account on both sides")


GATHER_SCATTER: Final = Rule(
    roles=(Role("gather", "creditor"), Role("scatter", "debtor", counts=False)),
    parameters={"gather_days": 4, "scatter_days": 5, "payers": 3, "payees": 3, **PASSED_ON},
    measures=(
        Held("payers", "gate", ">=", "payers", 0.1, 3),
        Held("payees", "gate", ">=", "payees", 0.1, 3),
        SPAN,
        Held("passed", "booster", ">=", most=0.2),
        Held("pace", "booster", "<=", most=0.05),
        *FLOWS,
    ),
    counted=_count_turn,
    conditions=_check_turn,
    window=_both_days,
    spanning=("gather", "scatter"),
    unseen=UNSEEN,
    limits=limits_of(_both_days, passed=1.0),
    detectable=lambda claim, values: time_of_nth(having(claim, "scatter"), "creditor", values["payees"]),
)


# Scatter-gather


def _count_diamond(claim: Claim, values: Values) -> dict[str, float]:
    out, back = having(claim, "scatter"), having(claim, "gather")
    return {
        "intermediaries": len({one.creditor for one in out}),
        "ahead": len({one.debtor for one in having(claim, "advance")}),
        "alike": alike(claim.evidence, values["amount_tolerance"]),
        **flows_of(out, back, values),
        **times_of(claim),
    }


def _check_diamond(claim: Claim, _values: Values) -> Iterator[Check]:
    yield check_accounts(claim)
    out, back = having(claim, "scatter"), having(claim, "gather")
    advances, covers = having(claim, "advance"), having(claim, "cover")
    sinks = {one.creditor for one in (*back, *advances)}
    between = {one.creditor for one in out}
    ahead = {one.debtor: one for one in advances}
    yield Check("one sink", len(sinks) == 1, f"{len(sinks)} accounts are gathered in")
    apart = not sinks & {claim.subject, *between, *ahead} and not ahead.keys() & {claim.subject, *between}
    yield Check("distinct", apart, "source, sink and the accounts in between must all be different")
    same = between == {one.debtor for one in back}
    yield Check("linked", same, "every account in between must be paid by the source and pay the sink")
    first, last = {one.creditor: one for one in reversed(out)}, {one.debtor: one for one in back}
    yield all_of(
        "scattered first",
        back,
        lambda one: one.debtor in first and first[one.debtor].place < one.place,
        "after the payer's own money came",
    )
    yield all_of(
        "gathered after",
        out,
        lambda one: one.creditor in last and one.place < last[one.creditor].place,
        "before the payee's last transfer to the sink",
    )
    covered = ahead.keys() == {one.creditor for one in covers}
    yield Check("covered", covered, "every account that paid ahead must be paid by the source")
    yield all_of(
        "covered after",
        covers,
        lambda one: one.creditor in ahead and one.place > ahead[one.creditor].place,
        "after the payee's last transfer to the sink",
    )


SCATTER_GATHER: Final = Rule(
    roles=(
        Role("scatter", "debtor"),
        Role("gather", "", counts=False),
        Role("cover", "debtor", needed=False, counts=False),
        Role("advance", "", needed=False, counts=False),
    ),
    parameters={"window_days": 4, "intermediaries": 3, **PASSED_ON, "amount_tolerance": 0.1, "budget": 100},
    measures=(
        Held("intermediaries", "gate", ">=", "intermediaries", 0.15, 3),
        SPAN,
        Held("passed", "booster", ">=", most=0.2),
        Held("alike", "booster", ">=", most=0.1),
        Held("pace", "booster", "<=", most=0.04),
        *FLOWS,
        Held("ahead", "fact", needed=False),
    ),
    counted=_count_diamond,
    conditions=_check_diamond,
    window=window_days,
    spanning=("scatter", "gather", "cover", "advance"),
    unseen=UNSEEN,
    limits=limits_of(window_days, passed=1.0, alike=ALIKE_FROM),
    detectable=lambda claim, values: time_of_nth(having(claim, "gather"), "debtor", values["intermediaries"]),
)


# Pass-through


def _count_pass(claim: Claim, values: Values) -> dict[str, float]:
    came, left = having(claim, "in"), having(claim, "out")
    share = ratio(value_of(left), value_of(came))
    times = times_of(claim)
    return {"passed_share": share, "quick": times["span"], "span": times["span"], **flows_of(came, left, values)}


def _check_pass(claim: Claim, _values: Values) -> Iterator[Check]:
    yield check_accounts(claim)
    came, left = having(claim, "in"), having(claim, "out")
    yield Check("came in", value_of(came) > 0, f"{value_of(came)} minor units came in")
    yield all_of("came first", left, lambda one: one.place > came[0].place, "after the first credit")
    yield Check("ends in a debit", claim.evidence[-1].role == "out", f"it ends in {claim.evidence[-1].role!r}")


PASS_THROUGH: Final = Rule(
    roles=(Role("in", "creditor"), Role("out", "debtor", counts=False)),
    parameters={"window_days": 2, "passed_share": 0.5, **PASSED_ON, "quick_hours": 24},
    measures=(
        Held("passed_share", "gate", ">=", "passed_share"),
        SPAN,
        Held("passed", "booster", ">=", most=0.25),
        Held("quick", "booster", "<=", "quick_hours", 0.15),
        *FLOWS,
    ),
    counted=_count_pass,
    conditions=_check_pass,
    window=window_days,
    spanning=("in", "out"),
    unseen=UNSEEN,
    limits=limits_of(window_days, passed=1.0),
    detectable=last_time,
)
