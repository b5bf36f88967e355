"""The combination: two rounds of boosted trees over features, and between them the echo of the first.

Round one scores each transfer from its own columns. The echo carries these scores along the accounts: how much
suspicion the two accounts' other transfers hold, fading with time. Round two sees the columns and the echo. A gang's
transfers touch each other; an honest surprise stands alone. Stacked scores over a graph's neighbours are an old idea:
Macskassy and Provost, "Classification in Networked Data", Journal of Machine Learning Research, 2007. Why it is built
so, and what each part gained: ``docs/decisions/0014-combination.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.detectors import BoostingDetector, BoostingSettings
from moneytrail.detectors.calibration import Calibration
from moneytrail.detectors.trees import gains, probability
from moneytrail.errors import ParameterError
from moneytrail.features import AHEAD, FEATURE_NAMES, OF_TRANSFER, UNWINDOWED, Pool
from moneytrail.graph import DAY
from moneytrail.kernels.echo import WIDTH, echo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph

Tell = Callable[[float], None]
"""Told how much of the work is done, from 0 to 1."""

Known = tuple["TransactionGraph", "NDArray[np.bool_]", "NDArray[np.bool_]"]
"""A graph, which of its transfers to learn from, and which of these are illicit."""


def _columns() -> tuple[str, ...]:
    ways = [f"{role}_{way}" for role in ("debtor", "creditor") for way in ("out", "in")]
    own = [
        f"{side}_{name}_60d"
        for side in ("debtor_out", "creditor_in")
        for name in ("weekday_share", "weekday_days_share", "fortnight_share", "week_before", "same_gap_share",
                     "active_days_share")
    ]  # fmt: skip
    novelty = [f"{side}_first_time_share_{window}" for side in ways for window in ("1d", "7d", "30d")]
    shape = [
        f"{side}_{name}"
        for side in ways
        for name in ("burst_7d", "burst_30d", "one_shot_share_7d", "dormancy_30d", "fan_7d", "fan_30d",
                     "degree_per_fan_30d", "gap_mean_30d", "amount_sum_7d")
    ]  # fmt: skip
    flow = [
        f"{role}_{name}"
        for role in ("debtor", "creditor")
        for name in ("pass_through_share_7d", "pass_through_share_30d", "retained_share_30d", "dwell_time_7d",
                     "dwell_time_30d")
    ]  # fmt: skip
    unwindowed = [feature.name for feature in UNWINDOWED]
    return (*FEATURE_NAMES, *unwindowed, *own, *novelty, *shape, *flow, "scatter_gather_2_30d")


COLUMNS: Final = _columns()
"""What round one sees. Chosen on AMLSim, AMLGentex and simulated banks; see the decision."""

HINDSIGHT: Final = (
    *COLUMNS,
    *(f"{AHEAD}{name}" for name in COLUMNS if name not in OF_TRANSFER and not name.startswith("instant_")),
)
"""The same with what followed each transfer, for batches of what is past. What is booked at one time looks the same
both ways."""

HALF_LIVES: Final = (7, 60)
"""Days. Design: about the length of a smuggling gang's collection, and of the longest attempts."""

FOLDS: Final = 3
"""Models of round one. Each is fitted without one stretch of time and scores it: no transfer of the training is scored
by a model that knew its label."""

MEMBERS: Final = 5
"""Models of round two, whose log-odds are averaged. Which of the others are drawn moves a single model's average
precision by 0.01; each member draws its own."""

KEPT: Final = 60
"""Columns that round two takes unless somebody says otherwise. On AMLSim and AMLGentex it is as good as with all, in
two thirds of the time; with ten times as many illicit transfers to learn from, all are better."""

FIRST: Final = BoostingSettings(trees=60, leaves=15, learning_rate=0.15, l2=5.0, held=0.0)
SECOND: Final = BoostingSettings(
    trees=130, leaves=15, learning_rate=0.12, l2=20.0, columns_share=0.2, negatives=30_000, held=0.2
)


