"""Alerts: what an investigator reads. The data of one alert first; below it, how matches become alerts."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

from moneytrail.graph import DAY
from moneytrail.matches import Measure, Suppression
from moneytrail.risk import MODEL, RiskRule
from moneytrail.schema import INSTANT
from moneytrail.wording import between, counted, money, plain_id, score

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from moneytrail.conformal import Allotment
    from moneytrail.matches import Matches
    from moneytrail.placebo import AlertPlacebo
from moneytrail.typologies.base import Typology

__all__ = [
    "ALERT_STATUSES",
    "Alert",
    "AlertMatch",
    "AlertStatus",
    "AlertSubject",
    "EvidenceTransfer",
    "Measure",
    "SubjectRole",
    "Suppression",
    "group",
]

SubjectRole = Literal["suspect", "victim", "unknown"]
AlertStatus = Literal["open", "in_review", "escalated", "closed_useful", "closed_false_positive"]

ALERT_STATUSES: tuple[AlertStatus, ...] = (
    "open",
    "in_review",
    "escalated",
    "closed_useful",
    "closed_false_positive",
)


@dataclass(frozen=True, slots=True)
class AlertMatch:
    """One match inside an alert: which typology, how strongly, on which numbers."""

    match_id: str
    typology: str
    name: str
    subject: str
    score: float
    unsuppressed_score: float
    value: int
    started_at: datetime
    ended_at: datetime
    detectable_at: datetime
    measures: tuple[Measure, ...]
    suppressors: tuple[Suppression, ...]
    explanation: str
    innocent_explanations: tuple[str, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class AlertSubject:
    """One account in an alert.

    `role` is what the person is held to be and begins as ``unknown``; `part` is what the account did (``collector``,
    ``mule``, …), which is a fact of the transfers.
    """

    account: str
    role: SubjectRole
    part: str


@dataclass(frozen=True, slots=True)
class EvidenceTransfer:
    """One transfer that proves one match, with its part in it.

    `anomaly_score` is the mean of the detectors. `probability` is what the run's trained model puts it at, at the base
    rate of the banks that the model learned from; ``None`` without a model, and where it gives no opinion.
    """

    match_id: str
    role: str
    transaction_id: str
    booked_at: datetime
    debtor_account: str | None
    creditor_account: str | None
    amount: int
    currency: str
    reference_amount: int
    channel: str
    reference: str | None
    anomaly_score: float | None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, whole.

    `value` and every ``reference_amount`` are minor units of `reference_currency`; `value` is taken from
    the evidence whose role counts: the larger of what it brings the subjects from others and what it takes from them
    to others, so that money is counted once. `typology_scores` holds the best
    score of each typology, `anomaly_scores` the mean of each detector over the evidence: both stand beside the
    combined `risk_score` and are never folded away. `detectable_at` is the first moment at which the gate held.
    `placebo` says how often so much stands in shuffled copies of the data; ``None`` where none were made.
    """

    alert_id: str
    run_id: str
    rank: int
    headline: str
    risk_score: float
    typology_scores: dict[str, float]
    anomaly_scores: dict[str, float]
    value: int
    reference_currency: str
    started_at: datetime
    ended_at: datetime
    detectable_at: datetime
    subjects: tuple[AlertSubject, ...]
    matches: tuple[AlertMatch, ...]
    evidence: tuple[EvidenceTransfer, ...]
    status: AlertStatus = "open"
    placebo: AlertPlacebo | None = None


ALERT_FROM: Final = 0.3
"""A match that scores less raises no alert of its own (design): so low it comes only where a suppressor holds, since a
gate alone gives 0.5. It is kept among the matches, and shown in the alerts that it is linked to."""

NAMED: Final = 3
"""The most typologies that a headline names; the alert lists them all."""

MOST_SUBJECTS: Final = 25
"""The most subjects that shared transfers may bring together in one alert (design: what one person can take in)."""


