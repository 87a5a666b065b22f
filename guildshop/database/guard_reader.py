"""How the guard reads a text: which tables of stores it names, and what binds each of them to one store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from guildshop.database.sql_tokens import Token

STORE = "store"
_FOLLOWED_BY_TABLE = {"FROM", "JOIN", "UPDATE", "INTO", "USING"}
_NEVER = {"TABLE", "TRUNCATE", "COPY", "MERGE", "REPLACE", "DO", "EXECUTE", "PREPARE", "CALL", "TRIGGER", "VACUUM"}
_ENDS_SELECT = {"UNION", "EXCEPT", "INTERSECT"}
_ENDS_WHERE = {"GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "WINDOW", "RETURNING", "FOR", "FETCH", *_ENDS_SELECT}
_ENDS_ON = {"JOIN", "LEFT", "RIGHT", "INNER", "FULL", "CROSS", "NATURAL", "WHERE", *_ENDS_WHERE}
_NO_ALIAS = {"SET", "ON", "USING", "VALUES", "DEFAULT", "AS", "DO", "NOT", *_ENDS_ON}
_MAY_PRECEDE_GROUP = {"WHERE", "AND", "ON", "("}


@dataclass(frozen=True, slots=True)
class Reading:
    """Which arguments and numbers of a text must be the store in scope, or why it may not run at all."""

    parameters: tuple[int | str, ...] = ()
    literals: tuple[int, ...] = ()
    problem: str = ""


@dataclass(slots=True)
class _Table:
    """A table that a text names: at which token, under which alias, and after which keyword."""

    name: str
    alias: str
    keyword: str
    begin: int
    end: int
    depth: int
    ours: bool


@dataclass(slots=True)
class _Bindings:
    parameters: list[int | str] = field(default_factory=list)
    literals: list[int] = field(default_factory=list)
    chained: dict[str, set[str]] = field(default_factory=dict)
    bound: set[int] = field(default_factory=set)


class _Unbound(Exception):
    """A table is bound to no store; the message says which and why."""


def read(tokens: Sequence[Token], store_tables: frozenset[str]) -> Reading | None:
    """Return what binds the text to a store; None when it names no table of a store."""
    tables = list(_tables(tokens, store_tables))
    if not any(table.ours for table in tables):
        return _read_forbidden(tokens, store_tables)
    bindings = _Bindings()
    try:
        _refuse_forbidden(tokens, store_tables)
        for table in tables:
            if table.ours:
                _bind(tokens, table, tables, bindings)
        _follow_chains(tables, bindings)
    except _Unbound as error:
        return Reading(problem=str(error))
    return Reading(tuple(bindings.parameters), tuple(bindings.literals))


def _read_forbidden(tokens: Sequence[Token], store_tables: frozenset[str]) -> Reading | None:
    try:
        _refuse_forbidden(tokens, store_tables)
    except _Unbound as error:
        return Reading(problem=str(error))
    return None


def _refuse_forbidden(tokens: Sequence[Token], store_tables: frozenset[str]) -> None:
    first = tokens[0].text if tokens else ""
    if first in {"DO", "EXECUTE", "PREPARE", "CALL", "COPY", "MERGE", "REPLACE"}:
        raise _Unbound(f"{first} cannot be bound to one store: use a Work")
    for token, following in pairwise(tokens):
        if token.kind == "word" and token.text in _NEVER and following.text.lower() in store_tables:
            raise _Unbound(f"{token.text} {following.text.lower()} reaches the rows of every store")


def _tables(tokens: Sequence[Token], store_tables: frozenset[str]) -> Iterator[_Table]:
    for index, token in enumerate(tokens):
        if token.kind != "word" or token.text not in _FOLLOWED_BY_TABLE:
            continue
        if token.text == "UPDATE" and index and tokens[index - 1].text in {"DO", "FOR", "KEY"}:
            continue
        if token.text == "FROM" and index and tokens[index - 1].text == "DISTINCT":
            continue
        yield from _list_of_tables(tokens, index, store_tables)


def _list_of_tables(tokens: Sequence[Token], keyword: int, store_tables: frozenset[str]) -> Iterator[_Table]:
    index = keyword + 1
    while index < len(tokens):
        while index < len(tokens) and tokens[index].text in {"(", "ONLY", "LATERAL"}:
            index += 1
        table, index = _one_table(tokens, index, tokens[keyword], store_tables)
        if table is not None:
            yield table
        if index < len(tokens) and tokens[index].text == "(" and tokens[index].kind == "sign":
            index = _after_group(tokens, index)
            index = _after_alias(tokens, index)
        if index >= len(tokens) or tokens[index].text != "," or tokens[keyword].text not in {"FROM", "USING"}:
            return
        index += 1


def _one_table(
    tokens: Sequence[Token], index: int, keyword: Token, store_tables: frozenset[str]
) -> tuple[_Table | None, int]:
    if index >= len(tokens) or tokens[index].text in {"SELECT", "WITH", "VALUES"}:
        # A subquery: its own FROM is found by itself.
        end = index
        while end < len(tokens) and tokens[end].depth > keyword.depth:
            end += 1
        return None, _after_alias(tokens, end + 1)
    token = tokens[index]
    if not (token.is_name or token.kind == "string"):
        return None, index + 1
    begin = index
    while index + 2 < len(tokens) and tokens[index + 1].text == "." and tokens[index + 2].is_name:
        index += 2
    name = tokens[index].text.strip("'").lower()
    after = index + 1
    alias, after = _alias(tokens, after, name)
    return _Table(name, alias, keyword.text, begin, after, keyword.depth, name in store_tables), after


def _alias(tokens: Sequence[Token], index: int, name: str) -> tuple[str, int]:
    if index < len(tokens) and tokens[index].text == "AS":
        index += 1
        return tokens[index].text.lower(), index + 1
    if index < len(tokens) and tokens[index].is_name:
        token = tokens[index]
        if token.kind == "quoted" or token.text not in _NO_ALIAS:
            return token.text.lower(), index + 1
    return name, index


def _after_alias(tokens: Sequence[Token], index: int) -> int:
    return _alias(tokens, index, "")[1]


def _after_group(tokens: Sequence[Token], index: int) -> int:
    depth = tokens[index].depth
    index += 1
    while index < len(tokens) and not (tokens[index].text == ")" and tokens[index].depth == depth):
        index += 1
    return index + 1


# Binding


def _bind(tokens: Sequence[Token], table: _Table, tables: Sequence[_Table], bindings: _Bindings) -> None:
    if table.keyword == "INTO":
        _bind_insert(tokens, table, bindings)
        return
    tail = _tail(tokens, table)
    alone = sum(1 for other in tables if tail.start <= other.begin < tail.stop or other is table) == 1
    # A LEFT JOIN's own ON filters the joined table only, and WHERE filters all.
    segments = [_segment(tokens, table, tail, "WHERE", _ENDS_WHERE)]
    if table.keyword == "JOIN":
        segments.append(_segment(tokens, table, tail, "ON", _ENDS_ON))
    for segment in segments:
        _find_conditions(tokens, segment, table, bindings, unqualified=alone)
    if table.keyword == "UPDATE":
        _check_assignments(tokens, table, tail, bindings)
    if table.begin not in bindings.bound and table.alias not in bindings.chained:
        raise _Unbound(
            f'the table {table.name} is reached without "{table.alias}"."{STORE}" = the store in scope, joined by AND'
        )


def _tail(tokens: Sequence[Token], table: _Table) -> range:
    end = table.end
    while end < len(tokens) and tokens[end].depth >= table.depth:
        token = tokens[end]
        if token.depth == table.depth and token.kind == "word" and token.text in _ENDS_SELECT:
            break
        end += 1
    return range(table.end, end)


def _segment(tokens: Sequence[Token], table: _Table, tail: range, keyword: str, ends: set[str]) -> range:
    begin = None
    for index in tail:
        token = tokens[index]
        if token.depth != table.depth or token.kind != "word":
            continue
        if begin is None:
            if token.text == keyword:
                begin = index
            elif keyword == "ON" and token.text in _ENDS_ON:
                return range(0)
        elif token.text in ends:
            return range(begin, index)
    return range(0) if begin is None else range(begin, tail.stop)


def _find_conditions(
    tokens: Sequence[Token], segment: range, table: _Table, bindings: _Bindings, *, unqualified: bool
) -> None:
    for index in segment:
        token = tokens[index]
        if not (token.is_name and token.text.lower() == STORE) or index + 2 >= len(tokens):
            continue
        if tokens[index + 1].text != "=" or not _is_conjunct(tokens, segment, index, table.depth):
            continue
        owner = tokens[index - 2].text.lower() if tokens[index - 1].text == "." else ""
        value = index + 2
        if owner == table.alias or (not owner and unqualified):
            _take_value(tokens, value, table, bindings)
        elif _column_owner(tokens, value) == table.alias and owner:
            bindings.chained.setdefault(table.alias, set()).add(owner)


def _take_value(tokens: Sequence[Token], value: int, table: _Table, bindings: _Bindings) -> None:
    token = tokens[value]
    after = tokens[value + 1] if value + 1 < len(tokens) else None
    if after is not None and after.kind == "sign" and after.text not in {")", ";", "::", ","}:
        if token.is_name and after.text == ".":
            other = _column_owner(tokens, value)
            if other is not None:
                bindings.chained.setdefault(table.alias, set()).add(other)
        return
    if token.parameter is not None:
        bindings.parameters.append(token.parameter)
        bindings.bound.add(table.begin)
    elif token.kind == "number":
        bindings.literals.append(int(token.text))
        bindings.bound.add(table.begin)


def _column_owner(tokens: Sequence[Token], index: int) -> str | None:
    if index + 2 >= len(tokens) or tokens[index + 1].text != "." or tokens[index + 2].text.lower() != STORE:
        return None
    after = tokens[index + 3] if index + 3 < len(tokens) else None
    if after is not None and after.kind == "sign" and after.text not in {")", ";", ","}:
        return None
    return tokens[index].text.lower()


def _is_conjunct(tokens: Sequence[Token], segment: range, index: int, base: int) -> bool:
    """Tell whether the condition at `index` must hold for the whole segment: only ANDs and plain brackets around it."""
    before = index - 1
    if tokens[before].text == ".":
        before -= 2
    if tokens[before].text not in _MAY_PRECEDE_GROUP:
        return False
    level = tokens[index].depth
    left = right = index
    while True:
        while left > segment.start and tokens[left].depth >= level:
            if _is_or(tokens[left], level):
                return False
            left -= 1
        while right < segment.stop and tokens[right].depth >= level:
            if _is_or(tokens[right], level):
                return False
            right += 1
        if level <= base:
            return True
        # `left` is the bracket that opens this level.
        if tokens[left - 1].text not in _MAY_PRECEDE_GROUP:
            return False
        level -= 1


def _is_or(token: Token, level: int) -> bool:
    return token.depth == level and token.kind == "word" and token.text in {"OR", "CASE", "SELECT", "BETWEEN"}


def _check_assignments(tokens: Sequence[Token], table: _Table, tail: range, bindings: _Bindings) -> None:
    segment = _segment(tokens, table, tail, "SET", {"WHERE", "FROM", "RETURNING"})
    for index in segment:
        token = tokens[index]
        if token.depth == table.depth + 1 and token.text.lower() == STORE and _in_column_list(tokens, index):
            raise _Unbound(f"a row of {table.name} cannot move to another store")
        if token.depth != table.depth or not token.is_name or token.text.lower() != STORE:
            continue
        if tokens[index - 1].text in {"SET", ","} and tokens[index + 1].text == "=":
            _must_be_parameter(tokens, index, table, bindings)


def _in_column_list(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether the token stands in `SET (a, b) = …`, whose bracket follows SET or a comma."""
    depth = tokens[index].depth
    while tokens[index].depth >= depth:
        index -= 1
    return tokens[index - 1].text in {"SET", ","}


