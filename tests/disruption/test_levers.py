"""The levers: each bound from both sides, the clock, what is said and never said, files of one's own and wrong ones."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import moneytrail.disruption.levers as module
from moneytrail.disruption.assessing import Assessment, Figures, assess, best, meanwhile
from moneytrail.disruption.levers import (
    COMPARISONS,
    HITS_A_VICTIM,
    MARKS,
    QUANTITIES,
    READINGS,
    Levers,
    load_levers,
    shipped,
)
from moneytrail.errors import ParameterError

PAGE = (Path(__file__).parents[2] / "docs/levers.md").read_text("utf-8")
TOML = Path(module.__file__).with_name("levers.toml")
SAYS_TOO_MUCH = re.compile(
    r"\b(is|are|was|were|been) (met|proven|proved|satisfied)\b|\bproves?\b|\bguilty\b", re.IGNORECASE
)


def figures(tainted: int | tuple[int, int, int] = 0, **more: Any) -> Figures:
    low, recommended, high = tainted if isinstance(tainted, tuple) else (tainted,) * 3
    return Figures("GBP", low, recommended, high, **more)


def rich(**more: Any) -> Figures:
    """An account that comes within reach of nearly everything."""
    given: dict[str, Any] = {
        "tainted": (2_000_000, 2_500_000, 3_000_000),
        "balance": 4_000_000,
        "proposed_payment": 299_999,
        "tainted_out_cash": 100_000,
        "tainted_out_other_banks": 1,
        "tainted_out_crypto": 1,
    }
    return figures(**(given | more))


def within_reach(given: Figures) -> set[str]:
    return {one.lever.id for one in assess(given, shipped())}


def of(lever: str, given: Figures) -> Assessment:
    (found,) = (one for one in assess(given, shipped(), every=True) if one.lever.id == lever)
    return found


def named(found: Assessment | None) -> str | None:
    return found.lever.id if found else None


# Bounds, each at the line and one penny off it. The table must name every bound of the shipped file.

AT_THE_LINE: list[tuple[str, str, int, bool, int, bool]] = [
    # lever, quantity, a figure, whether the lever is within reach, its neighbour, whether it is there
    ("ring_fence", "tainted", 1, True, 0, False),
    ("ring_fence", "clean", 1, True, 0, False),
    ("daml", "tainted", 1, True, 0, False),
    ("daml_exemption", "proposed_payment", 1, True, 0, False),
    ("daml_exemption", "proposed_payment", 299_999, True, 300_000, False),
    ("daml_exemption", "tainted", 1, True, 0, False),
    ("restraint", "tainted", 1, True, 0, False),
    ("civil_recovery", "tainted_seen", 1_000_000, True, 999_999, False),
    ("account_freezing_order", "tainted", 100_000, True, 99_999, False),
    ("account_freezing_order", "balance", 100_000, True, 99_999, False),
    ("account_forfeiture_notice", "tainted", 1, True, 0, False),
    ("payment_delay", "proposed_payment", 1, True, 0, False),
    ("cash_seizure", "tainted_out_cash", 100_000, True, 99_999, False),
    ("wallet_freezing_order", "tainted_out_crypto", 1, True, 0, False),
    ("sharing_request", "tainted_seen", 1, True, 0, False),
    ("sharing_warning", "tainted_out_other_banks", 1, True, 0, False),
    ("account_monitoring_order", "tainted_seen", 1, True, 0, False),
    ("production_order", "tainted_seen", 1, True, 0, False),
    ("customer_information_order", "tainted_seen", 1, True, 0, False),
]


def with_quantity(lever: str, quantity: str, value: int) -> Figures:
    base = rich(frozen=lever == "account_forfeiture_notice", outside=lever == "sharing_request")
    nothing_out: dict[str, Any] = {"tainted_out_cash": 0, "tainted_out_other_banks": 0, "tainted_out_crypto": 0}
    if quantity == "tainted":
        return replace(base, tainted_low=value, tainted_recommended=value, tainted_high=value)
    if quantity == "clean":
        return replace(
            base,
            balance=value + base.tainted_high,
            tainted_low=base.tainted_high,
            tainted_recommended=base.tainted_high,
        )
    if quantity == "tainted_seen":
        return replace(base, tainted_low=value, tainted_recommended=value, tainted_high=value, **nothing_out)
    return replace(base, **{quantity: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("row", AT_THE_LINE, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_a_bound_holds_at_the_line_and_not_one_penny_off(row: tuple[str, str, int, bool, int, bool]) -> None:
    lever, quantity, *ends = row
    for value, there in ((ends[0], ends[1]), (ends[2], ends[3])):
        found = of(lever, with_quantity(lever, quantity, value))
        assert found.appears is there, (value, found.sentences)
        assert found.outcome == ("appears" if there else "short")


@pytest.mark.parametrize("row", AT_THE_LINE, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_a_near_miss_says_that_a_penny_is_missing(row: tuple[str, str, int, bool, int, bool]) -> None:
    lever, quantity, *_, outside_it, _there = row
    missed = [one for one in of(lever, with_quantity(lever, quantity, outside_it)).tested if not one.met_at]
    assert [one.condition.quantity.name for one in missed] == [quantity]
    assert missed[0].gap == 1
    assert "misses it by £0.01" in missed[0].sentence("GBP")


def test_the_table_of_bounds_is_whole() -> None:
    numbers = {
        (lever.id, test.quantity.name, test.value)
        for lever in shipped().levers
        for test in lever.tests
        if test.quantity.unit == "minor units"
    }
    step = {"above": -1, "at_least": 0, "below": 1, "at_most": 0}
    told = set()
    for lever in shipped().levers:
        for test in lever.tests:
            if test.comparison in step:
                line = int(test.value) - step[test.comparison]
                if any(row[:3] == (lever.id, test.quantity.name, line) for row in AT_THE_LINE):
                    told.add((lever.id, test.quantity.name, test.value))
    assert told == numbers


@pytest.mark.parametrize("lever", ["ring_fence", "daml", "daml_exemption", "payment_delay"])
def test_what_only_the_accounts_bank_can_do_is_not_shown_for_another_banks_account(lever: str) -> None:
    assert lever in within_reach(rich())
    assert lever not in within_reach(rich(outside=True))


def test_a_forfeiture_notice_needs_a_frozen_account_and_a_request_another_bank() -> None:
    assert "account_forfeiture_notice" not in within_reach(rich())
    assert "account_forfeiture_notice" in within_reach(rich(frozen=True))
    assert "sharing_request" not in within_reach(rich())
    assert "sharing_request" in within_reach(rich(outside=True))


# Readings


@pytest.mark.parametrize(
    ("tainted", "met_at"),
    [
        ((100_000, 100_000, 100_000), ("low", "recommended", "high")),
        ((99_999, 100_000, 100_000), ("recommended", "high")),
        ((99_999, 99_999, 100_000), ("high",)),
        ((99_999, 99_999, 99_999), ()),
    ],
)
def test_each_reading_is_told_apart(tainted: tuple[int, int, int], met_at: tuple[str, ...]) -> None:
    found = of("account_freezing_order", figures(tainted, balance=200_000))
    assert found.met_at == met_at
    assert found.appears == bool(met_at)
    assert found.firm == (len(met_at) == 3)
    assert found.only_at_high == (met_at == ("high",))


def test_readings_are_held_together_over_all_tests() -> None:
    """Suspected money only by the high figure, and clean money only by the low one, make no mixed fund."""
    found = of("ring_fence", figures((0, 0, 500), balance=500))
    assert [one.met_at for one in found.tested[:2]] == [("high",), ("low", "recommended")]
    assert not found.appears


def test_the_sentence_gives_the_figure_and_the_bound() -> None:
    said = of("account_freezing_order", figures((90_000, 120_000, 340_000), balance=340_000)).tested[0].sentence("GBP")
    assert said == (
        "Tainted money in the account: £900.00 to £3,400.00 (recommended £1,200.00); asked for: at least £1,000.00, "
        "the least sum that the suspicion must be about; within it by the recommended and high figures only."
    )


def test_what_is_not_known_leaves_a_lever_open_and_is_not_shown_unasked() -> None:
    unknown = figures(200_000, outside=True)
    found = of("account_freezing_order", unknown)
    assert (found.outcome, found.met_at, found.tested[1].gap) == ("open", (), None)
    assert "not known: balance of the account" in found.sentences[0]
    assert "account_freezing_order" not in within_reach(unknown)
    assert of("account_freezing_order", figures(99_999, outside=True)).outcome == "short"
    assert of("ring_fence", figures(1)).outcome == "open"


def test_with_every_all_levers_are_there_in_the_files_order() -> None:
    found = assess(figures(), shipped(), every=True)
    assert [one.lever.id for one in found] == [lever.id for lever in shipped().levers]
    assert assess(figures(), shipped()) == []
    shown = [one.lever.id for one in assess(rich(), shipped())]
    assert shown == [one.lever.id for one in assess(rich(), shipped(), every=True) if one.appears]


# The clock


@pytest.mark.parametrize(
    ("exit_eta", "chosen", "fast"),
    [
        (0.0, "ring_fence", True),
        (23.99, "ring_fence", True),
        (24.0, "account_freezing_order", False),
        (71.99, "account_freezing_order", False),
        (72.0, "account_freezing_order", True),
        (240.0, "account_freezing_order", True),
        (240.01, "restraint", False),
        (335.99, "restraint", False),
        (336.0, "restraint", True),
    ],
)
def test_the_best_follows_the_clock(exit_eta: float, chosen: str, fast: bool) -> None:
    found = assess(figures(150_000, balance=200_000, exit_eta=exit_eta), shipped())
    one = best(found)
    assert one is not None
    assert (one.lever.id, one.fast_enough) == (chosen, fast)
    assert named(meanwhile(found)) == "ring_fence"


def test_below_a_day_nothing_but_the_bank_is_fast_enough() -> None:
    found = assess(rich(exit_eta=23.0), shipped())
    assert {one.lever.id for one in found if one.fast_enough} == {"ring_fence", "daml", "payment_delay"}


def test_above_ten_days_civil_recovery_fits_beside_restraint() -> None:
    assert {one.lever.id for one in assess(rich(exit_eta=241.0), shipped()) if one.fits} == {
        "restraint",
        "civil_recovery",
    }


def test_without_clean_money_the_bank_reports_and_keeps_it() -> None:
    assert named(best(assess(figures(500, balance=500, exit_eta=2.0), shipped()))) == "daml"


@pytest.mark.parametrize("exit_eta", [100.0, 1000.0])
def test_below_the_least_sum_the_quickest_that_is_in_time_is_named(exit_eta: float) -> None:
    found = assess(figures(99_999, balance=99_999, exit_eta=exit_eta), shipped())
    assert named(best(found)) == "daml"


def test_an_unknown_clock_leaves_what_acts_at_once() -> None:
    found = assess(rich(), shipped())
    assert {one.fast_enough for one in found} == {None}
    assert named(best(found)) == "ring_fence"
    assert named(best(assess(rich(balance=3_000_000, tainted=3_000_000), shipped()))) == "daml"


def test_frozen_money_has_time_and_is_forfeited_next() -> None:
    found = assess(rich(frozen=True, exit_eta=1.0), shipped())
    assert all(one.fast_enough for one in found if one.lever.stops)
    assert named(best(found)) == "account_forfeiture_notice"
    assert meanwhile(found) is None


def test_an_empty_account_whose_money_comes_in_spells_is_watched() -> None:
    gone = figures(tainted_out_cash=5_000, exit_eta=5.0)
    assert named(best(assess(gone, shipped()))) is None
    assert named(best(assess(replace(gone, recurring=True), shipped()))) == "account_monitoring_order"


def test_another_banks_account_is_asked_about_first() -> None:
    assert named(best(assess(figures(200_000, outside=True, recurring=True), shipped()))) == "sharing_request"


def test_a_lever_that_stops_no_money_here_has_no_speed() -> None:
    for one in assess(rich(exit_eta=1000.0), shipped(), every=True):
        assert (one.fast_enough is None) == (not one.lever.stops)


@pytest.mark.parametrize(("age", "warned"), [(27.9, False), (28.0, False), (28.1, True), (500.0, True)])
def test_time_that_has_run_for_what_came_last_is_said(age: float, warned: bool) -> None:
    found = of("account_freezing_order", figures(200_000, balance=200_000, exit_eta=100.0, last_tainted_credit_age=age))
    assert found.fast_enough
    assert any("perhaps not for that" in caution for caution in found.cautions) == warned


def test_fitting_is_by_the_recommended_figure() -> None:
    below = figures((1, 99_999, 100_000), balance=200_000, exit_eta=300.0)
    assert not of("restraint", below).fits
    assert of("restraint", replace(below, tainted_recommended=100_000)).fits


def test_a_payment_delay_is_shown_and_never_named() -> None:
    """It has no `fits`: smugglers' fees are not clearly within it."""
    found = assess(figures(proposed_payment=100, balance=100, exit_eta=1.0), shipped())
    assert [one.lever.id for one in found] == ["payment_delay"]
    assert found[0].fast_enough
    assert best(found) is None
    assert meanwhile(found) is None


