"""What the service answers about money, as it stands in the OpenAPI document.

The answers are those of :mod:`moneytrail.money.documents` and are sent as they are, not through these models: a test
holds the two against each other, field by field.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from moneytrail_api.money_models import Holder, RuleName

Minor = Annotated[int, Field(json_schema_extra={"format": "int64"})]
"""Whole minor units of the answer's currency."""

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2025-04-01T02:00:00+00:00"])]
Count = Annotated[int, Field(ge=0)]
AccountName = Annotated[str, Field(description="The account.")]
BreakName = Literal["cash", "other_bank", "purchaser_for_value_possible", "overdraft"]
Debtor = Annotated[str | None, Field(description="Who paid; null for cash paid in.")]
Creditor = Annotated[str | None, Field(description="Who was paid; null for cash taken out.")]
TransferAmount = Annotated[Minor, Field(description="What was paid, minor units.")]


class Amounts(BaseModel):
    """An amount that differs by the rule."""

    low: Annotated[Minor | None, Field(description="By the rule that finds least, minor units; null: not traced.")]
    high: Annotated[Minor | None, Field(description="By the rule that finds most, minor units; null: not traced.")]


class StillThere(Amounts):
    """Tainted money that is in an account now."""

    likely: Annotated[Minor | None, Field(description="By the rule that clocks go by, minor units.")]


class ThereNow(BaseModel):
    """Tainted money that is in some accounts now."""

    low: Annotated[Minor, Field(description="The sum of the low figures, minor units.")]
    likely: Annotated[Minor, Field(description="The sum of the likely figures, minor units.")]
    high: Annotated[Minor, Field(description="The sum of the high figures, minor units.")]


class Estimate(BaseModel):
    """An estimated amount and its range."""

    low: Annotated[Minor, Field(description="At least, minor units.")]
    estimate: Annotated[Minor, Field(description="Minor units.")]
    high: Annotated[Minor, Field(description="At most, minor units.")]


class Rows(BaseModel):
    """How long a ledger is."""

    kept: Annotated[Count, Field(description="Transfers in the ledger.")]


class LedgerSource(BaseModel):
    """Whose ledger it was."""

    run_id: Annotated[str, Field(description="The run that kept it.")]
    ledger: Annotated[str, Field(description="SHA-256 over its values.")]
    rows: Annotated[Rows, Field(description="Its size.")]


class MoneyAnswer(BaseModel):
    """What every answer about money has. Amounts are whole minor units of `currency`, times UTC."""

    currency: Annotated[str, Field(description="ISO 4217 code, or BTC, of every amount.", examples=["GBP"])]
    seeds: Annotated[list[str], Field(description="The transfers whose money was followed.")]
    seeds_in_all: Annotated[Count, Field(description="How many they are, listed or not.")]
    seeds_after_the_end: Annotated[list[str], Field(description="Those that were booked too late to count.")]
    seeds_after_the_end_in_all: Annotated[Count, Field(description="How many they are, listed or not.")]
    source: Annotated[LedgerSource, Field(description="The ledger.")]
    cut: Annotated[
        str | None,
        Field(
            description="Which lists are not whole, in words; every figure is of all entries. Null: all are whole, but "
            "a plan's `left` and `gone`, of which the 25 largest are listed."
        ),
    ]
    picture: Annotated[str | None, Field(description="The flows as SVG, where it was asked for.")]


class RuleTotals(BaseModel):
    """What the seeds made tainted by one rule, and where it is: the last seven add up to the first."""

    seeded: Annotated[Minor, Field(description="Made tainted, minor units.")]
    withdrawn: Annotated[Minor, Field(description="Gone with a seed that was taken back, minor units.")]
    in_accounts: Annotated[Minor, Field(description="In accounts at this bank, minor units.")]
    other_banks: Annotated[Minor, Field(description="At other banks, minor units.")]
    cash: Annotated[Minor, Field(description="Taken out as cash, minor units.")]
    overdrafts: Annotated[Minor, Field(description="Repaid overdrafts, minor units.")]
    dropped: Annotated[Minor, Field(description="Below the floor, minor units.")]
    rounding: Annotated[Minor, Field(description="Lost to rounding, minor units.")]


