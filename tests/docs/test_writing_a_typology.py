"""The page on writing a typology runs as it stands, and its example is as short as it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from moneytrail.testing import CheckError, check_typology, story
from moneytrail.typologies import CATALOGUE

PAGE = (Path(__file__).parents[2] / "docs" / "writing-a-typology.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_page_runs() -> None:
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(compile(block, "docs/writing-a-typology.md", "exec"), names)
    assert names["MINE"].id not in {entry.id for entry in CATALOGUE}


def test_the_example_is_about_twenty_lines_below_its_imports() -> None:
    lines = [line for line in BLOCKS[0].splitlines() if line.strip() and not line.startswith("from ")]
    assert len(lines) <= 20


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("many = int(places[firing.place])", "many = 1", "a gate that is not met"),
        ("firing.fired, measures, said", "firing.fired, (), said", "it has no gate"),
        ('["cash"] * firing', '["notes"] * firing', "undeclared role"),
        ('f"Account {ground.graph.names[firing.account]} was', 'f"Somebody was', "does not name its subject"),
        ("places >= values", "places >= 9 + values", "nothing is found"),
        ("places >= values", "places + 1 >= values", "something is found"),
        ("sources=(Source(", "sources=() and (Source(", "no source"),
    ],
)
def test_a_typology_with_a_fault_is_told_so(old: str, new: str, fault: str) -> None:
    assert old in BLOCKS[0]
    names: dict[str, Any] = {}
    exec(compile(BLOCKS[0].replace(old, new), "example", "exec"), names)
    exec(compile(BLOCKS[1].split("check_typology(")[0], "story", "exec"), names)
    hit = names["HIT"]
    with pytest.raises(CheckError, match=fault):
        check_typology(names["MINE"], story(hit), {"two": story(hit.replace("Scotland", "Wales"))})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2025-05-03 09:12 a b 5", "line 1"),
        ("2025-05-03 09:12 a -> b five", "invalid literal"),
        ("2025-05-03 09:12 a -> b 5 colour=red", "no column 'colour'"),
    ],
)
def test_a_line_that_is_no_transfer_is_named(line: str, said: str) -> None:
    with pytest.raises(CheckError, match=re.escape(said)):
        story(line)
