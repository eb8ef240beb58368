"""The grammar of conditions, by recursive descent.

any   := all ("or" all)*
all   := part ("and" part)*
part  := "not" part | "(" any ")" | test
test  := column ("=" | "!=" | "<" | "<=" | ">" | ">=") literal
       | column ["not"] "in" "(" literal ("," literal)* ")"
       | column ["not"] "between" literal "and" literal
       | column "is" ["not"] "null"

Where other tables hang on the one in question, a column may also be what their rows amount to:

column := function "(" table ["." column] ")"
"""

import re
from collections.abc import Sequence
from typing import cast

from twinfold.errors import ConditionError, unknown_name
from twinfold.synthesis.conditions.literals import Typed, quoted, typed
from twinfold.synthesis.conditions.summaries import Summary, read_summary
from twinfold.synthesis.conditions.tokens import Token, failure, shown, tokenize
from twinfold.synthesis.conditions.tree import And, Node, Not, Operator, Or, Test, column_text
from twinfold.tables.schema import Column, Table, Treatment

MAX_DEPTH = 50
MAX_VALUES = 1_000
_COMMA = re.compile(r"([+-]?[0-9.]+),([0-9]+)")


def grow(text: str, table: Table, below: Sequence[Table] = ()) -> Node:
    """The tree of a condition on a table, and on those that hang on it. Raises `ConditionError` where it is none."""
    parser = _Parser(text, table, below)
    node = parser.any_of(0)
    parser.expect_end()
    return node


