"""The names of features: what each column is, over which window, and which kernel's which number it stands for."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from moneytrail.errors import ParameterError
from moneytrail.features.stems import ROLES, WAYS, Feature, Stem, habit_stems, unwindowed_stems
from moneytrail.graph import DAY
from moneytrail.kernels.bins import LAST_BIN
from moneytrail.kernels.cycles import LONGEST
from moneytrail.kernels.statistics import STATISTICS

STEPS: Final = {"scatter_gather": 10_000, "temporal_cycle": 50_000, "bounded_cycle": 50_000, "short_cycle": 50_000}
"""Steps that a search for motifs may take for one transfer before it gives up and says ``truncated`` (design)."""

ACCOUNT_WINDOWS: Final = ("1d", "7d", "30d")
MOTIF_WINDOWS: Final = ("1d", "7d")
"""The windows that :data:`FEATURES` lists; others may be asked for by name."""

AHEAD: Final = "hindsight_"
"""What a name begins with that looks ahead: the same column of the ledger with time reversed."""

_UNITS: Final = {"us": 1, "s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": DAY}


def _side_features(who: str, way: str, other: str) -> tuple[Feature, ...]:
    peers = "payees" if way == "out" else "payers"
    return (
        Feature(f"{who}_{way}_count_1d", "count", 1, f"transfers {way} of the {who}, this one included"),
        Feature(f"{who}_{way}_count_7d", "count", 7, f"transfers {way} of the {who}, this one included"),
        Feature(f"{who}_{way}_count_30d", "count", 30, f"transfers {way} of the {who}, this one included"),
        Feature(f"{who}_{way}_sum_7d", "log minor units", 7, f"log(1 + sum) of the {who}'s transfers {way}"),
        Feature(f"{who}_{peers}_7d", "count", 7, f"distinct {peers} of the {who}"),
        Feature(f"{who}_{peers}_30d", "count", 30, f"distinct {peers} of the {who}"),
        Feature(f"{who}_first_share_30d", "share", 30, f"share of the {who}'s transfers {way} that are first dealings"),
        Feature(f"{who}_amount_to_mean_30d", "ratio", 30, f"amount over the {who}'s mean transfer {way}"),
        Feature(f"{who}_since_{way}", "log seconds", 180, f"log(1 + seconds) since the {who}'s transfer {way} before"),
        Feature(
            f"{who}_since_{other}", "log seconds", 180, f"log(1 + seconds) since the {who}'s last transfer {other}"
        ),
        Feature(f"{who}_balance_of_flows_1d", "share", 1, f"smaller of the {who}'s money in and out over the larger"),
    )


DETECTOR_FEATURES: Final[tuple[Feature, ...]] = (
    Feature("amount", "log minor units", 0, "log(1 + amount) in the reference currency"),
    Feature("hour", "hours", 0, "hour of the day, UTC, with fractions"),
    Feature("round_amount", "0 or 1", 0, "the amount is a whole multiple of 100 major units (of 10,000 minor units)"),
    Feature("pair_first", "0 or 1", 180, "the two accounts had no dealings before"),
    Feature("pair_recent", "log count", 180, "log of the transfers the same way between the two, this one included"),
    Feature("affiliated", "0 or 1", 180, "the two accounts are tied, or one side is absent"),
    *_side_features("debtor", "out", "in"),
    *_side_features("creditor", "in", "out"),
)
"""The columns that the shipped detectors are fitted on. Where a side is absent its counts, sums, shares and ratios are
0 and its pauses the longest there is, 180 days."""

FEATURE_NAMES: Final = tuple(feature.name for feature in DETECTOR_FEATURES)

_SIDE_UNITS: Final = {"degree": "count", "fan": "count", "degree_per_fan": "ratio"}
_SHAPES: Final = {"skewness": "ratio", "kurtosis": "ratio"}


def _statistic_unit(name: str) -> str:
    if name in _SIDE_UNITS:
        return _SIDE_UNITS[name]
    kind, _, measure = name.partition("_")
    unit = "minor units" if kind == "amount" else "seconds"
    return _SHAPES.get(measure, f"{unit} squared" if measure == "variance" else unit)


def _statistic_meaning(name: str, role: str, way: str) -> str:
    which = f"the {role}'s transfers {way}"
    if name in _SIDE_UNITS:
        return {
            "degree": f"number of {which}",
            "fan": f"distinct counterparties in {which}, itself left out",
            "degree_per_fan": f"{which} for each distinct counterparty",
        }[name]
    kind, _, measure = name.partition("_")
    what = {
        "amount": f"amounts of {which}",
        "age": f"time from {which} to this one",
        "gap": f"time between one and the next of {which}",
    }[kind]
    return f"{measure} of the {what}"


_OF_WAY: Final = (
    ("medians", 0, "median_amount", "minor units", "median amount of {which}"),
    ("medians", 1, "median_gap", "seconds", "median time between one and the next of {which}"),
    (
        "concentration",
        0,
        "modal_concentration",
        "share",
        "largest share of {which} (the latest 256) within 5 % of one of their amounts or of its multiples up to 6",
    ),
    ("rhythm", 0, "since_last", "seconds", "time since the one before of {which}, at most 180 days"),
    ("rhythm", 2, "dormancy", "seconds", "longest pause that one of {which} ended, at most 180 days"),
    (
        "rhythm",
        4,
        "burst",
        "ratio",
        "{which} in the last thirtieth of the window, over one more than a thirtieth of all",
    ),
    (
        "rhythm",
        5,
        "first_time_share",
        "share",
        "counterparties in {which} whose first dealing with the {who} in 180 days lies in the window",
    ),
    (
        "rhythm",
        6,
        "one_shot_share",
        "share",
        "counterparties in {which} with at most 3 transfers that way in the 180 days up to their latest",
    ),
)
"""Family, place in its kernel's STATISTICS, name, unit and meaning of what is said of an account one way."""

