"""What a gang took, what it cost, what it paid on and what it still has: each pound once, as far as a bank can see.

Every figure is a range. Its ends come from the rules of tracing, and from what nobody can tell by looking at a payment:
whether somebody who was paid was paid for work. Money that never touched the bank is in no figure.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.disruption.flows import BY_TIME, find_quiet_exits
from moneytrail.disruption.payments import (
    COSTS,
    KINDS,
    PAID_TOGETHER,
    PAID_TOGETHER_INFERRED,
    bought,
    find_suppliers,
    payers_of,
    sort_payments,
)
from moneytrail.errors import ParameterError
from moneytrail.graph import DAY
from moneytrail.tracing import Rule
from moneytrail.typologies.ground import Ground

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from moneytrail.tables import Tables
    from moneytrail.tracing import Trace

PAY: Final = 0.7
"""Share of what people are paid, several at a time, that is pay for work, and not a present to relatives (design: no
source tells it; the ends of every range are none of it and all of it)."""

LEAST_JOINED: Final = 20_000
"""Minor units of tainted money that an account must have had from a gang's accounts to be taken for one of them
(design)."""

PASSED_BACK, PASSED_SOON = 0.6, 5 * DAY
"""Share of it that the account passes on to the gang's accounts, or to anybody within so many microseconds (design)."""


@dataclass(frozen=True, slots=True)
class Range:
    """An amount that is not known to the penny: minor units."""

    low: int
    estimate: int
    high: int

    def to_dict(self) -> dict[str, int]:
        """As plain data."""
        return {"low": self.low, "estimate": self.estimate, "high": self.high}


@dataclass(frozen=True, eq=False)
class Profit:
    """A gang's books, as far as the bank can see them.

    Attributes
    ----------
    currency : str
    controlled : tuple of str
        The accounts that are taken for the gang's own.
    takings : Range
        Tainted money that came into them from outside, each pound once: proceeds that come back are not counted again.
    refunds : Range
        What went back to those who had paid, tainted or not.
    costs : dict
        By kind: ``kit``, ``goods``, ``travel``, ``papers``, ``storage``, ``helpers`` paid in like sums, and ``people``
        paid for work. A payment that was taken back is none, here and below.
    payments_on : dict
        By kind: ``cash``, ``crypto``, ``purchases``, ``clients`` of an account that serves many, ``relatives`` and
        others who were paid, ``other_accounts``. Money that came back and left again is in it twice.
    retained : Range
        What is still in the controlled accounts; of one at another bank what it was paid.
    elsewhere : Range
        What repaid their overdrafts, and what fell below the trace's floor anywhere.
    profit : Range
        Takings less refunds and costs: what was paid on, what is retained, and what is elsewhere. Below zero where
        more went out than is known to have come in.
    """

    currency: str
    controlled: tuple[str, ...]
    takings: Range
    refunds: Range
    costs: dict[str, Range]
    payments_on: dict[str, Range]
    retained: Range
    elsewhere: Range
    profit: Range

    def to_dict(self) -> dict[str, Any]:
        """As plain data; amounts in minor units."""
        return {
            "currency": self.currency,
            "controlled": list(self.controlled),
            "takings": self.takings.to_dict(),
            "refunds": self.refunds.to_dict(),
            "costs": {kind: part.to_dict() for kind, part in self.costs.items()},
            "payments_on": {kind: part.to_dict() for kind, part in self.payments_on.items()},
            "retained": self.retained.to_dict(),
            "elsewhere": self.elsewhere.to_dict(),
            "profit": self.profit.to_dict(),
        }


