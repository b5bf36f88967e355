"""Linked groups equal the oracle's walk, whatever is shared with whom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moneytrail.kernels.linked_groups import linked_groups
from tests.oracles import linked_groups as oracle
from tests.worlds import frozen

LINKS = st.integers(1, 4).flatmap(
    lambda kinds: st.lists(st.tuples(*[st.integers(-1, 4)] * kinds), min_size=1, max_size=9)
)


@given(LINKS, st.integers(1, 5))
def test_groups_equal_the_oracle(links: list[tuple[int, ...]], most: int) -> None:
    assert linked_groups(frozen(links, "int32"), most).tolist() == oracle.linked_groups(links, most)


def test_a_chain_of_two_attributes_joins_three_accounts() -> None:
    """One shares an address with the next, who shares a telephone with the third."""
    chain = frozen([(0, -1), (0, 7), (-1, 7), (-1, -1)], "int32")
    assert linked_groups(chain, 3).tolist() == [0, 0, 0, 3]
    assert linked_groups(chain, 2).tolist() == [0, 1, 2, 3]


def test_an_address_of_many_links_nobody() -> None:
    flats = frozen([(4,)] * 3 + [(5,)] * 2, "int32")
    assert linked_groups(flats, 2).tolist() == [0, 1, 2, 3, 3]


def test_no_accounts_make_no_groups() -> None:
    assert linked_groups(frozen([], "int32").reshape(0, 5), 3).size == 0
