"""Describe a simulated bank on one page: what was made, what the gangs did, and how its numbers compare with sources.

It reads the folder that :func:`~moneytrail.simulate.bank.simulate_to` wrote. Transfers are streamed, never held.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from moneytrail.simulate.bank import STRENGTHS, record_of
from moneytrail.simulate.truth import earned
from moneytrail.simulate.words import JOBS, SELF_EMPLOYED, TRADES

WIDTH: Final = 100
LINES: Final = 60

SOURCES: Final = {
    "BBC 2022": "BBC, The Boat Smugglers: 4.4 million pounds taken on 22 August, 27 boats, 1,200 people (second-hand)",
    "BBC 2024": "BBC, October 2024: 15,000 euros for a kit near Calais; BBC, November 2024: 60,000 euros profit a "
    "boat and about half of the boats reach British waters, one network (second-hand)",
    "BBC 2025": "BBC, Calm seas fuel record small boat crossings, 2025: 738 boats, 190 red days in the year to "
    "April 2025, 80 % more red days than before; 1,116 boats in the year to April 2022 (second-hand)",
    "Eurojust 2022": "Eurojust and Europol, release of July 2022: up to 10,000 people, about 15 million euros profit "
    "(second-hand)",
    "Global Initiative 2024": "Global Initiative against Transnational Organized Crime, Small Boats, Big Business, "
    "2024: 12 boats, about 800,000 euros (second-hand)",
    "Home Office 2025": "Home Office, Small boat arrivals and the impact of crossing conditions, 2025: about 65 % of "
    "arrivals in the later part of the year",
    "NCA 2026": "National Crime Agency on the Savas case, 2026: about 4,000 pounds a kit (press)",
    "PA Media 2024": "PA Media, 2024: people a boat 41 in 2022, 49 in 2023, 53 in 2024, 59 in the fullest month "
    "(second-hand)",
    "Sky 2025": "Sky News, 2025: 190 arrivals a day in fair weather, else 60; its own rule of weather (second-hand)",
    "Times 2023": "The Times, 2023: about 4,000 pounds a seat on average, from French police data (second-hand)",
    "WSJ 2015": "Wall Street Journal, 2015: about 90 % of European smuggling payments by hawala (second-hand)",
}
"""What the names in :attr:`Check.source` stand for. Euros are taken at 1.17 for a pound."""

NOT_LIFELIKE: Final = (
    "The gangs' share of transfers is far above the world's, and most real fees never touch a bank.",
    "How fees are paid, what of them a bank sees, mules' speed and rates of dirt are design: no source.",
    "Incomes and spending are design, fitted to no bank; docs/simulator.md compares them with Berka's.",
    "No interest, no bank's charges, fixed exchange rates, one clock (UTC), closed lists of references.",
    "Gangs do not watch the detector and do not learn from it.",
)


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel's transfers: how many, their share of all, and the median of those in pounds, in pence."""

    name: str
    transfers: int
    share: float
    median: float | None


