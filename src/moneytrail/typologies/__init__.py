"""The catalogue of typologies: how smuggling money looks in bank data.

``CATALOGUE`` is the registry, in order of id. Add a file, add its ``TYPOLOGY`` here; nothing else knows the list.
"""

from __future__ import annotations

from typing import Final

from moneytrail.errors import ParameterError
from moneytrail.matches import Matches, Measure, Parameter, Role
from moneytrail.typologies import (
    l01_structuring,
    l02_cuckoo_smurfing,
    l03_mule_pass_through,
    l04_fan_out,
    l05_gather_scatter,
    l06_scatter_gather,
    l07_layered_chain,
    l08_round_trip,
    l09_bipartite,
    l10_cash_front,
    l11_wage_less_business,
    l12_third_party_settlement,
    l13_behaviour_change,
    l14_shared_identity,
    l15_integration_purchase,
    l16_mirror_account,
    m01_model_opinion,
    s01_seat_fee_fan_in,
    s02_instalment_ladder,
    s03_arrival_release_burst,
    s04_escrow,
    s05_failed_crossing_refund,
    s06_border_node,
    s07_funnel_account,
    s08_value_transfer,
    s09_broker_settlement,
    s10_nautical_procurement,
    s11_supplier_front,
    s12_coastal_logistics_burst,
    s13_crew_payouts,
    s14_debt_bondage,
    s15_bulk_travel_payer,
    s16_document_vendor,
    s17_crypto_exit,
    s18_fee_payer,
)
from moneytrail.typologies.base import Source, Typology

__all__ = [
    "BESIDE",
    "CATALOGUE",
    "Matches",
    "Measure",
    "Parameter",
    "Role",
    "Source",
    "Typology",
    "by_id",
]

CATALOGUE: Final[tuple[Typology, ...]] = (
    s01_seat_fee_fan_in.TYPOLOGY,
    s02_instalment_ladder.TYPOLOGY,
    s03_arrival_release_burst.TYPOLOGY,
    s04_escrow.TYPOLOGY,
    s05_failed_crossing_refund.TYPOLOGY,
    s06_border_node.TYPOLOGY,
    s07_funnel_account.TYPOLOGY,
    s08_value_transfer.TYPOLOGY,
    s09_broker_settlement.TYPOLOGY,
    s10_nautical_procurement.TYPOLOGY,
    s11_supplier_front.TYPOLOGY,
    s12_coastal_logistics_burst.TYPOLOGY,
    s13_crew_payouts.TYPOLOGY,
    s14_debt_bondage.TYPOLOGY,
    s15_bulk_travel_payer.TYPOLOGY,
    s16_document_vendor.TYPOLOGY,
    s17_crypto_exit.TYPOLOGY,
    s18_fee_payer.TYPOLOGY,
    l01_structuring.TYPOLOGY,
    l02_cuckoo_smurfing.TYPOLOGY,
    l03_mule_pass_through.TYPOLOGY,
    l04_fan_out.TYPOLOGY,
    l05_gather_scatter.TYPOLOGY,
    l06_scatter_gather.TYPOLOGY,
    l07_layered_chain.TYPOLOGY,
    l08_round_trip.TYPOLOGY,
    l09_bipartite.TYPOLOGY,
    l10_cash_front.TYPOLOGY,
    l11_wage_less_business.TYPOLOGY,
    l12_third_party_settlement.TYPOLOGY,
    l13_behaviour_change.TYPOLOGY,
    l14_shared_identity.TYPOLOGY,
    l15_integration_purchase.TYPOLOGY,
    l16_mirror_account.TYPOLOGY,
)


BESIDE: Final[tuple[Typology, ...]] = (m01_model_opinion.TYPOLOGY,)
"""What stands beside the catalogue and is looked for only where a run asks."""


def by_id(typology: str) -> Typology:
    """The entry with this id, of the catalogue or beside it.

    Raises
    ------
    ParameterError
        Naming the ids there are.
    """
    for entry in (*CATALOGUE, *BESIDE):
        if entry.id == typology:
            return entry
    raise ParameterError(f"no typology {typology!r}; there are {', '.join(t.id for t in (*CATALOGUE, *BESIDE))}")
