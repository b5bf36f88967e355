"""S07: cash is paid in at several places far from the holder's home and is soon taken out somewhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.funnels import DEPOSIT, OUT, SPENT, Events, FunnelRule, funnelled
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.windows import fifo_dwell, strongest
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.typologies.windows import chosen
from moneytrail.wording import between, counted, listed, money, part, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

HOUR = DAY // 24

PARAMETERS = (
    Parameter(
        "window_days", 14, "days", 1, 60, "length of the sliding window and of a period",
        "a funnel is fed and emptied within two weeks", "design",
    ),
    Parameter(
        "deposits", 4, "count", 2, 1000, "cash credits away from home",
        "two or three may be a journey", "design",
    ),
    Parameter(
        "depositors", 2, "count", 1, 1000, "people who paid in, as far as the data tell them apart",
        "one traveller is no funnel", "design",
    ),
    Parameter(
        "regions", 2, "count", 1, 100, "regions paid in at, none of them the holder's own",
        "deposits in one area and withdrawal in another mark a funnel; one far branch may be a second home", "design",
    ),
    Parameter(
        "value", 100_000, "minor units", 0, 10**14, "least sum of these credits",
        "below 1,000 pounds a funnel is not worth its risk", "design",
    ),
    Parameter(
        "out_share", 0.6, "share", 0.001, 1.0, "share of that sum that leaves by transfer or at another region",
        "most of it must be gone, a cut may stay", "design",
    ),
    Parameter(
        "hold_hours", 72, "hours", 1, 720, "how long the middle pound of what left was held, at most",
        "the withdrawal follows with little delay", "design",
    ),
    Parameter(
        "home_days", 180, "days", 1, 365, "over how many days the holder's spending shows where home is",
        "half a year outlasts a journey", "design",
    ),
    Parameter(
        "deposit_cap", 200_000, "minor units", 1, 10**12, "each deposit below this: adds points",
        "one provider's daily cap on cash paid in over a Post Office counter (VIXIO, 2023, second-hand)", "sourced",
    ),
)  # fmt: skip


class _Cast(NamedTuple):
    """Events, and the account and ledger position of each."""

    events: Events
    account: NDArray[np.int32]
    ledger: NDArray[np.int64]
    depositors: int


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    rule = FunnelRule(
        window=int(values["window_days"]) * DAY,
        lookback=int(values["home_days"]) * DAY,
        deposits=int(values["deposits"]),
        depositors=int(values["depositors"]),
        regions=int(values["regions"]),
        value=int(values["value"]),
        out_share=thousandths(values["out_share"]),
        hold=int(values["hold_hours"]) * HOUR,
    )
    cast = _events(ground, _wanted(ground, values))
    events = cast.events
    borders = cost_chunks(events.indptr, CHUNKS)
    fires, value, many, home = funnelled(events, len(ground.region_names), cast.depositors, rule, borders)
    for _, best, opening in strongest(events.indptr, events.time, fires, (value, many), rule.window).tolist():
        yield _found(ground, cast, (best, opening, int(home[best])), values)


def _wanted(ground: Ground, values: Values) -> NDArray[np.bool_]:
    """bool[accounts]: who was paid enough cash in at enough regions in some window: the cheap part of the gate."""
    deposits = chosen(ground.graph, "in", ground.by_channel("cash") & (ground.region >= 0))
    seen = deposits.within(float(values["window_days"]))
    enough = (seen.count >= values["deposits"]) & (seen.value >= values["value"])
    enough &= seen.different(ground.region[deposits.ledger]) >= values["regions"]
    wanted = np.zeros(ground.graph.accounts, np.bool_)
    wanted[deposits.account[enough]] = True
    return wanted


def _events(ground: Ground, wanted: NDArray[np.bool_]) -> _Cast:
    """What happened on the accounts that are `wanted`."""
    graph, region = ground.graph, ground.region
    asked = np.append(wanted, False)
    other = graph.debtor != graph.creditor
    paid = np.flatnonzero(asked[graph.creditor] & other & ground.by_channel("cash") & (region >= 0))
    left = np.flatnonzero(asked[graph.debtor] & other)
    onward, spent = _counts_as_out(ground, left)
    left, onward, spent = left[onward | spent], onward[onward | spent], spent[onward | spent]
    ledger = np.concatenate([paid, left])
    account = np.concatenate([graph.creditor[paid], graph.debtor[left]])
    kind = np.concatenate([np.full(paid.size, DEPOSIT), OUT * onward + SPENT * spent]).astype(np.int8)
    payers, who = np.unique(graph.debtor[paid], return_inverse=True)
    nobody = int(payers.size > 0 and payers[0] < 0)
    depositor = np.concatenate([who - nobody, np.full(left.size, -1)]).astype(np.int32)
    order = np.lexsort((ledger, account))
    ledger, account = ledger[order], account[order]
    indptr = np.searchsorted(account, np.arange(graph.accounts + 1)).astype(np.int64)
    events = Events(indptr, graph.time[ledger], graph.amount[ledger], kind[order], region[ledger], depositor[order])
    return _Cast(events, account, ledger, int(payers.size))


def _counts_as_out(ground: Ground, left: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which debits may count as money gone elsewhere, and which are spending at a known place."""
    graph, party = ground.graph, np.append(ground.graph.links[:, 0], -1)
    channel, placed = graph.channel[left], ground.region[left] >= 0
    debtor, creditor = party[graph.debtor[left]], party[graph.creditor[left]]
    moved = np.isin(channel, [CHANNELS.index(name) for name in ("credit_transfer", "wire", "crypto")])
    drawn = placed & (channel == CHANNELS.index("cash"))
    spent = drawn | (placed & (channel == CHANNELS.index("card")))
    return (moved & ((debtor != creditor) | (debtor < 0))) | drawn, spent


