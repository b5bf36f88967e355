"""What the terminal shows of answers about money. It reads the documents that JSON would hold, and decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moneytrail.console import printable, show_table, stdout
from moneytrail.tracing import CONSERVING, MEANINGS, TOTALS, Rule
from moneytrail.wording import counted, listed, money, sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moneytrail.verify import TraceVerdict

COURT: Final = "Which rule applies is for the court. Poison is no claim: it bounds where to look."
LINKS_SHOWN: Final = 5
LATE_SHOWN: Final = 5


def show_trace(document: Mapping[str, Any], shown: int) -> None:
    """Where tainted money is: the accounts that hold most of it, what left, and by rule what went where."""
    currency, rules = document["currency"], list(document["rules"])
    _say_terms(document)
    largest = [(name, told) for name, told in document["accounts"].items() if told["high"]]
    rows = [
        (
            name,
            "at another bank" if told["at_another_bank"] else money(told["balance"], currency),
            sums(told["low"], told["high"], currency),
            _plain(told["rule_recommended"] or ""),
        )
        for name, told in largest[:shown]
    ]
    if rows:
        show_table("Tainted money, by account", ("account", "balance", "tainted, low to high", "begin with"), rows)
        show_table(
            "The same by rule",
            ("account", *map(_plain, rules)),
            [
                (name, *(money(document["rules"][rule][name]["tainted"], currency) for rule in rules))
                for name, _ in largest[:shown]
            ],
        )
    if len(largest) > len(rows):
        more = counted(len(largest) - len(rows), "more account")
        stdout().print(f"… and {more}; --limit N shows more, --json all.")
    _show_totals(document)
    stdout().print(_legend(rules))
    if not any(rule in CONSERVING for rule in rules):
        poisoned = sum(told["tainted"] for told in document["rules"]["poison"].values())
        stdout().print(
            f"Poison marks {counted(len(document['accounts']), 'account')} with {money(poisoned, currency)} in all."
        )
    if document["end_point_settled"] is False:
        stdout().print("Money went round too often to solve the end-point rule: do not use its figures.")
    _show_breaks(document)
    _show_beyond(document)
    stdout().print(COURT)


def _show_totals(document: Mapping[str, Any]) -> None:
    totals, currency = document["totals"], document["currency"]
    # A column of nothing but zeros says nothing; the three that everybody asks for are always there.
    places = [
        place
        for place in TOTALS
        if place in ("seeded", "in_accounts", "other_banks") or any(told[place] for told in totals.values())
    ]
    rows = [(_plain(rule), *(money(told[place], currency) for place in places)) for rule, told in totals.items()]
    if rows:
        show_table("What the seeds made tainted, and where it is", ("rule", *map(_plain, places)), rows)


def _say_terms(document: Mapping[str, Any]) -> None:
    """From which seeds, up to when, and what was left out."""
    floor = document["floor"]
    below = f"; a transfer's tainted part under {money(floor, document['currency'])} counts as clean" if floor else ""
    until = f", booked up to {document['until']}" if document["until"] else ""
    stdout().print(
        f"Followed from {counted(len(document['seeds']), 'seed')} through "
        f"{counted(document['ledger_transfers'], 'transfer')}{until}{below}."
    )
    late = document["seeds_after_the_end"]
    if late:
        count = counted(len(late), "seed is", "seeds are")
        stdout().print(f"{count} left out, being later: {printable(listed(late, LATE_SHOWN))}.", markup=False)


def _plain(name: str) -> str:
    """A name as it stands in JSON, as words."""
    return name.replace("_", " ")


def _legend(rules: Sequence[str]) -> str:
    told = [f"{_plain(rule)}: {MEANINGS[Rule(rule)].called}" for rule in rules]
    return "; ".join(one for one in told if len(set(one.split(": "))) > 1) + "."


def _show_breaks(document: Mapping[str, Any]) -> None:
    for kind, told in document["break_totals"].items():
        number = sum(1 for one in document["breaks"] if one["kind"] == kind)
        amounts = [amount for rule, amount in told.items() if rule != "says"]
        by_rule = sums(min(amounts), max(amounts), document["currency"])
        stdout().print(f"Break: {counted(number, 'transfer')}, {by_rule} by the rule: {told['says']}.")


def _show_beyond(document: Mapping[str, Any]) -> None:
    currency = document["currency"]
    links = sorted(document["value_links"], key=lambda one: -one["confidence"] * one["high"])[:LINKS_SHOWN]
    if links:
        show_table(
            "Value that may have come back over a break (in no total)",
            ("out", "back", "from", "to", "amount out", "amount back", "shared", "hours", "rivals", "confidence"),
            [_link(one, currency) for one in links],
        )
        _say_more(len(document["value_links"]) - len(links), document["value_links_left_out"])
    advances = sorted(document["advances"], key=lambda one: -one["claim"])[:LINKS_SHOWN]
    if advances:
        show_table(
            "Payments in advance that need evidence of coordination (in no total)",
            ("paid by", "repaid by", "account", "paid to", "claim", "funded by", "days", "rivals"),
            [_advance(one, currency) for one in advances],
        )
        _say_more(len(document["advances"]) - len(advances), document["advances_left_out"])


def _say_more(unshown: int, left_out: int) -> None:
    if unshown:
        stdout().print(f"… and {counted(unshown, 'more candidate')}; --json all.")
    if left_out:
        stdout().print(f"{counted(left_out, 'candidate')} beside these were less close and are not offered.")


def _link(one: Mapping[str, Any], currency: str) -> tuple[object, ...]:
    amounts = (money(one[name], currency) for name in ("out_amount", "back_amount"))
    sides = (one[name] for name in ("out", "back", "out_account", "back_account"))
    return (*sides, *amounts, one["shared"], f"{one['hours']:,.1f}", one["rivals"], f"{one['confidence']:.2f}")


def _advance(one: Mapping[str, Any], currency: str) -> tuple[object, ...]:
    sides = (one[name] for name in ("debit", "credit", "account", "paid_to"))
    return (*sides, money(one["claim"], currency), one["funded_by"], f"{one['days']:,.1f}", one["rivals"])


def show_origins(document: Mapping[str, Any], shown: int) -> None:
    """Where a balance came from."""
    currency, rules = document["currency"], document["rules"]
    rows = [
        (one["kind"], one["account"], one["transaction_id"] or "", *(money(one[rule], currency) for rule in rules))
        for one in document["origins"][:shown]
    ]
    title = f"Where the {money(document['balance'], currency)} in {document['account']} came from"
    show_table(title, ("origin", "account", "transfer", *map(_plain, rules)), rows)
    if len(document["origins"]) > shown:
        stdout().print(f"… and {len(document['origins']) - shown:,} more; --limit N shows more, --json all.")
    stdout().print("The rules that need to know which money is tainted cannot be run backwards; poison is no claim.")


def show_verdict(verdict: TraceVerdict, told: Mapping[str, Any]) -> None:
    """What a proof is a proof of, and what the checker says of it."""
    through = "through" if told["through_other_banks"] else "not through"
    stdout().print(
        printable(
            f"A trace from {counted(len(told['seeds']), 'seed')} ({listed(told['seeds'], LATE_SHOWN)}) by "
            f"{listed([_plain(rule) for rule in told['rules']])}, {through} other banks, with a floor of "
            f"{money(told['floor'], told['currency'])}; shown are {counted(told['transfers'], 'transfer')} of "
            f"{counted(told['accounts'], 'account')}, of {told['ledger_transfers']:,} in the ledger, the last booked "
            f"at {told['last_booked_at']}."
        ),
        markup=False,
    )
    for check in verdict.checks:
        if not check.held:
            stdout().print(printable(f"refused: {check.name}: {check.detail}"), markup=False)
    held = sum(check.held for check in verdict.checks)
    stdout().print(f"{'Confirmed' if verdict.confirmed else 'Refused'}: {held} of {len(verdict.checks)} checks hold.")
    for unseen in verdict.not_checkable:
        stdout().print(f"Not checkable: {unseen}.", markup=False)


def show_profit(document: Mapping[str, Any]) -> None:
    """A gang's books."""
    currency = document["currency"]

    def line(name: str, part: Mapping[str, int]) -> tuple[str, ...]:
        return name, money(part["estimate"], currency), sums(part["low"], part["high"], currency)

    rows = [line("takings", document["takings"]), line("refunds", document["refunds"])]
    for group, called in (("costs", "cost"), ("payments_on", "paid on")):
        rows += [
            line(f"{called}: {kind.replace('_', ' ')}", part) for kind, part in document[group].items() if part["high"]
        ]
    rows += [line("retained", document["retained"])]
    if document["elsewhere"]["high"]:
        rows += [line("overdrafts and below the floor", document["elsewhere"])]
    rows += [line("profit: takings less refunds and costs", document["profit"])]
    show_table("A gang's profit, as far as this ledger shows it", ("what", "estimate", "range"), rows)
    listed = ", ".join(document["controlled"][:12])
    more = f" and {len(document['controlled']) - 12} more" if len(document["controlled"]) > 12 else ""
    stdout().print(
        printable(f"Accounts that behave like the gang's own ({document['controlled_by']}): {listed}{more}."),
        markup=False,
    )
    stdout().print("Money that never touched this ledger is in no figure.")


