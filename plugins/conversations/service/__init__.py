"""The use cases and queries of conversations."""

from guildshop.plugins.conversations.service.answering import Answering
from guildshop.plugins.conversations.service.personal import PersonalConversations
from guildshop.plugins.conversations.service.sending import Sending

__all__ = ["ConversationService", "PersonalConversations"]


class ConversationService(Answering, Sending):
    """Everything that can be asked and done about conversations, within the store in scope."""
