"""All routes of an organization's API but the token endpoint."""

from __future__ import annotations

from migrate.sandbox import (
    routes_attributes,
    routes_connections,
    routes_documents,
    routes_exports,
    routes_files,
    routes_grants,
    routes_lineage,
    routes_parts,
    routes_people,
    routes_schedules,
    routes_sharing,
    routes_specs,
    routes_translations,
)
from migrate.sandbox.router import Router

ROUTER = Router(
    (
        *routes_people.ROUTES,
        *routes_files.ROUTES,
        *routes_connections.ROUTES,
        *routes_documents.ROUTES,
        *routes_specs.ROUTES,
        *routes_parts.ROUTES,
        *routes_lineage.ROUTES,
        *routes_exports.ROUTES,
        *routes_grants.ROUTES,
        *routes_schedules.ROUTES,
        *routes_sharing.ROUTES,
        *routes_attributes.ROUTES,
        *routes_translations.ROUTES,
    )
)
