"""L11: a business takes thousands every month, pays no wages, tax, rent or suppliers, and persons get nearly all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS, LINK_COLUMNS
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.books import at_most, first_of_day
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin
from moneytrail.typologies.windows import chosen
from moneytrail.wording import between, counted, money, part, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Chosen, Firing, Windows

SPREAD_DAYS: Final = 180
"""How far back the payers of a payee are counted."""

DUES: Final = ("payroll", "tax", "customs", "pension", "rent", "mortgage", "utilities", "insurance", "council")
SUPPLIES: Final = ("invoice", "goods", "freight", "fuel", "storage", "vehicle_hire")
CASH: Final = CHANNELS.index("cash")

PARAMETERS = (
    Parameter(
        "months", 6, "count", 2, 24, "months in the window and in a period",
        "a new firm may pay nobody at first", "design",
    ),
    Parameter(
        "month_days", 30, "days", 1, 31, "length of a month, counted back from the end of the window",
        "months of equal length, so that no calendar decides", "design",
    ),
    Parameter(
        "turnover", 500_000, "minor units", 1, 10**12, "least money in of each of the months",
        "a firm that takes 5,000 pounds every month has work to be done", "design",
    ),
    Parameter(
        "upkeep_share", 0.1, "share", 0.0, 1.0,
        "most share of the money in that goes on wages, tax, pension, rent, utilities and trade suppliers",
        "firms with work spend far more on it", "design",
    ),
    Parameter(
        "person_share", 0.6, "share", 0.001, 1.0, "least share of the money out that goes to persons or abroad",
        "what a shell earns is its owners'", "design",
    ),
    Parameter(
        "firm_payers", 5, "count", 2, 1_000,
        "payers in 180 days from which on a payee at another bank is taken for a firm",
        "a person is paid by few; a supplier, a landlord's agent or a tax office by many", "design",
    ),
    Parameter(
        "wage_payers", 3, "count", 1, 100, "payers whose credits speak of pay: as many add points",
        "one account that takes several workers' pay", "design",
    ),
    Parameter(
        "firms_at_address", 11, "count", 2, 10_000, "businesses at its address: as many add points",
        "a sign where more than ten firms share one", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody knows what the firm paid before", "design",
    ),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Outflow:
    """What businesses paid, and for what.

    Attributes
    ----------
    ground : Ground
    paid : Chosen
        All that they paid.
    firm_payers : int
    """

    ground: Ground
    paid: Chosen
    firm_payers: int

    @cached_property
    def upkeep(self) -> NDArray[np.bool_]:
        """Which pay what a firm with work pays: dues by their words, suppliers by words and by being firms."""
        ledger = self.paid.ledger
        pulled = self.ground.by_channel("direct_debit")[ledger]
        supplies = self.ground.purpose(*SUPPLIES)[ledger] & self._to_firms
        made: NDArray[np.bool_] = pulled | self.ground.purpose(*DUES)[ledger] | supplies
        return made

    @cached_property
    def persons(self) -> NDArray[np.bool_]:
        """Which go to persons, abroad or out in cash, and are no upkeep."""
        graph, ledger = self.ground.graph, self.paid.ledger
        cash = (graph.channel[ledger] == CASH) & (self.paid.peer < 0)
        gone = cash | self.ground.abroad("creditor")[ledger] | (self._to_persons & ~graph.pulled[ledger])
        made: NDArray[np.bool_] = gone & ~self.upkeep
        return made

    @cached_property
    def _to_persons(self) -> NDArray[np.bool_]:
        named = self._of("personal")
        made: NDArray[np.bool_] = named | (self._unknown & (self._spread < self.firm_payers))
        return made

    @cached_property
    def _unknown(self) -> NDArray[np.bool_]:
        """To accounts of which the account table says nothing."""
        made: NDArray[np.bool_] = ~self._of("personal", "business", "charity", "institution") & (self.paid.peer >= 0)
        return made

    @cached_property
    def _to_firms(self) -> NDArray[np.bool_]:
        """To businesses; and card purchases, which only merchants take."""
        merchant = self.ground.by_channel("card")[self.paid.ledger]
        made: NDArray[np.bool_] = (self.paid.peer >= 0) & ~self._to_persons & ~self._of("charity") | merchant
        return made

    def _of(self, *kinds: str) -> NDArray[np.bool_]:
        made: NDArray[np.bool_] = np.append(self.ground.kind(*kinds), False)[self.paid.peer]
        return made

    @cached_property
    def _spread(self) -> NDArray[np.int32]:
        """How many accounts paid each transfer's payee in the days up to it; asked only of unknown payees."""
        graph, ledger = self.ground.graph, self.paid.ledger
        payees = np.zeros(graph.accounts + 1, np.bool_)
        payees[self.paid.peer[self._unknown & ~graph.pulled[ledger]]] = True
        credits = chosen(graph, "in", payees[graph.creditor])
        payers = credits.within(SPREAD_DAYS).peers
        spread = np.zeros(graph.transfers, np.int32)
        spread[credits.ledger] = payers
        return spread[ledger]


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph, months = ground.graph, int(values["months"])
    seen, came = _months(ground, values)
    fires = _every_month(came, int(values["turnover"]))
    hot = np.zeros(graph.accounts + 1, np.bool_)
    hot[seen.ends.account[fires]] = True
    left = seen.beside(chosen(graph, "out", hot[graph.debtor]))
    outflow = Outflow(ground, left.held, int(values["firm_payers"]))
    upkeep, persons = (left.sum(np.where(which, left.held.amount, 0)) for which in (outflow.upkeep, outflow.persons))
    fires &= left.value > 0
    fires &= upkeep <= at_most(came[-1].value, thousandths(values["upkeep_share"]))
    fires &= reaches(persons, left.value, thousandths(values["person_share"]))
    for firing in seen.strongest(fires, persons, came[-1].value, months * int(values["month_days"])):
        proof = _proof(firing, came, left, outflow)
        measures = _measure(ground, firing, proof, [int(one.value[firing.place]) for one in came], values)
        yield Found(
            subject=firing.account,
            ledger=proof[0],
            roles=proof[1],
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(ground, firing, proof[0], {m.name: m for m in measures}),
        )


