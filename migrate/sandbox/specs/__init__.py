"""The document semantics of the sandbox: what Sigma takes, refuses, changes and shows of a spec.

Written from the recorded facts alone (each is named in
``docs/contributing/sandbox-documents.md``); pure functions over ``migrate.sandbox.org``.
``accept`` judges a write, ``present`` shows a stored document, the reads answer about its sources, columns and queries.
"""

from migrate.sandbox.specs.accept import accept
from migrate.sandbox.specs.lineage import lineage, nodes_of, sources
from migrate.sandbox.specs.outcome import Accepted, Mode, Refusal
from migrate.sandbox.specs.present import present, url_of
from migrate.sandbox.specs.reads import (
    columns,
    controls,
    element_columns,
    element_query,
    elements,
    pages,
    rows,
    warnings,
)

__all__ = [
    "Accepted",
    "Mode",
    "Refusal",
    "accept",
    "columns",
    "controls",
    "element_columns",
    "element_query",
    "elements",
    "lineage",
    "nodes_of",
    "pages",
    "present",
    "rows",
    "sources",
    "url_of",
    "warnings",
]
