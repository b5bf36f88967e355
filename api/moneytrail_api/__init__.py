"""The HTTP service: alerts, evidence, decisions, catalogue and run records, thin over :mod:`moneytrail`."""

from moneytrail_api.app import create_app

__all__ = ["create_app"]
