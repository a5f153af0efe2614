"""One more entry in the text of a YAML file, everything else in it (comments, quotes, order) left as it stands. Pure.

Marks of the parser say where a block ends; the text is changed there and read again, so that a change which would
mean anything else than what was asked for is refused instead of made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from migrate.tree import Json
from migrate.yaml.write import to_flow


class CannotEdit(ValueError):
    """The text is written in a way in which the entry cannot be put without touching the rest; says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A step into a list: its one entry that holds this text under this key; a list of words counts as dotted."""

    key: str
    text: str

    def __str__(self) -> str:
        """The step as messages name it."""
        return f"[{self.key}: {self.text}]"

    def at(self, entries: Json) -> int:
        """The position of the entry. Raises CannotEdit where there is none, or more than one."""
        if not isinstance(entries, list):
            raise CannotEdit(f"there is no list that holds an entry with {self.key} {self.text}")
        found = [
            at for at, one in enumerate(entries) if isinstance(one, dict) and _dotted(one.get(self.key)) == self.text
        ]
        if len(found) != 1:
            raise CannotEdit(f"{len(found) or 'no'} entries hold {self.key}: {self.text}")
        return found[0]


Step: TypeAlias = str | Entry


def _dotted(value: Json) -> str:
    return ".".join(map(str, value)) if isinstance(value, list) else str(value)


def with_entry(text: str, path: Sequence[Step], entry: Json) -> str:
    """The text with ``entry`` at the end of the list at ``path``; keys and lists that are missing are made.

    Raises CannotEdit.
    """
    return _checked(text, path, entry, more=True)


def with_value(text: str, path: Sequence[Step], value: Json) -> str:
    """The text with the value at ``path``, in the place of another one or as a new key. Raises CannotEdit."""
    return _checked(text, path, value, more=False)


def _checked(text: str, path: Sequence[Step], value: Json, *, more: bool) -> str:
    named = ".".join(map(str, path))
    try:
        before = yaml.safe_load(text) or {}
        wanted = _meant(before, path, value, more=more)
        made = _edited(text, before, path, value, more=more)
        if yaml.safe_load(made) == wanted:
            return made
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise CannotEdit(f"{named} cannot be changed in this file: {type(error).__name__}") from None
    raise CannotEdit(f"{named} cannot be changed in this file without touching what stands around it")


def _meant(tree: Json, path: Sequence[Step], value: Json, *, more: bool) -> Json:
    """The tree that the text is to mean."""
    if isinstance(path[0], Entry):
        at = path[0].at(tree)
        return [*tree[:at], _meant(tree[at], path[1:], value, more=more), *tree[at + 1 :]]
    if not isinstance(tree, dict):
        raise CannotEdit(f"there is no block for {path[0]} in this file")
    if len(path) > 1:
        inner = tree.get(path[0])
        return {**tree, path[0]: _meant({} if inner is None else inner, path[1:], value, more=more)}
    old = tree.get(path[0])
    return {**tree, path[0]: [*(old or []), value] if more else value}


def _edited(text: str, tree: Json, path: Sequence[Step], value: Json, *, more: bool) -> str:
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return f"{text.rstrip()}\n{_lines(path, value, 0, more=more)}".lstrip("\n")
    for at, step in enumerate(path):
        if isinstance(step, Entry):
            place = step.at(tree)
            node, tree = node.value[place], tree[place]
            continue
        found = next((pair for pair in node.value if pair[0].value == step), None)
        if found is None:
            return _new_key(text, node, path[at:], value, more=more)
        name, inner = found
        tree = tree[step]
        if inner.start_mark.index == inner.end_mark.index or inner.tag == "tag:yaml.org,2002:null":
            return _after_key(text, node, name, inner, path[at + 1 :], value, more=more)
        node = inner
    if not more:
        return f"{text[: node.start_mark.index]}{to_flow(value)}{text[node.end_mark.index :]}"
    return _into_list(text, node, value)


def _new_key(text: str, block: Any, path: Sequence[Step], value: Json, *, more: bool) -> str:
    """A key that the block has not, at its end."""
    if block.flow_style:
        inner = to_flow(_nested(path, value, more=more))[1:-1]
        return _before_bracket(text, block, inner)
    indent = block.start_mark.column
    return _after(text, block, _lines(path, value, indent, more=more))


def _after_key(text: str, block: Any, name: Any, inner: Any, path: Sequence[Step], value: Json, *, more: bool) -> str:
    """What belongs to a key that stands there without a value."""
    made = _nested(path, value, more=more) if path else [value] if more else value
    end = inner.end_mark.index if inner.value else name.end_mark.index + 1
    start = name.end_mark.index + 1
    if block.flow_style or not isinstance(made, dict | list):
        return f"{text[:start]} {to_flow(made)}{text[end:]}"
    line = text.find("\n", start)
    line = len(text) if line < 0 else line
    indent = name.start_mark.column + 2
    body = _lines(path, value, indent, more=more) if path else f"{' ' * indent}- {to_flow(value)}\n"
    return f"{text[:line]}\n{body.rstrip()}{text[line:]}"


def _into_list(text: str, block: Any, value: Json) -> str:
    if block.flow_style:
        return _before_bracket(text, block, to_flow(value))
    indent = " " * block.start_mark.column
    return _after(text, block, f"{indent}- {to_flow(value)}\n")


def _before_bracket(text: str, block: Any, inner: str) -> str:
    end = block.end_mark.index - 1
    head = text[:end].rstrip()
    comma = "" if not block.value else " " if head.endswith(",") else ", "
    return f"{head}{comma}{inner}{text[end:]}"


def _after(text: str, block: Any, made: str) -> str:
    """The text with lines behind the last value of a block, before blank lines and comments that follow it."""
    last = block
    while getattr(last, "value", None) and not isinstance(last.value, str) and not last.flow_style:
        last = last.value[-1][1] if isinstance(last.value[-1], tuple) else last.value[-1]
    end = last.end_mark.index
    if end and text[end - 1] == "\n":  # a literal block ends behind its line
        return f"{text[:end]}{made}{text[end:]}"
    line = text.find("\n", end)
    if line < 0:
        return f"{text}\n{made}"
    return f"{text[: line + 1]}{made}{text[line + 1 :]}"


def _lines(path: Sequence[Step], value: Json, indent: int, *, more: bool) -> str:
    """A new key with all below it, as lines of a block."""
    lines = [f"{' ' * (indent + 2 * depth)}{to_flow(str(step))}:" for depth, step in enumerate(path)]
    if more:
        lines.append(f"{' ' * (indent + 2 * len(path))}- {to_flow(value)}")
    else:
        lines[-1] += f" {to_flow(value)}"
    return "\n".join(lines) + "\n"


def _nested(path: Sequence[Step], value: Json, *, more: bool) -> Json:
    made: Json = [value] if more else value
    for step in reversed(path):
        made = {str(step): made}
    return made
