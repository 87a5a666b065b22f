"""The use cases: customers write, staff claim, answer, note, close and reopen; who may not; races; erasing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from guildshop.app import App
from guildshop.errors import Forbidden, Invalid, NotFound, Refusal
from guildshop.permissions import Actor
from guildshop.plugins.conversations.api import (
    Attachment,
    Conversation,
    ConversationClaimed,
    ConversationClosed,
    ConversationState,
    ConversationView,
    Incoming,
    MessageKind,
    MessageState,
    MessageWay,
    TooManyMessages,
)
from guildshop.plugins.conversations.service import ConversationService
from guildshop.plugins.customers.api import CustomerBlocked, CustomerChange, CustomerInput
from guildshop.plugins.customers.service import CustomerService
from guildshop.stores import Store
from guildshop.tenancy import scope
from guildshop.testing import ActorFactory, Clock


class Talk:
    """The service with a customer and staff of a store."""

    def __init__(self, app: App, store: Store, member: ActorFactory, staff: ActorFactory) -> None:
        self.app, self.store = app, store
        self.service, self.customers = app.get(ConversationService), app.get(CustomerService)
        self.bea, self.sam = member(store), staff(store)
        self.sent = 0

    async def write(self, text: str = "Where is my mug?", *, by: Actor | None = None, **given: Any) -> Conversation:
        self.sent += 1
        actor = by or self.bea
        incoming = Incoming(text, MessageWay.COMMAND, given.pop("source", f"test:{self.sent}"), **given)
        return (await self.service.receive(actor, f"user{actor.id[-3:]}", actor.name, incoming)).conversation

    async def rows(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.app.database.fetch(
            f"SELECT * FROM {table} WHERE store = :store ORDER BY id", store=self.store.id
        )
        return found

    async def said(self, conversation: Conversation) -> list[tuple[str, str, str]]:
        messages = await self.service.messages(self.sam, conversation.id)
        return [(one.kind.value, one.body, one.state.value) for one in messages]

    async def events(self) -> list[str]:
        names = [row["name"] for row in await self.rows("event")]
        return [name for name in names if name != "CustomerRegistered"]


@pytest.fixture
async def talk(app: App, store: Store, member: ActorFactory, staff: ActorFactory) -> Any:
    with scope(store.id):
        yield Talk(app, store, member, staff)


async def test_the_first_message_registers_and_the_next_goes_on(talk: Talk) -> None:
    first = await talk.write()
    second = await talk.write("Hello?", attachments=(Attachment("mug.png", "https://cdn.example/mug.png", 7),))
    assert first.id == second.id
    assert (second.customer_name, second.waiting, second.claimed_by) == ("Bea Buyer", True, "")
    assert await talk.said(second) == [
        ("CUSTOMER", "Where is my mug?", "RECEIVED"),
        ("CUSTOMER", "Hello?", "RECEIVED"),
    ]
    (_first, hello) = await talk.service.messages(talk.sam, second.id)
    assert hello.attachments == (Attachment("mug.png", "https://cdn.example/mug.png", 7),)
    written = [row["payload"] for row in await talk.rows("event") if row["name"] == "CustomerWrote"]
    assert ['"fresh":true' in payload for payload in written] == [True, False]


async def test_what_comes_twice_is_kept_once_and_at_once_makes_one_conversation(talk: Talk) -> None:
    await talk.write("Hello", source="dm:1")
    again = await talk.write("Hello", source="dm:1")
    assert len(await talk.said(again)) == 1
    await asyncio.gather(*(talk.write(f"Message {number}") for number in range(6)))
    assert len(await talk.rows("conversation")) == 1
    assert sorted(body for _kind, body, _state in await talk.said(again)) == [
        "Hello",
        *(f"Message {number}" for number in range(6)),
    ]


async def test_staff_answer_note_and_close_and_the_customer_reopens(talk: Talk, clock: Clock) -> None:
    begun = await talk.write()
    answered = await talk.service.answer(talk.sam, begun.id, "On *its* way", source="form:1")
    assert (answered.waiting, answered.claimed_name, answered.preview) == (False, "Sam Staff", "On *its* way")
    assert await talk.service.answer(talk.sam, begun.id, "On *its* way", source="form:1") == answered
    await talk.service.answer(talk.sam, begun.id, "She is nice", note=True)
    assert (await talk.said(begun))[1:] == [("ANSWER", "On *its* way", "QUEUED"), ("NOTE", "She is nice", "KEPT")]
    closed = await talk.service.close(talk.sam, begun.id)
    assert (closed.state, closed.closed_at) == (ConversationState.CLOSED, clock())
    with pytest.raises(ConversationClosed, match="Reopen it first"):
        await talk.service.answer(talk.sam, begun.id, "One more thing")
    assert len(await talk.said(begun)) == 3
    clock.advance(days=6)
    assert (await talk.write("Thanks!")).id == begun.id
    await talk.service.close(talk.sam, begun.id)
    clock.advance(days=8)
    later = await talk.write("Another question")
    assert later.id != begun.id
    with pytest.raises(Refusal, match="Another conversation with Bea Buyer is open"):
        await talk.service.reopen(talk.sam, begun.id)
    await talk.service.close(talk.sam, later.id)
    assert (await talk.service.reopen(talk.sam, begun.id)).open
    actions = [row["action"] for row in await talk.rows("audit_entry") if row["subject"] == "conversation"]
    assert sorted(actions) == sorted(
        [f"conversation.{what}" for what in ("answer", "note", "close", "close", "close", "reopen")]
    )
    assert "its" not in str(await talk.rows("audit_entry"))


async def test_one_of_two_claims(talk: Talk, staff: ActorFactory) -> None:
    begun, tom = await talk.write(), staff(talk.store, "Support", id="200000000000000002", name="Tom Support")
    results = await asyncio.gather(
        talk.service.claim(talk.sam, begun.id), talk.service.claim(tom, begun.id), return_exceptions=True
    )
    assert sum(isinstance(one, Conversation) for one in results) == 1
    assert sum(isinstance(one, ConversationClaimed) for one in results) == 1
    counts = [(await talk.service.counts(who))[ConversationView.MINE] for who in (talk.sam, tom)]
    assert sorted(counts) == [0, 1]
    await talk.service.release(tom, begun.id)
    assert (await talk.service.claim(tom, begun.id)).claimed_name == "Tom Support"
    found = await talk.service.listed(tom, ConversationView.MINE)
    assert [one.id for one in found.items] == [begun.id]
    assert (await talk.service.listed(talk.sam, ConversationView.MINE)).items == []


async def test_blocked_customers_and_too_many_messages_are_refused(talk: Talk, clock: Clock) -> None:
    await talk.app.stores.change(talk.sam, "conversations", {"messages_per_hour": 2})
    begun = await talk.write()
    results = await asyncio.gather(*(talk.write("Hello?") for _number in range(4)), return_exceptions=True)
    assert sum(isinstance(one, TooManyMessages) for one in results) == 3
    with pytest.raises(TooManyMessages, match=r"at most 2 an hour.*Wait 60 minutes"):
        await talk.write("Hello??")
    assert len(await talk.said(begun)) == 2
    clock.advance(minutes=61)
    await talk.write("Hello again")
    await talk.customers.deactivate(talk.sam, begun.customer)
    await talk.write("Why am I deactivated?")
    clock.advance(minutes=61)
    await talk.customers.block(talk.sam, begun.customer)
    for attempt in (talk.write("Let me in"), talk.service.require_writer(talk.bea)):
        with pytest.raises(CustomerBlocked, match="takes no messages from you"):
            await attempt
    assert len(await talk.said(begun)) == 4


@pytest.mark.parametrize("text", ["", "  \n\x00", "x" * 4001])
async def test_bad_texts_change_nothing(talk: Talk, text: str) -> None:
    with pytest.raises(Invalid):
        await talk.write(text)
    assert await talk.rows("customer") == await talk.rows("conversation") == []
    begun = await talk.write()
    for note in (False, True):
        with pytest.raises(Invalid):
            await talk.service.answer(talk.sam, begun.id, text, note=note)
    with pytest.raises(Invalid):
        await talk.service.write_to(talk.sam, begun.customer, text)
    assert len(await talk.said(begun)) == 1


async def test_who_may_what(talk: Talk, staff: ActorFactory, other_store: Store) -> None:
    begun = await talk.write()
    reader = staff(talk.store, "Fulfilment")
    assert [one.id for one in (await talk.service.listed(reader, ConversationView.OPEN)).items] == [begun.id]
    for refused in (
        talk.service.answer(reader, begun.id, "Hi"),
        talk.service.claim(reader, begun.id),
        talk.service.release(reader, begun.id),
        talk.service.close(reader, begun.id),
        talk.service.reopen(reader, begun.id),
        talk.service.write_to(reader, begun.customer, "Hi"),
        talk.service.retry(reader, begun.id),
        talk.service.get(talk.bea, begun.id),
        talk.service.listed(talk.bea, ConversationView.OPEN),
        talk.service.messages(talk.bea, begun.id),
        talk.service.exported(talk.bea, begun.id, notes=True),
    ):
        with pytest.raises(Forbidden):
            await refused
    with scope(other_store.id):
        stranger = staff(other_store)
        assert (await talk.service.listed(stranger, ConversationView.OPEN)).items == []
        for missing in (
            talk.service.get(stranger, begun.id),
            talk.service.answer(stranger, begun.id, "Hi"),
            talk.service.claim(stranger, begun.id),
            talk.service.write_to(stranger, begun.customer, "Hi"),
        ):
            with pytest.raises(NotFound):
                await missing
    assert len(await talk.said(begun)) == 1


async def test_staff_write_first_and_not_to_guests(talk: Talk) -> None:
    bea = await talk.customers.register(talk.bea, "bea", "Bea")
    begun = await talk.service.write_to(talk.sam, bea.id, "Your size is back", source="form:1")
    assert await talk.service.write_to(talk.sam, bea.id, "Your size is back", source="form:1") == begun
    assert (begun.waiting, begun.claimed_name) == (False, "Sam Staff")
    assert (await talk.write("Great!")).id == begun.id
    await talk.service.write_to(talk.sam, bea.id, "Shall I keep one?")
    assert [kind for kind, _body, _state in await talk.said(begun)] == ["ANSWER", "CUSTOMER", "ANSWER"]
    guest = await talk.customers.create(talk.sam, CustomerInput(display_name="Guest", email="g@example.org"))
    with pytest.raises(Refusal, match="Guest is no Discord member"):
        await talk.service.write_to(talk.sam, guest.id, "Hello")
    assert len(await talk.rows("conversation")) == 1


async def test_lists_are_searched_and_go_on(talk: Talk, member: ActorFactory, clock: Clock) -> None:
    for number, fruit in enumerate(("apple", "pear", "plum", "cherry", "quince")):
        clock.advance(minutes=1)
        await talk.write(
            f"Any {fruit} café?", by=member(talk.store, id=f"40000000000000000{number}", name=f"N{number}")
        )
    first = await talk.service.listed(talk.sam, ConversationView.OPEN, limit=3)
    rest = await talk.service.listed(talk.sam, ConversationView.OPEN, cursor=first.cursor, limit=3)
    assert [one.customer_name for one in [*first.items, *rest.items]] == ["N4", "N3", "N2", "N1", "N0"]
    assert rest.cursor == ""
    drawn = CustomerChange(account_number="C-7N2K9QXWPT")
    await talk.customers.change(talk.sam, first.items[0].customer, drawn)
    for text, found in (("CAFE", 5), ("any cherry", 1), ("n2", 1), ("7n2k", 1), ("100%", 0), ("_", 0)):
        assert len((await talk.service.listed(talk.sam, ConversationView.OPEN, text)).items) == found, text
    await talk.service.answer(talk.sam, first.items[0].id, "Yes")
    assert (await talk.service.counts(talk.sam)) == {
        ConversationView.OPEN: 5,
        ConversationView.WAITING: 4,
        ConversationView.MINE: 1,
    }
    with pytest.raises(Invalid, match="cursor"):
        await talk.service.listed(talk.sam, ConversationView.OPEN, cursor="nonsense")


async def test_only_failed_answers_are_sent_again(talk: Talk) -> None:
    begun = await talk.write()
    await talk.service.answer(talk.sam, begun.id, "Yes")
    question, answer = await talk.service.messages(talk.sam, begun.id)
    for message in (question, answer):
        with pytest.raises(Refusal, match="not delivered"):
            await talk.service.retry(talk.sam, message.id)
    assert [state for _kind, _body, state in await talk.said(begun)] == ["RECEIVED", "QUEUED"]
    assert MessageKind.ANSWER is answer.kind
    assert MessageState.QUEUED is answer.state


async def test_what_was_said_is_given_out_and_erased(talk: Talk, member: ActorFactory) -> None:
    begun = await talk.write("My secret question")
    await talk.service.answer(talk.sam, begun.id, "Our secret answer")
    await talk.service.answer(talk.sam, begun.id, "Our secret note", note=True)
    other = await talk.write("Somebody else", by=member(talk.store, id="400000000000000001", name="Other"))
    given: Any = (await talk.customers.my_data(talk.bea))["conversations"]
    assert [(one["by"], one["text"]) for one in given] == [("you", "My secret question"), ("shop", "Our secret answer")]
    await talk.customers.forget(talk.bea, "FORGET ME")
    assert [row["id"] for row in await talk.rows("conversation")] == [other.id]
    assert "secret" not in str([await talk.rows(table) for table in ("conversation_message", "audit_entry", "event")])


async def test_two_records_of_one_person_are_merged_with_what_was_said(talk: Talk, member: ActorFactory) -> None:
    first = await talk.write("From my old account")
    new = member(talk.store, id="400000000000000001", name="Bea New")
    second = await talk.write("From my new account", by=new)
    plan = await talk.customers.plan_merge(talk.sam, first.customer, second.customer)
    assert "1 conversation" in plan.moves
    await talk.customers.merge(talk.sam, first.customer, second.customer, member=int(new.id))
    found = await talk.service.of_customer(talk.sam, second.customer)
    assert {(one.id, one.state) for one in found} == {
        (first.id, ConversationState.CLOSED),
        (second.id, ConversationState.OPEN),
    }
    assert (await talk.write("And on", by=new)).id == second.id
