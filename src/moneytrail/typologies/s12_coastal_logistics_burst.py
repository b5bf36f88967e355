"""S12: vans, storage, fuel, beds and telephone cards are bought at the coast just before crossing weather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.linked_groups import linked_groups
from moneytrail.matches import Parameter, Role, Values
from moneytrail.typologies.arrival_days import ArrivalDays
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.linked_sets import paid_by_sets
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.typologies.windows import Chosen
from moneytrail.wording import between, counted, listed, money, sentence_id, times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Firing, Windows

KINDS: Final = {
    "vehicle_hire": "van or car hire",
    "storage": "storage",
    "fuel": "fuel",
    "lodging": "lodging",
    "telephone": "telephone cards",
}
"""Purposes (see ``tables.toml``) and what they are called."""

NAMED: Final = 4
"""More linked accounts are not named in a sentence."""

TOLD_DAYS: Final = 30
"""A burst whose set pays nothing more for so long after the red day begins is not looked at (design)."""

CONVOY_MINUTES: Final = 60
"""Two linked cards so close in time and in one place are on the road together (design)."""

PARAMETERS = (
    Parameter(
        "window_days", 7, "days", 1, 30, "length of the window of one burst of purchases",
        "a trip to the coast is prepared within a week", "design",
    ),
    Parameter(
        "kinds", 3, "count", 1, 5, "least kinds among hire, storage, fuel, lodging and telephone cards in a burst",
        "any two of them make an ordinary journey", "design",
    ),
    Parameter(
        "fuel", 3, "count", 1, 100, "purchases of fuel that make it a kind",
        "several vehicles, or boats to be filled", "design",
    ),
    Parameter(
        "telephone", 4, "count", 1, 100, "telephone purchases that make it a kind",
        "one for a traveller, four for a crew", "design",
    ),
    Parameter(
        "at_coast", 3, "count", 0, 100, "purchases of a burst that are known to lie in the staging area",
        "as many as kinds are asked for; one or two may be a stop on the way", "design",
    ),
    Parameter(
        "ahead_days", 3, "days", 0, 14, "how long before a red day a burst may end",
        "boats were brought to the coast shortly before they left", "design",
    ),
    Parameter(
        "spells", 2, "count", 1, 20, "least separate spells of red days with a burst before them",
        "one is a coincidence", "design",
    ),
    Parameter(
        "reach_days", 90, "days", 1, 360, "days within which these spells lie, and length of a period",
        "spells are weeks apart outside the summer", "design",
    ),
    Parameter(
        "linked", 8, "count", 1, 50, "most accounts of a linked set",
        "a household's accounts; more share an address in a hall of residence or hostel", "design",
    ),
    Parameter(
        "convoys", 2, "count", 1, 100, "purchases of two linked accounts within the hour in one region: add points",
        "drivers had a car ahead of them", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph, days, shopping = ground.graph, ArrivalDays.of(ground), _Purchases.in_(ground)
    sets = linked_groups(graph.links, int(values["linked"]))
    purchases = paid_by_sets(graph, shopping.bought, sets)
    seen = purchases.within(values["window_days"])
    kinds, coastal = shopping.kinds(seen, values), seen.sum(shopping.near[purchases.ledger])
    red = _red_ahead(days, purchases.time, int(values["ahead_days"]))
    bursts = np.flatnonzero((kinds >= values["kinds"]) & (coastal >= values["at_coast"]) & (red >= 0))
    told, burst, spell = _told(ground, days, sets, (purchases, bursts, red))
    spans = told.within(values["reach_days"])
    spells = spans.different(spell)
    for firing in spans.strongest(spells >= values["spells"], spells, spans.count):
        held = np.arange(spans.begin[firing.place], spans.end[firing.place])
        places, in_spell = burst[held], spell[held]
        proof = np.unique(np.concatenate([seen.ledger(place) for place in places.tolist()]))
        # Of each spell the burst with most kinds stands for it, the earliest of equals.
        best = [
            int(places[in_spell == one][np.argmax(kinds[places[in_spell == one]])])
            for one in np.unique(in_spell).tolist()
        ]
        measured = (int(kinds[best].min()), int(coastal[best].min()), int(spells[firing.place]))
        yield _found(ground, shopping, (firing, proof), measured, values)


@dataclass(frozen=True, eq=False)
class _Purchases:
    """What may be bought for a trip to the coast, bool[n] each.

    Attributes
    ----------
    of : dict of str to bool[n]
        What each purpose of ``KINDS`` holds of.
    coast : bool[n]
        At a shop in a country of the Channel coast.
    near : bool[n]
        There, or in a staging region: known to be in the staging area.
    bought : bool[n]
        Of any kind, and not known to be elsewhere.
    """

    of: dict[str, NDArray[np.bool_]]
    coast: NDArray[np.bool_]
    near: NDArray[np.bool_]
    bought: NDArray[np.bool_]

    @classmethod
    def in_(cls, ground: Ground) -> _Purchases:
        staging = ground.tables.staging
        codes = [place for place, name in enumerate(ground.region_names) if name in staging["regions"]]
        coast = ground.country("creditor", staging["coast"])
        near = np.isin(ground.region, codes) | coast
        elsewhere = (ground.region >= 0) | ground.abroad("creditor")
        of = {name: ground.purpose(name) for name in KINDS}
        return cls(of, coast, near, np.logical_or.reduce(list(of.values())) & (near | ~elsewhere))

    def kinds(self, seen: Windows, values: Values) -> NDArray[np.int64]:
        """int64[m]: how many kinds of things each window holds enough of."""
        found = np.zeros(seen.begin.size, np.int64)
        for name, holds in self.of.items():
            least = int(values[name]) if name in ("fuel", "telephone") else 1
            found += seen.sum(holds[seen.held.ledger]) >= least
        return found


def _red_ahead(days: ArrivalDays, time: NDArray[np.int64], ahead: int) -> NDArray[np.int64]:
    """The first red day from each moment's own day to `ahead` days later; -1 where there is none."""
    day = days.day(time)
    inside = (day >= 0) & (day < days.size)
    red = np.full(day.size, -1, np.int64)
    red[inside] = days.next_red[day[inside]]
    return np.where((red < days.size) & (red - day <= ahead), red, -1)


