"""The verdict on one match: what holds of every match, and then the rule of its typology or motif."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from moneytrail.verify.motifs import MOTIF_RULES
from moneytrail.verify.rule import Check, having
from moneytrail.verify.typologies import TYPOLOGY_RULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moneytrail.verify.claims import Claim, Stated
    from moneytrail.verify.rule import Held, Rule, Values

__all__ = ["RULES", "Check", "Verdict", "verify"]

GATE: Final = 0.5
MOST: Final = 0.99
CLOSE: Final = 1.5e-6
"""How near points must be to be the same: they are rounded to the sixth decimal, and a half may go either way."""

PEERS: Final = frozenset({"own_month", "peers_middle", "peers_high"})
"""Facts on the peer group that any match may state; they cannot be counted from its own transfers."""

RULES: Final[Mapping[str, Rule]] = MappingProxyType({**TYPOLOGY_RULES, **MOTIF_RULES})
"""The rule of every typology and motif that can be checked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker says of a match.

    Attributes
    ----------
    match_id : str
    confirmed : bool
        Whether every check holds.
    checks : tuple of Check
        Each condition that was looked at, in order. After a check of form fails the rest is not counted.
    not_checkable : tuple of str
        What the transfers cannot show; nothing is said of it.
    """

    match_id: str
    confirmed: bool
    checks: tuple[Check, ...]
    not_checkable: tuple[str, ...]

    @property
    def refusals(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.held)


def verify(claim: Claim) -> Verdict:
    """Hold a match to its own transfers.

    Parameters
    ----------
    claim : Claim
        See :func:`moneytrail.verify.claim_of`.

    Returns
    -------
    Verdict
        Cost: about linear in the transfers shown.

    Examples
    --------
    >>> from moneytrail.verify import read_claims, verify
    >>> for claim in read_claims("results"):  # doctest: +SKIP
    ...     print(claim.match_id, verify(claim).confirmed)
    """
    rule = RULES.get(claim.kind)
    if rule is None:
        own = claim.match_id.startswith(f"{claim.kind}-")
        checks = [
            Check("typology", own, f"the match's id {claim.match_id} is of {claim.kind}" if own else "not its id's")
        ]
        checks += _check_sums(claim)
        unseen_rule = (f"whether the transfers satisfy the rule of {claim.kind}: of it there is no second checker",)
        return Verdict(claim.match_id, all(check.held for check in checks), tuple(checks), unseen_rule)
    values = {**rule.parameters, **(claim.parameters or {})}
    checks = list(_check_form(claim, rule))
    unseen: list[str] = []
    if all(check.held for check in checks):
        checks += rule.conditions(claim, values)
        checks += _check_figures(claim, rule, values)
        unseen += _list_unseen(claim, rule, values)
    checks += _check_frame(claim, rule, values)
    return Verdict(claim.match_id, all(check.held for check in checks), tuple(checks), tuple(unseen))


def _check_form(claim: Claim, rule: Rule) -> Iterator[Check]:
    """Whether roles, sides and measures are such that anything can be counted."""
    allowed = {role.name: role for role in rule.roles}
    strange = [one for one in claim.evidence if one.role not in allowed]
    missing = [role.name for role in rule.roles if role.needed and not having(claim, role.name)]
    said = f"transfer {strange[0].transaction_id} is {strange[0].role!r}" if strange else f"no {''.join(missing[:1])}"
    roles = ", ".join(allowed)
    yield Check("roles", not strange and not missing, f"{said}; roles are {roles}" if strange or missing else roles)
    wrong = [
        one
        for one in claim.evidence
        if one.debtor == one.creditor
        or (one.role in allowed and not _stands(claim.subject, allowed[one.role].subject, one.debtor, one.creditor))
    ]
    yield Check(
        "sides",
        not wrong,
        f"transfer {wrong[0].transaction_id} ({wrong[0].role}) goes from {wrong[0].debtor} to {wrong[0].creditor}; "
        f"the subject is {claim.subject}"
        if wrong
        else f"{claim.subject} stands on the right side of every transfer",
    )
    known = {held.name for held in rule.measures} | PEERS
    lacking = sorted({held.name for held in rule.measures if held.needed} - set(claim.measures))
    extra = sorted(set(claim.measures) - known)
    fault = f"lacks {lacking[0]}" if lacking else f"{extra[0]} is none of its measures" if extra else "all stated"
    yield Check("measures", not lacking and not extra, fault)


def _stands(subject: str, side: str, debtor: str | None, creditor: str | None) -> bool:
    return not side or subject == (debtor if side == "debtor" else creditor)


def _check_sums(claim: Claim) -> Iterator[Check]:
    """What holds of every match, whatever its rule: order, times, number, gates, score."""
    shown = claim.evidence
    twice = [name for name, number in Counter(one.transaction_id for one in shown).items() if number > 1]
    yield Check("once", not twice, f"transfer {twice[0]} stands twice" if twice else "no transfer stands twice")
    late = [b for a, b in pairwise(shown) if not a.place < b.place]
    yield Check("order", not late, f"transfer {late[0].transaction_id} is too late" if late else "in ledger order")
    first, last = min(one.time for one in shown), max(one.time for one in shown)
    yield _same("transfers", claim.transfers, len(shown))
    yield _same("started_at", claim.started, first)
    yield _same("ended_at", claim.ended, last)
    failed = [name for name, stated in claim.measures.items() if stated.kind == "gate" and not stated.met]
    yield Check("gates", not failed, f"{failed[0]} is a gate that is not met" if failed else "every gate is met")
    points = sum(stated.points for stated in claim.measures.values())
    lowered = min(claim.factors, default=1.0) * min(MOST, round(GATE + points, 6))
    yield Check("score", abs(claim.score - lowered) <= CLOSE, f"claimed {claim.score:g}, the measures make {lowered:g}")


def _check_frame(claim: Claim, rule: Rule, values: Values) -> Iterator[Check]:
    """What holds of every match of a known rule: its sums, window, value and id."""
    shown = claim.evidence
    yield from _check_sums(claim)
    yield from _check_window(claim, rule, values)
    counting = [role.name for role in rule.roles if role.counts]
    yield _same("value", claim.value, sum(one.amount for one in having(claim, *counting)))
    try:
        key = rule.key(claim)
    except KeyError:
        key = ""
    parts = [claim.kind, claim.subject, key, *sorted(one.transaction_id for one in shown)]
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()
    made = f"{claim.kind}-{digest}"
    yield Check("match_id", claim.match_id == made, f"the transfers make {made}")


def _check_window(claim: Claim, rule: Rule, values: Values) -> Iterator[Check]:
    window = rule.window(values)
    times = [one.time for one in having(claim, *rule.spanning)]
    if not times:
        return
    span = max(times) - min(times)
    yield Check("window", span < window, f"spans {_hours(span)}; less than {_hours(window)} is wanted")
    if rule.detectable is not None:
        return
    # The first firing of the period may lie before the window that was kept, but not inside it without a transfer.
    inside = claim.detectable in times or claim.detectable < min(times)
    period = window > 0 and claim.detectable // window == max(times) // window
    yield Check(
        "detectable_at",
        inside and claim.detectable <= max(times) and period,
        "a transfer's time, or an earlier one of the same period, is wanted",
    )


def _check_figures(claim: Claim, rule: Rule, values: Values) -> Iterator[Check]:
    """Each measure: as counted, held to the right threshold, with the points it earns."""
    counted = rule.counted(claim, values)
    limits, earned = rule.limits(claim, values), rule.earned(claim, values)
    if rule.detectable is not None:
        yield _same("detectable_at", claim.detectable, rule.detectable(claim, values))
    for held in rule.measures:
        stated = claim.measures.get(held.name)
        if stated is None:
            continue
        threshold = values[held.parameter] if held.parameter else limits.get(held.name)
        points = earned.get(held.name, _points(held, stated, threshold))
        fault = _fault(held, stated, counted.get(held.name), threshold, points)
        yield Check(held.name, not fault, fault or _told(stated, held.name in counted))


def _fault(held: Held, stated: Stated, counted: float | None, threshold: float | None, points: float) -> str:
    if counted is not None and not _close(stated.value, counted):
        return f"claimed {stated.value:g}, the transfers show {counted:g}"
    if (stated.kind, stated.sense) != (held.kind, held.sense):
        return f"claimed is a {stated.kind} {stated.sense}, it is a {held.kind} {held.sense}".rstrip()
    if (stated.threshold is None) != (threshold is None):
        return f"claimed threshold {stated.threshold}, wanted is {threshold}"
    if threshold is not None and stated.threshold is not None:
        if not _close(stated.threshold, threshold):
            return f"claimed threshold {stated.threshold:g}, the search's is {threshold:g}"
        if stated.met != _reached(held, stated.value, stated.threshold):
            return f"{stated.value:g} {stated.sense} {stated.threshold:g} is said to be {str(stated.met).lower()}"
    elif not stated.met:
        return "a plain fact is said not to be met"
    if held.kind == "gate" and not stated.met:
        return f"{stated.value:g} {stated.sense} {stated.threshold:g} does not hold"
    if abs(stated.points - points) > CLOSE:
        return f"claimed {stated.points:g} points, it earns {points:g}"
    return ""


def _points(held: Held, stated: Stated, threshold: float | None) -> float:
    if held.kind == "fact" or threshold is None:
        return 0.0
    if not held.reach:
        return held.most if _reached(held, stated.value, threshold) else 0.0
    if threshold <= 0:
        return 0.0
    return held.most * min(1.0, max(0.0, (stated.value / threshold - 1.0) / (held.reach - 1.0)))


def _reached(held: Held, value: float, threshold: float) -> bool:
    return value <= threshold if held.sense == "<=" else value >= threshold


def _told(stated: Stated, counted: bool) -> str:
    return f"{stated.value:g}, as the transfers show" if counted else f"{stated.value:g}, as stated; see not checkable"


def _list_unseen(claim: Claim, rule: Rule, values: Values) -> Iterator[str]:
    if claim.parameters is None:
        yield "the parameters of the search: none are given, so the defaults are taken"
    yield from rule.unseen
    counted = rule.counted(claim, values)
    for name, stated in claim.measures.items():
        if name not in counted:
            yield f"{stated.label} ({name})"
    if claim.truncated:
        yield "what the search would have found had it not stopped at its budget"
    if claim.detectable not in {one.time for one in claim.evidence}:
        yield "the earlier transfers at which the match could first have been raised"


def _same(name: str, claimed: float, counted: float) -> Check:
    return Check(name, _close(claimed, counted), f"claimed {claimed:,}, the transfers show {counted:,}")


def _close(claimed: float, counted: float) -> bool:
    """Equal; ratios up to the last digits of their division."""
    if isinstance(counted, int):
        return claimed == (counted if isinstance(claimed, int) else float(counted))
    return abs(claimed - counted) <= 1e-9 * max(1.0, abs(counted))


def _hours(microseconds: int) -> str:
    return f"{microseconds / 3_600_000_000:.2f} hours"
