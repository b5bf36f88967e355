"""What several motifs are measured by, counted from the transfers in plain Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moneytrail.verify.rule import DAY, HOUR, Check, Held, all_of, ratio, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from moneytrail.verify.claims import Claim, Shown
    from moneytrail.verify.rule import Values

UNSEEN: Final = ("that no stronger match of the same subject lies in the same period",)
SPAN: Final = Held("span", "gate", "<=")
FLOWS: Final = (Held("value in", "fact"), Held("value out", "fact"))
PASSED_ON: Final = {"share_low": 0.85, "share_high": 1.0}
ALIKE_FROM: Final = 0.5
"""The share of like amounts that earns points."""


def window_days(values: Values) -> int:
    """The length of the window in microseconds."""
    return int(values["window_days"]) * DAY


def times_of(claim: Claim) -> dict[str, float]:
    """The hours that the whole match takes."""
    times = [one.time for one in claim.evidence]
    hours = (max(times) - min(times)) / HOUR
    return {"span": hours, "pace": hours}


def limits_of(window: Callable[[Values], int], **more: float) -> Callable[[Claim, Values], dict[str, float]]:
    """Thresholds of the measures of time, and `more`."""
    return lambda _claim, values: {"span": window(values) / HOUR, "pace": window(values) / HOUR / 2, **more}


def alike(transfers: Iterable[Shown], tolerance: float) -> float:
    """The share of the amounts within `tolerance` of their lower median."""
    amounts = sorted(one.amount for one in transfers)
    middle = amounts[(len(amounts) - 1) // 2]
    return sum(abs(amount - middle) <= middle * tolerance for amount in amounts) / len(amounts)


def flows_of(came: list[Shown], left: list[Shown], values: Values) -> dict[str, float]:
    """What came, what left, and whether that is the usual share."""
    share = ratio(value_of(left), value_of(came))
    usual = float(values["share_low"] <= share <= values["share_high"])
    return {"value in": value_of(came), "value out": value_of(left), "passed": usual}


def check_accounts(claim: Claim) -> Check:
    """No motif has a side that is not known."""
    return all_of(
        "accounts",
        list(claim.evidence),
        lambda one: None not in (one.debtor, one.creditor),
        "one between two known accounts",
    )


def time_of_nth(transfers: list[Shown], side: str, number: float) -> int:
    """When the transfers have reached so many different accounts on that side."""
    met: set[str | None] = set()
    for one in transfers:
        met.add(one.debtor if side == "debtor" else one.creditor)
        if len(met) >= number:
            break
    return one.time


def last_time(claim: Claim, _values: Values) -> int:
    """The time of the last transfer."""
    return claim.evidence[-1].time
