"""References inside Custom SQL: names of the warehouse, controls that name people's rights, elements of the document.

Rights come first and whatever the plan says of the connection's SQL: a user attribute or team inside ``{{…}}`` is
row-level security, mapped and checked like one in a formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from migrate.bundle.document import elements_of
from migrate.plan.maps import PathMap
from migrate.plan.match import TableMaps
from migrate.rewrite.catalogue.walk import ReferenceSite, find
from migrate.rewrite.context import MappedConnection
from migrate.rewrite.drafting import Drafting, Resolver
from migrate.rewrite.edits import spliced
from migrate.rewrite.model import Resolution
from migrate.rewrite.names.explanation import renames_of
from migrate.rewrite.names.scope import Naming
from migrate.rewrite.resolvers.people import by_name, in_formula, kind_of
from migrate.rewrite.resolvers.prefixes import renamer
from migrate.rewrite.resolvers.sources import connection_to
from migrate.rewrite.resolvers.tables import SQL_KEPT, agreed_in_sql, renamed_in_sql, ruled_in_sql
from migrate.rewrite.text.sql.chains import Segment
from migrate.rewrite.text.sql.controls import Control, System, system
from migrate.rewrite.text.sql.dialects import PLAIN, Dialect, dialect_of, fold
from migrate.rewrite.text.sql.exchange import Moved, Partly, Renames, SqlResult, rewrite_sql
from migrate.rewrite.text.sql.raw_directive import RawUse, raw_uses
from migrate.rewrite.text.sql.reading import ElementName
from migrate.rewrite.text.sql.tokens import controls_of, split
from migrate.text import cut, without_addresses
from migrate.tree import Json, Path

_NAME = re.compile(r"[^\W\d][\w$]*")
"""A name that needs no quotes."""

_SHOWN = 300
"""Characters of a statement that a message shows."""


def statement(site: ReferenceSite, drafting: Drafting) -> None:
    """SQL by the connection's ``sql`` setting: rewritten, kept, or refused; rights inside it in any case."""
    to = connection_to(drafting, site.node.get("connectionId"))
    dialect = dialect_of(to.dialect if to else _type_here(site, drafting))
    for control in controls_of(site.value, dialect or PLAIN):
        _control(site, drafting, control)
    _raw(site, drafting, dialect)
    if to is None:
        drafting.note(site, "unknown", note="its connection has no mapping")
    elif to.sql == "keep":
        drafting.note(site, "opaque", note=SQL_KEPT)
    elif to.sql == "fail":
        message = "the plan refuses custom SQL on this connection"
        drafting.unsupported(site, "sql_refused", message, "set sql: rewrite", to.name)
    else:
        _rewrite(site, drafting, to)


def _type_here(site: ReferenceSite, drafting: Drafting) -> str:
    """The type of the source's connection, where the target's is not known."""
    found = drafting.context.source.connections.get(str(site.node.get("connectionId")))
    return found.type if found else ""


def _control(site: ReferenceSite, drafting: Drafting, control: Control) -> None:
    """Map the user attributes and teams that a control names."""
    called = system(control)
    if called is None:
        in_formula(site, drafting, control.body_span[0], control.body)
        return
    kind = kind_of(called.function)
    if kind is not None and called.argument:
        by_name(site, drafting, kind, called.argument, called.span, str)
    elif called.argument:
        _unknown_system(site, drafting, called)


def _unknown_system(site: ReferenceSite, drafting: Drafting, called: System) -> None:
    name = f"system::{called.function}::{called.argument}"
    message = f"{name[:120]} names something this version does not know, perhaps somebody's rights"
    drafting.insecure(site, message, name[:120], before=name)


def _rewrite(site: ReferenceSite, drafting: Drafting, to: MappedConnection) -> None:
    worth = bool(drafting.set_paths or to.paths)
    result = rewrite_sql(site.value, dialect=to.dialect, renames=_renames(site, drafting, to))
    for remark in (*result.remarks, *result.left):
        drafting.residual("sql_dynamic", remark.sentence, "read the statement and try it in the target", site.path)
    if result.problem:
        _unparsed(site, drafting, result.problem, worth=worth)
        return
    for element in result.reading.elements:
        _element(site, drafting, element)
    overruled = drafting.edits.parts(site.path, result.groups)
    if not result.names:
        drafting.note(site, "opaque", note="the statement names no table")
    for moved in result.names:
        _account(site, drafting, moved)
    if worth:
        _left(site, drafting, result, to, overruled)


