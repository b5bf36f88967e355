"""The closed lists that a bank writes into its columns: banks, regions, references, merchant categories, trades.

Every list serves honest people and gangs alike. A word that only a gang used would be a label, not data.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

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

COUNTRIES: Final = (
    "GB", "FR", "DE", "ES", "IE", "PL", "RO", "TR", "US", "IN", "PK", "AE", "NG",
    "VN", "AL", "IQ", "CN", "HU", "BG", "IT", "BE", "NL",
)  # fmt: skip
MONEY: Final = ("GBP", "EUR", "USD", "PLN", "TRY", "AED", "CNY", "INR")
RATE: Final = np.array([1.0, 1.17, 1.29, 5.0, 50.0, 4.8, 9.5, 115.0])
"""Units of each currency for one pound; fixed, and round on purpose."""

_PAID_IN: Final = {
    "GB": "GBP", "FR": "EUR", "DE": "EUR", "ES": "EUR", "IE": "EUR", "PL": "PLN", "RO": "EUR", "TR": "TRY",
    "IN": "INR", "AE": "AED", "AL": "EUR", "CN": "CNY", "HU": "EUR", "BG": "EUR", "IT": "EUR", "BE": "EUR",
    "NL": "EUR",
}  # fmt: skip
_CURRENCY: Final = np.array([*(MONEY.index(_PAID_IN.get(country, "USD")) for country in COUNTRIES), 0])


def currency_of(country: npt.NDArray[np.signedinteger]) -> Ints:
    """Return what wires to each country (a position in ``COUNTRIES``, -1 for nobody) are paid in: see ``MONEY``.

    Countries whose own currency is not in ``MONEY`` are paid in euros or dollars.
    """
    paid: Ints = _CURRENCY[country]
    return paid


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
    Category("5542", 0.02, 46.0, 0.40, 13.0, 5.0, 0.00),
    Category("5211", 0.008, 42.0, 0.90, 11.5, 2.8, 0.15),
    Category("5533", 0.005, 27.0, 0.80, 12.5, 2.8, 0.40),
    Category("5511", 0.0012, 190.0, 0.80, 13.0, 2.5, 0.05),
    Category("5571", 0.0005, 70.0, 0.90, 13.0, 2.5, 0.30),
    Category("5551", 0.0003, 180.0, 1.00, 13.0, 2.5, 0.35),
    Category("4468", 0.0010, 58.0, 0.90, 12.5, 2.8, 0.25),
    Category("7512", 0.0012, 120.0, 0.60, 11.0, 3.0, 0.60),
    Category("7513", 0.0006, 105.0, 0.50, 9.5, 2.5, 0.40),
    Category("4225", 0.0010, 82.0, 0.50, 11.0, 3.5, 0.50),
    Category("4784", 0.0040, 3.6, 0.60, 12.0, 5.0, 0.60),
    Category("4411", 0.0006, 150.0, 0.60, 14.0, 4.5, 0.85),
    Category("4511", 0.0025, 140.0, 0.70, 16.0, 4.5, 0.95),
    Category("4722", 0.0012, 210.0, 0.80, 15.0, 4.0, 0.60),
    Category("4814", 0.0080, 12.0, 0.50, 15.0, 4.0, 0.60),
    Category("6051", 0.0030, 60.0, 1.00, 19.0, 4.5, 0.95),
    Category("8299", 0.0012, 75.0, 0.80, 14.0, 4.0, 0.70),
    Category("5944", 0.0015, 85.0, 1.00, 14.5, 2.5, 0.30),
    Category("5941", 0.0060, 33.0, 0.70, 14.5, 3.2, 0.45),
    Category("7997", 0.0060, 24.0, 0.60, 17.0, 3.5, 0.40),
    Category("7999", 0.0040, 22.0, 0.70, 13.5, 3.0, 0.30),
    Category("7033", 0.0008, 55.0, 0.60, 15.0, 3.5, 0.60),
)
"""From 5542 on (design): automated fuel, building materials, motor parts, car dealers, motorcycles, boat dealers,
marinas and marine supplies, car hire, truck hire, storage, tolls, ships and ferries, airlines, travel agencies,
telephones, quasi-cash, schools, jewellery, sports goods, clubs, recreation and camp sites. Their prices are what people
pay there by card on most days, not what a boat or a car costs."""
_CATEGORY: Final = {category.code: position for position, category in enumerate(CATEGORIES)}


def merchant(code: str) -> int:
    """Return the position in ``CATEGORIES`` of an ISO 18245 code."""
    return _CATEGORY[code]


TRADES: Final = (
    "office worker", "retail assistant", "nurse", "teacher", "driver", "warehouse worker", "engineer", "cleaner",
    "carer", "chef", "software developer", "accountant", "security guard", "hairdresser", "electrician",
    "retired", "student", "builder", "plumber", "decorator", "gardener", "not working",
    "employer", "shop", "landlord", "letting agent", "barber", "takeaway", "car wash", "nail bar",
    "convenience store", "market stall", "public house", "money transfer", "charity", "place of worship",
    "solicitor", "insurer", "prize promoter",
    "marine club", "marina", "boat dealer", "boat charter", "sea rescue charity", "haulier", "courier",
    "ticket agent", "freight agent", "visa agent", "education agent", "education provider", "importer", "exporter",
    "car dealer", "hotel", "cafe", "angling trips", "ferry operator", "gig platform", "visa centre", "airline",
    "carrier", "jeweller", "storage firm", "vehicle hire", "fuel card issuer", "franchisor",
    "franchisee", "wholesaler", "retailer", "recruitment agent", "phone shop", "rug shop",
    "crowdfunding platform", "sports club", "taxi operator", "holding company",
    "event organiser",
)  # fmt: skip
JOBS: Final = np.arange(15)
SELF_EMPLOYED: Final = np.arange(17, 21)
CASH_TRADES: Final = np.arange(26, 33)
CLIENT_MONEY: Final = [
    TRADES.index(f"{kind} agent") for kind in ("letting", "ticket", "freight", "visa", "education", "recruitment")
]
"""Agents that pay other people's money on to the provider it is for; their books are kept where that is booked."""

