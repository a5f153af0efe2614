"""What a document needs of its organization: catalogs, data models, uploads, features (sigma-specs 5.1, 10)."""

from __future__ import annotations

from migrate.sandbox.org import Inode, Json, Org
from migrate.sandbox.specs.document import Document, columns_of, model
from migrate.sandbox.specs.formulas import references
from migrate.sandbox.specs.outcome import Stop
from migrate.sandbox.specs.references import bindings_of, sources_of
from migrate.sandbox.specs.scope import Scope, hidden_prefix
from migrate.sandbox.specs.shape_actions import effects_of
from migrate.sandbox.specs.trees import objects, text, texts, thing, walk


def check_dependencies(org: Org, document: Document) -> None:
    """Raise Stop at the first thing outside the document that is not there in this organization."""
    for element in document.elements:
        for source, binding in bindings_of(element):
            _check_source(org, source, binding)
    _check_agents(org, document)
    for host in (*document.elements, *document.overlays):
        for effect in effects_of(host):
            _check_effect(org, effect)
    scope = Scope(org=org, document=document)
    check_formulas(scope)
    for element in document.elements:
        for parameter in objects(element.get("parameters")):
            _check_parameter(scope, element, parameter)
    if org.switches.foreign_principals == "refuse":
        _check_principals(org, document)


def _check_source(org: Org, source: Json, binding: Json) -> None:
    kind = source["kind"]
    if kind in {"warehouse-table", "metric-view"}:
        _check_path(org, source, metric=kind == "metric-view")
    elif kind in {"sql", "empty"} or ("connectionId" in source and kind == "linked"):
        if text(source, "connectionId") not in org.connections:
            raise Stop(f"Dependency not found: '{text(source, 'connectionId')}'")
    elif kind == "data-model":
        _check_model(org, source, binding)


def _check_path(org: Org, source: Json, *, metric: bool = False) -> None:
    connection_id, path = text(source, "connectionId"), tuple(texts(source.get("path")))
    connection = org.connections.get(connection_id)
    table = connection.tables.get(path) if connection else None
    if table is None or not table.synced:
        name = "/".join((connection_id, *path))
        raise Stop(f"metric-view not found: '{name}'" if metric else f"Dependency not found: '{name}'")


def _check_model(org: Org, source: Json, binding: Json) -> None:
    model_id, element_id = text(source, "dataModelId"), text(source, "elementId")
    upstream = model(org, model_id)
    if upstream is None:
        raise Stop(f"Dependency not found: '{model_id}'")
    element = upstream.by_id.get(element_id)
    if element is None:
        raise Stop(f"Dependency not found: '{model_id}/{element_id}'")
    column_id = text(binding, "columnId")
    if column_id and column_id not in {text(column, "id") for column in columns_of(element)}:
        raise Stop(f"Dependency not found: '{model_id}/{element_id}/{column_id}'")
    grouping = source.get("groupingId")
    if isinstance(grouping, str) and grouping not in {text(item, "id") for item in objects(element.get("groupings"))}:
        raise Stop(f"Grouping not found: '{grouping}'")


def _check_agents(org: Org, document: Document) -> None:
    for agent in objects(document.body.get("agents")):
        for tool in walk(agent.get("tools")):
            if isinstance(tool.get("connectionId"), str) and "path" in tool:
                _check_path(org, tool)
            _check_connector(org, tool)


def _check_connector(org: Org, holder: Json) -> None:
    name = holder.get("connectorId")
    if isinstance(name, str) and name not in org.connectors:
        raise Stop(f"Dependency not found: connector '{name}'")


def _check_effect(org: Org, effect: Json) -> None:
    _check_connector(org, effect)
    procedure = effect.get("storedProcedure")
    if effect["effect"] != "call-stored-procedure" or not isinstance(procedure, dict):
        return
    connection = org.connections.get(text(procedure, "connectionId"))
    path = tuple(texts(procedure.get("path")))
    found = connection.tables.get(path) if connection else None
    if found is None or found.kind != "stored-procedure":
        raise Stop(f"invocable inodes are not supported by this host: '{'/'.join(path)}'")