def _months(ground: Ground, values: Values) -> tuple[Windows, list[Windows]]:
    """Windows that end at each business's first debit of a day; and its credits in them, one month longer each."""
    graph = ground.graph
    before = np.concatenate([[0], np.cumsum(graph.incoming.amount)])
    taken = before[graph.incoming.indptr[1:]] - before[graph.incoming.indptr[:-1]]
    enough = ground.kind("business") & ~ground.registered() & (taken >= values["months"] * values["turnover"])
    accounts = np.append(enough, False)
    paid = chosen(graph, "out", accounts[graph.debtor])
    ends = paid.where(first_of_day(paid))
    credits = chosen(graph, "in", accounts[graph.creditor])
    spans = [ends.within(values["month_days"] * (month + 1)) for month in range(int(values["months"]))]
    return spans[-1], [one.beside(credits) for one in spans]


def _every_month(came: list[Windows], turnover: int) -> NDArray[np.bool_]:
    """In which windows every month has money in enough."""
    holds = came[0].value >= turnover
    for longer, shorter in zip(came[1:], came[:-1], strict=True):
        holds &= longer.value - shorter.value >= turnover
    return holds


def _proof(firing: Firing, came: list[Windows], left: Windows, outflow: Outflow) -> tuple[NDArray[np.int64], list[str]]:
    """All that the business took and paid in the window, and what each is."""
    part = slice(int(left.begin[firing.place]), int(left.end[firing.place]))
    names = np.where(outflow.upkeep[part], "upkeep", np.where(outflow.persons[part], "to persons", "other out"))
    credits = came[-1].ledger(firing.place)
    ledger = np.concatenate([credits, left.ledger(firing.place)]).astype(np.int64)
    order = np.argsort(ledger, kind="stable")
    roles = np.concatenate([np.full(credits.size, "in", names.dtype), names])[order]
    return ledger[order], roles.tolist()


