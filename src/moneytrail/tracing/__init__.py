"""Follow the money: where tainted money went, by the legal rules, to the penny.

:func:`trace` follows the money of seeds (transfers that are known to be proceeds) through the whole ledger, by all
rules in one pass. See ``docs/tracing.md``.
"""

from moneytrail.tracing.backwards import BACKWARDS, Sources, trace_back
from moneytrail.tracing.beyond import find_advances, find_value_links, left_out
from moneytrail.tracing.breaks import BREAKS, Break, break_totals, find_breaks
from moneytrail.tracing.proof import prove
from moneytrail.tracing.recommending import Advice, Standing, band, recommend
from moneytrail.tracing.result import TOTALS, Trace
from moneytrail.tracing.reversals import Reversals, find_reversals
from moneytrail.tracing.rules import CONSERVING, MEANINGS, Meaning, Rule
from moneytrail.tracing.trace import outside_of, trace

__all__ = [
    "BACKWARDS",
    "BREAKS",
    "CONSERVING",
    "MEANINGS",
    "TOTALS",
    "Advice",
    "Break",
    "Meaning",
    "Reversals",
    "Rule",
    "Sources",
    "Standing",
    "Trace",
    "band",
    "break_totals",
    "find_advances",
    "find_breaks",
    "find_reversals",
    "find_value_links",
    "left_out",
    "outside_of",
    "prove",
    "recommend",
    "trace",
    "trace_back",
]
