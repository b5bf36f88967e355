"""Serve the application until Ctrl-C or a termination signal."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from pydantic_settings import BaseSettings, SettingsConfigDict

from moneytrail.disruption import load_levers
from moneytrail.errors import ParameterError
from moneytrail_api.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable


def serve(
    store_url: str,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    on_ready: Callable[[str], None] | None = None,
    log_level: str = "warning",
    levers: Path | None = None,
) -> None:
    """Serve the store at `store_url`; returns when it is told to stop, requests in flight being finished.

    Parameters
    ----------
    store_url : str
        Database URL, or a path.
    host, port : str, int
        Where to listen; port 0 lets the system choose.
    on_ready : callable, optional
        Called once with the service's address (``http://127.0.0.1:8000``) when it accepts connections.
    log_level : str
        Of uvicorn.
    levers : Path, optional
        Another country's levers, a file for :func:`moneytrail.disruption.load_levers`; unless told, the one that
        ``MONEYTRAIL_LEVERS`` names, and without that the levers that ship with the package.

    Raises
    ------
    StoreError
        The store cannot be opened.
    ParameterError
        The port cannot be opened, or the file of levers is wrong.
    """
    file = levers or ServiceSettings().levers
    found = load_levers(file) if file else None
    with _listen(host, port) as listener:
        app = create_app(store_url, levers=found)
        access_log = log_level in ("info", "debug")
        config = uvicorn.Config(app, log_level=log_level, access_log=access_log, server_header=False)
        # Uvicorn finishes the requests in flight and then raises the signal again; the user has seen enough.
        with contextlib.suppress(KeyboardInterrupt):
            _Announcing(config, _address(listener), on_ready).run(sockets=[listener])


class ServiceSettings(BaseSettings):
    """What the environment tells the service alone, as ``MONEYTRAIL_<NAME>``; an empty value tells nothing.

    Attributes
    ----------
    levers : Path or None
        Another country's levers.
    """

    model_config = SettingsConfigDict(env_prefix="MONEYTRAIL_", frozen=True, extra="ignore", env_ignore_empty=True)

    levers: Path | None = None


class _Announcing(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, address: str, on_ready: Callable[[str], None] | None) -> None:
        super().__init__(config)
        self._address = address
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce."""
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready(self._address)


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ParameterError(f"cannot listen on {host}, port {port}: ports go from 0 to 65535")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ParameterError(f"cannot listen on {host}, port {port}: {error.strerror}") from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
