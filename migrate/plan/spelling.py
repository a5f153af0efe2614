"""Texts as a plan spells them: words, names of organizations, folders, tables."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from migrate.plan import checks
from migrate.plan.keys import (
    ByKind,
    Least,
    ReadAs,
    Text,
)

Word: TypeAlias = Annotated[str, Text()]


Free: TypeAlias = Annotated[str, Text(empty=True)]


Alias: TypeAlias = Annotated[
    str, Text(check=checks.alias, fix="use a short name such as acme_au", pattern=f"^{checks.ALIAS}$")
]


Folder: TypeAlias = Annotated[
    str,
    Text(
        check=checks.folder,
        fix="write Workspace/Folder/Sub, with \\/ for a slash inside a name",
        examples=("Shared/Finance",),
    ),
]


_Segments: TypeAlias = Annotated[
    Annotated[
        str,
        Text(
            check=checks.table_path,
            fix="write DATABASE.SCHEMA.*, or a list of segments where a name holds a dot",
            examples=("DW.FIN.*",),
        ),
    ]
    | Annotated[
        tuple[Annotated[str, Text(check=checks.segment, fix='write a name, or "*" for any whole segment')], ...],
        Least(1),
    ],
    ByKind((str, list)),
]


TablePath: TypeAlias = Annotated[
    tuple[str, ...], ReadAs(_Segments, lambda path: checks.segments(path) if isinstance(path, str) else path)
]
"""A warehouse path as segments, written with dots or as a list; ``*`` is one whole segment."""
