"""The application, built by a factory: nothing is opened or read when this module is imported."""

from __future__ import annotations

from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from moneytrail.storage import Store
from moneytrail_api import problems
from moneytrail_api.headers import Bodyless, Envelope
from moneytrail_api.ledgers import Ledgers
from moneytrail_api.limits import Limits
from moneytrail_api.routers import alerts, catalogue, health, money, runs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from moneytrail.disruption import Levers

_DESCRIPTION = """Ranked alerts on people-smuggling money, with the transfers that prove them.

Money is in whole minor units with its currency. Times are UTC. Every error is `application/problem+json`.
"""


def create_app(
    store: Store | str, *, typologies: Sequence[Mapping[str, Any]] | None = None, levers: Levers | None = None
) -> FastAPI:
    """Build the service over a store.

    Parameters
    ----------
    store : Store or str
        An open store, which stays open, or the address of one, which is opened here and closed at shutdown.
    typologies : sequence of mappings, optional
        The catalogue to show and to filter by, shaped as by :func:`moneytrail.typologies.describe`, which is the
        default.
    levers : Levers, optional
        What the law of the bank's country lets somebody do about an account; those that ship with the package unless
        told otherwise.

    Raises
    ------
    StoreError
        The store cannot be opened.
    """
    opened = Store.open(store) if isinstance(store, str) else store

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        if isinstance(store, str):
            opened.close()

    app = FastAPI(
        title="moneytrail",
        version=version("moneytrail"),
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0"},
        lifespan=lifespan,
        # The framework's pages load scripts from a public content network.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    shown = catalogue.catalogue_of(typologies)
    app.state.store = opened
    app.state.ledgers = Ledgers()
    app.state.levers = levers
    app.state.typology_ids = tuple(typology.id for typology in shown.items)
    for router in (alerts.router, money.router, catalogue.catalogue_router(shown), runs.router, health.router):
        app.include_router(router)
    problems.install(app)
    # The last one added stands outside.
    app.add_middleware(Limits)
    app.add_middleware(Bodyless)
    app.add_middleware(Envelope)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (problems.Problem, problems.FieldError):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schema.pop("$defs", None)
            schemas[model.__name__] = schema
        problems.situate(document)
        _name_typologies(document, app.state.typology_ids)
        app.openapi_schema = document
    return app.openapi_schema


def _name_typologies(document: dict[str, Any], typology_ids: tuple[str, ...]) -> None:
    parameters = document["paths"]["/v1/alerts"]["get"]["parameters"]
    schema = next(parameter["schema"] for parameter in parameters if parameter["name"] == "typology")
    # An enum must have a member.
    if typology_ids:
        schema["anyOf"][0] = {"type": "string", "enum": list(typology_ids)}
