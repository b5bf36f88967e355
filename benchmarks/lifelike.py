"""How lifelike the simulated bank is: its payments beside Berka's (a real bank) and AMLSim's (another synthetic one).

Run it as ``python -m benchmarks.lifelike --berka DIR --amlsim DIR``. Each measure has a test, a bar and the figure of
both synthetic banks against the real one. Compared are credit transfers, direct debits and cash of persons' accounts,
without cards: Berka's excerpt is of 1993 and 1994 and has hardly any. *Shapes* are free of the level: amounts over the
bank's median, gaps over the account's mean gap, counts spread evenly over their unit and over their median. *Levels*
are not, and a British account of today is busier than a Czech one of 1993: they are told, and nothing is tuned to them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from moneytrail.simulate import Wish, simulate_to, views
from moneytrail.simulate.plots import draw

Values = np.ndarray[Any, np.dtype[np.float64]]


class Measure(NamedTuple):
    """One measure of a view.

    Attributes
    ----------
    name : str
    of : callable
        Gives the values of a view; of a share, zeros and ones.
    share : bool
        Compared by the difference of means; otherwise by the two-sample Kolmogorov-Smirnov statistic.
    bar : float
        The most that the test may give. Design.
    level : bool
        Not free of how busy an account is.
    """

    name: str
    of: Callable[[pl.DataFrame], Values]
    share: bool
    bar: float
    level: bool = False


def amounts(view: pl.DataFrame) -> Values:
    """Amounts over the bank's median, powers of ten."""
    values = _floats(view["amount"])
    found: Values = np.log10(values / np.median(values))
    return found


def peers(view: pl.DataFrame) -> Values:
    """Different counterparties of an account in a month."""
    return _floats(views.months(view)["peers"])


def peers_shape(view: pl.DataFrame) -> Values:
    """Counterparties a month over their median, months without any left out."""
    return _over_median(peers(view))


def payments(view: pl.DataFrame) -> Values:
    """Payments of an account in a month."""
    return _floats(views.months(view)["payments"])


def payments_shape(view: pl.DataFrame) -> Values:
    """Payments a month over their median."""
    return _over_median(payments(view))


def spread(counts: Values) -> Values:
    """Spread equal counts evenly over their unit, so that steps between small numbers do not decide a test."""
    found, first, number = np.unique(np.sort(counts), return_index=True, return_counts=True)
    rank = np.arange(counts.size) - np.repeat(first, number)
    spread_out: Values = np.repeat(found - 0.5, number) + (rank + 0.5) / np.repeat(number, number)
    return spread_out


def _over_median(counts: Values) -> Values:
    found = spread(counts[counts > 0])
    shape: Values = found / np.median(found) if found.size else found
    return shape


def monthly(view: pl.DataFrame) -> Values:
    """Whether payments with a counterparty recur 27 to 34 days before or after."""
    return _floats(views.recurring(view))


def monthly_bills(view: pl.DataFrame) -> Values:
    """The same of bills: direct debits, or in a bank without any, outgoing transfers, Berka's standing orders."""
    debits = view.filter(pl.col("channel") == "direct_debit")
    return monthly(debits if debits.height else view.filter(~pl.col("incoming"), pl.col("channel") != "cash"))


def round_sums(view: pl.DataFrame) -> Values:
    """Whether amounts have no more than two digits before trailing zeros."""
    return _floats(views.is_round(view))


def with_peer(view: pl.DataFrame) -> Values:
    """Whether payments have a counterparty; cash has none."""
    return _floats(view["peer"].is_not_null())


def _floats(values: pl.Series) -> Values:
    numbers: Values = values.cast(pl.Float64).to_numpy()
    return numbers


MEASURES: Final = (
    Measure("amounts over the median", amounts, share=False, bar=0.25),
    Measure("gaps over the account's mean", views.paces, share=False, bar=0.25),
    Measure("payments a month over the median", payments_shape, share=False, bar=0.25),
    Measure("counterparties over the median", peers_shape, share=False, bar=0.25),
    Measure("bills that recur monthly", monthly_bills, share=True, bar=0.10),
    Measure("round amounts", round_sums, share=True, bar=0.10),
    Measure("days between payments", views.gaps, share=False, bar=0.30, level=True),
    Measure("payments a month", payments, share=False, bar=0.30, level=True),
    Measure("counterparties a month", peers, share=False, bar=0.30, level=True),
    Measure("all that recur monthly", monthly, share=True, bar=0.10, level=True),
    Measure("payments with a counterparty", with_peer, share=True, bar=0.10, level=True),
)


