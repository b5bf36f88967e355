"""The legal rules by which money is followed through a mixed account, what each rests on, and when it is used.

A rule tells which of an account's pennies a debit takes. None of them is the law of every case: which one a court
applies is for the court. What cases held is told as the named source tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Rule(StrEnum):
    """A rule of tracing, by the name that commands and results use."""

    FIFO = "fifo"
    LIFO = "lifo"
    HAIRCUT = "haircut"
    PARI_PASSU = "pari_passu"
    CLEAN_FIRST = "clean_first"
    TAINTED_FIRST = "tainted_first"
    POISON = "poison"


IN_ORDER: Final = (Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.CLEAN_FIRST, Rule.TAINTED_FIRST)
"""The rules of the kernel that goes through the ledger once, in its order of numbers."""

CONSERVING: Final = (
    Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.PARI_PASSU, Rule.CLEAN_FIRST, Rule.TAINTED_FIRST,
)  # fmt: skip
"""The rules by which every tainted penny is in one place. Poison is none of them: it only bounds where to look."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a rule says.

    Attributes
    ----------
    called : str
        As a reader knows it.
    takes : str
        What a debit takes.
    rests_on : str
        Case or practice, with the source that tells it, or the word *unverified*.
    """

    called: str
    takes: str
    rests_on: str


MEANINGS: Final[Mapping[Rule, Meaning]] = MappingProxyType(
    {
        Rule.FIFO: Meaning(
            "first in, first out",
            "the money that came first",
            "Clayton's Case, 1816: the rule between equally innocent claimants on a running account in England, which "
            "yields to a contrary intention and to injustice (Denning Law Journal, Lowrie and Todd)",
        ),
        Rule.LIFO: Meaning(
            "last in, first out",
            "the money that came last",
            "no rule of English law is known to us; forensic accountants use it to see how much depends on order "
            "(unverified)",
        ),
        Rule.HAIRCUT: Meaning(
            "rolling pro rata",
            "an equal share of all that is there",
            "North American rolling charge, discussed beside Clayton's Case and pari passu (Denning Law Journal, "
            "Lowrie and Todd; P. Todd, Mixing of funds)",
        ),
        Rule.PARI_PASSU: Meaning(
            "end-point pro rata",
            "an equal share of all that came in by the end, whatever the order",
            "shared loss among equal victims: Barlow Clowes v Vaughan, Court of Appeal, 1991",
        ),
        Rule.CLEAN_FIRST: Meaning(
            "clean first, with the lowest intermediate balance",
            "clean money, then unknown money, and tainted money last",
            "against a wrongdoer, who is taken to spend his own first (re Hallett, 1880, unverified); own money paid "
            "in later does not make good what was spent (Roscoe v Winder, 1915; Wikipedia, James Roscoe (Bolton) "
            "Ltd v Winder)",
        ),
        Rule.TAINTED_FIRST: Meaning(
            "tainted first",
            "tainted money, then unknown money, and clean money last",
            "the claimant may say that what was bought was bought with his money: re Oatway, 1903 (unverified); here "
            "for every debit, and no penny twice",
        ),
        Rule.POISON: Meaning(
            "poison",
            "all money of an account that tainted money reached",
            "no claim: it only bounds where tainted money can be",
        ),
    }
)


def parse(text: str) -> tuple[Rule, ...]:
    """Rules by their names, joined by commas; ``all`` is every one. In the order of :class:`Rule`, each once.

    Raises
    ------
    ParameterError
        Naming the first that is none, and those there are.
    """
    names = [name.strip() for name in text.split(",")]
    if names == ["all"]:
        return tuple(Rule)
    for name in names:
        if name not in list(Rule):
            raise ParameterError(f"no rule {name!r}; there are all, {', '.join(Rule)}")
    return ordered([Rule(name) for name in names])


def ordered(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Each rule once, in the order of :class:`Rule`."""
    return tuple(rule for rule in Rule if rule in rules)
