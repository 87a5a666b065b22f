"""`events list --failed`, `events retry`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from guildshop.cli.opening import opened, operator, out, print_table, run_async
from guildshop.errors import NotFound
from guildshop.i18n import _

commands = typer.Typer(no_args_is_help=True, help="The outbox: events on their way to those who hear them.")


@commands.command("list")
def list_events(
    failed: Annotated[bool, typer.Option("--failed", help="Deliveries that used up their attempts.")] = False,
) -> None:
    """List failed deliveries."""
    if not failed:
        raise typer.BadParameter(_("Give --failed: what is under way needs no attention."))

    async def work() -> None:
        async with opened() as app:
            deliveries = await app.dispatcher.failed()
            if not deliveries:
                out.print(_("No delivery has failed."))
                return
            print_table(
                (_("ID"), _("Store"), _("Event"), _("Listener"), _("Since"), _("Error")),
                [
                    (
                        delivery.id,
                        app.stores.get(delivery.store).name,
                        delivery.event,
                        delivery.listener,
                        delivery.occurred_at.isoformat(timespec="seconds"),
                        " ".join(delivery.error.split()),
                    )
                    for delivery in deliveries
                ],
            )

    run_async(work())


@commands.command("retry")
def retry(delivery: Annotated[UUID, typer.Argument(metavar="ID", help="As `events list --failed` shows it.")]) -> None:
    """Try a failed delivery again, with all its attempts anew."""

    async def work() -> None:
        async with opened() as app:
            found = next((known for known in await app.dispatcher.failed() if known.id == delivery), None)
            if found is None:
                raise NotFound(
                    _("There is no failed delivery {id}; `events list --failed` shows those there are.").format(
                        id=delivery
                    )
                )
            await app.dispatcher.retry(operator(app.stores.get(found.store)), delivery)
            out.print(_("The delivery {id} will be tried again as soon as Guildshop runs.").format(id=delivery))

    run_async(work())
