"""The public data sets through the command line, where they lie beside the project; nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl
import pytest

from tests.e2e.program import call

PROJECT: Final = Path(__file__).resolve().parents[2]
SHARED: Final = PROJECT.parent / "shared" / "data"
BERKA: Final = PROJECT / "examples" / "mappings" / "berka.toml"


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"shared/data/{name} is not beside the project")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layout", "rows", "detectors"),
    [
        ("amlworld/HI-Small_partial.csv", "amlworld", 51_528, "iforest,hbos"),
        ("amlsim/transactions.csv.gz", "amlsim", 317_815, "none"),
        ("amlgentex/tx_log.parquet", "amlgentex", 679_322, "none"),
    ],
)
def test_no_row_is_lost(name: str, layout: str, rows: int, detectors: str) -> None:
    path = shared(name)
    summary = call("score", path, "--store", "s.db", "--out", "out", "--detectors", detectors, "--json", "-q").json
    assert summary["layout"] == layout
    assert (summary["rows"]["read"], summary["rows"]["kept"], summary["rows"]["rejected"]) == (rows, rows, 0)
    assert all(sums["read"] == sums["kept"] for sums in summary["amounts"].values())
    assert pl.scan_parquet("out/transfers.parquet").select(pl.len()).collect().item() == rows
    assert pl.read_parquet("out/transfers.parquet", columns=["transaction_id"]).n_unique() == rows
    assert len(call("alerts", "--store", "s.db", "--limit", 500, "--json").json["items"]) == summary["alerts"]


def test_amlworld_rows_keep_their_numbers_as_ids() -> None:
    path = shared("amlworld/HI-Small_partial.csv")
    assert call("score", path, "--no-store", "--out", "out", "--detectors", "none", "-q").status == 0
    ids = pl.read_parquet("out/transfers.parquet")["transaction_id"]
    assert ids.to_list() == [str(at) for at in range(51_528)]


def test_the_cut_last_row_of_berka() -> None:
    path = shared("berka/trans_first3MiB.asc")
    summary = call("score", path, "--mapping", BERKA, "--store", "s.db", "--json", "-q").json
    rows = summary["rows"]
    assert (rows["read"], rows["kept"], rows["rejected"]) == (49_103, 49_102, 1)
    last = path.read_bytes().count(b"\n") + 1
    assert [(one["line"], one["row"], one["reason"]) for one in summary["rejected_examples"]] == [
        (last, 49_102, "quote_not_closed")
    ]