ALERT_SCHEMA: Final[dict[str, pl.DataType]] = {
    "alert_id": pl.String(),
    "rank": pl.Int64(),
    "within_budget": pl.Boolean(),
    "headline": pl.String(),
    "risk_score": pl.Float64(),
    "value": pl.Int64(),
    "reference_currency": pl.String(),
    "started_at": INSTANT,
    "ended_at": INSTANT,
    "detectable_at": INSTANT,
    "subjects": pl.List(pl.String()),
    "typologies": pl.List(pl.String()),
    "typology_scores": pl.List(pl.Float64()),
    "match_ids": pl.List(pl.String()),
    "transfers": pl.Int64(),
}


@dataclass(frozen=True, eq=False)
class Grouping:
    """All alerts of a run as a frame, and the ones within the budget whole.

    Attributes
    ----------
    frame : polars DataFrame
        One row an alert, as ``ALERT_SCHEMA``, best first; `within_budget` are those that are raised. Detectors' means
        follow as columns ``anomaly_NAME``.
    alerts : tuple of Alert
        The first `budget` of them.
    unraised : int
        Matches that raised no alert and are linked to none: see :data:`ALERT_FROM` and ``Typology.alerts_alone``.
    links_left : int
        Pairs of matches that share transfers and yet stand in different alerts, because one alert of both would have
        had more than :data:`MOST_SUBJECTS` subjects.
    """

    frame: pl.DataFrame
    alerts: tuple[Alert, ...]
    unraised: int
    links_left: int


def group(
    matches: Matches,
    transfers: pl.DataFrame,
    *,
    catalogue: Mapping[str, tuple[Typology, int]],
    run_id: str,
    budget: int,
    reference_currency: str,
    rule: RiskRule | None = None,
    early_until: int | None = None,
    allotment: Allotment | None = None,
) -> Grouping:
    """Make alerts of matches: those that share transfers or subjects within their windows become one.

    Two matches belong together when they share a transfer, or when they have the same subject and the later starts at
    most one window (the longer of the two) after the earlier ends. Links by transfers are followed from those that
    share most, and not where the alert would get more than :data:`MOST_SUBJECTS` subjects: nobody can read one of
    hundreds. How many were left is told. Alerts are ranked by risk score, then value, then their smallest match id; of
    those whose risk is enough to be raised the first `budget` are made whole. None is dropped: the frame holds them
    all. A match that a suppressor brought below :data:`ALERT_FROM`, and one whose typology says so, raises none.

    Parameters
    ----------
    matches : Matches
        All of them count for the scores; :func:`_not_contained` says which an alert shows.
    transfers : polars DataFrame
        The canonical transfers that the evidence names, with ``reference_amount`` and ``anomaly_NAME`` columns, and
        with a trained model ``probability``.
    catalogue : mapping of typology id to (Typology, window in microseconds)
    run_id : str
    budget : int
    reference_currency : str
    rule : RiskRule, optional
        How scores become a risk score; the shipped one without it.
    early_until : int, optional
        Microseconds UTC: matches that were detectable before count for less in the risk.
    allotment : Allotment, optional
        Says in place of `budget` which alerts are raised. With a calibration no alert reaches over the end of a period,
        and in a period all matches of one subject are one alert.
    """
    rule = rule or RiskRule()
    detectors = [name for name in transfers.columns if name.startswith("anomaly_")]
    schema = ALERT_SCHEMA | dict.fromkeys(detectors, pl.Float64()) | (allotment.columns if allotment else {})
    if not matches.match.height:
        return Grouping(pl.DataFrame(schema=schema), (), 0, 0)
    windows = {typology: window for typology, (_, window) in catalogue.items()}
    silent = [typology for typology, (entry, _) in catalogue.items() if not entry.alerts_alone]
    raising = (matches.match["score"] >= ALERT_FROM) & ~matches.match["typology"].is_in(silent)
    periods = allotment.periods_of(matches.match) if allotment else None
    components, links_left = _components(matches, windows, raising.to_list(), periods)
    match = matches.match.with_columns(group=pl.Series(components, dtype=pl.Int64)).filter(pl.col("group") >= 0)
    unraised = matches.match.height - match.height
    if not match.height:
        return Grouping(pl.DataFrame(schema=schema), (), unraised, links_left)
    proof = matches.evidence.join(
        match.select("match_id", "group", "typology"), on="match_id", how="inner", maintain_order="left"
    )
    # Looking up the few transfers that prove something is much cheaper than joining all of them.
    proving = transfers.filter(pl.col("transaction_id").is_in(proof["transaction_id"].unique().implode()))
    proof = proof.join(proving, on="transaction_id", how="left", maintain_order="left")
    counting = [f"{t}\x1f{role.name}" for t, (entry, _) in catalogue.items() for role in entry.roles if role.counts]
    proof = proof.with_columns(counts=pl.concat_str("typology", "role", separator="\x1f").is_in(counting))
    loud = [typology for typology in catalogue if typology not in silent]
    early = pl.col("detectable_at").cast(pl.Int64) < (early_until if early_until is not None else -(2**62))
    match = match.with_columns(counted=pl.col("score") * pl.when(early).then(rule.early_factor).otherwise(1.0))
    frame = _alert_frame(match, proof, detectors, loud, rule)
    ids = [_alert_id(run_id, names) for names in frame["match_ids"]]
    frame = frame.with_columns(alert_id=pl.Series(ids, dtype=pl.String), reference_currency=pl.lit(reference_currency))
    # The last tie is settled by the matches and not by the alert's id, which a new version of moneytrail changes.
    frame = frame.with_columns(tie=pl.col("match_ids").list.min()).sort(
        "risk_score", "value", "tie", descending=[True, True, False]
    )
    if allotment:
        frame = allotment.choose(frame)
    else:
        best = pl.int_range(pl.len()) < budget
        frame = frame.with_columns(within_budget=best & (pl.col("risk_score") >= rule.raise_from))
    frame = frame.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    headlines = [_headline(row, reference_currency, catalogue, rule) for row in frame.iter_rows(named=True)]
    frame = frame.with_columns(headline=pl.Series(headlines, dtype=pl.String))
    whole = _whole_alerts(frame.filter("within_budget"), match, proof, run_id, catalogue)
    return Grouping(frame.select(*schema), whole, unraised, links_left)


