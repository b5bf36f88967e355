"""What the service is asked about money, as it stands in the OpenAPI document."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from moneytrail.disruption import Budget
from moneytrail.money.questions import PlanQuestion, TraceQuestion
from moneytrail.tracing import Rule, Standing
from moneytrail.tracing.rules import ordered
from moneytrail_api.models import Moment, Text

RuleName = Literal["fifo", "lifo", "haircut", "pari_passu", "clean_first", "tainted_first", "poison"]
Holder = Literal["suspect", "victim", "unknown"]
Cost = Annotated[int, Field(ge=1, le=10**9)]
Limit = Annotated[
    int,
    Field(
        ge=0,
        le=100_000,
        description="At most so many entries of a list, the first ones. Beside it stands how many there are in all, "
        "and `cut` says what is not listed; every figure and the proof are of all.",
    ),
]
LISTED = 10_000
"""Entries of a list unless told otherwise."""


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
    until: Annotated[
        Moment | None,
        Field(
            description="Transfers booked later do not count; ISO 8601 with a time zone.",
            examples=["2025-05-01T00:00:00Z"],
        ),
    ] = None
    floor: Annotated[
        str,
        Field(
            max_length=30,
            pattern=r"^[0-9]{1,13}(\.[0-9]+)?$",
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
    limit: Limit = LISTED

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
    transfers: Annotated[bool, Field(description="List the transfers that carried tainted money, and the breaks.")] = (
        False
    )
    proof: Annotated[bool, Field(description="Add what `moneytrail verify-trace` replays; whole, and long.")] = False

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
    limit: Limit = LISTED
