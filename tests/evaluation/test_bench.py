from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from html.parser import HTMLParser
from typing import Any

import numba
import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

from moneytrail.artifacts import shipped_models
from moneytrail.errors import ArtifactError, ParameterError
from moneytrail.evaluation import report
from moneytrail.evaluation.alerting import AlertBudget, Desk, customers_of, line_of
from moneytrail.evaluation.bench import Plan, compare, drift, overlap
from moneytrail.evaluation.case import Case
from moneytrail.evaluation.contenders import Random, Saved
from moneytrail.evaluation.measuring import PeakMemory, Watch, capped
from moneytrail.evaluation.raising import WEEK
from moneytrail.evaluation.splits import SplitRule, split
from moneytrail.evaluation.trials import Scored, Task, blank, run
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.schema import check_transfers
from moneytrail.scoring import Progress
from tests.evaluation.cases import Row, bank, case_of, frame_of

RATES = ExchangeRates.load()
DAY = date(2026, 11, 22)
MANY = AlertBudget(20, None)


@dataclass(frozen=True)
class Knows:
    """A contender that knows the truth, as far as it is told to."""

    name: str = "knows"
    learns: bool = True
    noise: float = 0.0
    probability: bool = True

    def check(self) -> None:
        """It always can."""

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """The truth and noise."""
        with watch.at("fit"):
            tell("tuning", 1.0)
        drawn = np.random.default_rng(task.seed).random(task.case.graph.transfers)
        return Scored(np.clip(task.case.illicit + self.noise * (drawn - 0.5), 0, 1), self.probability, {"noise": 1})


@dataclass(frozen=True)
class Fails(Knows):
    """A contender that cannot learn here."""

    name: str = "fails"

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """Refuse."""
        raise ParameterError("too few to learn from")


class Absent(Knows):
    """A contender whose model is not there."""

    def check(self) -> None:
        """Refuse."""
        raise ArtifactError("no model")


def silent(_stage: str, _done: float) -> None:
    return


def measured(*contenders: Any, cases: tuple[Case, ...] | None = None, **plan: Any) -> dict[str, Any]:
    makers = [lambda case=case: case for case in cases or (bank(),)]
    return compare(makers, Plan(contenders, **plan), RATES, silent)


def without_costs(document: dict[str, Any]) -> str:
    """The document without what a clock says."""
    text = json.dumps(document)
    made = json.loads(text)

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(each) for key, each in value.items() if key not in ("seconds", "memory_mib")}
        return [strip(each) for each in value] if isinstance(value, list) else value

    return json.dumps(strip(made))


def test_who_knows_the_truth_is_right_in_everything() -> None:
    found = measured(Knows(), budget=AlertBudget(50, None))["models"][0]
    assert found["average_precision"] == 1.0
    assert found["average_precision_interval"] == [1.0, 1.0]
    assert (found["f1"], found["precision"], found["recall"]) == (1.0, 1.0, 1.0)
    assert found["alert_precision"] == 1.0
    assert found["attempts_found"] > 0.5
    assert found["money_in_reach"] > 0.1
    assert found["calibration"]["brier"] == 0.0
    assert found["recall_at_budget"] == 1.0
    assert found["groups"]
    assert found["groups_over_limit"] == []
    assert 0 <= found["value_after_alert"] <= 1


def test_chance_is_worth_the_base_rate() -> None:
    document = measured(Random(), seeds=(1, 2, 3))
    found, case = document["models"][0], document["case"]
    rate = case["split"]["illicit"]["test"] / case["split"]["rows"]["test"]
    low, high = found["average_precision_interval"]
    assert low < rate * 1.5
    assert high > rate * 0.7
    assert found["runs"] == 3
    assert found["average_precision"] == sorted(found["average_precision_runs"])[1]
    assert found["calibration"] is None
    assert found["not_computed"]["calibration"] == "its scores are no probabilities"


def test_the_document_follows_the_seeds_and_is_plain() -> None:
    one, again = (measured(Knows(noise=0.8), Random(), seeds=(1, 2)) for _ in range(2))
    assert without_costs(one) == without_costs(again)
    assert "NaN" not in json.dumps(one)
    assert one["models"][0]["average_precision"] != one["models"][1]["average_precision"]


def test_a_model_that_cannot_learn_says_so_and_the_others_run() -> None:
    document = measured(Fails(), Knows())
    fails, knows = document["models"]
    assert fails["average_precision"] is None
    assert fails["seconds"] is None
    assert fails["not_computed"] == {"everything": "too few to learn from"}
    assert knows["average_precision"] == 1.0
    assert any("fails" in line and "too few" in line for line in report.reasons(document))


