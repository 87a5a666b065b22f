"""Files and pictures: attachments by URL, drawn avatars and icons."""

from html import escape
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from guildshop.simulator.server import Simulator

_COLOURS = ("#5865f2", "#757e8a", "#3ba55c", "#faa61a", "#ed4245", "#eb459f", "#1abc9c", "#9b59b6")


def picture(name: str, seed: str) -> str:
    """Draw initials on a colour."""
    initials = escape("".join(word[0] for word in name.split()[:2]).upper() or "?")
    colour = _COLOURS[int(seed) % len(_COLOURS)]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128"><rect width="128" height="128" '
        f'fill="{colour}"/><text x="64" y="64" dy=".36em" text-anchor="middle" font-family="sans-serif" '
        f'font-size="52" font-weight="600" fill="#fff">{initials}</text></svg>'
    )


def register(app: web.Application, sim: "Simulator") -> None:
    """Serve attachments, avatars and guild icons."""

    async def attachment(request: web.Request) -> web.Response:
        found = sim.state.attachments.get(request.match_info["attachment_id"])
        if found is None:
            raise web.HTTPNotFound(text="This content is no longer available.")
        kind = found.data.get("content_type") or "application/octet-stream"
        # A person's upload must not run as a page of this origin.
        headers = {"Content-Type": kind, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return web.Response(body=found.content, headers=headers)

    async def avatar(request: web.Request) -> web.Response:
        user = sim.state.users.get(request.match_info["user_id"])
        if user is None:
            raise web.HTTPNotFound(text="No such user.")
        return _svg(picture(user["global_name"] or user["username"], user["id"]))

    async def icon(request: web.Request) -> web.Response:
        guild = sim.state.guilds.get(request.match_info["guild_id"])
        if guild is None:
            raise web.HTTPNotFound(text="No such guild.")
        return _svg(picture(guild.name, guild.id))

    app.router.add_get("/attachments/{channel_id}/{attachment_id}/{filename}", attachment)
    app.router.add_get("/avatars/{user_id}.svg", avatar)
    app.router.add_get("/icons/{guild_id}.svg", icon)


def _svg(text: str) -> web.Response:
    return web.Response(text=text, content_type="image/svg+xml", headers={"Cache-Control": "max-age=3600"})
