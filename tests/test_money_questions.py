"""From an alert to the transfers that brought its money in."""

from __future__ import annotations

from moneytrail import Pipeline
from moneytrail.money.questions import BRINGS, seeds_of
from moneytrail.simulate import simulate
from moneytrail.typologies import BESIDE, CATALOGUE

KNOWN = {typology.id: typology for typology in (*CATALOGUE, *BESIDE)}


def test_every_typology_says_which_roles_bring_money_in() -> None:
    assert set(BRINGS) == set(KNOWN)
    for name, roles in BRINGS.items():
        assert roles <= {role.name for role in KNOWN[name].roles}, name


def test_the_seeds_of_alerts_on_gangs_are_gangs_money() -> None:
    """Alerts of which half the evidence is a gang's; of their seeds most are, by amount."""
    bank = simulate(customers=600, days=90, seed=21, gangs=4, typologies=("S01", "L03", "L05"))
    report = Pipeline(parameters={"risk": {"raise_from": 0.0}}).run(bank.transfers, bank.accounts)
    guilty = set(bank.truth["transfers"]["transaction_id"])
    amount = dict(bank.transfers.select("transaction_id", "amount").iter_rows())
    true = [
        alert
        for alert in report.alerts
        if sum(one.transaction_id in guilty for one in alert.evidence) * 2 >= len(alert.evidence)
    ]
    assert true
    found = [seeds_of(alert) for alert in true]
    assert all(found)
    whole = sum(amount[seed] for seeds in found for seed in seeds)
    assert sum(amount[seed] for seeds in found for seed in seeds if seed in guilty) >= 0.8 * whole
