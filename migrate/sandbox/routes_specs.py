"""Spec endpoints of every generation (sigma-api 5.2, 5.5; sigma-specs 1, 3.1, 8.3).

* flat and ``document`` workbooks: ``/v2/workbooks/spec``, ``/v2/workbooks/{id}/spec``; the latter ``/spec/verify`` too
* ``contents`` workbooks: ``POST /v2/workbooks``, ``GET …?includeContents=true``, ``PUT …/contents``; JSON only
* reports have both families under ``/v2/reports`` (sigma-news 4)
* data models: ``/v2/dataModels/spec``, ``/v2/dataModels/{id}/spec``, always flat

What is taken and refused is for ``migrate.sandbox.specs`` to say; this file moves it in and out.
"""

from __future__ import annotations

from typing import Literal

from migrate.sandbox import specs
from migrate.sandbox.access import folder_for, writable
from migrate.sandbox.answers import Answer, ApiError, as_json, forbidden, header, invalid, page_of_the_edge, unmatched
from migrate.sandbox.birth import new_inode, new_version
from migrate.sandbox.call import Call, text_of
from migrate.sandbox.objects import document
from migrate.sandbox.org import Inode, InodeType, Json
from migrate.sandbox.router import Route
from migrate.sandbox.routes_documents import document_at, kind_of, living, version_of
from migrate.sandbox.specs import Accepted, Refusal
from migrate.sandbox.specs.envelope import generation_of, generations
from migrate.sandbox.yamltext import write_yaml

YAML = b"application/yaml; charset=utf-8"
Mode = Literal["create", "replace", "verify", "dry-run"]


def spec_answer(call: Call, tree: Json) -> Answer:
    """A tree from a spec endpoint, as YAML or JSON by what was asked and how the organization behaves (sigma-api 2).

    What comes unasked is told apart by kind: data models JSON, workbooks and reports YAML (sigma-news 4).
    """
    switches = call.org.switches
    unasked = switches.model_yaml if kind_of(call) == "data-model" else switches.yaml
    accept = header(call.headers, b"accept")
    wanted = call.query.get("format", "")
    wants_yaml = wanted == "yaml" or "yaml" in accept
    wants_json = wanted == "json" or "application/json" in accept
    as_yaml = wants_yaml if unasked == "never" else wants_yaml or not wants_json
    if as_yaml or unasked == "always":
        return Answer(body=write_yaml(tree, core=switches.yaml_core), content_type=YAML)
    return as_json(tree)


def judged(
    call: Call, kind: InodeType, tree: Json, *, mode: Mode, generation: str, current: Inode | None = None
) -> Accepted:
    """What is to be stored. Raises ApiError, or Blocked where the edge answers a page."""
    outcome = specs.accept(
        call.org, kind, tree, mode=mode, generation=generation, member_id=call.member.id, current=current
    )
    if isinstance(outcome, Accepted):
        return outcome
    raise _refused(call, outcome, dry=mode == "dry-run")


