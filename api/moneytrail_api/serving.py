"""Serve the application until Ctrl-C or a termination signal."""

from __future__ import annotations

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
    app = create_app(store_url)
    listener = _listen(host, port)
    config = uvicorn.Config(app, log_level=log_level, access_log=log_level in ("info", "debug"), server_header=False)
    server = _Announcing(config, _address(listener), on_ready)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        # Uvicorn has shut down by now and raises the signal again; the user has seen enough.
        pass
    finally:
        listener.close()


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
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ParameterError(f"cannot listen on {host}, port {port}: {reason}") from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
