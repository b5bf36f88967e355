"""Layering: how money gets from one account of a gang to another by a detour, so that its way is hard to follow.

Definitions and their thresholds: L03, L05 to L07, L09 and L14 of the project's list of typologies. A naive attempt
satisfies its definition with some margin. A careful one goes through ordinary people's accounts, slower and through
fewer hands. Most mules bank here, else the bank would not see the pattern; two other banks never pay one another.
Sums, delays and counts are design unless a source is named.

The registries of the other two kinds of acts, of ``placing`` and ``integrating``, are given on here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from moneytrail.simulate.calendar import DAY, HOUR
from moneytrail.simulate.gangs.acts import Layering
from moneytrail.simulate.gangs.gang import Gang
from moneytrail.simulate.gangs.integrating import EXIT
from moneytrail.simulate.gangs.placing import PLACEMENT
from moneytrail.simulate.gangs.schemes import (
    CUT,
    MINUTE,
    Scheme,
    here,
    home,
    is_ours,
    later,
    less,
    link,
    parts,
    straight,
    total,
    waking,
)

__all__ = ["EXIT", "LAYERING", "PLACEMENT"]


# L03


def pass_through(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L03: one or two mules send on within minutes to hours what they get on two to four days.

    Over half of a fraud mule's money is gone within the hour (RUSI, Following the Fraud, 2025, second-hand). The second
    mule is at another bank in two of five cases, and else often worked from the device of the first.
    """
    amount = min(amount, gang.held(source))
    if amount < 130_000:
        straight(gang, now, source, target, amount)
        return
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
    mule = here(gang, "mule", now, careful, device)
    scheme = Scheme(gang, "L03", mule, careful)
    scheme.set_aside(now, source, amount)
    count = min(int(rng.integers(2, 5)), scheme.left // 60_000)
    day = now // DAY
    time = now if start < 0 else start
    for part in parts(gang, scheme.left, max(count, 1), 0.15):
        step = partial(_credit, scheme, source, target, part)
        if time <= now:
            step(now)
        else:
            gang.at(time, step)
        day += 1 + int(rng.random() < 0.3)
        time = gang.hour(day, 9.5, 20.0)
    scheme.close((day + 6) * DAY, lambda: _passed_through(scheme, mule))
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
        first, second = later(gang, now, 36, 70), later(gang, now, 75, 120)
    else:
        first = now + int(gang.rng.uniform(3, 50) * MINUTE)
        second = later(gang, now, 1.5, 8)
        soon = onward if gang.rng.random() < 0.45 else soon
    gang.at(first, partial(_leave, scheme, target, soon))
    gang.at(second, partial(_leave, scheme, target, onward - soon))
    gang.at(second, partial(_keep, scheme, got - onward))


def _keep(scheme: Scheme, amount: int, now: int) -> None:
    scheme.gang.move("cut", now, scheme.account, "cost:mule", amount)


def _leave(scheme: Scheme, target: int, amount: int, now: int) -> None:
    """Send on, or at times draw up to 500 pounds and send the rest on, or buy crypto with all of it.

    Of what leaves fraud mules 57 % are transfers and 10 % cash (RUSI, 2025, second-hand).
    """
    gang, way = scheme.gang, scheme.gang.rng.random()
    if way < 0.12:
        amount -= scheme.draw(now, scheme.account, amount, home(gang, scheme.account))
        now += 3 * MINUTE
    payee = gang.known(int(gang.rng.choice(gang.town.exchanges)), "exchange") if way > 0.95 else target
    gang.at(now, lambda then: _send(scheme, payee, amount, then))


def _send(scheme: Scheme, payee: int, amount: int, now: int) -> None:
    scheme.pay("pass_on", now, scheme.account, payee, amount)


def _passed_through(scheme: Scheme, mule: int) -> bool:
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

    gang.at(later(gang, now, 1, 30), back)


# L05


def gather_scatter(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L05: four to six mules pay one account, which pays four to six others some days later; all ends at the target.

    Careful: two or three on both sides, and a fortnight for it.
    """
    amount = min(amount, gang.held(source))
    if amount < 160_000:
        straight(gang, now, source, target, amount)
        return
    rng, careful = gang.rng, gang.next_is_careful()
    node = here(gang, "mule", now, careful)
    scheme = Scheme(gang, "L05", node, careful)
    scheme.set_aside(now, source, amount)
    low, high = (2, 4) if careful else (4, 7)
    givers = [link(gang, now, careful, 0.4) for _ in range(int(rng.integers(low, high)))]
    takers = [link(gang, now, careful, 0.4) for _ in range(int(rng.integers(low, high)))]
    cut = float(rng.uniform(*CUT))

    def give(mule: int, got: int, then: int) -> None:
        time = later(gang, then, 2, 120 if careful else 22)
        gang.at(time, partial(scheme.pass_on, "pass_on", cut, node, mule, got))

    def take(mule: int, got: int, then: int) -> None:
        gang.at(later(gang, then, 2, 40), partial(scheme.pass_on, "pass_on", cut, target, mule, got))

    def scatter(then: int) -> None:
        held = gang.held(node)
        kept = gang.move("cut", then, node, "cost:mule", int(held * cut))
        scheme.fan("pass_on", node, takers, held - kept, 200 if careful else 40, then, then=take)

    scheme.fan("pass_on", source, givers, scheme.left, 6, now, then=give)
    turn = later(gang, now, 150, 180) if careful else later(gang, now, 56, 72)
    gang.at(turn, scatter)
    scheme.close(turn + 5 * DAY, lambda: _scattered(scheme, node))


def _scattered(scheme: Scheme, node: int) -> bool:
    got, gone = scheme.into(node), scheme.out_of(node)
    payers, payees = {paid.debtor for paid in got}, {paid.creditor for paid in gone}
    return min(len(payers), len(payees)) >= 4 and 0.85 * total(got) <= total(gone)


# L06


def scatter_gather(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L06: an account splits a sum among four to six mules within a day, and all pay the same end within two.

    One of four mules is at another bank; two of three naive groups have a device in common. Careful: three or four
    mules, uneven parts, and four to nine days on the way.
    """
    amount = min(amount, gang.held(source))
    if amount < 120_000 or source == target:
        straight(gang, now, source, target, amount)
        return
    rng, careful = gang.rng, gang.next_is_careful()
    scheme = Scheme(gang, "L06", source, careful)
    scheme.set_aside(now, source, amount)
    first = here(gang, "mule", now, careful)
    device = first if rng.random() < 0.67 else -1
    more = int(rng.integers(2, 4) if careful else rng.integers(3, 6))
    mules = [first, *(link(gang, now, careful, 0.25, device) for _ in range(more))]

    def onward(mule: int, got: int, then: int) -> None:
        time = later(gang, then, 98, 210) if careful else later(gang, then, 2, 46)
        cut = float(rng.uniform(*CUT))
        gang.at(time, partial(scheme.pass_on, "pass_on", cut, target, mule, got))

    last = scheme.fan("split", source, mules, scheme.left, 20, now, uneven=0.5 if careful else 0.08, then=onward)
    scheme.close(last + (10 if careful else 3) * DAY, lambda: len({one.debtor for one in scheme.into(target)}) >= 3)


# L07


def chain(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L07: money hops through three or four mules in a line, each within half a day, each keeping a little.

    Larger sums go in two or three waves on following days. Careful: two mules, one and a half to four days at each.
    """
    amount = min(amount, gang.held(source))
    if amount < 60_000 or source == target:
        straight(gang, now, source, target, amount)
        return
    rng, careful = gang.rng, gang.next_is_careful()
    path = [source, here(gang, "mule", now, careful)]
    for _ in range(1 if careful else int(rng.integers(2, 4))):
        path.append(link(gang, now, careful, 0.45 if is_ours(gang, path[-1]) else 0.0))
    scheme = Scheme(gang, "L07", path[1], careful)
    scheme.set_aside(now, source, amount)
    cut = float(rng.uniform(0.015, 0.05))
    waves = max(1, min(int(rng.integers(1, 4)), amount // 150_000))
    for wave, part in enumerate(parts(gang, scheme.left, waves)):
        step = partial(_hop, scheme, (*path, target), 0, part, cut)
        if wave:
            gang.at(gang.hour(now // DAY + wave * (5 if careful else 2), 8.0, 15.0), step)
        else:
            step(now)
    scheme.close(now + (22 if careful else 9) * DAY, lambda: len(scheme.into(target)) > 0)


def _hop(scheme: Scheme, path: tuple[int, ...], position: int, amount: int, cut: float, now: int) -> None:
    """Pay from one account of the line to the next, and ask for the next hop."""
    gang, payer, payee = scheme.gang, path[position], path[position + 1]
    if position == 0:
        got = scheme.spend("hop", now, payer, payee, amount)
    else:
        got = scheme.pay("hop", now, payer, payee, less(gang, amount, cut * float(gang.rng.uniform(0.8, 1.2))))
        gang.move("cut", now, payer, "cost:mule", amount - got)
    if got and position + 2 < len(path):
        low, high = (36, 96) if scheme.careful else (0.2, 10)
        gang.at(later(gang, now, low, high), partial(_hop, scheme, path, position + 1, got, cut))


# L09


def stacked(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L09: three or four mules pay nearly all of three or four others within days; in half of the cases once more.

    Careful: each of the first pays one or two of the others, over weeks.
    """
    amount = min(amount, gang.held(source))
    if amount < 180_000:
        straight(gang, now, source, target, amount)
        return
    rng, careful = gang.rng, gang.next_is_careful()
    depth = 3 if not careful and rng.random() < 0.5 else 2
    layers = [
        [link(gang, now, careful, 0.35 if level == 1 else 0.0) for _ in range(_width(gang, amount))]
        for level in range(depth)
    ]
    scheme = Scheme(gang, "L09", layers[0][0], careful)
    scheme.set_aside(now, source, amount)
    scheme.fan("split", source, layers[0], scheme.left, 8, now)
    pause = 8.0 if careful else 3.0  # days from one layer to the next
    for level, (layer, following) in enumerate(zip(layers, [*layers[1:], [target]], strict=True)):
        opening = now + int(((level + 0.4) * pause + 0.5) * DAY)
        for place, mule in enumerate(layer):
            payees = following if following == [target] else _partners(gang, following, place, careful)
            hours = pause * 8
            gang.at(waking(gang, opening + int(rng.uniform(0, 8) * HOUR)), partial(_serve, scheme, mule, payees, hours))
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


def shared_identity(gang: Gang, now: int, source: int, target: int, amount: int) -> None:
    """L14: three to five accounts opened within two days from one device, with one address or e-mail, pay one payee.

    Careful: they share an address alone, as flats do, were opened at other times, and pay somebody else first.
    """
    amount = min(amount, gang.held(source))
    if amount < 120_000:
        straight(gang, now, source, target, amount)
        return
    rng, careful = gang.rng, gang.next_is_careful()
    cluster = _cluster(gang, now, careful, int(rng.integers(3, 6)))
    scheme = Scheme(gang, "L14", cluster[0], careful)
    scheme.set_aside(now, source, amount)
    rounds = 1 if amount < 300_000 else int(rng.integers(1, 4))

    def onward(mule: int, got: int, then: int) -> None:
        if careful and not scheme.out_of(mule):
            friend, little = gang.outsider("unwitting"), int(rng.integers(15, 60)) * 100
            got -= scheme.pay("cover", then, mule, friend, min(little, got // 8))
        time = later(gang, then, 20, 90) if careful else later(gang, then, 1, 30)
        gang.at(time, partial(scheme.pass_on, "pass_on", float(rng.uniform(*CUT)), target, mule, got))

    for turn, part in enumerate(parts(gang, scheme.left, rounds)):
        step = partial(_share, scheme, source, cluster, part, onward)
        if turn:
            gang.at(gang.hour(now // DAY + 3 * turn, 9.0, 20.0), step)
        else:
            step(now)
    scheme.close(now + (rounds * 3 + 5) * DAY, lambda: len({one.debtor for one in scheme.into(target)}) >= 3)


def _share(
    scheme: Scheme, source: int, cluster: list[int], part: int, then: Callable[[int, int, int], None], now: int
) -> None:
    scheme.fan("split", source, cluster, part, 9, now, then=then)


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


LAYERING: Final[dict[str, Layering]] = {
    "L03": pass_through,
    "L05": gather_scatter,
    "L06": scatter_gather,
    "L07": chain,
    "L09": stacked,
    "L14": shared_identity,
}
