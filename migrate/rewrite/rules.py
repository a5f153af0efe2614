"""The transform rules of a plan: named, each with an optional ``where``, in order, each on what the one before left.

The edits still speak of the original, so that references in the same text are exchanged beside them. ``where`` and
JSONPaths look at the document as it is in the source. What a rule did stands in the draft's changes as ``rule:NAME``,
so a rule that did nothing anywhere can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from migrate.bundle.spec import Spec
from migrate.plan.json_path import found
from migrate.plan.maps import PathMap
from migrate.plan.match import selects
from migrate.plan.rules import (
    RawToIdentifier,
    Rename,
    Replace,
    ReplaceAt,
    ReplaceText,
    ReplaceUrl,
    Rule,
    SetDescription,
    SetPath,
)
from migrate.rewrite.edits import Edits, spliced
from migrate.rewrite.model import Change, brief
from migrate.rewrite.text.formula import Span, embedded, escape_segment
from migrate.rewrite.text.formula_spans import TEXT_KEYS
from migrate.rewrite.text.url import urls
from migrate.tree import Json, Path, at, walk

NAME_HOLDERS = frozenset({"pages", "overlays", "panels", "agents", "folders", "tabs"})
"""Lists whose items have names that no formula refers to."""

_NOT_TEXT = frozenset({"source", "filters", "config", "values"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What the rules ask of one document: edits of the body, and name and description as they will be."""

    edits: Edits
    name: str
    description: str | None
    set_paths: tuple[tuple[PathMap, str], ...]
    urls: tuple[tuple[str, str, str], ...]
    raw_rule: str
    overridden: Mapping[Path, str]
    changes: tuple[Change, ...]
    left: tuple[tuple[str, Path], ...]


class Exchanged:
    """A text as the rules so far left it: the original, and what stands in place of which of its spans."""

    __slots__ = ("original", "parts")

    def __init__(self, original: str) -> None:
        self.original = original
        self.parts: dict[Span, str] = {}

    def now(self) -> str:
        """The text as it stands."""
        return spliced(self.original, self.parts)[0]

    def exchange(self, old: str, new: str, kept: Sequence[Span]) -> bool:
        """Exchange every occurrence in the text as it stands, but those that touch a kept span of it; whether any was.

        Where an occurrence reaches into what an earlier rule wrote, the two become one part, so that all parts still
        speak of the original: one sweep over occurrences and parts in the order in which they stand.
        """
        now, moved = spliced(self.original, self.parts)
        hits = [hit for hit in _occurrences(now, old) if not _touches(hit, kept)]
        written: list[tuple[Span, Span | None]] = [(at_, span) for span, at_ in moved.items()]
        ranges = sorted([*written, *((hit, None) for hit in hits)], key=lambda each: each[0])
        self.parts = {}
        shift = 0
        for group in _clusters(ranges):
            start, end = group[0][0][0], max(stop for (_, stop), _ in group)
            first = start - shift
            shift += sum((stop - begin) - (span[1] - span[0]) for (begin, stop), span in group if span)
            parts = {(begin - start, stop - start): new for (begin, stop), span in group if span is None}
            self.parts[first, end - shift] = spliced(now[start:end], parts)[0]
        return bool(hits)


def _clusters(ranges: Iterable[tuple[Span, Span | None]]) -> Iterator[list[tuple[Span, Span | None]]]:
    """Ranges in their order, those together that overlap."""
    group: list[tuple[Span, Span | None]] = []
    end = 0
    for each in ranges:
        if group and each[0][0] >= end:
            yield group
            group = []
        group.append(each)
        end = max(end, each[0][1])
    if group:
        yield group