class _Groups:
    """Union-find over matches that also knows each group's subjects."""

    def __init__(self, subjects: Sequence[str]) -> None:
        self._parent = list(range(len(subjects)))
        self._subjects = [{subject} for subject in subjects]

    def root(self, place: int) -> int:
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place

    def join(self, a: int, b: int, most_subjects: int | None = None) -> None:
        """Make one group of two, numbered by its first match, unless it would have too many subjects."""
        a, b = sorted((self.root(a), self.root(b)))
        together = self._subjects[a] | self._subjects[b]
        if a != b and (most_subjects is None or len(together) <= most_subjects):
            self._parent[b] = a
            self._subjects[a] = together


def _components(
    matches: Matches, windows: Mapping[str, int], raising: list[bool], periods: list[int] | None
) -> tuple[list[int], int]:
    """The group that each match belongs to, -1 for none, and how many links were left because a group was full.

    Matches that raise alerts make the groups. One that may not joins the group that it is linked to most closely: by
    most shared transfers, else by its subject, of equals the first; it never brings two groups together. Matches of
    different `periods` have nothing to do with each other, and those of one subject in one period are always one group.
    """
    groups = _Groups(matches.match["subject"].to_list())
    links = _transfer_links(matches)
    if periods is None:
        subject_links = list(_subject_links(matches.match, windows))
    else:
        subject_links = _links_in_periods(matches.match, periods, raising)
        links = [(a, b) for a, b in links if periods[a] == periods[b]]
    for a, b in subject_links:
        if raising[a] and raising[b]:
            groups.join(a, b)
    open_links = [(a, b) for a, b in links if raising[a] and raising[b]]
    for a, b in open_links:
        groups.join(a, b, MOST_SUBJECTS)
    left = sum(groups.root(a) != groups.root(b) for a, b in open_links)
    found = [groups.root(place) if raises else -1 for place, raises in enumerate(raising)]
    for a, b in [*links, *subject_links]:
        if raising[a] != raising[b]:
            quiet, loud = (b, a) if raising[a] else (a, b)
            if found[quiet] < 0:
                found[quiet] = found[loud]
    return found, left