def _must_be_parameter(tokens: Sequence[Token], index: int, table: _Table, bindings: _Bindings) -> None:
    value = tokens[index + 2]
    after = tokens[index + 3].text if index + 3 < len(tokens) else ""
    if value.parameter is None or after not in {",", "WHERE", "FROM", "RETURNING", ""}:
        raise _Unbound(f"a row of {table.name} cannot move to another store")
    bindings.parameters.append(value.parameter)


def _bind_insert(tokens: Sequence[Token], table: _Table, bindings: _Bindings) -> None:
    if any(token.text == "OR" for token in tokens[max(0, table.begin - 3) : table.begin]):
        raise _Unbound(f"INSERT OR … INTO {table.name} may replace a row of another store")
    index = table.end
    if index >= len(tokens) or tokens[index].text != "(":
        raise _Unbound(f"an INSERT INTO {table.name} must name its columns, {STORE} among them")
    end = _after_group(tokens, index)
    columns = [token.text.lower() for token in tokens[index + 1 : end - 1] if token.is_name]
    if STORE not in columns:
        raise _Unbound(f"an INSERT INTO {table.name} must say the store")
    position = columns.index(STORE)
    if end >= len(tokens) or tokens[end].text != "VALUES":
        raise _Unbound(f"an INSERT INTO {table.name} must list its values")
    index = end + 1
    while index < len(tokens) and tokens[index].text == "(":
        end = _after_group(tokens, index)
        _take_inserted(_nth(tokens, index, end, position), table, bindings)
        index = end + 1 if end < len(tokens) and tokens[end].text == "," else end
    bindings.bound.add(table.begin)
    _check_on_conflict(tokens, index, table, bindings)