def test_a_model_that_is_not_there_stops_before_any_work() -> None:
    with pytest.raises(ArtifactError, match="no model"):
        measured(Absent(), cases=())


@dataclass(frozen=True)
class Broken(Knows):
    """A contender that gives one transfer of the test no number."""

    name: str = "broken"

    def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
        """As who knows, but for the last transfer."""
        made = super().scores(task, watch, tell)
        made.scores[-1] = np.inf
        return made


def test_a_model_whose_scores_are_no_numbers_says_so_and_the_others_run() -> None:
    broken, knows = measured(Broken(), Knows())["models"]
    assert broken["not_computed"] == {"everything": "it gives 1 transfers no score that is a number"}
    assert knows["average_precision"] == 1.0


def test_alerts_are_raised_from_transfers_that_are_measured_and_no_others() -> None:
    """A saved model, the rules and chance score records of cash, too; the others do not, and are compared with them."""
    rows: list[Row] = []
    for place in range(300):
        rows.append((place / 3, f"a{place % 7}", f"b{place % 5}", place % 20 == 0, None))
        rows.append((place / 3, f"a{place % 7}", None, False, None))
    case = case_of(rows)
    assert case.scored.sum() == 300
    parts = split(case, SplitRule())
    found = run(Random(), Task(case, parts, RATES, 1), silent)
    assert np.array_equal(np.isfinite(found.scores), parts.test)
    assert np.array_equal(np.isfinite(found.early), parts.validation | parts.test)
    alerts = Desk.of(case, parts, AlertBudget(20, None)).raised(found.scores)
    evidence = [row for alert in alerts.raised for row in alert.transfers]
    assert evidence
    assert case.scored[evidence].all()


def test_without_labels_there_are_the_figures_that_need_none() -> None:
    case = replace(bank(), labelled=False, illicit=np.zeros_like(bank().illicit), truth=None)
    facts = {**case.facts, "illicit": None, "base_rate": None, "not_computed": {"labels": "none"}}
    document = measured(Random(), Knows(), cases=(replace(case, facts=facts),), seeds=(1, 2), budget=MANY)
    chance, knows = document["models"]
    assert chance["average_precision"] is None
    assert chance["attempts_found"] is None
    assert 0 <= chance["stability"] < 0.5
    assert chance["drift"] < 0.1
    assert chance["alerts"] is not None
    assert chance["money_in_reach"] is None
    assert knows["not_computed"]["everything"] == "the data carry no labels to learn from"
    assert report.rows(document)[0][1] == "–"
    page = report.page(document, DAY)
    assert "<svg" not in page
    (title, headings, models), *rest = report.label_free(document)
    assert headings == tuple(report.LABEL_FREE)
    assert models[0] == ("random", f"{chance['alerts']:.0f}", f"{chance['drift']:.3f}", f"{chance['stability']:.2f}")
    assert rest == []
    assert title in page


def test_several_cases_stand_apart_and_together() -> None:
    rows: list[Row] = [(float(day), f"a{day % 3}", "b", day % 4 == 0, None) for day in range(40)]
    document = measured(Knows(), cases=(bank(), case_of(rows)))
    assert [case["name"] for case in document["cases"]] == [bank().name, "rows"]
    assert document["case"]["name"] == bank().name
    assert document["models"][0]["runs"] == 2
    assert [case["models"][0]["runs"] for case in document["cases"]] == [1, 1]
    assert "money_in_reach" in document["models"][0]["not_computed"]


def test_amlworld_is_parted_by_rows_as_published() -> None:
    rows: list[Row] = [(float(day), "a", "b", day % 2 == 0, None) for day in range(10)]
    case = case_of(rows)
    published = replace(case, facts={**case.facts, "layout": "amlworld"})
    plan = Plan((Knows(),), rule=SplitRule(keep_straddling=True))
    assert plan.rule_for(published) == SplitRule("rows", 0, True)
    assert plan.rule_for(case) == plan.rule
    assert replace(plan, by_layout=False).rule_for(published) == plan.rule