@dataclass(frozen=True, slots=True)
class Check:
    """One number beside what is known of it.

    Attributes
    ----------
    name : str
    value : float or None
        ``None``: nothing in the bank to measure it on, or too few days.
    low, high : float or None
        The range; of a number without a source, the design's.
    source : str
        Empty: none.
    digits : int
        Places after the point in text.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    source: str
    digits: int = 0

    @property
    def verdict(self) -> str:
        """``inside``, ``outside``, ``no source`` or ``not covered``."""
        if self.value is None:
            return "not covered"
        if not self.source or self.low is None or self.high is None:
            return "no source"
        return "inside" if self.low <= self.value <= self.high else "outside"


@dataclass(frozen=True, slots=True)
class Description:
    """What a simulated bank holds, in plain numbers; money in pence.

    Attributes
    ----------
    arguments : dict
        ``simulation.json``.
    first, last : date
        The bank's days.
    accounts : dict of str to int
        By kind.
    people : dict of str to int
        Personal accounts by what their owners do.
    trades : dict of str to int
        Other accounts by trade, most first.
    populations : dict of str to int
        Accounts by population.
    transfers : int
    channels : tuple of Channel
        Most transfers first.
    illicit : int
    gangs : dict of str to int
        Sums over all gangs: the columns of ``truth/gangs`` and ``gangs``, ``launched``, ``due`` (fees of the boats that
        arrived).
    attempts : dict of str to dict of str to int
        Attempts by typology, then strength.
    dirt : dict of str to int
        Soiled transfers by kind.
    checks : tuple of Check
    """

    arguments: dict[str, Any]
    first: date
    last: date
    accounts: dict[str, int]
    people: dict[str, int]
    trades: dict[str, int]
    populations: dict[str, int]
    transfers: int
    channels: tuple[Channel, ...]
    illicit: int
    gangs: dict[str, int]
    attempts: dict[str, dict[str, int]]
    dirt: dict[str, int]
    checks: tuple[Check, ...]

    @property
    def balanced(self) -> bool:
        """Whether the gangs' books add up to the penny: takings - refunds + handled = costs + spent + held."""
        books = self.gangs
        return books["takings"] - books["refunds"] + books["handled"] == books["costs"] + books["spent"] + books["held"]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON, with a verdict to each check."""
        record = asdict(self)
        record.update(first=self.first.isoformat(), last=self.last.isoformat(), balanced=self.balanced)
        for made, check in zip(record["checks"], self.checks, strict=True):
            made["verdict"] = check.verdict
        return {**record, "not_lifelike": list(NOT_LIFELIKE), "sources": SOURCES}

    def text(self) -> str:
        """Return one page: no more than 60 lines of no more than 100 columns."""
        return "\n".join([*self._bank_lines(), *self._gang_lines(), *self._check_lines(), *self._unlike()]) + "\n"

    def _bank_lines(self) -> list[str]:
        wish, total = self.arguments, sum(self.accounts.values())
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.accounts.items())
        lines = [
            (
                f"A simulated bank of {wish['customers']:,} customers over {(self.last - self.first).days + 1:,} days, "
                f"{self.first} to {self.last}, seed {wish['seed']}"
            ),
            *_flow(f"Accounts: {total:,}", [kinds], 1),
            *_flow("People", _counted(self.people), 2),
            *_flow("Other accounts", _counted(self.trades), 2),
            *_flow("Populations", _counted(self.populations), 4),
            f"Transfers: {self.transfers:,}".ljust(22) + "      number   share   median, pounds",
        ]
        for channel in self.channels:
            median = "-" if channel.median is None else f"{channel.median / 100:,.2f}"
            lines.append(f"  {channel.name:<20}{channel.transfers:>12,}{channel.share:>8.1%}{median:>14}")
        return [*lines, *_flow("Dirt", _counted(self.dirt), 2)]

    def _gang_lines(self) -> list[str]:
        sums = self.gangs
        money = [
            f"{name} {_thousands(sums[name])}" for name in ("takings", "refunds", "handled", "costs", "spent", "held")
        ]
        state = "to the penny" if self.balanced else "NOT: the books do not balance"
        careful = [
            f"{typology} {'/'.join(str(by.get(name, 0)) for name in STRENGTHS)}"
            for typology, by in self.attempts.items()
        ]
        share = self.illicit / self.transfers if self.transfers else 0
        return [
            (
                f"Gangs: {sums['gangs']:,}; boats launched {sums['launched']:,}, arrived {sums['arrived']:,} with "
                f"{sums['people_arrived']:,} people, who owed {_thousands(sums['due'])}"
            ),
            *_flow("Their money, pounds", [*money, f"so takings - refunds + handled = the rest {state}"], 2),
            *_flow(
                "Seen",
                [
                    f"{_thousands(sums['seen'])} of the takings passed through a bank account",
                    f"{_thousands(sums['left_bank'])} left the bank",
                    f"illicit transfers {self.illicit:,} ({share:.3%})",
                ],
                2,
            ),
            *_flow("Attempts, naive/careful/incomplete", careful, 6),
        ]

    def _check_lines(self) -> list[str]:
        lines = ["Beside the sources".ljust(33) + "here         range  verdict     source"]
        for check in self.checks:
            value = "-" if check.value is None else f"{check.value:,.{check.digits}f}"
            lines.append(f"  {check.name:<26}{value:>9}{_range(check):>14}  {check.verdict:<11} {check.source}")
        return [line.rstrip() for line in lines]

    def _unlike(self) -> list[str]:
        outside = [check.name for check in self.checks if check.verdict == "outside"]
        lines = ["Where it is not lifelike", *_flow("- Outside what is reported", outside, 2)]
        for sentence in NOT_LIFELIKE:
            lines += textwrap.wrap(sentence, WIDTH, initial_indent="- ", subsequent_indent="  ")
        return lines


def _range(check: Check) -> str:
    if check.low is None or check.high is None:
        return "-"
    return f"{check.low:,.{check.digits}f}-{check.high:,.{check.digits}f}"


def _thousands(pence: int) -> str:
    return f"{pence / 100_000:,.0f}k"


def _counted(counts: dict[str, int]) -> list[str]:
    return [f"{name} {count:,}" for name, count in counts.items()]


def _flow(title: str, items: list[str], most: int) -> list[str]:
    """Set items behind a title in no more than `most` lines; what does not fit is counted."""
    if not items:
        return []
    for shown in range(len(items), 0, -1):
        rest = [f"and {len(items) - shown} more"] if shown < len(items) else []
        lines = textwrap.wrap(f"{title}: {', '.join([*items[:shown], *rest])}", WIDTH, subsequent_indent="  ")
        if len(lines) <= most:
            return lines
    return [textwrap.shorten(f"{title}: {items[0]}", WIDTH, placeholder=" …")]


def describe(folder: Path) -> Description:
    """Describe the simulated bank in `folder`.

    Parameters
    ----------
    folder : Path
        As written by :func:`moneytrail.simulate.simulate_to`, with its truth.

    Returns
    -------
    Description

    Raises
    ------
    InputError
        `folder` is not a simulated bank, or not a whole one.
    """
    arguments = record_of(folder)
    first = date.fromisoformat(arguments["start"])
    truth = folder / "truth"
    transfers, channels = _channels(folder / "transfers.parquet")
    accounts = pl.read_parquet(folder / "accounts.parquet", columns=["kind", "occupation"]).cast(pl.String)
    personal = accounts.filter(pl.col("kind") == "personal")
    illicit = pl.scan_parquet(truth / "transfers.parquet").select(pl.len()).collect().item()
    gangs, ledger, boats = (pl.read_parquet(truth / f"{name}.parquet") for name in ("gangs", "ledger", "boats"))
    sums = _sums(gangs, boats)
    arrivals = pl.read_parquet(folder / "arrivals.parquet")
    checks = (*_country(arrivals), *_business(sums, ledger, boats), *_detection(sums, illicit, transfers))
    dirt = pl.scan_parquet(truth / "dirt.parquet").group_by("kind").len().collect(engine="streaming")
    return Description(
        arguments=arguments,
        first=first,
        last=first + timedelta(days=int(arguments["days"]) - 1),
        accounts=_tally(accounts["kind"]),
        people=_tally(personal["occupation"].replace(_GROUPS)),
        trades=_tally(accounts.filter(pl.col("kind") != "personal")["occupation"]),
        populations=_tally(pl.read_parquet(truth / "populations.parquet")["population"]),
        transfers=transfers,
        channels=channels,
        illicit=illicit,
        gangs=sums,
        attempts=_attempts(pl.read_parquet(truth / "attempts.parquet")),
        dirt=_most_first(dirt.iter_rows()),
        checks=checks,
    )


_GROUPS: Final = {
    **{TRADES[code]: "employed" for code in JOBS.tolist()},
    **{TRADES[code]: "sole trader" for code in SELF_EMPLOYED.tolist()},
}


def _tally(values: pl.Series) -> dict[str, int]:
    counts = values.cast(pl.String).fill_null("not told").value_counts(name="number")
    return _most_first(counts.iter_rows())


def _most_first(rows: Iterable[tuple[Any, ...]]) -> dict[str, int]:
    return {str(name): int(count) for name, count in sorted(rows, key=lambda row: (-row[1], str(row[0])))}


def _channels(path: Path) -> tuple[int, tuple[Channel, ...]]:
    """Count transfers by channel. The medians come from counts of equal amounts, so that no column is ever held."""
    counts = (
        pl.scan_parquet(path)
        .group_by("channel", pounds=pl.col("currency") == "GBP", amount="amount")
        .agg(number=pl.len())
        .collect(engine="streaming")
    )
    total = int(counts["number"].sum())
    made = []
    for (channel,), part in counts.group_by("channel"):
        number = int(part["number"].sum())
        pounds = part.filter("pounds").select("amount", pl.col("number").cast(pl.Int64)).sort("amount")
        made.append(Channel(str(channel), number, number / total, _middle(pounds)))
    return total, tuple(sorted(made, key=lambda channel: (-channel.transfers, channel.name)))


def _middle(counts: pl.DataFrame) -> float | None:
    """Return the median of amounts given with their numbers, in order."""
    if counts.is_empty():
        return None
    upto = counts["number"].cum_sum()
    total = int(upto[-1])
    low, high = (
        counts["amount"][int(upto.search_sorted(rank, side="left"))] for rank in ((total + 1) // 2, total // 2 + 1)
    )
    return (int(low) + int(high)) / 2


def _sums(gangs: pl.DataFrame, boats: pl.DataFrame) -> dict[str, int]:
    books = {name: int(gangs[name].sum()) for name in gangs.columns if name != "gang"}
    return {"gangs": gangs.height, "launched": boats.height, "due": int(boats["fees"].sum()), **books}


def _attempts(table: pl.DataFrame) -> dict[str, dict[str, int]]:
    counts = table.group_by("typology", "strength").len().sort("typology", "strength")
    made: dict[str, dict[str, int]] = {}
    for typology, strength, number in counts.iter_rows():
        made.setdefault(str(typology), {})[str(strength)] = int(number)
    return made


def _ratio(above: float | None, below: float | None) -> float | None:
    return None if above is None or not below else above / below


def _country(arrivals: pl.DataFrame) -> tuple[Check, ...]:
    """Check the country's boats. What swings with the season needs a whole year: the first 365 days are taken."""
    boats, people = int(arrivals["boats"].sum()), int(arrivals["arrivals"].sum())
    red = arrivals["band"].cast(pl.String) == "red"
    year = arrivals.sort("day").head(365)
    whole = year.height == 365
    yearly = int(year["arrivals"].sum())
    late = int(year.filter(pl.col("day").dt.month() >= 7)["arrivals"].sum())
    red_days = int((year["band"].cast(pl.String) == "red").sum())
    rates = [
        _ratio(float(part["arrivals"].sum()), part.height) for part in (arrivals.filter(red), arrivals.filter(~red))
    ]
    return (
        Check("people a boat (country)", _ratio(people, boats), 41, 59, "PA Media 2024", 1),
        Check(
            "boats a week (country)",
            int(year["boats"].sum()) * 7 / 365 if whole else None, 14, 21.5, "BBC 2025", 1,
        ),
        Check("red days a year", red_days if whole else None, 106, 190, "BBC 2025"),
        Check(
            "July-December's arrivals",
            _ratio(late, yearly) if whole else None, 0.58, 0.72, "Home Office 2025, .65; +-.07 design", 2,
        ),
        Check("arrivals red day to other", _ratio(*rates), 2.1, 4.8, "Sky 2025, 3.2; x 1.5 design", 1),
    )  # fmt: skip


