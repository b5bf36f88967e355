"""From where the money is to what can be done about it, and how fast."""

from moneytrail.disruption.assessing import Assessment, Figures, assess, best, meanwhile
from moneytrail.disruption.flows import BY_TIME, Flows, forecast
from moneytrail.disruption.freeze_plan import Budget, FreezePlan, Step, plan_freeze
from moneytrail.disruption.levers import Lever, Levers, load_levers, shipped

__all__ = [
    "BY_TIME",
    "Assessment",
    "Budget",
    "Figures",
    "Flows",
    "FreezePlan",
    "Lever",
    "Levers",
    "Step",
    "assess",
    "best",
    "forecast",
    "load_levers",
    "meanwhile",
    "plan_freeze",
    "shipped",
]