_OF_ACCOUNT: Final = (
    ("dwell", 0, "pass_through_share", "share", "money into the {who} that has left again, first in first out"),
    ("dwell", 1, "retained_share", "share", "money into the {who} that is more than the money out"),
    (
        "dwell",
        2,
        "dwell_time",
        "seconds",
        "median by value of how long money stayed with the {who}, first in first out",
    ),
    ("rhythm", 1, "since_last", "seconds", "time since the {who}'s transfer before, either way, at most 180 days"),
    ("rhythm", 3, "dormancy", "seconds", "longest pause that a transfer of the {who} ended, at most 180 days"),
)
"""The same of both ways together."""


def _account_stems() -> Iterator[tuple[str, Stem]]:
    """One stem for each role, way and statistic of the account families."""
    for r, role in enumerate(ROLES):
        for w, way in enumerate(WAYS):
            for s, name in enumerate(STATISTICS):
                meaning = _statistic_meaning(name, role, way)
                yield f"{role}_{way}_{name}", Stem("statistics", (r, w, s), _statistic_unit(name), meaning)
            for family, s, name, unit, meaning in _OF_WAY:
                which = f"the {role}'s transfers {way}"
                yield f"{role}_{way}_{name}", Stem(family, (r, w, s), unit, meaning.format(which=which, who=role))
            yield from habit_stems(r, w)
        for family, s, name, unit, meaning in _OF_ACCOUNT:
            yield f"{role}_{name}", Stem(family, (r, 0, s), unit, meaning.format(who=role))


BINS: Final = {
    "fan_out": ("fan", "the debtor has paid so many distinct accounts, this one among them"),
    "fan_in": ("fan", "the creditor has been paid by so many distinct accounts, this one among them"),
    "degree_out": ("degree", "the debtor has made so many transfers, this one among them"),
    "degree_in": ("degree", "the creditor has been paid by so many transfers, this one among them"),
}
_GATHER_SCATTER: Final = "gather_scatter"
CYCLES: Final = {"temporal_cycle": LONGEST, "bounded_cycle": 10, "short_cycle": 6}
"""The searches for cycles and the longest that each looks for, whatever lengths are asked for: a column must not depend
on the columns beside it. Temporal cycles prune themselves; of those in any order there are too many in dense data, for
which there is the shorter search."""


def _sized(size: int) -> str:
    return f"{size} or more" if size == LAST_BIN else str(size)


def _motif_stems() -> Iterator[tuple[str, Stem]]:
    """One stem for each motif and size."""
    for size in range(2, LAST_BIN + 1):
        for place, (name, (_, meaning)) in enumerate(BINS.items()):
            yield f"{name}_{size}", Stem("bins", (place, size), "0 or 1", f"{meaning}: {_sized(size)}")
        yield (
            f"{_GATHER_SCATTER}_{size}",
            Stem(
                _GATHER_SCATTER,
                (size,),
                "count",
                "this transfer's two accounts that have both payers and payees, the fewer of which (distinct, at least "
                f"2) are {_sized(size)}",
            ),
        )
        yield (
            f"scatter_gather_{size}",
            Stem(
                "scatter_gather",
                (size,),
                "count",
                f"scatter-gathers over {_sized(size)} intermediaries that it is part of, in any order of time",
            ),
        )
    for name, longest in CYCLES.items():
        order = "each transfer after the one before" if name == "temporal_cycle" else "in any order"
        for size in range(2, longest + 1):
            yield f"{name}_{size}", Stem(name, (size,), "count", f"cycles of {size} transfers that it closes, {order}")
    for name in ("scatter_gather", *CYCLES):
        meaning = f"the search for {name.replace('_', ' ')}s stopped after {STEPS[name]:,} steps"
        yield f"{name}_truncated", Stem(name, (0,), "0 or 1", meaning)


_STEMS: Final[dict[str, Stem]] = dict([*_account_stems(), *_motif_stems()])
_UNWINDOWED: Final[dict[str, Stem]] = dict(unwindowed_stems())
_FIXED: Final[dict[str, Feature]] = {feature.name: feature for feature in DETECTOR_FEATURES}
OF_TRANSFER: Final = ("amount", "hour", "round_amount")
"""Columns that only say what the transfer itself is."""
_LISTED: Final = 10
_ACCOUNT_FAMILIES: Final = ("statistics", "medians", "concentration", "dwell", "rhythm", "habit")