class AccountMoney(BaseModel):
    """What a trace says of one account."""

    balance: Annotated[Minor | None, Field(description="Minor units; null at another bank.")]
    at_another_bank: Annotated[bool, Field(description="Whether it is at another bank.")]
    low: Annotated[Minor | None, Field(description="Least tainted money over the rules but poison, minor units.")]
    high: Annotated[Minor | None, Field(description="Most tainted money over the rules but poison, minor units.")]
    held_to_be: Annotated[Holder, Field(description="What the holder is held to be.")]
    rule_recommended: Annotated[RuleName | None, Field(description="The rule to begin with; null: it was not traced.")]
    recommended: Annotated[Minor | None, Field(description="Tainted money by that rule, minor units.")]
    why: Annotated[str, Field(description="Why that rule.")]
    since: Annotated[Instant | None, Field(description="When tainted money first came; null where it is not told.")]


# Traces


class TracedAccount(AccountMoney):
    """One account of a trace."""

    purchaser_for_value_possible: Annotated[
        bool, Field(description="Whether it may have been paid for something, in good faith.")
    ]


class AccountByRule(BaseModel):
    """Money in one account by one rule."""

    tainted: Annotated[Minor, Field(description="Tainted money, minor units.")]
    unknown: Annotated[
        Minor | None,
        Field(description="Money of which nobody saw where it came from, minor units; null: the rule tells none."),
    ]


class TracedTransfer(BaseModel):
    """A transfer that carried tainted money."""

    transaction_id: Annotated[str, Field(description="The transfer.")]
    booked_at: Annotated[Instant, Field(description="When.")]
    debtor_account: Debtor
    creditor_account: Creditor
    amount: TransferAmount
    tainted: Annotated[dict[RuleName, Minor], Field(description="Tainted money in it by rule, minor units.")]


class BreakItem(BaseModel):
    """A transfer by which tainted money left what can be followed."""

    transaction_id: Annotated[str, Field(description="The transfer.")]
    booked_at: Annotated[Instant, Field(description="When.")]
    debtor_account: Debtor
    creditor_account: Creditor
    amount: TransferAmount
    kind: Annotated[BreakName, Field(description="How it left.")]
    low: Annotated[Minor, Field(description="Least tainted money over the rules but poison, minor units.")]
    high: Annotated[Minor, Field(description="Most tainted money over the rules but poison, minor units.")]


class BreakTotal(BaseModel):
    """Tainted money that left in one way, by each rule that was traced; poison tells none."""

    says: Annotated[str, Field(description="What that way is.")]
    fifo: Annotated[Minor | None, Field(description="Minor units; absent where not traced.")] = None
    lifo: Annotated[Minor | None, Field(description="Minor units; absent where not traced.")] = None
    haircut: Annotated[Minor | None, Field(description="Minor units; absent where not traced.")] = None
    pari_passu: Annotated[Minor | None, Field(description="Minor units; absent where not traced.")] = None
    clean_first: Annotated[Minor | None, Field(description="Minor units; absent where not traced.")] = None
    tainted_first: Annotated[Minor | None, Field(description="Minor units; absent where not traced.")] = None


class ValueLink(BaseModel):
    """Money that may have come back over a break. No proof, and in no total."""

    out: Annotated[str, Field(description="The transfer that took money out.")]
    back: Annotated[str, Field(description="The transfer that may have brought it back.")]
    out_account: Annotated[str, Field(description="From which account it went.")]
    back_account: Annotated[str, Field(description="To which account it may have come.")]
    out_amount: Annotated[Minor, Field(description="Paid out, minor units.")]
    back_amount: Annotated[Minor, Field(description="Paid in, minor units.")]
    high: Annotated[Minor, Field(description="Tainted money in `out`, at most, minor units.")]
    hours: Annotated[float, Field(description="Hours between them.")]
    shared: Annotated[str, Field(description="What the two accounts share.")]
    rivals: Annotated[Count, Field(description="Other candidates with the same `out` or the same `back`.")]
    left_out: Annotated[Count, Field(description="Candidates with the same `out` that are not offered.")]
    confidence: Annotated[float, Field(ge=0, lt=1, description="By likeness in amount and time, and rivals.")]


