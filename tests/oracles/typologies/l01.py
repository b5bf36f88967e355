"""L01 by its definition. Imports nothing of ours."""

from __future__ import annotations

from tests.oracles import structuring
from tests.oracles.book import DAY, Instance, Transfer, Values, World, book, thousandths

EVER = -(10**18)

JULY_2027 = 21_009 * 24 * 3_600_000_000
"""10 July 2027, in microseconds."""

LINES = {
    "GBP": ((100_000, ("cash", "wire"), EVER), (1_000_000, ("cash",), EVER), (2_000_000, ("cash",), EVER)),
    "EUR": ((300_000, ("cash",), JULY_2027), (1_000_000, ("cash",), JULY_2027)),
    "USD": ((300_000, ("wire",), EVER), (1_000_000, ("cash",), EVER)),
    "AUD": ((1_000_000, ("cash",), EVER),),
    "CAD": ((1_000_000, ("cash",), EVER),),
}
"""By currency: the line, the channels and the first moment for which it applies."""


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    gate = l01_gate(values)
    found = []
    for currency, lines in LINES.items():
        for line, channels, since in lines:
            places = [i for i, t in enumerate(seen.transfers) if is_counted(t, currency, channels, since)]
            credits_ = [(seen.rows[i][1], seen.rows[i][2], seen.rows[i][3]) for i in places]
            for hugging, fired in structuring.structured(credits_, line, gate):
                proof = [places[i] for i in hugging.window if credits_[i][2] < line]
                by_count = hugging.near >= gate.credits
                gates: dict[str, float] = {
                    "credits" if by_count else "sum": hugging.near if by_count else hugging.total,
                    "excess": hugging.over,
                }
                found.append(seen.instance(hugging.account, proof, places[fired], gates))
    return found


def is_counted(transfer: Transfer, currency: str, channels: tuple[str, ...], since: int) -> bool:
    creditor = transfer["creditor_account"]
    pushed_in = creditor is not None and creditor != transfer["debtor_account"]
    applies = transfer["channel"] in channels and transfer["currency"] == currency and transfer["time"] >= since
    return bool(applies and pushed_in)


def l01_gate(values: Values) -> structuring.Gate:
    return structuring.Gate(
        window=int(values["window_days"] * DAY),
        lookback=int(values["lookback_days"] * DAY),
        credits=int(values["credits"]),
        near_share=thousandths(values["near_share"]),
        sum_share=thousandths(values["sum_share"]),
        excess=int(values["excess"]),
    )
