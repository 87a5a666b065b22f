"""The plugin's table, service, pages, API and admin section."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web
from fastapi import APIRouter
from piccolo.columns import JSON, UUID, BigInt, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.conf.apps import AppConfig

from guildshop.app import App
from guildshop.database import new_id
from guildshop.errors import FieldError, Invalid, NotFound, Refusal, Stale
from guildshop.folding import fold
from guildshop.hookspecs import AdminSection, DashboardCard, Page, PublicRoute, SearchHit, SearchKind, hookimpl
from guildshop.loading import Plugin
from guildshop.permissions import READ_ONLY, SUPPORT, Actor, Permission
from guildshop.tenancy import StoreTable
from guildshop.web.admin import service_table
from guildshop.web.api import ApiModel, CurrentActor, CurrentApp, needs, refusal
from guildshop.web.auth import actor_of, app_of
from guildshop.web.pages import flash, read_form, redirect, render


class Book(StoreTable, tablename="book"):
    """A book on a shelf."""

    id = UUID(primary_key=True)
    title = Varchar(100)
    notes = Text()
    author = BigInt(help_text="Discord ID")
    copies = Integer()
    secret_shelf = Varchar(20)
    active = Boolean(default=True)
    tags = JSON(default="[]")
    printed = Timestamptz(null=True, default=None)
    created = Timestamptz()
    version = Integer(default=1)


class BookService:
    """Use cases of books."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def add(self, actor: Actor, values: dict[str, Any]) -> uuid.UUID:
        actor.require("book.update")
        title = str(values.get("title", "")).strip()
        if not title:
            raise Invalid("A book needs a title.", errors=[FieldError("title", "A book needs a title.")])
        key = new_id()
        async with self._app.work(actor) as work:
            work.insert(
                Book,
                conflict=Refusal(f"There is a book called {title} already."),
                id=key,
                title=title,
                notes=str(values.get("notes", "")),
                author=int(values.get("author", 0)),
                copies=int(values.get("copies", 1)),
                secret_shelf="B7",
                tags='["new"]',
                created=work.now,
            )
            work.audit("book.add", subject="book", subject_id=key, after={"title": title})
        return key

    async def change(self, actor: Actor, book: uuid.UUID, changes: dict[str, Any], version: int | None) -> None:
        actor.require("book.update")
        if "shout" in str(changes.get("notes", "")):
            raise Refusal("Notes do not shout “loudly”. Write them calmly, then save again.")
        async with self._app.work(actor) as work:
            work.guard(
                Book,
                set=", ".join(f"{name} = :{name}" for name in changes) + ", version = version + 1",
                where="id = :id AND version = :seen",
                refusal=Stale("Somebody was faster."),
                id=book,
                seen=version,
                **changes,
            )

    async def remove(self, actor: Actor, book: uuid.UUID) -> str:
        actor.require("book.update")
        found = await Book.select().where(Book.id == book).first()
        if found is None:
            raise NotFound("There is no such book.")
        if found["copies"] > 100:
            raise Refusal("More than 100 copies are left, so the book stays. Sell them first.")
        async with self._app.work(actor) as work:
            work.update(Book, book, active=False)
        return f"“{found['title']}” was taken off the shelf, not deleted."


async def _list(request: web.Request) -> web.StreamResponse:
    return render(request, "bookshop/list.html", {"books": await Book.select().order_by(Book.title)})


async def _show(request: web.Request) -> web.StreamResponse:
    book = await Book.select().where(Book.id == uuid.UUID(request.match_info["id"])).first()
    if book is None:
        raise NotFound("There is no such book.")
    return render(request, "bookshop/show.html", {"book": book})


async def _add(request: web.Request) -> web.StreamResponse:
    form = await read_form(request)
    if form.get("title") == "crash":
        message = "the title crashed"
        raise RuntimeError(message)
    await app_of(request).get(BookService).add(actor_of(request), dict(form))
    flash(request, "The book <b>is</b> on the shelf.")
    raise redirect(request, "book")


