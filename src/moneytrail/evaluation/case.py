"""One data set to measure on: its graph, what its labels or the simulator's truth say, and which transfers count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

from moneytrail.errors import InputError, ParameterError
from moneytrail.graph import DAY, TransactionGraph
from moneytrail.loading import load_graph
from moneytrail.readers import read_arrivals
from moneytrail.simulate import simulate
from moneytrail.simulate.bank import record_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.rates import ExchangeRates
    from moneytrail.runs import Inputs, Tell
    from moneytrail.simulate import Wish

Population = Literal["auto", "all", "account-to-account"]
POPULATIONS: Final[tuple[Population, ...]] = ("auto", "all", "account-to-account")

CAVEAT: Final = (
    "the base rate is far above a bank's, as in a part of a set that keeps every illicit row: average precision, "
    "precision, F1 and alert volume say nothing of the whole; recall of attempts does, and how models compare"
)

OF_ATTEMPTS: Final = ("attempts_found", "attempts_reached", "days_to_detect", "value_after_alert")
"""Figures that need to know which transfers are of one attempt."""

HIGH_RATE: Final = 0.02
"""Share of illicit transfers above which figures that depend on it are said to be another world's. Design: twenty times
that of AMLworld's HI sets, the highest that is published for a whole bank."""

COUNTRIES: Final = ("debtor_country", "creditor_country")

SIMULATED: Final = "simulation.json"
"""What tells a folder of ``moneytrail simulate`` from others."""


@dataclass(frozen=True, eq=False)
class Case:
    """Transfers and what is known of them. Arrays are in ledger order.

    Attributes
    ----------
    name : str
    graph : TransactionGraph
    illicit : bool[n]
        False throughout where nothing is known.
    labelled : bool
        Whether anything is known.
    attempt : polars Series of String
        The attempt of each illicit transfer, null where it is of none or none is known.
    scored : bool[n]
        Which transfers models are measured on; see :func:`population`.
    accounts, arrivals : polars DataFrame or None
    truth : mapping of name to polars DataFrame, or None
        Of a simulated bank, as :attr:`moneytrail.simulate.SimulatedBank.truth`.
    facts : mapping
        What to say of the data beside the figures; ``not_computed`` holds reasons by figure.
    """

    name: str
    graph: TransactionGraph
    illicit: NDArray[np.bool_]
    labelled: bool
    attempt: pl.Series
    scored: NDArray[np.bool_]
    accounts: pl.DataFrame | None = None
    arrivals: pl.DataFrame | None = None
    truth: Mapping[str, pl.DataFrame] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def transfers(self) -> pl.DataFrame:
        """The canonical frame, in the order of the input."""
        return self.graph.frame

    @classmethod
    def of(
        cls,
        name: str,
        graph: TransactionGraph,
        *,
        accounts: pl.DataFrame | None = None,
        arrivals: pl.DataFrame | None = None,
        truth: Mapping[str, pl.DataFrame] | None = None,
        wanted: Population = "auto",
    ) -> Case:
        """The case of a graph: labels from `truth` where it is given, else from the label columns of its transfers.

        Raises
        ------
        InputError
            When there is no transfer to measure on.
        """
        known, illicit, attempt = _labels(graph, truth)
        scored, said = population(graph, illicit, known, wanted)
        if not scored.any():
            raise InputError(f"{name}: no transfer is left to measure on; {said}")
        facts = _facts(graph, (known, illicit, attempt, scored), said, "truth" if truth else "labels")
        return cls(name, graph, illicit, bool(known.any()), attempt, scored, accounts, arrivals, truth, facts)

    @classmethod
    def load(cls, inputs: Inputs, rates: ExchangeRates, tell: Tell, wanted: Population = "auto") -> Case:
        """Read a case from files of any layout, or from a folder of ``moneytrail simulate``.

        Of a simulated bank, named by its folder or its ``transfers.parquet``, the accounts, the arrivals and the truth
        beside it are read too. Of other files only what `inputs` names.

        Raises
        ------
        InputError, MappingError, MissingRateError, ParameterError
        """
        folder = simulated_folder(inputs)
        if folder:
            beside = {name: folder / f"{name}.parquet" for name in ("transfers", "accounts", "arrivals")}
            given = {
                "files": [beside["transfers"]],
                "accounts": inputs.accounts or beside["accounts"],
                "arrivals": inputs.arrivals or beside["arrivals"],
            }
            inputs = replace(inputs, **given)  # type: ignore[arg-type]
        arrivals = read_arrivals(inputs.arrivals) if inputs.arrivals else None
        loaded = load_graph(inputs, rates, tell)
        name = folder.name if folder else inputs.files[0].name
        truth = _read_truth(folder / "truth") if folder else None
        accounts = loaded.accounts.accounts if loaded.accounts else None
        made = cls.of(name, loaded.graph, accounts=accounts, arrivals=arrivals, truth=truth, wanted=wanted)
        if folder:
            asked = _wished(folder)
            made = replace(made, facts=asked | dict(made.facts) | {"made_with": asked})
        source = {"layout": loaded.reading.layout, "rows": loaded.rows, "fingerprint": loaded.source["fingerprint"]}
        return replace(made, facts=source | dict(made.facts))

    @classmethod
    def simulated(cls, wish: Wish, rates: ExchangeRates, tell: Tell, wanted: Population = "auto") -> Case:
        """Make a bank in memory; nothing is written.

        Raises
        ------
        ParameterError
        """
        rest = {"gangs": wish.gangs, "start": wish.start, "strength": wish.strength, "dirt": wish.dirt}
        bank = simulate(
            wish.customers,
            wish.days,
            wish.seed,
            typologies=wish.typologies,
            progress=tell,
            **rest,  # type: ignore[arg-type]
        )
        graph = TransactionGraph.from_frame(bank.transfers, rates, bank.accounts)
        arrivals = bank.arrivals.select("day", "arrivals", red=pl.col("band") == "red")
        name = f"simulated bank, seed {wish.seed}"
        made = cls.of(name, graph, accounts=bank.accounts, arrivals=arrivals, truth=bank.truth, wanted=wanted)
        asked = {"customers": wish.customers, "days": wish.days, "seed": wish.seed, "strength": wish.strength}
        return replace(made, facts={"layout": "simulated", **asked} | dict(made.facts) | {"made_with": asked})


