"""Train, validation and test, parted in time and in no other way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

from moneytrail.errors import InputError, ParameterError
from moneytrail.graph import DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.evaluation.case import Case

By = Literal["time", "rows"]
BYS: Final[tuple[By, ...]] = ("time", "rows")
TRAIN, VALIDATION = 60, 80
"""Per cent of the whole at which validation and test begin. The test is the last fifth."""

Rows = "NDArray[np.bool_]"


@dataclass(frozen=True, eq=False)
class Split:
    """Which transfers are for what; bool[n] in ledger order.

    Attributes
    ----------
    train : bool[n]
        To learn from while settings are chosen.
    validation : bool[n]
        To choose settings and thresholds on.
    refit : bool[n]
        To learn from once settings are chosen: training and validation together.
    test : bool[n]
        To measure on. Never changed by what is left out of the others.
    borders : (int, int)
        Microseconds UTC at which validation and test begin.
    facts : dict
    """

    train: NDArray[np.bool_]
    validation: NDArray[np.bool_]
    refit: NDArray[np.bool_]
    test: NDArray[np.bool_]
    borders: tuple[int, int]
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How the transfers are parted.

    Attributes
    ----------
    by : {'time', 'rows'}
        ``time``: 60, 20 and 20 % of the time from the first scored transfer to the last. ``rows``: of the scored
        transfers in time order, as AMLworld's authors do (Egressy and others, "Provably Powerful Graph Neural
        Networks for Directed Multigraphs", AAAI 2024). Transfers of one instant are never parted.
    embargo : int
        Microseconds before a border whose transfers are not learned from when what lies behind it is scored.
    keep_straddling : bool
        Whether an attempt that has transfers on both sides of a border may be learned from. Without it, its transfers
        before the border are left out of what is learned; those behind it are still measured.
    """

    by: By = "time"
    embargo: int = 0
    keep_straddling: bool = False

    def __post_init__(self) -> None:
        if self.by not in BYS:
            raise ParameterError(f"--split {self.by}: there are {', '.join(BYS)}")
        if self.embargo < 0:
            raise ParameterError(f"embargo = {self.embargo}: allowed is 0 or more")


def split(case: Case, rule: SplitRule) -> Split:
    """Part a case by `rule`.

    Raises
    ------
    InputError
        When a part would be empty.
    ParameterError
        When the embargo leaves nothing of the training period.
    """
    time, scored = case.graph.time, case.scored
    first, second = borders(time[scored], rule.by)
    before, behind = scored & (time < first), scored & (time >= second)
    between = scored & ~before & ~behind
    for name, part in (("training", before), ("validation", between), ("test", behind)):
        if not part.any():
            raise InputError(f"{case.name}: no transfer falls in the {name} period; try another --split")
    early = before & (time < first - rule.embargo)
    if not early.any():
        days = (first - int(time[before][0])) / DAY
        raise ParameterError(
            f"--embargo of {rule.embargo / DAY:g} days leaves nothing to learn from: {case.name} has {days:.3g} days "
            "before validation; use a shorter one"
        )
    known = (before | between) & (time < second - rule.embargo)
    train, refit = early, known
    if not rule.keep_straddling:
        train = early & ~straddling(case.attempt, time, first)
        refit = known & ~straddling(case.attempt, time, second)
    facts = {
        "by": rule.by,
        "borders": [str(np.datetime64(border, "us")) for border in (first, second)],
        "rows": {name: int(part.sum()) for name, part in (("train", train), ("validation", between), ("test", behind))},
        "left_out_of_learning": {
            "embargo": int((before & ~early).sum()) + int((between & ~known).sum()),
            "straddling_attempts": int((early & ~train).sum()) + int((known & ~refit).sum()),
        },
        "illicit": {
            name: int((part & case.illicit).sum()) if case.labelled else None
            for name, part in (("train", train), ("validation", between), ("refit", refit), ("test", behind))
        },
        "embargo_days": rule.embargo / DAY,
        "keep_straddling": rule.keep_straddling,
    }
    return Split(train, between, refit, behind, (first, second), facts)


def borders(time: NDArray[np.int64], by: By) -> tuple[int, int]:
    """The times at which validation and test begin, for the sorted times of the scored transfers.

    By time both lie 60 and 80 % of the way from the first to the last, rounded up; by rows they are the times of the
    transfers that stand there.
    """
    if by == "rows":
        return int(time[time.size * TRAIN // 100]), int(time[time.size * VALIDATION // 100])
    begins, length = int(time[0]), int(time[-1]) - int(time[0])
    return begins - (-length * TRAIN // 100), begins - (-length * VALIDATION // 100)


def straddling(attempt: pl.Series, time: NDArray[np.int64], border: int) -> NDArray[np.bool_]:
    """Which transfers are of an attempt with transfers on both sides of the border."""
    frame = pl.DataFrame({"attempt": attempt, "behind": time >= border})
    both = pl.col("behind").any().over("attempt") & ~pl.col("behind").all().over("attempt")
    found = frame.select(both=both & pl.col("attempt").is_not_null())["both"]
    return found.fill_null(False).to_numpy()