def _nth(tokens: Sequence[Token], begin: int, end: int, position: int) -> list[Token]:
    inner = tokens[begin].depth + 1
    parts: list[list[Token]] = [[]]
    for token in tokens[begin + 1 : end - 1]:
        if token.text == "," and token.depth == inner:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts[position] if position < len(parts) else []


def _take_inserted(value: list[Token], table: _Table, bindings: _Bindings) -> None:
    if len(value) == 1 and value[0].parameter is not None:
        bindings.parameters.append(value[0].parameter)
    elif len(value) == 1 and value[0].kind == "number":
        bindings.literals.append(int(value[0].text))
    else:
        raise _Unbound(f"an INSERT INTO {table.name} must give the store as a value")


def _check_on_conflict(tokens: Sequence[Token], index: int, table: _Table, bindings: _Bindings) -> None:
    rest = range(index, len(tokens))
    updates = [at for at in rest if tokens[at].text == "UPDATE" and tokens[at - 1].text == "DO"]
    for number, begin in enumerate(updates):
        end = updates[number + 1] if number + 1 < len(updates) else len(tokens)
        clause = _Table(table.name, table.alias, "UPDATE", begin, begin + 1, table.depth, ours=True)
        tail = range(begin + 1, end)
        _check_assignments(tokens, clause, tail, bindings)
        where = _segment(tokens, clause, tail, "WHERE", {"RETURNING", "ON"})
        _find_conditions(tokens, where, clause, bindings, unqualified=False)
        if begin not in bindings.bound:
            raise _Unbound(f'ON CONFLICT DO UPDATE of {table.name} needs WHERE "{table.alias}"."{STORE}" = the store')


def _follow_chains(tables: Sequence[_Table], bindings: _Bindings) -> None:
    ours = [table for table in tables if table.ours]
    progress = True
    while progress:
        progress = False
        for table in ours:
            if table.begin in bindings.bound:
                continue
            for other in bindings.chained.get(table.alias, ()):
                owners = [one for one in ours if one.alias == other]
                if owners and all(one.begin in bindings.bound for one in owners):
                    bindings.bound.add(table.begin)
                    progress = True
    for table in ours:
        if table.begin not in bindings.bound:
            raise _Unbound(f'the table {table.name} ("{table.alias}") is joined to no table that is bound to the store')
