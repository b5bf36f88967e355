"""L14: three accounts opened on one day from one device pay one account; and what only looks like it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

Links = dict[str, dict[str, Any]]

CLUSTER = """
2025-05-01 09:00  Town  -> Shop   20
2025-05-20 09:00  Payer -> Agron  500
2025-05-20 10:00  Agron -> Chief  450
2025-05-21 09:00  Payer -> Bekim  500
2025-05-21 10:00  Bekim -> Chief  450
2025-05-22 09:00  Payer -> Clirim 500
2025-05-22 10:00  Clirim -> Chief 450
"""
NAMES = ("Agron", "Bekim", "Clirim")


def alike(**common: Any) -> Links:
    """Return three accounts of three parties with something in common."""
    return {name: {"party": name} | common for name in NAMES}


ONE_HAND = alike(device_hash="d", email_hash="e")


def test_three_holders_with_two_things_in_common_are_found() -> None:
    (match,) = matches("L14", CLUSTER, ONE_HAND)
    assert match["subject"] == "Agron"
    assert match["evidence"] == {"first transfer": ["t1", "t3", "t5"], "to shared payee": ["t2", "t4", "t6"]}
    assert f"{match['detectable_at']:%d %H}" == "22 09"
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"holders": 3, "shared": 2}
    said = match["explanation"]
    assert said.startswith("Account Agron and 2 other accounts (Bekim and Clirim), of 3 different holders in all, ")
    assert "have in common a device and an e-mail address." in said
    assert "All of the £1,350.00 that they sent to others went to one payee, account Chief." in said


@pytest.mark.parametrize(
    ("common", "expected"),
    [
        ({"device_hash": "d"}, False),
        ({"device_hash": "d", "phone_hash": "p"}, True),
        ({"device_hash": "d", "opened": date(2025, 4, 20)}, True),
        ({"email_hash": "e", "opened": date(2025, 4, 20)}, True),
        ({"email_hash": "e", "phone_hash": "p"}, False),
        ({"opened": date(2025, 5, 2)}, False),
        ({"device_hash": "d", "opened": date(2025, 5, 2), "address_hash": "a"}, True),
    ],
    ids=("device", "device and phone", "device and batch", "e-mail and batch", "no device, no batch",
         "batch and first payee: nothing hashed", "at home: device, batch and first payee"),
)  # fmt: skip
def test_what_must_be_in_common(common: dict[str, Any], expected: bool) -> None:
    assert fires("L14", CLUSTER, alike(**common)) is expected


@pytest.mark.parametrize(("last", "expected"), [(date(2025, 4, 22), True), (date(2025, 4, 23), False)])
def test_a_batch_is_opened_within_48_hours(last: date, expected: bool) -> None:
    links = alike(email_hash="e", opened=date(2025, 4, 20))
    links["Clirim"]["opened"] = last
    assert fires("L14", CLUSTER, links) is expected


def test_two_holders_are_too_few() -> None:
    assert not fires("L14", CLUSTER, ONE_HAND | {"Clirim": ONE_HAND["Clirim"] | {"party": "Bekim"}})


@pytest.mark.parametrize(("begins", "expected"), [("2025-08-18 08:59", True), ("2025-08-18 09:00", False)])
def test_all_must_transact_within_the_window(begins: str, expected: bool) -> None:
    """Ninety days after Agron's credit; what he paid on and Bekim's transfers are left out."""
    late = f"2025-05-20 09:00  Payer -> Agron 500\n2025-06-21 09:00 Payer -> Bekim 500\n{begins} Payer -> Clirim 500\n"
    assert fires("L14", late, ONE_HAND) is expected


def test_a_first_payee_counts_only_when_the_data_show_the_first_payment() -> None:
    links = alike(device_hash="d", opened=None)
    days = (date(2025, 5, 2), date(2025, 5, 6), date(2025, 5, 10))
    apart = {name: links[name] | {"opened": day} for name, day in zip(NAMES, days, strict=True)}
    assert fires("L14", CLUSTER, apart)
    assert not fires("L14", CLUSTER, apart | {"Agron": apart["Agron"] | {"opened": date(2025, 4, 30)}})
    assert not fires("L14", CLUSTER.replace("Clirim -> Chief", "Clirim -> Friend"), apart)


def test_a_family_shares_its_address_its_tablet_and_the_day_it_joined() -> None:
    """Three grown-ups at one address, each with friends of their own."""
    home = alike(address_hash="12 Elm Road", device_hash="tablet", opened=date(2025, 5, 2))
    own = CLUSTER.replace("Bekim -> Chief", "Bekim -> Friend").replace("Clirim -> Chief", "Clirim -> Shop")
    assert not fires("L14", own, home)


def test_students_of_one_hall_share_an_address_and_a_day() -> None:
    assert not fires("L14", CLUSTER, alike(address_hash="Hall", opened=date(2025, 5, 2)))


def test_a_carer_or_a_community_centre_shares_one_device() -> None:
    assert not fires("L14", CLUSTER, alike(device_hash="tablet at the centre"))