def population(
    graph: TransactionGraph, illicit: NDArray[np.bool_], known: NDArray[np.bool_], wanted: Population
) -> tuple[NDArray[np.bool_], str]:
    """Which transfers models are measured on, in ledger order, and why.

    Those whose label is known. With ``auto`` only those between two accounts, where no illicit transfer lacks a side:
    the others are then cash and salary records that the simulator cannot make illicit, and counting them would only
    lower the base rate. They stay in the graph, as what happened around.

    Raises
    ------
    ParameterError
    """
    if wanted not in POPULATIONS:
        raise ParameterError(f"--population {wanted}: there are {', '.join(POPULATIONS)}")
    whole = (graph.debtor >= 0) & (graph.creditor >= 0)
    labelled = known if known.any() else np.ones_like(known)
    if wanted == "all":
        return labelled, "every transfer is scored, as asked"
    if wanted == "account-to-account":
        return labelled & whole, "transfers between two accounts are scored, as asked"
    if whole.all() or not illicit.any() or (illicit & ~whole).any():
        return labelled, "every transfer is scored"
    left = int((~whole).sum())
    return labelled & whole, (
        f"transfers between two accounts are scored; {left:,} records of cash and other one-sided bookings, none of "
        "them labelled illicit, are context only"
    )


def _labels(
    graph: TransactionGraph, truth: Mapping[str, pl.DataFrame] | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], pl.Series]:
    """Whether each transfer's label is known, whether it is illicit, and its attempt; in ledger order."""
    frame = graph.frame
    if truth is None:
        label = frame["label_illicit"]
        own = pl.when(frame["label_illicit"]).then(frame["label_attempt"])
        attempt = frame.select(attempt=own)["attempt"]
    else:
        told = truth["transfers"].unique("transaction_id", keep="first").select("transaction_id", "attempt")
        marked = frame.select("transaction_id").join(
            told.with_columns(illicit=True), on="transaction_id", how="left", maintain_order="left"
        )
        label, attempt = marked["illicit"].fill_null(False), marked["attempt"]
    order = pl.Series(graph.order)
    known = label.is_not_null().to_numpy()[graph.order]
    illicit = label.fill_null(False).to_numpy()[graph.order]
    return known, illicit, attempt.gather(order).rename("attempt")


def _facts(
    graph: TransactionGraph,
    known: tuple[NDArray[np.bool_], NDArray[np.bool_], pl.Series, NDArray[np.bool_]],
    said: str,
    source: str,
) -> dict[str, Any]:
    """Sizes, base rate, and which figures these data cannot give."""
    labelled, illicit, attempt, scored = known
    have = bool(labelled.any())
    attempts = attempt.n_unique() - int(attempt.null_count() > 0)
    missing: dict[str, str] = {}
    rate = float(illicit[scored].mean()) if have and scored.any() else None
    if not have:
        missing["every figure against labels"] = "the data carry no labels"
    elif not attempts:
        missing |= dict.fromkeys(OF_ATTEMPTS, "the labels name no attempts")
    if source == "labels":
        missing["money_in_reach"] = "only a simulated bank's truth says where the money lies"
        countries = graph.frame.select(both=pl.all_horizontal(pl.col(*COUNTRIES).is_not_null()))["both"].any()
        missing["look_alike_groups" if countries else "groups"] = (
            "only a simulated bank's truth names look-alike populations"
            + ("" if countries else ", and no transfer tells the countries of both banks")
        )
    return {
        "transfers": graph.transfers,
        "accounts": graph.accounts,
        "days": round((int(graph.time[-1]) - int(graph.time[0])) / DAY, 2) if graph.transfers else 0,
        "population": said,
        "scored": int(scored.sum()),
        "illicit": int((illicit & scored).sum()) if have else None,
        "base_rate": rate,
        "caveat": CAVEAT if rate is not None and rate > HIGH_RATE else None,
        "attempts": attempts if have else None,
        "known_from": source if have else None,
        "not_computed": missing,
    }


def simulated_folder(inputs: Inputs) -> Path | None:
    """The folder of a simulated bank, where `inputs` names one."""
    if len(inputs.files) != 1:
        return None
    path = inputs.files[0]
    folder = path if path.is_dir() else path.parent
    here = path.is_dir() or path.name == "transfers.parquet"
    return folder if here and (folder / SIMULATED).is_file() and (folder / "truth").is_dir() else None


def _wished(folder: Path) -> dict[str, Any]:
    """What was asked for when a bank was made."""
    record = record_of(folder)
    return {name: record[name] for name in ("customers", "days", "seed", "strength") if name in record}


def _read_truth(folder: Path) -> dict[str, pl.DataFrame]:
    return {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
