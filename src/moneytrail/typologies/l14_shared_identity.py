"""L14: accounts of different holders that are run by the same hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.graph import DAY, PULLED_CHANNELS
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.identity_groups import (
    HASHED,
    WORDS,
    Group,
    Marks,
    besides_address,
    groups_of,
    in_common,
    least_besides,
    marks_of,
)
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.typologies.windows import Chosen
from moneytrail.wording import between, counted, listed, money, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.kernels.ordering import Adjacency
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Firing, Windows

PULLED: Final = [CHANNELS.index(name) for name in PULLED_CHANNELS]

NAMED: Final = 4
"""Accounts of a group that its explanation names, at most."""

PARAMETERS = (
    Parameter(
        "window_days", 90, "days", 1, 365,
        "length of the sliding window in which the accounts transact, and of a period",
        "a cluster is used for some weeks and dropped", "design",
    ),
    Parameter(
        "holders", 3, "count", 2, 1000, "different holders of the accounts that transacted",
        "two may be a couple", "design",
    ),
    Parameter(
        "shared", 2, "count", 2, 5, "what the accounts have in common, the address left out",
        "one thing in common is a coincidence, or a shop's tablet", "design",
    ),
    Parameter(
        "shared_at_home", 3, "count", 2, 5, "the same, where they have the address in common too",
        "a family has an address and a device in common, and opens its accounts on one day", "design",
    ),
    Parameter(
        "batch_days", 2, "days", 0, 30, "how far apart their days of opening may lie to be one batch",
        "48 hours", "design",
    ),
    Parameter(
        "first_days", 180, "days", 1, 720, "how long after opening an account's first payee counts",
        "the first payee of an old account is no sign of who opened it", "design",
    ),
    Parameter(
        "payee_share", 0.8, "share", 0.001, 1.0,
        "share of what the accounts pushed to others that went to one payee: adds points",
        "one hand gathers in one place", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    marks = marks_of(ground, values)
    groups = groups_of(marks, values)
    if not groups:
        return
    events = _events(ground, marks, groups, values)
    seen = events.within(values["window_days"])
    holders = seen.different(marks.holder[events.peer])
    fires = holders >= values["holders"]
    pushed = _pushed(ground, events.ledger, events.peer)
    sent = seen.sum(np.where(pushed, events.amount, 0))
    told: set[tuple[int, ...]] = set()
    for firing in seen.strongest(fires, holders, sent):
        found = _found(ground, (seen, firing), (marks, groups[firing.account]), values)
        proof = (found.subject, *found.ledger.tolist())
        if proof not in told:
            # Two groups may show the same accounts and transfers in a window: that is one finding.
            told.add(proof)
            yield found


def _events(ground: Ground, marks: Marks, groups: list[Group], values: Values) -> Chosen:
    """Every transfer of every group, a list a group; `peer` is the account of the group, twice where both are."""
    graph = ground.graph
    booked = ground.by_channel("internal")
    indptr, ledger, member = [0], [], []
    for group in groups:
        parts = []
        for account in group.accounts:
            own = np.concatenate([_of(side, account) for side in (graph.outgoing, graph.incoming)])
            own = own[(graph.debtor[own] != graph.creditor[own]) & ~booked[own]]
            if group.by_payee:
                until = (int(marks.opened[account]) + int(values["first_days"])) * DAY
                own = own[(own >= marks.paid[account]) & (graph.time[own] < until)]
            parts.append(np.column_stack([own, np.full(own.size, account)]))
        rows = np.concatenate(parts)
        # Of one transfer between two of the group the debtor's side comes first.
        rows = rows[np.lexsort((graph.debtor[rows[:, 0]] != rows[:, 1], rows[:, 0]))]
        ledger.append(rows[:, 0])
        member.append(rows[:, 1])
        indptr.append(indptr[-1] + len(rows))
    places = np.concatenate(ledger).astype(np.int32)
    accounts = np.concatenate(member).astype(np.int32)
    return Chosen(np.array(indptr, np.int64), places, accounts, graph.time[places], graph.amount[places])


def _of(side: Adjacency, account: int) -> NDArray[np.int64]:
    return side.edge[side.indptr[account] : side.indptr[account + 1]].astype(np.int64)


def _pushed(ground: Ground, ledger: NDArray[np.signedinteger[Any]], member: NDArray[np.int32]) -> NDArray[np.bool_]:
    graph = ground.graph
    named = (graph.debtor[ledger] == member) & (graph.creditor[ledger] >= 0)
    # Asked of these alone: what the whole graph says of it costs a pass over all transfers.
    made: NDArray[np.bool_] = named & ~np.isin(graph.channel[ledger], PULLED)
    return made


def _found(ground: Ground, window: tuple[Windows, Firing], group: tuple[Marks, Group], values: Values) -> Found:
    graph, (seen, firing), (marks, own) = ground.graph, window, group
    part = slice(int(seen.begin[firing.place]), int(seen.end[firing.place]))
    ledger, member = seen.held.ledger[part].astype(np.int64), seen.held.peer[part]
    active, first = np.unique(member, return_index=True)
    outside = _pushed(ground, ledger, member) & ~np.isin(graph.creditor[ledger], own.accounts)
    out = ledger[outside]
    payee = _shared_payee(ground, marks, out)
    roles = dict.fromkeys(ledger[first].tolist(), "first transfer")
    roles |= dict.fromkeys(out[graph.creditor[out] == payee].tolist() if payee >= 0 else [], "to shared payee")
    proof = np.array(sorted(roles), np.int64)
    sums = int(graph.amount[out[graph.creditor[out] == payee]].sum()), int(graph.amount[out].sum())
    measures = _measure(marks, (own, active), sums, values)
    subject = int(member[0])
    return Found(
        subject=subject,
        ledger=proof,
        roles=[roles[place] for place in proof.tolist()],
        detectable=firing.fired,
        measures=measures,
        explanation=_explain(ground, (subject, active, payee), in_common(marks, own, values),
                             (ledger, {m.name: m for m in measures})),
    )  # fmt: skip


def _shared_payee(ground: Ground, marks: Marks, out: NDArray[np.int64]) -> int:
    """Whom most of the holders pushed money to, then most money, then first; -1 where nobody was paid by two."""
    graph = ground.graph
    best, chosen_ = (1, 0, 0), -1
    for payee in dict.fromkeys(graph.creditor[out].tolist()):
        paid = out[graph.creditor[out] == payee]
        holders = np.unique(marks.holder[graph.debtor[paid]]).size
        rank = (holders, int(graph.amount[paid].sum()), -int(paid[0]))
        if holders > 1 and rank > best:
            best, chosen_ = rank, payee
    return chosen_


def _measure(
    marks: Marks, group: tuple[Group, NDArray[np.int32]], sums: tuple[int, int], values: Values
) -> tuple[Measure, ...]:
    own, active = group
    common = in_common(marks, own, values)
    holders, besides = np.unique(marks.holder[active]).size, len(besides_address(common))
    wanted = least_besides(common, values)
    to_payee, sent = sums
    return (
        gate("holders", "different holders whose accounts transacted", holders, "count", values["holders"],
             points=margin(holders, values["holders"], 2, 0.10)),
        gate("shared", "things that their accounts have in common, the address left out", besides, "count", wanted,
             points=margin(besides, wanted, 2, 0.10)),
        booster("payee_share", "of what they pushed to others, to one payee that two or more paid",
                to_payee / sent if sent else 0.0, "share", values["payee_share"], points=0.20),
        booster("batch", "opened within days of each other (1 yes, 0 no)", float("batch" in common), "count", 1,
                points=0.10),
        fact("accounts", "accounts of the group that transacted", active.size, "count"),
        fact("sent", "what they pushed to others", sent, "minor units"),
        fact("to_payee", "of that, to the shared payee", to_payee, "minor units"),
    )  # fmt: skip


def _explain(
    ground: Ground,
    ends: tuple[int, NDArray[np.int32], int],
    common: list[str],
    shown: tuple[NDArray[np.int64], dict[str, Measure]],
) -> str:
    graph, (subject, active, payee), (ledger, m) = ground.graph, ends, shown
    currency = graph.reference_currency
    others = [graph.names[int(account)] for account in active if account != subject]
    said = (
        f"{sentence_id(graph.names[subject])} and {counted(len(others), 'other account')} "
        f"({listed(sorted(others), NAMED)}), of {counted(m['holders'].value, 'different holder')} in all, have in "
        f"common {listed([WORDS[name] for name in common])}. They were in use "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}."
    )
    if payee >= 0:
        to_payee, sent = (money(m[name].value, currency) for name in ("to_payee", "sent"))
        much = f"All of the {sent}" if m["to_payee"].value == m["sent"].value else f"{to_payee} of the {sent}"
        said += f" {much} that they sent to others went to one payee, account {graph.names[payee]}."
    return said + " The account named first is the one that was used first; the data do not say who runs them."


def _applicable(ground: Ground, _values: Values) -> str:
    if not any(ground.has(f"accounts.{name}") for name in HASHED):
        return "needs accounts.device_hash, email_hash, phone_hash or address_hash, of which the data have nothing"
    if not ground.has("accounts.device_hash") and not ground.has("accounts.opened"):
        return "needs accounts.device_hash or accounts.opened, of which the data have nothing"
    return ""


TYPOLOGY = Typology(
    id="L14",
    name="Shared-identity cluster",
    stage="any",
    summary="Accounts of different holders are run by the same hand.",
    definition=(
        "Accounts can have in common a hashed device, e-mail address, telephone number or address; their batch, when "
        "their days of opening lie at most `batch_days` apart; and their first payee, the first account that each "
        "pushed money to within `first_days` of its opening, where the data reach back to that day. For each two of "
        "these, one at least hashed, the largest sets of accounts that have both in common are groups, when they are "
        "of at least `holders` different parties (an account of unknown party is its own), have the device or the "
        "batch in common, and have at least `shared` of these in common besides the address: at least "
        "`shared_at_home` where they share the address too, as a family does. The first payee counts only where it is "
        "one of the two, and then only an account's transfers from that payment on, within `first_days` of its "
        "opening, are looked at. A group inside another that needs no payee more is left out. At each transfer of a "
        "group (not to oneself, not booked by the bank itself), its transfers in the window that ends there (left end "
        "excluded, right end included) are looked at; the gate holds when accounts of at least `holders` holders "
        "transacted. One match is kept for each group and period of one window length, counted from 1 January 1970 "
        "UTC: the firing with most holders, then with most value pushed, then the earliest; of equal evidence one. "
        "Not covered: networks and SIM cards seen at log-in, which no column holds, and a batch with a common payee "
        "but nothing hashed in common."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("first transfer", "an account's first transfer in the window", "account of the group"),
        Role("to shared payee", "money pushed to the payee that most of the holders paid", "shared payee"),
    ),
    subject_part="account of the group",
    sources=(
        Source("Visual Analytics", "Link chart newsletter, volume 4, issue 2", 2005),
        # That it names shared identifiers in detail is unverified.
        Source("FinCEN", "FIN-2014-A008, advisory on human smuggling and trafficking", 2014, second_hand=True),
    ),
    innocent_explanations=(
        "a family or a shared house",
        "students of one hall",
        "a carer or a community centre that helps with accounts",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + int(values["first_days"]) + 2,
    applicable=_applicable,
    amltrix=("T0075.001",),
)  # fmt: skip
