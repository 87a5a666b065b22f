"""Schemathesis against a running server: what it found, in one line each, and which statuses were seen."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import schemathesis
from schemathesis import hooks
from schemathesis.engine import events, from_schema

EXAMPLES = int(os.environ.get("GUILDSHOP_TEST_EXAMPLES", "2"))
"""How many random requests are made to each operation, besides those at the bounds of its schema."""

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)

Known = Mapping[str, Sequence[str]]
"""What the fields of addresses, queries and bodies can name, by their names."""


@dataclass
class Found:
    """What a run came to."""

    problems: list[str] = field(default_factory=list)
    statuses: dict[str, set[int]] = field(default_factory=dict)
    requests: int = 0


def run(
    description: Mapping[str, Any],
    base_url: str,
    headers: Mapping[str, str],
    known: Known,
    *,
    phases: tuple[str, ...] = ("coverage", "fuzzing"),
    examples: int = EXAMPLES,
) -> Found:
    """Send each operation what is at the bounds of its schema and what is at random, for rows that there are.

    Nothing of it depends on chance, so that a run finds what the run before it found.
    """
    config = schemathesis.Config.from_dict(
        {
            "base-url": base_url,
            "headers": dict(headers),
            "seed": 1,
            "workers": 1,
            "cache": {"enabled": False},
            "continue-on-failure": True,
            "request-timeout": 30,
            "generation": {"max-examples": examples, "deterministic": True, "no-shrink": True, "database": "none"},
            "checks": {"enabled": False} | {name: {"enabled": True} for name in CHECKS},
            "phases": {
                **{name: {"enabled": name in phases} for name in ("examples", "fuzzing", "stateful")},
                # What becomes of a method that an address does not take is the same for all addresses.
                "coverage": {"enabled": "coverage" in phases, "unexpected-methods": ["DELETE"]},
            },
        }
    )
    schema = schemathesis.openapi.from_dict(dict(description), config=config)
    names = _Names(known)

    @schemathesis.hook
    def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
        for values in (case.path_parameters, case.query, case.body):
            names.fill_in(values)

    found = Found()
    try:
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                _note(event, found)
            elif isinstance(event, events.NonFatalError | events.FatalError):
                found.problems.append(str(event))
    finally:
        hooks.unregister(before_call)
    return found


class _Names:
    """Puts the names of things that there are where random ones were made, three times of four."""

    def __init__(self, known: Known) -> None:
        self._turns = {name: cycle([*values, None]) for name, values in known.items()}

    def fill_in(self, values: Any) -> None:
        if isinstance(values, list):
            for one in values:
                self.fill_in(one)
        if isinstance(values, dict):
            for name, value in values.items():
                values[name] = self._named(name, value)
                self.fill_in(value)

    def _named(self, name: str, value: Any) -> Any:
        turns = self._turns.get(name)
        if turns is not None and isinstance(value, list):
            return [self._named(name, one) for one in value]
        chosen = next(turns) if turns is not None and isinstance(value, str) else None
        return value if chosen is None else chosen


def _note(event: events.ScenarioFinished, found: Found) -> None:
    recorder = event.recorder
    for case_id, interaction in recorder.interactions.items():
        found.requests += 1
        label = recorder.cases[case_id].value.operation.label
        response = interaction.response
        if response is not None:
            found.statuses.setdefault(label, set()).add(response.status_code)
        for check in recorder.checks.get(case_id, ()):
            if check.failure_info is not None:
                request = interaction.request
                body = (request.body or b"")[:300]
                answer = b"" if response is None else response.content[:300]
                found.problems.append(
                    f"{label}: {check.name}: {check.failure_info.failure.title}:"
                    f" {request.method} {request.uri} {body!r} -> {response and response.status_code} {answer!r}"
                )
