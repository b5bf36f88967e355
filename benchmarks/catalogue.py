"""What the catalogue finds on simulated banks at their default base rate, and at what price.

``python -m benchmarks.catalogue [--seeds 7] [--customers N] [--days D] [--strengths 0,1] [--per 5000]
[--plot FILE.svg] [--json]``. One bank a seed and strength; 0 makes every gang naive, 1 every gang careful. Typologies
alone: no detector. Told are, for each typology: planted attempts and those found; matches and how many of them are a
gang's; of its first 100, 500 and 2,000 matches by score the share that is a gang's; how long before or after half of
the money had left it could be detected; seconds. And for each bank: alerts within the budget of one for so many
customers a week, the share that is a gang's, the gangs found, and which honest populations the other alerts are about.

An attempt is found when matches of its own typology hold at least half of its transfers, or one is about its account
while it lasts and holds one of its transfers. A match is a gang's when at least half of its evidence is; an alert, when
one of its matches is. Money has half left when, by the truth's ledger, half of what the attempt brought into its
account had gone on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from moneytrail.scoring import Pipeline
from moneytrail.simulate import simulate
from moneytrail.typologies import CATALOGUE
from moneytrail.wording import counted

STRENGTHS: Final = ("naive", "careful", "incomplete")
BUDGETS: Final = (100, 500, 2_000)
BARS: Final = (("naive", "#0072B2", ""), ("careful", "#E69F00", "//"))
HALF: Final = 0.5
"""Share of an attempt's transfers, of a match's evidence, of the money. Design."""

AFTERWARDS: Final = timedelta(days=30)
"""How long after an attempt's last transfer its money is followed."""


@dataclass(frozen=True)
class Result:
    """One bank's truth and what a run made of it, as frames."""

    attempts: pl.DataFrame
    transfers: pl.DataFrame
    ledger: pl.DataFrame
    populations: pl.DataFrame
    booked: pl.DataFrame
    matches: pl.DataFrame
    evidence: pl.DataFrame
    alerts: pl.DataFrame

    def illicit_matches(self) -> pl.DataFrame:
        """Each match with the gang that at least half of its evidence belongs to, null for none."""
        owner = self.transfers.select("transaction_id", "gang").unique("transaction_id")
        proof = self.evidence.join(owner, on="transaction_id", how="left")
        each = proof.group_by("match_id").agg(
            share=pl.col("gang").is_not_null().mean(), gang=pl.col("gang").drop_nulls().mode().sort().first()
        )
        made = self.matches.select("match_id", "typology", "subject", "score", "detectable_at", "suppressors")
        return made.join(each, on="match_id", how="left").with_columns(
            gang=pl.when(pl.col("share") >= HALF).then("gang")
        )

    def found(self) -> pl.DataFrame:
        """Every attempt with `found`, its earliest `detectable_at`, and its first and last transfer."""
        own = self.transfers.join(self.booked, on="transaction_id").join(
            self.attempts.select("attempt", "typology", "account"), on="attempt", suffix="_of_attempt"
        )
        spans = own.group_by("attempt").agg(first=pl.col("booked_at").min(), last=pl.col("booked_at").max())
        proof = self.evidence.join(
            self.matches.select("match_id", "typology", "subject", "detectable_at"), on="match_id"
        )
        hits = own.select("attempt", "transaction_id", "account", typology="typology_of_attempt").join(
            proof, on=["transaction_id", "typology"]
        )
        size = own.group_by("attempt").agg(size=pl.col("transaction_id").n_unique())
        held = hits.group_by("attempt").agg(
            held=pl.col("transaction_id").n_unique(),
            about=(pl.col("account") == pl.col("subject")).any(),
            detectable_at=pl.col("detectable_at").min(),
        )
        seen = self.attempts.join(spans, on="attempt", how="left").join(size, on="attempt", how="left")
        return seen.join(held, on="attempt", how="left").with_columns(
            found=((pl.col("held") >= HALF * pl.col("size")) | pl.col("about")).fill_null(False)
        )

    def half_left(self, account: str, first: datetime, last: datetime) -> datetime | None:
        """When half of what came into a gang's place from `first` to `last` had left it; ``None``: never seen to."""
        near = self.ledger.filter(pl.col("time").is_between(first, last + AFTERWARDS))
        came = int(near.filter((pl.col("target") == account) & (pl.col("time") <= last))["amount"].to_numpy().sum())
        gone = near.filter(pl.col("source") == account).sort("time").with_columns(total=pl.col("amount").cum_sum())
        late = gone.filter(pl.col("total") >= HALF * came)
        return late["time"][0] if came and late.height else None


