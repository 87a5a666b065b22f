"""Build message objects from what a bot or a person sends."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from guildshop.simulator import permissions as p
from guildshop.simulator.json_types import Json
from guildshop.simulator.state import EPHEMERAL, V2, Attachment, State

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_MEDIA_KEYS = ("image", "thumbnail", "author", "footer")

# What Discord fills in where a component leaves it out.
_DEFAULTS: dict[int, Json] = {
    **{kind: {"min_values": 1, "max_values": 1} for kind in (3, 5, 6, 7, 8)},
    11: {"description": None, "spoiler": False},
    13: {"spoiler": False},
    14: {"spacing": 1, "divider": True},
    17: {"accent_color": None, "spoiler": False},
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request; `key` is the n of `files[n]`."""

    key: str
    filename: str
    content_type: str
    content: bytes


def new_message(state: State, channel: Json, author: Json, *, kind: int = 0, flags: int = 0) -> Json:
    """Return an empty message object."""
    return {
        "id": state.ids.make(),
        "channel_id": channel["id"],
        "author": author,
        "content": "",
        "timestamp": state.now(),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": kind,
        "flags": flags,
        "components": [],
    }


def fill(state: State, message: Json, body: Json, files: Iterable[Upload], base_url: str) -> None:
    """Set what a request body says; fields that it leaves out stay as they are."""
    if "attachments" in body or files:
        _set_attachments(state, message, body, list(files), base_url)
    if "content" in body:
        message["content"] = body["content"] or ""
    if "embeds" in body or "embed" in body:
        embeds = body.get("embeds") if "embeds" in body else [body["embed"]]
        message["embeds"] = [_embed(embed, message["attachments"]) for embed in embeds or ()]
    if "components" in body:
        message["components"] = _with_ids(body["components"] or [], message["attachments"])
    if body.get("flags"):
        message["flags"] |= int(body["flags"]) & ~EPHEMERAL & ~(1 << 7)
    if "content" in body or message["flags"] & V2:
        _set_mentions(state, message, body.get("allowed_mentions"))
    if body.get("poll"):
        message["poll"] = body["poll"]


def store_upload(state: State, channel_id: str, upload: Upload, base_url: str, **extra: object) -> Json:
    """Keep a file and return its attachment object."""
    attachment_id = state.ids.make()
    filename = re.sub(r"[^\w.\-]", "_", upload.filename)
    url = f"{base_url}/attachments/{channel_id}/{attachment_id}/{filename}"
    data: Json = {
        "id": attachment_id,
        "filename": filename,
        "size": len(upload.content),
        "url": url,
        "proxy_url": url,
        "content_type": upload.content_type,
        **extra,
    }
    if upload.content_type.startswith("image/"):
        data["width"], data["height"] = image_size(upload.content)
    state.attachments[attachment_id] = Attachment(data, upload.content)
    return data


