"""Which rule to begin with for an account, and why. The choice is the court's; a reason is owed all the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from moneytrail.tracing.rules import CONSERVING, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Standing(StrEnum):
    """What an account's holder is held to be. Everybody starts as unknown."""

    SUSPECT = "suspect"
    VICTIM = "victim"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Advice:
    """The rule to begin with for one account.

    Attributes
    ----------
    rule : Rule or None
        ``None`` when it was not among the rules that were traced.
    why : str
        A sentence.
    """

    rule: Rule | None
    why: str


WHY = {
    Rule.CLEAN_FIRST: "the holder is held to be a suspect: a wrongdoer is taken to spend his own money first, and what "
    "he spent of the claim stays spent (re Hallett; Roscoe v Winder)",
    Rule.PARI_PASSU: "equal victims share the loss, whatever the order of payments (Barlow Clowes v Vaughan)",
    Rule.FIFO: "Clayton's Case is the default between innocent claimants on a running account",
}


def band(row: Mapping[str, Any], rules: Sequence[Rule]) -> dict[str, int | None]:
    """The least and the most tainted money of an account, ``low`` and ``high``, over the rules but poison.

    ``None`` when there is none of them. `row` holds ``tainted_RULE`` for each rule.
    """
    found = [row[f"tainted_{rule}"] for rule in rules if rule in CONSERVING]
    return {"low": min(found, default=None), "high": max(found, default=None)}


def recommend(
    row: Mapping[str, Any], rules: Sequence[Rule], standing: Standing, *, equal_victims: bool = False
) -> Advice:
    """The rule to begin with for an account.

    Parameters
    ----------
    row : mapping
        A row of :attr:`moneytrail.tracing.Trace.accounts`.
    rules : sequence of Rule
        Those that were traced.
    standing : Standing
        What the account's holder is held to be.
    equal_victims : bool
        Whether several equally innocent victims claim the same money and would share the loss.
    """
    otherwise = Rule.CLEAN_FIRST if standing is Standing.SUSPECT else Rule.FIFO
    chosen = Rule.PARI_PASSU if equal_victims else otherwise
    why = WHY[chosen]
    if chosen is Rule.FIFO:
        if standing is Standing.VICTIM:
            why = f"the holder is held to be a victim; {why}"
        else:
            why = f"nothing is presumed against the holder; {why}; if the holder is a suspect, begin with clean_first"
    if chosen not in rules:
        return Advice(None, f"{chosen} would be the rule to begin with, but was not traced: {why}")
    spread = band(row, rules)
    if sum(rule in CONSERVING for rule in rules) > 1 and spread["low"] == spread["high"]:
        why = f"all rules agree here; {why}"
    return Advice(chosen, why[0].upper() + why[1:])