def apart(measure: Measure, one: Values, other: Values) -> float:
    """How far two samples are apart: 0 alike, 1 apart altogether."""
    if not one.size or not other.size:
        return 1.0
    if measure.share:
        return abs(float(one.mean()) - float(other.mean()))
    from scipy.stats import ks_2samp

    return float(ks_2samp(one, other, method="asymp").statistic)


def compare(real: pl.DataFrame, made: dict[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """Hold every measure of the views in `made` to that of `real`; one record a measure."""
    records = []
    for measure in MEASURES:
        truth = measure.of(real)
        found = {name: measure.of(view) for name, view in made.items()}
        banks = {
            name: {**_summary(measure, values), "apart": (distance := apart(measure, truth, values)),
                   "within": distance <= measure.bar}
            for name, values in found.items()
        }  # fmt: skip
        records.append(
            {
                "measure": measure.name,
                "kind": "level" if measure.level else "shape",
                "test": "difference of shares" if measure.share else "Kolmogorov-Smirnov statistic",
                "bar": measure.bar,
                "real": _summary(measure, truth),
                **banks,
            }
        )
    return records


def _summary(measure: Measure, values: Values) -> dict[str, float]:
    if not values.size:
        return {}
    if measure.share:
        return {"share": float(values.mean())}
    low, middle, high = np.percentile(values, (10, 50, 90)).tolist()
    return {"p10": low, "p50": middle, "p90": high}


def nearest(records: list[dict[str, Any]], names: Sequence[str]) -> dict[str, int]:
    """How many measures each bank comes nearest to the real one in."""
    best = [min(names, key=lambda name: record[name]["apart"]) for record in records]
    return {name: best.count(name) for name in names}


def table(document: dict[str, Any]) -> str:
    """Write the document as text."""
    names = [name for name in ("simulated", "amlsim") if name in document["payments"]]
    width = 30
    head = f"{'':<34}{'test':<6}{'bar':>5}  {'Berka':<{width}}" + "".join(f"{name:<{width}}" for name in names)
    lines = [f"{name}: {count:,} payments compared" for name, count in document["payments"].items()]
    for kind in ("shape", "level"):
        lines += ["", head.replace(" " * len(kind), kind, 1).rstrip()]
        for record in document["measures"]:
            if record["kind"] == kind:
                test = "share" if "share" in record["real"] else "KS"
                cells = "".join(f"{_cell(record[name]):<{width}}" for name in names)
                name, bar, real = record["measure"], record["bar"], _numbers(record["real"])
                lines.append(f"{name:<34}{test:<6}{bar:>5.2f}  {real:<{width}}{cells}".rstrip())
    lines += ["", "nearest to Berka in: " + ", ".join(f"{name} {n}" for name, n in document["nearest"].items())]
    return "\n".join(lines)


def _numbers(summary: dict[str, Any]) -> str:
    return "/".join(f"{summary[key] + 0.0:.2f}" for key in ("p10", "p50", "p90", "share") if key in summary)


def _cell(found: dict[str, Any]) -> str:
    return f"{found['apart']:.3f} {'in' if found['within'] else 'OUT'} ({_numbers(found)})"


def measure_folder(folder: Path, berka: Path, amlsim: Path | None) -> dict[str, Any]:
    """Compare the simulated bank in `folder` with the others."""
    real = views.berka(berka)
    made = {"simulated": views.simulated(folder)} | ({"amlsim": views.amlsim(amlsim)} if amlsim else {})
    records = compare(real, made)
    return {
        "payments": {"berka": real.height, **{name: view.height for name, view in made.items()}},
        "measures": records,
        "nearest": nearest(records, list(made)),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate a bank, or take one, and print how near it is."""
    options = _parser().parse_args(arguments)
    with TemporaryDirectory() as scratch:
        folder = options.bank or Path(scratch) / "bank"
        if options.bank is None:
            simulate_to(folder, Wish(customers=options.customers, days=options.days, seed=options.seed))
        document = measure_folder(folder, options.berka, options.amlsim)
        if options.plots:
            drawn = draw(folder, options.plots, berka=options.berka, amlsim=options.amlsim)
            document["plots"] = [str(path) for path in drawn]
    print(json.dumps(document, indent=2) if options.json else table(document))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lifelike", description=__doc__)
    parser.add_argument("--berka", type=Path, required=True, help="folder of Berka's trans*.asc")
    parser.add_argument("--amlsim", type=Path, help="folder of AMLSim's transactions.csv[.gz]")
    parser.add_argument("--bank", type=Path, help="a simulated bank to measure, rather than a new one")
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plots", type=Path, help="a folder for the figures")
    return parser


if __name__ == "__main__":
    sys.exit(main())