class Advance(BaseModel):
    """A payment that tainted money may have repaid afterwards. No proof, and in no total."""

    debit: Annotated[str, Field(description="The payment.")]
    credit: Annotated[str, Field(description="The transfer that brought tainted money later.")]
    account: Annotated[str, Field(description="Who paid.")]
    paid_to: Annotated[str | None, Field(description="Who was paid; null for cash.")]
    amount: Annotated[Minor, Field(description="Of the payment, minor units.")]
    tainted: Annotated[Minor, Field(description="Tainted money in `credit`, at most, minor units.")]
    claim: Annotated[Minor, Field(description="What may be claimed so, no penny twice over all rows, minor units.")]
    claim_alone: Annotated[Minor, Field(description="What may be claimed if this row alone is right, minor units.")]
    rivals: Annotated[Count, Field(description="Other candidates with the same `debit` or the same `credit`.")]
    left_out: Annotated[Count, Field(description="Candidates with the same `credit` that are not offered.")]
    funded_by: Annotated[Literal["overdraft", "loan", "own account"], Field(description="Out of what it was paid.")]
    days: Annotated[float, Field(description="Days between them.")]
    needs_coordination_evidence: Annotated[bool, Field(description="Always: nothing here shows one scheme.")]


class ProvedAccount(BaseModel):
    """An account of a proof."""

    opening: Annotated[Minor | None, Field(description="Opening balance, minor units; null: not known.")]
    outside: Annotated[bool, Field(description="Whether the trace stops there.")]


class TraceProof(BaseModel):
    """What `moneytrail verify-trace` replays. Never cut: its size grows with the statements of the accounts."""

    proof: Annotated[str, Field(description="The form.", examples=["moneytrail trace proof 1"])]
    rules: Annotated[list[RuleName], Field(description="The rules that were traced.")]
    currency: Annotated[str, Field(description="Of every amount.")]
    floor: Annotated[Minor, Field(description="A transfer's smaller tainted part counts as clean, minor units.")]
    ledger_transfers: Annotated[Count, Field(description="Transfers up to the end of the trace.")]
    through_other_banks: Annotated[bool, Field(description="Whether money was followed through other banks.")]
    seeds: Annotated[list[str], Field(description="All seeds.")]
    reversals: Annotated[list[list[str]], Field(description="Pairs: a transfer, and the one that it took back.")]
    accounts: Annotated[dict[str, ProvedAccount], Field(description="The accounts.")]
    columns: Annotated[list[str], Field(description="What stands in each row of `transfers`.")]
    transfers: Annotated[
        list[list[str | int | None]], Field(description="Every transfer of the accounts; amounts in minor units.")
    ]
    held: Annotated[
        dict[RuleName, dict[str, list[Minor | None]]],
        Field(description="By rule and account: tainted and unknown money in it, minor units."),
    ]
    carried: Annotated[
        dict[RuleName, dict[str, list[Minor | None]]],
        Field(description="By rule and transfer: tainted and unknown money in it, minor units."),
    ]
    funds: Annotated[dict[str, Minor], Field(description="Tainted part of each account's fund, minor units.")]
    totals: Annotated[dict[RuleName, RuleTotals], Field(description="By rule.")]


class TraceAnswer(MoneyAnswer):
    """Where the money is, by rule and account."""

    rules: Annotated[
        dict[RuleName, dict[str, AccountByRule]], Field(description="By rule, the money in each of `accounts`.")
    ]
    accounts: Annotated[dict[str, TracedAccount], Field(description="Those with most tainted money, the most first.")]
    accounts_in_all: Annotated[Count, Field(description="How many accounts are tainted, listed or not.")]
    totals: Annotated[dict[RuleName, RuleTotals], Field(description="By rule but poison; of all accounts.")]
    breaks: Annotated[list[BreakItem], Field(description="Where money left, in ledger order; asked for as transfers.")]
    breaks_in_all: Annotated[Count, Field(description="How many they are, listed or not.")]
    break_totals: Annotated[dict[BreakName, BreakTotal], Field(description="What left, by way; of all breaks.")]
    end_point_settled: Annotated[
        bool | None, Field(description="Whether the end-point rule came to rest; null: it was not traced.")
    ]
    value_links: Annotated[list[ValueLink], Field(description="Money that may have come back.")]
    value_links_in_all: Annotated[Count, Field(description="How many are offered, listed or not.")]
    value_links_left_out: Annotated[Count, Field(description="Less close candidates that are not offered.")]
    advances: Annotated[list[Advance], Field(description="Payments that tainted money may have repaid.")]
    advances_in_all: Annotated[Count, Field(description="How many are offered, listed or not.")]
    advances_left_out: Annotated[Count, Field(description="Earlier candidates that are not offered.")]
    transfers: Annotated[list[TracedTransfer], Field(description="In ledger order, where they were asked for.")]
    transfers_in_all: Annotated[Count, Field(description="How many carried tainted money, listed or not.")]
    until: Annotated[Instant | None, Field(description="Transfers booked later did not count.")]
    floor: Annotated[Minor, Field(description="A transfer's smaller tainted part counted as clean, minor units.")]
    through_other_banks: Annotated[bool, Field(description="Whether money was followed through other banks.")]
    ledger_transfers: Annotated[Count, Field(description="Transfers up to the end of the trace.")]
    proof: Annotated[TraceProof | None, Field(description="Of the whole trace, where it was asked for.")]


