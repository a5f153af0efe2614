"""The transform rules of a plan: named, each with an optional ``where``, all applied to the original at once.

No rule sees what another one did. Where two rules touch the same place the earlier one wins. What a rule did stands
in the draft's changes as ``rule:NAME``, so a rule that did nothing anywhere can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import orjson

from migrate.bundle.spec import Spec
from migrate.plan.json_path import found
from migrate.plan.match import selects
from migrate.plan.model import PathMap, Rule
from migrate.rewrite.edits import Edits, Span, spliced
from migrate.rewrite.model import Change
from migrate.rewrite.text.formula import embedded, escape_segment
from migrate.rewrite.text.url import urls
from migrate.tree import Json, Path, at, walk

TEXT_KEYS = frozenset(
    {
        "body",
        "text",
        "title",
        "subtitle",
        "description",
        "label",
        "placeholder",
        "tooltip",
        "instructions",
        "greeting",
        "prompt",
        "message",
        "alt",
        "caption",
        "clearLabel",
        "html",
    }
)
"""Keys whose strings people read and nothing refers to."""

NAME_HOLDERS = frozenset({"pages", "overlays", "panels", "agents", "folders", "tabs"})
"""Lists whose items have names that no formula refers to."""

_NOT_TEXT = frozenset({"source", "filters", "config", "values"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """A rule written in Python: from a spec to new values by path in its body, all speaking of the original."""

    name: str
    edits: Callable[[Spec], Mapping[Path, Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What the rules ask of one document: edits of the body, and name and description as they will be."""

    edits: Edits
    name: str
    description: str | None
    set_paths: tuple[tuple[PathMap, str], ...]
    urls: tuple[tuple[str, str, str], ...]
    overridden: Mapping[Path, str]
    changes: tuple[Change, ...]
    left: tuple[tuple[str, Path], ...]


class _Clerk:
    """Collects what the rules ask of one document."""

    def __init__(self, spec: Spec, body: Json) -> None:
        self.spec = spec
        self.body = body
        self.edits = Edits()
        self.name: dict[Span, str] = {}
        self.template: str | None = None
        self.description = spec.description
        self.description_parts: dict[Span, str] = {}
        self.described = False
        self.overridden: dict[Path, str] = {}
        self.changes: list[Change] = []
        self.left: list[tuple[str, Path]] = []
        self.set_paths: list[tuple[PathMap, str]] = []
        self.urls: list[tuple[str, str, str]] = []

    def changed(self, rule: str, path: Path, before: Json, after: Json) -> None:
        """Note a change."""
        self.changes.append(Change(code=f"rule:{rule}", path=path, before=_brief(before), after=_brief(after)))

    def apply(self, rule: Rule) -> None:
        """Collect what one rule asks."""
        if rule.rename is not None and self.template is None:
            self.template = rule.rename
            self.changed(rule.name, ("name",), self.spec.name, rule.rename.replace("{name}", self.spec.name))
        if rule.set_description is not None and not self.described:
            self.described = True
            self.changed(rule.name, ("description",), self.spec.description or "", rule.set_description)
            self.description = rule.set_description
        if rule.set_path is not None:
            self.set_paths.append((rule.set_path, rule.name))
        if rule.replace_url is not None:
            self.urls.append((*rule.replace_url, rule.name))
        if rule.replace_text is not None:
            self._replace_text(rule.name, *rule.replace_text)
        if rule.replace_at is not None:
            self._replace_at(rule.name, *rule.replace_at)

    def _replace_text(self, rule: str, old: str, new: str) -> None:
        if not old:
            return
        for span in _occurrences(self.spec.name, old):
            if _free(self.name, span):
                self.name[span] = new
                self.changed(rule, ("name",), old, new)
        for span in _occurrences(self.spec.description or "", old):
            if not self.described and _free(self.description_parts, span):
                self.description_parts[span] = new
                self.changed(rule, ("description",), old, new)
        for path, text in human_texts(self.body):
            if old not in text:
                continue
            if path[-1] == "name" and self._referred(path, text):
                self.left.append((rule, path))
                continue
            protected = [url.span for url in urls(text)] + _braces(text)
            for span in _occurrences(text, old):
                clear = not any(span[0] < end and start < span[1] for start, end in protected)
                if clear and self.edits.part(path, span, new):
                    self.changed(rule, path, text, text.replace(old, new))

    def _referred(self, path: Path, name: str) -> bool:
        """Whether formulas may name the element whose name stands at this path; those of a model are read anywhere."""
        if path[-3] != "elements" or at(self.body, path[:-1]).get("kind") == "control":
            return False
        prefix = orjson.dumps(f"[{escape_segment(name)}/")[1:-1]
        return self.spec.key.kind == "data-model" or prefix in orjson.dumps(self.body)

    def _replace_at(self, rule: str, where: str, old: str | None, new: str) -> None:
        for path in found(where, self.body):
            value = at(self.body, path)
            if old is None:
                if path and path not in self.overridden:
                    self._override(rule, path, new)
            elif isinstance(value, str):
                if value == old:
                    self._override(rule, path, new)
                    continue
                for span in _occurrences(value, old):
                    if self.edits.part(path, span, new):
                        self.changed(rule, path, value, value.replace(old, new))

    def transform(self, transform: Transform) -> None:
        """Collect what a rule written in Python asks."""
        for path, value in transform.edits(self.spec).items():
            self._override(transform.name, path, value)

    def _override(self, rule: str, path: Path, value: Json) -> None:
        if path not in self.overridden:
            self.overridden[path] = rule
            self.changed(rule, path, at(self.body, path), value)
            self.edits.set(path, value)

    def done(self) -> Ruled:
        """Everything asked."""
        name = spliced(self.spec.name, self.name)[0]
        description = self.description
        if description is not None and not self.described:
            description = spliced(description, self.description_parts)[0]
        return Ruled(
            edits=self.edits,
            name=self.template.replace("{name}", name) if self.template is not None else name,
            description=description,
            set_paths=tuple(self.set_paths),
            urls=tuple(self.urls),
            overridden=self.overridden,
            changes=tuple(self.changes),
            left=tuple(self.left),
        )


def ruled(
    spec: Spec, body: Json, folder: tuple[str, ...], rules: Iterable[Rule], transforms: Iterable[Transform] = ()
) -> Ruled:
    """What the rules that apply to a document ask of it. ``folder`` holds the names of the folders above it."""
    clerk = _Clerk(spec, body)
    for rule in rules:
        if applies(rule, spec, folder):
            clerk.apply(rule)
    for transform in transforms:
        clerk.transform(transform)
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


def _free(parts: Mapping[Span, str], span: Span) -> bool:
    return not any(span[0] < end and start < span[1] for start, end in parts)


def _braces(text: str) -> list[Span]:
    return [part.span for part in embedded(text)]


def _brief(value: Json) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 300 else f"{text[:299]}…"