def _told(
    ground: Ground,
    days: ArrivalDays,
    sets: NDArray[np.int64],
    found: tuple[Chosen, NDArray[np.intp], NDArray[np.int64]],
) -> tuple[Chosen, NDArray[np.intp], NDArray[np.int32]]:
    """The bursts at the transfers with which they were known to come before a red day.

    That is the set's first debit, of any kind, that is neither before the burst's last purchase nor before the day
    itself, and comes soon enough: a day's assessment is made before it begins.

    Returns
    -------
    (Chosen, burst, spell)
        In order of set and transfer; the place of each burst among the purchases, and its run of red days.
    """
    graph = ground.graph
    purchases, bursts, red = found
    paying = np.zeros(graph.accounts + 1, np.bool_)
    paying[np.flatnonzero(np.isin(sets, purchases.account[bursts]))] = True
    debits = paid_by_sets(graph, paying[graph.debtor], sets)
    # Red days are compared by ledger position: no transfer before `opens` is booked on the day or later.
    opens = np.searchsorted(graph.time, (red[bursts] + days.first) * DAY)
    wanted = np.maximum(purchases.ledger[bursts], opens)
    key = debits.account.astype(np.int64) * (graph.transfers + 1) + debits.ledger
    place = np.searchsorted(key, purchases.account[bursts].astype(np.int64) * (graph.transfers + 1) + wanted)
    known = place < debits.indptr[purchases.account[bursts] + 1]
    late = (red[bursts[known]] + days.first) * DAY + TOLD_DAYS * DAY
    known[known] = debits.time[place[known]] < late
    order = np.argsort(place[known], kind="stable")
    place, burst = place[known][order], bursts[known][order]
    indptr = np.searchsorted(debits.account[place], np.arange(graph.accounts + 1)).astype(np.int64)
    told = Chosen(indptr, debits.ledger[place], debits.peer[place], debits.time[place], debits.amount[place])
    return told, burst, days.spell[red[burst]]


