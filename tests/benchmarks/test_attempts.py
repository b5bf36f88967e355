"""The count of labelled attempts: small files of both layouts with a known answer; the shared ones where they lie."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import attempts, labelled, shapes
from moneytrail.graph import DAY

SHARED: Final = Path(__file__).resolve().parents[2].parent / "shared" / "data"
HEADER: Final = (
    "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,Payment Currency,"
    "Payment Format,Is Laundering"
)
WORLD: Final = {
    "FAN-IN": ["02 09:00 a1 hub", "03 09:00 a2 hub", "04 09:00 a3 hub"],
    "FAN-IN 2": ["02 09:00 b1 rim", "03 09:00 b2 rim", "04 09:00 b1 rim"],
    "FAN-OUT": ["02 09:00 src c1", "08 09:00 src c2", "14 09:00 src c3"],
    "GATHER-SCATTER": [
        *("02 09:00 p1 gs", "02 10:00 p2 gs", "02 11:00 p3 gs"),
        *("03 09:00 gs q1", "03 10:00 gs q2", "03 11:00 gs q3"),
    ],
    "GATHER-SCATTER 2": [
        *("02 09:00 r1 own", "02 10:00 r2 own", "03 08:00 own own"),
        *("03 09:00 own s1", "03 10:00 own s2"),
    ],
    "SCATTER-GATHER": [
        *("02 09:00 from m1", "02 10:00 from m2", "02 11:00 from m3"),
        *("03 09:00 m1 to", "03 10:00 m2 to", "03 11:00 m3 to"),
    ],
    "SCATTER-GATHER 2": ["02 09:00 loop n1", "02 10:00 loop n2", "03 09:00 n1 loop", "03 10:00 n2 loop"],
    "CYCLE": ["02 09:00 x1 x2", "03 09:00 x2 x3", "04 09:00 x3 x1"],
    "CYCLE 2": ["02 09:00 y1 y2", "03 09:00 y3 y1", "04 09:00 y2 y3"],
    "RANDOM": ["02 09:00 z1 z2", "03 09:00 z2 z3", "04 09:00 z3 z4"],
    "STACK": ["02 09:00 t1 t2", "02 10:00 u1 u2", "03 09:00 t2 t3", "09 10:00 u2 u3"],
    "BIPARTITE": ["02 09:00 v1 v2", "02 10:00 v3 v4"],
}
"""Attempts by family: day of September 2022, time, debtor, creditor."""

COUNTED: Final = {
    "fan-in": (2, 1, 1, 1, 1, 1),
    "fan-out": (1, 1, 0, 1, 0, 0),
    "gather-scatter": (2, 2, 1, 1, 2, 1),
    "scatter-gather": (2, 2, 1, 1, 2, 1),
    "cycle": (2, 1, 1, 1, 1, 1),
    "ring": (2, 2, 2, 2, 2, 2),
    "random": (1, 1, 1, 1, 1, 1),
    "stack": (1, 2, 1, 2, 1, 1),
}
"""Labelled, shaped, found, strict, fitting, closely."""


def row(line: str, amount: str = "100.00", *, bank: str = "7", currency: str = "US Dollar", laundering: int = 1) -> str:
    day, clock, debtor, creditor = line.split()
    money = f"{amount},{currency},{amount},{currency}"
    return f"2022/09/{day} {clock},{bank},{debtor},{bank},{creditor},{money},ACH,{laundering}"


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, Path]:
    """Return a file of transfers in IBM's layout, among them innocent ones, and the CSV of its patterns."""
    rows, labels = [row("01 09:00 i1 i2", laundering=0)], ["row,typology,pattern_id"]
    for number, (name, lines) in enumerate(WORLD.items()):
        for line in lines:
            labels.append(f"{len(rows)},{name.split(' ')[0]},{number}")
            rows.append(row(line))
    rows.append(row("17 09:00 i2 i1", laundering=0))
    return write(tmp_path / "t.csv", [HEADER, *rows]), write(tmp_path / "p.csv", labels)


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def printed(*arguments: object) -> str:
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        assert attempts.main([str(one) for one in arguments]) == 0
    return told.getvalue()


