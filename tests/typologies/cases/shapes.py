"""Worlds around a shape of transfers between accounts: the shape, drawn step by step, among others."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, MIXED, NEW_YEAR, PUSHED, Transfer, transfer

Step = tuple[str | None, str | None, int, int]
"""Debtor, creditor, tick, amount."""


@st.composite
def among_others(
    draw: st.DrawFn, steps: list[Step], amounts: tuple[int, ...], units: tuple[int, ...]
) -> list[Transfer]:
    """Return the steps and up to six transfers of anybody's, at ticks 0 to 20, in a row order of their own."""
    unit = draw(st.sampled_from(units))
    origin = draw(st.sampled_from((NEW_YEAR, NEW_YEAR + 28 * DAY + 17 * DAY // 24, 0, -9 * DAY)))
    others = draw(
        st.lists(
            st.tuples(st.sampled_from(ANYWAY), st.integers(0, 20), st.sampled_from(amounts), st.sampled_from(MIXED)),
            max_size=6,
        )
    )
    drawn = [
        (debtor, creditor, tick, amount, draw(st.sampled_from(PUSHED))) for debtor, creditor, tick, amount in steps
    ]
    drawn += [(*way, tick, amount, channel) for way, tick, amount, channel in others]
    rows = draw(st.permutations(range(len(drawn))))
    places, banks = ("north", "south", None), ("X", "Y", "Z", None)
    return [
        transfer(
            row,
            origin + tick * unit,
            debtor,
            creditor,
            amount,
            channel=channel,
            location=places[(row + tick) % 3],
            creditor_institution=banks[(row * 7 + amount) % 4],
        )
        for row, (debtor, creditor, tick, amount, channel) in zip(rows, drawn, strict=True)
    ]


def some(draw: st.DrawFn, accounts: str, fewest: int = 2) -> list[str]:
    """Return some of the accounts, at least `fewest`."""
    return draw(st.lists(st.sampled_from(accounts), min_size=fewest, max_size=len(accounts), unique=True))
