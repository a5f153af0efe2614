"""One walk over the tokens of a statement: which names are tables, which are columns of them, which are neither.

No grammar of any dialect is complete, and controls may stand for any part of a statement; so what is followed are the
clauses (WITH, FROM, JOIN, the commas between tables, parentheses), on a stack of its own instead of the machine's. Each
name with a dot ends as a table, a column of one, a function, or as a stray that is told where a map speaks of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from migrate.rewrite.text.formula import Span
from migrate.rewrite.text.sql.chains import Chain, Chains, joined
from migrate.rewrite.text.sql.clauses import (
    ALIAS_UNLESS,
    ARGUMENTS_BY_TEXT,
    AROUND_TABLES,
    BEGIN,
    HINTS,
    NAMED_BY_TEXT,
    NAMES_IN_TEXT,
    NO_ALIAS,
    QUERIES_IN_TEXT,
)
from migrate.rewrite.text.sql.controls import Control
from migrate.rewrite.text.sql.dialects import Dialect, same
from migrate.rewrite.text.sql.owners import Scopes
from migrate.rewrite.text.sql.reading import ElementName, Named, NamedKind, Reading, Remark
from migrate.rewrite.text.sql.tokens import Token, line_and_column, split
from migrate.text import cut

_DEEPEST = 300  # queries inside queries; each costs a look through all around it


@dataclass(slots=True)
class Expressions:
    """The common table expressions visible in a frame and in what it stands in."""

    above: Expressions | None
    names: set[str] = field(default_factory=set)

    def holds(self, name: str) -> bool:
        here: Expressions | None = self
        while here is not None:
            if name in here.names:
                return True
            here = here.above
        return False


@dataclass(slots=True)
class Frame:
    """What is open: the statement, or one parenthesis. ``kind`` is query, from (a join in parentheses), or args."""

    kind: str
    scope: int
    parent: int
    expressions: Expressions
    begin: int
    clause: str = ""
    selected: bool = False
    expecting: bool = False  # a table comes next
    waiting: bool = False  # the name of a common table expression comes next
    recursive: bool = False
    expression: str = ""  # the common table expression whose body comes next
    body_of: str = ""
    source: int | None = None  # the table an alias would belong to; -1 for what is none; None where no alias may stand
    alias_at: int = -1
    call: str = ""


Keyword = Callable[["Walk", "Frame"], bool]
"""What a keyword does where it stands; whether it took the word."""


class Walk:
    """One walk over one statement; ``keywords`` are what its words mean where they are no names."""

    def __init__(
        self,
        statement: str,
        dialect: Dialect,
        tokens: list[Token],
        controls: tuple[Control, ...],
        keywords: Mapping[str, Keyword],
    ) -> None:
        self.keywords = keywords
        self.statement = statement
        self.dialect = dialect
        self.tokens = tokens
        self.controls = controls
        self.chains = Chains(statement, dialect, tokens, controls)
        self.scopes = Scopes(dialect)
        self.here = 0
        self.frames: list[Frame] = []
        self.queries = 0
        self.called = ""
        self.others: list[Named] = []
        self.remarks: list[Remark] = []
        self.elements: list[ElementName] = []
        self.problem = ""
        self.names: set[int] = set()
        self.slots: set[int] = set()

    # Moving along

    def run(self) -> str:
        """Go through all tokens; gives why that is impossible."""
        if not self.start():
            return "the statement is no query"
        while self.here < len(self.tokens):
            token = self.tokens[self.here]
            if token.kind == "mark":
                problem = self.mark(self.text())
                if problem:
                    return problem
            elif token.kind == "text":
                self.literal()
            elif token.kind == "number":
                self.here += 1
            else:
                self.name()
            if self.problem:
                return self.problem
        if len(self.frames) > 1:
            return f"{self.place(self.frames[-1].begin - 1)}: a parenthesis is not closed"
        return ""

    def start(self) -> bool:
        """Begin a statement; False where it is no query."""
        index = self.here
        while self.text(index) in ("(", ";"):
            index += 1
        if not self.chains.has(index):
            if not self.frames:
                return False
        elif self.tokens[index].kind != "control" and self.word(index) not in BEGIN:
            return False
        scope = self.scopes.add(-1)
        self.frames = [Frame("query", scope, -1, Expressions(None), self.here)]
        return True

    def taken(self) -> bool:
        self.here += 1
        return True

    def text(self, index: int | None = None) -> str:
        return self.chains.text(self.here if index is None else index)

    def word(self, index: int) -> str:
        """A word in upper case; other tokens as they are."""
        return self.chains.text(index).upper()

    def place(self, index: int) -> str:
        return line_and_column(self.statement, self.tokens[index].start)

    def remark(self, sentence: str, span: Span) -> bool:
        self.remarks.append(Remark(sentence, span))
        return True

    def shown(self, span: Span) -> str:
        """A part of the statement for people."""
        return cut(" ".join(self.statement[slice(*span)].split()), 120)

    # Marks

    def mark(self, mark: str) -> str:
        """Take one mark; gives why the statement cannot be read."""
        frame = self.frames[-1]
        if mark == "(":
            return self.open(frame)
        if mark == ")":
            return self.close()
        if mark == ";":
            return self.semicolon()
        if mark == "@" and self.dialect.stages:
            self.stage(frame)
            return ""
        if frame.expecting and mark in ("$", "?", ":", "@"):
            self.variable(frame)
            return ""
        self.here += 1
        if mark == ",":
            self.comma(frame)
        elif mark == "|>":
            frame.clause, frame.source = "pipe", None
        elif mark in (".", "::") or (mark == ":" and self.dialect.name in ("snowflake", "databricks")):
            self.field()
        return ""

    def variable(self, frame: Frame) -> None:
        """Take a parameter or variable where a table should stand."""
        start = self.here
        self.here += 1
        if self.chains.has(self.here) and self.tokens[self.here].start == self.tokens[start].end:
            self.here += self.tokens[self.here].kind in ("word", "number")
        span = (self.tokens[start].start, self.tokens[self.here - 1].end)
        self.remark(f"{self.shown(span)} names what is read while the query runs", span)
        frame.expecting, frame.source, frame.alias_at = False, -1, self.here

    def field(self) -> None:
        """Pass over a field of a value, or a type: no name of the warehouse."""
        if self.chains.begins(self.here) and self.tokens[self.here - 1].end == self.tokens[self.here].start:
            chain, self.here = self.chains.read(self.here)
            self.as_names(chain)

    def semicolon(self) -> str:
        if len(self.frames) > 1:
            return f"{self.place(self.frames[-1].begin - 1)}: a parenthesis is not closed"
        self.here += 1
        return "" if self.start() else "the statement is no query"

    def comma(self, frame: Frame) -> None:
        if frame.clause == "with":
            frame.waiting = True
        elif frame.clause == "from":
            frame.expecting, frame.source, frame.alias_at = True, None, -1

    def open(self, frame: Frame) -> str:
        """Open a parenthesis: a query, a join in parentheses, or arguments."""
        word, before = self.word(self.here + 1), self.word(self.here - 1)
        called, self.called = self.called, ""
        self.here += 1
        body = frame.clause == "with" and before in ("AS", "MATERIALIZED") and bool(frame.expression)
        if body or word in ("SELECT", "WITH", "VALUES") or (word == "FROM" and before != "TRIM"):
            self.queries += 1
            if self.queries > _DEEPEST:
                return f"{self.place(self.here)}: queries are nested too deeply"
            self.frames.append(self.query(frame, body))
        elif frame.expecting and not called:
            new = Frame("from", frame.scope, frame.parent, frame.expressions, self.here, "from", expecting=True)
            self.frames.append(new)
        else:
            self.frames.append(Frame("args", frame.scope, frame.parent, frame.expressions, self.here, call=called))
            self.named_by_value(called)
        if frame.expecting:
            frame.expecting, frame.source = False, -1
        return ""

    def named_by_value(self, called: str) -> None:
        """Tell of a name that is neither written nor a single text: a variable, or a text put together."""
        value = self.text() in ("$", "?", ":") or (
            self.chains.has(self.here) and self.tokens[self.here].kind == "text" and self.text(self.here + 1) == "||"
        )
        if called in ("IDENTIFIER", "TABLE") and value:
            token = self.tokens[self.here]
            self.remark(f"a table is named by a value in {called} while the query runs", (token.start, token.end))

    def query(self, frame: Frame, body: bool) -> Frame:
        """The frame of a query inside another; the body of a common table expression sees nothing around it."""
        new = Frame("query", -1, frame.scope, frame.expressions, self.here)
        if body:
            new.body_of, frame.expression, new.parent = frame.expression, "", -1
            if frame.recursive or self.dialect.sees_itself:
                frame.expressions.names.add(new.body_of)
        new.scope = self.scopes.add(new.parent)
        return new

    def close(self) -> str:
        if len(self.frames) == 1:
            return f"{self.place(self.here)}: a parenthesis closes that was not opened"
        done = self.frames.pop()
        self.queries -= done.kind == "query"
        frame = self.frames[-1]
        if done.body_of:
            frame.expressions.names.add(done.body_of)
        self.here += 1
        if frame.source is not None:
            frame.alias_at = self.here
        return ""

    # Words and names

    def name(self) -> None:
        """Take a word, a quoted name or a control."""
        frame = self.frames[-1]
        token = self.tokens[self.here]
        word = self.word(self.here) if token.kind == "word" and self.text(self.here + 1) != "." else ""
        if frame.alias_at == self.here and self.is_alias(token, word):
            self.alias(frame)
            return
        keyword = self.keywords.get(word)
        if keyword is not None and keyword(self, frame):
            return
        if frame.waiting:
            self.expression_name(frame)
        elif frame.expecting:
            self.source(frame)
        else:
            self.operand(frame)

    def is_alias(self, token: Token, word: str) -> bool:
        if token.kind == "quoted":
            return True
        if token.kind != "word" or word in NO_ALIAS or not word:
            return False
        return self.word(self.here + 1) not in ALIAS_UNLESS.get(word, ())

    def alias(self, frame: Frame) -> None:
        chain, self.here = self.chains.read(self.here)
        self.as_names(chain)
        frame.alias_at = -1
        if frame.source is not None and frame.source >= 0:
            self.scopes.aliased(frame.source)
        self.scopes.take(frame.scope, chain)

    def expression_name(self, frame: Frame) -> None:
        chain, self.here = self.chains.read(self.here)
        frame.waiting = False
        if len(chain.parts) == 1 and chain.known:
            frame.expression = same(chain.path[0], self.dialect)
            self.scopes.expressions.add(frame.expression)

    def as_names(self, chain: Chain) -> None:
        """Note that the controls of a name stand for names."""
        for part in chain.parts:
            self.names.update(control.span[0] for control in part.controls if control.where == "code")

    def source(self, frame: Frame) -> None:
        """Take the name of a table, or of a function that gives one."""
        chain, after = self.chains.read(self.here, table=True)
        frame.expecting, frame.source, frame.alias_at = False, -1, after
        self.as_names(chain)
        if chain.path[-1].upper() in AROUND_TABLES and self.text(after) == "(" and self.chains.begins(after + 1):
            self.around(frame, after + 1)
            return
        if self.text(after) == "(" and (self.word(after + 1) not in HINTS or self.text(after + 2) == "=>"):
            self.call(frame, chain)
            frame.alias_at = -1
        elif self.is_local(frame, chain):
            self.scopes.take(frame.scope, chain)
        elif not (self.dialect.arrays and len(chain.parts) > 1 and self.scopes.array(frame.scope, chain)):
            frame.source = self.scopes.table(Named(chain, "table", frame.scope, True))
        self.here = after

    def around(self, frame: Frame, start: int) -> None:
        """Take the name in the parentheses, and tell of what stands behind it there, which has names of its own."""
        chain, self.here = self.chains.read(start, table=True)
        self.as_names(chain)
        frame.source = self.scopes.table(Named(chain, "table", frame.scope, True))
        behind, depth = self.here, 1
        while self.chains.has(self.here) and depth:
            depth += {"(": 1, ")": -1}.get(self.text(), 0)
            self.here += 1
        if self.here > behind + 1:
            span = (self.tokens[behind].start, self.tokens[self.here - 1].start)
            self.remark(f"{self.shown(span)} is what a view is asked for, and stays as it is", span)
        frame.alias_at = self.here

    def is_local(self, frame: Frame, chain: Chain) -> bool:
        """Whether this is a table of the session or a common table expression."""
        if chain.path[0][:1] in ("#", "@") and self.dialect.quote == "[":
            return True
        return len(chain.parts) == 1 and frame.expressions.holds(same(chain.path[0], self.dialect))

    def operand(self, frame: Frame) -> None:
        """Take a name of an expression: a column, a function, a fragment."""
        before = self.word(self.here - 1)
        chain, after = self.chains.read(self.here)
        start, self.here = self.here, after
        if len(chain.parts) == 1 and chain.parts[0].pieces == ("", ""):
            self.fragment(frame, chain, start)
            return
        self.as_names(chain)
        if frame.call == "SIGMA_ELEMENT" and self.tokens[start].kind == "quoted" and before == "(":
            token = self.tokens[start]
            self.elements.append(ElementName(chain.path[0], (token.start + 1, token.end - 1)))
        elif self.text(after) == "(":
            self.call(frame, chain)
        elif before in ("TABLE", "MODEL") and frame.kind == "args":
            self.scopes.table(Named(chain, "table", frame.scope))
        elif len(chain.parts) > 1 and chain.path[-1].upper() in ("NEXTVAL", "CURRVAL"):
            self.others.append(Named(chain.first(len(chain.parts) - 1), "sequence"))
        elif self.text(after) == "." and self.text(after + 1) in ("*", "$"):
            self.here = after + 2
            self.scopes.column(frame.scope, chain, len(chain.parts))
        elif len(chain.parts) > 1:
            self.scopes.column(frame.scope, chain, len(chain.parts) - 1)
        elif self.dialect.whole_rows:
            self.scopes.word(frame.scope, chain, frame.call)

    def fragment(self, frame: Frame, chain: Chain, index: int) -> None:
        """Take a control that stands alone: a value, one name, or any piece of SQL."""
        control = chain.parts[0].controls[0]
        if frame.call in NAMED_BY_TEXT and self.text(index - 1) == "(":
            self.remark(
                f"{frame.call}({control_text(self.statement, control)}) is named while the query runs", chain.span
            )
        elif self.text() == "(":
            self.called = " "
            self.remark(
                f"a function is named by {control_text(self.statement, control)} while the query runs", chain.span
            )
        elif control.directive == "raw":
            self.slots.add(control.span[0])
            sentence = "stands for a piece of SQL, which may hold names of tables"
            self.remark(f"{control_text(self.statement, control)} {sentence}", chain.span)
        elif control.directive not in ("", "identifier", "formula"):
            self.remark(
                f"{control_text(self.statement, control)} is a directive this version does not know", chain.span
            )

    def call(self, frame: Frame, chain: Chain) -> None:
        """Take the name of a function; the next token opens its arguments."""
        # The called name stays until the parenthesis opens; a blank one has no meaning of its own.
        name = chain.path[-1].upper()
        if len(chain.parts) == 1:
            self.called = name
            if name in QUERIES_IN_TEXT:
                self.remark(f"{name} may hold a query as text, which is not read", chain.span)
            if name in NAMES_IN_TEXT:
                self.remark(f"{name} is told names as text, which stay", chain.span)
            if not chain.known:
                self.remark(f"function {chain.path[0]} is named while the query runs", chain.span)
            return
        self.called = " "
        if chain.path[0].upper() not in self.dialect.packages:
            self.scopes.call(frame.scope, chain)

    def literal(self) -> None:
        """Take a literal, which in some places is a name."""
        frame = self.frames[-1]
        token = self.tokens[self.here]
        self.here += 1
        span = (token.start, token.end)
        if frame.expecting:
            frame.expecting, frame.source, frame.alias_at = False, -1, self.here
            self.remark(f"{self.shown(span)} names what is read by a text", span)
        elif frame.call == "SIGMA_ELEMENT" and self.text(self.here - 2) == "(":
            inner = self.statement[token.start + 1 : token.end - 1]
            self.elements.append(ElementName(inner.replace("''", "'"), (token.start + 1, token.end - 1)))
        elif self.text() == "::" and self.word(self.here + 1) == "REGCLASS":
            self.name_in_text(token, "table")
        elif frame.call in NAMED_BY_TEXT and self.text(self.here - 2) == "(" and self.text() in (")", ","):
            self.name_in_text(token, NAMED_BY_TEXT[frame.call])
        elif frame.kind == "args" and (kind := self.argument()) is not None:
            self.name_in_text(token, kind)
        elif self.text(self.here - 2) == "=>" and self.statement.startswith("@", token.start + 1):
            self.remark(f"{self.shown(span)} names a stage by a text, which stays", span)

    def argument(self) -> NamedKind | None:
        """What the text before the place names, where it is the value of an argument that takes a name."""
        at = self.here - 2
        return ARGUMENTS_BY_TEXT.get(self.word(at - 1)) if self.text(at) in ("=", "=>") else None

    def name_in_text(self, token: Token, kind: NamedKind) -> None:
        """Take the qualified name that a literal holds."""
        start, end = token.start + 1, token.end - 1
        inner = self.statement[start:end]
        found = split(inner, self.dialect)
        tokens = [Token(each.kind, each.start + start, each.end + start) for each in found.tokens]
        controls = [control for control in self.controls if start <= control.span[0] < end]
        moved = [Control(c.span, c.directive, c.body, c.body_span, "code") for c in controls]
        chains = Chains(self.statement, self.dialect, tokens, moved)
        chain, after = chains.read(0) if chains.begins(0) and not found.problem else (None, 0)
        if chain is None or after < len(tokens) or "'" in inner or "\\" in inner:
            self.remark(f"{self.shown((token.start, token.end))} is named by a text", (token.start, token.end))
        elif kind == "table":
            self.scopes.table(Named(chain, kind, self.frames[-1].scope))
        else:
            self.others.append(Named(chain, kind))

    def stage(self, frame: Frame) -> None:
        """Take ``@db.schema.stage/path``, ``@~`` (of the user) or ``@%table``; the path is passed over."""
        self.here += 1
        table = self.text() == "%"
        self.here += table
        chain: Chain | None = None
        if self.chains.begins(self.here):
            chain, self.here = self.chains.read(self.here)
            if self.text() == "." and self.text(self.here + 1) == "%" and self.chains.begins(self.here + 2):
                more, self.here = self.chains.read(self.here + 2)
                chain, table = joined((*chain.parts, *more.parts), chain.span[0], more.span[1]), True
        while (
            self.chains.has(self.here)
            and self.tokens[self.here - 1].end == self.tokens[self.here].start
            and self.text() not in ("(", ")", ",", ";")
        ):
            self.here += 1
        if frame.expecting:
            frame.expecting, frame.source, frame.alias_at = False, -1, self.here
        if chain is None:
            return
        self.as_names(chain)
        if table:
            self.scopes.table(Named(chain, "table", frame.scope))
        else:
            self.others.append(Named(chain, "stage"))

    # The end

    def done(self) -> Reading:
        """Everything the walk found, with columns given to their tables."""
        tables, order = self.scopes.sorted_tables()
        qualifiers, strays = self.scopes.qualifiers(order)
        functions, more = self.scopes.functions(order)
        others = sorted((*self.others, *functions), key=lambda named: named.chain.span)
        return Reading(
            tables=tables,
            others=tuple(others),
            qualifiers=(*qualifiers, *more),
            rows=self.scopes.rows(order),
            taken=self.scopes.all_taken(),
            expressions=frozenset(self.scopes.expressions),
            strays=strays,
            remarks=tuple(self.remarks),
            elements=tuple(self.elements),
            controls=self.controls,
            names=frozenset(self.names),
            slots=frozenset(self.slots),
        )


def control_text(statement: str, control: Control) -> str:
    """A control as it is written, shortened."""
    return cut(statement[slice(*control.span)], 80)
