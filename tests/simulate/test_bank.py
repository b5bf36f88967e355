"""The bank's form and its honest content: schema, determinism, balances, writing, errors, imports."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import moneytrail.simulate
from moneytrail.errors import ParameterError
from moneytrail.schema import check_accounts, check_transfers
from moneytrail.simulate import SimulatedBank, simulate
from moneytrail.simulate.frames import canonical

TRUTH = ("truth_transfers", "truth_attempts", "truth_parties", "truth_gangs")


def test_tables_are_canonical(bank: SimulatedBank) -> None:
    assert check_transfers(bank.transfers).equals(bank.transfers)
    assert check_accounts(bank.accounts).equals(bank.accounts)


def test_transfers_are_in_total_order(bank: SimulatedBank) -> None:
    assert bank.transfers["booked_at"].is_sorted()
    assert bank.transfers["row"].to_list() == list(range(bank.transfers.height))


def test_labels_are_empty(bank: SimulatedBank) -> None:
    for name in ("label_illicit", "label_typology", "label_attempt"):
        assert bank.transfers[name].null_count() == bank.transfers.height


def test_every_channel_of_a_retail_bank_occurs(bank: SimulatedBank) -> None:
    channels = set(bank.transfers["channel"].unique())
    assert {"credit_transfer", "direct_debit", "card", "cash", "wire"} <= channels
    assert {"GBP", "EUR", "USD"} <= set(bank.transfers["currency"].unique())


def test_same_arguments_same_bytes(tmp_path: Path, small: SimulatedBank) -> None:
    small.write(tmp_path / "one")
    simulate(80, 21, seed=3).write(tmp_path / "two")
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file())
    assert len(files) == 13
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_other_seed_other_bank(small: SimulatedBank) -> None:
    assert not simulate(80, 21, seed=4).transfers.equals(small.transfers)


def test_gangs_do_not_change_honest_transfers() -> None:
    def honest(gangs: int) -> pl.DataFrame:
        made = simulate(300, 60, seed=5, gangs=gangs)
        kept = made.transfers.join(made.truth_transfers, on="transaction_id", how="anti")
        return kept.drop("transaction_id", "row").unique()

    without, with_some = honest(0), honest(3)
    keys = list(without.columns)
    assert with_some.join(without, on=keys, how="semi", nulls_equal=True).height == without.height


def test_honest_customers_do_not_change_with_gangs() -> None:
    without, with_some = (simulate(300, 60, seed=5, gangs=gangs).accounts for gangs in (0, 3))
    personal = without.filter(pl.col("kind") == "personal")
    # Some customers are payers or carry a gang's money beside their own: they began with a little more or less.
    keys = [name for name in personal.columns if name != "opening_balance"]
    assert with_some.join(personal, on=keys, how="semi", nulls_equal=True).height == personal.height


def test_no_gangs_no_truth() -> None:
    made = simulate(60, 20, seed=1, gangs=0)
    assert [getattr(made, name).height for name in TRUTH] == [0, 0, 0, 0]
    assert made.counts()["illicit"] == 0


def balance_minima(bank: SimulatedBank) -> dict[str, int]:
    """Return the lowest running balance of every account of the bank, opening balance included."""
    balance = {row[0]: row[1] for row in bank.accounts.select("account", "opening_balance").iter_rows()}
    low = dict(balance)
    columns = ("debtor_account", "creditor_account", "amount", "credited_amount")
    for debtor, creditor, amount, credited in bank.transfers.select(columns).iter_rows():
        if debtor in balance:
            balance[debtor] -= amount
            low[debtor] = min(low[debtor], balance[debtor])
        if creditor in balance:
            balance[creditor] += amount if credited is None else credited
    return low


def test_personal_accounts_stay_in_credit(bank: SimulatedBank) -> None:
    low = balance_minima(bank)
    personal = bank.accounts.filter(pl.col("kind") == "personal")["account"].to_list()
    assert sum(low[account] >= 0 for account in personal) >= 0.99 * len(personal)


def test_openings_are_a_plausible_sum(bank: SimulatedBank) -> None:
    personal = bank.accounts.filter(pl.col("kind") == "personal")["opening_balance"]
    half = personal.median()
    assert isinstance(half, float)
    assert 20_000 < half < 400_000  # pence: wages cover what is spent, savings do not grow with the days


def test_accounts_are_opened_before_they_are_used(bank: SimulatedBank) -> None:
    opened = bank.accounts.select("account", "opened")
    for side in ("debtor_account", "creditor_account"):
        used = bank.transfers.join(opened, left_on=side, right_on="account")
        assert used.filter(pl.col("booked_at").dt.date() < pl.col("opened")).is_empty()


def test_write_is_whole_and_refuses_to_overwrite(tmp_path: Path, small: SimulatedBank) -> None:
    folder = tmp_path / "deep" / "bank"
    counts = small.write(folder)
    assert canonical(pl.read_parquet(folder / "transfers.parquet")).equals(small.transfers)
    assert pl.read_parquet(folder / "truth" / "attempts.parquet").equals(small.truth_attempts)
    record = json.loads((folder / "simulation.json").read_text(encoding="utf-8"))
    assert record["transfers"] == counts["transfers"] == small.transfers.height
    assert (record["customers"], record["days"], record["seed"], record["start"]) == (80, 21, 3, "2025-04-01")
    with pytest.raises(ParameterError, match="not an empty folder"):
        small.write(folder)
    (folder / "stale").touch()
    small.write(folder, overwrite=True)
    assert not (folder / "stale").exists()
    assert [p.name for p in folder.parent.iterdir()] == ["bank"]


def test_write_refuses_a_file_and_takes_an_empty_folder(tmp_path: Path, small: SimulatedBank) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ParameterError, match="not an empty folder"):
        small.write(tmp_path / "file", overwrite=True)
    (tmp_path / "empty").mkdir()
    small.write(tmp_path / "empty")
    assert (tmp_path / "empty" / "accounts.parquet").exists()


def test_a_crashed_write_leaves_the_old_state(
    tmp_path: Path, small: SimulatedBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.write(tmp_path / "bank")
    before = (tmp_path / "bank" / "simulation.json").read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="no space"):
        small.write(tmp_path / "bank", overwrite=True)
    assert (tmp_path / "bank" / "simulation.json").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["bank"]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: simulate(49), "customers is 49"),
        (lambda: simulate(days=13), "days is 13"),
        (lambda: simulate(seed=-1), "seed is -1"),
        (lambda: simulate(gangs=-1), "gangs is -1"),
    ],
)
def test_parameters_out_of_range(call: Callable[[], SimulatedBank], word: str) -> None:
    with pytest.raises(ParameterError, match=word):
        call()


def test_smallest_bank() -> None:
    made = simulate(50, 14, seed=0)
    check_transfers(made.transfers)
    assert made.truth_gangs.height == 1


def test_progress_rises_to_one() -> None:
    told: dict[str, list[float]] = {}
    simulate(50, 14, seed=0, progress=lambda stage, share: told.setdefault(stage, []).append(share))
    assert list(told) == ["people", "gangs", "transfers", "accounts and truth"]
    for shares in told.values():
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


def test_imports_only_schema_and_errors_of_ours() -> None:
    allowed = ("moneytrail.schema", "moneytrail.errors", "moneytrail.simulate")
    folder = Path(moneytrail.simulate.__file__).parent
    found = set()
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, file
                found.add(node.module or "")
            elif isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
    ours = {name for name in found if name.split(".")[0] == "moneytrail"}
    assert ours
    assert all(name.startswith(allowed) for name in ours), ours
    assert {name.split(".")[0] for name in found} & {"scipy", "sklearn", "pyod"} == set()
