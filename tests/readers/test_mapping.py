"""Mapping files: what they can say, and how a wrong one is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moneytrail.errors import MappingError
from moneytrail.readers import Reading, load_mapping, read

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "mappings"

PLAIN = """
[columns]
booked_at = "when"
debtor_account = "from"
creditor_account = "to"
amount = "sum"
[time]
formats = "%Y-%m-%d"
[amount]
currency = "GBP"
"""


def mapped(folder: Path, toml: str, text: str, encoding: str = "utf-8") -> Reading:
    (folder / "map.toml").write_text(toml, encoding="utf-8")
    (folder / "file.csv").write_bytes(text.encode(encoding))
    return read(folder / "file.csv", load_mapping(folder / "map.toml"))


def rows(reading: Reading, *names: str) -> Sequence[tuple[Any, ...]]:
    return reading.transfers.select(names or ("transaction_id", "debtor_account", "creditor_account", "amount")).rows()


def test_plain(tmp_path: Path) -> None:
    reading = mapped(tmp_path, PLAIN, "when,from,to,sum\n2024-01-02, a ,b,1.50\n")
    assert rows(reading) == [("0", "a", "b", 150)]
    assert reading.layout == "map"
    assert reading.transfers["channel"].to_list() == ["unknown"]
    assert "the file states no currency: GBP assumed" in reading.assumptions


def test_positions_without_header_and_no_quote(tmp_path: Path) -> None:
    toml = """
[file]
header = false
separator = "|"
quote = ""
[columns]
booked_at = 0
debtor_account = [1, 2]
amount = 3
currency = 4
[time]
formats = ["%d.%m.%Y", "%Y%m%d"]
"""
    reading = mapped(tmp_path, toml, '01.02.2024|B"1|7|5|usd\n20240203|B2|8|6|EUR\n2024|B2|8|6|EUR\n')
    assert rows(reading) == [("0", 'B"1/7', None, 500), ("1", "B2/8", None, 600)]
    assert reading.transfers["booked_at"].to_list() == [
        datetime(2024, 2, 1, tzinfo=UTC),
        datetime(2024, 2, 3, tzinfo=UTC),
    ]
    assert reading.rejected.select("line", "row", "field", "value").rows() == [(3, 2, "booked_at", "2024")]


def test_encoding(tmp_path: Path) -> None:
    toml = PLAIN + '[file]\nencoding = "windows-1250"\n'
    text = "when,from,to,sum\n2024-01-02,Žižkov,b,1\n"
    assert rows(mapped(tmp_path, toml, text, "windows-1250")) == [("0", "Žižkov", "b", 100)]


def test_a_byte_that_the_encoding_lacks_rejects_its_row(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(PLAIN + '[file]\nencoding = "windows-1252"\n', encoding="utf-8")
    (tmp_path / "file.csv").write_bytes(b"when,from,to,sum\n2024-01-02,\x81,b,1\n2024-01-02,\xe9,b,1\n")
    reading = read(tmp_path / "file.csv", load_mapping(tmp_path / "map.toml"))
    assert rows(reading) == [("1", "é", "b", 100)]
    assert reading.reasons == {"not_text": 1}


def test_time_zone_and_the_hours_that_clocks_skip_or_repeat(tmp_path: Path) -> None:
    toml = PLAIN.replace("%Y-%m-%d", "%Y-%m-%d %H:%M").replace("[amount]", 'timezone = "Europe/London"\n[amount]')
    times = ("2024-07-01 12:00", "2024-03-31 01:30", "2024-10-27 01:30")
    text = "when,from,to,sum\n" + "".join(f"{at},a,b,1\n" for at in times)
    reading = mapped(tmp_path, toml, text)
    assert reading.transfers["booked_at"].to_list() == [
        datetime(2024, 7, 1, 11, tzinfo=UTC),
        datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
    ]
    assert reading.rejected.select("row", "reason").rows() == [(1, "time_unreadable")]


def test_steps_from_an_epoch(tmp_path: Path) -> None:
    toml = PLAIN.replace("booked_at", "step").replace('formats = "%Y-%m-%d"', 'step = "hour"\nepoch = 2024-01-01')
    reading = mapped(tmp_path, toml, "when,from,to,sum\n25,a,b,1\n-1,a,b,1\n1.5,a,b,1\n1000001,a,b,1\n")
    assert reading.transfers["booked_at"].to_list() == [datetime(2024, 1, 2, 1, tzinfo=UTC)]
    assert reading.reasons == {"time_unreadable": 3}
    assert "steps are counted from 2024-01-01 00:00 UTC" in reading.assumptions


def test_signed_statement_of_one_account(tmp_path: Path) -> None:
    toml = """
