"""What ``benchmarks.core`` measured, as text for people and as a chart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

RATE = "transfers_per_second"
HEADER = (
    f"{'':22}{'columns':>8}{'ours, 1':>12}{'ours, 2':>12}{'peer, 1':>12}{'peer, 2':>12}"
    f"{'1 thread':>10}{'CPU':>8}{'wall':>8}{'2nd core':>9}{'motifs':>9}{'stopped':>9}"
)


def in_short(one: dict[str, Any]) -> str:
    """One measurement on one line."""
    ours = one["ours"]
    text = f"ours {ours['threads_1'][RATE]:,.0f} and {ours['threads_2'][RATE]:,.0f} transfers/s on 1 and 2 threads"
    if "peer" in one:
        text += f"; {one['ratio_one_thread']:,.0f} times the peer on one thread, {one['ratio_wall']:,.0f} at best"
    return text


def table(result: dict[str, Any]) -> str:
    """Everything measured, as text."""
    return "\n".join(_lines(result))


def _lines(result: dict[str, Any]) -> Iterator[str]:
    settings = result["settings"]
    yield f"{settings['processor']}, {settings['processors']} processors; peer: {settings['peer'] or 'left out'}"
    yield "Transfers a second on 1 and 2 threads; ours over the peer's on one thread, in processor time on one thread,"
    yield "and best against best; motifs a transfer; transfers at which our search stopped at its budget."
    if "all" in result:
        yield from _world("sparse", {"all": result["all"], **result["families"]})
    for name in ("dense", "hubs"):
        if name in result:
            yield from _world(name, result[name])
    if "memory" in result:
        yield from _memory(result["memory"])
    if "growth" in result:
        yield from _growth(result["growth"])
    if "agreement" in result:
        yield from _agreement(result["agreement"])


def _world(name: str, families: dict[str, Any]) -> Iterator[str]:
    transfers = next(iter(families.values()))["transfers"]
    yield f"\n{name}: {transfers:,} transfers"
    yield HEADER
    for family, one in families.items():
        yield _row(family, one)


def _row(family: str, one: dict[str, Any]) -> str:
    cells = [f"{family:22}{one['columns']:>8}"]
    for side in ("ours", "peer"):
        rates = [one[side][f"threads_{n}"][RATE] for n in (1, 2)] if side in one else []
        cells.append("".join(f"{rate:>12,.0f}" for rate in rates) or " " * 24)
    for ratio, width in (("ratio_one_thread", 10), ("ratio_one_thread_cpu", 8), ("ratio_wall", 8)):
        cells.append(f"{one[ratio]:>{width}.1f}" if ratio in one else " " * width)
    motifs = f"{one['motifs_per_transfer']:.3g}" if one["motifs_per_transfer"] else ""
    slower = f"  {one['slower_than_sparse']:.1f}× the sparse cost" if "slower_than_sparse" in one else ""
    return f"{''.join(cells)}{one['second_core']:>9.2f}{motifs:>9}{one['truncated_share']:>9.2%}{slower}"


def _memory(memory: dict[str, Any]) -> Iterator[str]:
    yield f"\npeak memory beyond input and output, all columns, {memory['transfers']:,} transfers"
    for side in ("ours", "peer"):
        if side in memory:
            yield f"  {side}: {memory[side]['beyond_input_and_output_bytes_per_transfer']:.0f} bytes a transfer"


def _growth(growth: dict[str, Any]) -> Iterator[str]:
    yield "\ngrowth of our side, all columns"
    for one in growth["sizes"]:
        seconds = ", ".join(f"{one[f'threads_{n}']['seconds']:.2f} s on {n}" for n in (1, 2))
        yield f"  {one['transfers']:,} transfers: {seconds}"
    for threads in (1, 2):
        if f"threads_{threads}" in growth:
            found = growth[f"threads_{threads}"]
            yield (
                f"  on {threads}: seconds grow as transfers to the {found['exponent']:.3f}; a transfer of the largest "
                f"costs {found['cost_last_over_first']:.2f} of one of the smallest"
            )


def _agreement(agreement: dict[str, Any]) -> Iterator[str]:
    yield "\nequal values, the peer fed one transfer at a time (of those not zero on both sides)"
    for world, found in agreement.items():
        for variant in ("as_it_is", "without_ties_and_self_transfers"):
            yield f"  {world}, {variant.replace('_', ' ')}"
            for family, one in found[variant].items():
                stopped = f"; {one['truncated_rows']} stopped rows left out" if one["truncated_rows"] else ""
                yield (
                    f"    {family:20} {one['equal']:>9,} of {one['values']:>9,}"
                    f"  ({one['not_zero_equal']:,} of {one['not_zero']:,}){stopped}"
                )


def plot(result: dict[str, Any], path: Path) -> None:
    """Bars of transfers a second on one thread, ours beside the peer's, one panel a world."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    worlds: dict[str, dict[str, Any]] = {name: result[name] for name in ("dense", "hubs") if name in result}
    if "all" in result:
        worlds = {"sparse": {"all": result["all"], **result["families"]}, **worlds}
    figure, panels = plt.subplots(1, len(worlds), figsize=(5.5 * len(worlds), 4.2), squeeze=False, sharey=True)
    for panel, (name, families) in zip(panels[0], worlds.items(), strict=True):
        _draw(panel, f"{name}, {next(iter(families.values()))['transfers']:,} transfers", families)
    panels[0][0].set_ylabel("transfers a second, one thread")
    panels[0][0].legend()
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


def _draw(panel: Any, title: str, families: dict[str, Any]) -> None:
    """One panel: two bars a family on a logarithmic scale, the ratio above them."""
    for offset, side, colour in ((-0.2, "ours", "#1b6ca8"), (0.2, "peer", "#c9b79c")):
        places = [place for place, one in enumerate(families.values()) if side in one]
        rates = [one[side]["threads_1"][RATE] for one in families.values() if side in one]
        panel.bar([place + offset for place in places], rates, width=0.4, color=colour, label=side)
    for place, one in enumerate(families.values()):
        if "ratio_one_thread" in one:
            height = one["ours"]["threads_1"][RATE]
            panel.annotate(f"{one['ratio_one_thread']:.0f}×", (place, height), ha="center", va="bottom", fontsize=8)
    panel.set_yscale("log")
    panel.set_title(title, fontsize=10)
    panel.set_xticks(range(len(families)), [f.replace("_", " ") for f in families], rotation=40, ha="right", fontsize=8)
