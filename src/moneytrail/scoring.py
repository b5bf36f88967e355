"""The pipeline: graph, then typologies, features and detectors, then risk and alerts; and the record that repeats it.

``Pipeline(...).run(transfers)`` is the whole of it. Nothing here reads a file or writes a store.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail import detectors, disruption, features, motifs, placebo, tracing
from moneytrail.alerts import ALERT_FROM, MOST_SUBJECTS, Alert, Grouping, group
from moneytrail.artifacts import LIBRARIES, latest, load_detector, shipped_models
from moneytrail.catalogue import check, search
from moneytrail.combination_folder import KIND, load_combination
from moneytrail.conformal import AlertPlan, below_the_line
from moneytrail.errors import ParameterError
from moneytrail.graph import DAY, RELATION_RULE, TransactionGraph
from moneytrail.matches import Matches
from moneytrail.model_folder import version_of
from moneytrail.opinion import COLUMN, Opinion
from moneytrail.placebo import Placebo
from moneytrail.rates import ExchangeRates
from moneytrail.readers import read
from moneytrail.risk import MODEL, SETTINGS, TABLE, RiskRule
from moneytrail.schema import ACCOUNT_SCHEMA, CHANNELS, TRANSFER_SCHEMA, check_transfers
from moneytrail.suppressors import SUPPRESSORS
from moneytrail.tables import Tables, shipped
from moneytrail.typologies import CATALOGUE, Typology
from moneytrail.typologies.ground import Ground
from moneytrail.typologies.m01_model_opinion import TYPOLOGY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.detectors import Detector

SHIPPED_DETECTORS: Final = ("iforest", "hbos")
ROWS_AT_ONCE: Final = 65_536
"""Detectors score at least so many transfers at a time, where so many are asked for."""
FRAME_FILES: Final = tuple(
    f"{name}.parquet" for name in ("transfers", "matches", "evidence", "alerts", "rejected", "review")
)
"""What :meth:`RiskReport.write` writes beside ``run.json``."""

Progress = Callable[[str, float], None]
"""Called with the stage's name and how much of it is done, from 0 to 1."""

Quiet = Callable[[TransactionGraph, Matches], pl.DataFrame]
"""The frame of the alerts that matches make, without what strangeness adds to their risk."""


@dataclass(frozen=True, eq=False)
class NamedDetector:
    """A fitted detector, and the version and hash that the run record names it by."""

    detector: Detector
    version: str
    sha256: str


@dataclass(frozen=True, eq=False)
class RiskReport:
    """What a run says.

    Attributes
    ----------
    transfers : polars DataFrame
        Every transfer in the order of the input: its canonical columns, ``reference_amount``, one column a typology
        (the best score of a match it proves, 0 where none, null where the typology was not applicable), one
        ``anomaly_NAME`` a detector, with a trained model its ``probability`` (null in the first days of the data, of
        which it gives no opinion), and ``risk_score``. Its scores are those in the alerts, to the last bit.
    matches, evidence : polars DataFrame
        As :class:`moneytrail.typologies.base.Matches`.
    alert_frame : polars DataFrame
        Every alert, best first, with ``within_budget``; with a placebo, ``placebo`` is its sentence of those raised.
    alerts : tuple of Alert
        Those within the budget, whole.
    record : dict
        The run record, plain data; ``record["run_id"]`` names the run.
    """

    matches: pl.DataFrame
    evidence: pl.DataFrame
    alert_frame: pl.DataFrame
    alerts: tuple[Alert, ...]
    record: dict[str, Any]
    score_every_transfer: Callable[[], pl.DataFrame] = field(repr=False)

    @cached_property
    def transfers(self) -> pl.DataFrame:
        """Every transfer with its scores; made when first asked for, since the alerts need the proving ones alone."""
        return self.score_every_transfer()

    @property
    def run_id(self) -> str:
        """The run's id: a hash of the data and of everything that decides the result."""
        return str(self.record["run_id"])

    def review(self, sample: int) -> pl.DataFrame:
        """Alerts that are not raised, for an investigator to review: a `sample` of them, drawn by the run's id.

        The column ``drawn`` says ``just below`` of the best half, and ``by chance`` of the others, which stand for the
        ``drawn_from`` alerts below the best half: from what is found to be right among them,
        :func:`moneytrail.conformal.missed_at_most` says how many of those were missed at most.
        """
        frame = self.alert_frame.filter(~pl.col("within_budget"))
        if "calibration" in frame.columns:
            frame = frame.filter(~pl.col("calibration"))
        best, drawn = below_the_line(frame.height, sample, int(self.run_id.removeprefix("R-"), 16))
        parts = [
            frame[places].with_columns(drawn=pl.lit(how), drawn_from=pl.lit(frame.height - best.size))
            for how, places in (("just below", best), ("by chance", drawn))
        ]
        return pl.concat(parts)

    def write(self, directory: Path, rejected: pl.DataFrame | None = None, review: pl.DataFrame | None = None) -> None:
        """Write ``transfers``, ``matches``, ``evidence``, ``alerts`` (and the others) as Parquet, and ``run.json``.

        Everything is written beside `directory` first and moved there in one step; an earlier run's folder is replaced.
        """
        directory.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{directory.name}-", dir=directory.parent) as beside:
            made = Path(beside) / "new"
            made.mkdir()
            frames = {
                "transfers": self.transfers,
                "matches": self.matches,
                "evidence": self.evidence,
                "alerts": self.alert_frame,
                "rejected": rejected,
                "review": review,
            }
            for name, frame in frames.items():
                if frame is not None:
                    frame.write_parquet(made / f"{name}.parquet")
            (made / "run.json").write_text(json.dumps(self.record, indent=1) + "\n", "utf-8")
            old = Path(beside) / "old"
            if directory.exists():
                directory.rename(old)
            try:
                made.rename(directory)
            except OSError:
                if old.exists():
                    old.rename(directory)
                raise


