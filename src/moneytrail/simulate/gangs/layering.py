"""Layering: how money gets from one account of a gang to another by a detour, so that its way is hard to follow.

Definitions and their thresholds: L03, L05 to L07, L09, L14 and S17 of the project's list of typologies. A naive attempt
satisfies its definition with some margin. A careful one goes through ordinary people's accounts, slower and through
fewer hands. Most mules bank here, else the bank would not see the pattern; two other banks never pay one another.
Sums, delays and counts are design unless a source is named.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import Layering
from moneytrail.simulate.gangs.gang import CRYPTO, Gang
from moneytrail.simulate.gangs.habits import MINUTE, home, less, parts, shop_of, word
from moneytrail.simulate.gangs.scheme import CUT, Scheme, detour, link, total

# L03


@detour(least=130_000)
def pass_through(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L03: one or two mules send on within minutes to hours what they get on two to four days.

    Over half of a fraud mule's money is gone within the hour (RUSI, Following the Fraud, 2025, second-hand). The second
    mule is at another bank in two of five cases, and else often worked from the device of the first.
    """
    mules = 2 if amount >= 400_000 and gang.rng.random() < 0.5 else 1
    first = _mule(gang, now, source, target, amount // mules, -1)
    if mules == 1:
        return
    after = now + int(gang.rng.uniform(3, 40) * MINUTE)
    if gang.rng.random() < 0.4:
        gang.at(after, partial(_mule_elsewhere, gang, source, target, amount - amount // 2))
    else:
        device = first if gang.rng.random() < 0.5 else -1
        _mule(gang, now, source, target, amount - amount // 2, device, after)


def _mule(gang: Gang, now: int, source: int, target: int, amount: int, device: int, start: int = -1) -> int:
    rng = gang.rng
    careful = gang.next_is_careful()
    mule = gang.account("mule", now, careful, device=device)
    scheme = Scheme(gang, "L03", mule, careful, now, source, amount)
    count = min(int(rng.integers(2, 5)), scheme.left // 60_000)
    day = now // DAY
    time = now if start < 0 else start
    for part in parts(gang, scheme.left, max(count, 1), 0.15):
        scheme.step(time, now, partial(_credit, scheme, source, target, part))
        day += 1 + int(rng.random() < 0.3)
        time = gang.hour(day, 9.5, 20.0)
    scheme.close((day + 6) * DAY, lambda: _passed_through(scheme))
    return mule


def _credit(scheme: Scheme, source: int, target: int, part: int, now: int) -> None:
    """Pay one part to the mule, who sends on all but a cut: most within 50 minutes, the rest within eight hours.

    A careful mule takes from a day and a half to five days, in two parts.
    """
    gang = scheme.gang
    got = scheme.spend("credit", now, source, scheme.account, part)
    onward = less(gang, got, float(gang.rng.uniform(*CUT)))
    soon = int(onward * gang.rng.uniform(0.62, 0.88)) // 1000 * 1000
    if scheme.careful:
        first, second = gang.in_hours(now, 36, 70), gang.in_hours(now, 75, 120)
    else:
        first = now + int(gang.rng.uniform(3, 50) * MINUTE)
        second = gang.in_hours(now, 1.5, 8)
        soon = onward if gang.rng.random() < 0.45 else soon
    gang.at(first, partial(_leave, scheme, target, soon))
    gang.at(second, partial(_leave, scheme, target, onward - soon))
    gang.at(second, lambda then: gang.move("cut", then, scheme.account, "cost:mule", got - onward))


def _leave(scheme: Scheme, target: int, amount: int, now: int) -> None:
    """Send on, or at times draw up to 500 pounds and send the rest on, or buy crypto with all of it.

    Of what leaves fraud mules 57 % are transfers and 10 % cash (RUSI, 2025, second-hand).
    """
    gang, way = scheme.gang, scheme.gang.rng.random()
    if way < 0.12:
        amount -= scheme.draw(now, amount, home(gang, scheme.account))
        now += 3 * MINUTE
    if amount > 0:
        payee = gang.known(int(gang.rng.choice(gang.town.exchanges)), "exchange") if way > 0.95 else target
        gang.at(now, partial(scheme.pay, "pass_on", debtor=scheme.account, creditor=payee, amount=amount))


def _passed_through(scheme: Scheme) -> bool:
    mule = scheme.account
    got = [paid for paid in scheme.into(mule) if paid.amount >= 50_000]
    days = {paid.time // DAY for paid in got}
    return len(days) >= 2 and total(scheme.out_of(mule)) >= 0.9 * total(scheme.into(mule))


def _mule_elsewhere(gang: Gang, source: int, target: int, amount: int, now: int) -> None:
    """Send money through a mule at another bank: this bank sees two ends of one line."""
    mule = gang.outsider("mule")
    sent = gang.pay(None, "pass_on", now, source, mule, amount)

    def back(then: int) -> None:
        paid = gang.pay(None, "pass_on", then, mule, target, less(gang, sent, 0.05))
        gang.move("cut", then, mule, "cost:mule", sent - paid)

    gang.at(gang.in_hours(now, 1, 30), back)


# L05


@detour(least=160_000)
def gather_scatter(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L05: four to six mules pay one account, which pays four to six others some days later; all ends at the target.

    Careful: two or three on both sides, and a fortnight for it.
    """
    rng, careful = gang.rng, gang.next_is_careful()
    node = gang.account("mule", now, careful)
    scheme = Scheme(gang, "L05", node, careful, now, source, amount)
    low, high = (2, 4) if careful else (4, 7)
    givers = [link(gang, now, careful, 0.4) for _ in range(int(rng.integers(low, high)))]
    takers = [link(gang, now, careful, 0.4) for _ in range(int(rng.integers(low, high)))]
    cut = float(rng.uniform(*CUT))

    def give(mule: int, got: int, then: int) -> None:
        time = gang.in_hours(then, 2, 120 if careful else 22)
        gang.at(time, partial(scheme.pass_on, "pass_on", cut, node, mule, got))

    def take(mule: int, got: int, then: int) -> None:
        gang.at(gang.in_hours(then, 2, 40), partial(scheme.pass_on, "pass_on", cut, target, mule, got))

    def scatter(then: int) -> None:
        held = gang.held(node)
        kept = gang.move("cut", then, node, "cost:mule", int(held * cut))
        scheme.fan("pass_on", node, takers, held - kept, 200 if careful else 40, then, then=take)

    scheme.fan("pass_on", source, givers, scheme.left, 6, now, then=give)
    turn = gang.in_hours(now, 150, 180) if careful else gang.in_hours(now, 56, 72)
    gang.at(turn, scatter)
    scheme.close(turn + 5 * DAY, lambda: _scattered(scheme, node))


def _scattered(scheme: Scheme, node: int) -> bool:
    got, gone = scheme.into(node), scheme.out_of(node)
    payers, payees = {paid.debtor for paid in got}, {paid.creditor for paid in gone}
    return min(len(payers), len(payees)) >= 4 and 0.85 * total(got) <= total(gone)


# L06


@detour(least=120_000)
def scatter_gather(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L06: an account splits a sum among four to six mules within a day, and all pay the same end within two.

    One of four mules is at another bank; two of three naive groups have a device in common. Careful: three or four
    mules, uneven parts, and four to nine days on the way.
    """
    rng, careful = gang.rng, gang.next_is_careful()
    scheme = Scheme(gang, "L06", source, careful, now, source, amount)
    first = gang.account("mule", now, careful)
    device = first if rng.random() < 0.67 else -1
    more = int(rng.integers(2, 4) if careful else rng.integers(3, 6))
    mules = [first, *(link(gang, now, careful, 0.25, device) for _ in range(more))]

    def onward(mule: int, got: int, then: int) -> None:
        time = gang.in_hours(then, 98, 210) if careful else gang.in_hours(then, 2, 46)
        cut = float(rng.uniform(*CUT))
        gang.at(time, partial(scheme.pass_on, "pass_on", cut, target, mule, got))

    last = scheme.fan("split", source, mules, scheme.left, 20, now, uneven=0.5 if careful else 0.08, then=onward)
    scheme.close(last + (10 if careful else 3) * DAY, lambda: len({one.debtor for one in scheme.into(target)}) >= 3)


# L07


@detour(least=60_000)
def chain(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L07: money hops through three or four mules in a line, each within half a day, each keeping a little.

    Larger sums go in two or three waves on following days. Careful: two mules, one and a half to four days at each.
    """
    rng, careful = gang.rng, gang.next_is_careful()
    path = [source, gang.account("mule", now, careful)]
    for _ in range(1 if careful else int(rng.integers(2, 4))):
        path.append(link(gang, now, careful, 0.45 if gang.is_ours(path[-1]) else 0.0))
    scheme = Scheme(gang, "L07", path[1], careful, now, source, amount)
    cut = float(rng.uniform(0.015, 0.05))
    waves = max(1, min(int(rng.integers(1, 4)), amount // 150_000))
    for wave, part in enumerate(parts(gang, scheme.left, waves)):
        time = gang.hour(now // DAY + wave * (5 if careful else 2), 8.0, 15.0) if wave else now
        scheme.step(time, now, partial(_hop, scheme, (*path, target), 0, part, cut))
    scheme.close(now + (22 if careful else 9) * DAY, lambda: len(scheme.into(target)) > 0)


def _hop(scheme: Scheme, path: tuple[int, ...], position: int, amount: int, cut: float, now: int) -> None:
    """Pay from one account of the line to the next, and ask for the next hop."""
    gang, payer, payee = scheme.gang, path[position], path[position + 1]
    if position == 0:
        got = scheme.spend("hop", now, payer, payee, amount)
    else:
        got = scheme.pass_on("hop", cut * float(gang.rng.uniform(0.8, 1.2)), payee, payer, amount, now)
    if got and position + 2 < len(path):
        low, high = (36, 96) if scheme.careful else (0.2, 10)
        gang.at(gang.in_hours(now, low, high), partial(_hop, scheme, path, position + 1, got, cut))


# L09


@detour(least=180_000)
def stacked(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L09: three or four mules pay nearly all of three or four others within days; in half of the cases once more.

    Careful: each of the first pays one or two of the others, over weeks.
    """
    rng, careful = gang.rng, gang.next_is_careful()
    depth = 3 if not careful and rng.random() < 0.5 else 2
    layers = [
        [link(gang, now, careful, 0.35 if level == 1 else 0.0) for _ in range(_width(gang, amount))]
        for level in range(depth)
    ]
    scheme = Scheme(gang, "L09", layers[0][0], careful, now, source, amount)
    scheme.fan("split", source, layers[0], scheme.left, 8, now)
    pause = 8.0 if careful else 3.0  # days from one layer to the next
    for level, (layer, following) in enumerate(zip(layers, [*layers[1:], [target]], strict=True)):
        opening = now + int(((level + 0.4) * pause + 0.5) * DAY)
        for place, mule in enumerate(layer):
            payees = following if following == [target] else _partners(gang, following, place, careful)
            hours = pause * 8
            gang.at(gang.awake(opening + int(rng.uniform(0, 8) * HOUR)), partial(_serve, scheme, mule, payees, hours))
    end = now + int((depth + 1) * pause * DAY) + 2 * DAY
    scheme.close(end, lambda: _crossed(scheme, layers[0], layers[1]))


def _width(gang: Gang, amount: int) -> int:
    return 3 if amount < 400_000 else int(gang.rng.integers(3, 5))


def _partners(gang: Gang, layer: list[int], place: int, careful: bool) -> list[int]:
    """Choose whom a mule pays: all but at most one, taken in turn; when careful one of them, the first mule two."""
    if careful:
        return [layer[(place + step) % len(layer)] for step in range(2 if place == 0 else 1)]
    left_out = place % len(layer) if gang.rng.random() < 0.6 else -1
    chosen = [one for position, one in enumerate(layer) if position != left_out]
    gang.rng.shuffle(chosen)
    return chosen


def _serve(scheme: Scheme, mule: int, payees: list[int], hours: float, now: int) -> None:
    """Pay what a mule holds, less its cut, to all of `payees`."""
    gang = scheme.gang
    held = gang.held(mule)
    kept = gang.move("cut", now, mule, "cost:mule", int(held * gang.rng.uniform(*CUT)))
    scheme.fan("pass_on", mule, payees, held - kept, hours, now, uneven=0.2)


def _crossed(scheme: Scheme, senders: list[int], receivers: list[int]) -> bool:
    edges = {(one.debtor, one.creditor) for one in scheme.paid if one.debtor in senders and one.creditor in receivers}
    return len(edges) >= 0.6 * len(senders) * len(receivers)


# L14


@detour(least=120_000)
def shared_identity(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L14: three to five accounts opened within two days from one device, with one address or e-mail, pay one payee.

    Careful: they share an address alone, as flats do, were opened at other times, and pay somebody else first.
    """
    rng, careful = gang.rng, gang.next_is_careful()
    cluster = _cluster(gang, now, careful, int(rng.integers(3, 6)))
    scheme = Scheme(gang, "L14", cluster[0], careful, now, source, amount)
    rounds = 1 if amount < 300_000 else int(rng.integers(1, 4))

    def onward(mule: int, got: int, then: int) -> None:
        if careful and not scheme.out_of(mule):
            friend, little = gang.outsider("unwitting"), int(rng.integers(15, 60)) * 100
            got -= scheme.pay("cover", then, mule, friend, min(little, got // 8))
        time = gang.in_hours(then, 20, 90) if careful else gang.in_hours(then, 1, 30)
        gang.at(time, partial(scheme.pass_on, "pass_on", float(rng.uniform(*CUT)), target, mule, got))

    for turn, part in enumerate(parts(gang, scheme.left, rounds)):
        time = gang.hour(now // DAY + 3 * turn, 9.0, 20.0) if turn else now
        scheme.step(time, now, partial(scheme.fan, "split", source, cluster, part, 9, then=onward))
    scheme.close(now + (rounds * 3 + 5) * DAY, lambda: len({one.debtor for one in scheme.into(target)}) >= 3)


def _cluster(gang: Gang, now: int, careful: bool, size: int) -> list[int]:
    """Open accounts under different names that have attributes in common."""
    rng, register = gang.rng, gang.bank.register
    batch = now // DAY - int(rng.integers(5, 25))
    own = register.size
    shared = {"address": own} if careful else {"device": own, ("address", "email")[int(rng.integers(0, 2))]: own}
    accounts = []
    for _ in range(size):
        day = batch - int(rng.integers(0, 200)) if careful else batch + int(rng.integers(0, 2))
        opened = {"joined": max(day, -1), "opened": register.first_day + day}
        accounts.append(gang.fresh("mule", now // DAY, **shared, **opened))
    return accounts


# S17

LARGEST: Final = 400_000
"""Pence of one payment to a platform at most, as banks cap them. Design."""


@detour(least=120_000)
def exit_to_crypto(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """S17: a mule takes fees on two days and sends most of them to a crypto platform within hours, by transfer or card.

    A fifth of fraud mules' outflow went by debit card to exchange, remittance and crypto firms (RUSI, Following the
    Fraud, 2025, second-hand). Careful mules wait for days and send a third that way, the rest to `target`.
    """
    rng, careful = gang.rng, gang.next_is_careful()
    scheme = Scheme(gang, "S17", gang.account("mule", now, careful), careful, now, source, amount)
    exchanges = gang.town.exchanges
    platform = gang.known(int(exchanges[int(gang.name[1:]) % exchanges.size]), "exchange")
    first, second = parts(gang, scheme.left, 2, 0.16)
    last = gang.in_days(now, int(rng.integers(1, 4)))
    _to_platform(scheme, source, target, platform, first, now)
    gang.at(last, partial(_to_platform, scheme, source, target, platform, second))
    scheme.close(last + 2 * DAY, lambda: _passed_through(scheme))


def _to_platform(scheme: Scheme, source: int, target: int, platform: int, amount: int, now: int) -> None:
    """Pay the mule, who turns all but a cut into crypto in two turns within eight hours."""
    gang, rng, mule = scheme.gang, scheme.gang.rng, scheme.account
    got = scheme.spend("credit", now, source, mule, amount)
    left = got - gang.move("cut", now, mule, "cost:mule", int(got * rng.uniform(*CUT)))
    if scheme.careful:
        time, rest = gang.in_hours(now, 48, 120), int(left * rng.uniform(0.5, 0.6)) // 1000 * 1000
        gang.at(time, partial(_convert, scheme, platform, int(left * rng.uniform(0.2, 0.38))))
        onward = partial(scheme.pay, "pass_on", debtor=mule, creditor=target, amount=rest)
        gang.at(gang.in_days(time, 1), onward)
        return
    soon = int(left * rng.uniform(0.62, 0.85))
    gang.at(now + int(rng.uniform(3, 40)) * MINUTE, partial(_convert, scheme, platform, soon))
    gang.at(gang.in_hours(now, 1.2, 8), partial(_convert, scheme, platform, left - soon))


def _convert(scheme: Scheme, platform: int, amount: int, now: int) -> None:
    """Send a sum to the platform, or buy by card, in parts of at most `LARGEST`."""
    gang, rng = scheme.gang, scheme.gang.rng
    count = -(-amount // LARGEST)
    for turn in range(count):
        buy = partial(_buy_crypto, scheme, platform, amount // count)
        gang.at(now + turn * int(rng.uniform(1, 5)) * MINUTE, buy)


def _buy_crypto(scheme: Scheme, platform: int, amount: int, now: int) -> None:
    gang = scheme.gang
    if gang.rng.random() < 0.3:
        scheme.buy("crypto", now, shop_of(gang, "6051"), amount, "6051", CRYPTO)
    else:
        words = word(gang, "own", absent=0.3) if gang.rng.random() < 0.3 else word(gang, "favour", absent=0.7)
        scheme.pay("crypto", now, scheme.account, platform, amount, words=words)


LAYERING: Final[dict[str, Layering]] = {
    "L03": pass_through,
    "L05": gather_scatter,
    "L06": scatter_gather,
    "L07": chain,
    "L09": stacked,
    "L14": shared_identity,
    "S17": exit_to_crypto,
}
