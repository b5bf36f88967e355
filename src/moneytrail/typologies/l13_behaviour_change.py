"""L13: a quiet account suddenly moves large money, or money of another kind."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.novelty import new_in_kind
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin
from moneytrail.typologies.windows import Chosen, Windows, chosen
from moneytrail.wording import between, counted, money, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Firing

PERIOD: Final = 3
"""Windows in a period: a change is new once, not every week."""

PARAMETERS = (
    Parameter(
        "window_days", 7, "days", 1, 30, "length of the sliding window, and of each window of the baseline",
        "the definition gives a woken account seven days", "design",
    ),
    Parameter(
        "baseline_windows", 13, "count", 2, 60, "windows before it that are the account's own baseline",
        "thirteen weeks are the 90 days of the definition, in equal windows", "design",
    ),
    Parameter(
        "jump", 4.0, "standard deviations", 1.0, 100.0, "how far above the mean of its baseline the window must lie",
        "far beyond a good month", "design",
    ),
    Parameter(
        "least_spread", 100_000, "minor units", 1, 10**12, "what the standard deviation counts as at least",
        "an account that was paid the same every week would else jump at every present", "design",
    ),
    Parameter(
        "jump_value", 1_000_000, "minor units", 1, 10**14, "least sum of the window for a jump or a new regime",
        "below this, a present, a car sold or a loan repaid is the same", "design",
    ),
    Parameter(
        "jump_times", 3, "count", 1, 100, "how many times the largest window of the baseline the window must be",
        "a shop's best week is not a change", "design",
    ),
    Parameter(
        "regime_credits", 3, "count", 1, 1000, "credits new in kind and size that make a new regime",
        "one or two are an exception, not a regime", "design",
    ),
    Parameter(
        "known_credits", 10, "count", 1, 10_000, "credits in the baseline without which no kind is called new",
        "with few credits every kind is new", "design",
    ),
    Parameter(
        "quiet_days", 180, "days", 7, 720, "days without a transfer that make an account dormant",
        "half a year, as the definition says", "design",
    ),
    Parameter(
        "seen_days", 30, "days", 1, 720, "of these, days that the data must show",
        "data seldom reach back half a year; the day of opening stands in for the rest", "design",
    ),
    Parameter(
        "wake_value", 300_000, "minor units", 1, 10**14, "least sum of the credits of a woken account",
        "3,000 pounds, as the definition says", "design",
    ),
    Parameter(
        "history_days", 180, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell a change from a beginning", "design",
    ),
)  # fmt: skip


class Routes(NamedTuple):
    """For each window looked at, which of the three ways hold, and what they measure.

    Attributes
    ----------
    wakes, jumps, turns : bool[m]
        The account was dormant; the sum jumped; the kind of money is new.
    silent : int64[m]
        Microseconds that the data show it silent, at most the days of dormancy.
    asleep : int64[m]
        Microseconds from opening to waking.
    height : int64[m]
        Thousandths of a standard deviation; of no meaning where `jumps` does not hold.
    largest : int64[m]
        The largest window of the baseline, minor units.
    fresh, fresh_value : int64[m]
        Credits that are new in kind, and their sum.
    """

    wakes: NDArray[np.bool_]
    jumps: NDArray[np.bool_]
    turns: NDArray[np.bool_]
    silent: NDArray[np.int64]
    asleep: NDArray[np.int64]
    height: NDArray[np.int64]
    largest: NDArray[np.int64]
    fresh: NDArray[np.int64]
    fresh_value: NDArray[np.int64]


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    dealt = ~ground.by_channel("internal")
    counts = (ground.between_parties | (graph.debtor < 0)) & dealt & ~ground.salary
    credits = chosen(graph, "in", counts)
    days = values["window_days"]
    every = credits.within(days)
    large = every.value >= min(int(values["wake_value"]), int(values["jump_value"]))
    # Only windows that hold enough money are looked at further: one in some hundred.
    ends = credits.where(large)
    seen = Windows(ends, every.length, credits, every.begin[large], every.end[large])
    routes = _routes(ground, seen, dealt, values)
    fires = routes.wakes | routes.jumps | routes.turns
    for firing in seen.strongest(fires, seen.value, seen.count, PERIOD * days):
        measures = _measure(ground, seen, firing, routes, values)
        yield Found(
            subject=firing.account,
            ledger=firing.ledger,
            roles=["credit"] * firing.ledger.size,
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(ground, firing, {m.name: m for m in measures}, values),
        )


def _routes(ground: Ground, seen: Windows, dealt: NDArray[np.bool_], values: Values) -> Routes:
    wakes, silent, asleep = _wakes(ground, seen, dealt, values)
    jumps, height, largest = _jumps(ground, seen, values)
    fresh = _fresh(ground, seen, values)
    number = seen.sum(fresh)
    value = seen.sum(np.where(fresh, seen.held.amount, 0)) if fresh.any() else number
    turns = (number >= values["regime_credits"]) & (value >= values["jump_value"])
    return Routes(wakes, jumps, turns, silent, asleep, height, largest, number, value)


def _wakes(
    ground: Ground, seen: Windows, dealt: NDArray[np.bool_], values: Values
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Whether the first transfer in each window comes after the days of dormancy; how long the data show them."""
    graph, ends = ground.graph, seen.ends
    quiet = int(values["quiet_days"]) * DAY
    opened = ground.opened()[ends.account]
    old = (opened > -(2**62)) & (opened <= ends.time - quiet) & (seen.value >= values["wake_value"])
    asked = np.zeros(graph.accounts + 1, np.bool_)
    asked[ends.account[old]] = True
    woke = np.full(ends.time.size, 2**62, np.int64)
    before = np.full(ends.time.size, -(2**62), np.int64)
    for side, account in (("in", graph.creditor), ("out", graph.debtor)):
        other = chosen(graph, side, dealt & asked[account])
        if not other.time.size:
            continue
        part = Windows(ends, seen.length, ends, seen.begin, seen.end).beside(other)
        inside, earlier = part.count > 0, part.begin > other.indptr[ends.account]
        woke = np.where(inside, np.minimum(woke, other.time[np.minimum(part.begin, other.time.size - 1)]), woke)
        before = np.where(earlier, np.maximum(before, other.time[part.begin - 1]), before)
    woke = np.where(old, woke, ends.time)
    silent = np.clip(woke - graph.known_from, 0, quiet)
    dormant = old & (before <= woke - quiet) & (opened <= woke - quiet)
    return dormant & (silent >= int(values["seen_days"]) * DAY), silent, woke - np.where(old, opened, woke)