def test_budgets() -> None:
    assert AlertBudget.of("1 per 5,000 customers a week") == AlertBudget(1.0, 5_000)
    assert AlertBudget.of("2.5 a week") == AlertBudget(2.5, None)
    assert str(AlertBudget.of("1 per 5000 customers a week")) == "1 per 5000 customers a week"
    assert AlertBudget(1, 50).a_week(bank()) == 3
    assert AlertBudget(1, 2).a_week(case_of([(1, "a", "b", False, None), (2, "b", "c", True, None)])) == 1.5
    for alerts in (1_234_567.0, 0.0001, 1e16):
        assert AlertBudget.of(str(AlertBudget(alerts, None))) == AlertBudget(alerts, None)
    for text in ("", "many", "0 a week", "1 per 0 customers a week", "1 per week", f"{'9' * 400} a week"):
        with pytest.raises(ParameterError, match="--budget"):
            AlertBudget.of(text)


def test_a_line_is_drawn_by_the_scores_so_far_and_any_scale_gives_the_same_alerts() -> None:
    case, parts = bank(), split(bank(), SplitRule())
    desk = Desk.of(case, parts, AlertBudget(20, None))
    scores = blank(case)
    scores[parts.test] = np.random.default_rng(1).random(int(parts.test.sum()))
    one, other = desk.raised(scores), desk.raised(scores / 1_000 - 5)
    assert [alert.transfers for alert in one.raised] == [alert.transfers for alert in other.raised] != []
    # What comes in the second week changes nothing in the first.
    later = scores.copy()
    later[case.graph.time >= desk.period[0] + WEEK] = 1.0
    early = [alert.transfers for alert in one.raised if alert.raised_at == desk.period[0] + WEEK]
    first = [a.raised_at for a in desk.raised(later).raised].count(desk.period[0] + WEEK)
    assert first == len(early)


def test_the_line_keeps_equal_scores_together() -> None:
    assert line_of(np.array([0.0, 0.0, 0.5, 0.5, 0.5, 0.9]), 0.5) == 0.5
    assert line_of(np.array([0.1, 0.2, 0.3, np.nan]), 0.001) == 0.3
    assert line_of(np.array([0.0, 0.0, 0.9]), 0.7) == np.inf
    assert line_of(np.array([np.nan])) == np.inf


def test_drift_and_overlap() -> None:
    assert drift(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0
    assert drift(np.array([1.0, 2.0]), np.array([3.0])) == 1
    assert drift(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 4.0])) == 0.5
    assert overlap([np.array([1, 2]), np.array([2, 3]), np.array([2, 3])]) == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert overlap([np.array([1])]) is None


def test_peak_memory_is_what_is_held_at_most() -> None:
    # The system may page out what else this process holds at that moment: of three tries one shows it.
    tries = []
    for _ in range(3):
        memory = PeakMemory()
        memory.start()
        held = np.ones(8_000_000)
        del held
        tries.append(memory.mib())
    found = [one for one in tries if one is not None]
    assert not found or 50 < max(found) < 200


def test_threads_are_capped_inside_and_never_raised() -> None:
    def most() -> dict[str, int]:
        return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}

    with capped(1):
        pass
    before, kernels = most(), numba.get_num_threads()
    with capped(10**6):
        assert most() == before
    with capped(1):
        assert set(most().values()) == {1}
        assert numba.get_num_threads() == 1
    assert most() == before
    assert numba.get_num_threads() == kernels