class _Parser:
    """A place in the tokens of one condition."""

    def __init__(self, text: str, table: Table, below: Sequence[Table]) -> None:
        self.text = text
        self.table = table
        self.below = below
        self.columns = {column.name: column for column in table}
        self.tokens = tokenize(text)
        self.place = 0
        self.values = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.token
        self.place += token.kind != "end"
        return token

    def took(self, word: str) -> bool:
        """Whether the next token is this keyword; it is then taken."""
        found = self.token.is_word(word)
        self.place += found
        return found

    def failure(self, token: Token, why: str) -> ConditionError:
        return failure(self.text, token.at, why)

    def expect_mark(self, mark: str, where: str) -> None:
        token = self.take()
        if (token.kind, token.text) != ("mark", mark):
            raise self.failure(token, f"{mark} is expected {where}")

    def expect_end(self) -> None:
        token = self.token
        if (token.kind, token.text) == ("mark", ")"):
            raise self.failure(token, "this ) closes nothing")
        if token.kind != "end":
            raise self.failure(token, "and, or, or the end of the condition is expected here")

    def any_of(self, depth: int) -> Node:
        parts = [self.all_of(depth)]
        while self.took("or"):
            parts.append(self.all_of(depth))
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
        return Or(tuple(flat)) if len(flat) > 1 else flat[0]

    def all_of(self, depth: int) -> Node:
        parts = [self.part(depth)]
        while self.took("and"):
            parts.append(self.part(depth))
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
        return And(tuple(flat)) if len(flat) > 1 else flat[0]

    def part(self, depth: int) -> Node:
        token = self.token
        if depth > MAX_DEPTH:
            raise self.failure(token, f"this is nested more than {MAX_DEPTH} deep; write it flatter")
        if self.took("not"):
            return Not(self.part(depth + 1))
        if (token.kind, token.text) == ("mark", "("):
            self.take()
            node = self.any_of(depth + 1)
            self.expect_mark(")", f"to close the ( of character {token.at + 1}")
            return node
        return self.test()

    def test(self) -> Test:
        column = self.column()
        token = self.take()
        if token.kind == "operator":
            return self.comparison(column, token)
        if token.is_word("is"):
            return self.null_test(column)
        negated = token.is_word("not")
        if negated:
            token = self.take()
        if token.is_word("in"):
            return Test(column, "not in" if negated else "in", self.listed(column))
        if token.is_word("between"):
            return self.between(column, token, negated)
        raise self.failure(token, f"after {shown(column.name)}, one of = != < <= > >= in, between, is null is expected")

    def comparison(self, column: Column, operator: Token) -> Test:
        self.check_ordered(column, operator, operator.text not in ("=", "!="))
        self.check_comma(self.token)
        return Test(column, cast(Operator, operator.text), (self.literal(column),))

    def null_test(self, column: Column) -> Test:
        negated = self.took("not")
        token = self.take()
        if not token.is_word("null"):
            raise self.failure(token, "after is, null or not null is expected; compare values with =")
        return Test(column, "is not null" if negated else "is null")

    def check_comma(self, token: Token) -> None:
        """Raise where a number outside a list goes on behind a comma."""
        if token.kind != "number" or not (found := _COMMA.match(self.text, token.at)):
            return
        whole, decimals = found[1].replace(".", ""), found[2]
        thousands = f", or {whole}{decimals} if it stands between thousands" if len(decimals) == 3 else ""
        raise self.failure(token, f"numbers have a decimal point, no comma: write {whole}.{decimals}{thousands}")

    def listed(self, column: Column) -> tuple[Typed, ...]:
        self.expect_mark("(", "after in, as in (1, 2)")
        literals = [self.literal(column)]
        while (self.token.kind, self.token.text) == ("mark", ","):
            self.take()
            literals.append(self.literal(column))
        self.expect_mark(")", "to close the list, or a comma to go on with it")
        return tuple(dict.fromkeys(literals))

    def between(self, column: Column, token: Token, negated: bool) -> Test:
        self.check_ordered(column, token, True)
        self.check_comma(self.token)
        low = self.literal(column)
        if not self.took("and"):
            raise self.failure(self.token, "and is expected here, as in between 1 and 2")
        self.check_comma(self.token)
        high = self.literal(column)
        if cast(float, low.value) > cast(float, high.value):
            raise self.failure(token, f"nothing lies between {low.text} and {high.text}; the smaller one comes first")
        return Test(column, "not between" if negated else "between", (low, high))

    def check_ordered(self, column: Column, operator: Token, needed: bool) -> None:
        if needed and not column.kind.numeric:
            raise self.failure(
                operator,
                f"{shown(column.name)} is a {column.kind}, without order: = != in are accepted; "
                "or give it a kind of number or date in the schema, and fit again",
            )

    def column(self) -> Column:
        token = self.take()
        if token.kind == "end":
            raise self.failure(token, "a column is expected here" if self.text.strip() else "the condition is empty")
        if token.kind in ("text", "number") or token.is_word("true") or token.is_word("false") or token.is_word("null"):
            raise self.failure(token, "a column is expected here, its value on the right, as in age >= 60")
        if token.kind in ("mark", "operator") or token.is_keyword:
            hint = f'; if that is a column, write "{token.text}"' if token.is_keyword else ""
            raise self.failure(token, f"a column is expected here, not {token.text}{hint}")
        if self.below and (self.token.kind, self.token.text) == ("mark", "("):
            return self.summary(token)
        column = self.columns.get(token.text)
        if column is None:
            raise self.unknown(token)
        self.check_learned(token, column)
        return column

    def summary(self, function: Token) -> Summary:
        self.expect_mark("(", "after a function")
        token = self.take()
        if token.kind not in ("word", "name", "double"):
            raise self.failure(token, "a table is expected here, as in count(table), or a column: sum(table.column)")
        try:
            found = read_summary(function.text, token.text, self.below)
        except ValueError as error:
            raise self.failure(token, str(error)) from None
        self.expect_mark(")", f"after {shown(token.text)}")
        if found.name in self.columns:
            raise self.failure(function, f"{shown(found.name)} is also a column of {self.table.name}; rename it there")
        return found

    def unknown(self, token: Token) -> ConditionError:
        known = [column.name for column in self.table if column.treatment is Treatment.LEARN]
        why = unknown_name("column", token.text[:200], known, among=self.table.name)
        alike = [name for name in known if name.casefold() == token.text.casefold()]
        if alike and "did you mean" not in why:
            why += f"; did you mean {alike[0]!r}?"
        return self.failure(token, why)

    def check_learned(self, token: Token, column: Column) -> None:
        if column.treatment is Treatment.LEARN and column.personal is None:
            return
        what = f"personal data: {column.personal}" if column.personal else f"of kind {column.kind}"
        fate = "left out" if column.treatment is Treatment.DROP else "filled with made-up values"
        raise self.failure(
            token, f"{shown(column.name)} is not learned but {fate} ({what}), so nothing can be asked of it"
        )

    def literal(self, column: Column) -> Typed:
        token = self.take()
        self.values += 1
        if self.values > MAX_VALUES:
            raise self.failure(token, f"more than {MAX_VALUES:,} values; fix columns row by row with --given instead")
        if token.kind == "end":
            raise self.failure(token, f"a value for {shown(column.name)} is expected here")
        if token.kind == "name" or (token.kind == "word" and token.text in self.columns and not token.is_keyword):
            raise self.failure(
                token,
                f"a column is compared with values, not with a column; if this is a text, write {quoted(token.text)}",
            )
        if token.is_word("null"):
            raise self.failure(token, f"nothing equals null; write {column_text(column)} is null")
        if token.kind in ("mark", "operator") or (token.is_keyword and token.text.lower() not in ("true", "false")):
            raise self.failure(token, f"a value for {shown(column.name)} is expected here, not {token.text}")
        if token.kind == "word" and not token.is_keyword:
            raise self.failure(token, f"a text stands in quotes: {quoted(token.text)}")
        try:
            return typed(token, column)
        except ValueError as error:
            raise self.failure(token, str(error)) from None
