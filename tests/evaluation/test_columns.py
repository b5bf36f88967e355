from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moneytrail.evaluation.columns import HISTORY, NEVER, before, history_columns, raw_columns
from moneytrail.evaluation.splits import SplitRule, split
from tests.evaluation.cases import Row, bank, case_of
from tests.oracles import metrics as oracle

KEYS = st.integers(-1, 3)


@given(st.lists(st.tuples(KEYS, KEYS), max_size=30))
def test_what_stands_before(rows: list[tuple[int, int]]) -> None:
    events, queries = (np.array([row[side] for row in rows], np.int64) for side in (0, 1))
    found = before(events, queries)
    assert list(zip(found.number.tolist(), found.last.tolist(), strict=True)) == oracle.before(
        events.tolist(), queries.tolist()
    )


def test_recency_and_pair_history_of_a_short_story() -> None:
    day = 86_400.0
    rows: list[Row] = [
        (0, "a", "b", False, None),
        (1, "b", "a", False, None),
        (3, "a", "b", False, None),
        (4, "a", "a", False, None),
        (6, "a", "c", True, None),
    ]
    found = dict(zip(HISTORY, history_columns(case_of(rows)).T.tolist(), strict=True))
    assert found["since the debtor last paid"] == [NEVER, NEVER, 3 * day, day, 2 * day]
    assert found["since the debtor was last paid"] == [NEVER, day, 2 * day, 3 * day, 2 * day]
    assert found["since the creditor last paid"] == [NEVER, day, 2 * day, day, NEVER]
    assert found["since the creditor was last paid"] == [NEVER, NEVER, 3 * day, 3 * day, NEVER]
    assert found["the debtor's transfers out so far"] == [0, 0, 1, 2, 3]
    assert found["the creditor's transfers in so far"] == [0, 0, 1, 1, 0]
    assert found["the pair's transfers so far"] == [0, 0, 1, 0, 0]
    assert found["since the pair's last"] == [NEVER, NEVER, 3 * day, NEVER, NEVER]
    assert found["the pair's transfers the other way so far"] == [0, 1, 1, 0, 0]
    assert found["since the last the other way"] == [NEVER, day, 2 * day, NEVER, NEVER]
    assert found["age of the debtor"] == [0, day, 3 * day, 4 * day, 6 * day]
    assert found["age of the creditor"] == [0, day, 3 * day, 4 * day, 0]


def test_words_of_the_test_period_alone_are_absent() -> None:
    case = bank()
    parts = split(case, SplitRule())
    columns = raw_columns(case, parts)
    assert columns.shape[0] == case.scored.sum()
    references = case.transfers["reference"].to_numpy()[case.graph.order]
    learned = set(references[parts.train | parts.validation | parts.refit])
    new = np.array([text is not None and text not in learned for text in references])
    assert new.any()
    words = [column for column in columns.T if np.isnan(column[new]).all()]
    assert len(words) >= 1