# What can be done about an account


class ClockItem(BaseModel):
    """How long an account's tainted money will stay."""

    account: AccountName
    still_there: Annotated[StillThere, Field(description="Tainted money in it now.")]
    exit_eta_hours: Annotated[float | None, Field(description="Median stay of the last tainted credits, hours.")]
    exit_eta_from: Annotated[Literal["its own", "its peers"] | None, Field(description="Whose stays these are.")]
    hazard_per_hour: Annotated[float, Field(description="Rate an hour at which the money leaves.")]
    lost_per_hour: Annotated[Minor, Field(description="What an hour of waiting costs, minor units.")]
    after_24_hours: Annotated[Minor, Field(description="Expected to be there in 24 hours, minor units.")]
    after_72_hours: Annotated[Minor, Field(description="Expected to be there in 72 hours, minor units.")]
    last_credit_age_hours: Annotated[float | None, Field(description="Hours since tainted money last came.")]
    recurring: Annotated[bool, Field(description="Whether it comes in spells.")]


class LeverItem(BaseModel):
    """A lever that appears to be within reach; no legal test is said to be met."""

    id: Annotated[str, Field(description="Names the lever.", examples=["account_freezing_order"])]
    name: Annotated[str, Field(description="Its name.")]
    law: Annotated[str, Field(description="What it rests on.")]
    firm: Annotated[bool, Field(description="Whether the figures appear to suffice by the low reading too.")]
    fast_enough: Annotated[bool | None, Field(description="Against the usual stay of the money; null: not known.")]
    clock: Annotated[str, Field(description="How long it lasts, and by when somebody must act.")]
    sentences: Annotated[list[str], Field(description="What was tested, with the figures, and what was not.")]


class LeversInReach(BaseModel):
    """The levers for one account."""

    best: Annotated[str | None, Field(description="The lever that fits best.")]
    meanwhile: Annotated[str | None, Field(description="What holds the money until then.")]
    not_assessed: Annotated[str | None, Field(description="Why nothing is said, where it is not.")]
    within_reach: Annotated[list[LeverItem], Field(description="Each that appears to be within reach.")]


# Alerts


class AlertAccount(AccountMoney):
    """An account that an alert's money reached."""

    account: AccountName
    subject: Annotated[bool, Field(description="Whether it is a subject of the alert.")]
    clock: Annotated[ClockItem | None, Field(description="Null at another bank.")]
    levers: Annotated[LeversInReach, Field(description="What can be done.")]


class InReach(BaseModel):
    """How much of an alert's money is still there, and how much that is for an analyst's hour."""

    still_there: Annotated[ThereNow, Field(description="In the accounts taken for the gang's.")]
    lost_per_hour: Annotated[Minor, Field(description="What an hour of waiting costs, minor units.")]
    analyst_hours: Annotated[float, Field(description="A guess from the number of transfers to read, hours.")]
    there_when_read: Annotated[Minor, Field(description="Expected to be there after them, minor units.")]
    per_analyst_hour: Annotated[Minor, Field(description="The same by the hour, minor units.")]
    accounts: Annotated[Count, Field(description="Accounts in which it is.")]