class Blocked(Exception):
    """The edge in front of Sigma refused the request with a page of its own."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("blocked")
        self.answer = answer


def _refused(call: Call, refusal: Refusal, *, dry: bool) -> Exception:
    if refusal.code == "waf":
        return Blocked(page_of_the_edge(403, "Attention Required!", "Sorry, you have been blocked"))
    status = refusal.status
    if status == 409 and refusal.code == "conflict":
        status = call.org.switches.conflict_status
    more: dict[str, Json] = {}
    if dry and status == 400:
        errors = [{"summary": text} for text in refusal.errors or (refusal.message,)]
        more = {"valid": False, "errors": errors, "warnings": []}
    return ApiError(status, refusal.code, refusal.message, **more)


def _beta(call: Call) -> None:
    """Refuses where the code representation of workbooks is off; what Sigma answers then is not recorded."""
    if not call.org.switches.spec_beta:
        raise forbidden("This feature is not enabled for your organization")


def old_generation(call: Call, tree: Json) -> str | None:
    """Which of the forms of ``/spec`` this body is taken as; None where the organization has no such route."""
    taken = generations(call.org, kind_of(call)) & {"flat", "document"}
    if not taken:
        return None
    if isinstance(tree, dict) and "document" in tree and "document" in taken:
        return "document"
    if len(taken) == 2:
        return "flat"
    return next(iter(taken))


def read_workbook_spec(call: Call) -> Json | Answer:
    """``GET /v2/workbooks/{id}/spec``."""
    shown = old_generation(call, {"document": {}})
    if shown is None:
        return unmatched()
    _beta(call)
    main = generation_of(call.org, kind_of(call))
    inode = living(call)
    tree = specs.present(call.org, inode, inode.versions[-1], "flat" if main == "flat" else shown)
    return spec_answer(call, tree)


def create_workbook_spec(call: Call) -> Json | Answer:
    """``POST /v2/workbooks/spec``: ``{success, workbookId}`` and nothing more."""
    tree = call.spec_tree()
    generation = old_generation(call, tree)
    if generation is None:
        return unmatched()
    _beta(call)
    kind = kind_of(call)
    accepted = judged(call, kind, tree, mode="create", generation=generation)
    inode = stored(call, kind, accepted)
    return spec_answer(call, {"success": True, f"{kind}Id": inode.id})


def replace_workbook_spec(call: Call) -> Json | Answer:
    """``PUT /v2/workbooks/{id}/spec``: a new version with other contents."""
    tree = call.spec_tree()
    generation = old_generation(call, tree)
    if generation is None:
        return unmatched()
    _beta(call)
    inode = writable(call, living(call))
    replaced(call, inode, judged(call, inode.type, tree, mode="replace", generation=generation, current=inode))
    return spec_answer(call, {"success": True, f"{inode.type}Id": inode.id})


def verify_workbook_spec(call: Call) -> Json | Answer:
    """``POST /v2/workbooks/spec/verify``: 200 with ``valid``; errors of shape are 400 (sigma-api 5.2)."""
    if "document" not in generations(call.org, kind_of(call)) or not call.org.switches.verify:
        return unmatched()
    _beta(call)
    tree = call.spec_tree()
    outcome = specs.accept(
        call.org, kind_of(call), tree, mode="verify", generation="document", member_id=call.member.id
    )
    if isinstance(outcome, Accepted):
        return spec_answer(call, {"valid": True})
    if outcome.status == 200:
        errors = [{"summary": text} for text in outcome.errors or (outcome.message,)]
        return spec_answer(call, {"valid": False, "errors": errors})
    raise _refused(call, outcome, dry=False)


def stored(call: Call, kind: InodeType, accepted: Accepted) -> Inode:
    """The new document of an accepted create."""
    folder = folder_for(call, accepted.folder_id or "")
    return new_inode(
        call,
        kind,
        accepted.name or "",
        folder.id,
        description=accepted.description,
        body=accepted.body,
        generation=accepted.generation,
    )


def replaced(call: Call, inode: Inode, accepted: Accepted) -> None:
    """The new version of an accepted replace."""
    new_version(call, inode, accepted.body, accepted.generation)


def get_workbook(call: Call) -> Json:
    """``GET /v2/workbooks/{id}``, with the contents where asked for and the organization knows them."""
    inode = document_at(call)
    if not call.flag("includeContents") or "contents" not in generations(call.org, kind_of(call)):
        return document(call.org, inode)
    _beta(call)
    inode = living(call)
    return {**document(call.org, inode), **specs.present(call.org, inode, inode.versions[-1], "contents")}


def create_workbook(call: Call) -> Json:
    """``POST /v2/workbooks``: with ``contents`` a whole workbook, without (or in an older org) silently a blank one."""
    tree = call.tree()
    kind = kind_of(call)
    modern = "contents" in generations(call.org, kind) and "contents" in tree
    if modern:
        _beta(call)
    dry = modern and _is_dry(call, tree)
    owner = text_of(tree, "ownerId", required=False)
    if owner is not None and owner not in call.org.members:
        raise invalid("ownerId: unknown member")
    accepted = judged(call, kind, tree, mode="dry-run" if dry else "create", generation="contents")
    if dry:
        folder_for(call, accepted.folder_id or "")
        return _dry(call, accepted)
    inode = stored(call, kind, accepted)
    inode.owner_id = owner or inode.owner_id
    inode.generation = "contents" if modern else generation_of(call.org, kind)
    return document(call.org, inode)


def _is_dry(call: Call, tree: Json) -> bool:
    """Whether nothing is to be stored; a server that does not know the flag writes (sigma-news 4)."""
    return tree.get("dryRun") is True and call.org.switches.dry_run == "honoured"


def _dry(call: Call, accepted: Accepted) -> Json:
    warnings = specs.warnings(call.org, kind_of(call), accepted.body)
    return {"dryRun": True, "warnings": [{"summary": text} for text in warnings]}


def replace_contents(call: Call) -> Json | Answer:
    """``PUT /v2/workbooks/{id}/contents``, guarded by ``documentVersion`` if that is in the body."""
    if "contents" not in generations(call.org, kind_of(call)):
        return unmatched()
    _beta(call)
    inode = writable(call, living(call))
    tree = call.tree()
    dry = _is_dry(call, tree)
    mode: Mode = "dry-run" if dry else "replace"
    accepted = judged(call, inode.type, tree, mode=mode, generation="contents", current=inode)
    if dry:
        return _dry(call, accepted)
    replaced(call, inode, accepted)
    return document(call.org, inode)


def read_model_spec(call: Call) -> Answer:
    """``GET /v2/dataModels/{id}/spec``, of an older version with ``documentVersion``."""
    inode = living(call)
    wanted = call.query.get("documentVersion")
    if wanted is not None and not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 12):
        raise invalid("documentVersion: Invalid number")
    version = inode.versions[-1] if wanted is None else version_of(inode, int(wanted))
    return spec_answer(call, specs.present(call.org, inode, version, "flat"))


def create_model_spec(call: Call) -> Answer:
    """``POST /v2/dataModels/spec``: ``{success, dataModelId}`` and nothing more."""
    accepted = judged(call, "data-model", call.spec_tree(), mode="create", generation="flat")
    inode = stored(call, "data-model", accepted)
    return spec_answer(call, {"success": True, "dataModelId": inode.id})


def replace_model_spec(call: Call) -> Answer:
    """``PUT /v2/dataModels/{id}/spec``: only ``pages`` is applied; ``documentVersion`` guards it; for admins only."""
    if call.member.account_type != "Admin":
        raise forbidden("You must be an Admin to update a data model from a code representation")
    inode = writable(call, living(call))
    accepted = judged(call, "data-model", call.spec_tree(), mode="replace", generation="flat", current=inode)
    replaced(call, inode, accepted)
    return spec_answer(call, {"success": True, "dataModelId": inode.id})


_DM = "/v2/dataModels"


def _documents(root: str) -> tuple[Route, ...]:
    """The routes that workbooks and reports have alike."""
    one = f"{root}/{{id}}"
    return (
        Route(method="GET", pattern=f"{one}/spec", handler=read_workbook_spec, area="workbooks"),
        Route(method="POST", pattern=f"{root}/spec", handler=create_workbook_spec, area="workbooks", writes=True),
        Route(method="POST", pattern=f"{root}/spec/verify", handler=verify_workbook_spec, area="workbooks"),
        Route(method="PUT", pattern=f"{one}/spec", handler=replace_workbook_spec, area="workbooks", writes=True),
        Route(method="GET", pattern=one, handler=get_workbook, area="workbooks"),
        Route(method="POST", pattern=root, handler=create_workbook, area="workbooks", writes=True),
        Route(method="PUT", pattern=f"{one}/contents", handler=replace_contents, area="workbooks", writes=True),
    )


ROUTES = (
    *_documents("/v2/workbooks"),
    *_documents("/v2/reports"),
    Route(method="GET", pattern=f"{_DM}/{{id}}/spec", handler=read_model_spec, area="data-models"),
    Route(method="POST", pattern=f"{_DM}/spec", handler=create_model_spec, area="data-models", writes=True),
    Route(method="PUT", pattern=f"{_DM}/{{id}}/spec", handler=replace_model_spec, area="data-models", writes=True),
)
