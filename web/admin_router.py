"""Piccolo Admin itself: built from our tables and forms, with our sign-in, and in the reader's language."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from inspect import isawaitable
from typing import Any

from piccolo_admin import endpoints
from piccolo_admin.endpoints import (
    AdminRouter,
    FormConfig,
    FormConfigResponseModel,
    GroupedFormsResponseModel,
    create_admin,
)
from pydantic import ValidationError
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, SimpleUser
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import Receive, Scope, Send

from guildshop.errors import Refusal
from guildshop.i18n import _
from guildshop.web.admin_crud import ServiceCRUD
from guildshop.web.admin_tables import ServiceTable
from guildshop.web.admin_texts import label_form, sentences, translations
from guildshop.web.context import current_identity

SITE_NAME = "Guildshop"
TABLE_PATH = re.compile("/api/tables/([^/]+)/")


class DataAdmin:
    """Piccolo Admin: built whole, as a shop does, which takes a second; or by tables as they are asked for.

    Tests do the latter: most look at one table or at none.
    """

    def __init__(self, tables: Sequence[ServiceTable], forms: list[FormConfig]) -> None:
        self._tables = {table.name: table for table in tables}
        self._forms = forms
        self._whole: AdminRouter | None = None
        self._parts: dict[str, AdminRouter] = {}

    def build(self) -> None:
        """Build it whole."""
        self._whole = _build(list(self._tables.values()), self._forms)

    def _part(self, path: str) -> AdminRouter:
        found = TABLE_PATH.match(path)
        name = found[1] if found and found[1] in self._tables else ""
        if name not in self._parts:
            self._parts[name] = _build([self._tables[name]], []) if name else _build([], self._forms)
        return self._parts[name]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI has it."""
        admin = self._whole or self._part(scope["path"].removeprefix(scope["root_path"]))
        await admin(scope, receive, send)


def with_refusals(form: FormConfig, label: str) -> FormConfig:
    """Return the form with refusals shown as the front end shows errors of forms."""

    async def endpoint(request: Any, data: Any) -> Any:
        try:
            answer = form.endpoint(request, data)
            return await answer if isawaitable(answer) else answer
        except Refusal as refusal:
            raise ValueError(refusal.message) from refusal

    return FormConfig(form.name, form.pydantic_model, endpoint, form.description, form.form_group or label)


def _build(tables: Sequence[ServiceTable], forms: list[FormConfig]) -> AdminRouter:
    with _standing_in(tables):
        admin: AdminRouter = create_admin(
            tables=tables,
            forms=forms,
            site_name=SITE_NAME,
            auto_include_related=False,
            page_size=25,
            translations=translations(),
        )
    # What escapes it is logged by the bridge, with a reference; its own logger would write it down twice more.
    logging.getLogger(endpoints.__name__).setLevel(logging.CRITICAL)
    # Our own CSRF rule has been applied before a request comes here; theirs would read the body a second time.
    admin.user_middleware.clear()
    return admin


@contextmanager
def _standing_in(tables: Sequence[ServiceTable]) -> Iterator[None]:
    """Have the admin that is built in the block use our CRUD, forms and sign-in: it takes none as an argument."""

    by_class = {table.table_class: table for table in tables}

    class BoundCRUD(ServiceCRUD):
        configs = by_class

    replacements = {"PiccoloCRUD": BoundCRUD, "SessionsAuthBackend": _Backend, "AdminRouter": _Router}
    originals = {name: getattr(endpoints, name) for name in replacements}
    for name, replacement in replacements.items():
        setattr(endpoints, name, replacement)
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(endpoints, name, original)


class _Router(AdminRouter):
    """Piccolo Admin with forms in the reader's language; addresses (slugs) and fields keep the names in the code."""

    def get_forms(self) -> list[FormConfigResponseModel]:
        return [_shown(form) for form in self.forms]

    def get_grouped_forms(self) -> GroupedFormsResponseModel:
        grouped: dict[str, list[FormConfigResponseModel]] = {}
        for form in self.forms:
            grouped.setdefault(_(form.form_group or ""), []).append(_shown(form))
        return GroupedFormsResponseModel(grouped=dict(sorted(grouped.items())))

    def get_single_form(self, form_slug: str) -> FormConfigResponseModel:
        super().get_single_form(form_slug)
        return _shown(self.form_config_map[form_slug])

    def get_single_form_schema(self, form_slug: str) -> dict[str, Any]:
        return label_form(super().get_single_form_schema(form_slug))

    async def post_single_form(self, request: Request, form_slug: str) -> Any:
        form = self.form_config_map.get(form_slug)
        if form is not None:
            try:
                form.pydantic_model.model_validate(await request.json())
            except ValidationError as error:
                return JSONResponse({"detail": sentences(error)}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
            except ValueError:
                return PlainTextResponse(_("This is no JSON."), status_code=HTTPStatus.BAD_REQUEST)
        return await super().post_single_form(request, form_slug)


def _shown(form: FormConfig) -> FormConfigResponseModel:
    return FormConfigResponseModel(name=_(form.name), slug=form.slug, description=_(form.description or "") or None)


class _User(SimpleUser):
    """Who is signed in, as Piccolo Admin asks for it."""

    def __init__(self, username: str, user_id: str) -> None:
        super().__init__(username)
        self.user_id = user_id
        self.user = self


class _Backend(AuthenticationBackend):
    """Lets in whom the middleware around the bridge has signed in."""

    def __init__(self, **_settings: Any) -> None:
        pass

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, _User]:
        identity = current_identity()
        if identity is None or identity.actor is None:
            message = "nobody is signed in"
            raise AuthenticationError(message)
        user = identity.signed_in.user
        return AuthCredentials(["authenticated"]), _User(user.username, str(user.id))