class Page(HTMLParser):
    """Counts tags and keeps what a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.fetched: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        wanted = {"src", "href", "xlink:href"}
        self.fetched += [value for name, value in attributes if name in wanted and value and value[0] != "#"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_is_whole_without_a_network() -> None:
    document = measured(Knows(name="<knows> & more", noise=0.9), Random(), budget=MANY)
    page = Page()
    page.feed(report.page(document, DAY))
    assert page.fetched == []
    assert page.opened.count("svg") == 4
    assert "script" not in page.opened
    assert "<knows> & more" in page.text
    assert report.page(document, DAY) == report.page(document, DAY)
    assert len(report.rows(document)[0]) == len(report.HEADINGS)


@pytest.mark.parametrize("name", [r"own $\bad$ model", "_hidden/1"])
def test_a_models_name_is_shown_as_it_is(name: str) -> None:
    page = Page()
    page.feed(report.page(measured(Knows(name=name, noise=0.9), budget=MANY), DAY))
    # In the table, in the figures without labels, in what was run, and beside its line in each of the four plots.
    assert sum(name == text.strip() for text in page.text) >= 4 + 3


def test_no_group_is_said_to_be_below_twice_the_rate_that_is_above_it_by_chance() -> None:
    few = {"name": "R-REM", "ratio": 30.0, "false_alerts": 1}
    model = {"name": "m", "groups": [few], "groups_over_limit": [], "groups_of_alerts": 1}
    (said,) = report.fairness({"models": [model]})
    assert said == "False alerts of m: no group of customers above twice the overall rate, beyond what chance gives."
    (said,) = report.fairness({"models": [model | {"groups_over_limit": ["R-REM"]}]})
    assert said == "False alerts of m above twice the overall rate: R-REM remittance to family 30.0 times."


def test_of_no_alert_or_no_false_one_nothing_is_said_of_groups() -> None:
    none = {"name": "R-REM", "ratio": None, "false_alerts": 0}
    model = {"name": "m", "groups": [none], "groups_over_limit": [], "groups_of_alerts": 0}
    (said,) = report.fairness({"models": [model]})
    assert said == "False alerts of m: nothing can be said of groups of customers, as no alert was raised."
    (said,) = report.fairness({"models": [model | {"groups_of_alerts": 3}]})
    assert said == "False alerts of m: none names an account of any group of customers."


def test_a_budget_without_an_alert_measures_nothing_and_says_what_to_do() -> None:
    document = measured(Knows(), Random(), seeds=(1, 2), budget=AlertBudget(1, 500))
    found, case = document["models"][0], document["case"]
    assert case["budget_alerts"] == 0
    for name in ("precision_at_budget", "recall_at_budget", "attempts_found", "alert_precision", "money_in_reach"):
        assert found[name] is None
        assert found["not_computed"][name] == (
            "the budget allows 0.51 alerts in the test period: use more customers or days, or --budget '3 a week'"
        )
    assert (found["money_by_delay"], found["groups"], found["stability"]) == (None, None, None)
    assert case["customers_counted"] == "150 customers of the simulated bank"
    assert document["cases"][0]["agreement"] == []
    assert found["average_precision"] == 1.0
    assert report.fairness(document) == []
    assert any("none in the test period" in line for line in report.facts(document))
    # As proposed, there is something to tell.
    again = measured(Knows(), budget=AlertBudget.of("3 a week"))["models"][0]
    assert again["attempts_found"] is not None
    assert "attempts_found" not in again["not_computed"]


def test_a_short_test_period_is_proposed_a_budget_that_allows_an_alert() -> None:
    rows: list[Row] = [(place / 24, f"a{place % 3}", "b", place % 4 == 0, None) for place in range(100)]
    case = case_of(rows)
    parts = split(case, SplitRule())
    said = Desk.of(case, parts, AlertBudget()).too_small
    proposed = AlertBudget.of(said.split("'")[1])
    assert proposed.alerts == 9
    assert Desk.of(case, parts, proposed).too_small == ""


def test_one_seed_says_why_there_is_no_stability() -> None:
    (found,) = measured(Random(), budget=MANY)["models"]
    assert found["stability"] is None
    assert "two seeds or more" in found["not_computed"]["stability"]
    (found,) = measured(Random(), budget=MANY, seeds=(1, 2))["models"]
    assert found["stability"] is not None
    assert "stability" not in found["not_computed"]


def test_the_drawings_hold_no_tex_and_no_id_twice() -> None:
    document = measured(Knows(noise=0.9), Random(), budget=MANY)
    text = report.page(document, DAY)
    assert text.count("<svg") == text.count('<svg role="img" aria-label="') == 4
    assert "$\\" not in text
    assert "mathdefault" not in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids)) > 50
    meant = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    assert meant
    assert meant <= set(ids)
    assert ">100<" in text
    assert ">0.001<" in text


def test_the_page_says_what_was_run_and_what_each_column_means() -> None:
    saved = Saved("iforest/1", shipped_models() / "iforest" / "1")
    document = measured(Knows(noise=0.9), saved, budget=MANY)
    assert list(document["versions"]) == ["python", "moneytrail", "numpy", "polars", "scikit-learn"]
    told = dict(report.what_ran(document, DAY))
    sha256 = json.loads((shipped_models() / "iforest" / "1" / "manifest.json").read_text())["sha256"]
    assert told["model"] == f"iforest/1: iforest/1, sha256 {sha256}"
    assert told["made on"] == "2026-11-22 (UTC)"
    assert told["data"].startswith(
        "simulated bank, seed 3 (customers 150, days 60, seed 3, strength 0.0); parted by time"
    )
    assert told["budget"] == "20 a week"
    text = report.page(document, DAY)
    for meaning in (report.COLUMNS, report.LABEL_FREE, report.GROUPS):
        for heading, said in meaning.items():
            assert f"<li><b>{escape(heading)}</b>: {escape(said)}</li>" in text
    assert "Settings chosen" not in text
    assert report.RULES_NOTE not in text


def test_groups_that_no_alert_names_are_left_out_and_codes_have_names() -> None:
    document = measured(Random(), budget=MANY)
    groups = document["models"][0]["groups"]
    text = report.page(document, DAY)
    raised = [group["name"] for group in groups if group["alerts"]]
    silent_ones = [group["name"] for group in groups if not group["alerts"]]
    assert raised
    assert silent_ones
    assert all(f"<td>{escape(report.group_name(name))}</td>" in text for name in raised)
    assert not any(f"<td>{escape(report.group_name(name))}</td>" in text for name in silent_ones)
    assert report.group_name("R-REM") == "R-REM remittance to family"
    assert report.group_name("ordinary customers") == "ordinary customers"
    assert all(group["alert_rate"] >= group["rate"] for group in groups)


def test_a_setting_that_was_chosen_is_told_and_a_fact_is_none() -> None:
    @dataclass(frozen=True)
    class Chooses(Knows):
        def scores(self, task: Task, watch: Watch, tell: Progress) -> Scored:
            chosen = {"trees": 7, "validation_average_precision": 0.25}
            return super().scores(task, watch, tell)._replace(facts={"chosen": chosen, "fitted_rows": 3})

    document = measured(Chooses(), Knows("plain"))
    chooses, plain = document["models"]
    assert chooses["chosen"] == [{"trees": 7, "validation_average_precision": 0.25}]
    assert chooses["facts"][0]["fitted_rows"] == 3
    assert plain["chosen"] == []
    assert "<tr><td>knows</td><td>trees 7</td><td>0.250</td></tr>" in report.page(document, DAY)


def test_the_corridor_is_told_of_labelled_data_with_countries() -> None:
    rows: list[Row] = [(place / 4, f"a{place % 7}", f"b{place % 5}", place % 20 == 0, None) for place in range(400)]
    rows += [(place / 4, f"a{9 + place % 3}", f"c{place % 3}", False, None) for place in range(400)]
    known = pl.col("debtor_account").is_in(["a9", "a10"])
    frame = frame_of(rows).with_columns(
        debtor_country=pl.when(known).then(pl.lit("GB")),
        creditor_country=pl.when(known).then(
            pl.when(pl.col("debtor_account") == "a9").then(pl.lit("TR")).otherwise(pl.lit("GB"))
        ),
    )
    case = Case.of("rows", TransactionGraph.from_frame(check_transfers(frame), RATES))
    assert "groups" not in case.facts["not_computed"]
    assert "look_alike_groups" in case.facts["not_computed"]
    (found,) = measured(Random(), cases=(case,), budget=MANY)["models"]
    # Of two accounts each the banks' countries are told; c0 and c1 are their other sides.
    assert {group["name"]: group["accounts"] for group in found["groups"]} == {
        "foreign corridor": 2,
        "domestic corridor": 2,
    }
    assert "groups" in case_of(rows).facts["not_computed"]
    # Where every transfer is illicit nobody is left to be named for nothing.
    guilty = Case.of("rows", TransactionGraph.from_frame(frame.with_columns(label_illicit=True), RATES))
    (found,) = measured(Random(), cases=(guilty,), budget=MANY)["models"]
    assert found["groups"] is None
    assert found["not_computed"]["groups"] == "of no account outside the illicit transfers is the corridor known"


def test_customers_are_counted_as_far_as_the_data_tell() -> None:
    rows: list[Row] = [(1, "a", "b", False, None), (2, "b", "c", True, None)]
    assert customers_of(case_of(rows)) == (3, "accounts (no account table)")
    table = pl.DataFrame({"account": ["a", "b"], "party": ["p", "p"]})
    assert customers_of(case_of(rows, accounts=table)) == (1, "parties of the account table")
    unknown = table.with_columns(party=pl.Series(["p", None]))
    assert customers_of(case_of(rows, accounts=unknown)) == (2, "accounts of the account table")


def test_a_page_that_cannot_be_written_is_refused_first(tmp_path: Any) -> None:
    with pytest.raises(ParameterError, match="is a folder"):
        report.check_page(tmp_path)
    with pytest.raises(ParameterError, match="there is no folder nowhere"):
        report.check_page(tmp_path / "nowhere" / "page.html")
    report.check_page(tmp_path / "page.html")
