"""What a message may hold."""

from collections.abc import Sequence

from guildshop.simulator.enforcement.components import check_components
from guildshop.simulator.errors import Problems, error
from guildshop.simulator.json_types import Json
from guildshop.simulator.messages import Upload
from guildshop.simulator.state import V2

CONTENT, EMBEDS, EMBED_TOTAL, FILES = 2000, 10, 6000, 10
EMBED_LIMITS = {"title": 256, "description": 4096}
FIELDS, FIELD_NAME, FIELD_VALUE, AUTHOR, FOOTER = 25, 256, 1024, 256, 2048


def check_new(body: Json, files: Sequence[Upload]) -> None:
    """Raise 50006 for an empty message and 50035 for what breaks a limit."""
    v2 = bool(int(body.get("flags") or 0) & V2)
    problems = Problems()
    _check(problems, body, files, v2)
    problems.raise_any()
    filled = body.get("content") or body.get("embeds") or body.get("embed") or files or body.get("sticker_ids")
    if not (filled or body.get("poll") or body.get("components")):
        raise error(50006)


def check_edit(message: Json, body: Json, files: Sequence[Upload]) -> None:
    """Raise as `check_new` does for the message as it will be after the edit."""
    flags = int(body.get("flags") or 0) | message["flags"]
    v2 = bool(flags & V2)
    problems = Problems()
    if message["flags"] & V2 and body.get("flags") is not None and not int(body["flags"]) & V2:
        problems.add(["flags"], "MESSAGE_FLAGS_CANNOT_UNSET_COMPONENTS_V2",
                     "The IS_COMPONENTS_V2 flag cannot be removed from a message.")  # fmt: skip
    if v2 and not message["flags"] & V2:
        for key in ("content", "embeds"):
            if message[key] and key not in body:
                problems.add([key], *_legacy(key))
    _check(problems, body, files, v2)
    problems.raise_any()
    after = {key: body.get(key, message[key]) for key in ("content", "embeds", "components", "attachments")}
    if not (any(after.values()) or files or message.get("poll") or message["flags"] & (1 << 7)):
        raise error(50006)
    if message["flags"] & (1 << 7) and not (any(after.values()) or files):
        raise error(50006)


def _legacy(key: str) -> tuple[str, str]:
    return (
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
        f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
    )


def _check(problems: Problems, body: Json, files: Sequence[Upload], v2: bool) -> None:
    content, embeds = body.get("content"), body.get("embeds")
    embeds = [body["embed"]] if body.get("embed") else embeds
    if v2:
        for key, value in (("content", content), ("embeds", embeds), ("poll", body.get("poll"))):
            if value:
                problems.add([key], *_legacy(key))
    if content and len(content) > CONTENT:
        problems.add(["content"], "BASE_TYPE_MAX_LENGTH", f"Must be {CONTENT} or fewer in length.")
    if embeds:
        _check_embeds(problems, embeds)
    if len(files) > FILES:
        problems.add(["attachments"], "BASE_TYPE_MAX_LENGTH", f"Must be {FILES} or fewer in length.")
    for index, entry in enumerate(body.get("attachments") or ()):
        is_new = len(str(entry["id"])) < 5
        if is_new and not any(upload.key == str(entry["id"]) for upload in files):
            problems.add(
                ["attachments", index, "id"], "ATTACHMENT_NOT_FOUND", f"No file files[{entry['id']}] was sent."
            )
    _check_mentions(problems, body.get("allowed_mentions"))
    if body.get("components"):
        check_components(problems, body["components"], v2=v2)


def _check_mentions(problems: Problems, allowed: Json | None) -> None:
    parse = (allowed or {}).get("parse") or ()
    for key in ("users", "roles"):
        if key in parse and (allowed or {}).get(key):
            problems.add(["allowed_mentions"], "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                         f'parse:["{key}"] and {key}: [ids...] are mutually exclusive.')  # fmt: skip


def _check_embeds(problems: Problems, embeds: Sequence[Json]) -> None:
    if len(embeds) > EMBEDS:
        problems.add(["embeds"], "BASE_TYPE_MAX_LENGTH", f"Must be {EMBEDS} or fewer in length.")
    total = 0
    for index, embed in enumerate(embeds):
        total += _check_embed(problems, embed, index)
    if total > EMBED_TOTAL:
        text = f"Embed size exceeds maximum size of {EMBED_TOTAL}"
        problems.add(["embeds"], "MAX_EMBED_SIZE_EXCEEDED", text)


def _check_embed(problems: Problems, embed: Json, index: int) -> int:
    """Check one embed's own limits and return its length in characters."""
    texts: list[tuple[Sequence[str | int], str, int]] = []
    for key, limit in EMBED_LIMITS.items():
        texts.append(([key], embed.get(key) or "", limit))
    texts.append((["author", "name"], (embed.get("author") or {}).get("name") or "", AUTHOR))
    texts.append((["footer", "text"], (embed.get("footer") or {}).get("text") or "", FOOTER))
    fields = embed.get("fields") or ()
    if len(fields) > FIELDS:
        problems.add(["embeds", index, "fields"], "BASE_TYPE_MAX_LENGTH", f"Must be {FIELDS} or fewer in length.")
    for number, field in enumerate(fields):
        for key, limit in (("name", FIELD_NAME), ("value", FIELD_VALUE)):
            if not str(field.get(key) or "").strip():
                problems.add(["embeds", index, "fields", number, key], "BASE_TYPE_REQUIRED", "This field is required")
            texts.append((["fields", number, key], str(field.get(key) or ""), limit))
    for path, text, limit in texts:
        if len(text) > limit:
            place = ["embeds", index, *path]
            problems.add(place, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")
    media = [embed.get(key) for key in ("image", "thumbnail", "video")]
    if not (any(text for _, text, _ in texts) or any(media)):
        problems.add(["embeds", index], "BASE_TYPE_REQUIRED", "An embed needs text or a picture")
    for key, holder in (("url", embed), ("image", embed.get("image")), ("thumbnail", embed.get("thumbnail"))):
        url = holder.get("url") if holder else None
        if url and not str(url).startswith(("http://", "https://", "attachment://")):
            problems.add(["embeds", index, key], "URL_TYPE_INVALID_URL", "Not a well formed URL.")
    return sum(len(text) for _, text, _ in texts)