UNWINDOWED: Final[tuple[Feature, ...]] = tuple(Feature(n, s.unit, 0, s.meaning) for n, s in _UNWINDOWED.items())
"""The columns that take no window and are no detector's: what accounts and pairs did since the data begin, and, under
``instant_``, what is booked at exactly the same time. The latter are not causal within the instant: a day's transfers
may all carry the same time and then become known together, in an order that is an accident of the file; so these
columns are the same for any order of rows within an instant, and a stream has to wait until it is over to know them.
Where a side is absent numbers are 0 and pauses 400 days; cash and transfers to oneself join no pair."""


def window_of(text: str) -> int:
    """A window such as ``6h``, ``1d``, ``90min``, ``45s`` or ``86400000001us``, in microseconds.

    Raises
    ------
    ParameterError
        When it is written otherwise, is 0 or is longer than 3,660 days.
    """
    found = re.fullmatch(r"([0-9]{1,18})(us|s|min|h|d)", text)
    length = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < length <= 3660 * DAY:
        raise ParameterError(f"window {text!r}: wanted is a whole number and us, s, min, h or d, at most 3660d")
    return length


def parse(name: str) -> tuple[Stem, int, Feature]:
    """The stem and window behind a name.

    Raises
    ------
    ParameterError
        When there is no such column, naming the nearest.
    """
    if name in _FIXED:
        place = FEATURE_NAMES.index(name)
        return Stem("fixed", (place,), "", ""), 0, _FIXED[name]
    if name in _UNWINDOWED:
        alone = _UNWINDOWED[name]
        return alone, 0, Feature(name, alone.unit, 0, alone.meaning)
    if name.startswith(AHEAD):
        return _parse_ahead(name)
    stem, _, window = name.rpartition("_")
    if stem not in _STEMS:
        raise ParameterError(f"no feature {name!r}{_hint(name)}")
    length = window_of(window)
    found = _STEMS[stem]
    return found, length, Feature(name, found.unit, length / DAY, found.meaning)


def _hint(name: str) -> str:
    ahead = AHEAD if name.startswith(AHEAD) else ""
    listed = [*_FIXED, *_UNWINDOWED, *(f"{stem}_1d" for stem in _STEMS)]
    near = difflib.get_close_matches(name.removeprefix(ahead), listed, 1)
    return f"; did you mean {ahead + near[0]!r}?" if near and ahead + near[0] != name else ""


def _parse_ahead(name: str) -> tuple[Stem, int, Feature]:
    """What looks ahead: the column behind it, which must depend on other transfers and not look ahead itself."""
    plain = name.removeprefix(AHEAD)
    if plain.startswith(AHEAD):
        raise ParameterError(f"no feature {name!r}: it would look ahead twice; name it with {AHEAD!r} once")
    if plain in OF_TRANSFER:
        raise ParameterError(f"no feature {name!r}: {plain!r} is of the transfer alone, with nothing ahead to look at")
    try:
        stem, length, feature = parse(plain)
    except ParameterError as error:
        if plain.rpartition("_")[0] in _STEMS:
            raise ParameterError(f"{name!r}: {error}") from None
        raise ParameterError(f"no feature {name!r}{_hint(name)}") from None
    return stem, length, Feature(name, feature.unit, feature.window_days, f"looking ahead: {feature.meaning}")


def describe(names: Iterable[str]) -> tuple[Feature, ...]:
    """What these columns are.

    Raises
    ------
    ParameterError
        When there is no such column.
    """
    return tuple(parse(name)[2] for name in names)


def names_for(windows: Sequence[str], motif_windows: Sequence[str] | None = None) -> tuple[str, ...]:
    """Every column over these windows: the detectors', which have windows of their own, accounts', then motifs'.

    Of the cycles those up to length 10 are listed, without the short search. `motif_windows` are taken where motifs
    should look less far than accounts; ``None``: the same. :data:`UNWINDOWED` and what looks ahead are not among them:
    not all of those can be known when a transfer is booked, so they are asked for by name.

    Raises
    ------
    ParameterError
        When a window is not one.
    """
    made = list(FEATURE_NAMES)
    for stem, found in _STEMS.items():
        account = found.family in _ACCOUNT_FAMILIES
        if found.family in CYCLES and (found.key[0] > _LISTED or found.family == "short_cycle"):
            continue
        for window in windows if account or motif_windows is None else motif_windows:
            window_of(window)
            made.append(f"{stem}_{window}")
    return tuple(made)


def hash_of(names: Iterable[str]) -> str:
    """A hash of what these columns are; a model carries that of its own columns and is refused under another."""
    lines = (f"{f.name}|{f.unit}|{f.window_days:g}" for f in describe(names))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


FEATURES: Final[tuple[Feature, ...]] = describe(names_for(ACCOUNT_WINDOWS, MOTIF_WINDOWS))
"""The columns that are usual. Windows end at the transfer (left end excluded). Where a side is absent its values are 0;
only the pauses of :data:`DETECTOR_FEATURES` are then the longest there is, 180 days."""

FEATURES_HASH: Final = hash_of(FEATURE_NAMES)
