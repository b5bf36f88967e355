"""Which labelled attempts the motifs find: AMLworld's and AMLSim's own labels, a motif for each of their families.

``python -m benchmarks.attempts amlworld TRANSFERS PATTERNS [--set MOTIF.PARAMETER=NUMBER] [--rates FILE] [--json]``
and ``python -m benchmarks.attempts amlsim FOLDER …``. Counted are attempts that have the structure they are named for
(:mod:`benchmarks.shapes`). One is *found* when a single match of its family's motif holds at least half of its
transfers. Beside it stands what the search cost: matches, transfers that are in one, and those found *closely*, by a
match of which at least half is the attempt, for what matches everything has found nothing.

*Cycles* are looked for in the ledger's order; a *ring* is a labelled cycle that closes in some order, found by a match
of ``ring`` or of ``cycle``.

A *stack* is counted by its unconnected two-hop chains. A *bipartite* attempt is a set of unconnected pairs, which no
structure can find: it is counted and nothing is expected. *Fitting* attempts take less time than a match may; of a
gather-scatter either part does.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

import polars as pl

from benchmarks.attempts_table import table
from benchmarks.labelled import Attempt, Labelled, read_amlsim, read_amlworld
from benchmarks.shapes import closes_in_any_order, has_shape, is_strict, lengths, two_hop_chains
from moneytrail.errors import MoneytrailError, ParameterError
from moneytrail.graph import DAY, TransactionGraph
from moneytrail.motifs import Sought, by_name, find, warm_up
from moneytrail.rates import ExchangeRates

Overrides = Mapping[str, Mapping[str, object]]


class Family(NamedTuple):
    """A family of labels and what looks for it.

    Attributes
    ----------
    name : str
    motif : str
    wanted : mapping
        Parameters that make the motif the family's shape.
    labels : str
        What the attempts are labelled as; empty: as the family is named.
    beside : str
        A motif whose matches find an attempt too; those made and touched are counted on its own line.
    """

    name: str
    motif: str
    wanted: Mapping[str, object]
    labels: str = ""
    beside: str = ""


FAMILIES: Final = (
    Family("fan-in", "fan-in", {}),
    Family("fan-out", "fan-out", {}),
    Family("gather-scatter", "gather-scatter", {}),
    Family("scatter-gather", "scatter-gather", {}),
    Family("cycle", "cycle", {}),
    Family("ring", "ring", {}, labels="cycle", beside="cycle"),
    Family("random", "chain", {}),
    Family("stack", "chain", {"hops": 2}),
)
UNFOUND: Final = "bipartite"
"""The family of which nothing is expected."""

BANDS: Final = (4, 8, 16, 32, 64, 128, 366)
"""Days that part spans in the table of recall against span."""


def measure(labelled: Labelled, rates: ExchangeRates, overrides: Overrides) -> dict[str, Any]:
    """Look for every family and hold what is found against the labels.

    Parameters
    ----------
    labelled : Labelled
    rates : ExchangeRates
    overrides : mapping of motif to mapping of parameter to value
        What differs from the defaults.

    Raises
    ------
    ParameterError, MissingRateError
    """
    for motif, values in overrides.items():
        if by_name(motif).name not in {family.motif for family in FAMILIES}:
            raise ParameterError(f"--set {motif}.{next(iter(values))}: no family is looked for by {motif}")
    graph = TransactionGraph.from_frame(labelled.transfers, rates, labelled.accounts)
    warm_up(TransactionGraph.from_frame(labelled.transfers.head(50), rates))
    return {
        "transfers": graph.transfers,
        "accounts": graph.accounts,
        "labelled_transfers": sum(len(attempt.hops) for attempt in labelled.attempts),
        "labelled_rows_lost": labelled.lost,
        "families": [_look_for(family, labelled, graph, overrides) for family in FAMILIES],
        UNFOUND: sum(attempt.family == UNFOUND for attempt in labelled.attempts),
        "cycles_in_any_order": sum(
            attempt.family == "cycle" and closes_in_any_order(attempt.hops) for attempt in labelled.attempts
        ),
    }


def _look_for(family: Family, labelled: Labelled, graph: TransactionGraph, overrides: Overrides) -> dict[str, Any]:
    values = by_name(family.motif).values({**overrides.get(family.motif, {}), **family.wanted})
    started = perf_counter()
    sought = find(graph, family.motif, values)
    seconds = perf_counter() - started
    beside = [find(graph, family.beside, overrides.get(family.beside))] if family.beside else []
    own = [attempt for attempt in labelled.attempts if attempt.family == (family.labels or family.name)]
    judged = _judge(_wanted(family, own), (sought, *beside), family, _reach(values))
    touched = sought.evidence["transaction_id"].n_unique()
    return {
        "family": family.name,
        "motif": family.motif,
        "parameters": values,
        "labelled": len(own),
        **_counts(judged),
        "matches": sought.match.height,
        "touched": touched,
        "touched_share": touched / max(1, graph.transfers),
        "seconds": round(seconds, 2),
        "truncated": int(sought.match["truncated"].sum()),
        "stopped": len(sought.stopped),
    }


def _wanted(family: Family, own: Sequence[Attempt]) -> list[Attempt]:
    """The attempts that have their structure; of stacks their chains."""
    if family.name != "stack":
        return [attempt for attempt in own if has_shape(family.name, attempt.hops)]
    return [
        Attempt(f"{attempt.name}, chain {number}", family.name, chain)
        for attempt in own
        for number, chain in enumerate(two_hop_chains(attempt.hops), 1)
    ]


def _reach(values: Mapping[str, Any]) -> tuple[int, ...]:
    """Microseconds that a match of a motif with these values is always shorter than, each part of it."""
    names = ("window_days",) if "window_days" in values else ("gather_days", "scatter_days")
    return tuple(int(values[name]) * DAY for name in names)


class Judged(NamedTuple):
    """What became of one attempt.

    Attributes
    ----------
    attempt : Attempt
    held : int
        The most of its transfers that one match holds.
    closely : bool
        Whether a match holds half of it and is half of it.
    strict : bool
        Whether it has its structure between different accounts.
    fitting : bool
        Whether it takes less time than a match may.
    """

    attempt: Attempt
    held: int
    closely: bool
    strict: bool
    fitting: bool

    @property
    def found(self) -> bool:
        """Whether one match holds at least half of it."""
        return 2 * self.held >= len(self.attempt.hops)

    def told(self) -> dict[str, Any]:
        """What is said of one that was missed."""
        return {
            "attempt": self.attempt.name,
            "transfers": len(self.attempt.hops),
            "held": self.held,
            "span_days": round(self.attempt.span / DAY, 2),
            "strict": self.strict,
            "fitting": self.fitting,
        }


def _judge(wanted: Sequence[Attempt], searches: Sequence[Sought], family: Family, reach: Sequence[int]) -> list[Judged]:
    """Hold each attempt against the match of any search that has most of it."""
    held_by = zip(*(held_by_a_match(wanted, sought) for sought in searches), strict=True)
    return [
        Judged(
            attempt,
            held=max(held for held, _ in each),
            closely=any(closely for _, closely in each),
            strict=family.name == "stack" or is_strict(family.name, attempt.hops),
            fitting=all(own < most for own, most in zip(lengths(family.name, attempt.hops), reach, strict=True)),
        )
        for attempt, each in zip(wanted, held_by, strict=True)
    ]


def _counts(judged: Sequence[Judged]) -> dict[str, Any]:
    return {
        "shaped": len(judged),
        "found": sum(one.found for one in judged),
        "strict": sum(one.strict for one in judged),
        "strict_found": sum(one.strict and one.found for one in judged),
        "fitting": sum(one.fitting for one in judged),
        "fitting_found": sum(one.fitting and one.found for one in judged),
        "closely": sum(one.closely for one in judged),
        "spans": _by_span(judged),
        "missed": [one.told() for one in judged if not one.found],
    }


def held_by_a_match(attempts: Sequence[Attempt], sought: Sought) -> list[tuple[int, bool]]:
    """For each attempt the most of its transfers that one match holds, and whether one holds it closely.

    A match that does holds at least half of the attempt's transfers, and at least half of its own are the attempt's.
    """
    members = pl.DataFrame(
        [(place, hop.transaction_id, len(one.hops)) for place, one in enumerate(attempts) for hop in one.hops],
        schema={"attempt": pl.Int64, "transaction_id": pl.String, "size": pl.Int64},
        orient="row",
    )
    shared = (
        members.join(sought.evidence, on="transaction_id")
        .group_by("attempt", "size", "match_id")
        .len("held")
        .join(sought.match.select("match_id", "transfers"), on="match_id")
        .with_columns(closely=(pl.col("held") * 2 >= pl.col("size")) & (pl.col("held") * 2 >= pl.col("transfers")))
    )
    best = shared.group_by("attempt").agg(pl.col("held").max(), pl.col("closely").any())
    told = {attempt: (held, closely) for attempt, held, closely in best.iter_rows()}
    return [told.get(place, (0, False)) for place in range(len(attempts))]


def _by_span(judged: Sequence[Judged]) -> list[dict[str, int]]:
    """Attempts and those found by how long they took."""
    made = []
    for low, high in zip((0, *BANDS), (*BANDS, 10**6), strict=True):
        inside = [one.found for one in judged if low * DAY <= one.attempt.span < high * DAY]
        if inside:
            made.append({"from_days": low, "attempts": len(inside), "found": sum(inside)})
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, search and print."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        overrides = _parameters(options.set)
        rates = ExchangeRates.load(options.rates)
        if options.layout == "amlworld":
            labelled = read_amlworld(options.transfers, options.patterns)
        else:
            labelled = read_amlsim(options.folder)
        document = {"layout": options.layout, "set": overrides, **measure(labelled, rates, overrides)}
    except MoneytrailError as error:
        parser.error(str(error))
    print(json.dumps(document, indent=2) if options.json else table(document))
    return 0


def _parameters(pairs: Sequence[str]) -> dict[str, dict[str, object]]:
    made: dict[str, dict[str, object]] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        motif, _, parameter = name.partition(".")
        try:
            number = float(value) if "." in value else int(value)
        except ValueError as error:
            raise ParameterError(f"--set {pair}: wanted is MOTIF.PARAMETER=NUMBER, as cycle.window_days=8") from error
        made.setdefault(motif, {})[parameter] = number
    return made


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attempts", description=__doc__.partition("\n")[0])
    layouts = parser.add_subparsers(dest="layout", required=True)
    world = layouts.add_parser("amlworld", help="IBM's AMLworld, whole or a part of it")
    world.add_argument("transfers", type=Path, help="a CSV in IBM's layout")
    world.add_argument("patterns", type=Path, help="IBM's *_Patterns.txt, or a CSV of row,typology,pattern_id")
    world_of_banks = layouts.add_parser("amlsim", help="a folder that AMLSim wrote")
    world_of_banks.add_argument("folder", type=Path)
    for layout in (world, world_of_banks):
        layout.add_argument("--set", action="append", default=[], metavar="cycle.window_days=8", help="a parameter")
        layout.add_argument("--rates", type=Path, help="a file of exchange rates (default: the ones shipped)")
        layout.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
