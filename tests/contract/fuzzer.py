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

from guildshop.web.idempotency import LONGEST_KEY

EXAMPLES = int(os.environ.get("GUILDSHOP_TEST_EXAMPLES", "2"))
"""How many random requests are made to each operation, besides those at the bounds of its schema."""
DEEP = EXAMPLES > 2
"""Whether each field is also sent in each type that it is not. What a schema forbids is refused before it reaches us:
two thirds of all requests tried nothing but the libraries."""

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)

NOT_SET_UP = 503
IDEMPOTENCY_KEY = "Idempotency-Key"

STRANGE = ("\0", "\u202e\u200b", "💥" * 9, "<b>&amp;", "' OR 1=1 --", "{0}%s\\", " ", "=1+1", "x" * 5000)
"""Texts that somebody, or a program, may send where any text is allowed."""
VERSIONS = frozenset({"version", "goneVersion"})
"""Fields by which a change of what somebody else changed is refused: mostly so, whatever number is made up."""

Known = Mapping[str, Sequence[str | int]]
"""What the fields of addresses, queries and bodies can name or be, by their names."""


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
                "coverage": {
                    "enabled": "coverage" in phases,
                    # Our router answers all methods that it does not know in one way.
                    "unexpected-methods": [],
                    "generation": {"mode": "all" if DEEP else "positive"},
                },
            },
        }
    )
    schema = schemathesis.openapi.from_dict(dict(description), config=config)
    names = _Names(known)

    @schemathesis.hook
    def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
        names.fill_in(case.path_parameters)
        names.fill_in(case.query)
        names.fill_in(case.body, strange=True)
        # One key for different requests is refused before the use case, and all values at its bounds are such keys.
        if 0 < len((case.headers or {}).get(IDEMPOTENCY_KEY, "")) <= LONGEST_KEY:
            del case.headers[IDEMPOTENCY_KEY]

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
    """Puts the names of things that there are where random ones were made, mostly, and strange texts."""

    def __init__(self, known: Known) -> None:
        self._turns = {name: cycle([*values, *values, *values, None]) for name, values in known.items()}
        # Few enough that most bodies have none, so that they come as far as the use case.
        self._strange = cycle([one for text in STRANGE for one in (text, *[None] * 15)])
        self._with_version = cycle([False, True])

    def fill_in(self, values: Any, *, strange: bool = False) -> None:
        if isinstance(values, list):
            for one in values:
                self.fill_in(one, strange=strange)
        if isinstance(values, dict):
            if values.keys() & VERSIONS and not next(self._with_version):
                for name in VERSIONS & values.keys():
                    del values[name]
            for name, value in values.items():
                values[name] = self._named(name, value, strange=strange)
                self.fill_in(value, strange=strange)

    def _named(self, name: str, value: Any, *, strange: bool) -> Any:
        turns = self._turns.get(name) or (self._strange if strange else None)
        if turns is not None and isinstance(value, list):
            return [self._named(name, one, strange=strange) for one in value]
        chosen = next(turns) if turns is not None and isinstance(value, str | int) else None
        return chosen if type(chosen) is type(value) else value


def _note(event: events.ScenarioFinished, found: Found) -> None:
    recorder = event.recorder
    for case_id, interaction in recorder.interactions.items():
        found.requests += 1
        label = recorder.cases[case_id].value.operation.label
        response = interaction.response
        if response is not None:
            found.statuses.setdefault(label, set()).add(response.status_code)
        for check in recorder.checks.get(case_id, ()):
            # That something is not set up is no accident; the other check says whether it is described.
            told = check.name == "not_a_server_error" and response is not None and response.status_code == NOT_SET_UP
            if check.failure_info is not None and not told:
                request = interaction.request
                body = (request.body or b"")[:300]
                answer = b"" if response is None else response.content[:300]
                found.problems.append(
                    f"{label}: {check.name}: {check.failure_info.failure.title}:"
                    f" {request.method} {request.uri} {body!r} -> {response and response.status_code} {answer!r}"
                )
