"""What keys and files may be."""

from __future__ import annotations

from guildshop.errors import Invalid
from guildshop.i18n import _
from guildshop.plugins.entitlements.api import KEYS_AT_ONCE, LARGEST_FILE, LONGEST_KEY


def check_keys(text: str) -> list[str]:
    """Return the keys of a text, one a line; refuse doubled, overlong and unprintable ones by their line."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    keys = [(number, line) for number, line in lines if line]
    if not keys:
        raise Invalid.field("keys", _("There is no key. Write one a line."))
    if len(keys) > KEYS_AT_ONCE:
        sentence = _("{count} keys are more than {most}. Add them in parts.")
        raise Invalid.field("keys", sentence.format(count=len(keys), most=KEYS_AT_ONCE))
    seen: dict[str, int] = {}
    for number, key in keys:
        if len(key) > LONGEST_KEY:
            sentence = _("Line {line} has {count} characters; a key has at most {most}.")
            raise Invalid.field("keys", sentence.format(line=number, count=len(key), most=LONGEST_KEY))
        if not key.isprintable():
            raise Invalid.field("keys", _("Line {line} holds characters that cannot be shown.").format(line=number))
        if key in seen:
            sentence = _("Lines {first} and {second} are the same key.")
            raise Invalid.field("keys", sentence.format(first=seen[key], second=number))
        seen[key] = number
    return list(seen)


def check_file(name: str, content: bytes) -> str:
    """Return the file's name without folders; refuse an empty file, one that is too large, and one without a name."""
    bare = name.replace("\\", "/").rsplit("/", 1)[-1].strip().strip(".")
    bare = "".join(letter for letter in bare if letter.isprintable() and letter not in '<>:"|?*')
    if not bare:
        raise Invalid.field("file", _("Choose a file that has a name."))
    if not content:
        raise Invalid.field("file", _("The file {name} is empty.").format(name=bare))
    if len(content) > LARGEST_FILE:
        sentence = _("The file {name} has {size} MB; Discord takes at most {most}.")
        shown = {"size": f"{len(content) / 1_048_576:.1f}", "most": LARGEST_FILE // 1_048_576}
        raise Invalid.field("file", sentence.format(name=bare, **shown))
    stem, dot, suffix = bare.rpartition(".")
    return bare if len(bare) <= 100 else f"{stem[: 99 - len(suffix)]}{dot}{suffix}"[:100]


def key_hint(key: str) -> str:
    """Return as much of a key as staff may see."""
    return key[-4:] if len(key) > 8 else key[-1:]
