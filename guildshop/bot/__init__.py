"""The Discord storey: the client, the command tree, persistent items, and sending.

For commands: `Context`, `context_of`, `staff`, `answer`, `update`, `defer`, `open_modal`. For buttons, selects and
modals: `StoreButton`, `StoreSelect`, `StoreModal`, `view`. For showing: `guildshop.bot.rendering`.
For sending without being asked: `app.messenger` with `Message` and `Outcome`.
"""

from guildshop.bot.boundary import ERROR_HEADING
from guildshop.bot.context import Context, context_of
from guildshop.bot.items import (
    Fields,
    SelectField,
    StoreButton,
    StoreItem,
    StoreModal,
    StoreSelect,
    TextField,
    UploadField,
    view,
)
from guildshop.bot.replies import answer, defer, open_modal, succeed, update
from guildshop.bot.sending import Message, Messenger, Outcome, Problem, Sent
from guildshop.bot.staff import staff

__all__ = [
    "ERROR_HEADING",
    "Context",
    "Fields",
    "Message",
    "Messenger",
    "Outcome",
    "Problem",
    "SelectField",
    "Sent",
    "StoreButton",
    "StoreItem",
    "StoreModal",
    "StoreSelect",
    "TextField",
    "UploadField",
    "answer",
    "context_of",
    "defer",
    "open_modal",
    "staff",
    "succeed",
    "update",
    "view",
]
