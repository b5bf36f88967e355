"""Tells the flow picture in words: what is drawn, where the money is, and what is merged or left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from moneytrail.errors import ParameterError
from moneytrail.flow_layout import Arrow, Kind, Lane, lay_out
from moneytrail.flow_sheet import cut
from moneytrail.tracing import MEANINGS, Rule, Standing
from moneytrail.wording import between, counted, listed, money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from moneytrail.tracing import Trace

LEFT_AS: Final = {
    Kind.CASH: ("cash", "taken out as cash"),
    Kind.OTHER_BANK: ("other bank", "paid to another bank, whose ledger is not seen"),
    Kind.PURCHASE: ("purchase?", "may have bought something"),
    Kind.OVERDRAFT: ("overdraft", "repaid an overdraft, and so went to the lender"),
    Kind.TAKEN_BACK: ("taken back", "withdrawn with a seed that was taken back"),
}
"""How an exit is called, and what that means."""

NAME_ROOM: Final = 40.0
"""Ems that a name may take in a sentence or a table."""
MOST_PAYERS: Final = 3
"""Payers of the seeds of one arrow that are named."""
MOST_ENDS: Final = 100
"""Accounts without a lane that the page names."""

_TOTALS: Final = {
    "in_accounts": "is in accounts at this bank",
    "other_banks": "went to other banks",
    "cash": "was taken out as cash",
    "overdrafts": "repaid overdrafts",
    "withdrawn": "was taken back with its seed",
    "dropped": "was dropped below the floor",
    "rounding": "is rounding",
}


@dataclass(frozen=True)
class Asked:
    """What was asked of a picture. Its SVG keeps it, so that the page beside it tells the same.

    Attributes
    ----------
    rule : Rule
    most_accounts : int
    frozen : sequence of int
        Account numbers of the graph, rising.
    held : mapping of int to Standing
    """

    rule: Rule
    most_accounts: int
    frozen: Sequence[int]
    held: Mapping[int, Standing]

    def attributes(self) -> str:
        """As attributes of an SVG."""
        lists = {"frozen": self.frozen}
        for standing in (Standing.SUSPECT, Standing.VICTIM):
            lists[f"{standing}s"] = sorted(account for account, held in self.held.items() if held is standing)
        told = {"rule": self.rule, "most-accounts": self.most_accounts}
        told |= {name: " ".join(map(str, accounts)) for name, accounts in lists.items()}
        return "".join(f' data-{name}="{value}"' for name, value in told.items())

    @classmethod
    def of(cls, svg: str) -> Asked:
        """Read back what :meth:`attributes` wrote."""
        found = dict(re.findall(r' data-([a-z-]+)="([a-z0-9_ ]*)"', svg[: svg.find(">")]))
        try:
            lists = {name: [int(one) for one in found[name].split()] for name in ("frozen", "suspects", "victims")}
            held = dict.fromkeys(lists["suspects"], Standing.SUSPECT) | dict.fromkeys(lists["victims"], Standing.VICTIM)
            return cls(Rule(found["rule"]), int(found["most-accounts"]), lists["frozen"], held)
        except (KeyError, ValueError):
            raise ParameterError("this is no picture that draw_flows made") from None


class Told:
    """A picture in words and as a layout."""

    def __init__(self, made: Trace, asked: Asked, title: str = "") -> None:
        self.made, self.asked = made, asked
        self.layout = lay_out(made, asked.rule, asked.most_accounts, asked.frozen, asked.held)
        self.title = title or f"Where the money went, by {MEANINGS[asked.rule].called}"

    def money(self, amount: int) -> str:
        """An amount in the ledger's currency."""
        return money(amount, self.made.graph.reference_currency)

    def amount(self, arrow: Arrow) -> str:
        """What is written at an arrow."""
        several = f" ({arrow.transfers:,})" if arrow.transfers > 1 else ""
        return ("seed " if arrow.kind is Kind.SEED else "") + self.money(arrow.amount) + several

    def name(self, lane: int, room: float, size: float) -> str:
        """A lane's name, cut to so many pixels."""
        own = self.layout.lanes[lane]
        if own.name is None:
            return counted(own.accounts, "other account")
        return cut(own.name, room, size) or "(no name)"

    def summary(self) -> list[str]:
        """Sentences: what is drawn, and where the money is."""
        layout, rule = self.layout, self.asked.rule
        lanes = sum(lane.name is not None for lane in layout.lanes)
        transfers = sum(arrow.transfers for arrow in layout.arrows)
        span = [when for step in layout.steps for when in step]
        when = f" {between(min(span), max(span))}" if span else ""
        said = [
            (
                f"{counted(lanes, 'account')} and {counted(transfers, 'transfer')}{when}, drawn as "
                f"{counted(len(layout.arrows), 'arrow')} in {counted(len(layout.steps), 'step')}."
            ),
            f"By {MEANINGS[rule].called} a payment takes {MEANINGS[rule].takes}; which rule applies is for a court.",
        ]
        row = next(row for row in self.made.totals.iter_rows(named=True) if row["rule"] == rule)
        parts = [f"{self.money(row[name])} {words}" for name, words in _TOTALS.items() if row[name]]
        return [*said, f"The seeds made {self.money(row['seeded'])} tainted: {listed(parts)}."]

    def notes(self, without: int) -> list[str]:
        """Sentences: what is merged, folded or left out; `without` is how many arrows have no room for an amount."""
        layout = self.layout
        said = []
        folded = next((lane for lane in layout.lanes if lane.name is None), None)
        if folded:
            marked = _marked(folded)
            among = f" (among them {listed(marked)})" if marked else ""
            said.append(
                f"Lane {len(layout.lanes)} stands for {counted(folded.accounts, 'other account')}{among}; together "
                f"they hold {self.money(folded.holds)} of tainted money."
            )
        if layout.inside[1]:
            moved, transfers = layout.inside
            said.append(
                f"{self.money(moved)} in {counted(transfers, 'transfer')} moved among those accounts, and is not drawn."
            )
        if layout.ends:
            there = self.money(sum(amount for _, amount in layout.ends))
            said.append(
                f"No lane for {counted(len(layout.ends), 'account')} from which no tainted money is seen to go on: "
                f"what reached them ({there}) is drawn as leaving."
            )
        if layout.unreached:
            said.append(
                f"{counted(layout.unreached, 'account')} more that the trace touched got no tainted money by this rule."
            )
        if layout.unmerged > len(layout.steps):
            said.append(
                f"{layout.unmerged:,} steps are merged to {len(layout.steps)}: within one, money may have come in and "
                "gone out again."
            )
        if without:
            said.append(f"{counted(without, 'arrow')} had no room for an amount.")
        if self.asked.rule is Rule.PARI_PASSU:
            said.append("This rule keeps no order of time: only the ends of the bands are exact.")
        return said

    def counts(self) -> str:
        """As attributes of an SVG, by which a picture of another trace is told."""
        layout = self.layout
        held, moved = sum(lane.holds for lane in layout.lanes), sum(arrow.amount for arrow in layout.arrows)
        return f'data-lanes="{len(layout.lanes)}" data-held="{held}" data-moved="{moved}"'

    def about(self, arrow: Arrow) -> list[str]:
        """An arrow in lines: from where, to where, how much, when."""
        transfers = counted(arrow.transfers, "transfer")
        return [
            f"from {self.source(arrow)}",
            f"to {self.target(arrow)}",
            f"{self.money(arrow.amount)} in {transfers}",
            between(arrow.first, arrow.last),
        ]

    def source(self, arrow: Arrow) -> str:
        """From where an arrow comes."""
        seed = "a seed, " if arrow.kind is Kind.SEED else ""
        if arrow.source is not None:
            return seed + self._lane(arrow.source)
        known = self.made.graph.names
        names = [cut(known[account], NAME_ROOM, 1) if account >= 0 else "cash" for account in arrow.payers]
        more = [counted(len(names) - MOST_PAYERS, "other")] if len(names) > MOST_PAYERS else []
        return f"{'seeds' if arrow.transfers > 1 else 'a seed'}, paid by {listed([*names[:MOST_PAYERS], *more])}"

    def target(self, arrow: Arrow) -> str:
        """Where an arrow leads."""
        if arrow.target is None:
            return LEFT_AS[arrow.kind][1]
        bought = f"; {self.money(arrow.bought)} of it {LEFT_AS[Kind.PURCHASE][1]}" if arrow.bought else ""
        return self._lane(arrow.target) + bought

    def _lane(self, lane: int) -> str:
        return f"{lane + 1} {self.name(lane, NAME_ROOM, 1)}"

    # As tables

    def tables(self) -> Iterable[str]:
        """What the picture shows as HTML: accounts, transfers, and where the money left."""
        columns = ("lane", "account", "held to be", "marks", "tainted money in", "paid on", "left", "holds", "balance")
        yield _table("Accounts, from top to bottom", columns, map(self._account, range(len(self.layout.lanes))))
        rows = (
            (
                str(arrow.step + 1), self.source(arrow), self.target(arrow), _Sum(f"{arrow.transfers:,}"),
                _Sum(self.money(arrow.amount)), between(arrow.first, arrow.last),
            )
            for arrow in self.layout.arrows
        )  # fmt: skip
        yield _table("Arrows, step by step", ("step", "from", "to", "transfers", "tainted money", "when"), rows)
        if self.layout.ends:
            most = self.layout.ends[:MOST_ENDS]
            ends = [(cut(name, NAME_ROOM, 1), _Sum(self.money(amount))) for name, amount in most]
            if len(self.layout.ends) > len(most):
                rest = self.layout.ends[MOST_ENDS:]
                there = sum(amount for _, amount in rest)
                ends.append((counted(len(rest), "other account"), _Sum(self.money(there))))
            yield _table("Accounts without a lane, drawn as exits", ("account", "tainted money"), ends)

    def _account(self, number: int) -> tuple[str, ...]:
        lane = self.layout.lanes[number]
        marks = [*["at another bank"] * lane.outside, *["frozen"] * lane.frozen, *_marked(lane)]
        left = [f"{LEFT_AS[kind][0]} {self.money(amount)} ({many:,})" for kind, (amount, many) in lane.exits.items()]
        sums = [_Sum(self.money(amount)) for amount in (lane.came, lane.paid)]
        balance = "" if lane.name is None else "not seen"
        if lane.balance is not None:
            balance = self.money(lane.balance)
        standing = "" if lane.name is None else str(lane.standing)
        name = self.name(number, NAME_ROOM, 1)
        return (str(number + 1), name, standing, ", ".join(marks), *sums, "; ".join(left), _Sum(self.money(lane.holds)),
                _Sum(balance))  # fmt: skip


def _marked(lane: Lane) -> list[str]:
    """What is known of folded accounts: ``1 frozen``, ``2 suspects``."""
    return [
        f"{number:,} {mark}" if mark == "frozen" else counted(number, mark)
        for mark, number in sorted(lane.marked.items())
    ]


class _Sum(str):
    """A cell that stands to the right."""

    __slots__ = ()


_RIGHT: Final = '<td class="sum">'


def _table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "\n".join(
        "<tr>"
        + "".join(f"{_RIGHT if isinstance(cell, _Sum) else '<td>'}<bdi>{escape(cell)}</bdi></td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    top = f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>"
    return f"<table>\n{top}\n<tbody>\n{body}\n</tbody>\n</table>"