def show_plan(document: Mapping[str, Any]) -> None:
    """Which accounts to freeze, and what that leaves."""
    currency = document["currency"]
    show_table(
        "Freeze, in this order",
        _PLAN,
        [_step(number, one, currency) for number, one in enumerate(document["accounts"], 1)],
    )
    if document["accounts"]:
        headings = ("account", "money stays", "lost an hour", "lever", "until it holds")
        rows = [_means(one, currency) for one in document["accounts"]]
        show_table("How long it stays, and what appears to be within reach", headings, rows)
    _say_plan(document, currency)
    _say_passed_over(document, currency)
    if document["left"]:
        left = [(one["account"], money(one["amount"], currency)) for one in document["left"][:LINKS_SHOWN]]
        show_table(f"Left in other accounts: {money(document['left_in_all'], currency)}", ("account", "amount"), left)
    if document["gone"]:
        gone = [(one["from"], one["to"], money(one["amount"], currency)) for one in document["gone"][:LINKS_SHOWN]]
        show_table(f"Gone all the same: {money(document['gone_in_all'], currency)}", ("from", "to", "amount"), gone)
    for turn in document["displacement"]:
        found, unfound = turn["when_they_are_found"], turn["while_new_accounts_are_not_found"]
        stdout().print(
            f"Round {turn['round']}, when the gang opens new accounts in their place: freezing again catches "
            f"{money(unfound['intercepted'], currency)} while they are not found, "
            f"{money(found['intercepted'], currency)} when they are."
        )


