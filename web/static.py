"""Static files, held in memory and cached by browsers for ever under an address that changes with their content."""

from __future__ import annotations

import hashlib
import inspect
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

if TYPE_CHECKING:
    from guildshop.app import App

FOR_EVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"
HASH_LENGTH = 12
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".ico": "image/x-icon"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: its bytes, its type, and the hash that is part of its address."""

    content: bytes
    media_type: str
    version: str


class StaticFiles:
    """The files of `web/static` and of each plugin's `static`, as `<owner>/<file>`."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        """Read every file of the folders."""
        self._files: dict[str, StaticFile] = {}
        for owner, folder in folders.items():
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    self._files[f"{owner}/{path.relative_to(folder).as_posix()}"] = _read(path)

    @classmethod
    def of(cls, app: App) -> StaticFiles:
        """Return the files of the web and of the application's plugins."""
        folders = {"web": Path(__file__).parent / "static"}
        for plugin in app.plugins:
            folder = Path(inspect.getfile(type(plugin))).parent / "static"
            if folder.is_dir():
                folders[plugin.name] = folder
        return cls(folders)

    def url(self, name: str) -> str:
        """Return the address of a file, such as `web/base.css`; KeyError when there is no such one."""
        return f"/static/{name}?v={self._files[name].version}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer with a file, for ever cacheable under its current version."""
        found = self._files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        tag = f'"{found.version}"'
        cache = FOR_EVER if request.query.get("v") == found.version else BRIEFLY
        headers = {hdrs.ETAG: tag, hdrs.CACHE_CONTROL: cache}
        if request.headers.get(hdrs.IF_NONE_MATCH) == tag:
            return web.Response(status=304, headers=headers)
        charset = "utf-8" if found.media_type.startswith("text/") else None
        return web.Response(body=found.content, content_type=found.media_type, charset=charset, headers=headers)


STATIC: web.AppKey[StaticFiles] = web.AppKey("static", StaticFiles)


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    guessed = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StaticFile(content, guessed, hashlib.sha256(content).hexdigest()[:HASH_LENGTH])
