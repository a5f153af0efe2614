"""The behaviours of the sandbox by name.

``docs/contributing/sandbox-behaviours.md`` says of each where it is recorded and which test shows it.

A test keeps both in step: every id here has a row there, and every row's test exists. Every switch is also the
behaviour ``switch:<name>``, every fault action ``fault:<action>``, without being listed here. What becomes of the
documents themselves has a table of its own, ``docs/contributing/sandbox-documents.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import get_args

from migrate.sandbox.faults import Action
from migrate.sandbox.org import Switches

AREAS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "auth": (
            "auth.form",
            "auth.basic",
            "auth.refresh",
            "auth.exchange",
            "auth.expiry",
            "auth.malformed",
            "auth.region",
            "auth.whoami",
        ),
        "transport": (
            "paging.page",
            "paging.token",
            "paging.wrong-name",
            "paging.bare",
            "paging.most",
            "paging.plugins",
            "routes.case",
            "errors.envelope",
            "errors.unknown-route",
            "errors.no-query",
            "errors.incident",
        ),
        "files": (
            "files.entry",
            "files.tables",
            "files.url-id",
            "files.filters",
            "files.workspaces-alone",
            "files.names-repeat",
            "files.home",
            "files.patch",
            "files.bin",
            "files.bin-folder",
            "files.lag",
            "files.lag-changes",
            "files.denied",
            "files.read-only",
            "files.feature",
            "files.personal",
            "files.skip-permission",
            "files.hostile",
            "workspaces.no-duplicates",
        ),
        "catalog": (
            "catalog.lookup",
            "catalog.sync",
            "catalog.paths",
            "catalog.columns",
            "catalog.test",
            "people.conflict",
            "people.plugin-url",
            "tags.unique",
            "tags.own-id",
            "tags.models",
            "tags.reports",
            "catalog.datasets",
            "tenants.host",
            "tenants.list",
        ),
        "surroundings": (
            "grants.raise",
            "grants.levels",
            "grants.pages",
            "grants.by-object",
            "owner.files",
            "schedules",
            "schedules.recipients",
            "embeds",
            "favourites",
            "teams.members",
            "attributes.values",
            "materializations",
            "members.files",
            "tags.contents",
            "translations",
            "models.personal",
            "tenants.deployed",
        ),
        "spec endpoints": (
            "spec.create-answer",
            "spec.not-idempotent",
            "spec.generations",
            "spec.transition",
            "spec.blank",
            "spec.verify",
            "spec.dry-run",
            "spec.dry-run-warnings",
            "spec.models-flat",
            "spec.conflict",
            "spec.versions",
            "spec.restore",
            "spec.yaml",
            "spec.formats",
            "spec.yaml-errors",
            "spec.yaml-input",
            "spec.all-or-nothing",
            "spec.archived",
            "spec.unreadable",
            "spec.report",
            "spec.model-admin",
            "workbook.patch",
            "workbook.delete",
            "workbook.sources",
            "workbook.lineage",
            "workbook.lineage-ids",
            "workbook.element-lineage",
            "report.contents",
            "report.spec",
            "report.parts",
            "report.files",
            "workbook.parts",
            "workbook.url-id",
        ),
        "exports": (
            "exports.ask",
            "exports.formats",
            "exports.kept",
            "exports.broken",
            "exports.rows",
            "exports.formulas",
            "exports.charts",
        ),
        "limits": ("limits.rate", "limits.in-flight", "limits.token", "limits.lock", "limits.nothing-done"),
    }
)


def behaviours() -> frozenset[str]:
    """The ids that ``docs/contributing/sandbox-behaviours.md`` must have a row for."""
    listed = {name for names in AREAS.values() for name in names}
    switches = {f"switch:{part.name}" for part in fields(Switches)}
    faults = {f"fault:{action}" for action in get_args(Action)}
    return frozenset(listed | switches | faults)