_PLAN: Final = ("", "account", "adds", "so far", "tainted now", "other money now", "other later")


def _step(number: int, one: Mapping[str, Any], currency: str) -> tuple[object, ...]:
    return (
        number,
        one["account"],
        money(one["gain"], currency),
        money(one["intercepted_so_far"], currency),
        _between(one["tainted_now"], currency),
        _between(one["collateral_now"], currency),
        money(one["collateral_later"], currency),
    )


def _means(one: Mapping[str, Any], currency: str) -> tuple[object, ...]:
    clock, levers = one["clock"], one["levers"]
    gone = clock["exit_eta_hours"] if clock else None
    return (
        one["account"],
        "not known" if gone is None else f"{gone:,.0f} hours, by {clock['exit_eta_from']}",
        "" if clock is None else money(clock["lost_per_hour"], currency),
        _plain(levers["best"] or levers["not_assessed"] or "none"),
        _plain(levers["meanwhile"] or ""),
    )


def _between(part: Mapping[str, int | None], currency: str) -> str:
    low, high = part["low"], part["high"]
    return "not known" if low is None or high is None else sums(low, high, currency)


def _say_passed_over(document: Mapping[str, Any], currency: str) -> None:
    rows = [
        (one["account"], money(one["amount"], currency), one["reason"])
        for one in document["not_proposed"][:LINKS_SHOWN]
    ]
    if rows:
        headings = ("account", "proceeds in or through it", "why not")
        show_table("Not proposed, those with most first", headings, rows)
    if document["not_proposed_in_all"] > len(rows):
        stdout().print(f"… and {counted(document['not_proposed_in_all'] - len(rows), 'more account')}.")


def _say_plan(document: Mapping[str, Any], currency: str) -> None:
    caught, rules = document["intercepted"], document["by_rule"].values()
    stdout().print(
        f"Expected to be caught within {document['horizon_days']:g} days of orders that hold in "
        f"{document['delay_hours']:g} hours: {money(caught, currency)} of {money(document['at_stake'], currency)} at "
        f"stake ({sums(min(rules, default=0), max(rules, default=0), currency)} over the rules; "
        f"{money(document['if_unknown_money_is_proceeds'], currency)} if unknown money is proceeds too)."
    )
    escape, there = document["could_leave_by_like_payments"], document["intercepted_of_what_is_there_now"]
    stdout().print(
        f"Of it {money(there, currency)} is there at {document['now']}; the rest is foreseen, from the last "
        f"{document['stretches']} stretches of as many days."
    )
    stdout().print(
        f"Through payments as large as those of the last stretch, by any rule, at most "
        f"{money(escape['before'], currency)} could leave the bank without the freeze, and "
        f"{money(escape['after'], currency)} with it; larger ones take more."
    )
    stdout().print(
        f"By this rule and forecast no plan among the accounts that may be proposed catches more than "
        f"{money(document['no_plan_catches_more_than'], currency)}."
    )
    for warning in document["warnings"]:
        stdout().print(f"Beware: {warning}.")
    stdout().print("An estimate from how the money moved before. What a court will order is for the court.")


def show_reach(items: Sequence[Mapping[str, Any]]) -> None:
    """Alerts by the money still in reach for an analyst's hour."""
    rows = [
        (
            one["alert_id"],
            sums(one["still_there"]["low"], one["still_there"]["high"], one["currency"]),
            money(one["still_there"]["likely"], one["currency"]),
            money(one["lost_per_hour"], one["currency"]),
            f"{one['analyst_hours']:g}",
            money(one["per_analyst_hour"], one["currency"]),
            one["headline"],
        )
        for one in items
    ]
    headings = ("alert", "still there", "likely", "lost an hour", "analyst hours", "in reach an hour", "headline")
    show_table("Alerts by money in reach for an analyst's hour", headings, rows)