def estimate_profit(
    made: Trace,
    *,
    controlled: Sequence[str] | None = None,
    rule: Rule = Rule.TAINTED_FIRST,
    tables: Tables | None = None,
) -> Profit:
    """A gang's takings, costs and profit from the money that a trace follows.

    Parameters
    ----------
    made : Trace
        From the transfers that brought a gang's money in, with what transfers carried.
    controlled : sequence of str, optional
        The gang's own accounts. Unless told, those that the seeds paid, and every account that had
        :data:`LEAST_JOINED` or more from them and had it from two of them or more, or passed
        :data:`PASSED_BACK` of it on: to them, or to any account within :data:`PASSED_SOON`. Those who paid seeds,
        suppliers and institutions are none.
    rule : Rule
        The one that the estimates go by; the ranges go over all rules of the trace that go by time.
    tables : Tables, optional
        What words and merchant categories mean.

    Raises
    ------
    ParameterError
        When the trace did not record what transfers carried, was not made by `rule`, or knows nothing of an account;
        when no account is named.
    """
    if made.carried is None:
        raise ParameterError("what transfers carried was not recorded; trace with record=True")
    rules = [one for one in BY_TIME if one in made.rules]
    if rule not in rules:
        raise ParameterError(f"the trace was not made by {rule}, or it keeps no order of time")
    # What only poison or the end-point rule touches would change what the same payments are taken for.
    made = replace(made, carried=made.carried.filter(pl.any_horizontal(pl.col(f"tainted_{one}") > 0 for one in rules)))
    ground = Ground(made.graph, tables) if tables else Ground(made.graph)
    own = _named(made, controlled) if controlled is not None else find_controlled(made, ground, rule)
    kinds = sort_payments(made, ground, own, PAID_TOGETHER_INFERRED if controlled is None else PAID_TOGETHER)
    books = {one: _Books.of(made, one, own, kinds) for one in rules}
    best = books[rule]

    def over(of: Callable[[_Books], float], least: Callable[[_Books], float] | None = None) -> Range:
        most = [of(one) for one in books.values()]
        fewest = [(least or of)(one) for one in books.values()]
        return Range(round(min(fewest)), round(of(best)), round(max(most)))

    def paid(kind: str) -> Range:
        return over(lambda one: one.paid.get(kind, 0))

    people = Range(
        0, round(PAY * best.paid.get("people", 0)), max(round(one.paid.get("people", 0)) for one in books.values())
    )
    others = Range(
        0,
        round((1 - PAY) * best.paid.get("people", 0)),
        max(round(one.paid.get("people", 0)) for one in books.values()),
    )
    return Profit(
        currency=made.graph.reference_currency,
        controlled=tuple(made.graph.names.gather(pl.Series(np.flatnonzero(own))).to_list()),
        takings=over(lambda one: one.takings),
        refunds=paid("refund"),
        costs={kind: paid(kind) for kind in (*COSTS, "helpers")} | {"people": people},
        payments_on={kind: paid(kind) for kind in ("cash", "crypto", "purchases", "clients")}
        | {"relatives": others, "other_accounts": paid("other")},
        retained=over(lambda one: one.retained),
        elsewhere=over(lambda one: one.elsewhere),
        profit=Range(
            round(min(one.profit(1.0) for one in books.values())),
            round(best.profit(PAY)),
            round(max(one.profit(0.0) for one in books.values())),
        ),
    )


def _named(made: Trace, accounts: Sequence[str]) -> NDArray[np.bool_]:
    if not accounts:
        raise ParameterError("no controlled account is named; leave them out to have them found")
    own: NDArray[np.bool_] = made.graph.names.is_in(pl.Series(list(accounts)).implode()).to_numpy()
    reached = set(made.accounts["account"].to_list())
    strange = [account for account in accounts if account not in reached]
    if strange:
        raise ParameterError(f"no tainted money reached account {strange[0]!r}")
    return own.copy()


def find_controlled(made: Trace, ground: Ground, rule: Rule = Rule.TAINTED_FIRST) -> NDArray[np.bool_]:
    """The accounts that behave as a gang's own; bool[accounts]. See :func:`estimate_profit`."""
    graph, carried = made.graph, made.carried
    assert carried is not None, "the caller has looked"
    place, tainted = carried["place"].to_numpy(), carried[f"tainted_{rule}"].to_numpy()
    debtor, creditor = graph.debtor[place], graph.creditor[place]
    pushed = (tainted > 0) & (debtor >= 0) & (creditor >= 0) & ~bought(graph.channel[place])
    kinds = graph.register["kind"].cast(pl.String()).fill_null("").to_numpy()
    seed = np.isin(place, made.seeds)
    own = np.zeros(graph.accounts, np.bool_)
    first = creditor[seed & (creditor >= 0)]
    own[first] = True
    barred = kinds == "institution"
    barred[debtor[seed & (debtor >= 0)]] = True
    own &= ~(kinds == "institution")
    barred |= find_suppliers(made, ground, np.ones(graph.accounts, np.bool_))
    pushed &= ~seed
    debtor, creditor, tainted, time = debtor[pushed], creditor[pushed], tainted[pushed], graph.time[place][pushed]
    passed = _passed(debtor, creditor, tainted, time)
    while True:
        came, back, soon = (np.zeros(own.size, np.int64) for _ in range(3))
        inward, onward = own[debtor] & ~own[creditor], ~own[debtor] & own[creditor]
        np.add.at(came, creditor[inward], tainted[inward])
        np.add.at(soon, creditor[inward], passed[inward])
        np.add.at(back, debtor[onward], tainted[onward])
        pairs = np.unique(np.stack([creditor[inward], debtor[inward]], axis=1), axis=0)
        payers = np.bincount(pairs[:, 0], minlength=own.size)
        passes = np.maximum(back, soon) >= PASSED_BACK * came
        more = ~own & ~barred & (came >= LEAST_JOINED) & (passes | (payers >= 2))
        if not more.any():
            return own
        own |= more


