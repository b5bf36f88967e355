"""S06: unrelated people in several places pay one account that is used near the border and has no tie to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.graph import DAY
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS, CURRENCIES
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin, strangers
from moneytrail.typologies.windows import chosen
from moneytrail.wording import between, counted, listed, money, sentence_id, times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

PARAMETERS = (
    Parameter(
        "window_days", 30, "days", 1, 180, "length of the sliding window and of a period",
        "covers four to six spells of crossing weather", "design",
    ),
    Parameter(
        "payers", 6, "count", 2, 10_000, "distinct unaffiliated payers",
        "fewer than for a collector elsewhere, since the places add to it", "design",
    ),
    Parameter(
        "places", 3, "count", 1, 1000, "regions away from the border, or other countries, that money was paid in from",
        "FinCEN names many senders in different places, not a number", "design",
    ),
    Parameter(
        "first_share", 0.7, "share", 0.0, 1.0, "share of the payers with no dealings in the 180 days before",
        "travellers are strangers to the collector", "design",
    ),
    Parameter(
        "border_visits", 2, "count", 1, 1000, "card payments or cash withdrawals by the account in a staging region",
        "one is a day out", "design",
    ),
    Parameter(
        "below_share", 0.9, "share", 0.0, 1.0,
        "share of the cash and wires that stay below the lowest reporting or seizure line: adds points",
        "senders keep each payment below the line of their place", "design",
    ),
    Parameter(
        "branches", 2, "count", 2, 100, "branches on one day or two days running: as many add points",
        "one person does not pay in at branches of two regions on one day", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell a stranger from a regular payer", "design",
    ),
)  # fmt: skip

NOTES: Final = CHANNELS.index("cash")


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    paid_in = ground.stranger | (ground.by_channel("cash") & (graph.debtor < 0))
    credits, places = chosen(graph, "in", paid_in), _places(ground)
    visits = chosen(graph, "out", _at_the_border(ground))
    seen = credits.within(values["window_days"])
    beside = seen.beside(visits)
    held_there = _held_there(ground)
    known = seen.sum(ground.stranger[credits.ledger] & ground.relations.first[credits.ledger])
    fires = (
        (seen.peers >= values["payers"])
        & (seen.different(places[credits.ledger]) >= values["places"])
        & reaches(known, seen.peers.astype(np.int64), thousandths(values["first_share"]))
        & ((beside.count >= values["border_visits"]) | held_there[credits.account])
    )
    value = seen.sum(np.where(ground.stranger[credits.ledger], credits.amount, 0))
    for firing in seen.strongest(fires, seen.peers, value):
        spent = beside.ledger(firing.place)
        where = places[firing.ledger]
        measures = _measure(ground, (firing.ledger, where), spent, bool(held_there[firing.account]), values)
        ledger = np.concatenate([firing.ledger, spent])
        order = np.argsort(ledger, kind="stable")
        roles = np.where(ground.stranger[firing.ledger], "credit", "cash").tolist() + ["at the border"] * spent.size
        yield Found(
            subject=firing.account,
            ledger=ledger[order],
            roles=[roles[place] for place in order],
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(ground, firing.account, (firing.ledger, where), {m.name: m for m in measures}),
        )


def _places(ground: Ground) -> NDArray[np.int32]:
    """int32[n]: where money was paid in: a region that is no staging region, else another country; -1 where unknown."""
    names = ground.region_names
    staging = np.array([name in ground.tables.staging["regions"] for name in names], np.bool_)
    made = np.append(np.where(staging, -1, np.arange(staging.size)), -1).astype(np.int32)[ground.region]
    codes, countries = ground.graph.codes("debtor_country")
    away = np.append((countries != ground.tables.home).to_numpy(), False)[codes] & (ground.region < 0)
    made[away] = codes[away] + len(names)
    return made


def _at_the_border(ground: Ground) -> NDArray[np.bool_]:
    """bool[n]: whether a card was used, or cash taken out, in a staging region."""
    staging = np.array([name in ground.tables.staging["regions"] for name in ground.region_names] + [False])
    made: NDArray[np.bool_] = ground.by_channel("card", "cash") & staging[ground.region]
    return made


def _held_there(ground: Ground) -> NDArray[np.bool_]:
    """bool[accounts]: whether the account is held in a staging country."""
    countries = list(ground.tables.staging["countries"])
    return ground.graph.register["country"].is_in(countries).fill_null(False).to_numpy()


def _measure(
    ground: Ground,
    paid_in: tuple[NDArray[np.integer[Any]], NDArray[np.int32]],
    spent: NDArray[np.integer[Any]],
    held_there: bool,
    values: Values,
) -> tuple[Measure, ...]:
    graph, (ledger, where) = ground.graph, paid_in
    fees = ledger[ground.stranger[ledger]]
    payers, value = np.unique(graph.debtor[fees]).size, int(graph.amount[fees].sum())
    places = np.unique(where[where >= 0]).size
    first = int(ground.relations.first[fees].sum())
    border = (
        fact("border_visits", "card payments or withdrawals in a staging region", spent.size, "count")
        if held_there
        else gate("border_visits", "card payments or withdrawals in a staging region", spent.size, "count",
                  values["border_visits"])
    )  # fmt: skip
    below, branches = _below_lines(ground, ledger), _branches(ground, ledger)
    return (
        gate("payers", "unaffiliated payers", payers, "count", values["payers"],
             points=margin(payers, values["payers"], 3, 0.15)),
        gate("places", "regions away from the border, or countries, paid in from", places, "count", values["places"],
             points=margin(places, values["places"], 2, 0.05)),
        gate("first_share", "payers with no earlier dealings", first / payers, "share", values["first_share"]),
        border,
        *([] if below is None else [
            booster("below_share", "cash and wires below the lowest line", below, "share", values["below_share"],
                    points=0.10),
        ]),
        *([] if branches is None else [
            booster("branches", "branches paid in at within two days running", branches, "count", values["branches"],
                    points=0.10),
        ]),
        booster("history_days", "days of data before it", history_days(graph, int(ledger[0])), "days",
                values["history_days"], points=0.10),
        fact("value", "sum of the payers' credits", value, "minor units"),
        fact("cash", "cash paid in", int(graph.amount[ledger].sum()) - value, "minor units"),
        fact("held_at_border", "held in a staging country (1 yes, 0 no)", float(held_there), "count"),
    )  # fmt: skip


def _below_lines(ground: Ground, ledger: NDArray[np.integer[Any]]) -> float | None:
    """Share of the credits to which a line applies that are below all of them; ``None`` where there is none."""
    graph = ground.graph
    applies, reached = np.zeros(ledger.size, np.bool_), np.zeros(ledger.size, np.bool_)
    day = graph.time[ledger].view("datetime64[us]").astype("datetime64[D]")
    for line in ground.tables.lines:
        its = graph.currency[ledger] == CURRENCIES.index(line.currency)
        its &= np.isin(graph.channel[ledger], [CHANNELS.index(name) for name in line.channels])
        if line.since is not None:
            its &= day >= np.datetime64(line.since)
        applies |= its
        reached |= its & (graph.own_amount[ledger] >= line.amount)
    return float((applies & ~reached).sum() / applies.sum()) if applies.any() else None


def _branches(ground: Ground, ledger: NDArray[np.integer[Any]]) -> int | None:
    """The most different branches at which cash was paid in on a day and the day after; ``None`` without such cash."""
    graph = ground.graph
    codes = graph.codes("location")[0][ledger]
    known = (graph.channel[ledger] == NOTES) & (codes >= 0)
    if not known.any():
        return None
    days, codes = (graph.time[ledger] // DAY)[known], codes[known]
    return max(np.unique(codes[(days == day) | (days == day + 1)]).size for day in np.unique(days).tolist())


def _explain(
    ground: Ground,
    account: int,
    paid_in: tuple[NDArray[np.integer[Any]], NDArray[np.int32]],
    m: dict[str, Measure],
) -> str:
    graph, (ledger, where) = ground.graph, paid_in
    currency = graph.reference_currency
    cash = m["cash"].value
    said = (
        f"{sentence_id(graph.names[account])} was paid {money(m['value'].value, currency)} by "
        f"{counted(m['payers'].value, 'payer')} with no known tie to it"
        f"{f', and {money(cash, currency)} in cash,' if cash else ','} "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}. "
        f"{strangers(m['first_share'].value, graph, int(ledger[0]), 'the payers')} "
        f"{_from_places(ground, where)}"
    )
    if m["held_at_border"].value:
        held = graph.register["country"][account]
        said += f" The account is held in {held}, a country where crossings are prepared."
    if m["border_visits"].value:
        said += (
            f" In the same days its card was used, or cash drawn, {times(m['border_visits'].value)} in a region where "
            "crossings are prepared."
        )
    if "branches" in m and m["branches"].met:
        said += f" Cash was paid in at {m['branches'].value:.0f} branches within two days running."
    return said


def _from_places(ground: Ground, where: NDArray[np.int32]) -> str:
    """Where the money came from; what is counted as a place stands beside it, for a country may itself lie there."""
    names = pl.concat([pl.Series(ground.region_names, dtype=pl.String), ground.graph.codes("debtor_country")[1]])
    codes = np.unique(where[where >= 0]).tolist()
    known = sorted(names[int(place)] for place in codes)
    said = f"The money came from {counted(len(known), 'place')} (regions or other countries): {listed(known)}."
    countries = {names[int(place)] for place in codes if place >= len(ground.region_names)}
    staging = sorted(countries & set(ground.tables.staging["countries"]))
    if staging:
        crossings = "is itself a country" if len(staging) == 1 else "are themselves countries"
        said += f" Of these {listed(staging)} {crossings} where crossings are prepared."
    return said


def _applicable(ground: Ground, _values: Values) -> str:
    if ground.has("transfers.location") or bool(_held_there(ground).any()):
        return ""
    return "needs transfers.location, or accounts.country with a staging country"


TYPOLOGY = Typology(
    id="S06",
    name="Dispersed originators to border node",
    stage="collection",
    summary="Unrelated people in several places pay one account that is used near the border and has no tie to them.",
    definition=(
        "At each credit that an unaffiliated payer pushed (not a direct debit, card or internal booking), and at each "
        "cash sum paid in, such credits in the window that ends there (left end excluded, right end included) are "
        "looked at. The gate holds when the pushed ones come from at least `payers` distinct payers; at least "
        "`first_share` of these had no transfer with the account, either way, in the 180 days before; all together "
        "they were paid in from at least `places` places, where a place is the region of a known location that is no "
        "staging region or, without a location, another country than home in which the payer's bank stands (a staging "
        "country is one too); and in "
        "the same window the account made at least `border_visits` card payments or cash withdrawals at locations in "
        "a staging region, unless it is held in a staging country. Staging regions and countries are configuration. "
        "One match is kept for each account and period of one window length, counted from 1 January 1970 UTC: the "
        "firing with most payers, then with most of their value, then the earliest. Sums below the lines that apply "
        "to them and cash at several branches within two days add points and never decide. Not covered: payers whose "
        "places the data do not say, and a holder who spends elsewhere or in notes. Who the holder is plays no part."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("credit", "a credit from an unaffiliated payer", "payer"),
        Role("cash", "cash paid in", ""),
        Role("at the border", "the account's own spending in a staging region", "", counts=False),
    ),
    subject_part="account paid into",
    sources=(
        Source(
            "FinCEN",
            "FIN-2023-Alert001, alert on human smuggling along the southwest border",
            2023,
            second_hand=True,
        ),
        Source("FinCEN", "FIN-2014-A008, advisory on human smuggling and trafficking", 2014, second_hand=True),
    ),
    innocent_explanations=(
        "relatives in several places supporting someone who seeks asylum",
        "a student whose family and sponsors pay from several places",
        "a charity, place of worship or aid group near the coast collecting gifts",
        "a crowdfunded appeal",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + 180,
    applicable=_applicable,
    amltrix=("T0059", "T0016.003"),
)