async def _hook(request: web.Request) -> web.StreamResponse:
    return web.Response(text=str(len(await request.read())))


class BookModel(ApiModel):
    """A book."""

    id: uuid.UUID
    title: str
    copies_left: int


class NewBook(ApiModel):
    """What a new book needs."""

    title: str
    copies_left: int = 1


router = APIRouter(prefix="/books", tags=["Books"])


@router.get("", dependencies=[needs("book.read")])
async def list_books() -> list[BookModel]:
    """List the books."""
    return [BookModel(id=row["id"], title=row["title"], copies_left=row["copies"]) for row in await Book.select()]


@router.post("", status_code=201, dependencies=[needs("book.update")])
async def add_book(actor: CurrentActor, app: CurrentApp, book: NewBook) -> BookModel:
    """Put a book on the shelf."""
    if book.title == "crash":
        message = "the title crashed"
        raise RuntimeError(message)
    key = await app.get(BookService).add(actor, {"title": book.title, "copies": book.copies_left})
    return BookModel(id=key, title=book.title, copies_left=book.copies_left)


TEAPOT = refusal(HTTPStatus.IM_A_TEAPOT, "The book is a teapot.")


@router.get("/{book_id}", dependencies=[needs("book.read")], responses=TEAPOT)
async def read_book(book_id: uuid.UUID) -> BookModel:
    """Read one book."""
    row = await Book.select().where(Book.id == book_id).first()
    if row is None:
        raise NotFound("There is no such book.")
    return BookModel(id=row["id"], title=row["title"], copies_left=row["copies"])


class Bookshop(Plugin):
    """Books."""

    name = "bookshop"
    title = "Bookshop"
    piccolo_app = AppConfig(
        app_name="bookshop",
        migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
        table_classes=[Book],
    )

    @hookimpl
    def register_services(self, app: App) -> list[object]:
        return [BookService(app)]

    @hookimpl
    def register_permissions(self) -> list[Permission]:
        return [
            Permission("book.read", "See books", frozenset({SUPPORT, READ_ONLY})),
            Permission("book.update", "Change books"),
        ]

    @hookimpl
    def register_pages(self) -> list[Page]:
        return [
            Page("book", _list, "book.read", label="Books", position=10, icon="products", shortcut="b"),
            Page("book", _add, "book.update", methods=("POST",)),
            Page("book/{id}", _show, "book.read"),
        ]

    @hookimpl
    def register_routes(self) -> list[PublicRoute]:
        return [PublicRoute("POST", "/webhooks/books", _hook, max_body=1000, csrf=False)]

    @hookimpl
    def register_api(self) -> list[APIRouter]:
        return [router]

    @hookimpl
    def register_dashboard_cards(self, app: App) -> list[DashboardCard]:
        async def count(_actor: Actor) -> str:
            return str(await Book.count())

        return [DashboardCard("Books on the shelf", count, "book.read", link="book")]

    @hookimpl
    def register_search(self, app: App) -> list[SearchKind]:
        async def find(actor: Actor, text: str, limit: int) -> list[SearchHit]:
            if text == "crash":
                message = "the search crashed"
                raise RuntimeError(message)
            found = [row for row in await Book.select().order_by(Book.title) if fold(text) in fold(row["title"])]
            return [SearchHit(row["title"], f"book/{row['id']}", row["notes"]) for row in found[:limit]]

        return [SearchKind("Books", find, "book.read", "book")]

    @hookimpl
    def register_admin(self, app: App) -> list[AdminSection]:
        books = app.get(BookService)
        return [
            AdminSection(
                "Books",
                [
                    service_table(
                        Book,
                        read="book.read",
                        visible=[Book.title, Book.copies, Book.active, Book.author],
                        hidden=[Book.secret_shelf],
                        editable=[Book.title, Book.notes, Book.author, Book.printed],
                        on_patch=books.change,
                        on_post=books.add,
                        on_delete=books.remove,
                    )
                ],
            )
        ]


plugin = Bookshop()
