"""What happens to custom SQL when it is run: nothing of it is looked at before (sigma-news 3 and 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from migrate.sandbox.org import Json, Org
from migrate.sandbox.specs.document import Document, shown_names
from migrate.sandbox.specs.references import sources_of
from migrate.sandbox.specs.trees import text

RAW = re.compile(r"\{\{\s*#raw\b")
OWN_ELEMENT = re.compile(r"\bsigma_element\(\s*'((?:[^']|'')*)'\s*\)")
RAW_ENDS = datetime(2026, 12, 2, tzinfo=UTC).timestamp()


def elements_named(statement: str) -> list[str]:
    """The names of the document's own elements that a statement reads through ``sigma_element('…')``."""
    return [name.replace("''", "'") for name in OWN_ELEMENT.findall(statement)]


def query_errors(org: Org, document: Document, element: Json, *, now: float) -> Iterator[str]:
    """What fails when the SQL under an element is run at this time, seconds since 1970."""
    fails = org.switches.raw_directive == "fail" or (org.switches.raw_directive == "dated" and now >= RAW_ENDS)
    for source in sources_of(element):
        statement = text(source, "statement") if source["kind"] == "sql" else ""
        if fails and RAW.search(statement):
            yield "The #raw directive is no longer supported in custom SQL. Use #identifier instead."
        for name in elements_named(statement):
            if not any(name in shown_names(org, other, document) for other in document.elements):
                yield f"Dependency not found: sigma_element('{name}')"