def test_what_stops_no_money_here_holds_none_meanwhile() -> None:
    document = tomllib.loads(example())
    given = Figures("EUR", 150_000, 150_000, 150_000, exit_eta=100.0)
    for stops in (True, False):
        levers = Levers.of(
            document | {"lever": [document["lever"][0] | {"stops": stops, "acts_within_hours": 0}]}, "here"
        )
        assert (meanwhile(assess(given, levers)) is not None) == stops


@pytest.mark.parametrize(("kind", "outcome"), [("business", "appears"), ("personal", "short"), ("unknown", "open")])
def test_an_unknown_word_leaves_a_test_open(kind: str, outcome: str) -> None:
    document = tomllib.loads(example())
    test = {"quantity": "kind", "is": "business", "says": "a firm's account", "verified": "design"}
    levers = Levers.of(document | {"lever": [document["lever"][0] | {"tests": [test]}]}, "here")
    (found,) = assess(Figures("EUR", 0, 0, 0, kind=kind), levers, every=True)
    assert found.outcome == outcome


def test_nothing_of_nothing_is_best() -> None:
    assert best([]) is None
    assert meanwhile([]) is None


# What is said


def test_a_victim_is_said_first_and_no_lever_on_money_is_named() -> None:
    given = rich(held_to_be="victim", recurring=True, exit_eta=100.0, last_tainted_credit_age=99.0)
    found = assess(given, shipped())
    assert {one.lever.kind for one in found} == {"money", "information"}
    for one in found:
        on_money = one.lever.kind == "money"
        assert (one.sentences[0] == HITS_A_VICTIM) == on_money
        assert one.sentences.count(HITS_A_VICTIM) == on_money
        assert (one.cautions[:1] == (HITS_A_VICTIM,)) == on_money
    assert named(best(found)) == "account_monitoring_order"
    assert meanwhile(found) is None
    assert HITS_A_VICTIM not in " ".join(
        " ".join(one.sentences) for one in assess(rich(held_to_be="suspect"), shipped())
    )


