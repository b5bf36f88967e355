"""The figures of the models' cards: ``python -m models.measure``. Banks that no shipped model was fitted on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import average_precision_score, roc_auc_score

from moneytrail.artifacts import latest, shipped_models
from moneytrail.combination import Combination
from moneytrail.combination_folder import KIND, load_combination
from moneytrail.evaluation.alerting import AlertBudget, Desk
from moneytrail.evaluation.case import Case
from moneytrail.evaluation.groups import ORDINARY, GroupRate, pooled
from moneytrail.evaluation.metrics import Ranked, at_budget, average_precision, bootstrap, clusters, interval
from moneytrail.evaluation.splits import Split
from moneytrail.features import compute
from moneytrail.graph import DAY, TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.runs import Inputs
from moneytrail.scoring import SHIPPED_DETECTORS, Pipeline, load_detectors
from moneytrail.simulate import Wish, simulate

BANKS = ((2001, 3000, 120), (2002, 1500, 200), (2003, 5000, 90))
STRANGE = 0.99

CAREFUL = (
    (2101, 3000, 180),
    (2102, 2000, 240),
    (2103, 4000, 150),
    (2104, 5000, 180),
    (2105, 3000, 240),
    (2106, 5000, 150),
)
"""Seed, customers and days of the banks that the combination is measured on; every attempt is careful there."""

WARM = 30 * DAY
"""The windows of a bank's first days are not full: nothing is measured or learned there."""

LINE = 1 / 1_000
"""The best share of transfers, above which error rates are told by group."""

PUBLIC = Path(__file__).parents[2] / "shared" / "data"
PUBLIC_FILES = ("amlsim/transactions.csv.gz", "amlworld/HI-Small_partial.csv")


def combination_figures(model: Combination) -> dict[str, Any]:
    """Figures of the combination on simulated banks that it was not fitted on, and error rates by group."""
    banks, above, rates = [], [], []
    for seed, customers, days in CAREFUL:
        wish = Wish(customers, days, seed, strength=1.0)
        case = Case.simulated(wish, ExchangeRates.load(), lambda stage, done: None)
        rows = case.scored & (case.graph.time >= case.graph.time[0] + WARM)
        scores = model.score(case.graph)
        asked = {"seed": seed, "customers": customers, "days": days, "strength": 1.0}
        told, groups = _alerts(case, rows, scores)
        banks.append(asked | _figures(case, rows, scores) | told)
        above.append(_above(case, rows, scores))
        rates.append(groups)
    return {
        "simulated_banks": banks,
        "honest_above_line": _by_group(pl.concat(above)),
        "line_share": LINE,
        "groups": [group.to_dict() for group in pooled(rates)],
        "budget": str(AlertBudget()),
    }


def release_groups(metrics: Mapping[str, Any]) -> tuple[GroupRate, ...]:
    """The groups of a manifest's metrics, for the gate."""
    return tuple(GroupRate(**group) for group in metrics["groups"])


