"""Rows of the catalogue that point at people, assets and documents of an organization (sigma-specs 5.1, 13 to 31)."""

from __future__ import annotations

from migrate.rewrite.catalogue.row import (
    REF,
    CatalogueRow,
    assigned,
    export,
    opens,
    upload,
)

_CONNECTION = "00000000-0000-4000-8000-000000000001"
_DOCUMENT = "00000000-0000-4000-8000-000000000002"

ORGANIZATION: tuple[CatalogueRow, ...] = (
    CatalogueRow(
        code="team",
        number="13",
        points_to="a team, in a column rule",
        shape="id",
        resolve="by name, through map.teams",
        dangling="refused, or a rule that nobody or everybody passes; never guessed",
        examples={"teamId": ({"assignments": [{"type": "team", "teamId": REF}]},)},
    ),
    CatalogueRow(
        code="user",
        number="14",
        points_to="a member, in a column rule",
        shape="id",
        resolve="by e-mail address, through map.members",
        dangling="as team",
        examples={"userId": ({"assignments": [{"type": "user", "userId": REF}]},)},
    ),
    CatalogueRow(
        code="user-attribute",
        number="15",
        points_to="a user attribute, in a column rule",
        shape="id",
        resolve="by name, through map.user_attributes; its values are data and stay",
        dangling="as team",
        examples={"userAttributeId": ({"assignments": [{"userAttributeId": REF, "value": "v"}]},)},
    ),
    CatalogueRow(
        code="page-users",
        number="16",
        points_to="members who may see a page",
        shape="ids",
        when=assigned,
        resolve="by e-mail address, through map.members",
        dangling="unknown; treated as a security rule",
        examples={
            "users": (
                {"visibility": {"kind": "specific-users-and-teams", "assignments": {"users": [REF], "teams": []}}},
            )
        },
    ),
    CatalogueRow(
        code="page-teams",
        number="16",
        points_to="teams who may see a page",
        shape="ids",
        when=assigned,
        resolve="by name, through map.teams",
        dangling="unknown; treated as a security rule",
        examples={
            "teams": (
                {"visibility": {"kind": "specific-users-and-teams", "assignments": {"users": [], "teams": [REF]}}},
            )
        },
    ),
    CatalogueRow(
        code="plugin",
        number="18",
        points_to="a registered plugin",
        shape="id",
        resolve="by name or address, through map.plugins",
        dangling="accepted, but the element shows nothing",
        examples={"pluginId": ({"kind": "plugin", "pluginId": REF, "config": {}},)},
    ),
    CatalogueRow(
        code="connector",
        number="19",
        points_to="an API or MCP connector",
        shape="id",
        resolve="by name",
        dangling="Sigma refuses the document",
        examples={
            "connectorId": (
                {"effects": [{"effect": "call-api", "connectorId": REF}]},
                {"tools": [{"kind": "mcp-connector", "connectorId": REF}]},
            )
        },
    ),
    CatalogueRow(
        code="procedure",
        number="20",
        points_to="a stored procedure",
        shape="object",
        resolve="as a path where it names its connection, else by the path maps that agree",
        dangling="Sigma refuses the document: invocable inodes are not supported by this host",
        examples={"storedProcedure": ({"effects": [{"effect": "call-stored-procedure", "storedProcedure": REF}]},)},
    ),
    CatalogueRow(
        code="image",
        number="22",
        points_to="an image uploaded to the source organization",
        shape="id",
        when=upload,
        resolve="not portable: no call uploads one; a rule may set another source",
        dangling="Sigma refuses the document: Image upload does not belong to this organization",
        examples={
            "key": (
                {"kind": "image", "source": {"kind": "upload", "key": REF}},
                {"backgroundImage": {"source": {"kind": "upload", "key": REF}, "style": "cover"}},
            )
        },
    ),
    CatalogueRow(
        code="csv",
        number="23",
        points_to="a CSV file uploaded to one workbook",
        shape="id",
        resolve="not portable: read a warehouse table instead",
        dangling="Sigma refuses the document: CSV table does not belong to this workbook",
        examples={"inodeId": ({"source": {"kind": "csv-table", "connectionId": _CONNECTION, "inodeId": REF}},)},
    ),
    CatalogueRow(
        code="document",
        number="24, 25",
        points_to="another workbook or report",
        shape="id",
        when=opens,
        resolve="the copy made from it; a cycle is closed by a second pass",
        dangling="a dead click, or refused",
        examples={
            "documentId": (
                {"effects": [{"effect": "open-document", "documentId": REF, "documentType": "workbook"}]},
                {"effects": [{"effect": "export", "documentId": REF}]},
            ),
            "document": ({"effects": [{"effect": "open-document", "document": REF, "documentType": "report"}]},),
        },
    ),
    CatalogueRow(
        code="target-controls",
        number="24",
        points_to="controls of another workbook",
        shape="keys",
        resolve="kept: control names survive a copy",
        dangling="the opened workbook is not filtered",
        examples={
            "targetControls": (
                {"effects": [{"effect": "open-document", "documentId": _DOCUMENT, "targetControls": {REF: {}}}]},
            )
        },
    ),
    CatalogueRow(
        code="recipients",
        number="25",
        points_to="people an export is sent to",
        shape="object",
        when=export,
        resolve="e-mail addresses through map.members; the rest stays and is reported",
        dangling="silent: mail goes to the old addresses",
        examples={
            "channel": ({"effects": [{"effect": "export", "channel": {"type": "email", "recipients": [REF]}}]},),
            "recipients": ({"effects": [{"effect": "export", "recipients": [REF]}]},),
        },
    ),
    CatalogueRow(
        code="theme",
        number="26",
        points_to="a theme of the organization",
        shape="id",
        resolve="built-in names stay; an organization's own theme is not portable, its overrides are kept",
        dangling="unknown",
        examples={"themeName": ({"themeName": REF},)},
    ),
    CatalogueRow(
        code="theme",
        number="26",
        points_to="a theme of the organization",
        shape="named",
        resolve="as themeName",
        dangling="unknown",
        examples={"theme": ({"settings": {"theme": {"name": REF}}},)},
    ),
    CatalogueRow(
        code="font",
        number="27",
        points_to="a font of the organization",
        shape="name",
        resolve="kept by name",
        dangling="falls back to the default font",
        examples={
            "textFont": ({"theme": {"overrides": {"textFont": REF}}},),
            "dataFont": ({"theme": {"overrides": {"dataFont": REF}}},),
        },
    ),
    CatalogueRow(
        code="sequence",
        number="31",
        points_to="an action sequence of an agent",
        shape="id",
        resolve="not portable: the read API does not give the sequence",
        dangling="Sigma refuses the document: references unknown action sequence",
        examples={"sequenceId": ({"tools": [{"kind": "action", "steps": [{"kind": "sequence", "sequenceId": REF}]}]},)},
    ),
)