def _found(
    ground: Ground,
    shopping: _Purchases,
    fired: tuple[Firing, NDArray[np.int32]],
    measured: tuple[int, int, int],
    values: Values,
) -> Found:
    """The match: its subject is the account of the set that made most of the purchases, the first of equals."""
    firing, proof = fired
    graph, now = ground.graph, int(firing.ledger[-1])
    buyer, first, number = np.unique(graph.debtor[proof], return_index=True, return_counts=True)
    subject = int(buyer[np.lexsort((first, -number))[0]])
    measures = _measure(ground, proof, measured, values)
    later = [] if now in proof else [now]
    return Found(
        subject=subject,
        ledger=np.concatenate([proof, np.array(later, np.int32)]),
        roles=["purchase"] * proof.size + ["later"] * len(later),
        detectable=firing.fired,
        measures=measures,
        explanation=_explain(ground, shopping, (subject, proof), {m.name: m for m in measures}),
    )


def _measure(
    ground: Ground, proof: NDArray[np.int32], measured: tuple[int, int, int], values: Values
) -> tuple[Measure, ...]:
    graph = ground.graph
    kinds, coastal, spells = measured
    accounts = np.unique(graph.debtor[proof]).size
    found = [
        gate("spells", "spells of red days with a burst just before", spells, "count", values["spells"],
             points=margin(spells, values["spells"], 3, 0.15)),
        gate("kinds", "kinds of things in the leaner burst", kinds, "count", values["kinds"],
             points=margin(kinds, values["kinds"], 5 / 3, 0.10)),
        gate("at_coast", "purchases in the staging area in that with fewest", coastal, "count", values["at_coast"]),
        fact("accounts", "accounts of the set that bought", accounts, "count"),
        fact("value", "sum of the purchases", int(graph.amount[proof].sum()), "minor units"),
    ]  # fmt: skip
    if accounts > 1:
        found.append(
            booster("convoys", "purchases of two linked accounts within the hour in one region",
                    _convoys(ground, proof), "count", values["convoys"], points=0.15)
        )  # fmt: skip
    return tuple(found)


def _convoys(ground: Ground, proof: NDArray[np.int32]) -> int:
    """How many purchases another account of the set followed within the hour, next in the same known region."""
    graph, pairs = ground.graph, 0
    for region in np.unique(ground.region[proof]).tolist():
        here = proof[ground.region[proof] == region] if region >= 0 else proof[:0]
        close = np.diff(graph.time[here]) <= CONVOY_MINUTES * 60_000_000
        pairs += int((close & (np.diff(graph.debtor[here]) != 0)).sum())
    return pairs


