"""What the catalogue's report counts: against frames made by hand, and once whole on a small bank."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from benchmarks import catalogue

START = datetime(2025, 5, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


LEDGER = pl.DataFrame(
    [
        (day(0), "passengers", "a", 100),
        (day(1), "passengers", "a", 100),
        (day(2), "a", "b", 60),
        (day(3), "a", "b", 60),
        (day(60), "a", "b", 80),
    ],
    schema=["time", "source", "target", "amount"],
    orient="row",
)


def result() -> catalogue.Result:
    nothing = pl.DataFrame()
    return catalogue.Result(nothing, nothing, LEDGER, nothing, nothing, nothing, nothing, nothing)


def test_money_has_half_left_when_half_of_what_came_has_gone() -> None:
    assert result().half_left("a", day(0), day(1)) == day(3)
    assert result().half_left("b", day(0), day(1)) is None
    assert result().half_left("nobody", day(0), day(1)) is None


def test_the_report_on_a_small_bank_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--customers", "400", "--days", "60", "--seeds", "5", "--strengths", "0"]
    assert catalogue.main([*chosen, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (bank,) = document["banks"]
    assert len(bank["typologies"]) == 34
    for told in bank["typologies"].values():
        assert told["of_a_gang"] <= told["matches"]
        assert all(told["found"][s] <= told["planted"][s] for s in catalogue.STRENGTHS)
        assert told["planted"]["careful"] == 0
    for number, alerts in bank["alerts"].items():
        assert alerts["alerts"] <= int(number)
        assert alerts["alerts"] - alerts["of_a_gang"] == sum(alerts["look_alikes"].values())
    assert bank["raised"]["alerts"] <= bank["budget"]
    assert sum(told["found"]["naive"] for told in bank["typologies"].values()) > 0
    text = catalogue.table(document)
    assert text.count("\n| S") == 18
    assert text.count("\n| L") == 16
