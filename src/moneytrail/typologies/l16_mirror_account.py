"""L16: cash or strangers' money is paid into a student's or low earner's account, who passes it on or spends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, margin, strangers
from moneytrail.typologies.windows import chosen
from moneytrail.wording import between, counted, money, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Chosen, Windows

PURPOSES = ("tuition", "property", "goods", "vehicles", "valuables")
"""What such money is spent on: study, homes, and goods to sell on."""

PARAMETERS = (
    Parameter(
        "window_days", 30, "days", 1, 90, "length of the sliding window and of a period",
        "one transfer from abroad is settled in a few payments over some weeks", "design",
    ),
    Parameter(
        "credits", 3, "count", 1, 1000, "credits in cash or from strangers",
        "a sum that is settled in several pieces, as the cash is at hand", "design",
    ),
    Parameter(
        "value", 500_000, "minor units", 1, 10**14, "least sum of these credits",
        "far above what a student or low earner is paid in a month", "design",
    ),
    Parameter(
        "credit", 20_000, "minor units", 0, 10**14, "least size of a credit that counts",
        "friends' shares of a bill and small change are no part of it", "design",
    ),
    Parameter(
        "largest_share", 0.6, "share", 0.001, 1.0, "most that one of these credits makes of their sum",
        "one lump is a loan, a sale or a gift; a mirror transfer comes in pieces", "design",
    ),
    Parameter(
        "onward_days", 5, "days", 1, 30, "how soon after such a credit a debit counts as moving on",
        "what is bought or owed is waited for", "design",
    ),
    Parameter(
        "onward_share", 0.6, "share", 0.001, 1.0, "share of the credits' sum that moves on or is spent",
        "most of it was meant for somebody else, or for fees", "design",
    ),
    Parameter(
        "abroad_share", 0.1, "share", 0.0, 1.0,
        "most that came openly from abroad in the lookback, as a share of the credits' sum",
        "a sender who is on record is a sponsor; a token sum is not", "design",
    ),
    Parameter(
        "lookback_days", 90, "days", 1, 365, "how far back a sender abroad is looked for",
        "a term: sponsors pay once a term or more often", "design",
    ),
    Parameter(
        "cash_share", 0.5, "share", 0.0, 1.0, "share of the credits' sum that is cash: adds points",
        "notes are what a mirror transfer has to place", "design",
    ),
    Parameter(
        "first_share", 0.5, "share", 0.0, 1.0, "share of what moved on that went to new payees: adds points",
        "an account of one's own is used for one's own payees", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    days, bought = float(values["window_days"]), ground.purpose(*PURPOSES)
    came = _credits(ground, int(values["credit"]))
    onward = _onward(ground, came, bought, int(values["onward_days"]))
    seen = onward.within(days)
    into = seen.beside(came)
    fires = (into.count >= values["credits"]) & (into.value >= values["value"])
    fires &= reaches(seen.value, into.value, thousandths(values["onward_share"]))
    abroad = onward.within(float(values["lookback_days"])).beside(_from_abroad(ground))
    fires &= _at_most(abroad.value, into.value, values["abroad_share"])
    places = np.flatnonzero(fires)
    fires[places] = _at_most(_largest(into, places), into.value[places], values["largest_share"])
    for firing in seen.strongest(fires, into.value, into.count):
        credits = into.ledger(firing.place)
        spent = int(ground.graph.amount[firing.ledger][bought[firing.ledger]].sum())
        sides = (int(abroad.value[firing.place]), spent)
        measures = _measure(ground, (credits, firing.ledger), sides, values)
        proof = np.sort(np.concatenate([credits, firing.ledger]))
        yield Found(
            subject=firing.account,
            ledger=proof,
            roles=["credit" if is_credit else "onward" for is_credit in np.isin(proof, credits).tolist()],
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(ground, (credits, firing.ledger), {m.name: m for m in measures}),
        )


def _at_most(part: NDArray[np.int64], whole: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """Whether ``part / whole <= share``, exactly and without overflow."""
    of = thousandths(share)
    return part <= whole // 1000 * of + whole % 1000 * of // 1000


def _largest(seen: Windows, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The largest amount that the windows at these places hold; none of them is empty."""
    if not places.size:
        return np.empty(0, np.int64)
    ends = np.stack([seen.begin[places], seen.end[places]], axis=1).ravel()
    largest: NDArray[np.int64] = np.maximum.reduceat(np.append(seen.held.amount, 0), ends)[::2]
    return largest