def test_a_payment_below_the_line_warns_of_splitting() -> None:
    assert any("split" in caution for caution in of("daml_exemption", rich()).cautions)
    assert not of("daml_exemption", rich(proposed_payment=300_000)).cautions


AMOUNTS = st.integers(0, 400_000) | st.sampled_from([99_999, 100_000, 299_999, 300_000, 999_999, 1_000_000])
HOURS = st.none() | st.floats(0, 2_000, allow_nan=False)
TAINTED = st.lists(AMOUNTS, min_size=3, max_size=3).map(lambda three: tuple(sorted(three)))
MORE = st.fixed_dictionaries(
    {
        "tainted": TAINTED,
        "balance": st.none() | AMOUNTS,
        "proposed_payment": st.none() | AMOUNTS,
        "tainted_out_cash": AMOUNTS,
        "tainted_out_other_banks": AMOUNTS,
        "tainted_out_crypto": AMOUNTS,
        "tainted_out_same_bank": AMOUNTS,
        "exit_eta": HOURS,
        "last_tainted_credit_age": HOURS,
        "recurring": st.booleans(),
        "frozen": st.booleans(),
        "outside": st.booleans(),
        "held_to_be": st.sampled_from(["suspect", "victim", "unknown"]),
        "kind": st.sampled_from(["personal", "business", "unknown"]),
    }
)


