"""The alert budget on a bank's data: periods, the record, its repetition, and the command line."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from moneytrail.conformal import AlertPlan, Budget
from moneytrail.conformal.budget import DAY
from moneytrail.errors import ParameterError
from moneytrail.scoring import Pipeline, RiskReport, pipeline_of
from moneytrail.simulate import SimulatedBank, simulate
from moneytrail.typologies import CATALOGUE
from tests.e2e.program import call

UNTIL: Final = date(2025, 7, 1)
LOUD: Final = [entry.id for entry in CATALOGUE if entry.alerts_alone]
EVERYTHING: Final = {"risk": {"raise_from": 0.0}}


@dataclass(frozen=True)
class Bank:
    """A bank whose gangs begin after the calibration."""

    transfers: pl.DataFrame
    accounts: pl.DataFrame


@cache
def bank() -> Bank:
    made: SimulatedBank = simulate(400, 150, seed=3, gangs=4)
    planted = made.truth_transfers.join(made.transfers.select("transaction_id", "booked_at"), on="transaction_id")
    begins = planted.group_by("attempt").agg(pl.col("booked_at").min())
    early = begins.filter(pl.col("booked_at") < datetime(2025, 7, 1, tzinfo=UTC))["attempt"]
    gone = planted.filter(pl.col("attempt").is_in(early.implode()))["transaction_id"]
    return Bank(made.transfers.filter(~pl.col("transaction_id").is_in(gone.implode())), made.accounts)


@cache
def run(plan: AlertPlan | None) -> RiskReport:
    return Pipeline(parameters=EVERYTHING, plan=plan).run(bank().transfers, bank().accounts)


CALIBRATED: Final = AlertPlan(Budget(None, "run", 0.3), UNTIL)


def period_of(moments: pl.Series) -> list[int]:
    first = datetime(2025, 7, 1, tzinfo=UTC)
    return [(moment - first) // timedelta(days=30) for moment in moments]


def test_no_alert_reaches_over_the_end_of_a_period() -> None:
    completes = dict(
        zip(run(CALIBRATED).matches["match_id"], period_of(run(CALIBRATED).matches["ended_at"]), strict=True)
    )
    for row in run(CALIBRATED).alert_frame.iter_rows(named=True):
        assert len({completes[one] for one in row["match_ids"]}) == 1


def test_a_subject_leads_at_most_one_alert_in_a_period() -> None:
    """Each alert then stands for one account-period, and is one test."""
    frame = run(CALIBRATED).alert_frame
    matches = run(CALIBRATED).matches.filter((pl.col("score") >= 0.3) & pl.col("typology").is_in(LOUD))
    loud = dict(matches.select("match_id", "subject").iter_rows())
    led: Counter[tuple[str, int]] = Counter()
    for names, period in zip(frame["match_ids"], period_of(frame["ended_at"]), strict=True):
        led.update({(loud[name], period) for name in names if name in loud})
    assert led
    assert max(led.values()) == 1


def test_what_completes_in_the_calibration_is_kept_last_and_not_raised() -> None:
    frame = run(CALIBRATED).alert_frame
    assert frame["calibration"].to_list() == [period < 0 for period in period_of(frame["ended_at"])]
    assert frame["calibration"].is_sorted()
    assert not frame.filter("calibration")["within_budget"].any()
    assert frame["p_value"].is_null().to_list() == frame["calibration"].to_list()
    assert frame["rank"].to_list() == list(range(1, frame.height + 1))
    raised = frame.filter("within_budget")
    assert 0 < raised.height < frame.filter(~pl.col("calibration")).height
    assert [alert.alert_id for alert in run(CALIBRATED).alerts] == raised["alert_id"].to_list()


def test_the_decision_can_be_worked_out_from_the_alerts_and_the_record() -> None:
    frame, plan = run(CALIBRATED).alert_frame, run(CALIBRATED).record["plan"]
    whole = date(2025, 7, 1) - timedelta(days=30 * plan["calibration"]["periods"])
    assert plan["calibration"]["from"] == whole.isoformat()
    clean = frame.filter(pl.col("calibration") & (pl.col("ended_at").dt.date() >= whole))
    own = frame.filter(~pl.col("calibration"))
    for row in own.iter_rows(named=True):
        reached = int((clean["risk_score"] >= row["risk_score"]).sum())
        assert row["p_value"] == pytest.approx((1 + reached) / (plan["calibration_units"] + 1))
    raised = own.filter("within_budget")
    assert plan["alerts"] == raised.height
    assert plan["threshold"] == raised["risk_score"].min()
    false = plan["units"] * raised["p_value"].max()
    assert false <= 0.3 * raised.height


def test_the_account_periods_are_those_that_moved_money() -> None:
    plan = run(CALIBRATED).record["plan"]
    begins, until = (datetime.fromisoformat(plan["calibration"][name]) for name in ("from", "until"))
    seen = bank().transfers.with_columns(day=pl.col("booked_at").dt.replace_time_zone(None))
    both = pl.concat([seen.select("day", account=name) for name in ("debtor_account", "creditor_account")]).drop_nulls()
    both = both.filter(pl.col("day") >= begins).with_columns(
        period=(pl.col("day") - until).dt.total_microseconds().floordiv(30 * DAY)
    )
    units = both.unique(["account", "period"])["period"]
    assert (int((units < 0).sum()), int((units >= 0).sum())) == (plan["calibration_units"], plan["units"])


@pytest.mark.parametrize("plan", [CALIBRATED, AlertPlan(Budget(2, "week"))], ids=["calibrated", "a week"])
def test_the_record_repeats_the_run(plan: AlertPlan) -> None:
    record = json.loads(json.dumps(run(plan).record))
    again = pipeline_of(record).run(bank().transfers, bank().accounts)
    assert again.run_id == run(plan).run_id
    assert_frame_equal(again.alert_frame, run(plan).alert_frame)
    assert again.record["plan"] == run(plan).record["plan"]


def test_the_plan_decides_the_run_id_and_none_leaves_the_record_as_it_was() -> None:
    assert not {"plan"} & (run(None).record.keys() | run(None).record["deciding"].keys())
    assert not {"calibration", "p_value"} & set(run(None).alert_frame.columns)
    other = AlertPlan(Budget(None, "run", 0.2), UNTIL)
    assert len({run(plan).run_id for plan in (None, CALIBRATED, other)}) == 3


def test_at_most_so_many_alerts_a_week() -> None:
    frame = run(AlertPlan(Budget(2, "week"))).alert_frame
    assert_frame_equal(frame.drop("within_budget", "alert_id"), run(None).alert_frame.drop("within_budget", "alert_id"))
    for week in frame.with_columns(week=pl.col("detectable_at").dt.truncate("1w")).partition_by("week"):
        assert week.sort("rank")["within_budget"].to_list() == [place < 2 for place in range(week.height)]
    plan = run(AlertPlan(Budget(2, "week"))).record["plan"]
    assert (plan["binding"], plan["alerts"]) == ("alerts", int(frame["within_budget"].sum()))
    assert (plan["drift"], plan["calibration"], plan["expected_false"]) == (None, None, None)


def test_what_cannot_be_promised_is_refused_or_told() -> None:
    with pytest.raises(ParameterError, match=r"holds no whole period of 30 days.* 1 May 2025"):
        run(replace(CALIBRATED, calibrate_until=date(2025, 5, 15)))
    with pytest.raises(ParameterError, match="leaves no transfer for the run"):
        run(replace(CALIBRATED, calibrate_until=date(2026, 5, 15)))
    with pytest.raises(ParameterError, match="holds no whole period"):
        Pipeline(plan=CALIBRATED).run(bank().transfers.clear())
    strict = run(AlertPlan(Budget(1, "run", 0.001), UNTIL)).record["plan"]
    assert strict["alerts"] == 0
    assert strict["units_needed"] == strict["units"] * 1000 - 1
    assert f"needs at least {strict['units_needed']:,}" in " ".join(strict["said"])


def test_a_bank_without_alerts_has_a_plan() -> None:
    silent = bank().transfers.with_columns(amount=pl.lit(1, pl.Int64))
    plan = Pipeline(plan=CALIBRATED).run(silent).record["plan"]
    assert plan["alerts"] == 0
    assert plan["stability"]["line_raised"] == 1.0


def test_the_review_sample_is_of_what_was_not_raised() -> None:
    review = run(CALIBRATED).review(9)
    frame = run(CALIBRATED).alert_frame.filter(~pl.col("calibration") & ~pl.col("within_budget"))
    assert review["alert_id"].is_in(frame["alert_id"].implode()).all()
    assert review["drawn"].to_list() == ["just below"] * 4 + ["by chance"] * 5
    assert review["alert_id"].head(4).to_list() == frame["alert_id"].head(4).to_list()
    assert_frame_equal(review, run(CALIBRATED).review(9))


# The command line


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    bank().transfers.write_parquet(folder / "transfers.parquet")
    bank().accounts.write_parquet(folder / "accounts.parquet")
    return folder


def scored(files: Path, *options: object) -> Any:
    quick = ("--detectors", "none", "--placebo", 0, "-q", "--no-store")
    return call("score", files / "transfers.parquet", "--accounts", files / "accounts.parquet", *quick, *options)


ASKED: Final = ("--false-share", 0.3, "--calibrate-until", "2025-07-01", "--set", "risk.raise_from=0")


def test_the_command_says_which_limit_binds(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = scored(files, *ASKED, "--alerts-per-week", 3, "--below-the-line", 8, "--out", out).out
    record = json.loads((out / "run.json").read_text())
    assert record["deciding"]["plan"] == AlertPlan(Budget(3, "week", 0.3), UNTIL).document()
    plain = " ".join(said.split())
    assert "limit on" in plain
    assert " ".join(record["plan"]["said"][0].split()) in plain
    assert "calibration: 2025-05-02 up to 2025-07-01, 2 periods" in plain
    assert "If none of the 4 drawn by chance is right" in plain
    assert pl.read_parquet(out / "review.parquet").height == 8
    refused = call("score", files / "transfers.parquet", "--repeat", out / "run.json", *ASKED[:2], "-q", "--no-store")
    assert (refused.status, "--false-share goes not with --repeat" in refused.err) == (2, True)
    data = (files / "transfers.parquet", "--accounts", files / "accounts.parquet")
    again = call("score", *data, "--repeat", out / "run.json", "--json", "-q", "--no-store").json
    assert (again["run_id"], again["plan"]) == (record["run_id"], record["plan"])
    assert again["review"] is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--alerts-per-day", 2, "--alerts-per-week", 3), "--alerts-per-day and --alerts-per-week are two limits"),
        (("--alerts-per-day", 2, "--alert-budget", 3), "--alert-budget and --alerts-per-day are two limits"),
        (("--alerts-per-day", 0), "alerts a day = 0: allowed is 1 or more"),
        (("--false-share", 0.1), "say with --calibrate-until DATE"),
        (("--false-share", 2, "--calibrate-until", "2025-07-01"), "false share = 2.0"),
        (("--calibrate-until", "July"), "--calibrate-until July: is not a date"),
        (("--below-the-line", 5), "--below-the-line 5: wanted is 1 or more, and a folder with --out DIR"),
    ],
)
def test_contradictions_are_refused_before_the_work(files: Path, options: tuple[object, ...], said: str) -> None:
    done = scored(files, *options)
    assert done.status == 2
    assert said in done.err