def _holders(ground: Ground) -> NDArray[np.bool_]:
    """bool[accounts + 1]: whose account it may be; the last place stands for an absent account."""
    return np.append(ground.trade("low_income") & ~ground.kind("business", "charity", "institution"), False)


def _credits(ground: Ground, least: int) -> Chosen:
    """Cash paid in by no affiliated account, and what strangers pushed from banks at home; of the least size."""
    graph = ground.graph
    cash = ground.by_channel("cash") & ~graph.relations.affiliated
    pushed = ground.stranger & ~ground.abroad("debtor")
    return chosen(graph, "in", (cash | pushed) & (graph.amount >= least) & _holders(ground)[graph.creditor])


def _from_abroad(ground: Ground) -> Chosen:
    return chosen(ground.graph, "in", ground.abroad("debtor") & _holders(ground)[ground.graph.creditor])


def _onward(ground: Ground, came: Chosen, bought: NDArray[np.bool_], days: int) -> Chosen:
    """Debits that move money on or buy what such money buys, soon after one of the credits that `came`."""
    graph = ground.graph
    moved = ground.stranger | bought
    moved |= ground.by_channel("cash", "wire", "crypto") & (ground.between_parties | (graph.creditor < 0))
    held = np.zeros(graph.accounts + 1, np.bool_)
    held[came.account] = True
    left = chosen(graph, "out", moved & held[graph.debtor])
    return left.where(left.within(days).beside(came).count > 0)


def _measure(
    ground: Ground,
    moved: tuple[NDArray[np.int32], NDArray[np.int32]],
    sides: tuple[int, int],
    values: Values,
) -> tuple[Measure, ...]:
    """`sides`: what came from abroad, and what was spent on the purposes."""
    graph, (credits, onward), (abroad, spent) = ground.graph, moved, sides
    value, left = int(graph.amount[credits].sum()), int(graph.amount[onward].sum())
    largest = int(graph.amount[credits].max())
    cash = int(graph.amount[credits][graph.channel[credits] == CHANNELS.index("cash")].sum())
    new = graph.relations.first[onward] | (graph.creditor[onward] < 0)
    return (
        gate("credits", "credits in cash or from strangers", credits.size, "count", values["credits"],
             points=margin(credits.size, values["credits"], 3, 0.10)),
        gate("value", "sum of these credits", value, "minor units", values["value"],
             points=margin(value, values["value"], 4, 0.10)),
        gate("largest_share", "largest of them, as a share of their sum", largest / value, "share",
             values["largest_share"], upper=True),
        gate("onward_share", "debits that moved on or bought, against the credits", left / value, "share",
             values["onward_share"]),
        gate("abroad_share", f"credits from abroad in {values['lookback_days']} days, against the credits",
             abroad / value, "share", values["abroad_share"], upper=True),
        booster("cash_share", "share of the credits that is cash", cash / value, "share", values["cash_share"],
                points=0.15),
        booster("first_share", "share of the debits to payees with no earlier dealings",
                int(graph.amount[onward][new].sum()) / left, "share", values["first_share"], points=0.05),
        fact("spent", "debits for study, homes or goods", spent, "minor units"),
        fact("payers", "accounts that paid in, besides cash", np.unique(_payers(graph, credits)).size, "count"),
        fact("first_payers", "of them with no earlier dealings", int(graph.relations.first[credits].sum()), "count"),
        fact("cash", "cash among the credits", cash, "minor units"),
        fact("onward", "sum of the debits", left, "minor units"),
    )  # fmt: skip


def _payers(graph: TransactionGraph, credits: NDArray[np.int32]) -> NDArray[np.int32]:
    return graph.debtor[credits][graph.debtor[credits] >= 0]