@given(MORE)
def test_no_sentence_says_that_a_legal_test_holds(more: dict[str, Any]) -> None:
    for one in assess(figures(**more), shipped(), every=True):
        assert not SAYS_TOO_MUCH.search(" ".join(one.sentences))
        assert ("appears to meet" in " ".join(one.sentences)) == one.appears
        json.dumps(one.to_dict(), allow_nan=False)


def test_nothing_in_the_file_or_on_the_page_says_that_a_legal_test_holds() -> None:
    assert SAYS_TOO_MUCH.search("The test is met")
    assert SAYS_TOO_MUCH.search("which proves it")
    for text in (TOML.read_text("utf-8"), PAGE):
        found = SAYS_TOO_MUCH.search(text)
        assert found is None, found


def test_as_plain_data() -> None:
    one = of("account_freezing_order", figures((90_000, 120_000, 340_000), balance=340_000, exit_eta=100.0))
    told = one.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert (told["lever"], told["met_at"], told["fast_enough"]) == (
        "account_freezing_order",
        ["recommended", "high"],
        True,
    )
    assert told["tests"][0] | {"says": ""} == {
        "quantity": "tainted",
        "unit": "minor units",
        "comparison": "at_least",
        "value": 100_000,
        "says": "",
        "verified": "sourced",
        "figures": {"low": 90_000, "recommended": 120_000, "high": 340_000},
        "met_at": ["recommended", "high"],
        "gap": 0,
    }
    assert told["checked"] == "2026-11-23"


