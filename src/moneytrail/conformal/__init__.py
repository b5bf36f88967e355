"""An alert budget with a guarantee: at most so many alerts, and at most this share of them false ones.

What repeats is an *account in a period*: a span of :data:`~moneytrail.conformal.plan.PERIOD_DAYS` days in which the
account took part in a transfer. Its score is the risk of the alert that it leads among those that complete in that
period, and 0 where it leads none. The periods before a given moment are taken to be clean and show how high innocent
accounts score; those after it are tested against them. ``docs/alert-budget.md`` says what is promised, and when not.
"""

from moneytrail.conformal.budget import Budget, Calibration, Decision, decide
from moneytrail.conformal.drifting import Drift, drift
from moneytrail.conformal.p_values import benjamini_hochberg, clopper_pearson, conformal_p_values
from moneytrail.conformal.plan import AlertPlan, Allotment
from moneytrail.conformal.review import agreement, below_the_line, missed_at_most, overlap

__all__ = [
    "AlertPlan",
    "Allotment",
    "Budget",
    "Calibration",
    "Decision",
    "Drift",
    "agreement",
    "below_the_line",
    "benjamini_hochberg",
    "clopper_pearson",
    "conformal_p_values",
    "decide",
    "drift",
    "missed_at_most",
    "overlap",
]
