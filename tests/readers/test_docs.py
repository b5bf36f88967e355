"""The page on reading says what the code does."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from moneytrail.readers import LAYOUTS, REASONS, load_mapping
from moneytrail.readers.mapping import (
    ACCOUNT_FIELDS,
    ENCODINGS,
    FIELDS,
    AmountForm,
    FileForm,
    Mapping,
    StatementForm,
    TimeForm,
)

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reading.md").read_text(encoding="utf-8")


def test_every_key_and_field_is_on_the_page() -> None:
    forms = (FileForm, AmountForm, TimeForm, StatementForm, Mapping)
    keys = {field.name for form in forms for field in dataclasses.fields(form)}
    for key in keys | set(FIELDS) | set(ACCOUNT_FIELDS) | {layout.name for layout in LAYOUTS}:
        assert re.search(rf"[`\[]{re.escape(key)}[`\].]", PAGE), key
    for encoding in ENCODINGS:
        family, _, number = encoding.rpartition("-")
        assert f"`{encoding}`" in PAGE or (family and f"`-{number}`" in PAGE), encoding


def test_the_reasons_are_those_of_the_code_in_their_order() -> None:
    table = PAGE.split("## Reasons")[1]
    assert re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE) == list(REASONS.items())


def test_the_first_mapping_on_the_page_loads(tmp_path: Path) -> None:
    path = tmp_path / "page.toml"
    path.write_text(PAGE.split("```toml")[1].split("```")[0], encoding="utf-8")
    assert load_mapping(path).columns["amount"] == ("Amount",)
    parts = PAGE.split("```toml")
    path.write_text(parts[1].split("```")[0] + parts[2].split("```")[0], encoding="utf-8")
    assert load_mapping(path).words["channel"]["Counter credit"] == "cash"