class _Clerk:
    """Collects what the rules ask of one document, each of what the one before left."""

    def __init__(self, spec: Spec, body: Json) -> None:
        self.spec = spec
        self.body = body
        self.name = spec.name
        self.description = spec.description
        self.texts: dict[Path, Exchanged] = {}
        self.values: dict[Path, Json] = {}
        self.overridden: dict[Path, str] = {}
        self.changes: list[Change] = []
        self.left: list[tuple[str, Path]] = []
        self.set_paths: list[tuple[PathMap, str]] = []
        self.urls: list[tuple[str, str, str]] = []
        self.raw_rule = ""

    def changed(self, rule: str, path: Path, before: Json, after: Json) -> None:
        """Note a change."""
        self.changes.append(Change(code=f"rule:{rule}", path=path, before=brief(before), after=brief(after)))

    def apply(self, rule: Rule) -> None:
        """Collect what one rule asks."""
        match rule:
            case Rename(name=name, rename=template):
                self._named(name, template.replace("{name}", self.name))
            case SetDescription(name=name, set_description=text):
                self._described(name, text)
            case RawToIdentifier(name=name):
                self.raw_rule = self.raw_rule or name
            case SetPath(name=name, set_path=paths):
                self.set_paths.append((paths, name))
            case Replace(name=name, replace=ReplaceUrl(url=old, new=new)):
                self.urls.append((old, new, name))
            case Replace(name=name, replace=ReplaceText(text=old, new=new)):
                self._replace_text(name, old, new)
            case Replace(name=name, replace=ReplaceAt(at=where, old=part, new=new)):
                self._replace_at(name, where, part, new)

    def _named(self, rule: str, name: str) -> None:
        self.changed(rule, ("name",), self.name, name)
        self.name = name

    def _described(self, rule: str, text: str) -> None:
        self.changed(rule, ("description",), self.description or "", text)
        self.description = text

    def _replace_text(self, rule: str, old: str, new: str) -> None:
        if old in self.name:
            self._named(rule, self.name.replace(old, new))
        if old in (self.description or ""):
            self._described(rule, (self.description or "").replace(old, new))
        for path, original in human_texts(self.body):
            text = self._now(path, original)
            if old not in text or path in self.values:
                continue
            if path[-1] == "name" and self._referred(path, original):
                self.left.append((rule, path))
            else:
                self._exchange(rule, path, old, new, [url.span for url in urls(text)] + _braces(text))

    def _now(self, path: Path, original: str) -> str:
        """The text at a place as the rules so far left it."""
        value = self.values.get(path)
        if isinstance(value, str):
            return value
        return self.texts[path].now() if path in self.texts else original

    def _exchange(self, rule: str, path: Path, old: str, new: str, kept: Sequence[Span]) -> None:
        text = self.texts.setdefault(path, Exchanged(at(self.body, path)))
        before = text.now()
        if not self._within(path) and text.exchange(old, new, kept):
            self.changed(rule, path, before, text.now())

    def _within(self, path: Path) -> bool:
        """Whether a rule has set a value in which this place was."""
        return any(path[:size] in self.values for size in range(len(path)))

    def _referred(self, path: Path, name: str) -> bool:
        """Whether formulas may name the element whose name stands at this path; those of a model are read anywhere."""
        if path[-3] != "elements" or at(self.body, path[:-1]).get("kind") == "control":
            return False
        prefix = orjson.dumps(f"[{escape_segment(name)}/")[1:-1]
        return self.spec.key.about.feeds or prefix in orjson.dumps(self.body)

    def _replace_at(self, rule: str, where: str, old: str | None, new: str) -> None:
        for path in found(where, self.body):
            value = at(self.body, path)
            if self._within(path) or not path:
                continue
            if old is None:
                self._override(rule, path, new)
            elif isinstance(value, str):
                now = self._now(path, value)
                if now == old:
                    self._override(rule, path, new)
                elif old and old in now and path in self.values:
                    self._override(rule, path, now.replace(old, new))
                elif old and old in now:
                    self._exchange(rule, path, old, new, ())

    def _override(self, rule: str, path: Path, value: Json) -> None:
        """Set a whole value; what earlier rules did below it goes with what stood there."""
        before = self.values.get(path, at(self.body, path))
        self.changed(rule, path, self._now(path, before) if isinstance(before, str) else before, value)
        below = [each for each in (*self.values, *self.texts) if each[: len(path)] == path]
        for each in below:
            self.values.pop(each, None)
            self.texts.pop(each, None)
            self.overridden.pop(each, None)
        self.values[path] = value
        self.overridden[path] = rule

    def done(self) -> Ruled:
        """Everything asked."""
        edits = Edits()
        for path, value in self.values.items():
            edits.set(path, value)
        for path, text in self.texts.items():
            for span, new in text.parts.items():
                edits.part(path, span, new)
        return Ruled(
            edits=edits,
            name=self.name,
            description=self.description,
            set_paths=tuple(self.set_paths),
            urls=tuple(self.urls),
            raw_rule=self.raw_rule,
            overridden=self.overridden,
            changes=tuple(self.changes),
            left=tuple(self.left),
        )


def ruled(spec: Spec, body: Json, folder: tuple[str, ...], rules: Iterable[Rule]) -> Ruled:
    """What the rules that apply to a document ask of it. ``folder`` holds the names of the folders above it."""
    clerk = _Clerk(spec, body)
    for rule in rules:
        if applies(rule, spec, folder):
            clerk.apply(rule)
    return clerk.done()


def applies(rule: Rule, spec: Spec, folder: tuple[str, ...]) -> bool:
    """Whether a rule's ``where`` chooses a document."""
    return rule.where is None or selects(rule.where, spec.key.kind, spec.name, spec.key.id, folder)


def human_texts(body: Json) -> Iterator[tuple[Path, str]]:
    """The strings of a document that people read: texts, titles, descriptions, and names no formula binds to.

    Names of columns, metrics and relationships are what formulas bind to, so they are not among them.
    """
    for path, value in walk(body):
        if not isinstance(value, str) or not path:
            continue
        key = path[-1]
        if (key in TEXT_KEYS and not any(step in _NOT_TEXT for step in path)) or (
            key == "name" and len(path) > 2 and (path[-3] in NAME_HOLDERS or path[-3] == "elements")
        ):
            yield path, value


def _occurrences(text: str, old: str) -> Iterator[Span]:
    start = text.find(old)
    while start >= 0:
        yield start, start + len(old)
        start = text.find(old, start + len(old))


def _touches(span: Span, others: Iterable[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _braces(text: str) -> list[Span]:
    return [part.span for part in embedded(text)]
