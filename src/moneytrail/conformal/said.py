"""The decision in plain sentences: which limit binds, what is promised, and on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moneytrail.wording import at_most, counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moneytrail.conformal.budget import Budget, Decision


def said(decision: Decision, budget: Budget, drift: Mapping[str, Any] | None) -> list[str]:
    """Sentences for the terminal and the run record.

    Parameters
    ----------
    decision : Decision
    budget : Budget
    drift : mapping or None
        What :meth:`moneytrail.conformal.drifting.Drift.document` gives; ``None`` without a calibration.
    """
    sentences = [_which_binds(decision, budget)]
    if decision.units_needed is not None:
        sentences.append(
            f"The calibration period is too short to promise {_share(budget.false_share)} for "
            f"{counted(decision.by_alerts, 'alert')}: it has {decision.calibration_units:,} account-periods and needs "
            f"at least {decision.units_needed:,}."
        )
    elif decision.reachable_share is not None and not decision.raised.any():
        sentences.append(
            "Clean account-periods reached so high a risk too often for this promise: the smallest share that could be "
            f"promised here is {at_most(decision.reachable_share)}."
            if decision.reachable_share < 1.0
            else "Clean account-periods reached as high a risk as often: no share could be promised here."
        )
    if decision.expected_false is not None:
        raised = int(decision.raised.sum())
        mean, low, high = (min(value, raised) for value in decision.expected_false)
        sentences.append(
            f"Of the {counted(raised, 'alert')} raised, {mean:.1f} {'is' if mean == 1 else 'are'} expected to be false "
            f"(95 % interval {low:.1f} to {high:.1f}): {decision.calibration_hits:,} of "
            f"{decision.calibration_units:,} clean account-periods reached risk {decision.threshold:g}."
        )
    if drift is not None:
        sentences.append(_promise(decision, budget, drift))
    return sentences


def _which_binds(decision: Decision, budget: Budget) -> str:
    raised, candidates = int(decision.raised.sum()), counted(decision.candidates, "candidate")
    limits = []
    if budget.alerts is not None:
        limits.append(f"at most {budget.alerts:,} a {budget.per} alone would raise {decision.by_alerts:,}")
    if budget.false_share is not None:
        limits.append(f"at most {_share(budget.false_share)} false alone would raise {decision.by_share:,}")
    names = {
        "neither": "Neither limit binds" if len(limits) > 1 else "The limit does not bind",
        "alerts": "The limit on alerts binds",
        "false_share": "The limit on false alerts binds",
    }
    return f"{names[decision.binding]}: {raised:,} of {candidates} raised{'; ' * bool(limits)}{', '.join(limits)}."


def _promise(decision: Decision, budget: Budget, drift: Mapping[str, Any]) -> str:
    if budget.false_share is None or not decision.raised.any():
        return str(drift["said"])
    if drift["verdict"] == "broken":
        return f"NOT promised. {drift['said']}"
    how = "Promised on average" if drift["verdict"] == "held" else "Promised with a doubt"
    return (
        f"{how}: at most {_share(budget.false_share)} of the alerts raised are false, if the calibration "
        f"period was clean and innocent accounts now score as they did then. {drift['said']}"
    )


def _share(share: float | None) -> str:
    return f"{(share or 0) * 100:g} %"