def _found(ground: Ground, cast: _Cast, firing: tuple[int, int, int], values: Values) -> Found:
    best, opening, home = firing
    events, account = cast.events, int(cast.account[best])
    begin = int(events.indptr[account])
    start = begin + int(
        np.searchsorted(events.time[begin : best + 1], events.time[best] - int(values["window_days"]) * DAY, "right")
    )
    window = slice(start, best + 1)
    kind, region, ledger = events.kind[window], events.region[window], cast.ledger[window]
    paid = (kind & DEPOSIT > 0) & (region != home)
    left = (kind & OUT > 0) & ~np.isin(region, region[paid]) & (np.cumsum(paid) > 0)
    home_cash = int(((kind & DEPOSIT > 0) & (region == home)).sum()) if home >= 0 else None
    proof = ledger[paid | left]
    deposits, outs = ledger[paid], ledger[left]
    measures = _measure(ground, (deposits, outs), home_cash, values)
    return Found(
        subject=account,
        ledger=proof,
        roles=["deposit" if is_paid else "out" for is_paid in paid[paid | left].tolist()],
        detectable=int(cast.ledger[opening]),
        measures=measures,
        explanation=_explain(ground, (account, home), (deposits, outs), {m.name: m for m in measures}),
    )


def _measure(
    ground: Ground,
    moved: tuple[NDArray[np.int64], NDArray[np.int64]],
    home_cash: int | None,
    values: Values,
) -> tuple[Measure, ...]:
    graph, (deposits, outs) = ground.graph, moved
    amounts, value = graph.amount[deposits], int(graph.amount[deposits].sum())
    both = np.sort(np.concatenate(moved))
    held, gone = fifo_dwell(graph.time[both], graph.amount[both], np.isin(both, deposits))
    places = np.unique(ground.region[deposits]).size
    measures = [
        gate("deposits", "cash credits away from home", deposits.size, "count", values["deposits"],
             points=margin(deposits.size, values["deposits"], 3, 0.10)),
        gate("depositors", "people who paid in, at least", max(_depositors(ground, deposits)), "count",
             values["depositors"]),
        gate("regions", "regions paid in at", places, "count", values["regions"],
             points=margin(places, values["regions"], 2, 0.10)),
        gate("value", "sum of these credits", value, "minor units", values["value"],
             points=margin(value, values["value"], 10, 0.10)),
        gate("out_share", "share of it that left by transfer or at another region", int(gone.sum()) / value, "share",
             values["out_share"]),
        gate("hold_hours", "hours that the middle pound of it was held", _middle(held, gone) / HOUR, "hours",
             values["hold_hours"], upper=True),
        booster("deposit_cap", "largest of these credits", int(amounts.max()), "minor units",
                int(values["deposit_cap"]) - 1, upper=True, points=0.05),
        fact("outs", "debits by transfer or at another region", outs.size, "count"),
    ]  # fmt: skip
    if home_cash is not None:
        measures.append(
            booster("home_cash", "cash credits at home in the window", home_cash, "count", 0, upper=True, points=0.10)
        )
    return tuple(measures)