# Laws


@given(MORE, st.lists(st.integers(0, 300_000), min_size=3, max_size=3).map(sorted))
def test_more_tainted_money_takes_no_lever_away(more: dict[str, Any], extra: list[int]) -> None:
    """Where it is asked for as a least sum, and not held against clean money."""
    before = figures(**more)
    after = replace(
        before,
        tainted_low=before.tainted_low + extra[0],
        tainted_recommended=before.tainted_recommended + extra[1],
        tainted_high=before.tainted_high + extra[2],
    )
    for one, then in zip(assess(before, shipped(), every=True), assess(after, shipped(), every=True), strict=True):
        if not any(test.quantity.name == "clean" for test in one.lever.tests):
            assert set(one.met_at) <= set(then.met_at), one.lever.id


@given(MORE)
def test_no_lever_appears_of_which_a_test_is_missed(more: dict[str, Any]) -> None:
    given = figures(**more)
    for one in assess(given, shipped(), every=True):
        plain = []
        for reading, tainted in zip(
            READINGS, (given.tainted_low, given.tainted_recommended, given.tainted_high), strict=True
        ):
            out = given.tainted_out_cash + given.tainted_out_other_banks
            out += given.tainted_out_crypto + given.tainted_out_same_bank
            own: dict[str, Any] = {
                "tainted": tainted,
                "clean": None if given.balance is None else given.balance - tainted,
                "tainted_seen": tainted + out,
            }
            values = [own.get(t.quantity.name, getattr(given, t.quantity.name, None)) for t in one.lever.tests]
            if all(v is not None for v in values):
                marks = {
                    "at_least": "__ge__",
                    "above": "__gt__",
                    "at_most": "__le__",
                    "below": "__lt__",
                    "is": "__eq__",
                }
                if all(getattr(v, marks[t.comparison])(t.value) for v, t in zip(values, one.lever.tests, strict=True)):
                    plain.append(reading)
        assert one.met_at == tuple(plain)