def check_formulas(scope: Scope) -> None:
    """Raise Stop where a formula names a column its source has not; unknown prefixes and bare names pass."""
    for element in scope.document.elements:
        for holder in (*columns_of(element), *objects(element.get("metrics"))):
            for found in references(text(holder, "formula")):
                meaning = scope.meaning(element, found.parts, inside=holder)
                lost = meaning.verdict == "unknown" and len(found.parts) > 1 and hidden_prefix(scope, element)
                if meaning.verdict == "missing" or lost:
                    where = f"Cannot resolve columns on table {text(element, 'id')}"
                    raise Stop(f"{where}: dependency not found: formula reference '{found.text}'")


def _check_parameter(scope: Scope, element: Json, parameter: Json) -> None:
    model_id, control_id = text(parameter, "dataModelId"), text(parameter, "controlId")
    upstream = model(scope.org, model_id)
    known = upstream is not None and control_id in upstream.controls
    if not known or not _reaches(scope, element, model_id):
        where = f"{text(element, 'id')} targeting data model: {model_id}, controlId: {control_id}."
        raise Stop(f"Invalid parameter on control: {where}")


def _reaches(scope: Scope, control: Json, model_id: str) -> bool:
    """Whether the table that feeds a control's value list is made from this data model (sigma-specs 3.7)."""
    source = thing(control, "source")
    if source.get("kind") == "source":
        feed = scope.document.by_id.get(text(thing(source, "source"), "elementId"))
        starts = [feed] if feed is not None else []
        if thing(source, "source").get("dataModelId") == model_id:
            return True
    else:
        starts = list(scope.document.elements) if source or not _listing(control) else []
    target = model(scope.org, model_id)
    return target is not None and any(home.body is target.body for start in starts for home, _ in scope.upstream(start))


def _listing(control: Json) -> bool:
    return text(control, "controlType") in {"list", "segmented", "hierarchy", "drill"}


def _check_principals(org: Org, document: Document) -> None:
    known = {
        "teamId": org.teams.keys(),
        "userId": org.members.keys(),
        "userAttributeId": org.user_attributes.keys(),
    }
    for element in document.elements:
        for item in walk(element.get("columnSecurities")):
            for key, names in known.items():
                if isinstance(item.get(key), str) and item[key] not in names:
                    raise Stop(f"Dependency not found: {key} '{item[key]}'")
    for page in document.pages:
        people = thing(thing(page, "visibility"), "assignments")
        for key, names in (("teams", org.teams.keys()), ("users", org.members.keys())):
            for name in texts(people.get(key)):
                if name not in names:
                    raise Stop(f"Dependency not found: {key} '{name}'")


def check_uploads(org: Org, document: Document, current: Inode | None) -> None:
    """Raise Stop at an uploaded image or CSV table that is not this organization's, or not this workbook's."""
    for holder in (*document.elements, *document.overlays):
        for item in walk(holder):
            if item.get("kind") == "upload" and isinstance(item.get("key"), str) and item["key"] not in org.images:
                raise Stop(f"Image upload does not belong to this organization: '{item['key']}'")
    for element in document.elements:
        for source in sources_of(element):
            if source["kind"] == "csv-table":
                owner = org.csv_tables.get(text(source, "inodeId"))
                if owner is None or current is None or owner != current.id:
                    raise Stop("CSV table does not belong to this workbook")


def check_rebinding(document: Document, current: Document) -> None:
    """Raise Stop where a replace gives a linked input table other key columns or another source (sigma-api 4.3)."""
    for element in document.elements:
        before = current.by_id.get(text(element, "id"))
        if before is not None and _linked(before) and _linked(element) and _linked(before) != _linked(element):
            raise Stop(f"Cannot change key columns on existing linked input table: {text(element, 'id')}")


def _linked(element: Json) -> tuple[str, tuple[str, ...]] | None:
    source = thing(element, "source")
    if source.get("kind") != "linked":
        return None
    return text(source, "from"), tuple(sorted(text(column, "key") for column in columns_of(element) if "key" in column))


def check_features(org: Org, document: Document) -> None:
    """Raise Stop at a feature that is off in this organization."""
    if document.panels and not org.switches.panels:
        raise Stop("panels: page headers and page sidebars are not enabled for this workspace")
    if "navigation" in thing(document.body, "settings") and not org.switches.navigation:
        raise Stop("settings.navigation: workbook navigation settings are not enabled for this workspace.")
    for element in document.elements:
        kinds = {source["kind"] for source in sources_of(element)}
        if "semantic-view" in kinds and not org.switches.semantic_views:
            raise Stop("`semantic-view` sources are not enabled for this workspace")