def _measure(
    ground: Ground, firing: Firing, proof: tuple[NDArray[np.int64], list[str]], came: list[int], values: Values
) -> tuple[Measure, ...]:
    graph, (ledger, roles) = ground.graph, proof
    amount, role = graph.amount[ledger], np.array(roles)
    upkeep, persons = int(amount[role == "upkeep"].sum()), int(amount[role == "to persons"].sum())
    out = int(amount[role != "in"].sum())
    least = min(np.diff([0, *came]).tolist())
    payers = np.unique(graph.debtor[ledger[role == "in"]]).size
    return (
        gate("turnover", "money in of the leanest month", least, "minor units", values["turnover"],
             points=margin(least, values["turnover"], 4, 0.10)),
        gate("upkeep_share", "share of the money in that went on wages, tax, rent, utilities and suppliers",
             upkeep / came[-1], "share", values["upkeep_share"], upper=True,
             points=0.10 if upkeep * 1000 <= came[-1] * thousandths(values["upkeep_share"]) // 4 else 0.0),
        gate("person_share", "share of the money out that went to persons, abroad or out in cash", persons / out,
             "share", values["person_share"], points=margin(persons / out, values["person_share"], 1.5, 0.10)),
        *_signs(ground, firing.account, ledger[role == "in"], values),
        booster("history_days", "days of data before it", history_days(graph, int(ledger[0])), "days",
                values["history_days"], points=0.05),
        fact("came", "money in", came[-1], "minor units"),
        fact("out", "money out", out, "minor units"),
        fact("payers", "payers", payers, "count"),
        fact("upkeep", "wages, tax, rent, utilities and suppliers", upkeep, "minor units"),
        fact("months", f"months of {values['month_days']} days", len(came), "count"),
    )  # fmt: skip


def _signs(ground: Ground, account: int, credits: NDArray[np.int64], values: Values) -> tuple[Measure, ...]:
    """What adds points where the data have it: others' pay that comes in, and an address with many firms."""
    graph, made = ground.graph, []
    pay = credits[ground.purpose("payroll")[credits]]
    workers = np.unique(graph.debtor[pay]).size
    made.append(
        booster("wage_payers", "payers whose credits speak of pay", workers, "count", values["wage_payers"],
                points=0.05)
    )  # fmt: skip
    address = graph.links[:, LINK_COLUMNS.index("address_hash")]
    if address[account] >= 0:
        firms = int((ground.kind("business") & (address == address[account])).sum())
        made.append(
            booster("firms_at_address", "businesses at its address", firms, "count", values["firms_at_address"],
                    points=0.10)
        )  # fmt: skip
    return tuple(made)


def _explain(ground: Ground, firing: Firing, ledger: NDArray[np.int64], m: dict[str, Measure]) -> str:
    graph = ground.graph
    currency = graph.reference_currency
    out = money(m["out"].value, currency)
    came = graph.time[ledger[graph.creditor[ledger] == firing.account]]
    said = (
        f"{sentence_id(graph.names[firing.account])}, a business, was paid {money(m['came'].value, currency)} by "
        f"{counted(m['payers'].value, 'payer')}, {between(int(came[0]), int(came[-1]))}: "
        f"at least {money(m['turnover'].value, currency)} in each of {m['months'].value:.0f} {m['months'].label}. "
        f"{_spent(m, currency)} {part(m['person_share'].value, f'the {out}')} that it paid out went to persons, abroad "
        "or out in cash."
    )
    if m["wage_payers"].met:
        said += f" {counted(m['wage_payers'].value, 'payer')} paid it what they call pay."
    if "firms_at_address" in m and m["firms_at_address"].met:
        said += f" {counted(m['firms_at_address'].value, 'business', 'businesses')} of this bank have its address."
    return said


def _spent(m: dict[str, Measure], currency: str) -> str:
    """What a working business would have to spend."""
    what = "on wages, tax, pension, rent, utilities and trade suppliers"
    if not m["upkeep"].value:
        return f"It spent nothing {what}."
    share = percent(m["upkeep_share"].value)
    return f"It spent {money(m['upkeep'].value, currency)} {what}, {share} of what came in."


TYPOLOGY = Typology(
    id="L11",
    name="Wage-less or shell business",
    stage="integration",
    summary=(
        "A business takes thousands every month, pays no wages, tax, rent or suppliers, and persons get nearly all."
    ),
    definition=(
        "Once a day (UTC), at the first debit of an account that the account table calls a business and no "
        "registered money service (whose clients' money is no income), its transfers in the window of `months` "
        "times 30 days that ends there (left end excluded, right end included) are looked at. The gate holds when "
        "at least `turnover` came in in each of these months, counted back from the window's end; at most "
        "`upkeep_share` of all money in went on upkeep; and at least `person_share` of all money out went to "
        "persons, abroad or out in cash. Upkeep is what was collected by direct debit; what speaks of pay, tax, "
        "customs, pension, rent, mortgage, utilities, insurance or council tax; and what speaks of invoices, goods, "
        "freight, fuel, storage or hire and goes to a firm. A payee is a person where the account table says so, or "
        "where it says nothing and fewer than `firm_payers` accounts paid the payee in the 180 days up to the "
        "transfer; else it is a firm, but for a charity. One match is kept for each account and period of one "
        "window length, counted from 1 January 1970 UTC: the firing with most value to persons, then with most "
        "money in, then the earliest. Pay of several payers that comes in and an address that many firms share add "
        "points and never decide. Not covered: a shell that pays sham wages or sham tax, since words alone tell "
        "upkeep; wages paid from another account of the firm; and a firm younger than the window."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("in", "money in", "payer"),
        Role("to persons", "money to a person, abroad or out in cash", "payee", counts=False),
        Role("upkeep", "wages, tax, pension, rent, utilities, trade suppliers", "", counts=False),
        Role("other out", "any other debit of the window", "", counts=False),
    ),
    subject_part="business without upkeep",
    sources=(
        Source("ACFCS", "FATF details nuanced financial trails of human trafficking (on Financial Flows from Human "
               "Trafficking, FATF and APG, 2018)", 2018, second_hand=True),
        Source("FinCEN", "FIN-2014-A008, advisory on human smuggling and trafficking", 2014, second_hand=True),
        Source("FinCEN", "FIN-2020-A008, supplemental advisory on human trafficking", 2020, second_hand=True),
    ),
    innocent_explanations=(
        "a new firm before it employs anybody",
        "a company that holds one property",
        "a sole trader who lives on what the business earns",
        "a firm that pays its staff and its tax from another bank",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["month_days"]) * int(values["months"]) + SPREAD_DAYS,
    period_days=lambda values: int(values["month_days"]) * int(values["months"]),
    needs=("accounts.kind", "transfers.reference"),
    amltrix=("T0001",),
)  # fmt: skip