@given(MORE)
def test_what_is_best_is_of_those_within_reach_and_hits_no_victim(more: dict[str, Any]) -> None:
    found = assess(figures(**more), shipped(), every=True)
    for one in (best(found), meanwhile(found)):
        if one is not None:
            assert one.appears
            assert one.lever.kind == "information" or one.figures.held_to_be != "victim"
    held = meanwhile(found)
    assert held is None or held.fast_enough is not False
    assert named(best(found)) == named(best([one for one in found if one.appears]))


# Figures


@pytest.mark.parametrize(
    ("wrong", "named_so"),
    [
        ({"tainted_low": -1}, "tainted_low = -1: a whole number of minor units from zero on"),
        ({"tainted_high": 1.5}, "tainted_high = 1.5: a whole number of minor units"),
        ({"tainted_low": 2}, "must not fall"),
        ({"tainted_high": 0}, "must not fall"),
        ({"balance": True}, "balance = True: a whole number of minor units"),
        ({"proposed_payment": -1}, "proposed_payment = -1"),
        ({"tainted_out_cash": None}, "tainted_out_cash = None"),
        ({"exit_eta": -0.1}, "exit_eta = -0.1: a number of hours from zero on"),
        ({"exit_eta": float("nan")}, "exit_eta = nan"),
        ({"last_tainted_credit_age": "1"}, "last_tainted_credit_age = '1'"),
        ({"frozen": 1}, "frozen = 1: True or False"),
        ({"held_to_be": "guilty"}, "held_to_be = 'guilty': one of suspect, victim, unknown"),
        ({"kind": "person"}, "kind = 'person': one of personal"),
        ({"currency": "XXX"}, "currency = 'XXX': a known currency code"),
        ({"currency": ["GBP"]}, "currency = ['GBP']: a known currency code"),
    ],
)
def test_a_wrong_figure_is_named(wrong: dict[str, Any], named_so: str) -> None:
    right: dict[str, Any] = {"currency": "GBP", "tainted_low": 1, "tainted_recommended": 1, "tainted_high": 1}
    with pytest.raises(ParameterError, match=re.escape(named_so)):
        Figures(**(right | wrong))


def test_an_overdrawn_account_has_no_clean_money() -> None:
    assert not of("ring_fence", figures(1, balance=-500)).appears


def test_figures_in_another_currency_are_refused() -> None:
    with pytest.raises(ParameterError, match="the figures are in EUR, the levers of GB in GBP: convert first"):
        assess(Figures("EUR", 1, 1, 1), shipped())


# The shipped file, and others


def test_the_shipped_levers_carry_source_mark_and_day() -> None:
    levers = shipped()
    assert (levers.country, levers.currency, len(levers.levers)) == ("GB", "GBP", 15)
    for lever in levers.levers:
        assert {lever.verified, lever.acts_verified, *(test.verified for test in lever.tests)} <= set(MARKS)
        assert lever.checked == date(2026, 11, 23)
        for source in lever.sources:
            publisher, title, *_, year = source.split(", ")
            assert publisher
            assert title
            assert re.match(r"\d{4}$|undated$|(\d{4}|undated) \(", year), source


