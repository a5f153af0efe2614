"""YAML with places: text to nodes that know their line, and problems that say file, line, value and fix.

Plain scalars are JSON's own (null, true, false, numbers); everything else is text, so that ``on``, ``yes`` and
dates stay what they look like. What ``dump_yaml`` writes reads back equal.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import yaml

from migrate.errors import InvalidInput, Problem
from migrate.sandbox.org import Json

INTEGER = re.compile(r"-?(0|[1-9][0-9]*)\Z")
FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_MOST = 1 << 28
"""Bytes of a file; a world of a thousand documents has some ten millions."""
Tree = TypeVar("Tree", list[Json], dict[str, Json])
WORDS: dict[str, Json] = {"": None, "~": None, "null": None, "true": True, "false": False}


class _Dumper(yaml.CSafeDumper):
    """Writes block YAML; quotes every text that this file's reader would take for something else."""

    def ignore_aliases(self, _data: Json) -> bool:
        """Write shared parts out in full."""
        return True


def _text_node(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    literal = "\n" in text and text[:1].isalnum() | (text[:1] == "<") and text.replace("\n", "").isprintable()
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if literal else None)


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-0123456789"))
_Dumper.add_representer(str, _text_node)


def dump_yaml(tree: Json) -> str:
    """A JSON tree as block YAML in the order of its keys. Raises ValueError on a lone surrogate."""
    return str(yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))


def plain(node: yaml.Node) -> Json:
    """The JSON tree of a node: merge keys and tags mean nothing, numbers are JSON's."""
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    return {str(key.value): plain(value) for key, value in node.value}


def _scalar(node: yaml.ScalarNode) -> Json:
    text = str(node.value)
    if node.style:
        return text
    if text in WORDS:
        return WORDS[text]
    if INTEGER.match(text):
        return int(text)
    return float(text) if FLOAT.match(text) else text


