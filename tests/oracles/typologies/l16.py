"""L16 by its definition, in worlds where nobody is paid a salary. Imports nothing of ours."""

from __future__ import annotations

import re

from tests.oracles.book import DAY, Book, Instance, Transfer, Values, World, book, thousandths

LOW_INCOME = ("student", "not working", "retired", "cleaner", "unemployed")
BOUGHT = re.compile(
    r"(?i)\b(tuition|term|hall fees|course|course fee|school fees|lessons|exam|instalment|college|university"
    r"|deposit for house|house deposit|reservation fee|completion"
    r"|stock|goods|wholesale|phones|spares|textiles|used car|vehicle purchase|rugs|purchase order|proforma|pro forma"
    r"|machinery|invoice|inv|order|item|deposit car|gold|sovereigns|jewellery|watch)\b"
)
CATEGORIES = (
    "8211", "8220", "8241", "8244", "8249", "8299", "6513", "5511", "5521", "5571", "5094", "5944",
)  # fmt: skip


def instances(world: World, values: Values) -> list[Instance]:
    seen = book(world.transfers, world.links)
    found = []
    for account, name in enumerate(seen.names):
        known = world.links.get(name, {})
        low = str(known.get("occupation", "")).lower() in LOW_INCOME
        if not low or known.get("kind") in ("business", "charity", "institution"):
            continue
        periods: dict[int, list[tuple[tuple[int, int, int], list[int], dict[str, float]]]] = {}
        for end in range(len(seen.rows)):
            if not counts_as_onward(seen, world, account, end, values):
                continue
            proof, gates = measured(seen, world, account, end, values)
            if holds(gates, values):
                strength = (int(gates["value"]), int(gates["credits"]), -end)
                period = seen.rows[end][2] // int(values["window_days"] * DAY)
                periods.setdefault(period, []).append((strength, proof, gates))
        for firings in periods.values():
            _, proof, gates = max(firings, key=lambda one: one[0])
            found.append(seen.instance(account, proof, -firings[0][0][2], gates))
    return found


def measured(seen: Book, world: World, account: int, end: int, values: Values) -> tuple[list[int], dict[str, float]]:
    now = seen.rows[end][2]
    window = [i for i in range(end + 1) if seen.rows[i][2] > now - values["window_days"] * DAY]
    credits_ = [i for i in window if counts_as_credit(seen, account, i, values)]
    onward = [i for i in window if counts_as_onward(seen, world, account, i, values)]
    abroad = sum(
        seen.rows[i][3]
        for i in range(end + 1)
        if seen.rows[i][1] == account != seen.rows[i][0]
        and is_abroad(seen.transfers[i])
        and seen.rows[i][2] > now - values["lookback_days"] * DAY
    )
    amounts = [seen.rows[i][3] for i in credits_]
    value = sum(amounts)
    gates = {
        "credits": len(credits_),
        "value": value,
        "largest_share": max(amounts, default=0) / max(value, 1),
        "onward_share": sum(seen.rows[i][3] for i in onward) / max(value, 1),
        "abroad_share": abroad / max(value, 1),
    }
    return sorted(credits_ + onward), gates


def holds(gates: dict[str, float], values: Values) -> bool:
    """With sums this small a share and its threshold are equal as floats where they are equal."""
    return (
        gates["credits"] >= values["credits"]
        and gates["value"] >= values["value"]
        and gates["onward_share"] >= thousandths(values["onward_share"]) / 1000
        and gates["largest_share"] <= thousandths(values["largest_share"]) / 1000
        and gates["abroad_share"] <= thousandths(values["abroad_share"]) / 1000
    )


def counts_as_credit(seen: Book, account: int, i: int, values: Values) -> bool:
    debtor, creditor, _, amount = seen.rows[i]
    if creditor != account or debtor == account or amount < values["credit"]:
        return False
    if seen.transfers[i]["channel"] == "cash":
        return not seen.relations[i].affiliated
    return seen.relations[i].stranger and not is_abroad(seen.transfers[i])


def is_abroad(transfer: Transfer) -> bool:
    return transfer.get("debtor_country") not in (None, "GB")


def counts_as_onward(seen: Book, world: World, account: int, i: int, values: Values) -> bool:
    debtor, creditor, time, _ = seen.rows[i]
    if debtor != account or creditor == account:
        return False
    recent = [
        j
        for j in range(i)
        if counts_as_credit(seen, account, j, values) and seen.rows[j][2] > time - values["onward_days"] * DAY
    ]  # fmt: skip
    return bool(recent) and moves_on(seen, world, i)


def moves_on(seen: Book, world: World, i: int) -> bool:
    debtor, creditor, _, _ = seen.rows[i]
    transfer = seen.transfers[i]
    if BOUGHT.search(transfer.get("reference") or "") or transfer.get("merchant_category") in CATEGORIES:
        return True
    if transfer["channel"] in ("cash", "wire", "crypto"):
        party = [world.links.get(seen.names[side], {}).get("party") for side in (debtor, creditor) if side >= 0]
        return len(party) < 2 or party[0] is None or party[0] != party[1] or seen.relations[i].stranger
    return seen.relations[i].stranger
