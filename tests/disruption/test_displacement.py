"""Substitutes take over what frozen accounts did; what was caught stays caught."""

from __future__ import annotations

import numpy as np
import pytest

from moneytrail.disruption import Budget, Flows, displace, forecast, plan_freeze
from moneytrail.errors import ParameterError
from moneytrail.kernels.freezing import run
from tests.disruption.test_flows import DAYS, NOW, Line, caught, ledger, left, mask, ours, traced
from tests.disruption.test_freeze_plan import ALL_OF_THEM, catches, gang, pots

CHAIN: list[Line] = [
    (1, "payer", "A", 100),
    (2, "A", "B", 60),
    (3, "A", None, 40),
    (4, "B", "C", 50),
    (5, "B", None, 10),
    (6, "C", None, 20),
]


def chain(days: int = 3) -> Flows:
    lines: list[Line] = [(24 * day + hour, *rest) for day in range(days) for hour, *rest in CHAIN]
    made = traced(ledger(lines, ours("A", "B", "C")), [6 * day for day in range(days)])
    return forecast(made, delay=NOW, horizon=DAYS, repeats=1)


def test_a_substitute_takes_over() -> None:
    """A keeps nothing, B neither; C holds 90 after three days, and pays 20 of the 110 that it had on the third."""
    flows = chain()
    assert left(flows, "A", "B", "C") == {}
    assert caught(flows, "B") == 60
    later = displace(flows, ["B"])
    assert later.names.to_list() == ["A", "B", "C", "new account for B"]
    assert later.account.tolist() == [*flows.account, flows.account[1]]
    assert later.displaced == (("B",),)
    assert (later.repeats, later.rule, later.delay, later.horizon) == (1, flows.rule, flows.delay, flows.horizon)
    # In the day of the freeze nothing reached C, which paid its share of 90.
    assert later.scenarios[0].moves.pool.tolist() == pytest.approx([0, 0, 9_000 * 9 / 11, 0])
    assert caught(later, "B") == 0, "nobody pays a frozen account"
    assert caught(later, "new account for B") == 60
    assert caught(later, "C") == pytest.approx(90 * 9 / 11 + 50, abs=1e-5)
    assert left(later) == pytest.approx({"C": (90 * 9 / 11 + 50) * 9 / 11}, abs=1e-5)
    assert caught(later, "A") == 100


def test_a_second_round() -> None:
    once = displace(chain(), ["B"])
    twice = displace(once, ["new account for B", "A"])
    assert twice.names.to_list()[3:] == ["new account for B", "new account for new account for B", "new account for A"]
    assert twice.displaced == (("B",), ("new account for B", "A"))
    assert caught(twice, "A", "B", "new account for B") == 0
    assert caught(twice, "new account for A") == 100
    assert caught(twice, "new account for new account for B") == 60
    assert caught(twice, "C") == pytest.approx(90 * (9 / 11) ** 2 + 50, abs=1e-5)


def test_an_account_that_was_replaced_is_not_replaced_again() -> None:
    once = displace(chain(), ["B", "B"])
    assert once.displaced == (("B",),)
    again = displace(once, ["B"])
    assert again.names.to_list() == once.names.to_list()
    assert again.displaced == (("B",), ())
    both = displace(once, ["B", "C"])
    assert both.names.to_list()[3:] == ["new account for B", "new account for C"]


