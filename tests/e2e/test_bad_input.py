"""Bad files give one clear line and exit status 2; bad rows are kept aside and counted, and the rest is scored."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.conftest import BankFiles, Scored
from tests.e2e.program import ERROR, call, contents, row, run, score, write_csv

GOOD = [row(at) for at in range(5)]


def _cut(path: Path, share: float) -> bytes:
    content = path.read_bytes()
    return content[: int(len(content) * share)]


def _headless(bank: BankFiles) -> bytes:
    return b"\n".join(bank.csv.read_bytes().splitlines()[1:])


FILES: dict[str, tuple[Callable[[BankFiles], bytes], str]] = {
    "gzip cut in the middle": (lambda bank: _cut(bank.gz, 0.5), "cut off"),
    "gzip without its last bytes": (lambda bank: bank.gz.read_bytes()[:-4], "cut off"),
    "gzip cut in its header": (lambda bank: bank.gz.read_bytes()[:5], "cut off"),
    "gzip with an altered byte": (lambda bank: bank.gz.read_bytes()[:-8] + bytes(8), "damaged"),
    "Parquet cut in the middle": (lambda bank: _cut(bank.parquet, 0.5), "Parquet"),
    "Parquet without its last byte": (lambda bank: bank.parquet.read_bytes()[:-1], "Parquet"),
    "Parquet of four bytes": (lambda _: b"PAR1", "Parquet"),
    "Parquet with zeros inside": (lambda bank: b"PAR1" + bytes(5_000) + bank.parquet.read_bytes()[-300:], "Parquet"),
    "a PNG picture": (lambda _: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "PNG"),
    "a ZIP": (lambda _: b"PK\x03\x04" + bytes(100), "ZIP"),
    "a gzipped PNG": (lambda _: gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(100)), "PNG"),
    "random bytes": (lambda _: bytes(at * 7919 % 251 for at in range(4_000)), ""),
    "an empty file": (lambda _: b"", "empty"),
    "an empty gzip": (lambda _: gzip.compress(b""), "empty"),
    "blank lines": (lambda _: b"\n\n", "empty"),
    "prose": (lambda _: b"Dear Sir or Madam,\nplease find enclosed\n", "no layout fits"),
    "JSON": (lambda _: b'{"transfers": []}\n', "no layout fits"),
    "no header": (_headless, "no layout fits"),
    "a missing column": (lambda bank: bank.csv.read_bytes().replace(b"amount", b"sum", 1), "amount"),
    "UTF-16": (lambda bank: bank.csv.read_text().encode("utf-16"), "UTF-16"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_not_what_it_says(case: str, bank: BankFiles, tmp_path: Path) -> None:
    make, words = FILES[case]
    path = tmp_path / "transfers"
    path.write_bytes(make(bank))
    complaint = score(path, "--store", "s.db", "--out", "out").complaint
    assert str(path) in complaint
    assert words in complaint
    assert len(complaint) < 600
    assert not Path("out").exists()


def test_the_program_itself_says_it_in_one_line(bank: BankFiles, tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(_cut(bank.gz, 0.9))
    ran = run("score", path, "--json", "--quiet", "--detectors", "none", cwd=tmp_path)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"{ERROR}{path}: the gzip file is cut off\n"


def test_a_cut_file_leaves_the_store_as_it_was(bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    before = call("alerts", "--store", scored.store, "--limit", 500, "--json").out
    path = tmp_path / "cut.gz"
    path.write_bytes(_cut(bank.gz, 0.9))
    folder = contents(scored.out)
    assert score(path, "--store", scored.store, "--out", scored.out).complaint
    assert call("alerts", "--store", scored.store, "--limit", 500, "--json").out == before
    assert contents(scored.out) == folder


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_a_header_alone_is_a_run_without_rows(kind: str, bank: BankFiles, tmp_path: Path) -> None:
    path = tmp_path / f"empty.{kind}"
    if kind == "parquet":
        pl.read_parquet(bank.parquet).clear().write_parquet(path)
    else:
        write_csv(path, [])
    summary = call("score", path, "--store", "s.db", "--out", "out", "--json", "-q").json
    assert (summary["rows"]["read"], summary["alerts"], summary["accounts"]) == (0, 0, 0)
    assert summary["amounts"] == {}
    assert pl.read_parquet("out/transfers.parquet").height == 0
    assert {"S01", "L01", "L03", "L04", "risk_score"} <= set(pl.read_parquet("out/transfers.parquet").columns)
    assert call("alerts", "--store", "s.db", "--json").json == {"items": []}
    assert "No alert" in call("alerts", "--store", "s.db").out
    for person in (call("score", path, "--no-store"), call("score", path, "--no-store", "--accounts", bank.accounts)):
        assert person.status == 0


ROWS = {
    "a word for an amount": (row(9, amount="ten"), "amount_not_a_number"),
    "decimals in minor units": (row(9, amount="10.5"), "amount_too_many_decimals"),
    "an amount below zero": (row(9, amount=-1), "amount_negative"),
    "an amount beyond 64 bits": (row(9, amount=2**63), "amount_too_large"),
    "an unknown currency": (row(9, currency="XYZ"), "currency_unknown"),
    "no currency": (row(9, currency=""), "currency_unknown"),
    "a word for a time": (row(9).replace("2025-04-01T00:09:00Z", "yesterday"), "time_unreadable"),
    "a day that is not": (row(9).replace("2025-04-01", "2025-02-30"), "time_unreadable"),
    "an unknown channel": (row(9).replace("credit_transfer", "pigeon"), "channel_unknown"),
    "nobody": (row(9, debtor="", creditor=""), "both_accounts_absent"),
    "an id that repeats": (row(1), "duplicate_transaction_id"),
    "a field too few": ("t9,2025-04-01T00:09:00Z,a,b,1", "wrong_field_count"),
    "a field too many": (row(9) + ",x", "wrong_field_count"),
    "a quote that stays open": (row(9).replace("a,b", '"a,b'), "quote_not_closed"),
}


@pytest.mark.parametrize("case", ROWS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_bad_row_is_counted_with_its_line_and_the_rest_is_scored(case: str, newline: str, tmp_path: Path) -> None:
    bad, reason = ROWS[case]
    path = write_csv(tmp_path / "t.csv", [*GOOD[:3], bad, *GOOD[3:]], newline=newline)
    summary = score(path, "--store", "s.db", "--out", "out").json
    rows = summary["rows"]
    assert (rows["read"], rows["kept"], rows["rejected"], rows["reasons"]) == (6, 5, 1, {reason: 1})
    assert summary["rejected_examples"][0]["line"] == 5
    assert summary["reasons"][reason].endswith(".")
    kept = ["t0", "t1", "t2", "t3", "t4"]
    assert pl.read_parquet("out/transfers.parquet")["transaction_id"].to_list() == kept
    assert call("score", path, "--no-store", "--detectors", "none").status == 0


def test_line_ends_do_not_change_what_is_read(tmp_path: Path) -> None:
    one, other = tmp_path / "lf.csv", tmp_path / "crlf.csv"
    write_csv(one, GOOD)
    write_csv(other, GOOD, newline="\r\n")
    for path in (one, other):
        score(path, "--no-store", "--out", path.stem).json["run_id"]
    assert pl.read_parquet("lf/transfers.parquet").equals(pl.read_parquet("crlf/transfers.parquet"))


def test_every_row_may_be_bad(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", ["x"] * 30)
    summary = score(path, "--store", "s.db").json
    assert (summary["rows"]["kept"], summary["rows"]["rejected"], summary["alerts"]) == (0, 30, 0)
    assert len(summary["rejected_examples"]) < 30


def test_ids_of_any_script_come_back_as_they_were(tmp_path: Path) -> None:
    names = ["Zürich-ß", "حساب", "账户一", "😀", "e\u0301", "\u00e9", "a b", "[red]x[/red]", "'; DROP TABLE alerts;--"]
    names += ["\u202eabc", "=1+1", "x" * 300]
    fees = [
        f"{name}→{at},2025-04-0{1 + at % 9}T10:00:{at:02}Z,{name} {at},{name},200000,GBP,credit_transfer"
        for at, name in enumerate(names * 4)
    ]
    path = write_csv(tmp_path / "t.csv", fees)
    summary = score(path, "--store", "s.db", "--out", "out", "--set", "S01.payers=3").json
    frame = pl.read_parquet("out/transfers.parquet")
    assert summary["rows"]["rejected"] == 0
    assert frame["transaction_id"].to_list() == [line.split(",", 1)[0] for line in fees]
    assert frame["creditor_account"].to_list() == [line.split(",")[3] for line in fees]


def test_numbers_at_the_edges_of_int64(tmp_path: Path) -> None:
    amounts = [0, 1, 2**31 - 1, 2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**60]
    path = write_csv(tmp_path / "t.csv", [row(at, amount=amount) for at, amount in enumerate(amounts)])
    score(path, "--no-store", "--out", "out").json["run_id"]
    assert pl.read_parquet("out/transfers.parquet")["amount"].to_list() == amounts


def test_a_sum_beyond_64_bits_is_exact_or_refused_in_one_line(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(at, amount=2**63 - 1, debtor=f"a{at}") for at in range(20)])
    ran = score(path, "--no-store", "--out", "out")
    if ran.status:
        assert ran.complaint
    else:
        assert ran.json["amounts"]["GBP"]["kept"] == 20 * (2**63 - 1)
        alerts = pl.read_parquet("out/alerts.parquet")
        assert (alerts["value"] >= 0).all()


def test_one_row_and_transfers_to_oneself(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1, debtor="a", creditor="a", amount=0)])
    assert call("score", path, "--store", "s.db", "--json", "-q").json["rows"]["kept"] == 1


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "folder" in score(tmp_path, "--no-store").complaint
    assert "no such file" in score(tmp_path / "none.csv", "--no-store").complaint
    good = write_csv(tmp_path / "t.csv", GOOD)
    assert "none.csv" in score(good, tmp_path / "none.csv", "--no-store").complaint
    assert score(good, "--accounts", tmp_path / "none.csv", "--no-store").complaint
    assert score(good, "--accounts", good, "--no-store").complaint
    assert score(good, "--accounts", tmp_path, "--no-store").complaint


def test_a_file_twice(tmp_path: Path) -> None:
    good = write_csv(tmp_path / "t.csv", GOOD)
    rows = score(good, good, "--no-store").json["rows"]
    assert (rows["read"], rows["kept"], rows["reasons"]) == (10, 5, {"duplicate_transaction_id": 5})


def test_a_rates_file_without_the_currency(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", [row(1), row(2, currency="KPW"), row(3, currency="KPW")])
    rates = tmp_path / "rates.toml"
    rates.write_text('reference = "GBP"\n[rates]\nEUR = 0.9\n', "utf-8")
    complaint = score(path, "--store", "s.db", "--rates", rates).complaint
    assert "KPW" in complaint
    assert "2 transfers" in complaint
    assert "--rates" in complaint


@pytest.mark.parametrize(
    "content", [b"not a database", b"", b"SQLite format 3\0" + bytes(3_000), bytes(100_000)], ids=str
)
def test_a_file_that_is_no_store_is_told_and_left_alone(content: bytes, tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    store.write_bytes(content)
    path = write_csv(tmp_path / "t.csv", GOOD)
    ran = score(path, "--store", store)
    if content:
        assert str(store) in ran.complaint
        assert store.read_bytes() == content
        assert call("alerts", "--store", store).complaint
    else:
        # An empty file is an empty database.
        assert ran.status == 0


def test_a_damaged_store_is_one_line(scored: Scored) -> None:
    content = bytearray(scored.store.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    scored.store.write_bytes(bytes(content))
    assert call("alerts", "--store", scored.store).complaint


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    store = tmp_path / "other.db"
    with sqlite3.connect(store) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    assert "something else" in score(write_csv(tmp_path / "t.csv", GOOD), "--store", store).complaint


def test_a_folder_of_somebody_else_is_never_replaced(bank: BankFiles, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("three years", "utf-8")
    assert "--out" in score(bank.parquet, "--no-store", "--out", theirs).complaint
    assert contents(theirs) == {"thesis.txt": b"three years"}
    (theirs / "run.json").write_text('{"scripts": {"test": "jest"}}', "utf-8")
    assert "--out" in score(bank.parquet, "--no-store", "--out", theirs).complaint
    assert (theirs / "thesis.txt").read_text("utf-8") == "three years"


def test_an_earlier_folder_of_ours_is_replaced_whole(bank: BankFiles, scored: Scored, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", GOOD)
    summary = score(path, "--no-store", "--out", scored.out).json
    assert json.loads((scored.out / "run.json").read_text("utf-8"))["run_id"] == summary["run_id"]
    assert pl.read_parquet(scored.out / "transfers.parquet").height == 5
    assert not [child for child in tmp_path.iterdir() if child.name.startswith(".out")]


def test_the_results_do_not_replace_the_input(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = write_csv(folder / "t.csv", GOOD)
    assert score(path, "--no-store", "--out", folder).complaint
    assert score(path, "--no-store", "--rejected", path).complaint
    assert path.read_text("utf-8").count("\n") == 6


@pytest.mark.slow
def test_one_bad_row_in_a_million(tmp_path: Path) -> None:
    count, bad = 1_000_000, 654_321
    frame = pl.DataFrame({"at": range(count)}).select(
        transaction_id=pl.format("t{}", "at"),
        booked_at=(pl.datetime(2025, 1, 1, time_zone="UTC") + pl.duration(seconds="at")).dt.strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        ),
        debtor_account=pl.format("a{}", pl.col("at") * 7919 % 50_021),
        creditor_account=pl.format("b{}", pl.col("at") * 104_729 % 49_999),
        amount=pl.when(pl.col("at") == bad).then(pl.lit("1O0")).otherwise((pl.col("at") % 9_973).cast(pl.String)),
        currency=pl.lit("GBP"),
        channel=pl.lit("credit_transfer"),
    )
    path = tmp_path / "million.csv"
    frame.write_csv(path)
    summary = score(path, "--store", "s.db", "--rejected", "bad.csv").json
    rows = summary["rows"]
    assert (rows["read"], rows["kept"], rows["reasons"]) == (count, count - 1, {"amount_not_a_number": 1})
    assert pl.read_csv("bad.csv").select("line", "row", "value").rows() == [(bad + 2, bad, "1O0")]
    assert summary["amounts"]["GBP"]["kept"] == sum(at % 9_973 for at in range(count) if at != bad)
