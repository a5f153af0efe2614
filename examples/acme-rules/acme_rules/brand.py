"""The old brand in every spelling that people gave it, which no text of a plan can say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from migrate import RuleContext, RuleDocument

OLD = re.compile(r"\bacme[ -]+(?:au|australia)\b", re.IGNORECASE)
NEW = "Acme Group"


def house_style(document: RuleDocument, context: RuleContext) -> RuleDocument:
    """The document with the new brand in its name, its description and its texts; drafts may not travel."""
    if "Drafts" in context.folder:
        raise ValueError("drafts stay at home")
    for text in texts(document.body):
        text["body"] = OLD.sub(NEW, text["body"])
    description = OLD.sub(NEW, document.description) if document.description else document.description
    return replace(document, name=OLD.sub(NEW, document.name), description=description)


def texts(tree: Any) -> Iterator[dict[str, Any]]:
    """Every text element of a body, wherever it stands."""
    if isinstance(tree, list):
        for each in tree:
            yield from texts(each)
    elif isinstance(tree, dict):
        if tree.get("kind") == "text" and isinstance(tree.get("body"), str):
            yield tree
        for each in tree.values():
            yield from texts(each)
