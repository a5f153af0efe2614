"""Our own documents and the real ones beside the checkout; and what a test may ask of the organizations' state."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from kit.places import NEWER, document_files
from migrate.sandbox.intake import SERVER_KEYS, generation_of
from migrate.sandbox.org import Generation, Inode, Org
from migrate.sandbox.specs.folding import folded

WRAPPERS = ("sigmaDataModel", "model", "workbook")
TOKEN = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9A-Za-z]{20,29}")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def documents() -> list[tuple[str, Any, str]]:
    """(kind, spec answer, file name) of every document: our own always, the real ones where they are."""
    found = []
    for path in sorted(document_files(), key=lambda path: path.parent.name):
        found.append((path.parent.name.removesuffix("s"), opened(path), path.name))
    return found


def opened(path: Path) -> Any:
    """The spec answer in a file, out of what a tool wrapped round it."""
    text = path.read_text("utf-8")
    tree = json.loads(text) if path.suffix == ".json" else typed(yaml.load(text, yaml.CSafeLoader))
    return next((tree[name] for name in WRAPPERS if isinstance(tree.get(name), dict)), tree)


def typed(tree: Any) -> Any:
    """The tree with dates back as text, which JSON does not know."""
    if isinstance(tree, dict):
        return {str(key): typed(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [typed(value) for value in tree]
    return tree if isinstance(tree, (str, int, float, bool, type(None))) else tree.isoformat()


def own_ids(org: Org) -> set[str]:
    """Every id of an organization's things, and the url ids of its documents and folders."""
    uuids = {org.id, *org.inodes, *org.connections, *org.teams, *org.user_attributes, *org.plugins, *org.connectors}
    return uuids | set(org.members) | {url_id(one) for one in uuids if len(one) == 36}


def url_id(uuid: str) -> str:
    """The base62 form of a UUID, written here anew so that it is a second opinion."""
    number, text = int(uuid.replace("-", ""), 16), ""
    while number:
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    pairs = re.match("(00)*", uuid)
    return "0" * (len(pairs[0]) // 2 if pairs else 0) + text


def foreign(body: Any, ids: set[str]) -> list[str]:
    """Every id of another organization that a body holds, column ids of table inodes apart."""
    return [token for token in TOKEN.findall(json.dumps(body, ensure_ascii=False)) if token in ids]


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every scalar with its path, object keys counted as scalars too."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from leaves(value, (*path, index))
    else:
        yield path, tree


def stored(inode: Inode) -> Any:
    """The body of a document as the organization holds it."""
    return inode.versions[-1].body


def every_document() -> list[tuple[str, Any, str]]:
    """``documents`` and the newer real ones, where those are."""
    newer = [path for path in sorted(NEWER.glob("*")) if path.suffix in (".json", ".yaml")]
    return documents() + [
        ("data-model" if "_model-" in path.name else "workbook", opened(path), path.name) for path in newer
    ]


def as_served(
    generation: Generation, documents: list[tuple[str, Any, str]] | None = None
) -> list[tuple[str, Any, str]]:
    """These documents, by default every one, as an organization of a generation serves them.

    What is newer than ``flat`` has no flat form.
    """
    found = []
    for kind, answer, label in every_document() if documents is None else documents:
        form = generation_of(kind, answer)
        if not form or kind == "data-model" or form == generation:
            found.append((kind, answer, label))
        elif generation != "flat":
            inner = answer[form] if form != "flat" else folded(inside(answer))
            around = {key: value for key, value in answer.items() if key in SERVER_KEYS}
            found.append((kind, {**around, generation: inner}, label))
    return found


def inside(answer: Any) -> Any:
    """The document of a flat answer, which holds it beside the metadata."""
    return {key: value for key, value in answer.items() if key not in SERVER_KEYS}