def _depositors(ground: Ground, deposits: NDArray[np.int64]) -> tuple[int, int]:
    """The accounts that paid cash in, and the most regions paid in at on one day (UTC)."""
    payers = ground.graph.debtor[deposits]
    days = np.unique(np.stack([ground.graph.time[deposits] // DAY, ground.region[deposits]]), axis=1)[0]
    _, regions = np.unique(days, return_counts=True)
    return int(np.unique(payers[payers >= 0]).size), int(regions.max())


def _middle(held: NDArray[np.int64], value: NDArray[np.int64]) -> int:
    """The shortest time such that at least half of the value was held no longer."""
    order = np.argsort(held, kind="stable")
    return int(held[order][np.searchsorted(2 * np.cumsum(value[order]), value.sum())])


def _explain(
    ground: Ground,
    who: tuple[int, int],
    moved: tuple[NDArray[np.int64], NDArray[np.int64]],
    m: dict[str, Measure],
) -> str:
    graph, (deposits, _), (account, home) = ground.graph, moved, who
    names = [ground.region_names[code] for code in np.unique(ground.region[deposits]).tolist()]
    when = between(int(graph.time[deposits[0]]), int(graph.time[deposits[-1]]))
    said = (
        f"{sentence_id(graph.names[account])} took {money(m['value'].value, graph.reference_currency)} in "
        f"{counted(m['deposits'].value, 'cash credit')} at {listed(names)}, {when}. "
        f"{_paid_in_by(*_depositors(ground, deposits))} "
        f"{part(m['out_share'].value, 'it')} left, by transfer or as cash in another region, in "
        f"{counted(m['outs'].value, 'debit')}; half of that had been there for no more than "
        f"{m['hold_hours'].value:.1f} hours."
    )
    if home < 0:
        return said + " No spending at a known place shows where the holder lives."
    place = ground.region_names[home]
    return said + f" The account's own card and cash spending was in {place} more often than anywhere else."


def _paid_in_by(accounts: int, regions: int) -> str:
    """What tells depositors apart."""
    if max(accounts, regions) < 2:
        return "Whether one person or several paid it in cannot be told."
    if accounts >= regions:
        return f"{accounts} different accounts are named as paying it in."
    return f"On one day it was paid in at {regions} regions, which points to {regions} depositors or more."


TYPOLOGY = Typology(
    id="S07",
    name="Funnel account",
    stage="placement",
    summary="Cash is paid in at several places far from the holder's home and is soon taken out somewhere else.",
    definition=(
        "At each cash credit at a known region, and at each debit that counts, the cash credits of the account in the "
        "window that ends there (left end excluded, right end included) are looked at whose region is known and is not "
        "the holder's home. Home is the region in which most of the account's card and cash debits of the last "
        "`home_days` lie, up to that moment (of equals the first by name); where there are none, no region is home. A "
        "debit counts when it is a credit transfer, wire or crypto transfer to another party, or cash taken out, "
        "and its region, where it has one, is none of those paid in at. The gate holds when there are at least "
        "`deposits` such credits at `regions` regions or more that sum to at least `value`; when at least `depositors` "
        "people can be told apart, by the accounts that paid the cash in, or by different regions on one day (UTC); "
        "and when, "
        "matched first in, first out, against these credits alone, at least `out_share` of their sum is gone, and the "
        "middle pound of what is gone had been held at most `hold_hours` (value-weighted median, inclusive). One match "
        "is kept for each account and period of one window length, counted from 1 January 1970 UTC: the firing with "
        "the largest sum, then with most credits, then the earliest. Small deposits and none at home add points and "
        "never decide. Not covered: cash paid in where the bank records no place, a funnel fed in one region, and who "
        "stood at the counter. Other money of the account is left out of the matching, so a transfer of wages can "
        "count as the cash that had just come in."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("deposit", "cash paid in away from the holder's home", "depositor"),
        Role("out", "a debit of the window by transfer, or cash taken out at another region", "next hop", counts=False),
    ),
    subject_part="funnel account",
    sources=(
        Source("FinCEN", "FIN-2020-A008, supplemental advisory on human trafficking", 2020, second_hand=True),
        Source("FinCEN", "FIN-2014-A008, advisory on human smuggling and trafficking", 2014, second_hand=True),
        Source(
            "FinCEN",
            "FIN-2023-Alert001, alert on human smuggling along the southwest border",
            2023,
            second_hand=True,
        ),
    ),
    innocent_explanations=(
        "a cash business with shops in several places",
        "a courier or travelling trader who banks takings on the way",
        "a charity or club whose branches pay in collections",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + int(values["home_days"]),
    needs=("transfers.location",),
    amltrix=("T0083", "T0053"),
)
