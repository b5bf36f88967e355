"""The end-point rule gives every fund what its equations say, and every penny somewhere to be."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels import end_point, tracing
from moneytrail.kernels.end_point import SEED, STRUCK, USUAL, Debits, Funds, pari_passu
from tests.kernels.test_tracing import ACCOUNTS, Story, booked, story_of
from tests.oracles import end_point as oracle

AMOUNTS = (0, 100_000, 200_003, 300_001, 500_000, 700_013, 1_000_007, 2_000_011)


def debits_of(story: Story) -> Debits:
    rows = [(d, place, c, x) for place, (d, c, x) in enumerate(story.transfers) if d is not None]
    rows.sort()
    indptr = np.searchsorted([row[0] for row in rows], np.arange(ACCOUNTS + 1)).astype(np.int64)
    struck = {*story.world.reversals, *story.world.reversals.values()}
    kind = np.array(
        [
            STRUCK if place in struck or d == c else SEED if place in story.seeds else USUAL
            for place, (d, c, _) in enumerate(story.transfers)
        ],
        np.uint8,
    )
    return Debits(
        indptr,
        np.array([row[1] for row in rows], np.int32),
        np.array([-1 if row[2] is None else row[2] for row in rows], np.int32),
        np.array([row[3] for row in rows], np.int64),
        kind,
        np.array([any(kind[row[1]] != USUAL for row in rows if row[0] == account) for account in range(ACCOUNTS)]),
    )


def funds_of(story: Story, kind: NDArray[np.uint8]) -> tuple[Funds, NDArray[np.int64]]:
    """What the kernel is given, and the accounts that seeds pay."""
    book = booked(story)
    outside = np.array([account in story.world.outside for account in range(ACCOUNTS)])
    seeded, first = np.zeros(ACCOUNTS, np.int64), []
    for place in sorted(story.seeds):
        creditor, amount = story.transfers[place][1:]
        if creditor is not None and kind[place] == SEED:
            seeded[creditor] += amount
            first.append(creditor)
    content = np.maximum(book.account[:, tracing.BALANCE], 0)
    return Funds(outside, content, book.label[:, tracing.REPAID].copy(), seeded), np.array(first, np.int64)


def check(story: Story) -> None:
    debits = debits_of(story)
    funds, first = funds_of(story, debits.kind)
    shared = pari_passu(debits, funds, first)
    order, part, whole, lent, rest_of = shared.order, shared.part, shared.whole, shared.lent, shared.left
    carried = np.zeros(len(story.transfers), np.int64)
    carried[debits.edge] = shared.carried
    reached = set(order.tolist())
    struck = {place for place in range(len(story.transfers)) if debits.kind[place] == STRUCK}
    inside = [account for account in range(ACCOUNTS) if account not in story.world.outside]
    rest = {account: int(funds.content[account] + funds.repaid[account]) for account in inside}
    fund = oracle.funds(story.transfers, struck, rest)
    exact = oracle.tainted(story.transfers, (story.seeds, struck), fund)
    assert reached == exact.keys()
    for account in order.tolist():
        assert whole[account] == fund[account]
        assert 0 <= part[account] <= whole[account]
        # Half a unit for each transfer on the way, and what was left where it is.
        assert abs(exact[account] - int(part[account])) <= 1 + Fraction(len(story.transfers), 2), account
    left, gone, made = 0, 0, 0
    for account in order.tolist():
        if whole[account]:
            held = int(funds.content[account])
            before = end_point.share(int(part[account]), int(whole[account]) - held, int(whole[account]))
            assert 0 <= part[account] - before <= held
            assert rest_of[account] == int(part[account]) - before
            left += int(part[account]) - before
            paid = sum(int(carried[p]) for p, row in enumerate(story.transfers) if row[0] == account)
            assert lent[account] == before - paid
            gone += before - paid
    for place, (_, creditor, amount) in enumerate(story.transfers):
        assert 0 <= carried[place] <= amount
        if debits.kind[place] == STRUCK:
            assert carried[place] == 0
        elif place in story.seeds:
            made += amount - int(carried[place])
            gone += amount if creditor not in reached else 0
        elif creditor not in reached:
            gone += int(carried[place])
    rounding = int(shared.came) - sum(int(part[account]) for account in order.tolist())
    assert made == left + gone + rounding
    assert abs(rounding) <= len(story.transfers)


@pytest.mark.parametrize("block", range(8))
def test_pari_passu_equals_the_oracle(block: int) -> None:
    for seed in range(100 * block, 100 * block + 100):
        print(f"story_of({seed}, {20 + seed % 41}, AMOUNTS)")  # noqa: T201, what replays it
        check(story_of(seed, 20 + seed % 41, AMOUNTS))


@given(st.integers(0, 2**40), st.integers(0, 2**62), st.integers(1, 2**62))
def test_share_is_the_nearest(part: int, taken: int, whole: int) -> None:
    part, taken = part % (whole + 1), taken % (whole + 1)
    expected = int((Fraction(part * taken, whole) + Fraction(1, 2)).__floor__())
    assert end_point.share(part, taken, whole) == tracing.share(part, taken, whole) == expected


@pytest.mark.parametrize(("part", "taken", "whole"), [(1, 1, 2), (2**40, 2**40, 2**41), (3, 2**61, 2**62), (5, 0, 7)])
def test_halves_go_up(part: int, taken: int, whole: int) -> None:
    expected = int((Fraction(part * taken, whole) + Fraction(1, 2)).__floor__())
    assert end_point.share(part, taken, whole) == tracing.share(part, taken, whole) == expected