@dataclass(frozen=True, eq=False)
class Pipeline:
    """Everything that decides a result beside the data.

    Attributes
    ----------
    rates : ExchangeRates
        To the reference currency that thresholds are stated in.
    alert_budget : int
        How many alerts the run may raise, 1 or more. The rest stay in the report, marked.
    parameters : mapping of typology id to mapping of parameter to value
        What differs from the catalogue's defaults; under ``risk``, what the typologies weigh.
    tables : Tables
        What words, codes and places mean.
    own : sequence of Typology
        Typologies of one's own, looked for beside those of the catalogue.
    placebo : int
        In how many shuffled copies of the data everything is looked for again, to say in each alert how often as much
        stands there; 0 to :data:`moneytrail.placebo.MOST_COPIES`. It changes no match, no score and no rank.
    plan : AlertPlan or None
        Says in place of `alert_budget` how many alerts are raised, and what share of them may be false.
    detectors : sequence of NamedDetector
        Fitted beforehand, so that no score depends on what came later.
    model : Opinion or None
        A trained model whose opinion is taken beside the typologies, as one more of them.
    """

    rates: ExchangeRates = field(default_factory=ExchangeRates.load)
    alert_budget: int = 100
    parameters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    detectors: Sequence[NamedDetector] = ()
    tables: Tables = field(default_factory=shipped)
    own: Sequence[Typology] = ()
    placebo: int = 0
    plan: AlertPlan | None = None
    model: Opinion | None = None

    def __post_init__(self) -> None:
        if self.alert_budget < 1:
            raise ParameterError(f"alert_budget = {self.alert_budget}: allowed is 1 or more")
        if not 0 <= self.placebo <= placebo.MOST_COPIES:
            raise ParameterError(f"placebo = {self.placebo}: allowed is 0 to {placebo.MOST_COPIES} copies")
        weights = self.parameters.get(TABLE)
        asked = MODEL in self.parameters or (isinstance(weights, Mapping) and MODEL in weights)
        if asked and self.model is None:
            raise ParameterError(f"{MODEL} needs --model: it is the opinion of a trained model")
        check(self.parameters, self.beside)

    @property
    def beside(self) -> tuple[Typology, ...]:
        """The typologies beside those of the catalogue: one's own, and the model's opinion."""
        return (*self.own, *([self.model.typology] if self.model else []))

    @cached_property
    def risk(self) -> RiskRule:
        """How scores become a risk score."""
        loud = [entry.id for entry in (*CATALOGUE, *self.beside) if entry.alerts_alone]
        return RiskRule.of(self.parameters.get(TABLE, {}), loud)

    def run(
        self,
        transfers: pl.DataFrame,
        accounts: pl.DataFrame | None = None,
        arrivals: pl.DataFrame | None = None,
        *,
        source: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> RiskReport:
        """Score `transfers`.

        Parameters
        ----------
        transfers, accounts : polars DataFrame
            Canonical; see :mod:`moneytrail.schema`.
        arrivals : polars DataFrame, optional
            Small-boat arrivals by day, as :data:`moneytrail.typologies.ground.ARRIVAL_COLUMNS`.
        source : mapping, optional
            What to say of the data in the run record (files and their hashes, from a reader). Its ``fingerprint``
            stands for the data in the run id; without one it is computed from the frame.
        progress : callable, optional
            See :data:`Progress`.

        Returns
        -------
        RiskReport
            The same for the same input, for any number of threads.

        Raises
        ------
        InputError, MissingRateError, ParameterError
        """
        transfers = check_transfers(transfers)
        clock = _Clock(progress)
        with clock.stage("graph"):
            graph = TransactionGraph.from_frame(transfers, self.rates, accounts)
            _ = graph.incoming, graph.relations
        early_until = self._early_until(graph)
        allotment = self.plan.allot(graph, early_until or 0, self.risk.raise_from) if self.plan else None
        ground = Ground(graph, self.tables, arrivals)
        matches, catalogue = self._find(ground, clock)
        record = self._record(catalogue, dict(source or {"fingerprint": fingerprint(transfers, accounts)}))
        with clock.stage("scores"):
            place, best = _best_scores(graph.frame["transaction_id"], matches, [entry["id"] for entry in catalogue])
        proving = _in_ledger_order(graph, place)
        anomaly = _anomalies(graph, self.detectors, proving, clock)
        with clock.stage("alerts"):
            grouped = partial(
                group,
                catalogue={
                    entry.id: (entry, entry.period_days(values["parameters"]) * DAY)
                    for entry, values in zip((*CATALOGUE, *self.beside), catalogue, strict=True)
                },
                run_id=record["run_id"],
                budget=self.alert_budget,
                reference_currency=self.rates.reference,
                rule=self.risk,
                # No calibration begins in the first days: there, the matches of all periods count alike.
                early_until=None if allotment and allotment.exposure else early_until,
                allotment=allotment,
            )
            # Kept now: the model is asked about the shuffled copies too, and keeps the last answer alone.
            probability = self._probability(graph)
            told = anomaly if probability is None else {**anomaly, COLUMN: probability}
            told = {name: _in_input_order(graph, scores)[place] for name, scores in told.items()}
            grouping = grouped(matches, _proving(graph, place, told))

        def quiet(of: TransactionGraph, found: Matches) -> pl.DataFrame:
            return grouped(found, _proving(of, placebo.proving(of, found), {})).frame

        def score_every_transfer() -> pl.DataFrame:
            anomaly = _anomalies(graph, self.detectors, None, _Clock(progress))
            return _scored(graph, (anomaly, probability), catalogue, (place, best), self.risk)

        record |= _outcome(
            graph, [entry["id"] for entry in catalogue], (matches, grouping), clock, self.risk.raise_from
        )
        if self.model:
            record["opinion"] = {"said": self.model.silence(graph, self._first_days)}
        if allotment:
            record["plan"] = allotment.outcome(grouping.frame)
        if self.placebo:
            made = self._compared(ground, matches, quiet, record, clock)
            record["placebo"] = made.document()
            grouping = _with_placebo(grouping, made, (graph, matches), quiet(graph, matches))
        return RiskReport(
            matches.match, matches.evidence, grouping.frame, grouping.alerts, record, score_every_transfer
        )

    def _compared(
        self, ground: Ground, matches: Matches, quiet: Quiet, record: Mapping[str, Any], clock: _Clock
    ) -> Placebo:
        """What shuffled copies of the data hold, beside what the data do."""
        with clock.stage("placebo"):
            return placebo.compare(
                ground,
                matches,
                lambda graph, found: np.sort(quiet(graph, found)["risk_score"].to_numpy()),
                copies=self.placebo,
                seed=placebo.seed_of(record["deciding"]),
                search_again=lambda copy: search(copy, self.parameters, own=self.beside),
                tell=clock.partly("placebo"),
            )

    @property
    def _first_days(self) -> int:
        """From the beginning of the data, without the model's opinion."""
        return int(TYPOLOGY.values(self.parameters.get(MODEL))["first_days"])

    def _probability(self, graph: TransactionGraph) -> NDArray[np.float64] | None:
        """Of each transfer in ledger order, NaN where the model gives none; ``None`` without a model."""
        return self.model.probabilities(graph, self._first_days) if self.model else None

    def _early_until(self, graph: TransactionGraph) -> int | None:
        if not graph.transfers:
            return None
        return self.risk.early_until(int(graph.known_from), int(graph.time[-1]))

    def _find(self, ground: Ground, clock: _Clock) -> tuple[Matches, list[dict[str, Any]]]:
        searched = search(ground, self.parameters, own=self.beside, stage=lambda name: clock.stage(f"typology {name}"))
        entries = [
            {"id": one.typology.id, "parameters": one.values, "not_applicable": one.not_applicable or None}
            for one in searched
        ]
        return Matches.together([one.matches for one in searched]), entries

    def _record(self, catalogue: list[dict[str, Any]], source: dict[str, Any]) -> dict[str, Any]:
        """What decides the result, and its hash as the run's id. File names and times of day are not part of it."""
        deciding = {
            "data": source["fingerprint"],
            "moneytrail": version("moneytrail"),
            "catalogue": catalogue,
            "suppressors": {entry.code: entry.values(self.parameters.get(entry.code)) for entry in SUPPRESSORS},
            "tables": self.tables.document,
            "relation_rule": RELATION_RULE._asdict(),
            "rates": {
                "reference": self.rates.reference,
                "source": self.rates.source,
                "as_of": self.rates.as_of,
                "rates": {code: str(rate) for code, rate in sorted(self.rates.rates.items())},
            },
            "detectors": [{"name": n.detector.name, "version": n.version, "sha256": n.sha256} for n in self.detectors],
            "features": {n.detector.name: features.hash_of(n.detector.features) for n in self.detectors},
            "risk": self.risk.document(),
            "alert_from": ALERT_FROM,
            "most_subjects": MOST_SUBJECTS,
            "alert_budget": self.alert_budget,
        }
        if self.placebo:
            # Without copies the record is what it was before there could be any, and so is the run's id.
            deciding["placebo"] = {"copies": self.placebo}
        if self.plan:
            deciding["plan"] = self.plan.document()
        if self.model:
            deciding["model"] = self.model.document()
        return {
            "run_id": _run_id(deciding),
            "created_at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "source": source,
            "deciding": deciding,
            "libraries": {library: version(library) for library in (*LIBRARIES, "polars", "numba")},
        }


def _with_placebo(
    grouping: Grouping, made: Placebo, data: tuple[TransactionGraph, Matches], quiet: pl.DataFrame
) -> Grouping:
    """The alerts with what shuffled copies of the data say of them; `quiet` are their risks without strangeness."""
    rows = placebo.rows_of(*data, [match.match_id for alert in grouping.alerts for match in alert.matches])
    # The same matches make the same alerts, with strangeness and without it.
    risks = {min(ids): risk for ids, risk in quiet.select("match_ids", "risk_score").iter_rows()}
    first = dict(grouping.frame.select("alert_id", pl.col("match_ids").list.min()).iter_rows())
    alerts, said = [], {}
    for alert in grouping.alerts:
        told = [made.of_match(m.match_id, m.typology, m.score, rows[m.match_id]) for m in alert.matches]
        places = np.unique(np.concatenate([rows[one.match_id] for one in told]))
        found = made.of_alert(risks[first[alert.alert_id]], places, told)
        alerts.append(replace(alert, placebo=found))
        said[alert.alert_id] = found.said
    sentences = pl.Series("placebo", [said.get(one) for one in grouping.frame["alert_id"]], dtype=pl.String)
    return replace(grouping, alerts=tuple(alerts), frame=grouping.frame.with_columns(sentences))


def _run_id(deciding: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()
    return f"R-{digest[:16]}"


def is_run_record(path: Path) -> bool:
    """Whether a file is a run record of ours."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and {"run_id", "deciding", "source"} <= record.keys()


def pipeline_of(record: Mapping[str, Any], models: Path | None = None) -> Pipeline:
    """The pipeline that a run record describes, to repeat the run.

    Raises
    ------
    ParameterError
        When the record lacks a part or was changed, or names another model than the one that is here.
    ArtifactError
        When it names a model that is not here, or one outside the folder of models.
    """
    try:
        deciding = record["deciding"]
        rates = deciding["rates"]
        parameters = {entry["id"]: entry["parameters"] for entry in deciding["catalogue"]} | deciding["suppressors"]
        risk = deciding["risk"]
        parameters[TABLE] = dict(risk["weights"]) | {name: risk[name] for name in SETTINGS}
        tables = Tables.of(deciding["tables"], "the run record")
        wanted = [_named(entry) for entry in deciding["detectors"]]
        budget, reference, table = int(deciding["alert_budget"]), rates["reference"], dict(rates["rates"])
        source, as_of = str(rates["source"]), str(rates["as_of"])
        copies = int(deciding["placebo"]["copies"]) if "placebo" in deciding else 0
        plan = AlertPlan.of(deciding["plan"]) if "plan" in deciding else None
        trained = _named(deciding["model"]) if "model" in deciding else None
    except (KeyError, TypeError, ValueError) as error:
        raise ParameterError(f"the run record is incomplete or damaged: {error}") from error
    if _run_id(deciding) != record.get("run_id"):
        raise ParameterError("the run record was changed: what it says decided the run does not give its run id")
    detectors = []
    for name, number, sha256 in wanted:
        named = _load(models or shipped_models(), name, number)
        if named.sha256 != sha256:
            raise ParameterError(f"the run used another model {name}/{number} than the one that is here")
        detectors.append(named)
    worth = ExchangeRates.of(reference, table, source, as_of)
    model = load_opinion(trained[0], models, trained[1]) if trained else None
    if model and trained and model.sha256 != trained[2]:
        raise ParameterError(f"the run used another model {model.name}/{model.version} than the one that is here")
    return Pipeline(worth, budget, parameters, detectors, tables, placebo=copies, plan=plan, model=model)


def _named(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    """Name, version and hash of a model in a run record."""
    for key in ("name", "version", "sha256"):
        if not isinstance(entry[key], str):
            raise TypeError(f"the {key} of a model is {entry[key]!r}, and a text is wanted")
    return entry["name"], entry["version"], entry["sha256"]


def load_detectors(names: Sequence[str], models: Path | None = None) -> list[NamedDetector]:
    """The newest models of these names, from `models` or from those that come with moneytrail.

    Raises
    ------
    ArtifactError
    """
    folder = models or shipped_models()
    return [_load(folder, name, latest(folder, name).name) for name in names]


def load_opinion(name: str, models: Path | None = None, version: str | None = None) -> Opinion:
    """The trained model of this name: the version asked for, else the one in force.

    Raises
    ------
    ArtifactError
        When there is none, it is no combination, or it is not as it was saved.
    """
    folder = models or shipped_models()
    place = latest(folder, name) if version is None else version_of(folder, name, version)
    model, manifest = load_combination(place)
    return Opinion(model, name, place.name, str(manifest["sha256"]))


def _load(folder: Path, name: str, number: str) -> NamedDetector:
    detector, manifest = load_detector(version_of(folder, name, number))
    return NamedDetector(detector, number, str(manifest["sha256"]))


def fingerprint(transfers: pl.DataFrame, accounts: pl.DataFrame | None = None) -> str:
    """SHA-256 over the canonical frames' contents, for data that came from no file."""
    digest = hashlib.sha256()
    for frame, schema in ((transfers, TRANSFER_SCHEMA), (accounts, ACCOUNT_SCHEMA)):
        if frame is not None:
            digest.update(frame.select(*schema).write_csv().encode())
    return digest.hexdigest()


def warm_up(*, everything: bool = True) -> dict[str, float]:
    """Compile the kernels once, by scoring a bank of six transfers; returns the seconds of each stage.

    Without `everything` only those that scoring needs are compiled; tracing and the features and motifs that nobody
    scores by take two minutes more, and are compiled when they are first asked for.
    """
    day = datetime(2025, 1, 1, tzinfo=UTC)
    rows = {
        "transaction_id": [str(i) for i in range(6)],
        "row": list(range(5, -1, -1)),
        "booked_at": [day] * 6,
        "debtor_account": ["a", "b", "c", "a", None, "c"],
        "creditor_account": ["b", "c", "a", "c", "a", None],
        "amount": [90_000] * 6,
        "currency": ["GBP"] * 6,
        "channel": ["cash"] * 6,
    }
    frame = check_transfers(pl.DataFrame(rows, schema={name: TRANSFER_SCHEMA[name] for name in rows}, strict=False))
    clock = _Clock(None)
    with clock.stage("graph"):
        graph = TransactionGraph.from_frame(frame, ExchangeRates.of("GBP", {}, "none needed", date.min.isoformat()))
        _ = graph.incoming, graph.relations
    search(Ground(graph), stage=lambda name: clock.stage(f"typology {name}"))
    with clock.stage("features"):
        features.compute(graph, features.names_for(("1d",)) if everything else features.FEATURE_NAMES)
    if everything:
        with clock.stage("motifs"):
            motifs.warm_up(graph)
        with clock.stage("tracing"):
            made = tracing.trace(graph, ["0"], record=True)
            tracing.trace_back(graph, graph.names[0])
        with clock.stage("disruption"):
            flows = disruption.forecast(made, delay=timedelta(0), horizon=timedelta(days=1))
            disruption.plan_freeze(made, flows)
            disruption.find_escape(made, flows, [])
        with clock.stage("model"):
            model = load_opinion(KIND).model
            model.score(graph)
            model.explain(graph, np.arange(graph.transfers))
    with clock.stage("detectors"):
        detectors.warm_up()
    with clock.stage("read"), TemporaryDirectory() as folder:
        # A clean file and one with a bad row, so that the kernels of both ways of reading are compiled.
        header, good = "booked_at,debtor_account,creditor_account,amount,currency\n", "2025-01-01T00:00:00Z,a,b,1,GBP\n"
        paths = [Path(folder) / f"{name}.csv" for name in ("clean", "odd")]
        for path, lines in zip(paths, (good, f"{good}bad\n"), strict=True):
            path.write_text(header + lines, "utf-8")
        read(paths)
    return clock.seconds


class _Clock:
    """Seconds by stage, and the progress call at both ends of each."""

    def __init__(self, progress: Progress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress or (lambda _stage, _done: None)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._progress(name, 0.0)
        start = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - start, 4)
        self._progress(name, 1.0)

    def partly(self, name: str) -> Callable[[float], None]:
        """What a long stage tells its progress to: the share that is done."""
        return lambda done: self._progress(name, min(done, 0.999))


def _anomalies(
    graph: TransactionGraph, detectors: Sequence[NamedDetector], wanted: NDArray[np.bool_] | None, clock: _Clock
) -> dict[str, NDArray[np.float64]]:
    """Each detector's scores in ledger order, block by block; 0 where `wanted` (bool[transfers]) does not ask."""
    found = {f"anomaly_{named.detector.name}": np.zeros(graph.transfers) for named in detectors}
    names = tuple(dict.fromkeys(name for named in detectors for name in named.detector.features))
    if not names or (wanted is not None and not wanted.any()):
        return found
    blocks = features.blocks(graph, names, wanted=wanted, reuse=True)
    waiting: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
    while True:
        with clock.stage("features"):
            first, matrix = next(blocks, (0, None))
            if matrix is not None:
                here = first + np.arange(len(matrix)) if wanted is None else _marked(wanted, first, len(matrix))
                waiting.append((here, matrix if wanted is None else matrix[here - first]))
        # Few rows are asked for in most blocks: they wait for one another.
        if waiting and (matrix is None or wanted is None or sum(len(rows) for rows, _ in waiting) >= ROWS_AT_ONCE):
            rows = np.concatenate([part for part, _ in waiting])
            asked = np.concatenate([part for _, part in waiting])
            waiting.clear()
            for named in detectors:
                with clock.stage(f"detector {named.detector.name}"):
                    columns = [names.index(name) for name in named.detector.features]
                    whole = columns == list(range(len(names)))
                    scores = named.detector.anomaly_score(asked if whole else asked[:, columns])
                    found[f"anomaly_{named.detector.name}"][rows] = scores
        if matrix is None:
            return found


def _marked(wanted: NDArray[np.bool_], first: int, rows: int) -> NDArray[np.int64]:
    """Which of these rows of the ledger are asked for."""
    return first + np.flatnonzero(wanted[first : first + rows])


def _rounded(name: str, scores: NDArray[np.float64]) -> pl.Series:
    """Scores of transfers as they are shown and kept: to six places, null where there is none."""
    return pl.Series(name, scores).round(6).fill_nan(None)


def _proving(graph: TransactionGraph, place: NDArray[np.int64], told: dict[str, NDArray[np.float64]]) -> pl.DataFrame:
    """The transfers at these places of the input, with what alerts are made from."""
    amount = _in_input_order(graph, graph.amount)[place]
    frame = graph.frame[place].select(*TRANSFER_SCHEMA)
    scores = [_rounded(name, values) for name, values in told.items()]
    return frame.with_columns(pl.Series("reference_amount", amount), *scores)


def _scored(
    graph: TransactionGraph,
    told: tuple[dict[str, NDArray[np.float64]], NDArray[np.float64] | None],
    catalogue: list[dict[str, Any]],
    proved: tuple[NDArray[np.int64], NDArray[np.float64]],
    risk: RiskRule,
) -> pl.DataFrame:
    """The transfers with every score apart and the combined one, in the order of the input."""
    (anomaly, probability), (place, best) = told, proved
    ids = [entry["id"] for entry in catalogue]
    raising = [name for name in ids if name in risk.weights]
    frame = graph.frame.with_columns(
        pl.Series("reference_amount", _in_input_order(graph, graph.amount)),
        *(_rounded(name, _in_input_order(graph, scores)) for name, scores in anomaly.items()),
    )
    scores = {name: np.zeros(frame.height) for name in (*ids, "risk_score")}
    for column, name in enumerate(ids):
        scores[name][place] = best[:, column]
    if anomaly:
        typologies = np.column_stack([scores[name] for name in raising])
        scores["risk_score"] = risk(raising, typologies, frame.select(list(anomaly)).to_numpy())
    else:
        # Without detectors a transfer that proves no match has no risk, and nearly all prove none.
        few = best[:, [ids.index(name) for name in raising]]
        scores["risk_score"][place] = risk(raising, few, np.empty((place.size, 0)))
    missing = [entry["id"] for entry in catalogue if entry["not_applicable"]]
    asked = [] if probability is None else [_rounded(COLUMN, _in_input_order(graph, probability))]
    order = [*graph.frame.columns, "reference_amount", *ids, *anomaly, *(one.name for one in asked), "risk_score"]
    frame = frame.with_columns(*asked, *(pl.Series(name, values) for name, values in scores.items()))
    return frame.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in missing).select(order)


def _in_ledger_order(graph: TransactionGraph, place: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which transfers of the ledger stand at these places of the input."""
    marked = np.zeros(graph.transfers, np.bool_)
    marked[place] = True
    return marked[graph.order]


def _in_input_order(graph: TransactionGraph, values: NDArray[Any]) -> NDArray[Any]:
    """Values of the transfers, given in ledger order, in the order of the frame."""
    if (graph.order[1:] > graph.order[:-1]).all():
        return values
    moved = np.empty_like(values)
    moved[graph.order] = values
    return moved


def _best_scores(
    transaction_ids: pl.Series, matches: Matches, typologies: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Places of the transfers that prove a match, and float64[places, typologies]: the best score of each typology."""
    proved = matches.evidence.join(matches.match.select("match_id", "typology", "score"), on="match_id")
    best = proved.group_by("transaction_id").agg(
        pl.col("score").filter(pl.col("typology") == name).max().fill_null(0.0).alias(name) for name in typologies
    )
    # Looking up the few that prove something is much cheaper than joining every transfer.
    frame = transaction_ids.to_frame().with_row_index("place")
    found = frame.filter(pl.col("transaction_id").is_in(best["transaction_id"].implode()))
    found = found.join(best, on="transaction_id", how="left", maintain_order="left")
    return found["place"].cast(pl.Int64).to_numpy(), found.select(typologies).to_numpy()


def _outcome(
    graph: TransactionGraph,
    sought: Sequence[str],
    found: tuple[Matches, Grouping],
    clock: _Clock,
    line: float,
) -> dict[str, Any]:
    """What came out, for the run record and the summary."""
    matches, grouping = found
    kept = grouping.frame
    if "calibration" in kept.columns:
        kept = kept.filter(~pl.col("calibration"))
    below = int((kept["risk_score"] < line).sum())
    counts = dict(matches.match.group_by("typology").len().iter_rows())
    return {
        "transfers": graph.transfers,
        "accounts": graph.accounts,
        "matches": {name: int(counts.get(name, 0)) for name in sought},
        "truncated_matches": int(matches.match["truncated"].sum()),
        "alerts": len(grouping.alerts),
        "alerts_beyond_budget": kept.height - len(grouping.alerts) - below,
        "alerts_below_the_line": below,
        "matches_that_raised_no_alert": grouping.unraised,
        "links_left_between_alerts": grouping.links_left,
        "channels": {
            CHANNELS[code]: int(number)
            for code, number in enumerate(np.bincount(graph.channel, minlength=len(CHANNELS)).tolist())
            if number
        },
        "seconds": clock.seconds,
    }