def _jumps(
    ground: Ground, seen: Windows, values: Values
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Whether each window's sum stands out from those of the windows before; by how much; the largest of these."""
    ends, windows = seen.ends, int(values["baseline_windows"])
    longest = (windows + 1) * seen.length
    whole = (ends.time - ground.graph.known_from >= longest) & (ground.opened()[ends.account] <= ends.time - longest)
    places = np.flatnonzero(whole & (seen.value >= values["jump_value"]))
    held = _of_accounts(seen.held, ends.account[places])
    before = np.concatenate([[0], np.cumsum(held.amount)])
    value = inner = seen.value[places]
    sums = np.empty((0, places.size), np.int64)
    for k in range(windows):
        # From window to window fewer stand out, so that the later ones cost next to nothing.
        left = _picked(ends, places)
        part = Windows(left, (k + 2) * seen.length, left, places, places).beside(held)
        outer = before[part.end] - before[part.begin]
        stands = value // int(values["jump_times"]) >= outer - inner
        sums = np.vstack([sums, outer - inner])[:, stands]
        places, value, inner = places[stands], value[stands], outer[stands]
        if k == 0:
            held = _of_accounts(held, ends.account[places])
            before = np.concatenate([[0], np.cumsum(held.amount)])
    jumps = np.zeros(ends.time.size, np.bool_)
    height, largest = np.zeros((2, ends.time.size), np.int64)
    largest[places] = sums.max(axis=0, initial=0)
    for place, one, own in zip(places.tolist(), value.tolist(), sums.T.tolist(), strict=True):
        height[place] = _height(one, own, int(values["least_spread"])) if max(own) else 0
    jumps[places] = height[places] >= thousandths(values["jump"])
    return jumps, height, largest


def _of_accounts(credits: Chosen, accounts: NDArray[np.int32]) -> Chosen:
    return credits.where(_belongs(credits, accounts))


def _belongs(credits: Chosen, accounts: NDArray[np.int32]) -> NDArray[np.bool_]:
    asked = np.zeros(credits.accounts, np.bool_)
    asked[accounts] = True
    return np.repeat(asked, np.diff(credits.indptr))


def _picked(ends: Chosen, places: NDArray[np.int64]) -> Chosen:
    keep = np.zeros(ends.time.size, np.bool_)
    keep[places] = True
    return ends.where(keep)


def _height(value: int, sums: list[int], least: int) -> int:
    """How far `value` lies above the mean of `sums`, in whole thousandths of their standard deviation, exactly."""
    n, total = len(sums), sum(sums)
    spread = max(n * sum(one * one for one in sums) - total * total, (n * least) ** 2)
    over = max(0, n * value - total)
    return min(isqrt(1_000_000 * over * over // spread), 10**12)


def _fresh(ground: Ground, seen: Windows, values: Values) -> NDArray[np.bool_]:
    """Credits of a channel and country that the account's baseline does not have, larger than all in it."""
    graph = ground.graph
    asked = _belongs(seen.held, seen.ends.account[seen.value >= values["jump_value"]])
    credits = seen.held.where(asked)
    codes, names = graph.codes("debtor_country")
    channel = graph.channel[credits.ledger].astype(np.int32)
    kind = (channel * (len(names) + 1) + codes[credits.ledger] + 1).astype(np.int32)
    gap = int(values["window_days"]) * DAY
    longest = (int(values["baseline_windows"]) + 1) * gap
    lists = (credits.indptr, credits.time, credits.amount)
    most = int(kind.max(initial=0)) + 1
    new = new_in_kind(lists, kind, most, (longest, gap), int(values["known_credits"]), credits.borders)
    made = np.zeros(asked.size, np.bool_)
    made[asked] = new & (credits.time - graph.known_from >= longest)
    return made


def _measure(ground: Ground, seen: Windows, firing: Firing, routes: Routes, values: Values) -> tuple[Measure, ...]:
    graph, place = ground.graph, firing.place
    value, count = int(seen.value[place]), int(seen.count[place])
    wakes, jumps, turns = bool(routes.wakes[place]), bool(routes.jumps[place]), bool(routes.turns[place])
    least = values["wake_value"] if wakes else values["jump_value"]
    made = [gate("value", "sum of the credits", value, "minor units", least, points=margin(value, least, 5, 0.20))]
    if wakes:
        made += [
            gate("opened_days", "days from opening to waking", int(routes.asleep[place]) / DAY, "days",
                 values["quiet_days"]),
            gate("seen_days", f"days that the data show it silent, {values['quiet_days']} at most",
                 int(routes.silent[place]) / DAY, "days", values["seen_days"]),
        ]  # fmt: skip
    if jumps:
        made += [
            gate("jump", "above the mean of the baseline", int(routes.height[place]) / 1000, "standard deviations",
                 values["jump"]),
            gate("largest", "largest window of the baseline", int(routes.largest[place]), "minor units",
                 value // int(values["jump_times"]), upper=True),
        ]  # fmt: skip
    if turns:
        made += [
            gate("fresh", "credits of a new channel or country, larger than any before", int(routes.fresh[place]),
                 "count", values["regime_credits"]),
            gate("fresh_value", "their sum", int(routes.fresh_value[place]), "minor units", values["jump_value"]),
        ]  # fmt: skip
    strange = int(graph.amount[firing.ledger][ground.stranger[firing.ledger]].sum()) / value
    return (
        *made,
        booster("stranger_share", "value from accounts with no known tie", strange, "share", 0.5, points=0.10),
        booster("routes", "ways in which it changed", wakes + jumps + turns, "count", 2, points=0.05),
        booster("history_days", "days of data before it", history_days(graph, int(firing.ledger[0])), "days",
                values["history_days"], points=0.10),
        fact("credits", "number of the credits", count, "count"),
    )  # fmt: skip


def _explain(ground: Ground, firing: Firing, m: dict[str, Measure], values: Values) -> str:
    graph = ground.graph
    currency, ledger = graph.reference_currency, firing.ledger
    said = (
        f"{sentence_id(graph.names[firing.account])} was paid {money(m['value'].value, currency)} in "
        f"{counted(m['credits'].value, 'credit')}, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}; salaries and its holder's own money "
        "are left out."
    )
    if "seen_days" in m:
        said += (
            f" It was opened {counted(int(m['opened_days'].value), 'day')} before it woke. No transfer moved on it in "
            f"the {counted(int(m['seen_days'].value), 'day')} before{_wanted(m['seen_days'].value, values)}."
        )
    if "jump" in m:
        said += (
            f" Of the {values['baseline_windows']} spells of {counted(values['window_days'], 'day')} before, the "
            f"largest brought {money(m['largest'].value, currency)}; this one lies {m['jump'].value:,.1f} standard "
            "deviations above their mean."
        )
    if "fresh" in m:
        said += (
            f" {counted(m['fresh'].value, 'credit')} of {money(m['fresh_value'].value, currency)} in all came by a "
            "channel or from a country not seen on it in the time compared with, each larger than any credit then."
        )
    return said


def _wanted(seen: float, values: Values) -> str:
    """What the data fail to show of the quiet time."""
    wanted = values["quiet_days"]
    return "" if int(seen) >= wanted else f", which is as far as the data reach ({wanted} are wanted)"


TYPOLOGY = Typology(
    id="L13",
    name="Behaviour change or dormant wake-up",
    stage="any",
    summary="A quiet account suddenly moves large money, or money of another kind.",
    definition=(
        "At each credit from another party or in cash (not a salary, not booked by the bank itself), such credits in "
        "the window that ends there (left end excluded, right end included) are looked at. The gate holds in one of "
        "three ways. The account woke: it was opened at least `quiet_days` before its first transfer in the window, "
        "either way, and had none in the `quiet_days` before that, of which the data show at least `seen_days`; and "
        "the credits sum to at least `wake_value`. Or the sum jumped: it is at least `jump_value`, at least "
        "`jump_times` the largest of the `baseline_windows` equal windows before, and at least `jump` standard "
        "deviations (of all of these, and not less than `least_spread`) above their mean; the baseline has a credit "
        "and lies whole in the data and in the account's life. Or the money is new: at least `regime_credits` credits "
        "of the window, with at least `jump_value` together, are each of a channel and country of origin not among "
        "the credits of the baseline before that credit, and larger than all of these, of which there are at least "
        "`known_credits`. One match is kept for each account and period of three windows, counted from 1 January 1970 "
        "UTC: the firing with most value, then with most credits, then the earliest. Not covered: money that changes "
        "in what leaves the account, slow changes over weeks, and dormant accounts whose day of opening is unknown."
    ),
    parameters=PARAMETERS,
    roles=(Role("credit", "a credit of the window", "payer"),),
    subject_part="changed account",
    sources=(
        Source("GitHub, repository not named", "SAML-D list of typologies", None, second_hand=True),
        Source("FinCEN", "FIN-2014-A008, advisory on human smuggling and trafficking", 2014, second_hand=True),
    ),
    innocent_explanations=(
        "a house sale",
        "an inheritance",
        "redundancy pay or a bonus",
        "a loan or an insurance claim paid out",
        "a student's money at the start of a term",
    ),
    finder=_find,
    span_days=lambda values: (
        (PERIOD + 1) * int(values["window_days"])
        + max(
            (int(values["baseline_windows"]) + 1) * int(values["window_days"]),
            int(values["quiet_days"]),
            180,
        )
        + 180
    ),
    period_days=lambda values: PERIOD * int(values["window_days"]),
)
