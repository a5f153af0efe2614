"""The assessment as JSON, ``assessment.json``: documents, obstacles, needs, references with their places. Pure."""

from __future__ import annotations

from dataclasses import asdict

from migrate.assess.model import READINESS, Assessment, Judged, Need, Statement
from migrate.assess.readiness import kind_of
from migrate.change.obstacles import Obstacle
from migrate.inventory.model import Key
from migrate.kinds import KINDS
from migrate.kinds import counts as by_kind
from migrate.text import join_path
from migrate.tree import Json

SCHEMA = "sigma-migrate.assessment/1"


def to_tree(found: Assessment) -> Json:
    """The whole assessment; documents are named by their ids, obstacles and needs by their positions."""
    identity = found.inventory.identity
    return {
        "schema": SCHEMA,
        "source": {"organization_id": identity.organization_id, "slug": identity.slug},
        "counts": by_kind(key.kind for key in found.scope.keys),
        "readiness": dict(found.counts()),
        "documents": [_document(one) for one in found.judged],
        "obstacles": [_obstacle(one) for one in found.obstacles],
        "needs": [_need(one) for one in found.needs],
        "statements": [_statement(one) for one in found.statements],
        "clusters": [
            {"n": one.n, "name": one.name, "documents": _ids(one.documents), "wave": one.wave} for one in found.clusters
        ],
        "suggested_waves": [{"name": name, "clusters": list(members)} for name, members in found.waves],
        "alike": [{"documents": _ids(one.documents), "alike": one.alike} for one in found.twins],
        "not_changed_for_a_year": _ids(found.stale),
        "effort_hours": {
            "least": found.effort.least,
            "most": found.effort.most,
            "parts": [
                {"what": what, "count": count, "minutes_each": list(minutes)}
                for what, count, minutes in found.effort.parts
            ],
        },
        **_selection(found),
    }


def _document(one: Judged) -> Json:
    return {
        "kind": one.key.kind,
        "id": one.key.id,
        "name": one.name,
        "folder": join_path(one.folder),
        "readiness": one.readiness,
        "obstacles": list(one.obstacles),
        "needs": list(one.needs),
        "handwork": [asdict(work) for work in one.handwork],
        "reads": _ids(one.reads),
        "cluster": one.cluster,
        "elements": one.elements,
        "secured": one.secured,
        "updated_at": one.updated_at,
        "url": one.url,
    }


def _obstacle(one: Obstacle) -> Json:
    return {
        "code": one.code,
        "message": one.message,
        "fix": one.fix,
        "policy": one.policy,
        "readiness": kind_of(one),
        "direct": _ids(one.direct),
        "behind": _ids(one.behind),
        "frees": _ids(one.frees),
    }


def _need(need: Need) -> Json:
    return {
        "kind": need.kind,
        "name": need.name,
        "id": need.id,
        "connection": need.of,
        "path": list(need.path),
        "documents": _ids(need.documents),
        "uses": need.uses,
        "in_sql": need.in_sql,
        "note": need.note,
    }


def _statement(one: Statement) -> Json:
    return {
        "document": one.key.id,
        "path": one.path,
        "connection": one.connection,
        "tables": list(one.tables),
        "raw": one.raw,
        "unread": one.unread,
    }


def _ids(keys: tuple[Key, ...]) -> list[str]:
    return [key.id for key in keys]


def _selection(found: Assessment) -> dict[str, Json]:
    """What was selected and what it is made of."""
    return {
        "pulled_in": [{"id": key.id, "read_by": _ids(by)} for key, by in sorted(found.scope.needed.items())],
        "left_out": dict(found.scope.left_out),
        "missing_models": {model: _ids(by) for model, by in found.scope.missing.items()},
        "waves": [_ids(wave) for wave in found.scope.waves],
        "elements": dict(found.elements),
        "sources": dict(found.sources),
        "references": [
            {
                "row": one.row,
                "points_to": one.points_to,
                "resolution": one.resolution,
                "count": one.count,
                "places": [{"document": p.key.id, "path": p.path, "value": p.value} for p in one.places],
            }
            for one in found.covered
        ],
        "raw_directives": [{"document": p.key.id, "path": p.path, "message": p.raw} for p in found.raw],
        "unreadable": [
            {"kind": key.kind, "id": key.id, "code": code, "reason": reason}
            for key, (code, reason) in sorted(found.unreadable.items())
        ],
        "notes": list(found.inventory.notes),
    }


def assessment_schema() -> Json:
    """The JSON Schema of ``assessment.json``."""
    count = {"type": "integer", "minimum": 0}
    text = {"type": "string"}
    ids = {"type": "array", "items": text}
    places = {"type": "array", "items": count}
    rows = {"type": "array", "items": {"type": "object"}}
    counts = {"type": "object", "additionalProperties": count}
    document = {
        **dict.fromkeys(("id", "name", "folder", "updated_at", "url"), text),
        "kind": {"enum": list(KINDS)},
        "readiness": {"enum": list(READINESS)},
        "obstacles": places,
        "needs": places,
        "handwork": rows,
        "reads": ids,
        "cluster": count,
        "elements": count,
        "secured": {"type": "boolean"},
    }
    obstacle = {**dict.fromkeys(("code", "message", "fix", "policy"), text), "readiness": {"enum": list(READINESS)}}
    obstacle |= dict.fromkeys(("direct", "behind", "frees"), ids)
    need = {**dict.fromkeys(("kind", "name", "id", "connection", "note"), text), "path": ids, "documents": ids}
    need |= dict.fromkeys(("uses", "in_sql"), count)
    properties = {
        "schema": {"const": SCHEMA},
        "source": {"type": "object"},
        **dict.fromkeys(("counts", "readiness", "left_out", "elements", "sources"), counts),
        "documents": {"type": "array", "items": _object(document)},
        "obstacles": {"type": "array", "items": _object(obstacle)},
        "needs": {"type": "array", "items": _object(need)},
        "effort_hours": {"type": "object", "required": ["least", "most", "parts"]},
        **dict.fromkeys(
            ("statements", "clusters", "suggested_waves", "alike", "pulled_in", "references", "unreadable"), rows
        ),
        "raw_directives": rows,
        "not_changed_for_a_year": ids,
        "missing_models": {"type": "object", "additionalProperties": ids},
        "waves": {"type": "array", "items": ids},
        "notes": ids,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **_object(properties),
    }


def _object(properties: dict[str, Json]) -> dict[str, Json]:
    return {"type": "object", "properties": properties, "required": list(properties)}
