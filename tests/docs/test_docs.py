"""The documentation says what the code does: generated pages, commands, options, links, examples, dates."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer.main

from moneytrail.cli import app
from moneytrail.docs import pages
from moneytrail.errors import MoneytrailError

ROOT = Path(__file__).parents[2]
PAGES = pages(ROOT / "docs")
BY_HAND = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docs/decisions/*.md", "models/*/*/CARD.md")
    for path in ROOT.glob(pattern)
    if path.relative_to(ROOT).as_posix().removeprefix("docs/") not in PAGES
)
EVERY = sorted([*BY_HAND, *(ROOT / "docs" / name for name in PAGES if name.endswith(".md"))])


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == PAGES[name], "run `make docs`"


def test_no_generated_page_is_left_over() -> None:
    assert {path.name for path in (ROOT / "docs/typologies").iterdir() if path.is_file()} == {
        name.split("/")[1] for name in PAGES if name.startswith("typologies/")
    }


@pytest.mark.parametrize("path", EVERY, ids=relative)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


def commands_in(text: str) -> list[list[str]]:
    """Every ``moneytrail …`` line of the fenced shell blocks, as words, without comments."""
    found = []
    for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = line.split(" #")[0].removeprefix("$ ").split()
            if words and words[0].rsplit("/", 1)[-1] == "moneytrail":
                found.append(words[1:])
    return found


COMMANDS = [(path, words) for path in BY_HAND for words in commands_in(path.read_text("utf-8"))]


@pytest.mark.parametrize(("path", "words"), COMMANDS, ids=[" ".join(words)[:60] for _, words in COMMANDS])
def test_every_command_shown_exists_with_its_options(path: Path, words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        assert words, f"{path.name}: no command"
        assert words[0] in command.commands, f"{path.name}: no command {words[0]!r}"
        command, words = command.commands[words[0]], words[1:]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    for word in words:
        if word.startswith("--"):
            assert word.split("=")[0] in options, f"{path.name}: {command.name} has no {word}"


def test_the_commands_are_found_at_all() -> None:
    assert len(COMMANDS) >= 8


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        target
        for path in BY_HAND
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert {"demo", "test", "check"} <= named
    assert named <= targets


def test_the_python_example_of_tracing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/tracing.md").read_text("utf-8"), re.DOTALL)
    exec(compile(example, "docs/tracing.md", "exec"), {})
    assert "tainted_first" in capsys.readouterr().out


def test_the_python_example_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert "headline" in capsys.readouterr().out


def test_the_changelog_has_a_place_for_what_may_change_results() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "Results may change" in text
    assert version("moneytrail") == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def test_every_error_class_stands_in_the_tree() -> None:
    import moneytrail.errors as errors

    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, MoneytrailError)]
    assert len(classes) > 5
    for one in classes:
        assert one.__name__ in (errors.__doc__ or "")


def test_nothing_committed_names_a_machine_or_an_index() -> None:
    """Paths of a developer's machine and hosts of package indexes stay out of the repository."""
    forbidden = re.compile("|".join(["/" + "work/main", "/" + "root/", "pypi" + r"\.org", "files\\.python" + "hosted"]))
    suffixes = {".md", ".py", ".toml", ".lock", ".json", ".ini", ".cfg", ".yml", ".txt", ""}
    skipped = {".venv", ".uv", ".git", ".demo", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    checked = 0
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.name.startswith(".coverage"):
            continue
        if skipped & set(parts) or not path.is_file() or path.suffix not in suffixes or "__pycache__" in parts:
            continue
        checked += 1
        found = forbidden.search(path.read_text("utf-8", errors="replace"))
        assert found is None, f"{path.relative_to(ROOT)} names {found and found.group()}"
    assert checked > 50
