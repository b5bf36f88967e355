"""What holds of every layout and of a mapping: one body, all of them."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from moneytrail.readers import LAYOUTS, REASONS, Reading, read, stream
from moneytrail.schema import TRANSFER_SCHEMA, check_transfers
from tests.readers.samples import HEADERS, NAMES, ROWS, mapping_of, read_in_blocks, text_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def file(name: str, tmp_path: Path) -> Path:
    path = tmp_path / "transfers.csv"
    path.write_text(text_of(name), encoding="utf-8")
    return path


def same(one: Reading, other: Reading) -> None:
    assert_frame_equal(one.transfers, other.transfers)
    assert_frame_equal(one.rejected.drop("file", "line"), other.rejected.drop("file", "line"))
    plain = replace(one, transfers=other.transfers, rejected=other.rejected, files=other.files)
    assert plain == other


def test_every_layout_has_a_sample(name: str) -> None:
    assert {layout.name for layout in LAYOUTS} | {"statement"} == set(NAMES)
    assert name in NAMES


def test_frame_is_canonical(name: str, file: Path) -> None:
    reading = read(file, mapping_of(name))
    assert reading.layout == name
    assert dict(reading.transfers.schema) == dict(TRANSFER_SCHEMA)
    assert_frame_equal(check_transfers(reading.transfers), reading.transfers)


def test_counts_and_sums_reconcile(name: str, file: Path) -> None:
    reading = read(file, mapping_of(name))
    assert reading.rows_read == len(ROWS[name])
    assert reading.rows_kept == reading.transfers.height > 0
    assert reading.rows_rejected == reading.rejected.height > 0
    assert reading.rows_kept + reading.rows_rejected == reading.rows_read
    assert sum(reading.reasons.values()) == reading.rows_rejected
    rows = reading.transfers["row"].to_list() + reading.rejected["row"].to_list()
    assert sorted(rows) == list(range(reading.rows_read))
    for sums in reading.totals.values():
        assert sums["kept"] + sums["rejected"] == sums["read"]


def test_rejected_rows_say_where_and_why(name: str, file: Path) -> None:
    rejected = read(file, mapping_of(name)).rejected
    lines = file.read_text(encoding="utf-8").split("\n")
    for row in rejected.iter_rows(named=True):
        assert row["file"] == str(file)
        assert row["reason"] in REASONS
        # Only fields that the file does not spell out as one piece are shown otherwise.
        assert row["value"] is None or row["value"].split(" ")[0] in lines[row["line"] - 1]


def test_gzip_is_seen_by_its_bytes_not_its_name(name: str, file: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.csv"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    same(read(packed, mapping_of(name)), read(file, mapping_of(name)))


@pytest.mark.parametrize("block_bytes", [1, 7, 64, 300])
def test_block_size_changes_nothing(name: str, file: Path, block_bytes: int) -> None:
    whole, blocks = read(file, mapping_of(name)), read_in_blocks([file], mapping_of(name), block_bytes, 1)
    same(blocks, whole)
    assert_frame_equal(blocks.rejected, whole.rejected)
    assert blocks.files == whole.files


def test_parts_equal_the_whole(name: str, file: Path, tmp_path: Path) -> None:
    paths = []
    for at, row in enumerate(ROWS[name]):
        paths.append(tmp_path / f"part{at}.csv")
        paths[-1].write_text(text_of(name, [row]), encoding="utf-8")
    same(read(paths, mapping_of(name)), read(file, mapping_of(name)))


def test_line_ends_and_blank_lines_change_nothing(name: str, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    body = text_of(name).replace("two\nlines", "two<>lines").replace("\n", "\r\n\r\n").replace("<>", "\n")
    other.write_bytes(b"\xef\xbb\xbf" + body.removesuffix("\r\n\r\n").encode())
    same(read(other, mapping_of(name)), read(file, mapping_of(name)))


def test_parquet_equals_text(name: str, file: Path, tmp_path: Path) -> None:
    separator = ";" if name == "statement" else ","
    path = tmp_path / "transfers.bin"
    pl.read_csv(file, infer_schema=False, separator=separator).write_parquet(path)
    from_text, from_parquet = read(file, mapping_of(name)), read_in_blocks([path], mapping_of(name), 1, 3)
    same(from_parquet, from_text)
    assert from_parquet.rejected["line"].null_count() == from_parquet.rows_rejected


def test_stream_gives_the_same_rows(name: str, file: Path) -> None:
    whole, batches = read(file, mapping_of(name)), list(stream(file, mapping_of(name)))
    assert_frame_equal(pl.concat([batch.transfers for batch in batches]), whole.transfers)
    assert_frame_equal(pl.concat([batch.rejected for batch in batches]), whole.rejected)


def test_header_alone_is_a_file_without_rows(name: str, tmp_path: Path) -> None:
    path = tmp_path / "header.csv"
    path.write_text(HEADERS[name], encoding="utf-8")
    reading = read(path, mapping_of(name))
    assert (reading.rows_read, reading.rows_kept, reading.rows_rejected) == (0, 0, 0)
    assert dict(reading.transfers.schema) == dict(TRANSFER_SCHEMA)


def test_progress_ends_at_all_bytes(name: str, file: Path) -> None:
    seen: list[tuple[int, int]] = []
    read(file, mapping_of(name), progress=lambda done, total: seen.append((done, total)))
    size = file.stat().st_size
    assert seen[-1] == (size, size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