def test_the_shipped_levers_say_these_sums() -> None:
    """The sums of the law, in pence, written again: a slip of a nought in the file fails here."""
    sums = {
        (lever.id, test.quantity.name): test.value
        for lever in shipped().levers
        for test in lever.tests
        if test.quantity.unit == "minor units" and test.value
    }
    assert sums == {
        ("daml_exemption", "proposed_payment"): 3_000_00,
        ("civil_recovery", "tainted_seen"): 10_000_00,
        ("account_freezing_order", "tainted"): 1_000_00,
        ("account_freezing_order", "balance"): 1_000_00,
        ("cash_seizure", "tainted_out_cash"): 1_000_00,
    }


def test_levers_from_a_run_record_are_the_same() -> None:
    again = Levers.of(json.loads(json.dumps(shipped().document)), "a run record")
    assert again.levers == shipped().levers
    assert again.document == shipped().document


def example() -> str:
    (found,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_country_file_on_the_page_loads_and_works(tmp_path: Path) -> None:
    path = tmp_path / "xx.toml"
    path.write_text(example(), "utf-8")
    levers = load_levers(path)
    assert (levers.country, levers.currency, [lever.id for lever in levers.levers]) == ("XX", "EUR", ["postponement"])
    found = assess(Figures("EUR", 150_000, 150_000, 150_000, exit_eta=47.0), levers)
    assert named(best(found)) == "postponement"
    assert "at least €1,500.00" in " ".join(found[0].sentences)
    assert assess(Figures("EUR", 149_999, 149_999, 149_999), levers) == []


def test_the_python_example_on_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(found, "docs/levers.md", "exec"), {})
    said = capsys.readouterr().out
    assert said.startswith("Account freezing order")
    assert "Ring-fence" in said


def test_the_tables_on_the_page_are_those_of_the_file() -> None:
    for lever in shipped().levers:
        asks = "; ".join(f"{t.quantity.meaning}: {t.wording('GBP')} ({t.verified})" for t in lever.tests)
        acts = f"{lever.acts_within_hours:g} ({lever.acts_verified})"
        row = f"| `{lever.id}` | {lever.law} ({lever.verified}) | {asks} | {acts} | {'; '.join(lever.sources)} |"
        assert row in PAGE.splitlines()
    for quantity in QUANTITIES.values():
        words = f": {', '.join(quantity.words)}" if quantity.words else ""
        assert f"| `{quantity.name}` | {quantity.unit}{words} | {quantity.meaning} |" in PAGE.splitlines()
    for name in COMPARISONS:
        assert f"`{name}`" in PAGE


