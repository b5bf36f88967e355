"""What a shuffled copy must keep, and what it says of a match: plain and slow. Imports nothing of ours."""

from __future__ import annotations

from collections import Counter
from typing import Any

DAY = 86_400_000_000
KEPT = (
    "debtor_account", "debtor_institution", "debtor_country", "amount", "currency", "credited_amount",
    "credited_currency", "channel", "reference", "row",
)  # fmt: skip
"""What stays with a transfer, whatever side it gets."""
SIDE = ("creditor_account", "creditor_institution", "creditor_country", "merchant_category", "location")

Transfer = dict[str, Any]


def degree_classes(transfers: list[Transfer]) -> dict[str | None, int]:
    """By account: the bits of the number of other accounts that it dealt with; 0 for an absent side."""
    others: dict[str | None, set[str]] = {None: set()}
    for transfer in transfers:
        debtor, creditor = transfer["debtor_account"], transfer["creditor_account"]
        for one, other in ((debtor, creditor), (creditor, debtor)):
            others.setdefault(one, set())
            if None not in (one, other) and one != other:
                others[one].add(other)
    return {account: len(found).bit_length() for account, found in others.items()}


def sort_of(transfer: Transfer, classes: dict[str | None, int]) -> tuple[Any, ...]:
    """Day, degree classes, currencies and channel: what two transfers must share to exchange anything."""
    debtor, creditor = transfer["debtor_account"], transfer["creditor_account"]
    fixed = tuple(transfer[name] for name in ("currency", "credited_currency", "channel"))
    alone = None in (debtor, creditor) or debtor == creditor
    return (transfer["time"] // DAY, classes[debtor], classes[creditor], alone, *fixed)


def broken(before: list[Transfer], after: list[Transfer]) -> list[str]:
    """Which laws a copy breaks; both lists by transaction id, each transfer once."""
    copies = {transfer["transaction_id"]: transfer for transfer in after}
    if sorted(copies) != sorted(transfer["transaction_id"] for transfer in before) or len(after) != len(before):
        return ["the same transfers"]
    pairs = [(transfer, copies[transfer["transaction_id"]]) for transfer in before]
    classes = degree_classes(before)
    moved = [(old, new) for old, new in pairs if any(old[name] != new[name] for name in SIDE)]
    laws = {
        "what stays with a transfer": all(old[name] == new[name] for old, new in pairs for name in KEPT),
        "the day": all(old["time"] // DAY == new["time"] // DAY for old, new in pairs),
        "no new transfer to oneself": all(
            old["debtor_account"] == old["creditor_account"]
            for old, new in pairs
            if new["debtor_account"] == new["creditor_account"]
        ),
        "absent sides and transfers to oneself stay": all(
            None not in (old["debtor_account"], old["creditor_account"])
            and old["debtor_account"] != old["creditor_account"]
            for old, _ in moved
        ),
        "creditors' sides within the stratum": _dealt(pairs, classes, SIDE),
        "times within the stratum": _dealt(pairs, classes, ("time",)),
        "paid out a day": _daily(before, "debtor_account", "amount") == _daily(after, "debtor_account", "amount"),
        "paid in a day": _daily(before, "creditor_account") == _daily(after, "creditor_account"),
    }
    return [name for name, holds in laws.items() if not holds]


def _dealt(pairs: list[tuple[Transfer, Transfer]], classes: dict[str | None, int], names: tuple[str, ...]) -> bool:
    old_ones: dict[tuple[Any, ...], Counter[tuple[Any, ...]]] = {}
    new_ones: dict[tuple[Any, ...], Counter[tuple[Any, ...]]] = {}
    for old, new in pairs:
        key = sort_of(old, classes)
        old_ones.setdefault(key, Counter())[tuple(old[name] for name in names)] += 1
        new_ones.setdefault(key, Counter())[tuple(new[name] for name in names)] += 1
    return old_ones == new_ones


def _daily(transfers: list[Transfer], side: str, also: str = "channel") -> Counter[tuple[Any, ...]]:
    """How often each account stands on one side on each day, by channel or what else is asked."""
    return Counter((t[side], t["time"] // DAY, t[also]) for t in transfers)


def counts(data: list[float], copies: list[list[float]], strength: float) -> tuple[int, int, int, float]:
    """In the data, in all copies, copies with one, and the chance, of matches with at least this strength."""
    strong = [[score for score in found if score >= strength] for found in copies]
    copies_with = len([1 for found in strong if found])
    in_data = len([1 for score in data if score >= strength])
    return in_data, sum(map(len, strong)), copies_with, round((1 + copies_with) / (1 + len(copies)), 6)


def reading(in_data: int, in_copies: int, copies: int, moved: float, again: int) -> str:
    if again / copies >= 0.5 or moved < 0.25:
        return "untested"
    return "common" if in_copies / copies >= in_data / 2 else "rarer"