class ProfitItem(BaseModel):
    """A gang's books, as far as the bank can see them."""

    currency: Annotated[str, Field(description="Of every amount.")]
    controlled: Annotated[list[str], Field(description="Accounts taken for the gang's own.")]
    controlled_in_all: Annotated[Count, Field(description="How many they are, listed or not.")]
    takings: Annotated[Estimate, Field(description="Came in from outside.")]
    refunds: Annotated[Estimate, Field(description="Went back to those who had paid.")]
    costs: Annotated[dict[str, Estimate], Field(description="By kind, such as `travel` or `people`.")]
    payments_on: Annotated[dict[str, Estimate], Field(description="By kind, such as `cash` or `relatives`.")]
    retained: Annotated[Estimate, Field(description="Still in the controlled accounts.")]
    elsewhere: Annotated[Estimate, Field(description="Repaid overdrafts, or fell below the floor.")]
    profit: Annotated[Estimate, Field(description="Takings less refunds and costs.")]


class AlertMoney(MoneyAnswer):
    """An alert's money: where it is, how long it will stay, what can be done about it."""

    alerts: Annotated[list[str], Field(description="The alert.")]
    now: Annotated[Instant, Field(description="The ledger's last transfer.")]
    through_other_banks: Annotated[bool, Field(description="Whether money was followed through other banks.")]
    headline: Annotated[str, Field(description="Where the money is, in a sentence or two.")]
    in_reach: Annotated[InReach, Field(description="What is still there.")]
    accounts: Annotated[list[AlertAccount], Field(description="The first 25; the alert's subjects before others.")]
    accounts_in_all: Annotated[Count, Field(description="How many accounts are tainted, listed or not.")]
    totals: Annotated[dict[RuleName, RuleTotals], Field(description="By rule but poison; of all accounts.")]
    profit: Annotated[ProfitItem, Field(description="What the gang made.")]


# Freeze plans


class PlannedFreeze(BaseModel):
    """One account of a plan. Stop anywhere: what stands before is still a plan."""

    account: AccountName
    gain: Annotated[Minor, Field(description="Expected proceeds that it adds, minor units.")]
    intercepted_so_far: Annotated[Minor, Field(description="With it and all before it, minor units.")]
    of_what_is_there_now: Annotated[Minor, Field(description="The part that is there already, minor units.")]
    cost: Annotated[int, Field(description="Of freezing it, in the units of `costs`.")]
    balance: Annotated[Minor | None, Field(description="Now, minor units; null where it is not seen.")]
    tainted_now: Annotated[Amounts, Field(description="Tainted money in it, over the rules.")]
    unknown_now: Annotated[Minor, Field(description="Money in it of which nobody saw the source, minor units.")]
    collateral_now: Annotated[Amounts, Field(description="Other money frozen with it now.")]
    collateral_later: Annotated[Minor, Field(description="Other money expected to be frozen later, minor units.")]
    share_of_proceeds: Annotated[float, Field(ge=0, le=1, description="Proceeds in all money it has and gets.")]
    held_to_be: Annotated[Holder, Field(description="What the holder is held to be.")]


class ProposedFreeze(PlannedFreeze):
    """One account of the plan, with its clock and its levers."""

    clock: Annotated[ClockItem | None, Field(description="Null at another bank.")]
    levers: Annotated[LeversInReach, Field(description="What can be done; worked out for the first 25 accounts.")]


class NotProposedItem(BaseModel):
    """An account that proceeds are in or come through, and that is not proposed."""

    account: AccountName
    amount: Annotated[Minor, Field(description="These proceeds, expected, minor units.")]
    reason: Annotated[str, Field(description="Why it is not proposed.")]


class LeftItem(BaseModel):
    """Proceeds in an account at the end."""

    account: AccountName
    amount: Annotated[Minor, Field(description="Expected, minor units.")]


class GoneItem(BaseModel):
    """Proceeds that leave all the same."""

    payer: Annotated[str, Field(alias="from", description="From which account.")]
    to: Annotated[str, Field(description="To where: an account, or `cash`.")]
    amount: Annotated[Minor, Field(description="Expected, minor units.")]