def echo_names(half_lives: Sequence[int] = HALF_LIVES) -> tuple[str, ...]:
    """The names of the echo's columns, in order."""
    return tuple(
        f"echo_{role}_{way}_{what}_{days}d"
        for days in half_lives
        for role in ("debtor", "creditor")
        for way in ("out", "in")
        for what in ("sum", "most")
    )


@dataclass(frozen=True, eq=False)
class Combination:
    """A supervised model of transfers in their graph.

    Attributes
    ----------
    columns : tuple of str
        Features of round one.
    half_lives : tuple of int
        Of the echo, in days.
    settings : BoostingSettings
        Of round two.
    first_settings : BoostingSettings
        Of round one, which draws as many of the others as round two.
    keep : int
        Columns that round two takes beside the context, at most: those that gained round one most.
    first : tuple of BoostingDetector
        Round one, one a fold; empty before :meth:`fit`.
    kept : tuple of str
        Those of :attr:`second_columns` that round two was fitted on; empty before :meth:`fit`.
    second : tuple of BoostingDetector
        Round two, calibrated; empty before :meth:`fit`.
    facts : mapping
        Of the fit: ``trees``, ``positives``, ``share_of_others_drawn``, ``calibrated_on``.
    """

    columns: tuple[str, ...] = COLUMNS
    half_lives: tuple[int, ...] = HALF_LIVES
    settings: BoostingSettings = SECOND
    first_settings: BoostingSettings = field(default_factory=lambda: FIRST)
    keep: int = KEPT
    first: tuple[BoostingDetector, ...] = ()
    kept: tuple[str, ...] = ()
    second: tuple[BoostingDetector, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def second_columns(self) -> tuple[str, ...]:
        """What round two may see: the features, round one's log-odds, and the echo; it takes :attr:`kept`."""
        return (*self.columns, "first_log_odds", *echo_names(self.half_lives))

    def fit(
        self,
        graph: TransactionGraph,
        rows: NDArray[np.bool_],
        illicit: NDArray[np.bool_],
        *,
        seed: int,
        pool: Pool | None = None,
    ) -> Combination:
        """Fit on the transfers that `rows` marks.

        Parameters
        ----------
        graph : TransactionGraph
            Later transfers may stand in it: every column of a transfer looks at its instant and before.
        rows : bool[transfers]
            In ledger order. All of these illicit are learned from, and a draw of the others.
        illicit : bool[transfers]
            Read where `rows` is set.
        seed : int
        pool : Pool, optional
            The graph's :attr:`columns`, for a caller who fits or scores it more than once.

        Returns
        -------
        Combination
            A new one; the same for the same data and seed, for any number of threads.

        Raises
        ------
        ParameterError
            When there are fewer than two illicit transfers to learn from, or fewer than two others, or the arrays do
            not fit.
        """
        return self.fit_many([(graph, rows, illicit)], seed=seed, pool=pool)

    def fit_many(self, known: Sequence[Known], *, seed: int, pool: Pool | None = None) -> Combination:
        """Fit on several ledgers at once, as banks of their own: no account of one is an account of another.

        Each has its own echo; their rows are pooled. The folds of round one are then whole ledgers, about as many
        illicit transfers in each; fewer than three ledgers are cut in time. What round two holds out to count trees and
        to calibrate on are the last rows, and so the last ledgers: let them be like those that will be scored.

        Parameters
        ----------
        known : sequence of (TransactionGraph, bool[transfers], bool[transfers])
            Each as in :meth:`fit`. One of them may hold no illicit transfer. One alone gives what :meth:`fit` gives.
        seed : int
        pool : Pool, optional
            As in :meth:`fit`, of all the graphs.

        Returns
        -------
        Combination

        Raises
        ------
        ParameterError
            As :meth:`fit`, for all together.
        """
        truth = _checked(known)
        rows = np.concatenate([rows for _, rows, _ in known])
        pool = self._pool([graph for graph, _, _ in known], pool)
        folds = _folds(truth, FOLDS)
        if len(known) >= FOLDS:
            folds = _at_borders(folds, pool.start)
        draws = [_drawn(rows, truth, self.settings.negatives, [seed, draw]) for draw in range(FOLDS + MEMBERS)]
        places = np.unique(np.concatenate([draw.places for draw in draws]))
        learned = _Rows(places, pool.rows(places), truth[places])
        first = self._fit_first(learned, draws[:FOLDS], folds, seed)
        context = self._context(pool, _first_log_odds(pool, first, folds))[places]
        best = _best_columns(first)[: self.keep]
        best.sort()
        seen = learned._replace(matrix=np.concatenate([learned.matrix[:, best], context], axis=1))
        kept = (*(self.columns[place] for place in best), *self.second_columns[len(self.columns) :])
        second = self._fit_second(seen, kept, draws[FOLDS:], seed)
        facts = dict(second[0].facts) | {"share_of_others_drawn": draws[0].share}
        return replace(self, first=first, kept=kept, second=second, facts=facts)

    def score(
        self, graph: TransactionGraph, *, pool: Pool | None = None, tell: Tell | None = None
    ) -> NDArray[np.float64]:
        """Calibrated probability that each transfer is illicit, in ledger order, float64 in [0, 1].

        Parameters
        ----------
        graph : TransactionGraph
        pool : Pool, optional
            As in :meth:`fit`.
        tell : callable, optional

        Raises
        ------
        ParameterError
            When it is not fitted.
        """
        self._check_fitted()
        pool = self._pool([graph], pool)
        told = tell or (lambda done: None)
        context = self._context(pool, _first_log_odds(pool, self.first, tell=lambda done: told(done / 2)))
        found = np.empty(graph.transfers)
        best = self._places[: len(self.kept) - context.shape[1]]
        for start, block in pool.blocks():
            stop = start + len(block)
            found[start:stop] = self._probability(np.concatenate([block[:, best], context[start:stop]], axis=1))
            told(0.5 + stop / graph.transfers / 2)
        return found

    def rows(
        self, graph: TransactionGraph, places: NDArray[np.int64], *, pool: Pool | None = None
    ) -> NDArray[np.float32]:
        """:attr:`second_columns` of the transfers at `places` of the ledger, which rise: float32[places, columns].

        Raises
        ------
        ParameterError
            When it is not fitted.
        """
        self._check_fitted()
        pool = self._pool([graph], pool)
        context = self._context(pool, _first_log_odds(pool, self.first))
        return np.concatenate([pool.rows(places), context[places]], axis=1)

    def probability_of(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The calibrated probability of rows of :attr:`second_columns`: of the members' log-odds, the mean."""
        return self._probability(rows[:, self._places])

    @property
    def _places(self) -> NDArray[np.int64]:
        """Where the kept columns stand among all."""
        at = {name: place for place, name in enumerate(self.second_columns)}
        return np.array([at[name] for name in self.kept], np.int64)

    def _probability(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of rows of the kept columns."""
        total = np.zeros(len(rows))
        for member in self.second:
            assert member.forest is not None
            assert member.calibration is not None
            total += member.calibration.slope * member.forest.raw(rows) + member.calibration.intercept
        return probability(total / len(self.second))

    def first_log_odds(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Round one's log-odds of rows of :attr:`columns`, the mean over its models."""
        mean: NDArray[np.float64] = _each_log_odds(self.first, rows).mean(axis=0)
        return mean

    def explain(
        self, graph: TransactionGraph, places: NDArray[np.int64], *, pool: Pool | None = None
    ) -> NDArray[np.float64]:
        """What each of :attr:`second_columns` adds to the log-odds of the transfers at `places`, which rise.

        Those that were not kept add nothing.

        Against the average row that round two was fitted on: a row's sum and the log-odds of its score differ by
        :attr:`average_log_odds`, which is the same for every row.

        Returns
        -------
        float64[places, columns]

        Raises
        ------
        ParameterError
            When it is not fitted.
        """
        return self.explain_rows(self.rows(graph, places, pool=pool))

    def explain_rows(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """As :meth:`explain`, of rows of :attr:`second_columns`: float64[rows, columns].

        Raises
        ------
        ParameterError
            When it is not fitted.
        """
        self._check_fitted()
        added = np.zeros(rows.shape)
        added[:, self._places] = np.mean([member.explain(rows[:, self._places]) for member in self.second], axis=0)
        return added

    @property
    def average_log_odds(self) -> float:
        """Calibrated log-odds of the average row that round two was fitted on: where an explanation begins.

        Raises
        ------
        ParameterError
            When it is not fitted.
        """
        self._check_fitted()
        each = []
        for member in self.second:
            assert member.forest is not None
            assert member.calibration is not None
            each.append(member.calibration.slope * member.forest.expected + member.calibration.intercept)
        return float(np.mean(each))

    def _pool(self, graphs: Sequence[TransactionGraph], given: Pool | None) -> Pool:
        """The features of these ledgers: those given, where they are."""
        if given is None:
            return Pool(graphs, self.columns)
        same = len(given.graphs) == len(graphs) and all(a is b for a, b in zip(given.graphs, graphs, strict=True))
        if not same or given.columns != self.columns:
            raise ParameterError("the pool holds other ledgers or other columns than those asked for")
        return given

    def _check_fitted(self) -> None:
        if not self.second or not self.first:
            raise ParameterError("the combination is not fitted")

    def _fit_first(
        self, known: _Rows, draws: Sequence[_Draw], folds: NDArray[np.int64], seed: int
    ) -> tuple[BoostingDetector, ...]:
        """One model a fold, fitted on its draw of the rows outside it."""
        settings = replace(self.first_settings, negatives=self.settings.negatives)
        fitted = []
        for fold, draw in enumerate(draws):
            outside = draw.places[(draw.places < folds[fold]) | (draw.places >= folds[fold + 1])]
            matrix, target = known.of(outside)
            fitted.append(BoostingDetector(self.columns, settings).fit(matrix, target, seed=seed + fold))
        return tuple(fitted)

    def _fit_second(
        self, known: _Rows, kept: tuple[str, ...], draws: Sequence[_Draw], seed: int
    ) -> tuple[BoostingDetector, ...]:
        """The first member chooses the number of trees and the calibration on what it holds out, for all of them."""
        settings = self.settings
        fitted: list[BoostingDetector] = []
        for place, draw in enumerate(draws):
            member = BoostingDetector(kept, settings).fit(*known.of(draw.places), seed=seed + place)
            if not fitted:
                settings = replace(settings, trees=int(member.facts["trees"]), held=0.0)
                calibration = member.calibration
                assert calibration is not None
                # Of the draw; among all rows the others are more.
                whole = Calibration(calibration.slope, calibration.intercept + float(np.log(draw.share)))
            fitted.append(replace(member, calibration=whole))
        return tuple(fitted)

    def _context(self, pool: Pool, odds: NDArray[np.float64]) -> NDArray[np.float32]:
        """Round one's log-odds and their echo in each ledger: float32[transfers, 1 + 8 * half lives]."""
        made = np.zeros((pool.transfers, 1 + WIDTH * len(self.half_lives)), np.float32)
        made[:, 0] = odds
        scores = probability(odds)
        for graph, start in zip(pool.graphs, pool.start, strict=False):
            own = slice(start, start + graph.transfers)
            for place, days in enumerate(self.half_lives):
                part = np.zeros((graph.transfers, WIDTH), np.float32)
                echo((graph.debtor, graph.creditor), graph.time, scores[own], graph.accounts, days * DAY, part)
                made[own, 1 + WIDTH * place : 1 + WIDTH * (place + 1)] = part
        return made


def _checked(known: Sequence[Known]) -> NDArray[np.bool_]:
    """Which of the transfers of all graphs are illicit and to be learned from."""
    for graph, rows, illicit in known:
        if rows.shape != (graph.transfers,) or illicit.shape != rows.shape:
            raise ParameterError(f"rows and labels must be bool[{graph.transfers}], one a transfer")
    truth = np.concatenate([rows & illicit for _, rows, illicit in known]) if known else np.empty(0, np.bool_)
    positives, learned = int(truth.sum()), sum(int(rows.sum()) for _, rows, _ in known)
    if min(positives, learned - positives) < 2:
        raise ParameterError(
            f"{positives} of {learned} transfers to learn from are illicit: at least 2 of each kind are needed"
        )
    return truth


class _Draw(NamedTuple):
    """Ledger places that a model is fitted on, rising, and the share of the others among them."""

    places: NDArray[np.int64]
    share: float


class _Rows(NamedTuple):
    """Rows of the pool at some of its places, which rise, and their labels."""

    places: NDArray[np.int64]
    matrix: NDArray[np.float32]
    target: NDArray[np.bool_]

    def of(self, places: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Rows and labels at some of the places."""
        found = np.searchsorted(self.places, places)
        return self.matrix[found], self.target[found]


def _best_columns(first: Sequence[BoostingDetector]) -> NDArray[np.int64]:
    """Places of the columns, those that gained round one most before the others; of equals the first."""
    total = sum((gains(detector.model) for detector in first), np.zeros(len(first[0].features)))
    return np.argsort(-total, kind="stable")


def _drawn(rows: NDArray[np.bool_], truth: NDArray[np.bool_], negatives: int, seed: Sequence[int]) -> _Draw:
    others = chosen = np.flatnonzero(rows & ~truth)
    if others.size > negatives:
        chosen = np.random.default_rng(seed).choice(others, negatives, replace=False)
    return _Draw(np.sort(np.concatenate([np.flatnonzero(truth), chosen])), chosen.size / others.size)


def _folds(truth: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Ledger places where the folds begin, and the end: stretches of time with as many illicit transfers each."""
    places = np.flatnonzero(truth)
    cuts = places[[len(places) * fold // count for fold in range(1, count)]]
    return np.array([0, *cuts, truth.size], np.int64)


def _at_borders(folds: NDArray[np.int64], start: NDArray[np.int64]) -> NDArray[np.int64]:
    """The folds moved to the nearest borders between ledgers, each to another one and none left empty."""
    borders = start[1:-1].tolist()
    moved = [0]
    for place, cut in enumerate(folds[1:-1].tolist()):
        left = len(folds) - 3 - place
        free = [border for border in borders if border > moved[-1]]
        moved.append(min(free[: len(free) - left], key=lambda border: abs(border - cut)))
    return np.array([*moved, folds[-1]], np.int64)


def _each_log_odds(first: Sequence[BoostingDetector], block: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.stack([detector.forest.raw(block) for detector in first if detector.forest is not None])


def _first_log_odds(
    pool: Pool,
    first: Sequence[BoostingDetector],
    folds: NDArray[np.int64] | None = None,
    *,
    tell: Tell | None = None,
) -> NDArray[np.float64]:
    """Round one's log-odds: of the fold's own model where `folds` are given, else the mean over the models."""
    parts = []
    for start, block in pool.blocks():
        each = _each_log_odds(first, block)
        if folds is None:
            parts.append(each.mean(axis=0))
        else:
            own = np.searchsorted(folds, start + np.arange(len(block)), side="right") - 1
            parts.append(each[np.minimum(own, len(first) - 1), np.arange(len(block))])
        if tell is not None:
            tell((start + len(block)) / pool.transfers)
    return np.concatenate(parts) if parts else np.empty(0)
