"""Checks that anyone can run on a typology or detector of their own: the same that the shipped ones must pass.

>>> from moneytrail.testing import check_typology, story  # doctest: +SKIP
>>> check_typology(MINE, hit=story(HIT), silent={"one payer short": story(NEAR_MISS)})  # doctest: +SKIP

:func:`story` turns a few readable lines into transfers. :func:`check_typology` raises :class:`CheckError` with every
fault that it finds, and returns nothing when there is none. :func:`check_detector` does the same for a detector.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numba
import polars as pl

from moneytrail.errors import MoneytrailError
from moneytrail.graph import TransactionGraph
from moneytrail.matches import EVIDENCE_SCHEMA, GATE_POINTS, MATCH_SCHEMA, MOST_POINTS, Matches
from moneytrail.rates import ExchangeRates
from moneytrail.schema import ACCOUNT_SCHEMA, TRANSFER_SCHEMA, check_accounts, check_transfers
from moneytrail.typologies.ground import Ground

if TYPE_CHECKING:
    from moneytrail.detectors import Detector
    from moneytrail.typologies import Typology

__all__ = ["CheckError", "check_detector", "check_matches", "check_typology", "register", "story"]


SPOKEN = ("reference", "location", "debtor_institution", "creditor_institution")
"""Columns whose texts have blanks, which a story writes as underscores."""


class CheckError(MoneytrailError, AssertionError):
    """A typology or detector breaks its contract; the message lists every fault."""


def story(text: str) -> pl.DataFrame:
    """Return the transfers of a story: a line each, ``DATE TIME DEBTOR -> CREDITOR AMOUNT [name=value ...]``.

    Amounts are pounds with two decimals at most (``currency=EUR`` for another), ``-`` stands for an absent side, a
    value's underscores are read as blanks (``reference=van_hire``), and blank lines are skipped.

    Returns
    -------
    polars DataFrame
        Canonical transfers; ids are ``t0``, ``t1`` … in the order of the lines.

    Raises
    ------
    CheckError
        Naming the line that is not such a line.
    """
    rows = [_told(number, line.split()) for number, line in enumerate(filter(str.strip, text.splitlines()))]
    columns = {name: [row.get(name) for row in rows] for name in TRANSFER_SCHEMA}
    return check_transfers(pl.DataFrame(columns, schema=dict(TRANSFER_SCHEMA)))


def _told(number: int, words: list[str]) -> dict[str, Any]:
    try:
        day, clock, debtor, arrow, creditor, amount, *more = words
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
        pounds, _, pence = amount.replace(",", "").partition(".")
        minor = int(pounds) * 100 + int(pence.ljust(2, "0"))
        extra = dict(pair.split("=", 1) for pair in more)
        if arrow != "->":
            raise ValueError(arrow)
    except ValueError as error:
        wanted = "DATE TIME DEBTOR -> CREDITOR AMOUNT"
        raise CheckError(f"line {number + 1}, {' '.join(words)!r}: wanted is {wanted} ({error})") from error
    unknown = [name for name in extra if name not in TRANSFER_SCHEMA]
    if unknown:
        raise CheckError(f"line {number + 1}: transfers have no column {unknown[0]!r}")
    return {
        "transaction_id": f"t{number}",
        "row": number,
        "booked_at": moment,
        "debtor_account": None if debtor == "-" else debtor,
        "creditor_account": None if creditor == "-" else creditor,
        "amount": minor,
        "currency": "GBP",
        "channel": "credit_transfer",
        **{name: value.replace("_", " ") if name in SPOKEN else value for name, value in extra.items()},
    }


def register(accounts: Sequence[Mapping[str, Any]] | pl.DataFrame) -> pl.DataFrame:
    """Return an account table of a few facts: a mapping an account, or a frame with some of the columns.

    >>> register([{"account": "Collector", "kind": "personal", "occupation": "student"}]).height
    1

    Raises
    ------
    InputError
        As :func:`moneytrail.schema.check_accounts`.
    """
    given = accounts if isinstance(accounts, pl.DataFrame) else pl.DataFrame(accounts, infer_schema_length=None)
    if not given.width:
        given = pl.DataFrame(schema={"account": pl.String})
    absent = [name for name in ACCOUNT_SCHEMA if name not in given.columns]
    made = given.with_columns(pl.lit(None, ACCOUNT_SCHEMA[name]).alias(name) for name in absent)
    made = made.with_columns(pl.col("kind").cast(ACCOUNT_SCHEMA["kind"]).fill_null("unknown"))
    return check_accounts(made.select(pl.col(name).cast(dtype) for name, dtype in ACCOUNT_SCHEMA.items()))


def check_typology(
    typology: Typology,
    hit: pl.DataFrame,
    silent: Mapping[str, pl.DataFrame] | None = None,
    *,
    accounts: pl.DataFrame | None = None,
    arrivals: pl.DataFrame | None = None,
    overrides: Mapping[str, object] | None = None,
) -> None:
    """Check a typology's declaration and behaviour.

    The declaration is whole; `hit` gives matches whose frames, scores, measures and evidence keep the contract; nothing
    in `silent` does; and what is found does not change when it is searched for again, by one thread, in shuffled rows,
    with accounts renamed, with strangers' dealings beside it, or with the countries of banks and holders mixed up.

    Parameters
    ----------
    typology : Typology
        One that builds on no other; those that do are checked through :func:`moneytrail.catalogue.search`.
    hit : polars DataFrame
        Canonical transfers, as :func:`story` makes them.
    silent : mapping of str to polars DataFrame, optional
        By what they show: a near miss, one unit under the threshold, a look-alike.
    accounts : polars DataFrame, optional
        Of all of these; see :mod:`moneytrail.schema`.
    arrivals : polars DataFrame, optional
        As :data:`moneytrail.typologies.ground.ARRIVAL_COLUMNS`.
    overrides : mapping, optional
        Parameter values.

    Raises
    ------
    CheckError
        With every fault, a line each.
    """
    known = None if accounts is None else register(accounts)

    def found(transfers: pl.DataFrame, register: pl.DataFrame | None = known) -> Matches:
        graph = TransactionGraph.from_frame(transfers, ExchangeRates.load(), register)
        return typology.find(Ground(graph, arrivals=arrivals), overrides)

    faults = list(_declared(typology))
    matches = found(hit)
    if not matches.match.height:
        faults.append("hit: nothing is found")
    faults += [f"hit: {fault}" for fault in check_matches(typology, matches, set(hit["transaction_id"]))]
    for name, transfers in (silent or {}).items():
        if found(transfers).match.height:
            faults.append(f"silent, {name}: something is found")
    faults += [f"hit, {law}: the finding changes" for law in _broken_laws(hit, known, matches, found)]
    if faults:
        raise CheckError(f"{typology.id}: " + "; ".join(faults))


def check_detector(detector: Detector, *, seed: int = 0) -> None:
    """Check what a detector does on made rows of its width, in which every twentieth is an outlier.

    Scores are float64, one a row, in [0, 1], and higher for the outliers; a row has one score alone, in a batch, in
    another order, in a larger batch and as float32; the same seed fits the same detector; another width and infinite
    values are refused with a :class:`MoneytrailError`; an explanation has a number for each row and feature; one that
    learns from labels refuses those of one kind, and any other ignores them. One of moneytrail's own classes is also
    saved and loaded, and scores the same.

    Parameters
    ----------
    detector : Detector
        Not fitted; it is fitted three times on 800 rows.
    seed : int
        Of the made rows and the fit.

    Raises
    ------
    CheckError
        With every fault as a plain sentence. One that fails on what it must take is told so, and not tried further.
    """
    from moneytrail.detector_check import faults

    found: list[str] = []
    try:
        found.extend(faults(detector, seed))
    except Exception as error:
        said = f"{detector.name} fails on what it must take: {type(error).__name__}: {error}"
        raise CheckError("; ".join([*found, said])) from error
    if found:
        raise CheckError("; ".join(found))


def _declared(typology: Typology) -> Iterator[str]:
    """Faults of the declaration."""
    if not re.fullmatch(r"[A-Z]+[0-9]{2,}", typology.id):
        yield f"id {typology.id!r}: capital letters and two digits are wanted, as S01"
    for name in ("name", "summary", "definition", "subject_part"):
        if not getattr(typology, name).strip():
            yield f"{name} is empty"
    if not typology.sources:
        yield "no source: give publisher, title and year, or the word unverified as its title"
    if not typology.innocent_explanations:
        yield "no innocent explanation: nothing looks like guilt alone"
    if not typology.roles:
        yield "no role"
    names = [parameter.name for parameter in typology.parameters]
    if len(set(names)) < len(names):
        yield "a parameter is declared twice"
    for parameter in typology.parameters:
        if not parameter.low <= parameter.default <= parameter.high:
            yield f"{parameter.name}: the default {parameter.default} lies outside {parameter.low} to {parameter.high}"
        if not (parameter.unit and parameter.meaning and parameter.reason):
            yield f"{parameter.name}: unit, meaning and reason are wanted"
    if typology.horizon() < typology.period_days(typology.values()):
        yield "span_days is shorter than a period"


def check_matches(typology: Typology, matches: Matches, transaction_ids: set[str]) -> list[str]:
    """What is wrong with the frames of an answer, whatever the data; empty is good.

    Parameters
    ----------
    typology : Typology
    matches : Matches
    transaction_ids : set of str
        Of the data that were searched.
    """
    match, evidence = matches.match, matches.evidence
    if dict(match.schema) != MATCH_SCHEMA or dict(evidence.schema) != EVIDENCE_SCHEMA:
        return ["a frame has other columns than MATCH_SCHEMA or EVIDENCE_SCHEMA"]
    counts = evidence.group_by("match_id", maintain_order=True).len()
    order = match.select("typology", "started_at", "match_id")
    conditions = {
        "two matches have one id": match["match_id"].n_unique() == match.height,
        "an id is not the typology's": bool(match["match_id"].str.contains(rf"^{typology.id}-[0-9a-f]{{16}}$").all()),
        "evidence names a transfer that there is not": set(evidence["transaction_id"]) <= transaction_ids,
        "evidence has an undeclared role": set(evidence["role"]) <= {role.name for role in typology.roles},
        "evidence is not in the order of the matches": counts["match_id"].to_list() == match["match_id"].to_list(),
        "transfers are miscounted": counts["len"].to_list() == match["transfers"].to_list(),
        "matches are not sorted": order.equals(order.sort("typology", "started_at", "match_id")),
    }
    faults = [fault for fault, holds in conditions.items() if not holds]
    for row in match.iter_rows(named=True):
        faults += [f"{row['match_id']}: {fault}" for fault in _faults(typology, row)]
    return faults


def _faults(typology: Typology, row: Mapping[str, Any]) -> Iterator[str]:
    """Faults of one match."""
    names = [measure["name"] for measure in row["measures"]]
    before, points = row["unsuppressed_score"], sum(measure["points"] for measure in row["measures"])
    lowest = min((one["factor"] for one in row["suppressors"]), default=1.0)
    conditions = {
        "it is of another typology": row["typology"] == typology.id,
        "its measures give another score": abs(before - min(MOST_POINTS, GATE_POINTS + points)) < 1e-5,
        "its score is not that times its smallest factor": abs(row["score"] - before * lowest) < 1e-5,
        "it ends before it starts": row["started_at"] <= row["ended_at"],
        "its value is below zero": row["value"] >= 0,
        "its explanation does not name its subject": row["subject"] in row["explanation"],
        "two measures have one name": len(set(names)) == len(names),
        "it has no gate": any(measure["kind"] == "gate" for measure in row["measures"]),
    }
    yield from (fault for fault, holds in conditions.items() if not holds)
    for measure in row["measures"]:
        yield from _measure_faults(measure)


def _measure_faults(measure: Mapping[str, Any]) -> Iterator[str]:
    name, value, threshold = measure["name"], measure["value"], measure["threshold"]
    holds = {">=": threshold is None or value >= threshold, "<=": threshold is None or value <= threshold, "": True}
    conditions = {
        "met is not what value and threshold say": measure["met"] == holds[measure["sense"]],
        "a gate that is not met": measure["kind"] != "gate" or measure["met"],
        "points below zero": measure["points"] >= 0,
        "points for nothing": measure["points"] == 0 or (measure["kind"] != "fact" and measure["met"]),
        "a fact with a threshold, or another without one": (measure["kind"] == "fact") == (threshold is None),
        "no label or unit": bool(measure["label"] and measure["unit"]),
    }
    yield from (f"measure {name}: {fault}" for fault, good in conditions.items() if not good)


def _broken_laws(
    hit: pl.DataFrame, known: pl.DataFrame | None, before: Matches, found: Callable[..., Matches]
) -> Iterator[str]:
    """Names of the changes that must not change a finding, and do."""
    if not _same(found(hit), before):
        yield "searched again"
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        if not _same(found(hit), before):
            yield "by one thread"
    finally:
        numba.set_num_threads(threads)
    if not _same(found(hit.sample(fraction=1.0, shuffle=True, seed=1)), before):
        yield "in shuffled rows"
    if not _same(found(pl.concat([hit, _strangers(hit)])), before):
        yield "with strangers' dealings beside it"
    sides = ("debtor_account", "creditor_account")
    names = pl.concat([hit[side].drop_nulls() for side in sides]).unique().sort().to_list()
    new = {name: f"account {number:04d} of Nobody" for number, name in enumerate(reversed(names))}
    renamed = None if known is None else known.with_columns(pl.col("account").replace(new))
    after = found(hit.with_columns(pl.col(sides).replace(new)), renamed)
    expected = sorted((new.get(subject, subject), score) for subject, score in _scores(before))
    if expected != sorted(_scores(after)):
        yield "with accounts renamed"
    mixed = None if known is None else known.with_columns(country=pl.lit("XX"))
    if not _same(found(hit, mixed), before):
        yield "with the holders' countries changed"


def _scores(matches: Matches) -> list[tuple[str, float]]:
    return matches.match.select("subject", "score").rows()


def _strangers(hit: pl.DataFrame) -> pl.DataFrame:
    """Two accounts of nobody's pay each other once, in the middle of it."""
    return hit.head(1).with_columns(
        transaction_id=pl.lit("beside"), row=pl.lit(hit["row"].to_numpy().max() + 1).cast(pl.Int64),
        booked_at=pl.lit(hit["booked_at"].sort()[hit.height // 2]).cast(TRANSFER_SCHEMA["booked_at"]),
        debtor_account=pl.lit("stranger 1"), creditor_account=pl.lit("stranger 2"),
    )  # fmt: skip


def _same(one: Matches, other: Matches) -> bool:
    return one.match.equals(other.match) and one.evidence.equals(other.evidence)
