"""``moneytrail trace``: from a file and seeds to where the money is, as a table and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from moneytrail.tracing import CONSERVING, Rule
from tests.e2e.conftest import BankFiles
from tests.e2e.program import call, write_csv

COMMON = [
    f"t{n + 1},2025-04-0{n + 1}T10:00:00Z,{debtor},{creditor},{amount},GBP,credit_transfer"
    for n, (debtor, creditor, amount) in enumerate(
        [
            ("employer", "S", 100_000),
            ("payer", "S", 300_000),
            ("S", "A", 150_000),
            ("employer", "S", 200_000),
            ("S", "B", 250_000),
            ("payer", "S", 100_000),
            ("S", "C", 100_000),
        ]
    )
]


@pytest.fixture
def common(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "common.csv", COMMON)


def test_the_document_names_every_rule_and_account(common: Path) -> None:
    said = call("trace", common, "--seed", "t2", "--seed", "t6", "--rule", "all", "--json", "-q").json
    assert list(said["rules"]) == [str(rule) for rule in Rule]
    fifo = {account: told["tainted"] for account, told in said["rules"]["fifo"].items()}
    assert fifo == {"S": 100_000, "A": 50_000, "B": 250_000, "C": 0}
    assert said["accounts"]["S"] == {"balance": 200_000, "at_another_bank": False, "low": 0, "high": 200_000}
    assert said["totals"]["haircut"]["in_accounts"] == said["totals"]["haircut"]["seeded"] == 400_000
    assert list(said["totals"]) == [str(rule) for rule in CONSERVING]
    assert (said["seeds"], said["currency"], said["floor"], said["until"]) == (["t2", "t6"], "GBP", 0, None)
    assert said["rows"] == {"read": 7, "kept": 7, "rejected": 0}
    assert said["source"]["fingerprint"]


def test_the_table_names_balances_and_says_what_it_is_not(common: Path) -> None:
    ran = call("trace", common, "--seed", "t2", "--rule", "fifo,clean_first", "--limit", "1")
    text = " ".join(ran.out.split())
    assert "£500.00 to £2,500.00" in text
    assert "and 2 more accounts" in text
    assert "Which rule applies is for the court." in text
    assert "trace … done" in ran.err


def test_seeds_may_stand_in_a_file(common: Path, tmp_path: Path) -> None:
    listed = tmp_path / "seeds.txt"
    listed.write_text("t2\n\n t6 \n", "utf-8")
    one = call("trace", common, "--seeds", listed, "--json", "-q").json
    two = call("trace", common, "--seed", "t6", "--seed", "t2", "--json", "-q").json
    assert one == two


def test_what_was_booked_later_is_left_out(common: Path) -> None:
    said = call("trace", common, "--seed", "t2", "--until", "2025-04-04", "--json", "-q").json
    assert (said["transfers"], said["rules"]["fifo"]["S"]["tainted"]) == (3, 250_000)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "there is no seed"),
        (["--seed", "t8"], "no transfer 't8'"),
        (["--seed", "t2", "--rule", "lilo"], "no rule 'lilo'"),
        (["--seed", "t2", "--floor", "-1"], "is no amount of GBP"),
        (["--seed", "t2", "--floor", "0.001"], "has too many decimals"),
        (["--seed", "t2", "--floor", "ten"], "'ten' is no amount of money"),
        (["--seed", "t2", "--floor", "NaN"], "is no amount of GBP"),
        (["--seed", "t2", "--until", "soon"], "--until soon: is not a date"),
        (["--seeds", "no-such-file"], "no-such-file"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_error(common: Path, options: list[str], reason: str) -> None:
    ran = call("trace", common, *options, "-q")
    assert ran.status == 2
    assert reason in " ".join(ran.err.split())
    assert ran.out == ""


def test_a_whole_bank_is_conserved(bank: BankFiles) -> None:
    import polars as pl

    seeds = pl.read_parquet(bank.parquet, columns=["transaction_id"])["transaction_id"].gather_every(97)[:30].to_list()
    named = [part for seed in seeds for part in ("--seed", seed)]
    said = call("trace", bank.parquet, "--accounts", bank.accounts, *named, "--floor", "0.50", "--json", "-q").json
    for rule, sums in said["totals"].items():
        assert sums.pop("seeded") == sum(sums.values()), rule
        assert rule == "pari_passu" or sums["rounding"] == 0
    assert any(told["at_another_bank"] for told in said["accounts"].values())