def image_size(content: bytes) -> tuple[int, int]:
    """Return width and height of a PNG in pixels; 512 × 512 for other pictures."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) >= 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    return 512, 512


def _set_attachments(state: State, message: Json, body: Json, files: list[Upload], base_url: str) -> None:
    by_key = {upload.key: upload for upload in files}
    if "attachments" in body:
        old = {attachment["id"]: attachment for attachment in message["attachments"]}
        kept: list[Json] = []
        for entry in body["attachments"] or ():
            key = str(entry["id"])
            if key in old:
                kept.append(old[key])
            elif key in by_key:
                extra = {"description": entry["description"]} if entry.get("description") else {}
                upload = by_key.pop(key)
                if entry.get("filename"):
                    upload = Upload(key, str(entry["filename"]), upload.content_type, upload.content)
                kept.append(store_upload(state, message["channel_id"], upload, base_url, **extra))
        message["attachments"] = kept
    for upload in by_key.values():
        message["attachments"].append(store_upload(state, message["channel_id"], upload, base_url))


def _resolve(url: str, attachments: list[Json]) -> str:
    name = url.removeprefix("attachment://")
    if name == url:
        return url
    return next((str(a["url"]) for a in attachments if a["filename"] == name), url)


def _embed(embed: Json, attachments: list[Json]) -> Json:
    stored: Json = {"type": "rich", **embed}
    for key in _MEDIA_KEYS:
        part = stored.get(key)
        if not part:
            continue
        part = dict(part)
        for field in ("url", "icon_url"):
            if part.get(field) and (field == "icon_url" or key in ("image", "thumbnail")):
                part[field] = _resolve(part[field], attachments)
                part["proxy_" + field] = part[field]
        stored[key] = part
    if "fields" in stored:
        stored["fields"] = [{"inline": False, **field} for field in stored["fields"]]
    return stored


def _with_ids(components: list[Json], attachments: list[Json]) -> list[Json]:
    taken = {component["id"] for component in _walk(components) if component.get("id")}
    counter = 0

    def next_id() -> int:
        nonlocal counter
        counter += 1
        while counter in taken:
            counter += 1
        return counter

    def copy(component: Json) -> Json:
        given = {key: value for key, value in component.items() if value is not None}
        stored: Json = {**_DEFAULTS.get(component["type"], {}), **given}
        stored["id"] = component.get("id") or next_id()
        if "emoji" in stored:
            stored["emoji"] = {key: value for key, value in stored["emoji"].items() if value is not None}
        if "options" in stored:
            stored["options"] = [_without_empty_emoji(option) for option in stored["options"]]
        if "default_values" in stored:
            stored["default_values"] = [{**value, "id": str(value["id"])} for value in stored["default_values"]]
        if "components" in stored:
            stored["components"] = [copy(child) for child in stored["components"]]
        for key in ("accessory", "component"):
            if key in stored:
                stored[key] = copy(stored[key])
        for key in ("media", "file"):
            if key in stored:
                stored[key] = _media(stored[key], attachments)
        if "items" in stored:
            plain = {"description": None, "spoiler": False}
            items = stored["items"]
            stored["items"] = [{**plain, **item, "media": _media(item["media"], attachments)} for item in items]
        if stored["type"] == 13 and attachments:
            name = component["file"]["url"].removeprefix("attachment://")
            match = next((a for a in attachments if a["filename"] == name), None)
            if match is not None:
                stored["name"], stored["size"] = match["filename"], match["size"]
        return stored

    return [copy(component) for component in components]


def _media(media: Json, attachments: list[Json]) -> Json:
    url = _resolve(str(media["url"]), attachments)
    return {"url": url, "proxy_url": url, "width": 512, "height": 512, "content_type": "image/png", "loading_state": 2}


def _without_empty_emoji(option: Json) -> Json:
    if not option.get("emoji"):
        return option
    return {**option, "emoji": {key: value for key, value in option["emoji"].items() if value is not None}}


def _walk(components: Iterable[Json]) -> Iterable[Json]:
    for component in components:
        yield component
        yield from _walk(component.get("components") or ())
        for key in ("accessory", "component"):
            if component.get(key):
                yield from _walk([component[key]])


def walk(components: Iterable[Json]) -> Iterable[Json]:
    """Go through components and what they contain, in order."""
    return _walk(components)


def visible_text(message: Json) -> str:
    """Return all text that a person reads in a message: content, embeds, text displays, labels."""
    parts: list[str] = [message.get("content") or ""]
    for embed in message.get("embeds", ()):
        author, footer = embed.get("author") or {}, embed.get("footer") or {}
        parts += [author.get("name", ""), embed.get("title", ""), embed.get("description", "")]
        for field in embed.get("fields", ()):
            parts += [field["name"], field["value"]]
        parts.append(footer.get("text", ""))
    for component in _walk(message.get("components", ())):
        parts += [component.get("content", ""), component.get("label", ""), component.get("placeholder", "")]
        parts += [option["label"] for option in component.get("options", ())]
    return "\n".join(part for part in parts if part)


def _set_mentions(state: State, message: Json, allowed: Json | None) -> None:
    texts = [message["content"], *(c.get("content", "") for c in _walk(message["components"]) if c["type"] == 10)]
    text = "\n".join(texts)
    message["mentions"], message["mention_roles"], message["mention_everyone"] = [], [], False
    if "@" not in text:
        return
    parse = {"users", "roles", "everyone"} if allowed is None else set(allowed.get("parse") or ())
    named_users = {str(i) for i in (allowed or {}).get("users") or ()}
    named_roles = {str(i) for i in (allowed or {}).get("roles") or ()}
    users = [i for i in dict.fromkeys(_USER.findall(text)) if "users" in parse or i in named_users]
    message["mentions"] = [state.users[i] for i in users if i in state.users]
    roles = [i for i in dict.fromkeys(_ROLE.findall(text)) if "roles" in parse or i in named_roles]
    channel = state.channels[message["channel_id"]]
    known = state.guilds[channel["guild_id"]].roles if channel.get("guild_id") else {}
    message["mention_roles"] = [i for i in roles if i in known]
    everyone = "everyone" in parse and ("@everyone" in text or "@here" in text)
    may = p.in_channel(state, channel, message["author"]["id"]) & p.MENTION_EVERYONE
    message["mention_everyone"] = bool(everyone and may)
