"""Where a text that is searched for is looked for in a customer's record."""

SHORT = 3
"""Characters of a word that stands in many account numbers by chance."""


def found_in(test: str, word: str, table: str = "customer") -> str:
    """Return SQL that finds a folded word in rows of `table`: the customers, or an alias of theirs.

    `test` is the SQL of the comparison, with `{}` for the text. A short word that stands only in an account number that
    was drawn at random is not found.
    """
    found = test.format(f"{table}.search")
    if len(word) > SHORT:
        return found
    drawn = f"CASE WHEN {table}.account_number LIKE 'C-__________' THEN LOWER({table}.account_number) ELSE '' END"
    # An index helps with the first of them only.
    return f"({found} AND {test.format(f'''REPLACE({table}.search, {drawn}, '')''')})"
