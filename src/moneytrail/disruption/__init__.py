"""From where the money is to what can be done about it, and how fast.

:func:`estimate_profit` says what a gang took and kept, :func:`run_clocks` how long its money will stay,
:func:`plan_freeze` which few accounts to freeze, :func:`assess` which levers of the law are within reach.
"""

from moneytrail.disruption.assessing import Assessment, Figures, assess, best, meanwhile
from moneytrail.disruption.clock import Clock, run_clocks
from moneytrail.disruption.displacement import displace
from moneytrail.disruption.escape import Escape, find_escape
from moneytrail.disruption.flows import BY_TIME, Flows, forecast
from moneytrail.disruption.freeze_plan import Budget, FreezePlan, Step, plan_freeze
from moneytrail.disruption.levers import Lever, Levers, load_levers, shipped
from moneytrail.disruption.profit import Profit, Range, estimate_profit

__all__ = [
    "BY_TIME",
    "Assessment",
    "Budget",
    "Clock",
    "Escape",
    "Figures",
    "Flows",
    "FreezePlan",
    "Lever",
    "Levers",
    "Profit",
    "Range",
    "Step",
    "assess",
    "best",
    "displace",
    "estimate_profit",
    "find_escape",
    "forecast",
    "load_levers",
    "meanwhile",
    "plan_freeze",
    "run_clocks",
    "shipped",
]