def _figures(case: Case, rows: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    truth = case.illicit[rows]
    ranked = Ranked.of(truth, scores[rows])
    cluster = clusters(case.attempt.filter(rows), case.graph.time[rows], truth)
    drawn = bootstrap(ranked, cluster, {"average_precision": average_precision}, seed=1)
    best = at_budget(ranked, round(LINE * truth.size))
    return {
        "illicit_share": float(truth.mean()),
        "average_precision": average_precision(ranked),
        "average_precision_interval": interval(drawn["average_precision"]),
        "precision_above_line": best.precision,
        "recall_above_line": best.recall,
        "mean_probability": float(scores[rows].mean()),
    }


def _alerts(case: Case, rows: np.ndarray, scores: np.ndarray) -> tuple[dict[str, Any], tuple[GroupRate, ...]]:
    """What a budget of one alert per 5,000 customers a week finds after the first 30 days, and whom it names."""
    nothing = np.zeros_like(rows)
    border = int(case.graph.time[0] + WARM)
    desk = Desk.of(case, Split(nothing, nothing, nothing, rows, (border, border), {}), AlertBudget())
    raised = desk.raised(scores)
    told = desk.figures(raised)
    names = ("attempts_found", "alert_precision", "money_in_reach")
    return {"alerts": len(raised.raised)} | {name: told[name] for name in names}, desk.rates(raised)


def _above(case: Case, rows: np.ndarray, scores: np.ndarray) -> pl.DataFrame:
    """Honest transfers by the look-alike population of either side, and whether they lie above the line."""
    assert case.truth is not None
    line = np.sort(scores[rows])[-max(1, round(LINE * int(rows.sum())))]
    names, graph = case.graph.names, case.graph
    honest = np.flatnonzero(rows & ~case.illicit)
    sides = [
        pl.DataFrame({"transfer": honest, "above": scores[honest] >= line, "side": side[honest]})
        for side in (graph.debtor, graph.creditor)
    ]
    own = pl.DataFrame({"side": np.arange(len(names)), "account": names})
    groups = case.truth["populations"].select("account", group="population").unique()
    known = pl.concat(sides).join(own.with_columns(pl.col("side").cast(pl.Int64)), on="side", how="left")
    told = known.with_columns(pl.col("side").cast(pl.Int64)).join(groups, on="account", how="left")
    return told.with_columns(pl.col("group").fill_null(ORDINARY)).unique(["transfer", "group"]).select("group", "above")


def _by_group(above: pl.DataFrame) -> list[dict[str, Any]]:
    counted = above.group_by("group").agg(transfers=pl.len(), above=pl.col("above").sum())
    return counted.with_columns(share=pl.col("above") / pl.col("transfers")).sort("share", descending=True).to_dicts()


def detector_figures() -> None:
    """Print one line a bank and detector, and one a bank, detector and kind of the account paid."""
    for seed, customers, days in BANKS:
        bank = simulate(customers=customers, days=days, seed=seed)
        graph = TransactionGraph.from_frame(bank.transfers, ExchangeRates.load(), bank.accounts)
        matrix = compute(graph)
        ids = graph.transaction_ids(np.arange(graph.transfers))
        illicit = ids.is_in(bank.truth_transfers["transaction_id"].to_list()).to_numpy()
        kinds = pl.DataFrame({"account": bank.transfers["creditor_account"]}).join(
            bank.accounts.select("account", "kind"), on="account", how="left", maintain_order="left"
        )
        for named in load_detectors(SHIPPED_DETECTORS):
            score = named.detector.anomaly_score(matrix)
            sys.stdout.write(
                f"{seed} {named.detector.name}: ROC {roc_auc_score(illicit, score):.3f}, "
                f"AP {average_precision_score(illicit, score):.4f} (chance {illicit.mean():.4f}), "
                f"strange {(score >= STRANGE).mean():.4f}, "
                f"strange among illicit {(score[illicit] >= STRANGE).mean():.3f}\n"
            )
            honest = kinds.with_columns(score=pl.Series(score)).filter(pl.Series(~illicit))
            for kind, share in (
                honest.group_by("kind").agg((pl.col("score") >= STRANGE).mean()).sort("kind").iter_rows()
            ):
                sys.stdout.write(f"{seed} {named.detector.name}: honest, paid to {kind or 'other bank'}: {share:.4f}\n")


def print_combination(model: Combination) -> None:
    """Print one line a bank and one a group."""
    told = combination_figures(model)
    for bank in told["simulated_banks"]:
        sys.stdout.write(f"{bank}\n")
    for group in told["honest_above_line"]:
        sys.stdout.write(f"{group['group']}: {group['above']} of {group['transfers']} ({group['share']:.5f})\n")


def print_public(model: Combination) -> None:
    """Print average precision on public sets, where they are, beside that of rules and a detector."""
    rates = ExchangeRates.load()
    forest = load_detectors(["iforest"])[0].detector
    for name in PUBLIC_FILES:
        if not (PUBLIC / name).exists():
            sys.stdout.write(f"{name}: not here\n")
            continue
        case = Case.load(Inputs([PUBLIC / name]), rates, lambda stage, done: None)
        graph = case.graph
        each = {
            "combination": model.score(graph),
            "rules": Pipeline(rates).run(case.transfers).transfers["risk_score"].to_numpy()[graph.order],
            "iforest": forest.anomaly_score(compute(graph, forest.features)),
        }
        late = graph.time >= graph.time[0] + (graph.time[-1] - graph.time[0]) * 0.8
        for part, rows in (("all", case.scored), ("last fifth of time", case.scored & late)):
            truth = case.illicit[rows]
            found = {
                label: f"{average_precision(Ranked.of(truth, scores[rows])):.4f}" for label, scores in each.items()
            }
            sys.stdout.write(f"{name}, {part}: {truth.size:,} transfers, chance {truth.mean():.4f}, AP {found}\n")


def main() -> int:
    """Print what is named: ``detectors``, ``combination``, ``public``; everything by default."""
    wanted = sys.argv[1:] or ["detectors", KIND, "public"]
    if "detectors" in wanted:
        detector_figures()
    if KIND in wanted or "public" in wanted:
        model, _ = load_combination(latest(shipped_models(), KIND))
        if KIND in wanted:
            print_combination(model)
        if "public" in wanted:
            print_public(model)
    return 0


if __name__ == "__main__":
    sys.exit(main())