def _account(site: ReferenceSite, drafting: Drafting, moved: Moved) -> None:
    """Note what became of one name."""
    resolution: Resolution = "mapped" if moved.after or moved.end == "moved" else "opaque"
    note = {
        "moved": "",
        "part": "named in part while the query runs",
        "system": "a view of the warehouse itself",
        "kept": "no path map fits; the name stays",
    }[moved.end]
    after = ".".join(moved.after or moved.before) if resolution == "mapped" else None
    drafting.note(site, resolution, before=".".join(moved.before), after=after, note=note)


def _left(
    site: ReferenceSite,
    drafting: Drafting,
    result: SqlResult,
    to: MappedConnection,
    overruled: Sequence[Mapping[tuple[int, int], str]],
) -> None:
    """Tell which names of a connection with maps stay, and of a statement that changed in part only."""
    kept = sorted({f"{each.kind} {'.'.join(each.before)}" for each in result.names if each.end == "kept"})
    if kept:
        names = ", ".join(kept[:10]) + (f" and {len(kept) - 10} more" if len(kept) > 10 else "")
        message = f"no path map of connection {to.name!r} speaks of {names}, so the statement names the same there"
        fix = "map the name, to itself if it is right, or set sql: keep"
        drafting.residual("sql_name_kept", message, fix, site.path, names)
    if result.groups and (kept or result.left or overruled):
        after = spliced(site.value, drafting.edits.spans.get(site.path, {}))[0]
        reason = f"; a rule of the plan overrules {len(overruled)} of its names" if overruled else ""
        dialect = dialect_of(to.dialect) or PLAIN
        message = f"the SQL is rewritten in part{reason}: {shown(site.value, dialect)} becomes {shown(after, dialect)}"
        drafting.residual("sql_rewritten_in_part", message, "compare the two and try it in the target", site.path)


def _renames(site: ReferenceSite, drafting: Drafting, to: MappedConnection) -> Renames:
    """What the rules and maps make of a name, noting which of them did."""
    rules = [(TableMaps([map_]), rule) for map_, rule in drafting.set_paths]

    def used(by: Sequence[PathMap]) -> None:
        drafting.used.update(f"{to.where}.paths.{to.paths.index(map_)}" for map_ in by)

    def whole(name: tuple[str, ...]) -> tuple[str, ...] | None:
        new, told = ruled_in_sql(name, rules)
        for rule, before, after in told:
            drafting.ruled(rule, site.path, before, after)
        if new is None:
            new, by = renamed_in_sql(name, to.tables)
            used(by if new is not None else ())
        return new

    def partly(name: tuple[Segment, ...]) -> Partly:
        now, told = name, []
        for maps, rule in rules:
            answer, _by = agreed_in_sql(now, maps)
            if answer.doubt and len(rules) > 1:  # what the next rule meets depends on what is put in
                return Partly(None, "and several rules may speak of it")
            if answer.doubt and answer.after is None:
                return answer
            if answer.after is not None:
                before, now = now, _next(now, answer.after)
                told.append((rule, _pieces(before), _pieces(now), answer))
        for rule, left, right, _answer in told:
            drafting.ruled(rule, site.path, left, right)
        if told:
            after = tuple(pieces[0] if len(pieces) == 1 else None for pieces in now)
            return Partly(after, told[-1][-1].doubt)
        answer, by = agreed_in_sql(name, to.tables)
        used(by if answer.after is not None else ())
        return answer

    return Renames(whole=whole, partly=partly)


def _next(name: tuple[Segment, ...], after: Sequence[str | None]) -> tuple[Segment, ...]:
    """A name in pieces with what is known of its new one."""
    return tuple((new,) if new is not None else pieces for pieces, new in zip(name, after, strict=True))


def _pieces(name: Sequence[Segment]) -> str:
    return ".".join("…".join(pieces) for pieces in name)


def _unparsed(site: ReferenceSite, drafting: Drafting, why: str, *, worth: bool) -> None:
    """A statement that nobody could read: harmless where no name changes anyway."""
    if not worth:
        drafting.note(site, "opaque", note=f"could not be read ({why}), and no name changes on this connection")
        return
    message = f"the SQL could not be rewritten: {why}"
    drafting.unsupported(
        site, "sql_unparsed", message, "rewrite it with a rule, or set sql: keep if its names are right"
    )


def _raw(site: ReferenceSite, drafting: Drafting, dialect: Dialect | None) -> None:
    """Exchange ``#raw`` where a rule asks for it and it stands for a name; name every use that is left.

    Queries with it fail from 2 December 2026 on (help page on replacing ``#raw``).
    """
    uses = [use for use in raw_uses(site.value, dialect) if not _exchanged(site, drafting, dialect or PLAIN, use)]
    if uses:
        message = _raw_sentence(site.value, dialect or PLAIN, uses)
        fix = "write {{#identifier [control]}} where a name is meant (rule raw_to_identifier), and rewrite the rest"
        drafting.residual("sql_raw_deprecated", message, fix, site.path)