def _explain(ground: Ground, shopping: _Purchases, found: tuple[int, NDArray[np.int32]], m: dict[str, Measure]) -> str:
    graph = ground.graph
    subject, proof = found
    number = int(m["accounts"].value)
    others = sorted({graph.names[one] for one in graph.debtor[proof].tolist()} - {graph.names[subject]})
    alone = "" if number == 1 else f" and {counted(number - 1, 'account')} linked to it ({listed(others, NAMED)})"
    each = [(words, int(shopping.of[name][proof].sum())) for name, words in KINDS.items()]
    things = ", ".join(f"{words} {times(number)}" for words, number in each if number)
    regions = sorted({ground.region_names[code] for code in ground.region[proof].tolist() if code >= 0})
    places = [*regions, *(["shops in a country of the Channel coast"] if shopping.coast[proof].any() else [])]
    said = (
        f"{sentence_id(graph.names[subject])}{alone} paid {money(m['value'].value, graph.reference_currency)} in "
        f"{counted(proof.size, 'purchase')} of what a trip to the coast needs, "
        f"{between(int(graph.time[proof[0]]), int(graph.time[proof[-1]]))}: {things}. Known places: "
        f"{listed(places) if places else 'none'}. They came in bursts, each shortly before or on a day assessed as "
        f"likely for small-boat crossings (a red day); the red days belong to "
        f"{counted(m['spells'].value, 'separate spell')}. For each spell there is a burst with "
        f"{counted(m['kinds'].value, 'kind')} of things or more and {counted(m['at_coast'].value, 'purchase')} or more "
        "in the staging area."
    )
    if "convoys" in m and m["convoys"].met:
        said += (
            f" {counted(m['convoys'].value, 'purchase was', 'purchases were')} followed within the hour by one of a "
            "linked account in the same region, as in a convoy."
        )
    return said


TYPOLOGY = Typology(
    id="S12",
    name="Coastal logistics burst",
    stage="operational spend",
    summary="Vans, storage, fuel, beds and telephone cards are bought at the coast just before crossing weather.",
    definition=(
        "Purchases are debits whose reference or merchant category says vehicle hire, storage, fuel, lodging or "
        "telephone cards, in a staging region of the home country, at a shop in a country of the Channel coast, or in "
        "an unknown place (online); those known to be elsewhere are left out. Accounts are one set where they are of "
        "one party or share an address, telephone, e-mail or device, also by way of each other; what more than "
        "`linked` accounts share links nobody, and a set of more accounts is none. What a set pays within itself is "
        "left out. At each purchase those of the set in the `window_days` that end there (left end excluded, right "
        "end included) are a burst when they are of at least `kinds` kinds, fuel being one from `fuel` purchases on, "
        "telephone cards from `telephone`, the others from one; at least `at_coast` of them are known to lie in the "
        "staging area; and a red day begins on the purchase's own day (UTC) or at most `ahead_days` days later. A "
        "purchase of two kinds counts for both. The first such day is the burst's, and the run of red days in a row "
        "that it belongs to its spell. A day's assessment is made before it begins, so the burst is known with the "
        "set's first debit, of any kind, that is neither before the burst's last purchase nor before its red day, if "
        "that comes less than 30 days after the beginning of the red day. At each such debit the bursts known in the "
        "`reach_days` that end there are looked at: the gate holds when they are of at least `spells` spells. One "
        "match is kept for each set and period of `reach_days`, counted from 1 January 1970 UTC: the firing with most "
        "spells, then with most bursts, then the earliest. The subject is the account of the set that made most of "
        "the purchases, of equals the one that made the first. Two linked accounts that buy within the hour in one "
        "region add points and never decide. Not covered: purchases in cash, distances within a region, and bursts of "
        "a set that pays nothing more in the 30 days from the red day on."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("purchase", "hire, storage, fuel, lodging or telephone cards for a trip to the coast", ""),
        Role("later", "the debit with which the last burst was known to come before a red day", "", counts=False),
    ),
    subject_part="buyer",
    sources=(
        Source("Europol", "Operational Taskforce Wave", 2024, second_hand=True),
        Source("Eurojust and Europol", "Small-boat smuggling network dismantled", 2022, second_hand=True),
        Source("Home Office", "Small boat arrivals and the impact of crossing conditions", 2025),
    ),
    innocent_explanations=(
        "a haulier or courier at work",
        "tourists on the way to a ferry",
        "a charity that helps at the coast",
    ),
    finder=_find,
    span_days=lambda values: (
        2 * int(values["reach_days"]) + int(values["window_days"]) + int(values["ahead_days"]) + TOLD_DAYS + 1
    ),
    period_days=lambda values: int(values["reach_days"]),
    needs=("arrivals.red", "transfers.merchant_category", "transfers.location"),
    compared_by="debits",
)
