"""The independent checker: confirms a match, or a trace, from its own transfers, or says what does not hold.

It shares no code with what finds matches: no graph, no kernel, no typology. What a match *is* stands here a second
time, in plain Python. It searches for nothing and looks at nothing but the match and the transfers that it shows; what
these cannot show (earlier dealings, who is affiliated) is listed as not checkable and never as confirmed.
"""

from moneytrail.verify.checking import RULES, Check, Verdict, verify
from moneytrail.verify.claims import Claim, claim_of
from moneytrail.verify.places import read_claims
from moneytrail.verify.proofs import Proof, proof_of, read_proof
from moneytrail.verify.tracing import TraceVerdict, verify_trace

__all__ = [
    "RULES",
    "Check",
    "Claim",
    "Proof",
    "TraceVerdict",
    "Verdict",
    "claim_of",
    "proof_of",
    "read_claims",
    "read_proof",
    "verify",
    "verify_trace",
]
