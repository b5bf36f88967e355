"""S17: what an account takes from strangers leaves within hours to a platform that it has only begun to use."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from moneytrail.graph import DAY, RELATION_RULE
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin
from moneytrail.typologies.windows import chosen
from moneytrail.wording import between, counted, money, percent, sentence_id, times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

HOUR = 3_600_000_000

SCORED = ("S01", "L03")

PARAMETERS = (
    Parameter(
        "window_days", 30, "days", 1, 180, "length of the sliding window and of a period",
        "the window of a fan-in of fees, the longer of the two that it builds on", "design",
    ),
    Parameter(
        "exit_hours", 24, "hours", 1, 720, "how soon after a counted credit a debit to a platform is an exit",
        "within hours; a day leaves room for a payment limit", "design",
    ),
    Parameter(
        "exit_share", 0.5, "share", 0.001, 1.0, "share of the counted credits that the exits come to",
        "the larger part leaves that way", "design",
    ),
    Parameter(
        "new_days", 30, "days", 1, 180, "how long before an exit the account may first have used the platform",
        "a mule opens the platform account for the purpose", "design",
    ),
    Parameter(
        "platform_payers", 10, "count", 2, 100_000, "accounts that pay a payee which counts as a platform by its use",
        "a payee that nobody names is known by what it does", "design",
    ),
    Parameter(
        "platform_payees", 3, "count", 1, 100_000, "accounts that such a payee pays back to",
        "a platform pays out too; a biller hardly", "design",
    ),
    Parameter(
        "feeders", 3, "count", 2, 1000, "scored accounts that paid the same platform in the window: as many add points",
        "one hand behind several accounts uses one wallet", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell when a platform was first used", "design",
    ),
)  # fmt: skip


class Sides(NamedTuple):
    """One account's counted credits and exits, and the first firings of what scored it; ledger positions, rising."""

    credits: NDArray[np.int64]
    exits: NDArray[np.int64]
    fired: NDArray[np.int64]


class Window(NamedTuple):
    """One window that fires: where it ends, its counted credits and its exits."""

    end: int
    credits: NDArray[np.int64]
    exits: NDArray[np.int64]
    value: int


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    marks = ground.marked(SCORED)
    if not marks:
        return
    scored = np.zeros(ground.graph.accounts + 1, np.bool_)
    scored[list(marks)] = True
    named, used = _platforms(ground, scored, values)
    exits = _exits(ground, (named | used) & scored[ground.graph.debtor], values)
    for account in np.unique(ground.graph.debtor[exits]).tolist():
        own = exits[ground.graph.debtor[exits] == account]
        fired = np.unique([first for first, _ in marks[account]])
        for kept, opening in _strongest(ground, Sides(_credits(ground, account), own, fired), values):
            measures = _measure(ground, (account, kept, scored, named), fired, values)
            roles = dict.fromkeys(kept.credits.tolist(), "credit") | dict.fromkeys(kept.exits.tolist(), "exit")
            ledger = np.array(sorted(roles), np.int64)
            yield Found(
                subject=account,
                ledger=ledger,
                roles=[roles[place] for place in ledger.tolist()],
                detectable=opening,
                measures=measures,
                explanation=_explain(ground, (account, kept, named), {m.name: m for m in measures}, values),
            )