WRONG: list[tuple[str, str, str]] = [
    # what of the example is replaced, by what, the error
    ('country = "XX"', 'country = "xx"', "country = 'xx': a country code of two capital letters"),
    ('country = "XX"\n', "", "the file lacks the field 'country'"),
    ('country = "XX"', 'country = "XX"\nland = 1', "the file has an unknown field 'land'"),
    ('currency = "EUR"', 'currency = "EURO"', "currency = 'EURO': a known currency code"),
    ('currency = "EUR"', "currency = [1]", "currency = [1]: a known currency code"),
    ('id = "postponement"', 'id = "Post ponement"', "lever, number 1, id = 'Post ponement'"),
    ('id = "postponement"', "id = 3", "lever, number 1, id = 3"),
    ("stops = true", "stops = 1", "lever postponement, stops = 1: true or false"),
    ("stops = true ", "halts = true ", "lever, number 1 has an unknown field 'halts'"),
    ('law = "your act, section"\n', "", "lever, number 1 lacks the field 'law'"),
    ('law = "your act, section"', 'law = " "', "lever postponement, law = ' ': a text"),
    ('kind = "money"', 'kind = "gold"', "lever postponement, kind = 'gold': one of money, information"),
    ("acts_within_hours = 4", "acts_within_hours = -1", "acts_within_hours = -1: a number of hours from 0"),
    ("acts_within_hours = 4", f"acts_within_hours = 1{'0' * 400}", "a number of hours from 0 to 87,840"),
    ("acts_within_hours = 4", "acts_within_hours = inf", "acts_within_hours = inf: a number of hours"),
    ("acts_within_hours = 4", 'acts_within_hours = "4"', "acts_within_hours = '4': a number of hours"),
    (
        'acts_verified = "design"',
        'acts_verified = "sure"',
        "acts_verified = 'sure': one of sourced, unverified, design",
    ),
    ('sources = ["publisher, title, year"]', "sources = []", "lever postponement, sources = []: a list of texts"),
    ('sources = ["publisher, title, year"]', "sources = [1]", "lever postponement, sources = 1: a text"),
    ("checked = 2026-11-23", 'checked = "soon"', "checked = 'soon': a day such as"),
    ("checked = 2026-11-23", "checked = 2026-11-23T10:00:00", "checked = datetime.datetime"),
    ('caution = "what to watch when it appears within reach"', 'caution = ""', "caution = '': a text"),
    ('quantity = "tainted"', 'quantity = "risk"', "tests, number 1, quantity = 'risk': one of balance, tainted"),
    ("at_least = 150_000 ", "", "tests, number 1, comparison = '': exactly one of at_least, above, at_most, below"),
    ("at_least = 150_000 ", "at_least = 1\nbelow = 2 ", "comparison = 'at_least, below': exactly one of"),
    ("at_least = 150_000 ", "is = true ", "comparison = 'is': exactly one of at_least"),
    ("at_least = 150_000 ", "at_least = 1500.0 ", "at_least = 1500.0: a whole number of minor units"),
    ("at_least = 150_000 ", "at_least = true ", "at_least = True: a whole number of minor units"),
    ("at_least = 150_000 ", "at_least = -1 ", "at_least = -1: a whole number of minor units"),
    ('unit = "minor units"', 'unit = "euros"', "tests, number 1, unit = 'euros': 'minor units'"),
    ('unit = "minor units"\n', "", "tests, number 1, unit = None: 'minor units'"),
    ("is = false", 'is = false\nunit = "hours"', "tests, number 2, unit = 'hours': no unit"),
    ("is = false", "is = 0", "tests, number 2, is = 0: true or false"),
    ("is = false", "at_least = 0", "tests, number 2, comparison = 'at_least': exactly one of is"),
    (
        'quantity = "outside"\nis = false',
        'quantity = "held_to_be"\nis = "unknown"',
        "is = 'unknown': one of suspect, victim",
    ),
    ('says = "the least sum of the act"\n', "", "tests, number 1 lacks the field 'says'"),
    ("below = 48", "below = 1e9", "fits, number 1, below = 1000000000.0: a number of hours"),
    ("fits = [{", "fits = [3, {", "fits, number 1 = 3: a table"),
    ("currency =", "currency = =", "is not TOML"),
]


@pytest.mark.parametrize(("old", "new", "error"), WRONG, ids=[error[:50] for *_, error in WRONG])
def test_a_wrong_file_has_one_clear_error(old: str, new: str, error: str, tmp_path: Path) -> None:
    text = example()
    assert text.count(old) >= 1, old
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ParameterError, match=re.escape(error)) as caught:
        load_levers(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_levers_of_one_id_a_file_without_levers_and_no_file_are_refused(tmp_path: Path) -> None:
    document = tomllib.loads(example())
    twice = document | {"lever": document["lever"] * 2}
    with pytest.raises(ParameterError, match="lever, id = 'postponement': an id that no other lever has"):
        Levers.of(twice, "here")
    nothings: tuple[object, ...] = ([], {}, 1)
    for nothing in nothings:
        with pytest.raises(ParameterError, match="at least one"):
            Levers.of(document | {"lever": nothing}, "here")
    with pytest.raises(ParameterError, match="tests = \\[\\]: a list of at least one condition"):
        Levers.of(document | {"lever": [document["lever"][0] | {"tests": []}]}, "here")
    with pytest.raises(ParameterError, match=r"cannot read .*nowhere"):
        load_levers(tmp_path / "nowhere.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes('country = "é"'.encode("latin-1"))
    with pytest.raises(ParameterError, match="is not UTF-8"):
        load_levers(path)