[columns]
booked_at = "when"
counterparty = "other"
amount = "sum"
[time]
formats = "%Y-%m-%d"
[amount]
currency = "GBP"
[statement]
account = "me"
signed = true
"""
    reading = mapped(tmp_path, toml, "when,other,sum\n2024-01-02,x,-1.50\n2024-01-02,y,2\n2024-01-02,,0\n")
    assert rows(reading) == [("0", "me", "x", 150), ("1", "y", "me", 200), ("2", None, "me", 0)]
    assert reading.totals == {"GBP": {"read": 350, "kept": 350, "rejected": 0}}


def test_negative_amounts_swap(tmp_path: Path) -> None:
    toml = PLAIN + 'negative = "swap"\n'
    reading = mapped(tmp_path, toml, "when,from,to,sum\n2024-01-02,a,b,-1.50\n2024-01-02,a,b,1\n")
    assert rows(reading) == [("0", "b", "a", 150), ("1", "a", "b", 100)]


def test_swap_and_direction_words_together(tmp_path: Path) -> None:
    toml = """
[columns]
booked_at = "when"
account = "own"
counterparty = "other"
direction = "way"
amount = "sum"
[time]
formats = "%Y-%m-%d"
[amount]
currency = "GBP"
negative = "swap"
[statement]
debit = ["out"]
credit = ["in"]
"""
    text = "when,own,other,way,sum\n" + "".join(
        f"2024-01-02,o,x,{way},{amount}\n" for way in ("OUT", "in") for amount in (1, -1)
    )
    sides = [row[1:3] for row in rows(mapped(tmp_path, toml, text))]
    assert sides == [("o", "x"), ("x", "o"), ("x", "o"), ("o", "x")]


def test_words_and_absent_values(tmp_path: Path) -> None:
    toml = """
