"""What a plan changes in documents besides references."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

from migrate.plan import agree, checks
from migrate.plan.keys import (
    Agree,
    ByKey,
    Flag,
    Key,
    ReadAs,
    Text,
    written,
)
from migrate.plan.maps import PathMap
from migrate.plan.selection import Called, InFolder, OfKind, Selector, WithId
from migrate.plan.spelling import Free, Word
from migrate.tree import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceText:
    """One text in place of another, wherever people read it."""

    __pydantic_config__: ClassVar[Json] = written(new="with", example={"text": "Acme AU", "with": "Acme Group"})

    text: Annotated[Word, Key("a text in names, titles, descriptions and text elements", ("Acme AU",))]
    new: Annotated[Free, Key("what comes in its place")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceUrl:
    """One beginning of addresses in place of another."""

    __pydantic_config__: ClassVar[Json] = written(new="with")

    url: Annotated[Word, Key("how an address begins", ("https://wiki.acme.com.au/",))]
    new: Annotated[Free, Key("what comes in its place")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceAt:
    """One text in place of others at the places of the spec that a JSONPath finds."""

    __pydantic_config__: ClassVar[Json] = written(new="with", old="from")

    at: Annotated[
        str,
        Text(check=checks.json_path, fix="write such as $.pages[*].name"),
        Key("a JSONPath (RFC 9535) to text values of the spec", ("$.pages[*].name",)),
    ]
    new: Annotated[Free, Key("what comes in its place")]
    old: Annotated[Free | None, Key("with at: only this text is replaced; left out, the whole value is")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    """Documents that a transform rule is for; the keys given are ANDed."""

    __pydantic_config__: ClassVar[Json] = written(example={"type": "workbook", "folder": "Shared/Finance"})

    type: OfKind = None
    folder: InFolder = None
    name: Called = None
    id: WithId = None


_Chosen: TypeAlias = Annotated[
    Selector, ReadAs(_Where, lambda each: Selector(type=each.type, folder=each.folder, name=each.name, id=each.id))
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRule:
    """What every transform rule has: the name that reports call it by, and the documents it is for (None: all)."""

    __pydantic_config__: ClassVar[Json] = written()

    name: Annotated[Word, Key("how reports call the rule", ("brand",))]
    where: Annotated[_Chosen | None, Key("the documents it is for; all of them where it is left out")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename(NamedRule):
    """Gives documents another name."""

    rename: Annotated[
        str,
        Text(check=checks.rename, fix='write such as "{name} (AU)"'),
        Key("the new name; {name} is the name that the rules before left", ("{name} (AU)",)),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(NamedRule):
    """Exchanges texts, addresses, or values at places."""

    replace: Annotated[
        ReplaceText | ReplaceUrl | ReplaceAt,
        ByKey(("text", "url", "at"), {"text": "Acme AU", "with": "Acme Group"}),
        Key("one text in place of another"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPath(NamedRule):
    """Exchanges one warehouse path for another."""

    set_path: Annotated[PathMap, Agree(agree.stars_repeat), Key("one warehouse path in place of another")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDescription(NamedRule):
    """Gives documents a description."""

    set_description: Annotated[Free, Key("the new description")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawToIdentifier(NamedRule):
    """Exchanges ``{{#raw …}}`` in custom SQL by ``{{#identifier […]}}``, where it stands for one name."""

    raw_to_identifier: Annotated[
        bool, Flag(only=True), Key("true: #raw in custom SQL becomes #identifier where it stands for one name")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonRule(NamedRule):
    """Has a function change documents; it runs only where its package is allowed by name."""

    python: Annotated[
        str,
        Text(
            check=checks.function,
            fix="write such as acme_rules.brand:house_style",
            pattern=f"^({checks.FUNCTION}|{checks.OFFERED})$",
        ),
        Key(
            "package.module:function, or the name of a rule that an installed package offers; it gets a document and"
            " gives it back changed, before all other rules, and runs only with --allow-python PACKAGE",
            ("acme_rules.brand:house_style", "acme-house-style"),
        ),
    ]


Rule: TypeAlias = Annotated[
    Rename | Replace | SetPath | SetDescription | RawToIdentifier | PythonRule,
    ByKey(
        ("rename", "replace", "set_path", "set_description", "raw_to_identifier", "python"),
        {"name": "suffix", "rename": "{name} (AU)"},
    ),
]
"""A named transform rule."""
