"""What is asked about money, checked before anything is traced."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import polars as pl

from moneytrail.disruption import Budget
from moneytrail.errors import ParameterError
from moneytrail.schema import CURRENCY_EXPONENTS
from moneytrail.tracing import Rule, Standing, Trace, trace

if TYPE_CHECKING:
    from pathlib import Path

    from moneytrail.alerts import Alert
    from moneytrail.graph import TransactionGraph
    from moneytrail.money.sources import Source
    from moneytrail.runs import Tell

MOST_FLOOR: Final = 10**12


@dataclass(frozen=True)
class TraceQuestion:
    """From where money is to be followed, and how.

    Attributes
    ----------
    seeds : sequence of str
        Transaction ids.
    rules : sequence of Rule
    until : datetime or None
    floor : str
        In whole units of the reference currency with decimals, such as ``1.50``.
    through_other_banks : bool
    held_to_be : mapping
        What holders are held to be, by account.
    equal_victims : bool
        Whether equally innocent victims would share the loss.
    """

    seeds: Sequence[str]
    rules: Sequence[Rule] = tuple(Rule)
    until: datetime | None = None
    floor: str = "0"
    through_other_banks: bool = False
    held_to_be: Mapping[str, Standing] = field(default_factory=dict)
    equal_victims: bool = False


@dataclass(frozen=True)
class PlanQuestion:
    """What a freeze plan is asked for.

    Attributes
    ----------
    budget : Budget
    delay, horizon : timedelta
        Until the orders take effect, and for how long after that money counts.
    rule : Rule
        By which money is taken to have moved.
    only : sequence of str or None
        Propose none but these accounts.
    least_share : float
        See :func:`moneytrail.disruption.plan_freeze`.
    rounds : int
        How often the gang replaces what was frozen, and the plan is made again.
    """

    budget: Budget = field(default_factory=Budget)
    delay: timedelta = timedelta(days=2)
    horizon: timedelta = timedelta(days=14)
    rule: Rule = Rule.TAINTED_FIRST
    only: Sequence[str] | None = None
    least_share: float = 0.1
    rounds: int = 1


def follow_question(source: Source, question: TraceQuestion, tell: Tell) -> Trace:
    """Follow the seeds' money, and that of the source's alerts.

    Raises
    ------
    ParameterError
    """
    graph = source.graph
    strange = first_strange(graph, list(question.held_to_be), but=subjects_of(source.alerts))
    if strange:
        raise ParameterError(f"account {strange!r} is not in the ledger; nothing can be held of its holder")
    seeds = [*question.seeds, *(seed for alert in source.alerts for seed in seeds_of(alert))]
    if source.alerts and not seeds:
        dark = source.alerts[0].alert_id
        raise ParameterError(f"the evidence of alert {dark} shows no transfer that brought money in; name seeds")
    made = trace(
        graph,
        seeds,
        question.rules,
        until=question.until,
        floor=minor_units(question.floor, graph.reference_currency),
        through_other_banks=question.through_other_banks,
        record=True,
        tell=lambda done: tell("trace", min(0.999, done)),
    )
    tell("trace", 1.0)
    return made


BRINGS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("S01", "S03", "S16", "S17", "L13", "L16"), frozenset({"credit"})),
    "S02": frozenset({"step", "step elsewhere"}),
    "S04": frozenset({"held"}),
    "S05": frozenset({"paid"}),
    "S06": frozenset({"credit", "cash"}),
    "S07": frozenset({"deposit"}),
    "S08": frozenset({"in", "cash in"}),
    "S09": frozenset({"settlement", "in"}),
    "S13": frozenset({"funding"}),
    "S14": frozenset({"repayment"}),
    "S18": frozenset({"fee"}),
    "L01": frozenset({"just under", "below"}),
    "L02": frozenset({"cash"}),
    "L03": frozenset({"in"}),
    "L04": frozenset({"funding"}),
    "L05": frozenset({"gather"}),
    "L06": frozenset({"scatter"}),
    "L07": frozenset({"opening"}),
    "L08": frozenset({"leg"}),
    "L09": frozenset({"feed", "across"}),
    "L10": frozenset({"cash"}),
    "L11": frozenset({"in"}),
    "L12": frozenset({"third party"}),
    "L15": frozenset({"traced credit"}),
    "M01": frozenset({"flow"}),
    **dict.fromkeys(("S10", "S11", "S12", "S15", "L14"), frozenset[str]()),
}
"""By typology, the roles of transfers that bring a gang its money, or show it on its way in. What somebody collects
before paying a fee, what a mule has beside, and what a gang buys are none."""


def seeds_of(alert: Alert) -> list[str]:
    """The transfers that brought the money in, as far as an alert's evidence shows them.

    Those in a role of :data:`BRINGS`. One that comes from an account which another of them pays is money on its way,
    and is left out: it was brought in before.
    """
    kind = {match.match_id: match.typology for match in alert.matches}
    found = {
        one.transaction_id: one
        for one in alert.evidence
        if one.amount > 0 and one.role in BRINGS.get(kind.get(one.match_id, ""), frozenset())
    }
    paid = {one.creditor_account for one in found.values()}
    first = [name for name, one in found.items() if one.debtor_account is None or one.debtor_account not in paid]
    # Where all of them go round, all of them are money on its way, and each is followed.
    return first or list(found)


def subjects_of(alerts: Sequence[Alert]) -> set[str]:
    """The subjects of alerts."""
    return {subject.account for alert in alerts for subject in alert.subjects}


def first_strange(graph: TransactionGraph, named: Sequence[str], *, but: Collection[str] = ()) -> str | None:
    """The first of the accounts that the ledger does not hold; ``None`` when it holds all."""
    wanted = pl.Series([name for name in named if name not in but], dtype=pl.String())
    strange = wanted.filter(~wanted.is_in(graph.names.implode())) if len(wanted) else wanted
    return strange[0] if len(strange) else None


def standing_of(alerts: Sequence[Alert]) -> dict[str, Standing]:
    """What the subjects of alerts are held to be; a suspect of one is a suspect."""
    order = [Standing.UNKNOWN, Standing.VICTIM, Standing.SUSPECT]
    found: dict[str, Standing] = {}
    for alert in alerts:
        for subject in alert.subjects:
            told = Standing(subject.role)
            found[subject.account] = max(found.get(subject.account, told), told, key=order.index)
    return found


def minor_units(text: str, currency: str) -> int:
    """An amount of money as whole minor units.

    Raises
    ------
    ParameterError
        When it is none, is below zero, has more decimals than the currency, or is beyond a thousand billion.
    """
    try:
        amount = Decimal(text).scaleb(CURRENCY_EXPONENTS[currency])
    except ArithmeticError:
        raise ParameterError(f"{text!r} is no amount of money") from None
    if not amount.is_finite() or amount < 0 or amount > MOST_FLOOR or amount != amount.to_integral_value():
        raise ParameterError(f"{text!r} is no amount of {currency} from zero on, or has too many decimals")
    return int(amount)


def read_lines(path: Path) -> list[str]:
    """Names, one a line; empty lines are passed over.

    Raises
    ------
    ParameterError
        When the file holds none, or is no UTF-8 text.
    """
    try:
        found = [line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path} is no UTF-8 text") from error
    if not found:
        raise ParameterError(f"{path} is empty: one name a line is wanted")
    return found


def read_costs(path: Path) -> dict[str, int]:
    """What each account costs to freeze: a line an account, ``ACCOUNT,COST``.

    Raises
    ------
    ParameterError
        Naming the line that is none.
    """
    found: dict[str, int] = {}
    for number, line in enumerate(read_lines(path), 1):
        account, _, cost = line.rpartition(",")
        if not account or not cost.strip().isdecimal() or int(cost) < 1:
            raise ParameterError(f"{path}, line {number}: wanted is ACCOUNT,COST with a whole cost from 1 on")
        found[account.strip()] = int(cost)
    return found