@pytest.mark.parametrize("seed", range(12))
def test_no_penny_is_lost_and_what_was_caught_is_not_caught_again(seed: int) -> None:
    """What is at stake after is what was left, and what comes in the same stretch again."""
    made, flows = gang(seed)
    frozen = plan_freeze(made, flows, Budget(2), **ALL_OF_THEM).accounts
    later = displace(flows, frozen)
    for one, two in zip(flows.scenarios, later.scenarios, strict=True):
        kept, stayed, _ = run(one.moves, mask(flows, *frozen), one.since)
        assert two.moves.pool.tolist() == [*stayed, *[0.0] * len(frozen)]
        assert two.moves.pool.sum() + kept.sum() <= one.moves.pool.sum() + one.moves.fresh.sum() + 1e-6
        assert (two.moves.fresh.tolist(), two.moves.share.tolist()) == (
            one.moves.fresh.tolist(),
            one.moves.share.tolist(),
        )
    assert later.intercepted(mask(later, *frozen)) == 0
    # Frozen all at once, with their substitutes, they catch what frozen accounts and substitutes are paid.
    everyone = np.ones((1, later.size), np.bool_)
    fresh = sum(one.moves.fresh[one.since :][one.moves.creditor[one.since :] >= 0].sum() for one in later.scenarios)
    waiting = later.waiting().sum()
    assert catches(later, everyone)[0] == pytest.approx(waiting + fresh / later.repeats)


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_that_may_touch_substitutes_catches_no_less(seed: int) -> None:
    made, flows = gang(seed)
    later = displace(flows, plan_freeze(made, flows, Budget(2), **ALL_OF_THEM).accounts)
    known = flows.names.to_list()
    free = plan_freeze(made, later, Budget(3), **ALL_OF_THEM)
    bound = plan_freeze(made, later, Budget(3), only=known, **ALL_OF_THEM)
    assert bound.caught <= free.caught
    assert bound.at_stake == free.at_stake
    assert all(not account.startswith("new account") for account in bound.accounts)
    for step in free.steps:
        if step.account.startswith("new account"):
            assert (step.balance, step.tainted, step.unknown) == (None, {"low": None, "high": None}, 0)
            assert (step.share, step.collateral_now["high"], step.collateral_later) == (1, None, 0)


def test_wages_do_not_follow_to_a_substitute() -> None:
    """Of what came to B one part in twenty was proceeds; of what comes to its substitute all that is known is."""
    day: list[Line] = [(1, "job", "B", 95), (2, "payer", "B", 5), (3, "B", None, 5)]
    lines: list[Line] = [(24 * turn + hour, *rest) for turn in range(3) for hour, *rest in day]
    made = traced(ledger(lines, ours("B")), [1, 4, 7])
    flows = forecast(made, delay=NOW, horizon=DAYS, repeats=1)
    assert plan_freeze(made, flows).steps == ()
    assert plan_freeze(made, displace(flows, ["B"])).accounts == ["new account for B"]


def test_what_a_substitute_pays_goes_out_in_its_name() -> None:
    lines: list[Line] = [(24 * day + hour, *rest) for day in range(3) for hour, *rest in CHAIN]
    made = traced(ledger(lines, ours("A", "B", "C")), [0, 6, 12])
    later = displace(forecast(made, delay=NOW, horizon=DAYS, repeats=1), ["B"])
    gone = plan_freeze(made, later, only=[]).gone
    assert ("new account for B", "cash", 1_000) in gone.rows()
    assert "B" not in gone["from"].to_list()
    assert set(gone["from"]) == {"A", "C", "new account for B"}


def test_by_rule_and_unknown_money_are_displaced_too() -> None:
    """The other rules and the other end of what is unknown start from the same freeze."""
    made, flows = pots({"A": 100, "B": 50})
    plan = plan_freeze(made, displace(flows, ["A"]))
    assert plan.accounts == ["B"]
    assert set(plan.by_rule.values()) == {5_000}
    assert plan.with_unknown == 5_000


def test_nothing_and_nobody() -> None:
    flows = chain()
    same = displace(flows, [])
    assert same.names.to_list() == flows.names.to_list()
    assert left(same) == pytest.approx({"C": ((90 + 50) * 9 / 11 + 50) * 9 / 11}, abs=1e-5)
    with pytest.raises(ParameterError, match="account 'nobody' is not in the flows"):
        displace(flows, ["A", "nobody"])