def by_typology(result: Result, seconds: dict[str, float]) -> dict[str, dict[str, Any]]:
    """The figures of each typology, whether or not anything of it was planted."""
    found, matches = result.found(), result.illicit_matches()
    told: dict[str, dict[str, Any]] = {}
    for entry in CATALOGUE:
        own = matches.filter(pl.col("typology") == entry.id).sort("score", "match_id", descending=[True, False])
        planted = found.filter(pl.col("typology") == entry.id)
        told[entry.id] = {
            "planted": {s: planted.filter(pl.col("strength") == s).height for s in STRENGTHS},
            "found": {s: planted.filter((pl.col("strength") == s) & pl.col("found")).height for s in STRENGTHS},
            "matches": own.height,
            "suppressed": own.filter(pl.col("suppressors").list.len() > 0).height,
            "of_a_gang": own["gang"].count(),
            "precision": {str(n): _share(own.head(n)["gang"]) for n in BUDGETS},
            "lead_hours": _leads(result, planted.filter("found")),
            "seconds": seconds.get(f"typology {entry.id}", 0.0),
        }
    return told


def _share(gangs: pl.Series) -> float | None:
    return round(gangs.count() / gangs.len(), 4) if gangs.len() else None


def _leads(result: Result, found: pl.DataFrame) -> list[float]:
    """Hours from the moment at which each found attempt could be detected until half of the money had left."""
    leads = []
    for row in found.iter_rows(named=True):
        left = result.half_left(row["account"], row["first"], row["last"])
        if left is not None:
            leads.append(round((left - row["detectable_at"]).total_seconds() / 3600, 1))
    return sorted(leads)


def by_alert(result: Result, budget: int, *, raised: bool = False) -> dict[str, Any]:
    """What stands in the first alerts: gangs, and the honest populations that the others are about.

    Of the `raised` ones the risk is above the pipeline's line too; without that, whatever comes first is counted.
    """
    owner = result.illicit_matches().select("match_id", "gang")
    first = result.alerts.filter("within_budget" if raised else pl.lit(True)).sort("rank").head(budget)
    members = first.select("alert_id", pl.col("match_ids").alias("match_id")).explode("match_id")
    gangs = members.join(owner, on="match_id").group_by("alert_id").agg(gangs=pl.col("gang").drop_nulls().unique())
    told = first.join(gangs, on="alert_id", how="left").with_columns(ours=pl.col("gangs").list.len() > 0)
    false = told.filter(~pl.col("ours").fill_null(False))
    ordinary = pl.Series(["ordinary customers"])
    kinds: Counter[str] = Counter()
    by_account = result.populations.group_by("account").agg(pl.col("population").sort())
    named = false.with_columns(account=pl.col("subjects").list.first()).join(by_account, on="account", how="left")
    for populations in named["population"]:
        kinds[" + ".join(ordinary if populations is None else populations)] += 1
    seen = told["gangs"].explode().drop_nulls().n_unique()
    return {
        "budget": budget,
        "alerts": first.height,
        "of_a_gang": first.height - false.height,
        "gangs": result.attempts["gang"].n_unique(),
        "gangs_found": seen,
        "look_alikes": dict(kinds.most_common()),
    }


def measure(seed: int, strength: float, options: argparse.Namespace) -> dict[str, Any]:
    """Simulate one bank, search it and hold the result against the truth."""
    bank = simulate(options.customers, options.days, seed, strength=strength)
    budget = max(1, round(options.customers / options.per * options.days / 7))
    arrivals = bank.arrivals.select("day", "arrivals", red=pl.col("band") == "red")
    report = Pipeline(alert_budget=max(budget, *BUDGETS)).run(bank.transfers, bank.accounts, arrivals)
    truth = bank.truth
    result = Result(
        truth["attempts"], truth["transfers"], truth["ledger"], truth["populations"],
        bank.transfers.select("transaction_id", "booked_at"), report.matches, report.evidence, report.alert_frame,
    )  # fmt: skip
    seconds = report.record["seconds"]
    return {
        "seed": seed,
        "strength": strength,
        **{name: bank.counts()[name] for name in ("transfers", "illicit", "gangs")},
        "budget": budget,
        "raised": by_alert(result, budget, raised=True),
        "alerts": {str(number): by_alert(result, number) for number in BUDGETS},
        "typologies": by_typology(result, seconds),
        "seconds": round(sum(taken for name, taken in seconds.items() if name.startswith("typology")), 2),
    }


def table(document: dict[str, Any]) -> str:
    """The document as text: a table a strength, summed over seeds."""
    return "\n\n".join(_of_strength(strength, document["banks"]) for strength in document["strengths"])


