"""``moneytrail trace``, ``verify-trace``, ``profit``, ``plan-freeze`` and ``reach``: from files and from a store."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from moneytrail.tracing import CONSERVING, Rule
from tests.e2e.conftest import BankFiles, Scored
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
    told = said["accounts"]["S"]
    assert (told["balance"], told["low"], told["high"], told["at_another_bank"]) == (200_000, 0, 200_000, False)
    assert (told["rule_recommended"], told["recommended"]) == ("fifo", 100_000)
    assert "Clayton's Case" in told["why"]
    assert told["since"] == "2025-04-02T10:00:00+00:00"
    assert said["totals"]["haircut"]["in_accounts"] == said["totals"]["haircut"]["seeded"] == 400_000
    assert list(said["totals"]) == [str(rule) for rule in CONSERVING]
    assert (said["seeds"], said["currency"], said["floor"], said["until"]) == (["t2", "t6"], "GBP", 0, None)
    assert said["source"]["rows"] == {"read": 7, "kept": 7, "rejected": 0}
    assert said["source"]["fingerprint"]
    assert [one["transaction_id"] for one in said["transfers"]] == ["t2", "t3", "t5", "t6", "t7"]
    assert said["transfers"][2]["tainted"]["fifo"] == 250_000


def test_the_table_names_balances_and_says_what_it_is_not(common: Path) -> None:
    ran = call("trace", common, "--seed", "t2", "--rule", "fifo,clean_first", "--limit", "1")
    text = " ".join(ran.out.split())
    assert "£500.00 to £2,500.00" in text
    assert "and 2 more accounts" in text
    assert "Which rule applies is for the court." in text
    assert "fifo: first in, first out; clean first: clean first, with the lowest intermediate balance." in text
    assert "trace … done" in ran.err


def test_seeds_may_stand_in_a_file(common: Path, tmp_path: Path) -> None:
    listed = tmp_path / "seeds.txt"
    listed.write_text("t2\n\n t6 \n", "utf-8")
    one = call("trace", common, "--seeds", listed, "--json", "-q").json
    two = call("trace", common, "--seed", "t6", "--seed", "t2", "--json", "-q").json
    assert one == two


def test_what_was_booked_later_is_left_out(common: Path) -> None:
    said = call("trace", common, "--seed", "t2", "--until", "2025-04-04", "--json", "-q").json
    assert (said["ledger_transfers"], said["rules"]["fifo"]["S"]["tainted"]) == (3, 250_000)
    both = ("trace", common, "--seed", "t2", "--seed", "t6", "--until", "2025-04-04")
    assert call(*both, "--json", "-q").json["seeds_after_the_end"] == ["t6"]
    shown = " ".join(call(*both, "--floor", "2", "-q").out.split())
    assert "Followed from 1 seed through 3 transfers, booked up to 2025-04-03T23:59:59.999999+00:00" in shown
    assert "a transfer's tainted part under £2.00 counts as clean." in shown
    assert "1 seed is left out, being later: t6." in shown


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
        (["--alert", "x"], "in place of the files give the store"),
        (["--seed", "t2", "--suspect", "S", "--victim", "S"], "'S' cannot be held to be a suspect's and a victim's"),
        (["--seed", "t2", "--picture", "flows.png"], "must end in .svg or .html"),
        (["--seed", "t2", "--origin-of", "S"], "takes no seeds"),
        (["--origin-of", "nobody"], "nobody"),
        (["--origin-of", "S", "--rule", "clean_first"], "clean_first"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_error(common: Path, options: list[str], reason: str) -> None:
    ran = call("trace", common, *options, "-q")
    assert ran.status == 2
    assert reason in " ".join(ran.err.split())
    assert ran.out == ""


def test_a_whole_bank_is_conserved(bank: BankFiles) -> None:
    seeds = pl.read_parquet(bank.parquet, columns=["transaction_id"])["transaction_id"].gather_every(97)[:30].to_list()
    named = [part for seed in seeds for part in ("--seed", seed)]
    said = call("trace", bank.parquet, "--accounts", bank.accounts, *named, "--floor", "0.50", "--json", "-q").json
    for rule, sums in said["totals"].items():
        assert sums.pop("seeded") == sum(sums.values()), rule
        assert rule == "pari_passu" or sums["rounding"] == 0
    assert any(told["at_another_bank"] for told in said["accounts"].values())


def test_a_suspect_and_equal_victims_change_the_rule_to_begin_with(common: Path) -> None:
    asked = ("trace", common, "--seed", "t2", "--seed", "t6", "--json", "-q")
    suspect = call(*asked, "--suspect", "S").json["accounts"]["S"]
    assert (suspect["rule_recommended"], suspect["recommended"], suspect["held_to_be"]) == (
        "clean_first", 200_000, "suspect"
    )  # fmt: skip
    assert call(*asked, "--equal-victims").json["accounts"]["S"]["rule_recommended"] == "pari_passu"
    fifo = call(*asked, "--rule", "fifo", "--suspect", "S").json["accounts"]["S"]
    assert fifo["rule_recommended"] is None
    assert "was not traced" in fifo["why"]


def test_poison_alone_says_how_much_it_marks(common: Path) -> None:
    ran = call("trace", common, "--seed", "t2", "--rule", "poison")
    assert "Poison marks 4 accounts with £7,000.00 in all." in ran.out


def test_a_proof_is_verified_against_itself_and_the_ledger(common: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    call("trace", common, "--seed", "t2", "--seed", "t6", "--proof", proof, "-q")
    alone = call("verify-trace", proof, "-q")
    assert alone.status == 0
    assert "A trace from 2 seeds (t2 and t6) by fifo, lifo, haircut," in " ".join(alone.out.split())
    whole = call("verify-trace", proof, common, "--json", "-q").json
    assert whole["confirmed"]
    assert (whole["proof"]["seeds"], whole["proof"]["floor"], whole["proof"]["ledger_transfers"]) == (
        ["t2", "t6"],
        0,
        7,
    )
    assert {"ledger: whole", "ledger: transfers", "ledger: order"} <= {check["name"] for check in whole["checks"]}
    assert not any("statements" in unseen for unseen in whole["not_checkable"])
    changed = json.loads(proof.read_text("utf-8"))
    changed["held"]["fifo"]["S"][0] += 1
    proof.write_text(json.dumps(changed), "utf-8")
    refused = call("verify-trace", proof, "-q")
    assert refused.status == 1
    assert "refused: fifo: accounts: S is said to hold 100001 tainted" in " ".join(refused.out.split())


def test_a_proof_of_another_ledger_is_refused(common: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    call("trace", common, "--seed", "t2", "--proof", proof, "-q")
    longer = write_csv(tmp_path / "more.csv", ["t0,2025-04-01T09:00:00Z,employer,S,70000,GBP,credit_transfer", *COMMON])
    refused = call("verify-trace", proof, longer, "-q")
    assert refused.status == 1
    assert "ledger: whole: transfer t0 is left out" in " ".join(refused.out.split())


@pytest.mark.parametrize("text", ["{", "[]", '{"proof": "another"}'])
def test_what_is_no_proof_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "proof.json"
    path.write_text(text, "utf-8")
    assert "proof.json" in call("verify-trace", path, "-q").complaint
    assert "no such file" in call("verify-trace", tmp_path / "none.json", "-q").complaint


def test_a_balance_is_traced_back(common: Path) -> None:
    said = call("trace", common, "--origin-of", "S", "--rule", "fifo", "--json", "-q").json
    assert said["balance"] == 200_000
    assert sum(one["fifo"] for one in said["origins"]) == 200_000
    assert [one["fifo"] for one in said["origins"]] == sorted((one["fifo"] for one in said["origins"]), reverse=True)
    assert "came from" in call("trace", common, "--origin-of", "S").out


@pytest.mark.parametrize("name", ["flows.svg", "flows.html"])
def test_a_picture_is_drawn(common: Path, tmp_path: Path, name: str) -> None:
    call("trace", common, "--seed", "t2", "--picture", tmp_path / name, "-q")
    drawn = (tmp_path / name).read_text("utf-8")
    assert "<svg" in drawn
    assert "£" in drawn


# Profit and freeze plans


def seeds_of(bank: BankFiles, folder: Path) -> Path:
    """The fees that the bank's gangs took, as the ground truth has them."""
    truth = pl.read_parquet(bank.parquet.parent / "truth" / "transfers.parquet")
    path = folder / "fees.txt"
    path.write_text("\n".join(truth.filter(pl.col("role") == "fee")["transaction_id"]), "utf-8")
    return path


