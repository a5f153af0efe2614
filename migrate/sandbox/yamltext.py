"""YAML on the wire: what spec endpoints write and read (sigma-api section 2)."""

from __future__ import annotations

import re

import orjson
import yaml

from migrate.sandbox.org import Json

CORE_INT = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
CORE_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"
)
CORE_BOOL = re.compile(r"true\Z|True\Z|TRUE\Z|false\Z|False\Z|FALSE\Z")
CORE_NULL = re.compile(r"~\Z|null\Z|Null\Z|NULL\Z|\Z")
CORE = (
    ("tag:yaml.org,2002:bool", CORE_BOOL, "tTfF"),
    ("tag:yaml.org,2002:int", CORE_INT, "-+0123456789"),
    ("tag:yaml.org,2002:float", CORE_FLOAT, "-+.0123456789"),
    ("tag:yaml.org,2002:null", CORE_NULL, ["~", "n", "N", ""]),
)


class _Reader(yaml.CSafeLoader):
    """Reads YAML 1.2's core schema: ``on``, ``yes`` and dates are text."""


class _Writer(yaml.CSafeDumper):
    """Quotes what YAML 1.1 would read as something else."""

    def ignore_aliases(self, _data: Json) -> bool:
        """Write shared parts out in full."""
        return True


class _CoreWriter(_Writer):
    """Quotes only what YAML 1.2 would read as something else, so ``on`` and dates stand bare."""


_Reader.yaml_implicit_resolvers = {}
_CoreWriter.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in CORE:
    _Reader.add_implicit_resolver(_tag, _pattern, list(_first))
    _CoreWriter.add_implicit_resolver(_tag, _pattern, list(_first))


def write_yaml(tree: Json, *, core: bool = False) -> bytes:
    """A tree as block YAML with keys in their order, unescaped letters, long lines unbroken."""
    text = yaml.dump(tree, Dumper=_CoreWriter if core else _Writer, sort_keys=False, allow_unicode=True, width=1 << 30)
    return str(text).encode("utf-8", "surrogatepass")


def read_yaml(body: bytes) -> Json:
    """The tree of a YAML text; several documents are merged in order (sigma-api section 2).

    Raises ValueError where it is no YAML, or holds what JSON cannot say.
    """
    try:
        documents = _documents(body)
    except (yaml.YAMLError, RecursionError, OverflowError) as error:
        raise ValueError(f"not YAML: {type(error).__name__}") from error
    if len(documents) == 1:
        return as_plain(documents[0])
    if all(isinstance(document, dict) for document in documents):
        return as_plain({key: value for document in documents for key, value in document.items()})
    raise ValueError("several documents that are no mappings")


def _documents(body: bytes) -> list[Json]:
    reader: Json = _Reader(body)
    documents = []
    try:
        while reader.check_data():
            documents.append(reader.get_data())
    finally:
        reader.dispose()
    return [document for document in documents if document is not None]


def as_plain(tree: Json) -> Json:
    """The tree as JSON would carry it, nothing shared. Raises ValueError where JSON cannot say it."""
    try:
        return orjson.loads(orjson.dumps(tree))
    except TypeError as error:
        raise ValueError(str(error)) from error