def _of_strength(strength: float, banks: Sequence[dict[str, Any]]) -> str:
    own = [bank for bank in banks if bank["strength"] == strength]
    lines = [
        f"## Strength {strength:g}\n",
        f"{counted(len(own), 'bank')}, {sum(bank['transfers'] for bank in own):,} transfers.",
    ]
    for bank in own:
        told = bank["raised"]
        lines.append(
            f"\nSeed {bank['seed']}: {told['alerts']} alerts are raised of a budget of {told['budget']}; "
            f"{told['of_a_gang']} of them are a gang's, {told['gangs_found']} of {told['gangs']} gangs are in them; "
            f"the others are about: {_first(told['look_alikes'])}. {bank['seconds']} s.\n"
        )
        lines += ["| first alerts by risk, raised or not | there are | a gang's | gangs | look-alikes in them |"]
        lines += ["|---|---|---|---|---|"]
        lines += [
            f"| {number} | {first['alerts']} | {first['of_a_gang']} ({_share_of(first['of_a_gang'], first['alerts'])}) "
            f"| {first['gangs_found']} | {_first(first['look_alikes'])} |"
            for number, first in bank["alerts"].items()
            if first["alerts"]
        ]
    lines.append("")
    headings = (
        "typology",
        "naive",
        "careful",
        "cut short",
        "matches",
        "a gang's",
        *(f"first {n:,}" for n in BUDGETS),
        "lead h",
        "s",
    )
    lines.append("| " + " | ".join(headings) + " |")
    lines.append("|" + "---|" * len(headings))
    for entry in CATALOGUE:
        rows = [bank["typologies"][entry.id] for bank in own]
        cells = [entry.id, *(_cell(rows, s) for s in STRENGTHS)]
        cells += [f"{sum(row[name] for row in rows):,}" for name in ("matches", "of_a_gang")]
        cells += [_pooled(rows, n) for n in BUDGETS]
        leads = sorted(lead for row in rows for lead in row["lead_hours"])
        cells += [f"{leads[(len(leads) - 1) // 2]:.0f}" if leads else "–"]
        cells += [f"{sum(row['seconds'] for row in rows):.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(rows: Iterable[dict[str, Any]], strength: str) -> str:
    pairs = [(row["found"][strength], row["planted"][strength]) for row in rows]
    planted = sum(planted for _, planted in pairs)
    return f"{sum(found for found, _ in pairs)} of {planted}" if planted else "–"


def _pooled(rows: Sequence[dict[str, Any]], number: int) -> str:
    """Share that is a gang's of the first so many matches of each bank together."""
    seen = sum(min(number, row["matches"]) for row in rows)
    hits = sum(min(number, row["matches"]) * (row["precision"][str(number)] or 0.0) for row in rows)
    return _share_of(hits, seen)


def _share_of(part: float, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _first(kinds: dict[str, int], number: int = 6) -> str:
    return ", ".join(f"{name} {count}" for name, count in list(kinds.items())[:number]) or "none"


def draw(document: dict[str, Any], path: Path) -> None:
    """Recall of each typology, naive beside careful, as a figure."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    ids = [entry.id for entry in CATALOGUE]
    with mpl.rc_context({"svg.hashsalt": "moneytrail", "svg.fonttype": "none", "font.size": 8.0}):
        figure = Figure(figsize=(7.5, 8.0), layout="constrained")
        axes = figure.subplots()
        for shift, (strength, colour, hatch) in zip((-0.2, 0.2), BARS, strict=True):
            recalls = [_recall([bank["typologies"][name] for bank in document["banks"]], strength) for name in ids]
            places = [place + shift for place in range(len(ids))]
            axes.barh(places, recalls, height=0.38, label=f"{strength} attempts", color=colour, hatch=hatch)
        axes.set_yticks(range(len(ids)), [f"{entry.id} {entry.name}" for entry in CATALOGUE])
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of planted attempts found")
        axes.legend(loc="lower right", frameon=False)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _recall(rows: Sequence[dict[str, Any]], strength: str) -> float:
    planted = sum(row["planted"][strength] for row in rows)
    return sum(row["found"][strength] for row in rows) / planted if planted else 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, search and print."""
    options = _parser().parse_args(arguments)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    strengths = [float(strength) for strength in options.strengths.split(",")]
    banks = [measure(seed, strength, options) for strength in strengths for seed in seeds]
    document = {"strengths": strengths, "banks": banks}
    if options.plot:
        draw(document, options.plot)
    print(json.dumps(document, indent=2) if options.json else table(document))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.catalogue", description=__doc__)
    parser.add_argument("--seeds", default="7", help="joined by commas (default 7)")
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--strengths", default="0,1", help="shares of careful attempts, joined by commas (default 0,1)")
    parser.add_argument("--per", type=int, default=5_000, help="customers for one alert a week (default 5000)")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw recall by typology")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