def _subject_links(match: pl.DataFrame, windows: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Matches of one subject of which the later starts at most the longer window after the earlier ends."""
    rows = (
        match.with_row_index("place")
        .with_columns(pl.col("started_at", "ended_at").cast(pl.Int64))
        .sort("subject", "started_at", "place")
        .select("subject", "place", "started_at", "ended_at", "typology")
        .rows()
    )
    for later, (subject, place, start, _, typology) in enumerate(rows):
        for earlier in range(later - 1, -1, -1):
            other, before, _, end, kind = rows[earlier]
            if other != subject:
                break
            if start <= end + max(windows[typology], windows[kind]):
                yield before, place


def _links_in_periods(match: pl.DataFrame, periods: Sequence[int], raising: list[bool]) -> list[tuple[int, int]]:
    """Every match with the first of the same subject and period that raises alerts."""
    keys = list(zip(match["subject"].to_list(), periods, strict=True))
    first: dict[tuple[str, int], int] = {}
    for place, key in enumerate(keys):
        if raising[place]:
            first.setdefault(key, place)
    return [(first[key], place) for place, key in enumerate(keys) if first.get(key, place) != place]


def _transfer_links(matches: Matches) -> list[tuple[int, int]]:
    """Matches that share transfers, those that share most first."""
    places = matches.match.select("match_id").with_row_index("place")
    members = (
        matches.evidence.join(places, on="match_id", how="left", maintain_order="left")
        .group_by("transaction_id")
        .agg(pl.col("place").unique().sort())
        .filter(pl.col("place").list.len() > 1)["place"]
    )
    shared: Counter[tuple[int, int]] = Counter()
    for together in members.to_list():
        shared.update(combinations(together, 2))
    return sorted(shared, key=lambda pair: (-shared[pair], pair))


def _alert_frame(
    match: pl.DataFrame, proof: pl.DataFrame, detectors: list[str], typologies: list[str], rule: RiskRule
) -> pl.DataFrame:
    """One row a group: scores, value, times; not yet ranked."""
    best = match.group_by("group", maintain_order=True).agg(
        *(
            pl.col(column).filter(pl.col("typology") == t).max().fill_null(0.0).alias(f"{column}_{t}")
            for column in ("score", "counted")
            for t in typologies
        ),
        pl.col("started_at").min(),
        pl.col("ended_at").max(),
        pl.col("detectable_at").min(),
        pl.col("subject").unique(maintain_order=True).alias("subjects"),
        pl.col("match_id").alias("match_ids"),
    )
    each = proof.sort("counts", descending=True, maintain_order=True).unique(
        ["group", "transaction_id"], keep="first", maintain_order=True
    )
    each = each.join(best.select("group", "subjects"), on="group", how="left", maintain_order="left")
    from_inside = pl.col("debtor_account").is_in(pl.col("subjects"), nulls_equal=False).fill_null(False)
    to_inside = pl.col("creditor_account").is_in(pl.col("subjects"), nulls_equal=False).fill_null(False)
    totals = each.group_by("group").agg(
        # Money passing between the subjects, or through them, is counted once.
        pl.max_horizontal(
            pl.col("reference_amount").filter(pl.col("counts") & to_inside & ~from_inside).sum(),
            pl.col("reference_amount").filter(pl.col("counts") & from_inside & ~to_inside).sum(),
        ).alias("value"),
        pl.len().cast(pl.Int64).alias("transfers"),
        *(pl.col(name).sort().mean().round(6) for name in detectors),
    )
    frame = best.join(totals, on="group", how="left", maintain_order="left")
    scores = frame.select(f"score_{t}" for t in typologies).to_numpy()
    counted_ = frame.select(f"counted_{t}" for t in typologies).to_numpy()
    anomaly = frame.select(detectors).to_numpy() if detectors else np.empty((frame.height, 0))
    found = [[t for t, s in zip(typologies, row, strict=True) if s > 0] for row in scores.tolist()]
    return frame.with_columns(
        risk_score=pl.Series(rule(typologies, counted_, anomaly)),
        typologies=pl.Series(found, dtype=pl.List(pl.String)),
        typology_scores=pl.Series([[s for s in row if s > 0] for row in scores.tolist()], dtype=pl.List(pl.Float64)),
    )


def _alert_id(run_id: str, match_ids: pl.Series) -> str:
    text = "\x1f".join([run_id, *sorted(match_ids.to_list())])
    return f"A-{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def _headline(
    row: Mapping[str, Any], currency: str, catalogue: Mapping[str, tuple[Typology, int]], rule: RiskRule
) -> str:
    """What (that which adds most to the risk first, a model's opinion last), who, how much, when, how sure."""
    parts = zip(row["typology_scores"], row["typologies"], strict=True)
    ranked = sorted(((rule.weight(name) * score, name) for score, name in parts), key=lambda pair: (-pair[0], pair[1]))
    opinion = catalogue[MODEL][0].name if MODEL in row["typologies"] else ""
    names = [catalogue[typology][0].name for _, typology in ranked if typology != MODEL] or [opinion]
    what = names[0] + (f" with {' and '.join(name.lower() for name in names[1:NAMED])}" if len(names) > 1 else "")
    if len(names) > NAMED:
        what += f" and {counted(len(names) - NAMED, 'other pattern')}"
    if opinion and names != [opinion]:
        what += f", and the {opinion.lower()}"
    subjects = row["subjects"]
    who = plain_id(subjects[0]) + (f" and {counted(len(subjects) - 1, 'other account')}" if len(subjects) > 1 else "")
    when = between(_us(row["started_at"]), _us(row["ended_at"]))
    return f"{what}: {who}, {money(row['value'], currency)} {when}, risk {score(row['risk_score'])}."


def _us(moment: datetime) -> int:
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return delta.days * DAY + delta.seconds * 1_000_000 + delta.microseconds


def _whole_alerts(
    frame: pl.DataFrame,
    match: pl.DataFrame,
    proof: pl.DataFrame,
    run_id: str,
    catalogue: Mapping[str, tuple[Typology, int]],
) -> tuple[Alert, ...]:
    detectors = [name for name in frame.columns if name.startswith("anomaly_")]
    groups = frame["group"].to_list()
    matches_of = match.filter(pl.col("group").is_in(groups)).partition_by("group", as_dict=True, maintain_order=True)
    proof_of = proof.filter(pl.col("group").is_in(groups)).partition_by("group", as_dict=True, maintain_order=True)
    made = []
    for row in frame.iter_rows(named=True):
        own_proof = proof_of[row["group"],]
        shown = _not_contained(matches_of[row["group"],], own_proof)
        matches = tuple(match_of(m, catalogue[m["typology"]][0]) for m in shown.iter_rows(named=True))
        places = {match.match_id: place for place, match in enumerate(matches)}
        kept = own_proof.filter(pl.col("match_id").is_in(list(places)))
        evidence = tuple(
            sorted((evidence_of(e, detectors) for e in kept.iter_rows(named=True)), key=lambda e: places[e.match_id])
        )
        made.append(
            Alert(
                alert_id=row["alert_id"],
                run_id=run_id,
                rank=row["rank"],
                headline=row["headline"],
                risk_score=row["risk_score"],
                typology_scores=dict(zip(row["typologies"], row["typology_scores"], strict=True)),
                anomaly_scores={name.removeprefix("anomaly_"): row[name] for name in detectors},
                value=row["value"],
                reference_currency=row["reference_currency"],
                started_at=row["started_at"],
                ended_at=row["ended_at"],
                detectable_at=row["detectable_at"],
                subjects=_subjects(matches, evidence, catalogue),
                matches=matches,
                evidence=evidence,
            )
        )
    return tuple(made)


def _not_contained(matches: pl.DataFrame, proof: pl.DataFrame) -> pl.DataFrame:
    """The matches that an alert shows, best first, a model's opinion after all others.

    One whose evidence lies wholly in that of another of the same typology and subject says nothing more, and is left
    to the run's frames. Of two with the same evidence the better is kept.
    """
    ranked = matches.sort(
        pl.col("typology") == MODEL, "score", "started_at", "match_id", descending=[False, True, False, False]
    )
    ids_of = {
        match_id: set(group["transaction_id"])
        for (match_id,), group in proof.partition_by("match_id", as_dict=True).items()
    }
    kept: list[int] = []
    shown: dict[tuple[str, str], list[set[str]]] = {}
    by_size = sorted(range(ranked.height), key=lambda place: (-len(ids_of[ranked["match_id"][place]]), place))
    for place in by_size:
        mine = ids_of[ranked["match_id"][place]]
        others = shown.setdefault((ranked["typology"][place], ranked["subject"][place]), [])
        if not any(mine <= other for other in others):
            others.append(mine)
            kept.append(place)
    return ranked[sorted(kept)]


def match_of(row: Mapping[str, Any], typology: Typology | None) -> AlertMatch:
    """A row of the matches' frame as a match; `typology` is ``None`` where nothing is known of it but its id."""
    return AlertMatch(
        match_id=row["match_id"],
        typology=row["typology"],
        name=typology.name if typology else row["typology"],
        subject=row["subject"],
        score=row["score"],
        unsuppressed_score=row["unsuppressed_score"],
        value=row["value"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        detectable_at=row["detectable_at"],
        measures=tuple(Measure(**measure) for measure in row["measures"]),
        suppressors=tuple(Suppression(**one) for one in row["suppressors"]),
        explanation=row["explanation"],
        innocent_explanations=typology.innocent_explanations if typology else (),
        truncated=row["truncated"],
    )


def evidence_of(row: Mapping[str, Any], detectors: Sequence[str] = ()) -> EvidenceTransfer:
    """A row of the evidence joined with its transfer as evidence; its anomaly score is the mean of `detectors`."""
    scores = [row[name] for name in detectors if row[name] is not None]
    return EvidenceTransfer(
        match_id=row["match_id"],
        role=row["role"],
        transaction_id=row["transaction_id"],
        booked_at=row["booked_at"],
        debtor_account=row["debtor_account"],
        creditor_account=row["creditor_account"],
        amount=row["amount"],
        currency=row["currency"],
        reference_amount=row["reference_amount"],
        channel=row["channel"],
        reference=row["reference"],
        anomaly_score=round(sum(scores) / len(scores), 6) if scores else None,
        probability=row.get("probability"),
    )


def _subjects(
    matches: Sequence[AlertMatch],
    evidence: Sequence[EvidenceTransfer],
    catalogue: Mapping[str, tuple[Typology, int]],
) -> tuple[AlertSubject, ...]:
    """Every account in the alert with the parts it plays: first the matches' subjects, then the others by name."""
    parts: dict[str, list[str]] = {}

    def add(account: str | None, part: str) -> None:
        if account is not None and part not in parts.setdefault(account, []):
            parts[account].append(part)

    subject_of = {}
    for match in matches:
        typology = catalogue[match.typology][0]
        subject_of[match.match_id] = match.subject, {role.name: role.part for role in typology.roles}
        add(match.subject, typology.subject_part)
    leading = len(parts)
    for transfer in evidence:
        subject, part_of = subject_of[transfer.match_id]
        for account in (transfer.debtor_account, transfer.creditor_account):
            if account != subject and part_of[transfer.role]:
                add(account, part_of[transfer.role])
    names = list(parts)
    ordered = names[:leading] + sorted(names[leading:])
    return tuple(AlertSubject(account, "unknown", ", ".join(parts[account])) for account in ordered)