@dataclass(slots=True, kw_only=True)
class Reading:
    """One reading of a world: the folder nothing may leave, and every problem met on the way."""

    root: Path
    problems: list[Problem] = field(default_factory=list)

    def blame(self, file: Path, node: yaml.Node | None, message: str, *, value: str = "", fix: str = "") -> None:
        """Note a problem at a node."""
        mark = node.start_mark if node is not None else None
        place = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        self.problems.append(
            Problem(
                code="invalid_input",
                message=message,
                fix=fix,
                file=str(file),
                line=place[0],
                column=place[1],
                value=value,
            )
        )

    def compose(self, file: Path) -> yaml.Node | None:
        """The root node of a YAML file, or None with a problem noted."""
        try:
            if file.stat().st_size > _MOST:
                self.blame(file, None, f"the file has more than {_MOST >> 20} MB", fix="check the path")
                return None
            node = yaml.compose(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
        except OSError as error:
            self.blame(file, None, f"the file cannot be read: {error.strerror}", fix="check the path")
            return None
        except UnicodeDecodeError:
            self.blame(file, None, "the file is not UTF-8 text", fix="save it as UTF-8")
            return None
        except yaml.MarkedYAMLError as error:
            self.problems.append(_yaml_problem(file, error))
            return None
        except yaml.YAMLError as error:
            self.blame(file, None, f"not YAML: {error}", fix="remove the character")
            return None
        if node is None:
            self.blame(file, None, "the file is empty", fix="write a world into it or name another file")
        return node

    def include(self, file: Path, node: yaml.Node | None) -> tuple[Path, yaml.Node | None]:
        """The node itself, or what ``{file: path}`` in its place leads to, with the file it stands in."""
        if not isinstance(node, yaml.MappingNode) or [str(key.value) for key, _ in node.value] != ["file"]:
            return file, node
        name = str(node.value[0][1].value)
        path = (file.parent / name).resolve()
        if not path.is_relative_to(self.root.resolve()):
            self.blame(file, node, f"file {name!r} lies outside the world's folder", value=name, fix="move it inside")
            return file, None
        return path, self.compose(path)

    def finish(self) -> None:
        """Raise InvalidInput with everything that was noted, if anything was."""
        if self.problems:
            raise InvalidInput(self.problems)


def _yaml_problem(file: Path, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark
    return Problem(
        code="invalid_input",
        message=f"not YAML: {error.problem}",
        fix="mend the syntax",
        file=str(file),
        line=mark.line + 1 if mark else 0,
        column=mark.column + 1 if mark else 0,
    )


class Block:
    """A mapping being read: keys are taken one by one, and what is left over is a problem."""

    def __init__(self, reading: Reading, file: Path, node: yaml.Node | None, what: str) -> None:
        self.reading = reading
        self.file, self.node = reading.include(file, node)
        self.what = what
        self.asked: list[str] = []
        self.left: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        if self.node is not None and not isinstance(self.node, yaml.MappingNode):
            self.blame(f"{what} must be a mapping", fix="write it as `key: value` lines")
        if isinstance(self.node, yaml.MappingNode):
            for key, value in self.node.value:
                self._place(key, value)

    def _place(self, key: yaml.Node, value: yaml.Node) -> None:
        name = str(key.value)
        if name in self.left:
            self.reading.blame(self.file, key, f"key {name!r} stands twice in {self.what}", fix="keep one of them")
        self.left[name] = (key, value)

    def blame(self, message: str, *, node: yaml.Node | None = None, value: str = "", fix: str = "") -> None:
        """Note a problem at a node of this block, or at the block itself."""
        self.reading.blame(self.file, node or self.node, message, value=value, fix=fix)

    def take(self, key: str) -> yaml.Node | None:
        """The node under a key, once; None where there is none."""
        self.asked.append(key)
        pair = self.left.pop(key, None)
        return pair[1] if pair else None

    def json(self, key: str, default: Json = None) -> Json:
        """The tree under a key."""
        node = self.take(key)
        return default if node is None else plain(node)

    def text(self, key: str, default: str = "") -> str:
        """The text under a key; any other scalar is a problem, null is the default."""
        node = self.take(key)
        value = default if node is None else plain(node)
        if value is None:
            return default
        if not isinstance(value, str):
            self.blame(f"{key} must be text", node=node, value=str(value), fix=f"quote it: {key}: '...'")
            return default
        return value

    def text_or_none(self, key: str) -> str | None:
        """The text under a key; None where there is none, or null."""
        missing = key not in self.left or plain(self.left[key][1]) is None
        text = self.text(key)
        return None if missing else text

    def tree(self, key: str, default: Tree) -> Tree:
        """The list or mapping under a key, of the sort that the default is."""
        node = self.take(key)
        value = default if node is None else plain(node)
        if not isinstance(value, type(default)):
            words = "a list" if isinstance(default, list) else "a mapping"
            self.blame(f"{key} must be {words}", node=node, value=str(value), fix=f"write {words}")
            return default
        return value

    def choice(self, key: str, choices: Sequence[Json], default: Json) -> Json:
        """The value under a key that must be one of these."""
        node = self.take(key)
        value = default if node is None else plain(node)
        if value not in choices:
            fix = did_you_mean(str(value), map(str, choices))
            self.blame(f"{key} cannot be {value!r}", node=node, value=str(value), fix=fix)
            return default
        return value

    def need(self, key: str) -> str:
        """The text under a key that must be there."""
        if key not in self.left:
            self.blame(f"{self.what} has no {key!r}", fix=f"add {key}:")
        return self.text(key)

    def flag(self, key: str, default: bool) -> bool:
        """The boolean under a key."""
        node = self.take(key)
        value = default if node is None else plain(node)
        if not isinstance(value, bool):
            self.blame(f"{key} must be true or false", node=node, value=str(value), fix="write true or false")
            return default
        return value

    def number(self, key: str, default: float) -> float:
        """The number under a key."""
        node = self.take(key)
        value = default if node is None else plain(node)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.blame(f"{key} must be a number", node=node, value=str(value), fix="write digits")
            return default
        return value

    def texts(self, key: str) -> list[str]:
        """The list of texts under a key, empty where there is none."""
        node = self.take(key)
        value = [] if node is None else plain(node)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.blame(f"{key} must be a list of texts", node=node, value=str(value), fix=f"write {key}: [a, b]")
            return []
        return value

    def blocks(self, key: str, what: str) -> Iterator[Block]:
        """The mappings of the list under a key; the list itself may be ``{file: path}``."""
        file, node = self.reading.include(self.file, self.take(key))
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            self.reading.blame(file, node, f"{key} must be a list", fix="begin each entry with `- `")
            return
        for item in node.value:
            yield Block(self.reading, file, item, what)

    def block(self, key: str, what: str) -> Block:
        """The mapping under a key; an empty one where there is none."""
        return Block(self.reading, self.file, self.take(key), what)

    def rest(self) -> list[str]:
        """The keys not taken yet, in order."""
        return list(self.left)

    def close(self) -> None:
        """Note a problem for every key that nobody took."""
        for name, (key, _) in self.left.items():
            self.blame(f"unknown key {name!r} in {self.what}", node=key, value=name, fix=did_you_mean(name, self.asked))
        self.left = {}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A fix that names the nearest known word, or all of them."""
    words = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, words, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(words)}"