def _business(sums: dict[str, int], ledger: pl.DataFrame, boats: pl.DataFrame) -> tuple[Check, ...]:
    """Check the gangs' business against what is reported of others; money in pounds."""
    escrow = pl.col("source").str.starts_with("escrow")
    broker = pl.col("target") == "cost:broker"
    released = _pence(ledger, escrow & earned())
    due, landed = sums["due"] / 100, boats.filter("arrived")
    return (
        Check("people a boat (gangs)", _ratio(int(boats["people"].sum()), boats.height), 41, 59, "PA Media 2024", 1),
        Check(
            "fees a head that arrived", _ratio(due, int(landed["people"].sum())), 1_500, 4_000,
            "Eurojust 2022 to Times 2023",
        ),
        Check(
            "fees a boat (thousands)", _ratio(due / 1000, landed.height),
            57, 163, "Global Initiative 2024 to BBC 2022",
        ),
        Check(
            "kit a launch (pounds)", _ratio(_pence(ledger, pl.col("target") == "cost:kit") / 100, boats.height),
            4_000, 12_800, "NCA 2026 to BBC 2024",
        ),
        Check("boats that arrive", _ratio(landed.height, boats.height), 0.45, 0.55, "BBC 2024, half; +-.05 design", 2),
        Check("broker's commission", _ratio(_pence(ledger, escrow & broker), released), 0.03, 0.10, "", 3),
        Check(
            "fees by brokers abroad",
            _ratio(_pence(ledger, earned() & (broker | (pl.col("target") == "hawala"))), sums["takings"]),
            0.80, 1.00, "WSJ 2015, .9; +-.1 design", 2,
        ),
        Check("fees held until arrival", _ratio(_held_first(ledger), _paid(ledger)), None, None, "", 2),
    )  # fmt: skip


def _detection(sums: dict[str, int], illicit: int, transfers: int) -> tuple[Check, ...]:
    return (
        Check("takings that a bank saw", _ratio(sums["seen"], sums["takings"]), None, None, "", 2),
        Check("illicit % of transfers", _ratio(100 * illicit, transfers), 0, 0.1, "design: the world's is lower", 3),
    )


def _pence(ledger: pl.DataFrame, which: pl.Expr) -> int:
    return int(ledger.filter(which)["amount"].sum())


def _paid(ledger: pl.DataFrame) -> int:
    return _pence(ledger, pl.col("source") == "passengers")


def _held_first(ledger: pl.DataFrame) -> int:
    return _pence(ledger, (pl.col("source") == "passengers") & pl.col("target").str.starts_with("escrow"))
