"""Serve the application until Ctrl-C or a termination signal."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn

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

    Raises
    ------
    StoreError
        The store cannot be opened.
    ParameterError
        The port cannot be opened.
    """
    with _listen(host, port) as listener:
        app = create_app(store_url)
        access_log = log_level in ("info", "debug")
        config = uvicorn.Config(app, log_level=log_level, access_log=access_log, server_header=False)
        # Uvicorn finishes the requests in flight and then raises the signal again; the user has seen enough.
        with contextlib.suppress(KeyboardInterrupt):
            _Announcing(config, _address(listener), on_ready).run(sockets=[listener])


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
