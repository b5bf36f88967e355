"""For every suppressor a story in which its test holds, and stories in which one condition of it just fails."""

from __future__ import annotations

from tests.suppressors.cases import clients, firms, funds, households, trades
from tests.suppressors.cases.trial import Trial

CASES: tuple[Trial, ...] = (
    *households.CASES,
    *funds.CASES,
    *firms.CASES,
    *clients.CASES,
    *trades.CASES,
)
