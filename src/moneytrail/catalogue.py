"""The whole catalogue over one ground: every typology in turn, each match compared with its peers and tested.

A typology's own finder says what the transfers show. What is unusual about it against its peer group, and which
innocent explanations hold, is asked here in the same way of every match.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moneytrail.errors import ParameterError
from moneytrail.matches import Matches, Value, Values
from moneytrail.risk import SETTINGS, TABLE, RiskRule, usual_weight
from moneytrail.suppressors import SUPPRESSORS, Case, Suppressor, by_code
from moneytrail.typologies import BESIDE, CATALOGUE, by_id
from moneytrail.typologies.base import Found, Typology, frames_of
from moneytrail.typologies.measuring import fact
from moneytrail.wording import money, month, score

if TYPE_CHECKING:
    from moneytrail.typologies.ground import Ground

Parameters = Mapping[str, Mapping[str, object]]
"""What differs from the defaults: by id of a typology or code of a suppressor, then by parameter. Under ``risk``, what
typologies weigh."""

Stage = Callable[[str], AbstractContextManager[None]]
"""Entered around the search for each typology, with its id."""


@dataclass(frozen=True, eq=False)
class Searched:
    """What one typology found.

    Attributes
    ----------
    typology : Typology
    values : dict of str to int or float
        Its parameters.
    not_applicable : str
        Why the data cannot show it; empty where they can.
    matches : Matches
    """

    typology: Typology
    values: dict[str, Value]
    not_applicable: str
    matches: Matches


def search(
    ground: Ground,
    parameters: Parameters | None = None,
    *,
    only: Iterable[str] | None = None,
    own: Sequence[Typology] = (),
    stage: Stage = lambda _id: nullcontext(),
) -> list[Searched]:
    """Search for every typology, or for some.

    Parameters
    ----------
    ground : Ground
        What it holds of earlier findings is replaced.
    parameters : mapping, optional
        See :data:`Parameters`.
    only : iterable of str, optional
        Ids of the typologies wanted; those that they build on are searched for besides, and left out of the answer.
    own : sequence of Typology, optional
        Typologies beside those of the catalogue, with ids of their own.
    stage : callable, optional
        See :data:`Stage`.

    Returns
    -------
    list of Searched
        In the order of the catalogue, then of `own`.

    Raises
    ------
    ParameterError
        As :func:`check`, or when `only` names what there is not.
    """
    parameters = check(parameters or {}, own)
    entries = _entries(own)
    wanted = list(entries) if only is None else [_known(name, entries).id for name in only]
    ground.earlier.clear()
    found: dict[str, Searched] = {}
    for typology in _in_order(wanted, entries):
        values = typology.values(parameters.get(typology.id))
        with stage(typology.id):
            reason = typology.not_applicable(ground, values)
            instances = [] if reason else typology.search(ground, values)
            ground.earlier[typology.id] = instances
            if typology.id in wanted:
                tests = [
                    (entry, entry.values(parameters.get(entry.code)), bool(entry.lacks(ground)))
                    for entry in SUPPRESSORS
                    if typology.id in entry.on
                ]
                judged = [_judged(ground, typology, one, tests) for one in instances]
                found[typology.id] = Searched(typology, values, reason, frames_of(ground.graph, typology, judged))
    return [found[name] for name in entries if name in found]


def _entries(own: Sequence[Typology]) -> dict[str, Typology]:
    """The catalogue and `own`, by id."""
    entries = {entry.id: entry for entry in (*CATALOGUE, *own)}
    if len(entries) < len(CATALOGUE) + len(own):
        raise ParameterError("two typologies have one id; give your own other ids than the catalogue's")
    taken = [entry.id for entry in own if entry.id in (TABLE, *SETTINGS) or entry.id.startswith("R-")]
    if taken:
        raise ParameterError(f"a typology may not be called {taken[0]!r}: files of parameters use the name")
    return entries


def _known(name: str, entries: Mapping[str, Typology]) -> Typology:
    return entries[name] if name in entries else by_id(name)


def _in_order(wanted: Iterable[str], entries: Mapping[str, Typology]) -> list[Typology]:
    """The typologies and what they build on, each after those that it builds on."""
    order: list[Typology] = []

    def add(name: str) -> None:
        typology = _known(name, entries)
        for other in typology.builds_on:
            add(other)
        if typology not in order:
            order.append(typology)

    for name in wanted:
        add(name)
    return order


def horizon_days(typology: str, parameters: Parameters | None = None) -> int:
    """How many days of transfers a match can depend on, with those of the typologies it builds on."""
    entry = by_id(typology)
    own = entry.span_days(entry.values((parameters or {}).get(typology)))
    return own + max((horizon_days(other, parameters) for other in entry.builds_on), default=0)


def check(parameters: Parameters, own: Sequence[Typology] = ()) -> Parameters:
    """Return `parameters` if every id, every name and every value is allowed.

    Raises
    ------
    ParameterError
        Naming the typology or suppressor, the parameter, the value and what is allowed.
    """
    entries = _entries(own)
    for name, overrides in parameters.items():
        if not isinstance(overrides, Mapping):
            raise ParameterError(f"{name} = {overrides!r}: allowed is a table of entries")
        if name == TABLE:
            RiskRule.of(overrides, [entry.id for entry in entries.values() if entry.alerts_alone])
            continue
        (by_code(name) if name.startswith("R-") else _known(name, entries)).values(overrides)
    return parameters


def load_parameters(path: Path) -> dict[str, dict[str, object]]:
    """Read parameters from a TOML file: a table a typology or suppressor, as ``[S01]`` and below ``payers = 10``.

    Raises
    ------
    ParameterError
        Naming the file, the line, the entry and what is allowed.
    """
    try:
        text = path.read_text("utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise ParameterError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path} is not TOML: {error}") from error
    for name, overrides in document.items():
        if not isinstance(overrides, dict):
            raise ParameterError(f"{path}, line {_line(text, None, name)}: {name} must be a table, as in [S01]")
        for parameter, value in overrides.items() or [("", None)]:
            try:
                check({name: {parameter: value} if parameter else {}}, BESIDE)
            except ParameterError as error:
                raise ParameterError(f"{path}, line {_line(text, name, parameter)}: {error}") from error
    return document


def _line(text: str, table: str | None, key: str) -> int:
    """Where an entry stands in a TOML text; where it cannot be seen, its table."""
    found, inside = 1, table is None
    for number, line in enumerate(text.splitlines(), 1):
        heading = re.match(r"\s*\[+\s*[\"']?([^\"'\]]+?)[\"']?\s*\]", line)
        if heading:
            inside = heading[1] == table
            found = number if inside else found
        elif (inside or table is None) and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return found


def describe() -> list[dict[str, Any]]:
    """The typologies as plain data, each with the suppressors tested on it; the horizon is that of all it builds on."""
    return [
        entry.describe()
        | {
            "horizon_days": horizon_days(entry.id),
            "weight": usual_weight(entry.id),
            "suppressors": [suppressor.code for suppressor in SUPPRESSORS if entry.id in suppressor.on],
        }
        for entry in (*CATALOGUE, *BESIDE)
    ]


# What is said of every match


Test = tuple[Suppressor, Values, bool]
"""A suppressor, its parameters, and whether the data lack what it needs."""


def _judged(ground: Ground, typology: Typology, found: Found, tests: Sequence[Test]) -> Found:
    """The match with its peer group and the innocent explanations that were tested."""
    compared = _compared(ground, typology, found)
    case = Case(ground, typology, compared)
    made = [entry.suppression(case, values) for entry, values, lacking in tests if not lacking]
    judged = replace(compared, suppressions=tuple(one for one in made if one))
    tested, untested = ([entry for entry, _, lacks in tests if lacks == wanted] for wanted in (False, True))
    return replace(judged, explanation=f"{judged.explanation} {_tested(judged, tested, untested)}".strip())


def _compared(ground: Ground, typology: Typology, found: Found) -> Found:
    """With a sentence on how its subject stood among its peers in the month before the match was complete."""
    side, last = typology.compared_by, int(found.ledger[-1])
    standing = ground.peers.standing(int(found.subject), last, side)
    if standing is None:
        return found
    currency = ground.graph.reference_currency
    did = "was paid" if side == "credits" else "paid"
    when = month(int(ground.graph.month[last]) - 1)
    said = (
        f" In {when} it {did} {money(standing.own, currency)}; of the {standing.size:,} accounts of its group "
        f"({standing.group}) the middle one {did} {money(standing.middle, currency)}, and 19 of 20 at most "
        f"{money(standing.high, currency)}."
    )
    facts = (
        fact("own_month", f"what it {did} in the last whole month before", standing.own, "minor units"),
        fact(
            "peers_middle", f"what the middle account of its group {did} in that month", standing.middle, "minor units"
        ),
        fact("peers_high", f"what 19 of 20 accounts of its group {did} at most", standing.high, "minor units"),
    )
    return replace(found, explanation=found.explanation + said, measures=(*found.measures, *facts))


def _tested(found: Found, tested: list[Suppressor], untested: list[Suppressor]) -> str:
    """Which innocent explanations were tested, and what that did to the score."""
    held = {one.code for one in found.suppressions}
    said = [f"It looks like {one.name} ({one.code}): {one.said}." for one in found.suppressions]
    if found.suppressions:
        before, after = score(found.unsuppressed_score), score(found.score)
        said.append(f"This lowers the score from {before} to {after}.")
    failed = [entry.name for entry in tested if entry.code not in held]
    if failed:
        said.append(f"Tested and not found: {'; '.join(failed)}.")
    if untested:
        said.append(f"Not tested, for want of data: {'; '.join(entry.name for entry in untested)}.")
    return " ".join(said)
