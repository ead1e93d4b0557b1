"""The app as a server of tools for agents (Model Context Protocol): which endpoints are tools.

Gradio offers every endpoint, and keeps one session for all agents together. So those that belong to a session are left
out, as is what takes several files, which its tools cannot.
"""

from __future__ import annotations

import importlib.util
from urllib.parse import parse_qsl, urlencode

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

TOOLS = ("styles", "stylize", "stylize_with", "networks", "stylize_video", "paint_like")
"""What agents can call, by the names of the functions."""

_PATH = "/gradio_api/mcp"


class _OnlyTools:
    """Asks Gradio for those tools only: all of them, or those of them that the agent's address names."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _PATH in scope["path"]:
            query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
            asked = query.get("tools", "").split(",")
            query["tools"] = ",".join([tool for tool in TOOLS if tool in asked] or TOOLS)
            scope = {**scope, "query_string": urlencode(query).encode()}
        await self.app(scope, receive, send)


def offered() -> bool:
    """Whether the package that speaks the protocol is installed."""
    return importlib.util.find_spec("mcp") is not None


only_tools = Middleware(_OnlyTools)
"""For the app beneath the page."""
