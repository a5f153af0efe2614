"""The keys of ``select:``, ``map:`` and ``rules:``; the other keys of a plan are in ``migrate.plan.table``."""

from __future__ import annotations

from typing import get_args

from migrate.plan import checks
from migrate.plan.kinds import Choice, Either, Flag, Many, Record, Text, key
from migrate.plan.model import Maps, RenamedKind, Select
from migrate.words import Kind

FOLDER_FIX = "write Workspace/Folder/Sub, with \\/ for a slash inside a name"

ANY = Text()
FREE = Text(check=checks.anything)
FOLDER = Text(check=checks.folder, fix=FOLDER_FIX, examples=("Shared/Finance",))
PATTERN = Text(
    check=checks.name_pattern,
    fix="write a glob such as FY2?-*, or re: and a regular expression",
    examples=("FY2?-*", "re:(?i)^copy of"),
)
SEGMENT = Text(check=checks.segment, fix='write a name, or "*" for any whole segment')
TABLE = Either(
    options=(
        Text(
            check=checks.table_path,
            fix="write DATABASE.SCHEMA.*, or a list of segments where a name holds a dot",
            examples=("DW.FIN.*",),
        ),
        Many(item=SEGMENT, least=1),
    )
)
DOTTED_EXAMPLE = "{from: DW.FIN.*, to: OTHER.FIN.*}"

SELECTOR = Record(
    fields=(
        key("type", Choice(options=get_args(Kind)), "the kind of document"),
        key("folder", FOLDER, "a folder, with everything below it"),
        key("name", PATTERN, "a glob for the whole name, or a regular expression after re:"),
        key("id", ANY, "the document's id"),
    ),
    example="{type: workbook, folder: Shared/Finance}",
)
SELECTION = Record(
    fields=(
        *SELECTOR.fields,
        key("allow_empty", Flag(), "that the rule matches nothing is expected, and no mistake", default=False),
    ),
    example="{type: workbook, folder: Shared/Finance}",
)
SELECT = Record(
    fields=(
        key(
            "include",
            Many(item=SELECTION, least=1),
            "what to copy: keys of one rule are ANDed, rules are ORed; [{}] selects everything",
        ),
        key("exclude", Many(item=SELECTION), "what to leave out of it", default=[]),
        key(
            "dependencies",
            Choice(options=("include", "existing")),
            "include copies the data models a workbook reads; existing wants them mapped",
            default=Select().dependencies,
        ),
    ),
    example="{include: [{folder: Shared/Finance}]}",
)


def _pairs(about_from: str, about_to: str, shape: Text = ANY) -> Many:
    fields = (key("from", shape, about_from, required=True), key("to", shape, about_to, required=True))
    return Many(item=Record(fields=fields, example="{from: ..., to: ...}"))


PATHS = Many(
    item=Record(
        fields=(
            key("from", TABLE, "a warehouse path; * is one whole segment, the most specific path wins", required=True),
            key("to", TABLE, "its place in the target; * keeps the matched segment", required=True),
        ),
        example=DOTTED_EXAMPLE,
    )
)
CONNECTIONS = Many(
    item=Record(
        fields=(
            key("from", ANY, "a connection of the source, by name or id", required=True),
            key("to", ANY, "the connection of the target, by name or id", required=True),
            key("paths", PATHS, "databases, schemas and tables that are called otherwise there", default=[]),
            key(
                "sql",
                Choice(options=("rewrite", "keep", "fail")),
                "custom SQL: rewrite its table names, keep it as it is, or fail on any",
                default="rewrite",
            ),
        ),
        example="{from: AU Snowflake, to: Group Snowflake}",
    )
)
CONTROLS = Many(
    item=Record(
        fields=(
            key("from", ANY, "the name in the source", required=True),
            key("to", ANY, "the name in the existing model of the target", required=True),
            key("kind", Choice(options=get_args(RenamedKind)), "what it is that has another name", default="control"),
            key("model", ANY, "only in this data model of the source"),
            key("element", ANY, "only in this element of the source"),
        ),
        example="{from: Region, to: Sales region, kind: column}",
    )
)
MAPS: dict[str, tuple[Many, str]] = {
    "folders": (
        _pairs("a folder of the source", "its place in the target; it is created", FOLDER),
        "the longest matching prefix wins; a folder without mapping keeps its path",
    ),
    "connections": (CONNECTIONS, "connections of the source and those that take their place"),
    "data_models": (
        _pairs("a data model of the source, by name, path or id", "an existing data model of the target"),
        "data models that are not copied: an existing one is used, elements are matched by name",
    ),
    "members": (
        _pairs("an e-mail address, or a glob such as *@acme.com.au", "its counterpart; * keeps what was matched"),
        "people",
    ),
    "teams": (_pairs("a team of the source", "the team of the target"), "teams; unlisted names map to the same name"),
    "user_attributes": (
        _pairs("a user attribute of the source", "that of the target"),
        "user attributes; unlisted names map to the same name",
    ),
    "plugins": (
        _pairs("a plugin of the source, by name or id", "that of the target"),
        "plugins; unlisted names map to the same name",
    ),
    "controls": (CONTROLS, "renamed controls, columns, metrics and elements of mapped data models"),
    "urls": (
        _pairs("how addresses begin in the source", "how they begin in the target"),
        "links in texts and actions; the longest beginning wins",
    ),
}
MAP = Record(
    fields=tuple(key(name, shape, about, default=list(getattr(Maps(), name))) for name, (shape, about) in MAPS.items()),
    example="{connections: [...]}",
)

REPLACE = Record(
    fields=(
        key("text", ANY, "a text in names, titles, descriptions and text elements"),
        key("url", ANY, "how an address begins"),
        key(
            "at",
            Text(check=checks.json_path, fix="write such as $.pages[*].name", examples=("$.pages[*].name",)),
            "a JSONPath (RFC 9535) to text values of the spec",
        ),
        key("from", FREE, "with at: only this text is replaced; left out, the whole value is"),
        key("with", FREE, "what comes in its place", required=True),
    ),
    one_of=(("text", "url", "at"),),
    example="{text: Acme AU, with: Acme Group}",
)
OPERATIONS = ("rename", "replace", "set_path", "set_description")
RULE = Record(
    fields=(
        key("name", ANY, "how reports call the rule", required=True),
        key("where", SELECTOR, "the documents it is for; all of them where it is left out"),
        key(
            "rename",
            Text(check=checks.rename, fix='write such as "{name} (AU)"', examples=("{name} (AU)",)),
            "the new name; {name} is the name in the source",
        ),
        key("replace", REPLACE, "one text in place of another"),
        key("set_path", PATHS.item, "one warehouse path in place of another"),
        key("set_description", FREE, "the new description"),
    ),
    one_of=(OPERATIONS,),
    example='{name: suffix, rename: "{name} (AU)"}',
)
