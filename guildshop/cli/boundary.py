"""Where the command line begins and ends: arguments in, an exit code and at most one line per error out."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import structlog
from typer.exceptions import Abort, Exit, TyperException

from guildshop.errors import GuildshopError
from guildshop.i18n import _
from guildshop.logging import configure_logging, mask, new_reference

FINE = 0
FAILED = 1
BAD_USAGE = 2
DEBUG = "--debug"

log = structlog.get_logger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 when all is fine, 1 when what was asked for failed, 2 for bad usage."""
    from guildshop.cli.commands import command

    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = DEBUG in given
    configure_logging(level="DEBUG" if debug else "INFO")
    try:
        result = command().main([word for word in given if word != DEBUG], "guildshop", standalone_mode=False)
    except (Exit, SystemExit) as end:
        code = getattr(end, "exit_code", getattr(end, "code", FINE))
        return code if isinstance(code, int) else FAILED
    except (Abort, KeyboardInterrupt):
        say_error(_("Stopped."))
        return FAILED
    except TyperException as error:
        say_error(_usage_sentence(error))
        return error.exit_code
    except GuildshopError as error:
        return _failed(str(error), debug=debug)
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except Exception as error:
        reference = new_reference()
        return _failed(
            _("Something went wrong ({kind}: {error}), reference {reference}. Run it again with --debug to see where.")
            .format(kind=type(error).__name__, error=str(error).replace("\n", " "), reference=reference),
            debug=debug,
        )  # fmt: skip
    return result if isinstance(result, int) else FINE


def say_error(sentence: str) -> None:
    """Print one line per problem on standard error, without secrets."""
    for line in mask(sentence).splitlines():
        print(line, file=sys.stderr)  # noqa: T201 - this is the command line


def _failed(sentence: str, *, debug: bool) -> int:
    if debug:
        print(mask(traceback.format_exc()), file=sys.stderr)  # noqa: T201 - asked for by --debug
    say_error(sentence)
    return FAILED


def _usage_sentence(error: TyperException) -> str:
    message = error.format_message().strip().replace("\n", " ")
    return message or _("Say what to do. `--help` lists the commands.")
