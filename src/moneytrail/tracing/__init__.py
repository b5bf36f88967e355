"""Follow the money: where tainted money went, by the legal rules, to the penny.

:func:`trace` follows the money of seeds (transfers that are known to be proceeds) through the whole ledger, by all
rules in one pass. See ``docs/tracing.md``.
"""

from moneytrail.tracing.result import TOTALS, Trace
from moneytrail.tracing.reversals import Reversals, find_reversals
from moneytrail.tracing.rules import CONSERVING, MEANINGS, Meaning, Rule
from moneytrail.tracing.trace import trace

__all__ = ["CONSERVING", "MEANINGS", "TOTALS", "Meaning", "Reversals", "Rule", "Trace", "find_reversals", "trace"]
