"""What ``benchmarks.attempts`` counted, as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

COLUMNS: Final = (
    *("family", "labelled", "shaped", "found", "share", "strict", "found", "share"),
    *("fitting", "found", "share", "closely", "matches", "touched", "of all", "seconds", "truncated"),
)
WIDTHS: Final = (-15, 9, 8, 7, 9, 8, 7, 9, 9, 7, 9, 9, 11, 11, 9, 9, 11)
COUNTED: Final = (("shaped", "found"), ("strict", "strict_found"), ("fitting", "fitting_found"))


def table(document: dict[str, Any]) -> str:
    """Write the document as text."""
    size = f"{document['transfers']:,} transfers, {document['accounts']:,} accounts"
    labels = f"{document['labelled_transfers']:,}, and {document['labelled_rows_lost']:,} that are not among them"
    lines = [
        f"{size}; labelled: {labels}",
        _line(COLUMNS),
        *(_line(_cells(one)) for one in document["families"]),
        f"bipartite: {document['bipartite']} labelled, unconnected pairs; nothing is expected",
        f"cycle: {document['cycles_in_any_order']} close in some order of time; shaped are those in the ledger's own",
    ]
    lines += [
        f"{one['family']}: {_how(one)}"
        for one in document["families"]
        if one["family"] != one["motif"] or one["family"] == "ring"
    ]
    lines += [f"set: {motif}.{name} = {value}" for motif, own in document["set"].items() for name, value in own.items()]
    late = [one for one in document["families"] if one["fitting"] < one["shaped"]]
    if late:
        lines += ["", "found by span in days, where some take longer than a match may:"]
    lines += [f"{one['family']:15} {_spans(one['spans'])}" for one in late]
    return "\n".join(lines)


def _line(cells: Sequence[object]) -> str:
    return "".join(
        f"{cell!s:<{-width}}" if width < 0 else f"{cell!s:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True)
    ).rstrip()


def _how(one: Mapping[str, Any]) -> str:
    if one["family"] == "ring":
        return "labelled cycles that close in any order, found by ring or cycle"
    what = "two-hop chains of stacks" if one["family"] == "stack" else "lines"
    return f"{what}, looked for by {one['motif']} of at least {one['parameters']['hops']} transfers"


def _cells(one: Mapping[str, Any]) -> list[str]:
    cells = [one["family"], f"{one['labelled']:,}"]
    for whole, part in COUNTED:
        cells += [f"{one[whole]:,}", f"{one[part]:,}", _share(one[part], one[whole])]
    return [
        *cells,
        *(f"{one[name]:,}" for name in ("closely", "matches", "touched")),
        f"{one['touched_share']:.1%}",
        f"{one['seconds']:.1f}",
        f"{one['truncated']:,}",
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _spans(spans: Sequence[Mapping[str, int]]) -> str:
    return ", ".join(f"from {one['from_days']}: {one['found']} of {one['attempts']}" for one in spans)
