"""The web server: aiohttp with our pages, the JSON API and Piccolo Admin behind one sign-in."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from guildshop.errors import ConfigurationError
from guildshop.i18n import _
from guildshop.web import health, mfa_pages, password_reset_pages, signin
from guildshop.web.admin import add_data_admin
from guildshop.web.api import add_api
from guildshop.web.auth import sign_in
from guildshop.web.context import APP, STAFF_BASE
from guildshop.web.errors import tell_errors
from guildshop.web.locale import speak
from guildshop.web.metrics import METRICS, Metrics
from guildshop.web.middlewares import add_headers, limit_body, observe, proxies
from guildshop.web.pages import set_up_templates
from guildshop.web.routes import RULES, Csrf, RouteRules, add_route
from guildshop.web.static import STATIC, StaticFiles
from guildshop.web.workspace import add_workspace

if TYPE_CHECKING:
    from guildshop.app import App

log = structlog.get_logger(__name__)

SHUTDOWN_SECONDS = 3.0
HEADER_BYTES = 16 * 1024
OPEN = RouteRules(sign_in=False)
LANGUAGE = RouteRules(max_body=16 * 1024, csrf=Csrf.NONE, sign_in=False)
"""The choice of a language is on pages for everybody, and whoever forged one would change no more than that."""


def build(guildshop: App, *, at_once: bool = True) -> web.Application:
    """Return the aiohttp application with every route; LoadError names a plugin whose pages collide.

    Without `at_once`, Piccolo Admin is built by the first request for it.
    """
    server = web.Application(
        middlewares=[observe, speak, tell_errors, proxies(guildshop.settings.web.trusted_proxies), limit_body, sign_in]
    )
    server[APP] = guildshop
    server[METRICS] = Metrics()
    server[RULES] = {}
    server[STATIC] = StaticFiles.of(guildshop)
    set_up_templates(server, guildshop)
    server.on_response_prepare.append(add_headers)
    add_route(server, "GET", "/healthz", health.healthz, OPEN)
    add_route(server, "GET", "/readyz", health.readyz, OPEN)
    add_route(server, "GET", "/metrics", health.metrics, OPEN)
    add_route(server, "GET", "/static/{name:.+}", server[STATIC].serve, OPEN)
    rules = RouteRules()
    add_route(server, "GET", "/", signin.start, rules)
    for staff in (STAFF_BASE, f"{STAFF_BASE}/"):  # where people who remember the beginning of an address go
        add_route(server, "GET", staff, signin.start, rules)
    add_route(server, "GET", "/login", signin.show_login, rules)
    add_route(server, "POST", "/login", signin.log_in, rules)
    # Shows what is sealed for whoever is signed in, and changes nothing; its page was made before they were.
    add_route(server, "POST", "/login/kept", signin.resume, RouteRules(csrf=Csrf.NONE))
    add_route(server, "POST", "/logout", signin.log_out, rules)
    add_route(server, "POST", "/store", signin.switch_store, rules)
    add_route(server, "POST", "/language", signin.choose_language, LANGUAGE)
    add_route(server, "GET", "/account", signin.show_account, rules)
    add_route(server, "POST", "/account/password", signin.change_password, rules)
    add_route(server, "POST", "/account/sessions/{id}/end", signin.end_session, rules)
    add_route(server, "GET", "/login/code", mfa_pages.show_code, rules)
    add_route(server, "POST", "/login/code", mfa_pages.take_code, rules)
    add_route(server, "GET", "/account/mfa", mfa_pages.show_setup, rules)
    add_route(server, "POST", "/account/mfa", mfa_pages.begin, rules)
    add_route(server, "POST", "/account/mfa/confirm", mfa_pages.confirm, rules)
    add_route(server, "POST", "/account/mfa/off", mfa_pages.turn_off, rules)
    add_route(server, "POST", "/account/email", signin.change_email, rules)
    add_route(server, "GET", "/password-reset", password_reset_pages.show_request, rules)
    add_route(server, "POST", "/password-reset", password_reset_pages.take_request, rules)
    add_route(server, "GET", "/password-reset/{token}", password_reset_pages.show_new, rules)
    add_route(server, "POST", "/password-reset/{token}", password_reset_pages.take_new, rules)
    add_workspace(server, guildshop)
    add_data_admin(server, guildshop, at_once=at_once)
    add_api(server, guildshop)
    return server


class WebServer:
    """Listens on the configured address between `start` and `stop`."""

    def __init__(self, app: App) -> None:
        """Serve this application."""
        self._app = app
        self._runner: web.AppRunner | None = None
        self.port = app.settings.web.port

    @property
    def url(self) -> str:
        """The address at which this machine reaches the server."""
        host = self._app.settings.web.host
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - shown, not bound
        return f"http://{shown}:{self.port}"

    async def start(self, *, at_once: bool = True) -> None:
        """Listen; ConfigurationError when the address cannot be had. Port 0 takes any free one.

        Without `at_once`, Piccolo Admin is built by the first request for it, as tests like it.
        """
        settings = self._app.settings.web
        runner = web.AppRunner(
            build(self._app, at_once=at_once),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=SHUTDOWN_SECONDS,
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port, reuse_address=True).start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigurationError(_why_not(error, settings.host, settings.port)) from error
        self._runner = runner
        self.port = runner.addresses[0][1]
        log.info("web.started", url=self.url)

    async def stop(self) -> None:
        """Stop listening, and give requests that are being answered a moment to finish."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return _(
            "Port {port} on {host} is in use, perhaps by another Guildshop. Stop it, or set web.port to a free one."
        ).format(port=port, host=host)
    if error.errno == errno.EACCES:
        return _("Port {port} on {host} may not be opened by this user. Set web.port to one above 1023.").format(
            port=port, host=host
        )
    return _("The web server cannot listen on {host}:{port}: {reason}. Check web.host and web.port.").format(
        host=host, port=port, reason=error.strerror or error
    )