def counted(*arguments: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(printed(*arguments, "--json"))
    return document | {"families": {one["family"]: one for one in document["families"]}}


def test_amlworld_is_counted(world: tuple[Path, Path]) -> None:
    document = counted("amlworld", *world)
    names = ("labelled", "shaped", "found", "strict", "fitting", "closely")
    assert {name: tuple(one[n] for n in names) for name, one in document["families"].items()} == COUNTED
    assert (document["transfers"], document["labelled_rows_lost"], document["bipartite"]) == (47, 0, 1)
    assert document["cycles_in_any_order"] == 2
    fan = document["families"]["fan-in"]
    assert (fan["matches"], fan["touched"], fan["touched_share"]) == (3, 9, pytest.approx(9 / 47))
    (late,) = document["families"]["fan-out"]["missed"]
    assert late == {
        "attempt": "FAN-OUT 2", "transfers": 3, "held": 0, "span_days": 12.0, "strict": True, "fitting": False,
    }  # fmt: skip
    assert document["families"]["fan-out"]["spans"] == [{"from_days": 8, "attempts": 1, "found": 0}]


def test_a_parameter_is_set_for_every_family_that_its_motif_looks_for(world: tuple[Path, Path]) -> None:
    document = counted("amlworld", *world, "--set", "chain.window_days=9", "--set", "chain.hop_hours=200")
    assert document["families"]["stack"]["found"] == 2
    assert document["families"]["stack"]["parameters"]["hops"] == 2
    assert document["families"]["random"]["parameters"]["window_days"] == 9
    wide = counted("amlworld", *world, "--set", "fan-out.window_days=13")["families"]["fan-out"]
    assert (wide["found"], wide["fitting"], wide["fitting_found"]) == (1, 1, 1)


def test_the_table_tells_all_families_and_their_spans(world: tuple[Path, Path]) -> None:
    lines = printed("amlworld", *world).splitlines()
    assert lines[0] == "47 transfers, 53 accounts; labelled: 45, and 0 that are not among them"
    assert [line.split()[0] for line in lines[2:10]] == list(COUNTED)
    assert lines[2].split()[:12] == ["fan-in", "2", *(["1", "1", "100.0%"] * 3), "1"]
    assert "bipartite: 1 labelled, unconnected pairs; nothing is expected" in lines
    assert "stack: two-hop chains of stacks, looked for by chain of at least 2 transfers" in lines
    assert "set: cycle.hops = 3" in printed("amlworld", *world, "--set", "cycle.hops=3").splitlines()
    assert any(line.split() == ["fan-out", "from", "8:", "0", "of", "1"] for line in lines)


def test_a_pattern_file_names_the_same_attempts(world: tuple[Path, Path], tmp_path: Path) -> None:
    """Its bank ids have zeros in front."""
    lines = []
    for name, hops in WORLD.items():
        family = name.split(" ")[0]
        lines += [f"BEGIN LAUNDERING ATTEMPT - {family}:  Max 3", *(row(hop, bank="007") for hop in hops)]
        lines += [f"END LAUNDERING ATTEMPT - {family}", ""]
    by_row, by_text = (labelled.read_amlworld(world[0], path) for path in (world[1], write(tmp_path / "p.txt", lines)))
    assert by_text.lost == 0
    assert [one[1:] for one in by_text.attempts] == [one[1:] for one in by_row.attempts]


def test_copies_roundings_and_rows_that_are_missing(tmp_path: Path) -> None:
    """Innocent copies are not taken, labelled ones each once; Bitcoin may be rounded; what is lost is counted."""
    line = "02 09:00 a b"
    have = [
        *(row(line, laundering=0), row(line), row(line)),
        row("03 09:00 a b", "0.37", currency="Bitcoin"),
    ]
    wanted = [
        *(row(line, bank="07"), row(line, bank="07")),
        row("03 09:00 a b", "0.370287", bank="07", currency="Bitcoin"),
        row("04 09:00 a b", bank="07"),
    ]
    patterns = write(tmp_path / "p.txt", ["BEGIN LAUNDERING ATTEMPT - STACK", *wanted, "END LAUNDERING ATTEMPT"])
    told = labelled.read_amlworld(write(tmp_path / "t.csv", [HEADER, *have]), patterns)
    (stack,) = told.attempts
    assert [hop.transaction_id for hop in stack.hops] == ["1", "2", "3"]
    assert (stack.family, told.lost) == ("stack", 1)


def test_a_row_beyond_the_file_is_lost(world: tuple[Path, Path], tmp_path: Path) -> None:
    labels = write(tmp_path / "q.csv", ["row,typology,pattern_id", "1,FAN-IN,0", "999,FAN-IN,0"])
    told = labelled.read_amlworld(world[0], labels)
    assert (len(told.attempts[0].hops), told.lost) == (1, 1)


ALERTS: Final = {
    ("0", "fan_in"): [(1, "a1", "hub"), (20, "a2", "hub"), (45, "a3", "hub")],
    ("1", "gather_scatter"): [
        *((2, "p1", "gs"), (3, "p2", "gs"), (5, "p3", "gs")),
        *((6, "gs", "q1"), (7, "gs", "q2"), (8, "gs", "q3")),
    ],
    ("2", "cycle"): [(1, "x1", "x2"), (2, "x2", "x3"), (2, "x3", "x1")],
    ("3", "cycle"): [(1, "y1", "y2"), (2, "y3", "y1"), (3, "y2", "y3")],
    ("4", "stack"): [],
}
"""Alerts of a small AMLSim: day, payer and payee of each transfer."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder as AMLSim writes it."""
    rows = ["tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp,is_sar,alert_id"]
    alerts = ["alert_id,alert_type,is_sar,tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp"]
    for (alert, kind), hops in ALERTS.items():
        for day, payer, payee in hops:
            at = f"2017-{1 + day // 28:02}-{1 + day % 28:02}T00:00:00Z"
            transfer = f"{payer},{payee},TRANSFER,100.00,{at}"
            rows.append(f"{len(rows)},{transfer},True,{alert}")
            alerts.append(f"{alert},{kind},True,{len(rows) - 1},{transfer}")
    rows.append(f"{len(rows)},i1,i2,TRANSFER,5.00,2017-03-01T00:00:00Z,False,-1")
    members = {(alert, kind, who) for (alert, kind), hops in ALERTS.items() for _, *both in hops for who in both}
    members |= {("4", "stack", "w")}
    write(tmp_path / "transactions.csv", rows)
    write(tmp_path / "alert_transactions.csv", alerts)
    write(tmp_path / "alert_accounts.csv", ["alert_id,alert_type,acct_id", *map(",".join, sorted(members))])
    write(tmp_path / "accounts.csv", ["acct_id,type", *(f"{who},I" for who in sorted({one[2] for one in members}))])
    return tmp_path


def test_amlsim_is_counted(folder: Path) -> None:
    found = counted("amlsim", folder)["families"]
    names = ("labelled", "shaped", "found", "fitting", "fitting_found")
    assert [found["fan-in"][name] for name in names] == [1, 1, 0, 0, 0]
    assert found["fan-in"]["spans"] == [{"from_days": 32, "attempts": 1, "found": 0}]
    assert [found["gather-scatter"][name] for name in names] == [1, 1, 1, 1, 1]
    assert [found["cycle"][name] for name in names] == [2, 1, 1, 1, 1]
    assert [found["ring"][name] for name in names] == [2, 2, 2, 2, 2]
    assert [found["stack"][name] for name in names] == [1, 0, 0, 0, 0]
    wide = counted("amlsim", folder, "--set", "fan-in.window_days=60")["families"]["fan-in"]
    assert (wide["found"], wide["fitting"]) == (1, 1)


def test_compressed_transactions_are_the_same(folder: Path) -> None:
    plain = labelled.read_amlsim(folder)
    packed = folder / "transactions.csv"
    (folder / "transactions.csv.gz").write_bytes(gzip.compress(packed.read_bytes()))
    packed.unlink()
    assert labelled.read_amlsim(folder).attempts == plain.attempts


def test_what_cannot_be_read_or_set_is_refused_in_one_line(
    world: tuple[Path, Path], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "alert_accounts.csv").unlink()
    wrong: list[tuple[list[object], str]] = [
        (["amlworld", world[0], world[0]], "is neither a pattern file"),
        (["amlsim", folder], "holds no alert_accounts.csv"),
        (["amlworld", *world, "--set", "pass-through.window_days=3"], "no family is looked for by pass-through"),
        (["amlworld", *world, "--set", "cycle.hops=two"], "wanted is MOTIF.PARAMETER=NUMBER"),
        (["amlworld", *world, "--set", "cycle.legs=2"], "cycle has no parameter 'legs'"),
        (["amlworld", *world, "--set", "star.legs=2"], "no motif 'star'"),
    ]
    for arguments, said in wrong:
        with pytest.raises(SystemExit):
            attempts.main([str(one) for one in arguments])
        assert said in capsys.readouterr().err


def hops(text: str) -> tuple[labelled.Hop, ...]:
    """Return the hops of ``a>b b>c``, a day apart."""
    ways = (way.partition(">") for way in text.split())
    return tuple(labelled.Hop(f"t{i}", payer, payee, i * DAY) for i, (payer, _, payee) in enumerate(ways))


@pytest.mark.parametrize(
    ("family", "text", "shaped", "strict"),
    [
        ("fan-in", "a>h b>h c>h", True, True),
        ("fan-in", "a>h b>h h>h", True, False),
        ("fan-in", "a>h b>h a>h", False, False),
        ("fan-out", "h>a h>b h>c", True, True),
        ("fan-out", "a>h b>h c>h", False, False),
        ("gather-scatter", "h>x h>y a>h b>h c>h h>z", True, True),
        ("gather-scatter", "a>h b>h h>h h>x h>y", True, False),
        ("gather-scatter", "a>h b>h c>h k>x k>y k>z", False, False),
        ("scatter-gather", "s>a s>b a>k s>c b>k c>k", True, True),
        ("scatter-gather", "a>k b>k c>k s>a s>b s>c", True, True),
        ("scatter-gather", "s>a s>b a>s b>s", True, False),
        ("scatter-gather", "s>a s>b a>k b>k", False, False),
        ("cycle", "a>b b>c c>a", True, True),
        ("cycle", "a>b c>a b>c", False, False),
        ("cycle", "a>b b>a", False, False),
        ("cycle", "a>b b>a a>c c>a", True, False),
        ("random", "a>b b>a a>c", True, True),
        ("random", "a>b b>c", False, False),
        ("random", "a>b c>d b>c", False, False),
        ("stack", "a>b c>d b>e", True, True),
        ("stack", "b>e a>b", False, False),
    ],
)
def test_a_shape_is_what_its_name_says(family: str, text: str, shaped: bool, strict: bool) -> None:
    assert shapes.has_shape(family, hops(text)) == shaped
    assert shapes.is_strict(family, hops(text)) == strict


def test_a_chain_of_a_stack_goes_on_to_another_account() -> None:
    made = shapes.two_hop_chains(hops("a>a a>b b>b b>c b>d c>b"))
    assert [tuple(hop.transaction_id for hop in chain) for chain in made] == [("t1", "t3"), ("t3", "t5")]


def test_the_length_of_a_gather_scatter_is_that_of_its_sides() -> None:
    day = DAY
    assert shapes.lengths("gather-scatter", hops("a>h b>h c>h h>x h>y h>z")) == (2 * day, 3 * day)
    assert shapes.lengths("gather-scatter", hops("h>x h>y h>z a>h b>h c>h")) == (2 * day, 0)
    assert shapes.lengths("fan-in", hops("a>h b>h c>h")) == (2 * day,)
    assert shapes.lengths("fan-in", ()) == (0,)


@given(st.integers(3, 7), st.randoms(use_true_random=False))
def test_a_ring_closes_in_any_order_and_nothing_else_does(size: int, random: Any) -> None:
    ring = list(hops(" ".join(f"{i}>{(i + 1) % size}" for i in range(size))))
    assert shapes.has_shape("cycle", ring)
    random.shuffle(ring)
    assert shapes.closes_in_any_order(ring)
    assert not shapes.closes_in_any_order(ring[1:])
    assert not shapes.closes_in_any_order([*ring, labelled.Hop("t", "0", "2", 0)])


def test_two_rings_are_not_one() -> None:
    assert not shapes.closes_in_any_order(hops("a>b b>c c>a d>e e>f f>d"))


class Found:
    """What a search found: two matches."""

    match = pl.DataFrame({"match_id": ["m", "n"], "transfers": [2, 9]})
    evidence = pl.DataFrame(
        [("m", "t0"), ("m", "t9"), ("n", "t0"), ("n", "t1"), ("n", "t2")],
        schema=["match_id", "transaction_id"],
        orient="row",
    )


def test_an_attempt_is_held_by_one_match_not_by_several() -> None:
    made = [labelled.Attempt("A", "fan-in", hops("a>h b>h c>h d>h")), labelled.Attempt("B", "fan-in", hops("a>h"))]
    elsewhere = labelled.Attempt("C", "fan-in", (labelled.Hop("t8", "a", "h", 0),))
    held = attempts.held_by_a_match([*made, elsewhere], Found())  # type: ignore[arg-type]
    # Three of A's four are in the second match, which has nine; B is half of the first.
    assert held == [(3, False), (1, True), (0, False)]


def shared(*parts: str) -> list[Path]:
    paths = [SHARED.joinpath(part) for part in parts]
    for path in paths:
        if not path.exists():
            pytest.skip(f"shared/data/{path.relative_to(SHARED)} is not beside the project")
    return paths


@pytest.mark.slow
@pytest.mark.parametrize("patterns", ["HI-Small_partial_patterns.csv", "HI-Small_Patterns.txt"])
def test_amlworld_reaches_its_bars(patterns: str) -> None:
    """Of the attempts between different accounts; and few transfers are touched, but for the fans of one hub."""
    paths = shared("amlworld/HI-Small_partial.csv", f"amlworld/{patterns}")
    document = counted("amlworld", *paths)
    found = document["families"]
    assert document["labelled_rows_lost"] == 0
    shaped = {
        "fan-in": 31,
        "fan-out": 32,
        "gather-scatter": 32,
        "scatter-gather": 32,
        "cycle": 35,
        "ring": 40,
        "random": 22,
    }
    assert {name: found[name]["shaped"] for name in found} == shaped | {"stack": 233}
    assert (found["gather-scatter"]["strict"], found["scatter-gather"]["strict"]) == (27, 30)
    for name, one in found.items():
        bar = {"random": 0.9, "stack": 0.8}.get(name, 0.95)
        assert one["strict_found"] >= bar * one["strict"], name
        assert one["touched_share"] < (0.35 if name == "fan-out" else 0.05), name


@pytest.mark.slow
def test_amlsim_finds_what_fits() -> None:
    (folder,) = shared("amlsim")
    widths = ("scatter-gather.window_days", "gather-scatter.gather_days", "gather-scatter.scatter_days")
    wide = [part for name in widths for part in ("--set", f"{name}=8")]
    found = counted("amlsim", folder, *wide, "--set", "cycle.window_days=8")["families"]
    for name in ("cycle", "ring", "gather-scatter", "scatter-gather"):
        assert found[name]["fitting"] > 0
        assert found[name]["fitting_found"] >= 0.9 * found[name]["fitting"], name
        assert found[name]["touched_share"] < (0.1 if name == "ring" else 0.05)