def test_a_gangs_profit_adds_up(bank: BankFiles, tmp_path: Path) -> None:
    asked = ("profit", bank.parquet, "--accounts", bank.accounts, "--seeds", seeds_of(bank, tmp_path))
    said = call(*asked, "--through-other-banks", "--json", "-q").json
    costs = sum(part["estimate"] for part in said["costs"].values())
    assert said["profit"]["estimate"] == pytest.approx(
        said["takings"]["estimate"] - said["refunds"]["estimate"] - costs, abs=len(said["costs"])
    )
    for part in (said["takings"], said["profit"], said["retained"], *said["costs"].values()):
        assert part["low"] <= part["estimate"] <= part["high"]
    assert said["controlled_by"] == "inferred"
    named = call(*asked, "--account", said["controlled"][0], "--json", "-q").json
    assert (named["controlled"], named["controlled_by"]) == (said["controlled"][:1], "named")
    assert "profit: takings less refunds and costs" in call(*asked, "-q").out


def test_a_freeze_plan_keeps_to_its_budget_and_names_levers(
    bank: BankFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("plan-freeze", bank.parquet, "--accounts", bank.accounts, "--seeds", seeds_of(bank, tmp_path), "-q")
    said = call(*asked, "--budget", 3, "--json").json
    accounts = [one["account"] for one in said["accounts"]]
    assert 1 <= len(accounts) <= 3
    assert sum(one["gain"] for one in said["accounts"]) == pytest.approx(said["intercepted"], abs=3)
    assert said["intercepted"] <= said["no_plan_catches_more_than"]
    assert said["accounts"][0]["levers"]["within_reach"]
    assert len(said["displacement"]) == 1
    victim = call(*asked, "--budget", 3, "--victim", accounts[0], "--json").json
    assert accounts[0] not in [one["account"] for one in victim["accounts"]]
    only = call(*asked, "--only", accounts[-1], "--json").json
    assert [one["account"] for one in only["accounts"]] == accounts[-1:]
    costs = tmp_path / "costs.csv"
    costs.write_text(f"{accounts[0]},10\n", "utf-8")
    cheap = call(*asked, "--cost-budget", 2, "--costs", costs, "--json").json
    assert accounts[0] not in [one["account"] for one in cheap["accounts"]]
    assert {"account", "amount", "reason"} == {*victim["not_proposed"][0]}
    assert "held to be a victim" in {one["reason"] for one in victim["not_proposed"]}
    for one in said["accounts"]:
        assert 0 <= one["collateral_now"]["low"] <= one["collateral_now"]["high"] <= one["balance"]
    monkeypatch.setattr("moneytrail.money.documents.LEVERS_FOR", 1)
    few = call(*asked, "--budget", 3, "--json").json["accounts"]
    assert few[0] == said["accounts"][0]
    assert few[1]["clock"] == said["accounts"][1]["clock"]
    assert few[1]["levers"]["not_assessed"] == "levers are worked out for a plan's first 1 accounts"
    shown = " ".join(call(*asked).out.split())
    assert "Freeze, in this order" in shown
    assert "Not proposed, those with most first" in shown
    assert "What a court will order is for the court." in shown


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--move-by", "pari_passu"], "plan by fifo"),
        (["--horizon", "0"], "the horizon"),
        (["--only", "nobody"], "no tainted money reached account 'nobody'"),
        (["--costs", "{costs}"], "wanted is ACCOUNT,COST"),
        (["--levers", "none.toml"], "none.toml"),
    ],
)
def test_a_plan_that_cannot_be_made_is_one_clear_error(
    common: Path, tmp_path: Path, options: list[str], reason: str
) -> None:
    costs = tmp_path / "costs.csv"
    costs.write_text("S,free\n", "utf-8")
    said = call("plan-freeze", common, "--seed", "t2", "-q", *(o.format(costs=costs) for o in options)).complaint
    assert reason in said