def _platforms(
    ground: Ground, scored: NDArray[np.bool_], values: Values
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which transfers go to a platform: one by words, category, channel or trade; or by its use up to then."""
    graph = ground.graph
    others = (graph.debtor >= 0) & (graph.debtor != graph.creditor) & ~ground.by_channel("internal")
    trade = np.append(ground.trade("crypto_platform"), False)
    named = others & (ground.purpose("crypto") | ground.by_channel("crypto") | trade[graph.creditor])
    # Only payees of scored accounts are asked after, and no private person's account is a platform.
    asked = np.zeros(graph.accounts + 1, np.bool_)
    asked[graph.creditor[scored[graph.debtor] & others & ~graph.pulled]] = True
    asked &= ~np.append(ground.kind("personal"), True)
    taken = chosen(graph, "in", asked[graph.creditor] & others & ~graph.pulled)
    paid = chosen(graph, "out", asked[graph.debtor] & others & (graph.creditor >= 0))
    seen = taken.within(RELATION_RULE.lookback / DAY)
    busy = (seen.peers >= values["platform_payers"]) & (seen.beside(paid).peers >= values["platform_payees"])
    used = np.zeros(graph.transfers, np.bool_)
    used[taken.ledger[busy]] = True
    return named, used


def _exits(ground: Ground, platform: NDArray[np.bool_], values: Values) -> NDArray[np.int64]:
    """Ledger positions of debits to a platform soon after a stranger's credit, by accounts that began to use it."""
    graph, previous = ground.graph, ground.relations.repeat_of
    debits = np.flatnonzero(platform)
    new, far = int(values["new_days"]) * DAY, RELATION_RULE.lookback
    before = previous[debits]
    while (near := (before >= 0) & (graph.time[before] > graph.time[debits] - new)).any():
        before = np.where(near, previous[before], before)
    debits = debits[(before < 0) | (graph.time[before] <= graph.time[debits] - far)]
    credits = chosen(graph, "in", ground.stranger & np.isin(graph.creditor, graph.debtor[debits]))
    out = np.zeros(graph.transfers, np.bool_)
    out[debits] = True
    left = chosen(graph, "out", out)
    # The window (t - reach - 1, t] holds a credit made exactly `exit_hours` before.
    soon = left.within((int(values["exit_hours"]) * HOUR + 1) / DAY).beside(credits).count > 0
    return np.sort(left.ledger[soon]).astype(np.int64)


def _credits(ground: Ground, account: int) -> NDArray[np.int64]:
    side = ground.graph.incoming
    own = side.edge[side.indptr[account] : side.indptr[account + 1]]
    return own[ground.stranger[own]].astype(np.int64)


def _strongest(ground: Ground, sides: Sides, values: Values) -> Iterator[tuple[Window, int]]:
    """The window with most value in exits of every period, then the earliest; and the first one that fired in it."""
    graph, length = ground.graph, int(values["window_days"]) * DAY
    best: dict[int, tuple[Window, int]] = {}
    for end in np.union1d(sides.exits, sides.fired).tolist():
        now = int(graph.time[end])
        parts = [part[(graph.time[part] > now - length) & (part <= end)] for part in sides]
        came, left = (int(graph.amount[part].sum()) for part in parts[:2])
        if not parts[2].size or not left or not came or not _share_held(left, came, float(values["exit_share"])):
            continue
        period = now // length
        kept, opening = best.get(period, (None, end))
        if kept is None or left > kept.value:
            best[period] = Window(end, parts[0], parts[1], left), opening
    yield from best.values()


def _share_held(part: int, whole: int, share: float) -> bool:
    return bool(reaches(np.array([part]), np.array([whole]), thousandths(share))[0])


def _measure(
    ground: Ground,
    window: tuple[int, Window, NDArray[np.bool_], NDArray[np.bool_]],
    fired: NDArray[np.int64],
    values: Values,
) -> tuple[Measure, ...]:
    graph, (account, kept, scored, named) = ground.graph, window
    came, exits = int(graph.amount[kept.credits].sum()), kept.exits
    share = kept.value / came
    earlier = (fired <= kept.end) & (graph.time[fired] > graph.time[kept.end] - int(values["window_days"]) * DAY)
    first = min(kept.credits[0], exits[0]) if kept.credits.size else exits[0]
    return (
        gate("exit_share", f"exits to a platform within {values['exit_hours']} hours, against the counted credits",
             share, "share", values["exit_share"], points=margin(share, float(values["exit_share"]), 2, 0.10)),
        gate("scored", f"earlier findings on the account ({' or '.join(SCORED)})", int(earlier.sum()), "count", 1),
        gate("first_used", "days from the first use of a platform to an exit", _first_used(ground, exits, values),
             "days", values["new_days"], upper=True),
        booster("feeders", "scored accounts that paid the same platform",
                _feeders(ground, account, kept, scored, values), "count", values["feeders"], points=0.15),
        booster("named", "exits to a platform that is named one",
                int(graph.amount[exits][named[exits]].sum()) / kept.value, "share", 0.5, points=0.15),
        booster("history_days", "days of data before it", history_days(graph, int(first)), "days",
                values["history_days"], points=0.10),
        fact("value", "counted credits", came, "minor units"),
        fact("exit_value", "exits", kept.value, "minor units"),
        fact("exits", "number of exits", exits.size, "count"),
    )  # fmt: skip


def _first_used(ground: Ground, exits: NDArray[np.int64], values: Values) -> float:
    """The most days that passed from the first use of a payee, in the days in which it may be new, to an exit."""
    graph, previous = ground.graph, ground.relations.repeat_of
    most = 0
    for place in exits.tolist():
        first = place
        while previous[first] >= 0 and graph.time[previous[first]] > graph.time[place] - int(values["new_days"]) * DAY:
            first = int(previous[first])
        most = max(most, int(graph.time[place] - graph.time[first]))
    return most / DAY


def _feeders(ground: Ground, account: int, kept: Window, scored: NDArray[np.bool_], values: Values) -> int:
    """Accounts found by now, this one included, that paid one of the platforms in the window."""
    graph, side = ground.graph, ground.graph.incoming
    payees = np.unique(graph.creditor[kept.exits])
    marks = ground.marked(SCORED)
    start = int(graph.time[kept.end]) - int(values["window_days"]) * DAY
    feeding = {account}
    for payee in payees[payees >= 0].tolist():
        edges = side.edge[side.indptr[payee] : side.indptr[payee + 1]]
        edges = edges[(graph.time[edges] > start) & (edges <= kept.end) & scored[graph.debtor[edges]]]
        feeding |= {
            one
            for one in np.unique(graph.debtor[edges]).tolist()
            if any(first <= kept.end and graph.time[first] > start for first, _ in marks[one])
        }
    return len(feeding)


def _explain(
    ground: Ground, window: tuple[int, Window, NDArray[np.bool_]], m: dict[str, Measure], values: Values
) -> str:
    graph, (account, kept, named) = ground.graph, window
    currency = graph.reference_currency
    ends = np.concatenate([kept.credits, kept.exits])
    payees = graph.creditor[kept.exits]
    where = "a platform" if np.unique(payees).size == 1 and payees[0] >= 0 else "platforms"
    where = where if named[kept.exits].all() else f"what may be {where}"
    said = (
        f"{sentence_id(graph.names[account])} took {money(m['value'].value, currency)} from accounts with no known "
        f"tie to it and paid {money(m['exit_value'].value, currency)} in "
        f"{counted(m['exits'].value, 'transfer')} to {where} for cryptoassets, each at most "
        f"{counted(values['exit_hours'], 'hour')} after such a credit, "
        f"{between(int(graph.time[ends.min()]), int(graph.time[ends.max()]))}. "
        f"That is {percent(m['exit_share'].value)} of those credits. {_begun(m['first_used'].value)} "
        f"In the same time the account was itself found {times(m['scored'].value)} under {' or '.join(SCORED)}."
    )
    if named[kept.exits].all():
        said += " That it went to a platform is told by reference, merchant category, channel or trade."
    elif not named[kept.exits].any():
        said += " A platform is known here by its use only: many accounts pay it, and it pays many."
    else:
        said += " Some of the exits name a platform; other payees are known by their use only."
    if m["feeders"].met:
        said += f" {counted(m['feeders'].value, 'account')} so found, this one included, paid there in that time."
    return said


def _begun(days: float) -> str:
    """How new the platform is to the account."""
    if days == 0:
        return "Each was, as far as the data show, its first payment there in 180 days."
    since = counted(ceil(days), "day")
    return f"It had begun to pay there at most {since} before, as far as the data show."


TYPOLOGY = Typology(
    id="S17",
    name="Fiat-to-crypto exit",
    stage="layering",
    summary="What an account takes from strangers leaves within hours to a platform that it has only begun to use.",
    definition=(
        "At each exit of an account, and at each first firing of S01 or L03 on it, the window that ends there (left "
        "end excluded, right end included) is looked at. Counted are credits that an unaffiliated account pushed. An "
        "exit is a debit to a platform at most `exit_hours` (inclusive) after a counted credit, with the account's "
        "first transfer to that payee in 180 days less than `new_days` before, or itself. A platform is a payee that "
        "reference, merchant category, channel or declared trade call one; or one that at least `platform_payers` "
        "accounts paid by push and that paid at least `platform_payees` accounts in the 180 days up to the debit and "
        "that is not known as a private person's. The gate holds when S01 or L03 first fired on the account in the "
        "window, and the exits sum to at least `exit_share` of the counted credits, which are not nothing. One match "
        "is kept for each account and period of one window length, counted from 1 January 1970 UTC: the firing with "
        "most value in exits, then the earliest. Where a debit names no payee, each is a first use. Not covered: "
        "platforms that no column names and that few accounts use, money that waits longer than `exit_hours`, and "
        "what happens beyond the platform."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("credit", "a credit from an unaffiliated account", "sender"),
        Role("exit", "a debit to a platform soon after such a credit", "platform", counts=False),
    ),
    subject_part="account cashed out",
    sources=(
        Source("AML Intelligence", "Europol flags rise in human traffickers using cryptocurrencies to launder profits",
               2024, second_hand=True),
        Source("RUSI", "Following the Fraud: The Role of Money Mules", 2025, second_hand=True),
    ),
    innocent_explanations=("a private investor who buys crypto-assets from salary and leaves them there",),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + 2 * 180,
    builds_on=SCORED,
    amltrix=("T0128",),
)  # fmt: skip