def _raw_sentence(text: str, dialect: Dialect, uses: Sequence[RawUse]) -> str:
    """Which uses of ``#raw`` a statement has, where, and the statement."""
    places = ", ".join(f"{text[slice(*use.control.span)][:80]} ({use.place})" for use in uses[:10])
    more = f" and {len(uses) - 10} more" if len(uses) > 10 else ""
    return f"uses of #raw fail from 2 December 2026 on: {places}{more}, in {shown(text, dialect)}"


def raw_in(body: Json, types: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Each statement of a document that uses ``#raw``: its path, and a sentence with the uses and the statement.

    ``types`` are the warehouse types of the organization's connections by id.
    """
    for site in find(body):
        if site.row.code == "statement":
            dialect = dialect_of(types.get(str(site.node.get("connectionId")), ""))
            uses = raw_uses(site.value, dialect)
            if uses:
                yield site.path, _raw_sentence(site.value, dialect or PLAIN, uses)


def _exchanged(site: ReferenceSite, drafting: Drafting, dialect: Dialect, use: RawUse) -> bool:
    """Whether a rule exchanged a ``#raw``; where it could stand for more than a name, its values have to be names."""
    if not (drafting.raw_rule and use.identifier):
        return False
    values = _values(drafting, use.control.name)
    if use.role == "slot" and not (values and all(_NAME.fullmatch(value) for value in values)):
        return False
    if not drafting.edits.part(site.path, use.span, use.identifier):
        return False
    drafting.ruled(drafting.raw_rule, site.path, site.value[slice(*use.span)], use.identifier)
    wrong = None if values is None else [value for value in values if fold(value, dialect) != value]
    if dialect.folds and use.role != "quoted" and wrong != []:
        what = ", ".join(map(repr, wrong))[:200] if wrong else "whatever is chosen"
        message = f"{use.identifier} is a quoted name ({use.place}), so letter case counts: {what} is read as written"
        fix = "compare with the names in the catalog, and correct the values of the control"
        drafting.residual("sql_dynamic", message, fix, site.path)
    return True


def _values(drafting: Drafting, control: str) -> list[str] | None:
    """Everything that a control of the document can be set to, where it says so; None where nobody knows."""
    found = [element.node for element in elements_of(drafting.body) if element.node.get("controlId") == control]
    source = found[0].get("source") if len(found) == 1 else None
    values = source.get("values") if isinstance(source, dict) else None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    return [str(value) for value in values]


def _element(site: ReferenceSite, drafting: Drafting, element: ElementName) -> None:
    """An element of the same document that the statement reads by name: it follows that name."""
    naming = Naming(drafting.body, drafting.context.sources.bodies)
    called = naming.called(element.name)
    if len(called) != 1:
        what = "no element" if not called else f"{len(called)} elements"
        message = f"the SQL reads sigma_element({element.name!r}), and {what} of the document has that name"
        drafting.note(site, "unknown", row="element", before=element.name, note=message)
        drafting.residual("broken_in_source", message, "mend it in the source", site.path, element.name)
        return
    new = _name_in_target(drafting, naming, called[0], element.name)
    if new == element.name:
        drafting.note(site, "local", row="element", before=element.name)
    elif drafting.edits.part(site.path, element.span, new.replace("'", "''")):
        drafting.note(site, "mapped", row="element", before=element.name, after=new)


def _name_in_target(drafting: Drafting, naming: Naming, element: str, name: str) -> str:
    """What an element comes to be called: by a rule, or where its name is automatic, by its table."""
    path = (*naming.paths[element], "name")
    if path in drafting.edits.values:
        return str(drafting.edits.values[path])
    if path in drafting.edits.spans:
        return spliced(name, drafting.edits.spans[path])[0]
    context = drafting.context
    rename = renamer(context.connections, tuple(map_ for map_, _rule in drafting.set_paths))
    found = renames_of(drafting.body, rename, context.sources.names, models=context.sources.bodies).get(element)
    return found.element[1] if found and found.element else name


def shown(text: str, dialect: Dialect) -> str:
    """A statement for a message: on one line, shortened, without the comments, which may name people."""
    return cut(" ".join("".join(_without_comments(text, dialect)).split()), _SHOWN)


def _without_comments(text: str, dialect: Dialect) -> Iterator[str]:
    found = split(text[: _SHOWN * 10], dialect)
    for token in found.tokens:
        yield " " if token.kind == "comment" else text[token.start : token.end]
    if found.problem:
        yield without_addresses(text[found.tokens[-1].end if found.tokens else 0 :][:_SHOWN])


SETTLE: Mapping[str, Resolver] = {"statement": statement}
