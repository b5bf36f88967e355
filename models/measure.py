"""The figures of the models' cards: ``python -m models.measure``. Banks that no shipped model was fitted on."""

from __future__ import annotations

import sys

import numpy as np
import polars as pl
from sklearn.metrics import average_precision_score, roc_auc_score

from moneytrail.features import compute
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.scoring import SHIPPED_DETECTORS, load_detectors
from moneytrail.simulate import simulate

BANKS = ((2001, 3000, 120), (2002, 1500, 200), (2003, 5000, 90))
STRANGE = 0.99


def main() -> int:
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
