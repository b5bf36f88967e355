"""Funnels against plain Python, whatever the chunks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.funnels import DEPOSIT, OUT, SPENT, Events, FunnelRule, funnelled
from moneytrail.kernels.ordering import cost_chunks
from tests.oracles import funnels as oracle
from tests.worlds import DAY, HOUR, frozen

KINDS = (DEPOSIT, DEPOSIT, DEPOSIT, OUT, OUT | SPENT, SPENT)


@st.composite
def event_lists(draw: st.DrawFn) -> list[oracle.Event]:
    """Return one account's events; a debit by transfer has no region, everything else has one."""
    events = []
    for time in sorted(draw(st.lists(st.integers(-5, 40), max_size=14))):
        kind = draw(st.sampled_from(KINDS))
        region = -1 if kind == OUT and draw(st.booleans()) else draw(st.integers(0, 3))
        depositor = draw(st.integers(-1, 2)) if kind == DEPOSIT else -1
        events.append((time * 6 * HOUR, draw(st.sampled_from((0, 1, 2, 5, 10))), kind, region, depositor))
    return events


RULES = st.builds(
    FunnelRule,
    window=st.sampled_from((DAY, 3 * DAY, 14 * DAY)),
    lookback=st.sampled_from((DAY, 180 * DAY)),
    deposits=st.integers(1, 3),
    depositors=st.integers(1, 2),
    regions=st.integers(1, 2),
    value=st.sampled_from((0, 5, 15)),
    out_share=st.sampled_from((1, 333, 500, 1000)),
    hold=st.sampled_from((HOUR, DAY, 3 * DAY)),
)


@given(st.lists(event_lists(), min_size=1, max_size=3), RULES, st.sampled_from((1, 2, 64)))
@settings(max_examples=100)
def test_funnelled_equals_the_oracle(accounts: list[list[oracle.Event]], rule: FunnelRule, chunks: int) -> None:
    flat = [event for events in accounts for event in events]
    columns = [frozen([event[place] for event in flat], dtype)
               for place, dtype in enumerate((np.int64, np.int64, np.int8, np.int32, np.int32))]  # fmt: skip
    indptr = frozen(np.cumsum([0, *(len(events) for events in accounts)]), np.int64)
    borders = frozen(cost_chunks(indptr, chunks), np.int64)
    fires, value, many, home = funnelled(Events(indptr, *columns), 4, 3, rule, borders)
    expected = [one for events in accounts for one in oracle.funnelled(events, oracle.Gate(*rule))]
    assert list(zip(fires.tolist(), value.tolist(), many.tolist(), home.tolist(), strict=True)) == expected
