"""Integration: how money leaves a gang's account for its end: paid out, spent, or dressed up as turnover or a loan.

Definitions and their thresholds: L04, L08, L11 to L13 and L15 of the project's list of typologies. A sum too small for
an act is left where it is. Sums, delays and counts are design unless a source is named.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import Exit
from moneytrail.simulate.gangs.gang import Gang
from moneytrail.simulate.gangs.habits import firm, home, less, parts, rounded, word
from moneytrail.simulate.gangs.scheme import Scheme, link, total
from moneytrail.simulate.words import COUNTRIES

# L04


def fan_out(gang: Gang, now: int, source: int, amount: int) -> None:
    """L04: a paymaster, funded by one or two credits, pays 6 to 15 new payees within two days: crew and relatives.

    A careful paymaster leads an ordinary life and pays three or four, over eight days.
    """
    amount = min(amount, gang.held(source), 2_400_000)
    if amount < 380_000:
        return
    rng, careful = gang.rng, gang.next_is_careful()
    account = gang.account("paymaster", now, careful)
    scheme = Scheme(gang, "L04", account, careful, now, source, amount)
    payees = [_helper(gang) for _ in range(int(rng.integers(3, 5) if careful else rng.integers(6, 16)))]
    halves = parts(gang, scheme.left, 1 + int(rng.random() < 0.4))
    scheme.spend("funding", now, source, account, halves[0])
    for half in halves[1:]:
        gang.at(now + 2 * HOUR, partial(scheme.spend, "funding", debtor=source, creditor=account, amount=half))

    def pay_out(then: int) -> None:
        held = int(gang.held(account) * rng.uniform(0.93, 0.99))
        scheme.fan("payout", account, payees, held, 200 if careful else 40, then, uneven=0.5)

    start = gang.awake(now + 3 * HOUR)
    gang.at(start, pay_out)
    scheme.close(start + 3 * DAY, lambda: _paid_out(scheme, account))


def _paid_out(scheme: Scheme, account: int) -> bool:
    gone = scheme.out_of(account)
    return len({paid.creditor for paid in gone}) >= 5 and total(gone) >= 310_000


def _helper(gang: Gang) -> int:
    """Return somebody who is paid: crew and relatives, here, at other banks and abroad."""
    role = "crew" if gang.rng.random() < 0.7 else "relative"
    if gang.rng.random() < 0.25:
        return gang.ordinary(role)
    return gang.outsider(role, abroad=bool(gang.rng.random() < 0.15))


# L08


def round_trip(gang: Gang, now: int, source: int, amount: int) -> None:
    """L08: money goes round two to four accounts and comes back as a loan, pay or an invoice paid.

    One of the accounts is abroad or at another bank. Twice within a month where there is time. Careful: two parts come
    back, weeks apart.
    """
    amount = min(amount, gang.held(source), 3_000_000)
    if amount < 200_000:
        return
    rng, careful = gang.rng, gang.next_is_careful()
    scheme = Scheme(gang, "L08", source, careful, now, source, amount)
    ring = [gang.account("mule", now, careful) for _ in range(int(rng.integers(2, 5)))]
    ring[int(rng.integers(0, len(ring)))] = gang.outsider("mule", abroad=bool(rng.random() < 0.5))
    path = (source, *ring, source)
    words = word(gang, "loan", "pay", "invoice", "invoice")
    for turn, part in enumerate(parts(gang, scheme.left, 1 if careful else 2)):
        time = gang.in_days(now, int(rng.integers(3, 12))) if turn else now
        scheme.step(time, now, partial(_leg, scheme, path, 0, part, words))
    scheme.close(now + 40 * DAY, lambda: len(scheme.into(source)) > 0)


def _leg(scheme: Scheme, path: tuple[int, ...], position: int, amount: int, words: int, now: int) -> None:
    """Pay one leg of the round, and ask for the next; the last is what it pretends to be."""
    gang, payer, payee = scheme.gang, path[position], path[position + 1]
    back = position + 2 == len(path)
    more = {"words": words} if back else {}
    if position == 0:
        got = scheme.spend("leg", now, payer, payee, amount, **more)
    else:
        sent = less(gang, amount, float(gang.rng.uniform(0.0, 0.025)))
        got = scheme.pay("leg", now, payer, payee, sent, **more)
        gang.move("cut", now, payer, "cost:mule", amount - got)
    if back or not got:
        return
    if scheme.careful and position + 3 == len(path):
        for part, low in ((got // 2, 200), (got - got // 2, 800)):
            gang.at(gang.in_hours(now, low, low + 150), partial(_leg, scheme, path, position + 1, part, words))
    else:
        gang.at(gang.in_hours(now, 10, 110), partial(_leg, scheme, path, position + 1, got, words))


# L11

MONTHS: Final = 7
"""Months that a shell is used: the definition asks for six. Design."""


def shell(gang: Gang, now: int, source: int, amount: int) -> None:
    """L11: a firm takes 5,600 pounds a month or more for seven months and pays persons, but no wages, tax or stock.

    Deposits that grow where no wages are paid are a sign (FATF and APG, Financial Flows from Human Trafficking, 2018,
    second-hand). The directors send most of it back to be invoiced again, so that some thousands look like turnover for
    months. Careful: four tenths go to the tax office, a landlord and suppliers.
    """
    amount = min(amount, gang.held(source), 4_000_000)
    if amount < 1_300_000:
        return
    rng, careful = gang.rng, gang.next_is_careful()
    account = gang.business("shell", now // DAY, str(rng.choice(("recruitment agent", "courier", "wholesaler"))))
    scheme = Scheme(gang, "L11", account, careful, now, source, amount)
    monthly = min(int(rng.uniform(560_000, 800_000)), int(amount * 0.44))
    directors = [gang.account("mule", now, careful), gang.outsider("mule")]
    family = gang.outsider("relative", abroad=True)
    for month in range(MONTHS):
        day = month * 30 + (int(rng.integers(1, 3)) if month else 0)
        first = gang.in_days(now, day) if month else now
        second = gang.in_days(now, day + int(rng.integers(3, 9)))
        for time, share in ((first, rng.uniform(0.4, 0.6)), (second, 1.0)):
            gang.at(time, partial(_invoice, scheme, source, monthly, float(share)))
        gang.at(gang.in_days(now, day + 12), partial(_dividends, scheme, source, directors, family))
    scheme.close(now + (MONTHS * 30 + 8) * DAY, lambda: now + 185 * DAY < gang.end and _busy(scheme, account))


def _invoice(scheme: Scheme, source: int, monthly: int, share: float, now: int) -> None:
    """Pay an invoice of the shell, of the first half of the month or what then is still missing."""
    gang = scheme.gang
    month = total([one for one in scheme.into(scheme.account) if one.time > now - 12 * DAY])
    due = int(monthly * share * gang.rng.uniform(1.0, 1.05)) - (month if share == 1.0 else 0)
    scheme.spend("invoice", now, source, scheme.account, due, words=word(gang, "invoice"))


def _dividends(scheme: Scheme, source: int, directors: list[int], family: int, now: int) -> None:
    """Pay the directors, who send most of it back, and the family abroad; a telephone bill is all the rest."""
    gang, rng, account = scheme.gang, scheme.gang.rng, scheme.account
    held = gang.held(account)
    if scheme.careful:
        _upkeep(scheme, held, now)
    elif rng.random() < 0.5:
        bill = int(rng.integers(25, 90)) * 100
        biller = gang.known(int(gang.town.billers[0]), "unwitting")
        scheme.pay("upkeep", now, account, biller, bill, "cost:rent", words=word(gang, "bill"))
    held = gang.held(account)
    shares = (0.42, 0.42) if not scheme.careful else (0.35, 0.35)
    for director, share in zip(directors, shares, strict=True):
        words = word(gang, "invoice", "fees", "favour")
        got = scheme.pay("dividend", now, account, director, rounded(gang, held * share), words=words)
        gang.at(gang.in_hours(now, 20, 260), partial(_return, scheme, source, director, got))
    support = partial(scheme.pay, "family", debtor=account, creditor=family, amount=int(held * rng.uniform(0.06, 0.1)))
    gang.at(gang.in_hours(now, 2, 60), partial(support, words=word(gang, "remit")))


def _return(scheme: Scheme, source: int, director: int, got: int, now: int) -> None:
    """Send most of a dividend back to where it is invoiced from: into the purse, as long as the attempt runs."""
    scheme.left += scheme.pay("return", now, director, source, less(scheme.gang, got, 0.06), scheme.purse)


def _upkeep(scheme: Scheme, held: int, now: int) -> None:
    """Pay what a firm with work pays, about four tenths of what came in."""
    gang, town = scheme.gang, scheme.gang.town
    dues = (
        (town.tax, 0.12, "tax", "cost:rent"),
        (int(town.landlords[scheme.account % town.landlords.size]), 0.12, "rent", "cost:rent"),
        (int(town.firms[scheme.account % town.firms.size]), 0.18, "invoice", "cost:goods"),
    )
    for payee, share, group, place in dues:
        known = gang.known(payee, "unwitting")
        amount = rounded(gang, held * share)
        scheme.pay("upkeep", now, scheme.account, known, amount, place, words=word(gang, group))


def _busy(scheme: Scheme, account: int) -> bool:
    return total(scheme.into(account)) >= 500_000 * MONTHS * 0.95


# L12

GOODS: Final = ("TR", "IQ", "AE")
"""Where the goods go: Türkiye, Iraq, the Emirates, as in the definition."""


def trade_settlement(gang: Gang, now: int, source: int, amount: int) -> None:
    """L12: a trader who ships goods abroad is paid by strangers for what a buyer there owes, over some weeks.

    The trader's own trade (the named buyer abroad, regular firms, freight) is booked as ``innocent``. "Buying and
    selling cars" was the cover story in one case (National Crime Agency, Car wash bosses convicted, 2024). Careful:
    one stranger, beside a trade six times as large.
    """
    amount = min(amount, gang.held(source), 4_000_000)
    if amount < 250_000:
        return
    rng, careful = gang.rng, gang.next_is_careful()
    trader = gang.business("trader", now // DAY, str(rng.choice(("exporter", "phone shop", "wholesaler"))))
    scheme = Scheme(gang, "L12", trader, careful, now, source, amount)
    strangers = (
        [source] if careful else [source, *(link(gang, now, False, 0.5) for _ in range(int(rng.integers(2, 5))))]
    )
    days = int(rng.integers(20, 60))
    for payer, part in zip(strangers, parts(gang, scheme.left, len(strangers)), strict=True):
        for piece, share in enumerate(parts(gang, part, 1 + int(part > 600_000))):
            day = int(rng.integers(days // 2 if careful else 0, days)) if careful or piece or payer != source else 0
            time = gang.in_days(now, day) if day else now
            gang.at(time, partial(_settle, scheme, source, payer, trader, share))
    _honest_trade(gang, now, trader, scheme.left * 6 if careful else scheme.left // 2, days)
    least = 1 if careful else 3
    scheme.close(now + (days + 4) * DAY, lambda: len({one.debtor for one in scheme.into(trader)}) >= least)


def _settle(scheme: Scheme, source: int, payer: int, trader: int, amount: int, now: int) -> None:
    """Let a stranger pay the trader, with money sent to them some hours before."""
    gang = scheme.gang
    if payer == source:
        scheme.spend("settlement", now, source, trader, amount, words=_goods_words(gang))
        return
    got = scheme.spend("funding", now, source, payer, amount)
    onward = partial(scheme.pass_on, "settlement", 0.01, trader, payer, got, words=_goods_words(gang))
    gang.at(gang.in_hours(now, 2, 60), onward)


def _goods_words(gang: Gang) -> int:
    return word(gang, "stock" if gang.rng.random() < 0.6 else "invoice")


def _honest_trade(gang: Gang, now: int, trader: int, worth: int, days: int) -> None:
    """Book the trader's named buyers and the freight: a buyer abroad, two firms that come again, a forwarder there."""
    rng, register = gang.rng, gang.bank.register
    country = COUNTRIES.index(str(rng.choice(GOODS)))
    buyer, forwarder = (int(code) for code in register.abroad(rng, 2, country=country))
    firms = [int(code) for code in rng.choice(gang.town.firms, 2, replace=False)]
    payers = [buyer, *firms] * (5 if worth > 3_000_000 else 3)
    for payer, part in zip(payers, parts(gang, worth, len(payers), 0.5), strict=True):
        time = gang.hour(now // DAY + int(rng.integers(-20, days + 5)), 9.0, 17.0)
        gang.innocent(time, payer, trader, part, words=_goods_words(gang))
    for turn in range(3):
        time = gang.hour(now // DAY + 5 + turn * days // 2, 9.0, 17.0)
        gang.innocent(time, trader, forwarder, int(worth * rng.uniform(0.03, 0.07)), words=word(gang, "freight"))


# L13


def wake_up(gang: Gang, now: int, source: int, amount: int) -> None:
    """L13: an account unused for over half a year takes some thousands within four days, and soon spends them.

    Careful: an ordinary customer's account takes about 1,000 pounds a week, for some weeks.
    """
    amount = min(amount, gang.held(source), 3_000_000)
    if amount < 380_000:
        return
    rng, careful = gang.rng, gang.next_is_careful()
    asleep = {"opened": gang.bank.register.first_day - int(rng.integers(400, 2400)), "joined": -1}
    account = gang.account("holder", now, careful, **asleep)
    scheme = Scheme(gang, "L13", account, careful, now, source, amount if not careful else min(amount, 600_000))
    count = max(4, -(-scheme.left // 90_000)) if careful else int(rng.integers(2, 5))
    for turn, part in enumerate(parts(gang, scheme.left, count)):
        day = turn * 7 + int(rng.integers(0, 2)) if careful else turn
        gang.at(gang.in_days(now, day) if turn else now, partial(_wake, scheme, source, part))
    last = now + (count * 7 if careful else count) * DAY
    scheme.close(last + 12 * DAY, lambda: total(scheme.into(account)) >= 320_000)


def _wake(scheme: Scheme, source: int, amount: int, now: int) -> None:
    """Fund the holder, who draws some notes and pays relatives and sellers in the days after."""
    gang, account = scheme.gang, scheme.account
    got = scheme.spend("funding", now, source, account, amount)
    if not got:
        return
    gang.at(gang.in_hours(now, 2, 30), partial(scheme.draw, amount=got, region=home(gang, account)))
    payees = [gang.outsider(role, abroad=bool(gang.rng.random() < 0.15)) for role in ("relative", "seller")]
    for payee, share in zip(payees, (0.5, 0.35), strict=True):
        pay = partial(scheme.pay, "payout", debtor=account, creditor=payee, amount=rounded(gang, got * share))
        gang.at(gang.in_hours(now, 20, 150), pay)


# L15

PURCHASES: Final = (
    ("car", "car dealer", (650_000, 2_600_000), "stock"),
    ("house", "solicitor", (900_000, 4_500_000), "house"),
    ("gold", "jeweller", (550_000, 1_800_000), "deposit"),
    ("loan", "", (550_000, 2_000_000), "loan"),
)
"""What is bought, from whom, for how many pence, and the words beside it. Design. That profit goes into property,
among others: DX Compliance, Money laundering risks arising from migrant smuggling, 2022 (summary of a FATF study)."""


def purchase(gang: Gang, now: int, source: int, amount: int) -> None:
    """L15: buy a car, pay a deposit on a house, buy gold or pay a loan off early, for 5,500 pounds or more at once.

    Half of the time in the name of somebody with a small income. Careful: an ordinary customer pays by parts that stay
    under 5,000 pounds, over two months.
    """
    amount = min(amount, gang.held(source))
    fitting = [one for one in PURCHASES if one[2][0] * 1.12 <= amount]
    if not fitting:
        return
    rng, careful = gang.rng, gang.next_is_careful()
    _, trade, (low, high), words = fitting[int(rng.integers(0, len(fitting)))]
    price = rounded(gang, rng.uniform(low, min(high, amount * 0.9)), low)
    lender = int(rng.choice(gang.town.lenders))
    seller = firm(gang, trade, "seller") if trade else gang.known(lender, "seller")
    nominee = careful or bool(rng.random() < 0.5) or not gang.is_ours(source)
    buyer = gang.account("buyer", now, careful) if nominee else source
    scheme = Scheme(gang, "L15", buyer, careful, now, source, price)
    pieces = parts(gang, price, -(-price // 380_000), 0.15) if careful else _two_parts(gang, price)
    time = now
    for piece in pieces:
        gang.at(time, partial(_buy, scheme, source, seller, piece, word(gang, words)))
        time = gang.in_days(time, int(rng.integers(6, 16) if careful else rng.integers(1, 5)))
    scheme.close(time + 4 * DAY, lambda: max((one.amount for one in scheme.into(seller)), default=0) >= 510_000)


def _two_parts(gang: Gang, price: int) -> list[int]:
    """Split a price into a reservation of a few hundred pounds and the rest, or pay at once."""
    first = int(gang.rng.integers(2, 11)) * 5_000
    return [first, price - first] if price - first >= 520_000 and gang.rng.random() < 0.6 else [price]


def _buy(scheme: Scheme, source: int, seller: int, amount: int, words: int, now: int) -> None:
    """Pay the seller, from the nominee's account a few hours after it was funded."""
    gang, buyer = scheme.gang, scheme.account
    if buyer == source:
        scheme.spend("purchase", now, source, seller, amount, words=words)
        return
    got = scheme.spend("funding", now, source, buyer, amount)
    pay = partial(scheme.pay, "purchase", debtor=buyer, creditor=seller, amount=got, words=words)
    gang.at(gang.in_hours(now, 1, 30), pay)


EXIT: Final[dict[str, Exit]] = {
    "L04": fan_out,
    "L08": round_trip,
    "L11": shell,
    "L12": trade_settlement,
    "L13": wake_up,
    "L15": purchase,
}
