"""The independent checker: confirms a match from its own transfers, or says which condition does not hold.

It shares no code with what finds matches: no graph, no kernel, no typology. What a match *is* stands here a second
time, in plain Python. It searches for nothing and looks at nothing but the match and the transfers that it shows; what
these cannot show (earlier dealings, who is affiliated) is listed as not checkable and never as confirmed.
"""

from moneytrail.verify.checking import RULES, Check, Verdict, verify
from moneytrail.verify.claims import Claim, claim_of
from moneytrail.verify.places import read_claims

__all__ = ["RULES", "Check", "Claim", "Verdict", "claim_of", "read_claims", "verify"]
