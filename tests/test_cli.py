"""The command line: what it does, its exit codes, and one sentence for everything that goes wrong."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import structlog

from guildshop.app import App
from guildshop.cli import main
from guildshop.config.settings import load_settings
from guildshop.database import new_id
from guildshop.permissions import Actor
from guildshop.plugins.orders.api import OrderPaid
from tests.ports import free_port

ROOT = Path(__file__).parents[1]
GUILD = "123456789012345678"
SECRET_KEY = "a-secret-key-for-tests-of-the-command-line"
PASSWORD = "correct horse battery"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty directory, with an environment that names no token."""
    for name in ("GUILDSHOP_CONFIG", "GUILDSHOP_DISCORD_TOKEN", "GUILDSHOP_PASSWORD", "GUILDSHOP_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GUILDSHOP_SECRET_KEY", SECRET_KEY)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config())
    yield tmp_path
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    structlog.configure(**before[2])


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; return its exit code, output and errors."""

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def shop(run: Run) -> Run:
    """The same, with a store."""
    code, _out, err = run("store", "create", "--guild", GUILD, "--name", "Test shop")
    assert (code, err) == (0, "")
    return run


def refused(result: tuple[int, str, str], sentence: str, code: int = 1) -> None:
    assert result[0] == code
    assert sentence in result[2]
    assert "Traceback" not in result[2]
    assert len(result[2].strip().splitlines()) == 1


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home / "data/guildshop.sqlite")) as connection:
        return connection.execute(query).fetchall()


def csv(home: Path, name: str, text: str) -> str:
    file = home / name
    file.write_text(text, encoding="utf-8")
    return str(file)


# Usage


def test_help_names_every_command(run: Run) -> None:
    code, out, _err = run("--help")
    assert code == 0
    for name in (
        "demo", "run", "check", "migrate", "store", "user", "import", "export", "plugins", "events", "backup",
        "restore",
    ):  # fmt: skip
        assert re.search(rf"^  {name}\b", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["stroe"], "No such command 'stroe'."),
        (["store", "create", "--guild", "abc", "--name", "x"], "--guild"),
        (["store", "create", "--name", "x"], "Missing option '--guild'"),
        (["run", "--no-web", "--no-discord"], "leave nothing to run"),
        (["run", "--shards", "4-2/3"], "names no shards"),
        (["run", "--nope"], "No such option: --nope"),
        (["user", "create", "--username", "joe"], "Give --store GUILD"),
        (["events", "list"], "Give --failed"),
        (["events", "retry", "not-a-uuid"], "ID"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(run: Run, home: Path, arguments: list[str], sentence: str) -> None:
    refused(run(*arguments), sentence, code=2)
    assert not (home / "data").exists()


def test_bot_py_is_the_same_command_line(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bot.py"), "store", "crate"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == ["No such command 'crate'. Did you mean 'create'?"]


# Configuration and errors


def test_a_wrong_configuration_is_named_line_by_line(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "GUILDSHOP_CONFIG", csv(home, "shop.toml", '[web]\nprot = 1\nhost = 5\n[plugins]\nenabled = ["x"]')
    )
    code, out, err = run("store", "list")
    assert (code, out) == (1, "")
    assert [line.split(": ")[1].split(" ")[0] for line in err.splitlines()] == ["web.host", "web.prot"]
    assert not (home / "data").exists()


def test_an_unknown_plugin_is_named(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDSHOP_PLUGINS__ENABLED", "customers,catalgo")
    refused(run("store", "list"), "catalgo")
    assert not (home / "data").exists()


def test_a_missing_secret_is_named(run: Run, home: Path) -> None:
    refused(
        run("run", "--no-web"),
        "discord.token reads the environment variable GUILDSHOP_DISCORD_TOKEN, which is not set.",
    )


def test_a_password_in_the_databases_address_is_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDSHOP_DATABASE__URL", "postgres://joe:hunter2222@127.0.0.1:1/shop")
    code, out, err = run("store", "list")
    assert code == 1
    assert len(err.strip().splitlines()) == 1
    assert "hunter2222" not in out + err
    code, out, err = run("--debug", "store", "list")
    assert code == 1
    assert "Traceback" in err
    assert "hunter2222" not in out + err


def test_a_database_from_a_newer_version_is_refused(shop: Run, home: Path) -> None:
    with closing(sqlite3.connect(home / "data/guildshop.sqlite")) as connection:
        connection.execute("INSERT INTO migration (app_name, name) VALUES ('orders', '2099-01-01T00:00:00:000000')")
        connection.commit()
    before = rows(home, "SELECT * FROM migration ORDER BY name")
    for command in (["store", "list"], ["migrate"], ["run", "--no-discord"]):
        refused(shop(*command), "newer Guildshop")
    assert rows(home, "SELECT * FROM migration ORDER BY name") == before
    code, out, _err = shop("check")
    assert code == 1
    assert "newer Guildshop" in out


# Database


def test_migrate_says_and_does(run: Run, home: Path) -> None:
    code, out, _err = run("migrate", "--check")
    assert code == 1
    assert "are to be applied: run `migrate`." in out
    assert rows(home, "SELECT name FROM sqlite_master WHERE name = 'store'") == []
    assert run("migrate")[0] == 0
    code, out, _err = run("migrate", "--check")
    assert (code, out.strip()) == (0, "The database is up to date.")


def test_a_backup_is_restored(shop: Run, home: Path) -> None:
    assert shop("backup", "copy.sqlite")[0] == 0
    refused(shop("backup", "copy.sqlite"), "exists already")
    assert shop("store", "create", "--guild", "5", "--name", "Later")[0] == 0
    code, out, _err = shop("restore", "copy.sqlite")
    assert code == 0
    assert "What was there before is now" in out
    assert rows(home, "SELECT name FROM store") == [("Test shop",)]
    (kept,) = (home / "data").glob("*.before-*")
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT name FROM store ORDER BY id").fetchall() == [("Test shop",), ("Later",)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "There is no file"), (b"no database", "is no SQLite database"), (b"SQLite format 3\0" + b"x" * 4096, "")],
)
def test_what_is_no_backup_is_not_restored(shop: Run, home: Path, content: bytes | None, sentence: str) -> None:
    if content is not None:
        (home / "bad.sqlite").write_bytes(content)
    refused(shop("restore", "bad.sqlite"), sentence)
    assert rows(home, "SELECT name FROM store") == [("Test shop",)]


def test_another_programs_database_is_not_restored(shop: Run, home: Path) -> None:
    with closing(sqlite3.connect(home / "other.sqlite")) as connection:
        connection.execute("CREATE TABLE bookmark (id INTEGER)")
    refused(shop("restore", "other.sqlite"), "is no database of Guildshop")
    assert rows(home, "SELECT name FROM store") == [("Test shop",)]


def test_postgresql_is_backed_up_by_its_own_tools(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDSHOP_DATABASE__URL", "postgres://localhost/shop")
    refused(run("backup", "copy.sqlite"), "pg_dump")


# Stores, users, plugins, events


def test_stores_are_made_listed_and_moved(shop: Run, home: Path) -> None:
    assert shop("store", "create", "--guild", "5", "--name", "Second", "--currency", "eur")[0] == 0
    refused(shop("store", "create", "--guild", GUILD, "--name", "Again"), "has a store already")
    refused(shop("store", "create", "--guild", "7", "--name", "x", "--currency", "EUX"), "is no ISO 4217 currency")
    refused(shop("store", "move", "--from", "5", "--to", GUILD), "has a store already")
    refused(shop("store", "move", "--from", "6", "--to", "8"), "has no store")
    assert rows(home, "SELECT guild_id, name, currency FROM store ORDER BY id") == [
        (int(GUILD), "Test shop", "USD"),
        (5, "Second", "EUR"),
    ]
    assert shop("store", "move", "--from", "5", "--to", "9")[0] == 0
    _code, out, _err = shop("store", "list")
    assert re.search(r"^9 +Second +EUR", out, re.MULTILINE)


def test_a_user_is_made_and_gets_a_token(shop: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUILDSHOP_PASSWORD", PASSWORD)
    create = ("user", "create", "--username", "joe", "--store", GUILD, "--role", "Manager")
    assert shop(*create)[0] == 0
    refused(shop(*create), "There is a user called joe already")
    refused(shop("user", "create", "--username", "ann", "--store", GUILD, "--role", "Boss"), "There is no role Boss")
    monkeypatch.setenv("GUILDSHOP_PASSWORD", "short")
    refused(shop("user", "create", "--username", "ann", "--superuser"), "The password has 5 characters")
    assert rows(home, "SELECT username FROM user_account") == [("joe",)]
    code, out, _err = shop("user", "token", "--username", "joe", "--store", GUILD)
    assert code == 0
    refused(shop("user", "token", "--username", "nobody", "--store", GUILD), "nobody")
    content = b"".join(file.read_bytes() for file in (home / "data").iterdir())
    assert PASSWORD.encode() not in content
    assert out.strip().encode() not in content


def test_without_a_terminal_the_password_comes_from_the_environment(
    shop: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (home / "empty").open("w+") as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        refused(shop("user", "create", "--username", "joe", "--superuser"), "set GUILDSHOP_PASSWORD")
    assert rows(home, "SELECT username FROM user_account") == []


def test_plugins_are_listed(shop: Run) -> None:
    code, out, _err = shop("plugins", "list", "--store", GUILD)
    assert code == 0
    for name in load_settings(environ={}).plugins.enabled:
        assert re.search(rf"^{name} .* on  ", out, re.MULTILINE)
    assert re.search(r"^staff .*/dashboard", out, re.MULTILINE)
    refused(shop("plugins", "list", "--store", "5"), f"has no store. Stores: {GUILD} (Test shop).")


async def _fail_a_delivery() -> None:
    async with await App.open(load_settings()) as app:
        store = app.stores.all()[0]
        async with app.work(Actor.system(store.id, "test")) as work:
            work.record(OrderPaid(new_id()))
        await app.database.execute(
            "UPDATE delivery SET status = 'FAILED', attempts = 6, last_error = 'Boom: no'"
            " WHERE store = :store AND key <> 'timer'",
            store=store.id,
        )


def test_failed_deliveries_are_listed_and_retried(shop: Run) -> None:
    assert "No delivery has failed." in shop("events", "list", "--failed")[1]
    asyncio.run(_fail_a_delivery())
    _code, out, _err = shop("events", "list", "--failed")
    assert "Boom: no" in out
    failed = re.findall(r"^([0-9a-f]{8}-[0-9a-f-]{27}) ", out, re.MULTILINE)
    assert len(failed) >= 2
    assert shop("events", "retry", failed[0])[0] == 0
    refused(shop("events", "retry", failed[0]), "There is no failed delivery")
    _code, out, _err = shop("events", "list", "--failed")
    assert re.findall(r"^([0-9a-f]{8}-[0-9a-f-]{27}) ", out, re.MULTILINE) == failed[1:]


# Import and export


def test_a_file_is_imported_exported_and_imported_again(shop: Run, home: Path) -> None:
    file = csv(home, "products.csv", "sku,name,price,stock\nA,Mug,12.50,3\nB,'=Sum,1,\n")
    code, out, _err = shop("import", "products", file, "--store", GUILD, "--dry-run")
    assert code == 0
    assert "All 2 rows are fine. Nothing was written" in out
    assert rows(home, "SELECT sku FROM product") == []
    code, out, _err = shop("import", "products", file, "--store", GUILD)
    assert code == 0
    assert "Imported 2 rows" in out
    assert rows(home, "SELECT sku, name, price, available FROM product ORDER BY sku") == [
        ("A", "Mug", 1250, 3),
        ("B", "=Sum", 100, 0),
    ]
    code, out, _err = shop("export", "products", "--store", GUILD)
    assert code == 0
    assert ",'=Sum," in out
    assert shop("export", "products", "--store", GUILD, "--output", "out.csv")[0] == 0
    before = rows(home, "SELECT * FROM product ORDER BY sku")
    assert shop("import", "products", "out.csv", "--store", GUILD)[0] == 0
    assert len(rows(home, "SELECT * FROM product ORDER BY sku")) == len(before)


def test_every_bad_row_is_reported_and_nothing_is_written(shop: Run, home: Path) -> None:
    file = csv(
        home,
        "products.csv",
        "sku,name,price\nA,Good,1\nB,Bad,free\n,No SKU,1\nC,=1+1,1\nD,short\nA,Twice,1\n",
    )
    code, out, _err = shop("import", "products", file, "--store", GUILD)
    assert code == 1
    assert [int(line) for line in re.findall(r", line (\d+): ", out)] == [3, 4, 5, 6, 7]
    assert "5 of 6 rows cannot be imported. Nothing was written." in out
    assert rows(home, "SELECT sku FROM product") == []


def test_a_row_that_is_no_row_keeps_the_good_ones_out_too(shop: Run, home: Path) -> None:
    file = csv(home, "products.csv", "sku,name,price\nA,Good,1\nB,short\n")
    code, out, _err = shop("import", "products", file, "--store", GUILD)
    assert code == 1
    assert "line 3: This row has 2 cells, but the header has 3." in out
    assert "1 of 2 rows cannot be imported. Nothing was written." in out
    assert rows(home, "SELECT sku FROM product") == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        ("sku,name,price\nA,caf\u00e9,1".encode("latin-1"), "is not UTF-8: see byte 20"),
        (b"sku,nmae,price\nA,b,1", "The column “nmae” is unknown: did you mean “name”?"),
    ],
)
def test_what_is_no_such_file_is_one_sentence(shop: Run, home: Path, content: bytes, sentence: str) -> None:
    (home / "bad.csv").write_bytes(content)
    refused(shop("import", "products", "bad.csv", "--store", GUILD), sentence)
    refused(shop("import", "products", "none.csv", "--store", GUILD), "There is no file none.csv.")
    refused(shop("import", "porducts", "bad.csv", "--store", GUILD), "Did you mean products?")
    refused(shop("export", "products", "--store", GUILD, "--output", "no/such/file.csv"), "cannot be written")
    assert rows(home, "SELECT sku FROM product") == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_file_of_many_rows_is_imported(shop: Run, home: Path) -> None:
    """The rows are 15,000, or as many as GUILDSHOP_TEST_ROWS says."""
    many = int(os.environ.get("GUILDSHOP_TEST_ROWS", "15000"))
    lines = "".join(f"SKU-{number},Product {number},9.99,5\n" for number in range(many))
    file = csv(home, "products.csv", f"sku,name,price,stock\n{lines}")
    assert shop("import", "products", file, "--store", GUILD)[0] == 0
    assert rows(home, "SELECT count(*), sum(available) FROM product") == [(many, 5 * many)]


# The doctor


def test_the_doctor_says_what_is_wrong_and_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUILDSHOP_SECRET_KEY")
    code, out, _err = run("check")
    assert code == 1
    for finding in (
        "XX  Secret key: security.secret_key is not set. Set GUILDSHOP_SECRET_KEY",
        "XX  Discord token: discord.token is not set. Set GUILDSHOP_DISCORD_TOKEN",
        "Run `migrate`; `run` does it too.",
    ):
        assert finding in out


# Running


class Running:
    """A process of the command line, and what it has printed so far."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-u", str(ROOT / "bot.py"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def until(self, text: str) -> None:
        """Read on until a line has the text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return
        pytest.fail(f"ended without {text!r}:\n{self.output}")

    def stop(self, number: signal.Signals) -> int:
        """Send the signal; return the exit code."""
        self.process.send_signal(number)
        rest, _none = self.process.communicate(timeout=60)
        self.output += rest
        return self.process.returncode


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    return free_port()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_serves_and_stops_at_a_signal(
    shop: Run, home: Path, monkeypatch: pytest.MonkeyPatch, port: int, number: signal.Signals
) -> None:
    monkeypatch.setenv("GUILDSHOP_WEB__PORT", str(port))
    running = Running("run", "--no-discord")
    try:
        running.until("Ctrl-C stops it.")
        with urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
        refused(shop("run", "--no-discord"), "is in use by another Guildshop")
        refused(shop("restore", "copy.sqlite"), "There is no file")
        assert shop("backup", "copy.sqlite")[0] == 0
        refused(shop("restore", "copy.sqlite"), "is in use by another Guildshop")
        assert running.stop(number) == 0
    finally:
        running.process.kill()
    assert "Traceback" not in running.output
    assert not (home / "data/guildshop.sqlite-wal").exists()
    assert shop("store", "list")[0] == 0


def test_short_commands_work_beside_a_shop_that_runs(
    shop: Run, home: Path, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.setenv("GUILDSHOP_WEB__PORT", str(port))
    monkeypatch.setenv("GUILDSHOP_PASSWORD", PASSWORD)
    (home / "customers.csv").write_text("email\nann@example.org\n")
    running = Running("run", "--no-discord")
    try:
        running.until("Ctrl-C stops it.")
        assert shop("user", "create", "--username", "olga", "--store", GUILD) == (
            0,
            "Created the user olga (Owner).\n",
            "",
        )
        assert shop("store", "create", "--guild", "223456789012345678", "--name", "Second")[0] == 0
        token = shop("user", "token", "--username", "olga", "--store", GUILD)[1].strip()
        with urlopen(
            Request(f"http://127.0.0.1:{port}/api/store", headers={"Authorization": f"Bearer {token}"})
        ) as said:
            assert json.load(said)["name"] == "Test shop"
        assert shop("events", "list", "--failed")[:2] == (0, "No delivery has failed.\n")
        assert shop("export", "customers", "--store", GUILD)[0] == 0
        assert "in use" not in shop("check")[1]
        assert shop("migrate", "--check")[0] == 0
        refused(shop("migrate"), "is in use by another Guildshop")
        refused(shop("import", "customers", "customers.csv", "--store", GUILD), "is in use by another Guildshop")
        assert running.stop(signal.SIGTERM) == 0
    finally:
        running.process.kill()
    assert "Traceback" not in running.output
    assert rows(home, "SELECT COUNT(*) FROM customer") == [(0,)]


def test_a_port_in_use_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("GUILDSHOP_WEB__PORT", str(port))
        code, _out, err = run("run", "--no-discord")
        assert code == 1
        assert err.splitlines()[-1].startswith(f"Port {port} on 127.0.0.1 is in use")
        assert "Traceback" not in err
    assert run("store", "list")[0] == 0