class PlanFigures(BaseModel):
    """What a plan catches and what it leaves; expected amounts."""

    intercepted: Annotated[Minor, Field(description="What all of the accounts catch, minor units.")]
    intercepted_of_what_is_there_now: Annotated[
        Minor, Field(description="The part that is there already, minor units; the rest is foreseen to come in.")
    ]
    at_stake: Annotated[Minor, Field(description="Proceeds there at the freeze or coming in later, minor units.")]
    no_plan_catches_more_than: Annotated[Minor, Field(description="Within the same budget, minor units.")]
    guarantee: Annotated[float, Field(description="The share of the best plan's catch that is certain.")]
    by_rule: Annotated[
        dict[RuleName, Minor], Field(description="The catch if money moved by another rule, minor units.")
    ]
    if_unknown_money_is_proceeds: Annotated[Minor, Field(description="The catch then, minor units.")]
    accounts_chosen_then_too: Annotated[Count, Field(description="How many of the accounts.")]
    not_proposed: Annotated[list[NotProposedItem], Field(description="The 25 with most proceeds, the most first.")]
    not_proposed_in_all: Annotated[Count, Field(description="How many they are, listed or not.")]
    left: Annotated[list[LeftItem], Field(description="Proceeds in other accounts, the 25 largest.")]
    left_in_all: Annotated[Minor, Field(description="Proceeds in all other accounts, minor units.")]
    gone: Annotated[list[GoneItem], Field(description="Proceeds that leave, the 25 largest.")]
    gone_in_all: Annotated[Minor, Field(description="All proceeds that leave, minor units.")]


class NextPlan(PlanFigures):
    """A plan after the gang has replaced what was frozen."""

    accounts: Annotated[list[PlannedFreeze], Field(description="In order.")]


class DisplacementItem(BaseModel):
    """What happens once the gang has replaced the frozen accounts."""

    round: Annotated[int, Field(description="2 is the first after the plan.")]
    while_new_accounts_are_not_found: Annotated[NextPlan, Field(description="Of known accounts alone.")]
    when_they_are_found: Annotated[NextPlan, Field(description="Of all.")]


class EscapeItem(BaseModel):
    """A maximum flow through payments as large as the last stretch's, by any rule."""

    before: Annotated[Minor, Field(description="Could leave without the freeze, minor units.")]
    after: Annotated[Minor, Field(description="Could leave with it, minor units.")]
    stopped: Annotated[Minor, Field(description="The difference, minor units.")]
    bounded_by: Annotated[list[str], Field(description="The first 25 of the transfers that bound it.")]
    bounded_by_in_all: Annotated[Count, Field(description="How many they are, listed or not.")]


class PlanAsked(BaseModel):
    """What was asked: with the seeds and the ledger it gives the plan again."""

    accounts: Annotated[int | None, Field(description="At most so many.")]
    cost: Annotated[int | None, Field(description="At most so much for all of them.")]
    costs: Annotated[dict[str, int], Field(description="By account; every other one costs 1.")]
    only: Annotated[list[str] | None, Field(description="None but these accounts.")]
    least_share: Annotated[float, Field(description="No account with a smaller share of proceeds.")]
    rounds: Annotated[int, Field(description="How often the gang replaces what was frozen.")]
    held_to_be: Annotated[dict[str, Holder], Field(description="What holders are held to be, by account.")]
    held_to_be_in_all: Annotated[Count, Field(description="How many they are, listed or not.")]
    floor: Annotated[Minor, Field(description="Minor units.")]
    through_other_banks: Annotated[bool, Field(description="Whether an account at another bank was gone through.")]
    transfers: Annotated[Count, Field(description="Transfers of the ledger that counted.")]
    levers: Annotated[str, Field(description="Whose levers: a country code.", examples=["GB"])]
    version: Annotated[str, Field(description="Of moneytrail.")]


class FreezePlanAnswer(MoneyAnswer, PlanFigures):
    """Which accounts to freeze, in order, and what that leaves."""

    accounts: Annotated[list[ProposedFreeze], Field(description="In order; as many as the budget allows.")]
    could_leave_by_like_payments: Annotated[EscapeItem, Field(description="What no rule keeps from leaving.")]
    displacement: Annotated[list[DisplacementItem], Field(description="By round.")]
    question: Annotated[PlanAsked, Field(description="What was asked.")]
    rule: Annotated[RuleName, Field(description="By which money is taken to have moved.")]
    delay_hours: Annotated[float, Field(description="Until orders take effect, hours.")]
    horizon_days: Annotated[float, Field(description="How long after that money counts, days.")]
    now: Annotated[Instant, Field(description="The ledger's last transfer that counted.")]
    stretches: Annotated[Count, Field(description="Stretches of the past that the forecast rests on.")]
    warnings: Annotated[list[str], Field(description="What a reader must know before trusting the plan.")]
