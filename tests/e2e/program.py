"""Runs the program, in this process or as the installed command, and holds what came back."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from moneytrail import cli

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM: Final = Path(sys.executable).parent / "moneytrail"
ERROR: Final = "moneytrail: error: "
HEADER: Final = "transaction_id,booked_at,debtor_account,creditor_account,amount,currency,channel"


@dataclass(frozen=True, slots=True)
class Ran:
    """How one command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document of stdout."""
        assert self.status == 0, self.err
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one clear line of a refusal; progress may stand before it, nothing after it."""
        assert "Traceback" not in self.err, self.err
        lines = self.err.splitlines()
        assert [line for line in lines if line.startswith(ERROR)] == lines[-1:], self.err
        assert (self.status, self.out) == (2, ""), self
        return lines[-1].removeprefix(ERROR)


def call(*arguments: object) -> Ran:
    """Run the command line in this process, which saves the seconds that imports take."""
    out, err = io.StringIO(), io.StringIO()
    status: object = None
    with (
        mock.patch.object(sys, "argv", ["moneytrail", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as end:
            status = end.code
    return Ran(status if isinstance(status, int) else 0, out.getvalue(), err.getvalue())


def command(*arguments: object) -> list[str]:
    """The installed command with `arguments`."""
    return [str(PROGRAM), *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    """The environment without the settings of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MONEYTRAIL_")} | more


def run(*arguments: object, cwd: Path | None = None, **more: str) -> Ran:
    """Run the installed command to its end."""
    done = subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
        cwd=cwd,
        env=environment(**more),
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def score(*arguments: object) -> Ran:
    """``moneytrail score`` in this process, as JSON, without detectors unless they are asked for."""
    chosen = () if "--detectors" in arguments else ("--detectors", "none")
    return call("score", *arguments, *chosen, "--json", "--quiet")


def write_csv(path: Path, rows: Sequence[str], *, header: str = HEADER, newline: str = "\n") -> Path:
    """Write a file of our own layout, gzipped where its name says so."""
    content = newline.join([header, *rows, ""]).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def row(number: int, *, currency: str = "GBP", amount: object = 1_000, debtor: str = "a", creditor: str = "b") -> str:
    """One row of our own layout; a minute apart."""
    hour, minute = divmod(number % 1_440, 60)
    return f"t{number},2025-04-01T{hour:02}:{minute:02}:00Z,{debtor},{creditor},{amount},{currency},credit_transfer"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