_LETTERS: Final = "ABCDEFGHJKLMNPRSTVWYZ"
_WORDS: Final = {
    "pay": ("SALARY", "WAGES", "PAYROLL", "NET PAY"),
    "state": ("STATE PENSION", "BENEFIT"),
    "tax": ("TAX AND NI", "VAT"),
    "rent": ("rent", "RENT", "flat rent", "room", "rent for the back bedroom", "rent and share of the bills"),
    "bill": (
        "COUNCIL TAX", "ENERGY", "WATER", "BROADBAND", "MOBILE", "INSURANCE", "TV LICENCE", "GYM", "MORTGAGE", "LOAN",
    ),
    "friends": (
        "thanks", "dinner", "drinks", "pizza", "cinema", "taxi", "food", "present", "owe you", "tickets", "lunch",
        "x", "cheers", "weekend", "shopping", "gas", "football", "coffee", "my half", "bday",
        "dinner on saturday thanks", "my share of the weekend", "birthday meal and drinks", "what I owe you for food",
    ),
    "favour": (
        "car", "loan", "deposit", "sofa", "laptop", "phone", "repayment", "family", "help", "bike", "holiday",
        "fees", "ticket", "furniture", "work", "payment", "transfer", "balance", "as agreed", "for you",
        "second half of the deposit", "final payment as agreed", "paying back what you lent me", "for my brother",
        "for the tickets thank you", "help with the journey", "money for the family", "balance for the trip",
    ),
    "own": ("savings", "to savings", "own account", "top up"),
    "invoice": (
        *(f"INV {number:04d}" for number in range(1, 3001)),
        *(f"Payment of invoice {number}" for number in range(20_241, 20_841)),
    ),
    "circle": ("pardner", "circle", "hand"),
    "gift": ("donation", "gift aid", "appeal", "collection"),
    "club": ("subs", "trip", "tour balance", "kit"),
    "refund": ("REFUND", "CLAIM", "PRIZE", "REFUND OF PREMIUM"),
    "house": ("completion", "house sale", "purchase", "client account"),
    "study": ("tuition", "term", "hall fees", "allowance"),
    "sale": ("order", "item", "auction item", "postage"),
    "remit": ("remittance", "transfer home", "family support", "living costs for the family", "monthly support"),
    "code": tuple(f"{number * 7919 % 1_000_000:06d}" for number in range(1, 501)),
    "phone": tuple(f"{'tel ' * (number % 2)}{number * 6133 % 10_000:04d}" for number in range(1, 401)),
    "initials": (
        *(f"{a}{b}" for a in _LETTERS for b in _LETTERS[::3]),
        *(f"{a} {b} {c}" for a in _LETTERS[::2] for b in _LETTERS[1::4] for c in _LETTERS[::5]),
    ),
    "marine": (
        "mooring", "slip fees", "berth", "boat", "outboard", "life jackets", "lifejackets x10", "sailing subs",
        "dinghy", "boat trailer", "engine service", "chandlery", "harbour dues", "winter storage ashore",
        "boat and outboard as viewed", "deposit on inflatable", "regatta entry", "delivery to the marina",
    ),
    "travel": (
        "flights", "hotel", "hostel", "booking", "van hire", "ferry", "train tickets", "travel", "room for two nights",
        "flight tickets for four", "booking confirmation", "return ferry Dover", "travel costs refund", "taxi to port",
        "one way ticket", "group booking balance",
    ),
    "freight": (
        "freight", "pallets", "shipping", "container", "delivery", "haulage", "groupage to Calais", "parcel",
        "cargo to Rotterdam", "freight charges paid on", "clearance and delivery", "drivers lodging", "fuel", "tolls",
        "storage unit", "van",
    ),
    "visa": (
        "visa", "visa fee", "application", "documents", "work permit", "translation", "student visa application",
        "embassy appointment", "passport", "legalisation of documents",
    ),
    "course": (
        "course", "course fee", "school fees", "lessons", "exam", "autumn term instalment", "instalment 2 of 4",
        "English course", "fees for the summer term", "college",
    ),
    "stock": (
        "stock", "goods", "wholesale", "phones", "spares", "textiles", "used car", "vehicle purchase", "rugs",
        "purchase order 4417", "goods as per proforma", "machinery parts and shipping", "pro forma",
    ),
    "customs": (
        "IMPORT VAT", "CUSTOMS DUTY", "DEFERMENT ACCOUNT", "DUTY AND VAT", "CUSTOMS DUTY DEFERMENT STATEMENT",
    ),
    "loan": (
        "loan repayment", "settlement of loan", "director loan", "intercompany loan", "group treasury sweep",
        "lent", "interest", "early settlement figure", "loan to sister company",
    ),
    "gig": (
        "weekly earnings", "tips", "deliveries", "rides", "bonus", "shifts", "earnings week", "tip pool share",
        "referral", "drops",
    ),
    "campaign": (
        "campaign", "in memory of", "sponsorship", "marathon", "fundraiser", "help us rebuild", "community appeal",
        "for the hospital fund", "get them home safe", "legal costs fund",
    ),
    "deposit": (
        "holding deposit", "reservation", "deposit for house", "deposit car", "deposit paid", "gold", "sovereigns",
        "deposit for the new kitchen", "reservation fee plot 12", "balance on completion",
    ),
    "fees": (
        "franchise fee", "management fee", "service charge", "royalty", "licence fee", "commission", "admin fee",
        "monthly marketing contribution",
    ),
    "pension": ("PENSION CONTRIBUTIONS", "STAFF PENSION SCHEME"),
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


_FREE: Final = {
    "favour": 0.2, "friends": 0.06, "own": 0.06, "invoice": 0.06, "rent": 0.02, "remit": 0.02, "code": 0.03,
    "phone": 0.02, "initials": 0.05, "travel": 0.02, "deposit": 0.01, "marine": 0.004, "freight": 0.006, "visa": 0.005,
    "course": 0.01, "stock": 0.01, "loan": 0.01, "gig": 0.005, "campaign": 0.005,
}  # fmt: skip
"""Shares, design. What is missing to one says nothing."""
_FREE_EDGES: Final = np.cumsum(list(_FREE.values()))
_FREE_FIRST: Final = np.array([*(_FIRST[group] for group in _FREE), -1])
_FREE_SIZE: Final = np.array([*(len(_WORDS[group]) for group in _FREE), 0])


def free_text(rng: np.random.Generator, size: int) -> Ints:
    """Return what people write beside a larger private sum: four in ten nothing, else words of all kinds.

    Gangs write the same: the share of each word is one table for honest people and for them.
    """
    group = np.searchsorted(_FREE_EDGES, rng.random(size), side="right")
    codes: Ints = _FREE_FIRST[group] + (_FREE_SIZE[group] * rng.random(size)).astype(np.int64)
    return codes


_STEPS: Final = np.array(
    ((10_000, 5_000, 1_000, 1_000, 1_000, 1_000, 100, 1, 1), (10_000,) * 3 + (5_000, 5_000, 1_000, 1_000, 100, 1))
)


def human_sums(rng: np.random.Generator, pence: Ints) -> Ints:
    """Round as people do: most sums to 10, 50 or 100 pounds, some to one pound, some to the penny.

    From 400 pounds on a third are whole hundreds.
    """
    step = _STEPS[(pence >= 40_000).astype(np.int64), rng.integers(0, 9, pence.size)]
    return np.where(pence >= 2 * step, pence // step * step, pence)
