"""Over the wire: a member writes, staff answer, direct messages close, the member leaves; several shops at once."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from guildshop.bot.sending import Message, Outcome
from guildshop.bot.testing import PATIENCE
from guildshop.plugins.conversations import deliveries
from guildshop.plugins.conversations.api import Conversation, ConversationView, Received
from guildshop.plugins.conversations.service import ConversationService
from guildshop.plugins.customers.service import CustomerService
from guildshop.simulator.driver import Shown
from guildshop.simulator.worlds import SECOND_GUILD_ID, demo_world
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import Shop, ShopFactory

PLUGINS = ["customers", "conversations", "staff"]


async def said(shop: Shop, store: Store | None = None) -> list[tuple[str, str, str]]:
    rows: list[dict[str, Any]] = await shop.app.database.fetch(
        "SELECT kind, body, state FROM conversation_message WHERE store = :store ORDER BY id",
        store=(store or shop.store).id,
    )
    return [(row["kind"], row["body"], row["state"]) for row in rows]


async def last(shop: Shop, column: str) -> Any:
    rows = await shop.app.database.fetch(
        f"SELECT {column} FROM conversation_message WHERE store = :store ORDER BY id DESC LIMIT 1", store=shop.store.id
    )
    return rows[0][column]


def from_the_shop(messages: list[Shown], shop: Shop) -> list[Shown]:
    assert shop.bot.user is not None
    return [one for one in messages if one["author"]["id"] == str(shop.bot.user.id)]


def notices(shop: Shop) -> list[Shown]:
    return shop.sim.messages("orders")


def delete(shop: Shop, shown: Shown) -> None:
    shop.sim.state.delete_message(shop.sim.state.messages[shown["channel_id"]][shown.id])


class Story:
    """What Bea and a shop say to each other, step by step; each step goes on where the one before ended."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.buyer, self.staff = shop, shop.buyer, shop.staff

    @property
    def service(self) -> ConversationService:
        return self.shop.app.get(ConversationService)

    @property
    def customers(self) -> CustomerService:
        return self.shop.app.get(CustomerService)

    async def last_said(self) -> tuple[str, str, str]:
        return (await said(self.shop))[-1]

    async def told(self) -> Shown:
        """Return the last direct message of the shop."""
        return from_the_shop(await self.buyer.dms(), self.shop)[-1]

    async def write_by_form(self) -> Shown:
        opened = await self.buyer.slash("contact")
        assert opened.modal is not None
        reply = await opened.modal.submit(message="Where is my **mug**? @everyone <@1>")
        assert reply.ephemeral
        assert "Your message is with Sample store. The answer comes to you as a direct message" in reply.text
        await self.shop.settle()
        (notice,) = notices(self.shop)
        assert "Where is my \\*\\*mug\\*\\*?" in notice.text
        assert (notice["mention_everyone"], notice.buttons) == (False, ["Answer", "Claim", "Close"])
        assert "/staff/customer-chat/" in notice.embeds[0]["url"]
        return notice

    async def answer_after_a_restart(self, notice: Shown) -> None:
        assert "needs the permission" in (await self.buyer.press(notice, "Answer")).text
        await self.staff.press(notice, "Claim")
        assert notice.buttons == ["Answer", "Release", "Close"]
        await self.shop.restart()
        form = await self.staff.press(notice, "Answer")
        long = "It is *on* its way. " + "word " * 700
        assert form.modal is not None
        await form.modal.submit(answer=long)
        await self.shop.settle()
        answers = from_the_shop(await self.buyer.dms(), self.shop)
        assert [len(one.content) <= 2000 for one in answers] == [True, True]
        assert answers[0].content.startswith("**Sample store**\nIt is \\*on\\* its way.")
        assert [one.buttons for one in answers] == [[], ["Reply"]]
        assert await self.last_said() == ("ANSWER", long.strip(), "SENT")
        assert "Answered" in notice.text

    async def thank_with_a_picture(self, notice: Shown) -> None:
        thanks = self.buyer.dm("Thanks!", [("mug.png", b"a picture")])
        await self.shop.settle()
        assert await self.last_said() == ("CUSTOMER", "Thanks!", "RECEIVED")
        assert thanks["reactions"][0]["emoji"]["name"] == "✅"
        (latest,) = notices(self.shop)
        assert notice.deleted
        assert "mug.png" in latest.text

    async def be_answered_in_a_thread(self, customer: UUID) -> Conversation:
        shop, threads = self.shop, self.shop.sim.channel_id("bot-log")
        self.buyer.close_dms()
        talk = await self.service.write_to(shop.actor(), customer, "Are you there?")
        await shop.settle()
        assert await self.last_said() == ("ANSWER", "Are you there?", "FALLBACK")
        assert "does not accept direct messages" in await last(shop, "reason")
        (thread,) = [one for one in shop.sim.state.channels.values() if one["type"] == 12]
        assert thread["parent_id"] == shop.sim.channel_id("shop") != threads
        bot = str(shop.bot.user.id if shop.bot.user else 0)
        assert shop.sim.state.thread_members[thread["id"]] == {self.buyer.id, bot}
        (in_thread,) = shop.sim.messages(thread["id"])
        assert "Only the person whom this was shown to" in (await shop.owner.press(in_thread, "Reply")).text
        form = await self.buyer.press(in_thread, "Reply")
        assert form.modal is not None
        assert "Your message is with Sample store." in (await form.modal.submit(message="Yes, here")).text
        assert await self.last_said() == ("CUSTOMER", "Yes, here", "RECEIVED")
        return talk

    async def leave_and_be_answered_on_return(self, talk: Conversation) -> None:
        shop, actor = self.shop, self.shop.actor()
        self.buyer.leave()
        await self.service.answer(actor, talk.id, "Hello?")
        await shop.settle()
        assert await self.last_said() == ("ANSWER", "Hello?", "FAILED")
        assert "not in the server any more" in await last(shop, "reason")
        assert await last(shop, "remedy") == "Press Retry once they are back."
        assert "The last answer did not arrive" in notices(shop)[-1].text
        self.buyer.join()
        self.buyer.close_dms(closed=False)
        (message,) = [one for one in await self.service.messages(actor, talk.id) if one.body == "Hello?"]
        await self.service.retry(actor, message.id)
        await shop.settle()
        assert await self.last_said() == ("ANSWER", "Hello?", "SENT")
        assert "Hello?" in (await self.told()).content

    async def be_blocked(self, customer: UUID) -> None:
        shop = self.shop
        await self.customers.block(shop.actor(), customer)
        count = len(await said(shop))
        assert "takes no messages from you" in (await self.buyer.slash("contact")).text
        assert "takes no messages from you" in (await self.buyer.slash("contact", message="Please")).text
        self.buyer.dm("Please!")
        await shop.settle()
        assert "takes no messages from you" in (await self.told()).content
        assert len(await said(shop)) == count
        await self.customers.unblock(shop.actor(), customer)

    async def be_forgotten(self) -> None:
        await self.customers.forget(self.shop.actor(person=self.buyer), "forget me")
        await self.shop.settle()
        assert await said(self.shop) == []
        assert notices(self.shop) == []


