"""What the service is asked about money, and answers, as it stands in the OpenAPI document."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from moneytrail.disruption import Budget
from moneytrail.money.questions import PlanQuestion, TraceQuestion
from moneytrail.tracing import Rule, Standing
from moneytrail.tracing.rules import ordered
from moneytrail_api.models import Moment, Text

RuleName = Literal["fifo", "lifo", "haircut", "pari_passu", "clean_first", "tainted_first", "poison"]
Holder = Literal["suspect", "victim", "unknown"]
Cost = Annotated[int, Field(ge=1, le=10**9)]


class MoneyQuestion(BaseModel):
    """From where money is to be followed."""

    model_config = ConfigDict(extra="forbid")

    run_id: Annotated[
        Text | None, Field(description="Whose ledger; default: that of the alerts, else the newest run with one.")
    ] = None
    alert_ids: Annotated[
        list[Text], Field(max_length=50, description="Alerts whose money is followed; all of one run.")
    ] = []
    seeds: Annotated[
        list[Text], Field(max_length=2000, description="Transaction ids of transfers whose money is tainted.")
    ] = []
    until: Annotated[Moment | None, Field(description="Transfers booked later do not count.")] = None
    floor: Annotated[
        str,
        Field(
            max_length=30,
            pattern=r"^\d+(\.\d+)?$",
            description="A transfer's smaller tainted part counts as clean, and is told as dropped; whole units.",
            examples=["0", "1.00"],
        ),
    ] = "0"
    through_other_banks: Annotated[
        bool, Field(description="Follow money through accounts at other banks, as far as it is seen.")
    ] = False
    held_to_be: Annotated[
        dict[Text, Holder],
        Field(max_length=1000, description="What holders are held to be, by account; over what the alerts say."),
    ] = {}
    picture: Annotated[bool, Field(description="Add the flows as SVG.")] = False

    def question(self, rules: tuple[Rule, ...], standing: dict[str, Standing], *, equal: bool = False) -> TraceQuestion:
        """Return the question as the package takes it; `standing` is what the alerts say."""
        return TraceQuestion(
            seeds=self.seeds,
            rules=rules,
            until=self.until,
            floor=self.floor,
            through_other_banks=self.through_other_banks,
            held_to_be=standing | {account: Standing(told) for account, told in self.held_to_be.items()},
            equal_victims=equal,
        )


class NewTrace(MoneyQuestion):
    """A trace that is wanted."""

    rules: Annotated[list[RuleName], Field(min_length=1, description="Default: all.")] = list(Rule)
    equal_victims: Annotated[bool, Field(description="Equally innocent victims would share the loss.")] = False
    accounts: Annotated[
        int, Field(ge=0, le=100_000, description="At most so many accounts, those with most tainted money first.")
    ] = 100
    transfers: Annotated[bool, Field(description="Add every transfer that carried tainted money.")] = False
    proof: Annotated[bool, Field(description="Add what `moneytrail verify-trace` replays.")] = False

    def chosen(self) -> tuple[Rule, ...]:
        """Return the rules, each once, in their order."""
        return ordered([Rule(rule) for rule in self.rules])


class NewFreezePlan(MoneyQuestion):
    """A freeze plan that is wanted."""

    budget: Annotated[int | None, Field(ge=1, le=1000, description="At most so many accounts; default 5.")] = None
    cost_budget: Annotated[Cost | None, Field(description="At most so much for all of them.")] = None
    costs: Annotated[dict[Text, Cost], Field(max_length=1000, description="By account; every other one costs 1.")] = {}
    delay_hours: Annotated[float, Field(ge=0, le=8784, description="Until orders take effect.")] = 48
    horizon_days: Annotated[float, Field(gt=0, le=366, description="How long after that money counts.")] = 14
    move_by: Annotated[
        Literal["fifo", "lifo", "haircut", "clean_first", "tainted_first"],
        Field(description="By which rule money is taken to have moved; no claim."),
    ] = "tainted_first"
    only: Annotated[list[Text] | None, Field(max_length=1000, description="Propose none but these accounts.")] = None
    least_share: Annotated[
        float, Field(ge=0, le=1, description="Propose no account of whose money a smaller share is proceeds.")
    ] = 0.1
    rounds: Annotated[int, Field(ge=0, le=5, description="How often the gang replaces what was frozen.")] = 1

    def plan(self) -> PlanQuestion:
        """Return the question as the package takes it."""
        most = self.budget if self.budget is not None or self.cost_budget is not None else 5
        return PlanQuestion(
            budget=Budget(most, self.cost_budget, self.costs),
            delay=timedelta(hours=self.delay_hours),
            horizon=timedelta(days=self.horizon_days),
            rule=Rule(self.move_by),
            only=self.only,
            least_share=self.least_share,
            rounds=self.rounds,
        )


class MoneyFilters(BaseModel):
    """How an alert's money is followed."""

    model_config = ConfigDict(extra="forbid")

    through_other_banks: Annotated[
        bool, Field(description="Follow money through accounts at other banks, as far as it is seen.")
    ] = False
    picture: Annotated[bool, Field(description="Add the flows as SVG.")] = False


class Amounts(BaseModel):
    """A range: minor units of the answer's currency."""

    model_config = ConfigDict(extra="allow")

    low: int | None
    high: int | None


class MoneyAnswer(BaseModel):
    """What every answer about money has. Amounts are whole minor units of `currency`."""

    model_config = ConfigDict(extra="allow")

    currency: Annotated[str, Field(examples=["GBP"])]
    seeds: Annotated[list[str], Field(description="The transfers whose money was followed.")]
    source: Annotated[dict[str, JsonValue], Field(description="The run, its ledger's fingerprint, its transfers.")]
    picture: Annotated[str | None, Field(description="SVG, where it was asked for.")] = None


class TraceAnswer(MoneyAnswer):
    """Where the money is, by rule and account."""

    rules: Annotated[
        dict[str, dict[str, dict[str, int | None]]],
        Field(description="By rule and account: `tainted` and `unknown` money."),
    ]
    accounts: Annotated[
        dict[str, dict[str, Any]],
        Field(description="Balance, `low` and `high` over the rules but poison, the rule to begin with and why."),
    ]
    accounts_in_all: int
    totals: Annotated[dict[str, dict[str, int]], Field(description="By rule: what was seeded, and where it is.")]
    break_totals: dict[str, dict[str, JsonValue]]
    transfers_in_all: int
    transfers: list[dict[str, JsonValue]] = []
    proof: dict[str, Any] | None = None


class AlertMoney(MoneyAnswer):
    """An alert's money: where it is, how long it will stay, what can be done about it."""

    headline: str
    in_reach: dict[str, JsonValue]
    accounts: list[dict[str, Any]]
    accounts_in_all: int
    totals: dict[str, dict[str, int]]
    profit: dict[str, Any]


class FreezePlanAnswer(MoneyAnswer):
    """Which accounts to freeze, in order, and what that leaves. Expected minor units."""

    accounts: list[dict[str, Any]]
    intercepted: int
    at_stake: int
    no_plan_catches_more_than: int
    guarantee: Annotated[float, Field(description="The share of the best plan's catch that is certain.")]
    by_rule: dict[str, int]
    intercepted_of_what_is_there_now: Annotated[int, Field(description="The rest is foreseen to come in.")]
    question: Annotated[dict[str, Any], Field(description="What was asked: with the ledger it gives the plan again.")]
    could_leave_by_like_payments: Annotated[
        dict[str, JsonValue],
        Field(description="A maximum flow through payments as large as the last stretch's, by any rule."),
    ]
    displacement: list[dict[str, Any]]