unmapped_channel = "reject"
[columns]
booked_at = "when"
debtor_account = "from"
creditor_account = "to"
amount = "sum"
currency = "money"
channel = "how"
label_illicit = "bad"
[time]
formats = "%Y-%m-%d"
[words.channel]
Bar = "cash"
"" = "internal"
[words.currency]
Krone = "CZK"
[words.label_illicit]
ja = true
nein = "false"
[absent]
creditor_account = ["-"]
"""
    text = (
        "when,from,to,sum,money,how,bad\n2024-01-02,a,-,1,KRONE,BAR,ja\n2024-01-02,a,b,1,czk,,nein\n"
        "2024-01-02,a,b,1,czk,??,nein\n"
    )
    reading = mapped(tmp_path, toml, text)
    assert rows(reading, "creditor_account", "currency", "channel", "label_illicit") == [
        (None, "CZK", "cash", True),
        ("b", "CZK", "internal", False),
    ]
    assert reading.reasons == {"channel_unknown": 1}


def test_the_second_column_of_a_name(tmp_path: Path) -> None:
    toml = PLAIN.replace('"to"', '"from#2"')
    assert rows(mapped(tmp_path, toml, "when,from,from,sum\n2024-01-02,a,b,1\n")) == [("0", "a", "b", 100)]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_the_examples_load(path: Path) -> None:
    assert load_mapping(path).name == path.stem


def test_the_commented_example_reads_what_its_comment_shows(tmp_path: Path) -> None:
    shown = [line[4:] for line in (EXAMPLES / "example.toml").read_text(encoding="utf-8").splitlines() if ";" in line][
        :2
    ]
    path = tmp_path / "statement.csv"
    path.write_text("\n".join(shown), encoding="utf-8")
    reading = read(path, load_mapping(EXAMPLES / "example.toml"))
    assert rows(reading) == [("0", "GB-1", "GB-7", 125000)]
    assert reading.transfers["booked_at"].item() == datetime(2024, 3, 31, 13, 5, tzinfo=UTC)


WRONG = {
    "not TOML": ("[columns", "not a TOML file"),
    "unknown section": (PLAIN + "[colour]\n", "colour = {} is not allowed: the keys are name, file, columns"),
    "unknown field": ('[columns]\nsender = "x"\n', "columns.sender = 'x' is not allowed: the keys are transaction_id"),
    "unknown key": (PLAIN + 'rouding = "reject"\n', "amount.rouding = 'reject' is not allowed: the keys are unit"),
    "value": (PLAIN + 'rounding = "up"\n', "amount.rounding = 'up' is not allowed: one of 'reject', 'half_even'"),
    "separator": (PLAIN + '[file]\nseparator = "||"\n', "file.separator = '||' is not allowed: one ASCII character"),
    "encoding": (PLAIN + '[file]\nencoding = "utf-16"\n', "file.encoding = 'utf-16' is not allowed: one of utf-8"),
    "header": (PLAIN + '[file]\nheader = "no"\n', "file.header = 'no' is not allowed: true or false"),
    "currency": (PLAIN.replace("GBP", "gbp"), "amount.currency = 'gbp' is not allowed: an ISO 4217 code"),
    "zone": (PLAIN + "[time2]\n", "time2"),
    "time zone": (
        PLAIN.replace("[amount]", 'timezone = "London"\n[amount]'),
        "time.timezone = 'London' is not allowed: a zone of the IANA",
    ),
    "format": (PLAIN.replace("%Y-%m-%d", "Y-m-d"), "time.formats = 'Y-m-d' is not allowed: a time format such as"),
    "channel": (
        PLAIN + '[words.channel]\nx = "boat"\n',
        "words.channel.x = 'boat' is not allowed: one of credit_transfer",
    ),
    "word table": (PLAIN + '[words]\nchannel = "x"\n', "words.channel = 'x' is not allowed: a table of word = meaning"),
    "position": (PLAIN.replace('"sum"', "-1"), "columns.amount = -1 is not allowed: a column name, a position"),
    "no amount": (PLAIN.replace("amount = ", "reference = "), "columns.amount does not fit"),
    "no sides": (
        PLAIN.replace("debtor_account", "location").replace("creditor_account", "reference"),
        "debtor_account",
    ),
    "no currency": (PLAIN.replace('currency = "GBP"', ""), "amount.currency does not fit"),
    "no format": (PLAIN.replace('formats = "%Y-%m-%d"', ""), "time.formats does not fit"),
    "two times": (PLAIN.replace("[time]", 'date = "when"\n[time]'), "name exactly one of booked_at, date"),
    "statement field": (PLAIN.replace("[time]", 'direction = "x"\n[time]'), "columns.direction does not fit"),
    "statement": (PLAIN + "[statement]\nsigned = true\n", "a statement has account and counterparty instead"),
    "marks": (PLAIN + 'thousands = "."\n', "amount.thousands does not fit"),
    "half a credit": (
        PLAIN.replace("[time]", 'credited_amount = "x"\n[time]'),
        "credited_amount and credited_currency",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_mapping_names_the_key_the_value_and_what_is_allowed(case: str, tmp_path: Path) -> None:
    toml, words = WRONG[case]
    path = tmp_path / "map.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mapping(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "\n" not in message