def _explain(ground: Ground, moved: tuple[NDArray[np.int32], NDArray[np.int32]], m: dict[str, Measure]) -> str:
    graph, (credits, onward) = ground.graph, moved
    account, currency = int(graph.creditor[credits[0]]), graph.reference_currency
    occupation = graph.register["occupation"][account]
    said = (
        f"{sentence_id(graph.names[account])}, whose holder is registered as {occupation!r}, was paid "
        f"{money(m['value'].value, currency)} in {counted(m['credits'].value, 'credit')} in cash or from accounts with "
        f"no known tie to it, {between(int(graph.time[credits[0]]), int(graph.time[credits[-1]]))}; "
        f"{_cash(m, currency)}"
    )
    if m["payers"].value:
        share = m["first_payers"].value / m["payers"].value
        said += f" Besides cash it came from {counted(m['payers'].value, 'payer')}. "
        said += strangers(min(share, 1.0), graph, int(credits[0]))
    said += (
        f" {money(m['onward'].value, currency)}, {percent(m['onward_share'].value)} of that sum, went on in "
        f"{counted(onward.size, 'debit')}"
    )
    if m["spent"].value:
        much = "all" if m["spent"].value == m["onward"].value else money(m["spent"].value, currency)
        said += f", {much} of it for study, homes or goods"
    return said + f". {_abroad(m['abroad_share'])} Whether the holder knows what the account is used for is not shown."


def _cash(m: dict[str, Measure], currency: str) -> str:
    if not m["cash"].value:
        return "none of it was cash."
    return f"{'all' if m['cash'].value == m['value'].value else money(m['cash'].value, currency)} of it was cash."


def _abroad(share: Measure) -> str:
    if share.value == 0:
        return f"No sender abroad is on record: there were no {share.label.split(', ')[0]}."
    return f"The {share.label.split(', ')[0]} come to {percent(share.value)} of it."


TYPOLOGY = Typology(
    id="L16",
    name="Mirror account",
    stage="layering",
    summary="Cash or strangers' money is paid into a student's or low earner's account, who passes it on or spends it.",
    definition=(
        "Looked at are accounts whose declared occupation is of the class of low incomes (students among them) and "
        "that are not a business's, charity's or institution's. Credits that count are cash paid in, unless by an "
        "affiliated account, and what unaffiliated accounts at banks at home pushed (not a direct debit, card or "
        "internal booking, nor a salary). Debits that count are pushed to an unaffiliated account, or cash, wires and "
        "crypto transfers to another party, or carry a word or category of study, homes, vehicles, valuables or goods, "
        "and come at most `onward_days` after a credit that counts (left end excluded). At each such debit, both "
        "are summed in the window that ends there (left end excluded, right end included). The gate holds when there "
        "are at least `credits` such credits of at least `credit` each that sum to at least `value`, none of them more "
        "than `largest_share` of that; when the debits come to at least "
        "`onward_share` of that; and when all credits from banks abroad in the `lookback_days` up to that debit come "
        "to at most `abroad_share` of it, so that no sender abroad is on record. One match is kept for each account "
        "and period of one window length, counted from 1 January 1970 UTC: the firing with the largest sum of credits, "
        "then with most of them, then the earliest. Cash and new payees add points and never decide. Not covered: "
        "accounts whose holder's occupation is unknown or well paid, and money that stays on the account."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("credit", "cash, or a credit from an unaffiliated account at home", "depositor"),
        Role("onward", "a debit that moves money on, or buys study, homes or goods", "next hop", counts=False),
    ),
    subject_part="account holder, part in it unknown",
    sources=(Source("National Crime Agency", "Chinese Underground Banking and Daigou", 2019),),
    innocent_explanations=(
        "a student whose family or sponsor at home pays notes in for fees",
        "a loan, gift or refund paid in several parts",
        "someone who sells a car or household goods for cash and spends the proceeds",
    ),
    finder=_find,
    span_days=lambda values: int(values["window_days"]) + 180
    + max(int(values["window_days"]) + int(values["onward_days"]), int(values["lookback_days"])),
    needs=("accounts.occupation", "transfers.debtor_country"),
    amltrix=("T0013.002", "T0013", "T0011"),
)  # fmt: skip