def _passed(
    debtor: NDArray[np.int32], creditor: NDArray[np.int32], tainted: NDArray[np.int64], time: NDArray[np.int64]
) -> NDArray[np.int64]:
    """What of each transfer's tainted money its payee pushed on within :data:`PASSED_SOON`; int64[m], time order."""
    found = np.zeros(tainted.size, np.int64)
    out: dict[int, list[int]] = {}
    for at, payer in enumerate(debtor.tolist()):
        out.setdefault(payer, []).append(at)
    spent = np.zeros(tainted.size, np.int64)
    for at, payee in enumerate(creditor.tolist()):
        rows = out.get(payee, [])
        for turn in range(bisect_right(rows, at), len(rows)):
            later = rows[turn]
            if time[later] - time[at] > PASSED_SOON or found[at] == tainted[at]:
                break
            part = min(tainted[at] - found[at], tainted[later] - spent[later])
            found[at] += part
            spent[later] += part
    return found


@dataclass(frozen=True, slots=True)
class _Books:
    """A gang's books by one rule, minor units."""

    takings: int
    paid: dict[str, int]
    retained: int
    elsewhere: int

    @classmethod
    def of(cls, made: Trace, rule: Rule, own: NDArray[np.bool_], kinds: NDArray[np.int8]) -> _Books:
        carried = made.carried
        assert carried is not None, "the caller has looked"
        tainted = carried[f"tainted_{rule}"].to_numpy()
        paid = {name: int(tainted[kinds == number].sum()) for number, name in enumerate(KINDS)}
        paid["refund"] = _refunded(made, own)
        held = made.accounts.filter(
            pl.col("account").is_in(made.graph.names.gather(pl.Series(np.flatnonzero(own))).implode())
        )
        total = made.totals.row(by_predicate=pl.col("rule") == str(rule), named=True)
        into = np.append(own, False)[made.graph.creditor[carried["place"].to_numpy()]]
        return cls(
            takings=_taken(made, rule, own),
            paid=paid,
            retained=int(held[f"tainted_{rule}"].sum()),
            elsewhere=int(carried[f"repaid_{rule}"].fill_null(0).to_numpy()[into].sum()) + total["dropped"],
        )

    def profit(self, pay: float) -> float:
        """Takings less refunds and costs, where `pay` is the share of what people were paid that was for work."""
        costs = sum(self.paid[kind] for kind in (*COSTS, "helpers"))
        return self.takings - self.paid["refund"] - costs - pay * self.paid["people"]


def _taken(made: Trace, rule: Rule, own: NDArray[np.bool_]) -> int:
    """Tainted money that came into the gang's accounts for the first time, less what was taken back from them.

    What another account pays them is, in equal shares, of what it had from them and of what it had from elsewhere.
    """
    graph, carried = made.graph, made.carried
    assert carried is not None, "the caller has looked"
    quiet, seeds, mine = find_quiet_exits(made, rule), set(made.seeds.tolist()), np.append(own, False)
    there: dict[int, float] = {}
    ours: dict[int, float] = {}
    taken = 0.0
    rows = dict.fromkeys(quiet, (0, 0))
    tainted = carried[f"tainted_{rule}"]
    kept = tainted - carried[f"repaid_{rule}"].fill_null(0)
    rows |= dict(zip(carried["place"], zip(tainted, kept, strict=True), strict=True))
    for at in sorted(rows):
        brought, stays = rows[at]
        payer, payee, hidden = int(graph.debtor[at]), int(graph.creditor[at]), quiet.get(at, 0)
        old = hidden if at in seeds else brought
        part = 1.0 if mine[payer] else ours.get(payer, 0.0) / there[payer] if there.get(payer) else 0.0
        if not mine[payer] and payer in there:
            gone = min(there[payer], old + (0 if at in seeds else hidden))
            there[payer], ours[payer] = there[payer] - gone, ours[payer] - part * gone
        if mine[payer] and at not in seeds:
            taken -= hidden
        if mine[payee]:
            taken += brought - part * old
        elif payee >= 0 and brought:
            there[payee] = there.get(payee, 0.0) + stays
            ours[payee] = ours.get(payee, 0.0) + part * old * stays / brought
    return round(taken)


def _refunded(made: Trace, own: NDArray[np.bool_]) -> int:
    """What went back to those who had paid, whole, not its tainted part alone, but no more than each had paid so far.

    A payment that the bank took back was none.
    """
    graph = made.graph
    payer = payers_of(made)
    back = np.append(own, False)[graph.debtor[: made.end]] & np.append(payer & ~own, False)[graph.creditor[: made.end]]
    back &= ~bought(graph.channel[: made.end])
    struck = np.concatenate([made.reversals.earlier, made.reversals.later])
    seeds, refunds = (np.setdiff1d(places, struck) for places in (made.seeds, np.flatnonzero(back)))
    had: dict[int, int] = {}
    refunded = 0
    paid_by = set(seeds.tolist())
    for at in np.union1d(seeds, refunds).tolist():
        debtor, creditor, amount = int(graph.debtor[at]), int(graph.creditor[at]), int(graph.amount[at])
        if at in paid_by:
            had[debtor] = had.get(debtor, 0) + amount
        else:
            part = min(amount, had.get(creditor, 0))
            had[creditor] = had.get(creditor, 0) - part
            refunded += part
    return refunded
