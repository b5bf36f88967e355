"""The closed lists that a bank writes into its columns: banks, regions, references, merchant categories, trades.

Every list serves honest people and gangs alike. A word that only a gang used would be a label, not data.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from moneytrail.simulate.calendar import Ints

REGIONS: Final = (
    "North East",
    "North West",
    "Yorkshire and the Humber",
    "East Midlands",
    "West Midlands",
    "East of England",
    "London",
    "South East",
    "South West",
    "Wales",
    "Scotland",
    "Northern Ireland",
)
REGION_SHARE: Final = np.array([4, 11, 8, 7, 9, 9.5, 13, 14, 8.5, 4.7, 8.2, 3.1]) / 100

INSTITUTIONS: Final = tuple(f"Bank {letter}" for letter in "ABCDEFGHIJKL")
OURS: Final = 0
"""``Bank A`` is the bank whose book this is. B to F are other British banks, G and H newer e-money firms,
I to L stand abroad."""
UK_BANKS: Final = np.arange(1, 8)
UK_BANK_SHARE: Final = np.array([0.24, 0.2, 0.16, 0.12, 0.08, 0.12, 0.08])
E_MONEY: Final = np.array([6, 7])
FOREIGN_BANKS: Final = np.arange(8, 12)

COUNTRIES: Final = ("GB", "FR", "DE", "ES", "IE", "PL", "RO", "TR", "US", "IN", "PK", "AE", "NG")
MONEY: Final = ("GBP", "EUR", "USD")
RATE: Final = np.array([1.0, 1.17, 1.29])
"""Units of each currency for one pound; fixed, and round on purpose."""


class Category(NamedTuple):
    """One kind of shop: ISO 18245 code, share of card transfers, price in pounds, the hour people go, online share."""

    code: str
    share: float
    median: float
    sigma: float
    hour: float
    hour_sd: float
    online: float


CATEGORIES: Final = (
    Category("5411", 0.30, 17.0, 0.80, 15.0, 3.6, 0.06),
    Category("5812", 0.09, 26.0, 0.60, 18.0, 3.2, 0.00),
    Category("5814", 0.14, 7.4, 0.50, 13.5, 3.8, 0.10),
    Category("5541", 0.07, 41.0, 0.40, 13.5, 4.2, 0.00),
    Category("4111", 0.09, 3.4, 0.55, 12.0, 5.0, 0.30),
    Category("5912", 0.04, 8.5, 0.60, 14.0, 3.0, 0.10),
    Category("5651", 0.05, 31.0, 0.65, 15.0, 3.4, 0.45),
    Category("5732", 0.015, 68.0, 0.90, 15.5, 3.8, 0.60),
    Category("5999", 0.075, 15.0, 0.80, 15.0, 3.6, 0.50),
    Category("5813", 0.06, 12.0, 0.55, 20.0, 2.4, 0.00),
    Category("4121", 0.03, 11.0, 0.45, 19.0, 4.6, 0.40),
    Category("7011", 0.008, 105.0, 0.50, 15.0, 4.0, 0.50),
    Category("5816", 0.022, 8.0, 0.50, 20.0, 3.2, 1.00),
    Category("5200", 0.02, 34.0, 0.80, 13.0, 2.8, 0.20),
)

TRADES: Final = (
    "office worker", "retail assistant", "nurse", "teacher", "driver", "warehouse worker", "engineer", "cleaner",
    "carer", "chef", "software developer", "accountant", "security guard", "hairdresser", "electrician",
    "retired", "student", "builder", "plumber", "decorator", "gardener", "not working",
    "employer", "shop", "landlord", "letting agent", "barber", "takeaway", "car wash", "nail bar",
    "convenience store", "market stall", "public house", "money transfer", "charity", "place of worship",
    "solicitor", "insurer", "prize promoter",
)  # fmt: skip
JOBS: Final = np.arange(15)
SELF_EMPLOYED: Final = np.arange(17, 21)
CASH_TRADES: Final = np.arange(26, 33)

_WORDS: Final = {
    "pay": ("SALARY", "WAGES", "PAYROLL", "NET PAY"),
    "state": ("STATE PENSION", "BENEFIT"),
    "tax": ("TAX AND NI", "VAT"),
    "rent": ("rent", "RENT", "flat rent", "room"),
    "bill": (
        "COUNCIL TAX", "ENERGY", "WATER", "BROADBAND", "MOBILE", "INSURANCE", "TV LICENCE", "GYM", "MORTGAGE", "LOAN",
    ),
    "friends": (
        "thanks", "dinner", "drinks", "pizza", "cinema", "taxi", "food", "present", "owe you", "tickets", "lunch",
        "x", "cheers", "weekend", "shopping", "gas", "football", "coffee", "my half", "bday",
    ),
    "favour": (
        "car", "loan", "deposit", "sofa", "laptop", "phone", "repayment", "family", "help", "bike", "holiday",
        "fees", "ticket", "furniture", "work", "payment", "transfer", "balance", "as agreed", "for you",
    ),
    "own": ("savings", "to savings", "own account", "top up"),
    "invoice": tuple(f"INV {number:04d}" for number in range(1, 3001)),
    "circle": ("pardner", "circle", "hand"),
    "gift": ("donation", "gift aid", "appeal", "collection"),
    "club": ("subs", "trip", "tour balance", "kit"),
    "refund": ("REFUND", "CLAIM", "PRIZE", "REFUND OF PREMIUM"),
    "house": ("completion", "house sale", "purchase", "client account"),
    "study": ("tuition", "term", "hall fees", "allowance"),
    "sale": ("order", "item", "auction item", "postage"),
    "remit": ("remittance", "transfer home", "family support"),
}  # fmt: skip

REFERENCES: Final = tuple(word for words in _WORDS.values() for word in words)
_FIRST: Final[dict[str, int]] = dict(zip(_WORDS, np.cumsum([0, *map(len, _WORDS.values())]).tolist(), strict=False))


def reference(group: str, word: str) -> int:
    """Return the code of one word of one group."""
    return _FIRST[group] + _WORDS[group].index(word)


def references(rng: np.random.Generator, group: str, size: int, absent: float = 0.0) -> Ints:
    """Return `size` codes drawn evenly from `group`; a share `absent` of them is -1, an empty reference."""
    codes: Ints = _FIRST[group] + rng.integers(0, len(_WORDS[group]), size)
    if absent:
        codes[rng.random(size) < absent] = -1
    return codes


_FREE: Final = {"favour": 0.28, "friends": 0.08, "own": 0.08, "invoice": 0.1, "rent": 0.03, "remit": 0.03}


def free_text(rng: np.random.Generator, size: int) -> Ints:
    """Return what people write beside a larger private sum: four in ten nothing, else words of all kinds.

    Gangs write the same: the share of each word is one table for honest people and for them.
    """
    drawn = rng.random(size)
    codes = np.full(size, -1, dtype=np.int64)
    edge = 0.0
    for group, share in _FREE.items():
        within = (drawn >= edge) & (drawn < edge + share)
        codes[within] = references(rng, group, int(within.sum()))
        edge += share
    return codes


def human_sums(rng: np.random.Generator, pence: Ints) -> Ints:
    """Round as people do: most sums to 10, 50 or 100 pounds, some to one pound, a quarter to the penny."""
    step = np.array((10_000, 5_000, 1_000, 1_000, 1_000, 1_000, 100, 1, 1))[rng.integers(0, 9, pence.size)]
    return np.where(pence >= 2 * step, pence // step * step, pence)