def test_a_plan_warns_of_what_it_rests_on(common: Path) -> None:
    asked = ("plan-freeze", common, "--seed", "t2", "-q")
    assert call(*asked, "--horizon", 60, "--json").json["warnings"] == [
        "the plan looks 62.0 days ahead, and the data cover only 6.0: too little to foresee from"
    ]
    assert call(*asked, "--delay", 12, "--horizon", 3, "--json").json["warnings"] == [
        "what is foreseen rests on 2 stretches of the past alone"
    ]
    assert call(*asked, "--delay", 12, "--horizon", 1, "--json").json["warnings"] == []
    assert "Beware: the plan looks 16.0 days ahead" in " ".join(call(*asked).out.split())


# From a store


def test_a_store_that_kept_its_ledger_stands_in_for_the_files(bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    seeds = seeds_of(bank, tmp_path)
    files = call("trace", bank.parquet, "--accounts", bank.accounts, "--seeds", seeds, "--json", "-q").json
    store = call("trace", scored.store, "--seeds", seeds, "--json", "-q").json
    for part in ("rules", "accounts", "totals", "break_totals", "transfers", "seeds"):
        assert files[part] == store[part], part
    assert store["source"]["run_id"] == scored.summary["run_id"]


def test_an_alerts_money_is_followed(scored: Scored) -> None:
    alert = call("alerts", "--store", scored.store, "--json").json["items"][0]["alert_id"]
    said = call("trace", scored.store, "--alert", alert, "--json", "-q").json
    assert said["seeds"]
    assert call("profit", scored.store, "--alert", alert, "-q").status == 0
    assert call("plan-freeze", scored.store, "--alert", alert, "-q").status == 0
    assert "no alert" in call("trace", scored.store, "--alert", "nope", "-q").complaint


def test_alerts_are_ranked_by_money_in_reach(scored: Scored) -> None:
    items = call("reach", scored.store, "--json", "-q").json["items"]
    assert items
    each = [one["per_analyst_hour"] for one in items]
    assert each == sorted(each, reverse=True)
    assert "in reach an hour" in " ".join(call("reach", scored.store, "-q").out.split())


def test_options_that_go_with_files_are_refused_for_a_store(scored: Scored, bank: BankFiles) -> None:
    said = call("trace", scored.store, "--accounts", bank.accounts, "--seed", "x", "-q").complaint
    assert "the store kept its own account table" in said
    assert (
        "the store kept the rates of its run"
        in call("trace", scored.store, "--rates", bank.accounts, "--seed", "x", "-q").complaint
    )
    assert "give one store" in call("trace", scored.store, scored.store, "--seed", "x", "-q").complaint