async def test_from_contact_to_closed_messages_and_gone(make_shop: ShopFactory) -> None:
    shop = await make_shop(plugins=PLUGINS, world=demo_world())
    channels = {"orders": shop.sim.channel_id("orders"), "private_threads": shop.sim.channel_id("shop")}
    await shop.app.stores.change(shop.actor(), "store", {"channels": channels})
    story = Story(shop)
    notice = await story.write_by_form()
    await story.answer_after_a_restart(notice)
    await story.thank_with_a_picture(notice)
    with scope(shop.store.id):
        bea = await story.customers.by_discord_id(int(shop.buyer.id))
        assert bea is not None
        talk = await story.be_answered_in_a_thread(bea.id)
        await story.leave_and_be_answered_on_return(talk)
        await story.be_blocked(bea.id)
        await story.be_forgotten()


async def test_a_notice_that_staff_deleted_comes_again_and_one_of_the_erased_does_not(
    make_shop: ShopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await make_shop(plugins=PLUGINS)
    await shop.buyer.slash("contact", message="Hello")
    await shop.settle()
    (notice,) = notices(shop)
    delete(shop, notice)
    await shop.buyer.slash("contact", message="Is anybody there?")
    await shop.settle()
    (again,) = notices(shop)
    assert ("Hello" in again.text, "Is anybody there?" in again.text) == (True, True)
    delete(shop, again)
    send = shop.app.messenger.channel

    async def forgotten_meanwhile(store: Store, name: str, message: Message) -> Outcome:
        outcome = await send(store, name, message)
        with scope(store.id):
            await shop.app.get(CustomerService).forget(shop.actor(person=shop.buyer), "forget me")
        return outcome

    monkeypatch.setattr(shop.app.messenger, "channel", forgotten_meanwhile)
    await shop.buyer.slash("contact", message="Forget me")
    await shop.settle()
    assert await said(shop) == []
    assert notices(shop) == []


async def test_with_several_shops_a_direct_message_asks_which(make_shop: ShopFactory) -> None:
    shop = await make_shop(plugins=PLUGINS, world=demo_world(second_guild=True))
    buyer, bob = shop.buyer, shop.sim.member("buyer_b")
    second = await shop.app.stores.create(int(SECOND_GUILD_ID), "Second")
    await shop.settle()
    shop.sim.new_person("Nobody").dm("Hello")
    buyer.dm("Do you have mugs?")
    bob.dm("And cups?")
    await shop.settle()
    assert await said(shop) == []
    assert await said(shop, second) == [("CUSTOMER", "And cups?", "RECEIVED")]
    (question,) = from_the_shop(await buyer.dms(), shop)
    assert question.content == "Which shop is this message for?"
    assert question.buttons == ["Sample store", "Second"]
    await shop.restart()
    await question.press("Second")
    assert "Your message is with Second." in question.text
    assert question.buttons == []
    buyer.dm("What is this?", reply_to=question)
    await shop.settle()
    assert [one.buttons for one in from_the_shop(await buyer.dms(), shop)][-1] == ["Sample store", "Second"]
    assert len(await said(shop, second)) == 2, "a reply to something else may be meant for either"
    buyer.dm("Blue ones?")
    await shop.settle()
    assert [body for _kind, body, _state in await said(shop, second)] == [
        "And cups?",
        "Do you have mugs?",
        "Blue ones?",
    ]
    with scope(shop.store.id):
        customer = await shop.app.get(CustomerService).register(shop.actor(person=buyer), "bea", "Bea")
        await shop.app.get(ConversationService).write_to(shop.actor(), customer.id, "We have mugs too")
    await shop.settle()
    offer = from_the_shop(await buyer.dms(), shop)[-1]
    buyer.dm("Then two from you", reply_to=offer)
    await shop.settle()
    assert [body for _kind, body, _state in await said(shop)] == ["We have mugs too", "Then two from you"]
    buyer.dm("And a pot")
    await shop.settle()
    asked = from_the_shop(await buyer.dms(), shop)[-1]
    assert asked.buttons == ["Sample store", "Second"], "both shops are talked with"
    await shop.app.stores.switch(shop.actor(), "conversations", False)
    assert "switched off" in "".join(one.text for one in (await asked.press("Sample store")).messages)
    buyer.dm("Hello?")
    await shop.settle()
    assert len(await said(shop)) == 2
    assert [body for _kind, body, _state in await said(shop, second)][-1] == "Hello?"


@pytest.mark.parametrize("word", ["ping", "hello"])
async def test_owners_words_are_theirs_and_others_reach_the_shop(shop: Shop, word: str) -> None:
    shop.owner.dm(word)
    await shop.settle()
    assert len(await said(shop)) == (word == "hello")


async def test_direct_messages_that_come_at_once_keep_their_order(make_shop: ShopFactory) -> None:
    shop = await make_shop(plugins=PLUGINS)
    written = [f"Line {number}" for number in range(9)]
    for text in written:
        shop.buyer.dm(text)
    await shop.settle()
    assert [body for _kind, body, _state in await said(shop)] == written


async def test_direct_messages_under_way_are_kept_before_the_bot_stops(
    make_shop: ShopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await make_shop(plugins=PLUGINS)
    await shop.buyer.slash("contact", message="Hello")
    bot, service = shop.bot, shop.app.get(ConversationService)
    hearing, going_on, steps = asyncio.Event(), asyncio.Event(), list[str]()
    stores_of, receive, disconnect = service.stores_of, service.receive, bot.close

    async def held_up(discord_id: int) -> list[int]:
        hearing.set()
        await going_on.wait()
        return await stores_of(discord_id)

    async def received(*args: Any) -> Received:
        result = await receive(*args)
        steps.append("kept")
        return result

    async def disconnected() -> None:
        steps.append("disconnected")
        await disconnect()

    monkeypatch.setattr("guildshop.bot.client.FINISH_SECONDS", PATIENCE)
    monkeypatch.setattr(service, "stores_of", held_up)
    monkeypatch.setattr(service, "receive", received)
    monkeypatch.setattr(bot, "close", disconnected)
    shop.buyer.dm("Is anybody there?")
    await hearing.wait()
    async with asyncio.TaskGroup() as both:
        both.create_task(bot.wait_for("message", check=lambda message: message.content == "I would take two."))
        await asyncio.sleep(0)
        shop.buyer.dm("I would take two.")
    stopping = asyncio.create_task(shop.app.stop_discord())
    while not bot.stopping:
        await asyncio.sleep(0)
    going_on.set()
    await stopping
    assert steps == ["kept", "kept", "disconnected"]
    assert (await said(shop))[-2:] == [
        ("CUSTOMER", "Is anybody there?", "RECEIVED"),
        ("CUSTOMER", "I would take two.", "RECEIVED"),
    ]


async def test_while_discord_is_ill_answers_wait_and_then_staff_see_it(
    make_shop: ShopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await make_shop(plugins=PLUGINS)
    await shop.buyer.slash("contact", message="Hello")
    await shop.settle()
    ill = {"fail_next": {"status": 503, "count": 1, "path_pattern": "/channels/*/messages"}}
    for patient, state in ((3, "QUEUED"), (0, "FAILED")):
        monkeypatch.setattr(deliveries, "PATIENT_ATTEMPTS", patient)
        await shop.sim.set_faults(ill)
        with scope(shop.store.id):
            (talk,) = (await shop.app.get(ConversationService).listed(shop.actor(), ConversationView.OPEN)).items
            if state == "FAILED":
                await shop.app.database.execute("UPDATE delivery SET next_attempt = due WHERE status = 'PENDING'")
            else:
                await shop.app.get(ConversationService).answer(shop.actor(), talk.id, "Hi")
        await shop.settle()
        assert (await said(shop))[-1] == ("ANSWER", "Hi", state)
    assert "Discord did not take the message: 503" in await last(shop, "reason")
    assert from_the_shop(await shop.buyer.dms(), shop) == []
