"""From files to a trace as plain data: what ``moneytrail trace`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from moneytrail.errors import ParameterError
from moneytrail.schema import CURRENCY_EXPONENTS
from moneytrail.tracing import CONSERVING, Rule, trace

if TYPE_CHECKING:
    from pathlib import Path

    from moneytrail.loading import Loaded
    from moneytrail.runs import Tell
    from moneytrail.tracing import Trace

MOST_FLOOR: Final = 10**12


@dataclass(frozen=True)
class Question:
    """What is asked of a ledger.

    Attributes
    ----------
    seeds : sequence of str
        Transaction ids.
    rules : sequence of Rule
    until : datetime or None
    floor : str
        In whole units of the reference currency with decimals, such as ``1.50``.
    through_other_banks : bool
    """

    seeds: Sequence[str]
    rules: Sequence[Rule]
    until: datetime | None = None
    floor: str = "0"
    through_other_banks: bool = False


@dataclass(frozen=True, eq=False)
class Traced:
    """A trace, and what it was made from."""

    loaded: Loaded
    made: Trace
    until: datetime | None

    @property
    def currency(self) -> str:
        """The currency of all amounts."""
        return self.made.graph.reference_currency

    def plain(self) -> dict[str, Any]:
        """The trace as one JSON document, with every account that is tainted by any rule; amounts in minor units."""
        made = self.made
        rows = [
            row for row in made.accounts.iter_rows(named=True) if any(row[f"tainted_{rule}"] for rule in made.rules)
        ]
        return {
            "rules": {
                str(rule): {
                    row["account"]: {"tainted": row[f"tainted_{rule}"], "unknown": row[f"unknown_{rule}"]}
                    for row in rows
                }
                for rule in made.rules
            },
            "accounts": {
                row["account"]: {"balance": row["balance"], "at_another_bank": row["outside"], **band(row, made.rules)}
                for row in rows
            },
            "totals": {row.pop("rule"): row for row in made.totals.to_dicts()},
            "seeds": made.graph.transaction_ids(made.seeds).to_list(),
            "currency": self.currency,
            "until": self.until.isoformat() if self.until else None,
            "floor": made.floor,
            "transfers": made.end,
            "rows": self.loaded.rows,
            "source": dict(self.loaded.source),
        }

    def largest(self) -> list[dict[str, Any]]:
        """The accounts that hold tainted money by any conserving rule, the largest high figure first."""
        rows = [row | band(row, self.made.rules) for row in self.made.accounts.iter_rows(named=True)]
        return sorted((row for row in rows if row["high"]), key=lambda row: (-row["high"], row["account"]))


def band(row: Mapping[str, Any], rules: Sequence[Rule]) -> dict[str, int | None]:
    """The least and the most tainted money of an account over the rules but poison; ``None`` when there is none."""
    found = [row[f"tainted_{rule}"] for rule in rules if rule in CONSERVING]
    return {"low": min(found, default=None), "high": max(found, default=None)}


def trace_files(loaded: Loaded, question: Question, tell: Tell) -> Traced:
    """Follow the seeds' money through what was read.

    Raises
    ------
    ParameterError
    """
    floor = minor_units(question.floor, loaded.graph.reference_currency)
    made = trace(
        loaded.graph,
        question.seeds,
        question.rules,
        until=question.until,
        floor=floor,
        through_other_banks=question.through_other_banks,
        tell=lambda done: tell("trace", min(0.999, done)),
    )
    tell("trace", 1.0)
    return Traced(loaded, made, question.until)


def minor_units(text: str, currency: str) -> int:
    """An amount of money as whole minor units.

    Raises
    ------
    ParameterError
        When it is none, is below zero, has more decimals than the currency, or is beyond a thousand billion.
    """
    try:
        amount = Decimal(text).scaleb(CURRENCY_EXPONENTS[currency])
    except InvalidOperation:
        raise ParameterError(f"{text!r} is no amount of money") from None
    if not amount.is_finite() or amount < 0 or amount > MOST_FLOOR or amount != amount.to_integral_value():
        raise ParameterError(f"{text!r} is no amount of {currency} from zero on, or has too many decimals")
    return int(amount)


def read_seeds(path: Path) -> list[str]:
    """Transaction ids, one a line; empty lines are passed over.

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
        raise ParameterError(f"{path} names no transfer")
    return found
