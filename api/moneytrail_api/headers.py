"""What stands around every request: its id, the headers of every answer, and HEAD.

Plain ASGI, so that streamed answers stay streamed.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BODYLESS: Final = "moneytrail.bodyless"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def protect(headers: MutableHeaders, scope: Scope) -> None:
    """Add the request's id and the headers that keep an answer from being sniffed, framed or kept."""
    headers["X-Request-ID"] = scope.get("request_id", "-")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Frame-Options"] = "DENY"
    headers.setdefault("Cache-Control", "no-store")
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"


class Envelope:
    """Gives each request an id, the sender's own where it is harmless, and each answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        scope["request_id"] = sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                protect(MutableHeaders(scope=message), scope)
            await send(message)

        await self.app(scope, receive, send_protected)


class Bodyless:
    """Answers HEAD as GET would be answered, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, a HEAD as a GET."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_bodyless(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        # A copy: the server outside must still see that it answers a HEAD.
        await self.app({**scope, "method": "GET", _BODYLESS: True}, receive, send_bodyless)


def wants_body(scope: Scope) -> bool:
    """Return whether the answer's body is handed out: not of a HEAD."""
    return _BODYLESS not in scope
