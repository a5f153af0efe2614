"""Formula prefixes that follow their tables: the names that change, and the edits that follow them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migrate.bundle.document import Document
from migrate.plan.maps import PathMap
from migrate.plan.match import TableMaps
from migrate.rewrite.context import MappedConnection
from migrate.rewrite.drafting import Drafting
from migrate.rewrite.model import Reference
from migrate.rewrite.names.explanation import explain
from migrate.rewrite.names.map import NameChanges, TableRename
from migrate.rewrite.names.propagation import prefix_spans, renames_of
from migrate.rewrite.resolvers.columns import column_names
from migrate.rewrite.text.formula import Span, brackets, splice
from migrate.tree import Json


def renamer(connections: Mapping[str, MappedConnection], set_paths: tuple[PathMap, ...] = ()) -> TableRename:
    """A function that gives a table's new path by connection id and path, or None where it stays.

    The rules' maps come first, each on what the one before left.
    """
    rules = [TableMaps([map_]) for map_ in set_paths]

    def rename(connection: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        new, spoken = path, False
        for rule in rules:
            new, by = rule.find(new)
            spoken = spoken or by is not None
        if not spoken and connection in connections:
            new, _ = connections[connection].tables.find(path)
        return new if new != path else None

    return rename


def renames_tables(maps: tuple[PathMap, ...]) -> bool:
    """Whether any of the maps can change the last segment of a path, which formulas name."""
    return any(map_.source[-1] != map_.target[-1] for map_ in maps)


def names_in_models(
    models: Mapping[str, Json], renamers: Mapping[str, TableRename]
) -> dict[tuple[str, str], NameChanges]:
    """How the elements of copied models come to be called, for the documents that read them.

    A model may read another one, so this goes on until nothing more changes (a chain of n models needs n rounds).
    """
    found: dict[tuple[str, str], NameChanges] = {}
    for _ in range(len(models) + 1):
        before = dict(found)
        for identity, body in models.items():
            for element, renames in renames_of(body, renamers[identity], before, models=models).items():
                found[identity, element] = renames
        if found == before:
            break
    return found


def follow(drafting: Drafting, document: Document) -> None:
    """Edit every formula whose prefix, or column of a table, is called otherwise in the target."""
    context = drafting.context
    read = {reference.before for reference in drafting.references if reference.row == "data-model"}
    if any(to.missing for identity, to in context.models.items() if identity in read):
        _lacking(drafting)
    set_paths = tuple(map_ for map_, _rule in drafting.set_paths)
    unfriendly = column_names(drafting, document)
    if not unfriendly and not context.sources.names and not context.sources.renaming and not renames_tables(set_paths):
        return
    rename = renamer(context.connections, set_paths)

    def report(path: tuple[str | int, ...], sentence: str) -> None:
        fix = "give the element or join leg a name of its own in the source"
        drafting.unsupported_at(path, "ambiguous_prefix", sentence, fix)

    for (path, old, *_), edits in prefix_spans(
        drafting.body,
        rename,
        context.sources.names,
        models=context.sources.bodies,
        report=report,
        document=document,
        unfriendly=unfriendly,
    ):
        for span, text in _plain_parts(old, edits) or _parts(old, splice(old, edits)):
            if drafting.edits.part(path, span, text):
                drafting.references.append(
                    Reference(path=path, row="prefix", before=old[slice(*span)], resolution="mapped", after=text)
                )


def _lacking(drafting: Drafting) -> None:
    """Refuse formulas that name a column or metric which a mapped model does not have."""
    for found in explain(drafting.body, drafting.context.sources.bodies):
        model, element = found.points_to[:2] if len(found.points_to) > 1 else ("", "")
        to = drafting.context.models.get(model)
        name = found.bracket.segments[-1]
        if to is not None and found.qualified and name in to.missing.get(element, ()):
            message = f"a formula reads {name!r}, which model {to.name!r} does not have"
            fix = "add it there, or copy the model instead of mapping it"
            drafting.refuse_at(found.path, "model_gap", message, fix, f"{to.name}: {name}")


def _plain_parts(old: str, edits: Mapping[Span, str]) -> list[tuple[Span, str]] | None:
    """The same as ``_parts`` where only first segments change and nothing is escaped, which is nearly always."""
    found = []
    for (start, end), text in edits.items():
        close = old.find("]", end)
        if "\\" in old or close < 0 or old[start - 1] != "[" or old[end] not in "/]":
            return None
        found.append(((start - 1, close + 1), f"[{text}{old[end : close + 1]}"))
    return found


def _parts(old: str, new: str) -> Iterator[tuple[Span, str]]:
    """The bracket references that differ; the whole text where the two cannot be compared one by one."""
    before, after = brackets(old), brackets(new)
    rest = [_without(text, found) for text, found in ((old, before), (new, after))]
    if len(before) != len(after) or rest[0] != rest[1]:
        yield (0, len(old)), new
        return
    for one, other in zip(before, after, strict=True):
        text = new[slice(*other.span)]
        if old[slice(*one.span)] != text:
            yield one.span, text


def _without(text: str, found: tuple[object, ...]) -> str:
    out, done = [], 0
    for bracket in brackets(text):
        out.append(text[done : bracket.span[0]])
        done = bracket.span[1]
    return "[]".join([*out, text[done:]]) if found else text
