"""Create, replace, verify and dry run; and what each switch of an organization changes."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from migrate.sandbox.org import Table
from migrate.sandbox.specs import Accepted, Refusal, accept, present

FORMS = ["flat", "document", "contents"]
SHORT = re.compile(r"[A-Za-z0-9_-]{10}\Z")


def write(bench: Any, org: Any, kind: str, envelope: Any, mode: str = "create", **more: Any) -> Any:
    generation = more.pop("generation", org.switches.generation)
    facts = {"generation": "flat" if kind == "data-model" else generation, "member_id": bench.member, **more}
    return accept(org, kind, envelope, mode=mode, **facts)


def inner(envelope: Any) -> Any:
    return envelope.get("contents") or envelope.get("document") or envelope


def replaced(bench: Any, form: str, **switches: Any) -> tuple[Any, Any, Any]:
    org, envelope = bench.example(form, **switches)
    for key in ("name", "folderId"):
        del envelope[key]
    return org, envelope, org.inodes[bench.workbook]


@pytest.mark.parametrize("form", FORMS)
def test_a_create_says_where_and_what(bench: Any, form: str) -> None:
    org, envelope = bench.example(form)
    answer = write(bench, org, "workbook", {**envelope, "description": "What sold"})
    assert (answer.name, answer.folder_id, answer.description) == ("Sales", bench.folder, "What sold")
    assert answer.generation == form


@pytest.mark.parametrize("form", FORMS)
def test_a_replace_keeps_name_folder_and_layout(bench: Any, form: str) -> None:
    org, envelope, current = replaced(bench, form)
    answer = write(bench, org, "workbook", envelope, "replace", current=current)
    assert isinstance(answer, Accepted)
    assert (answer.name, answer.folder_id, answer.description) == (None, None, None)
    assert answer.body["layout"] == inner(envelope)["layout"]


@pytest.mark.parametrize("form", ["document", "contents"])
def test_unknown_keys_round_a_replaced_document_are_ignored(bench: Any, form: str) -> None:
    org, envelope, current = replaced(bench, form)
    answer = write(bench, org, "workbook", {**envelope, "name": "Other", "folderId": "x"}, "replace", current=current)
    assert isinstance(answer, Accepted)
    assert answer.name is None


def test_metadata_in_a_flat_replace_is_refused_without_a_field(bench: Any) -> None:
    org, envelope, current = replaced(bench, "flat")
    answer = write(bench, org, "workbook", {**envelope, "url": "https://x"}, "replace", current=current)
    assert (answer.status, answer.code) == (400, "invalid_request")


def test_everything_but_pages_is_ignored_on_a_data_model(bench: Any) -> None:
    org, envelope = bench.example("data-model")
    extra = {"url": "x", "ownerId": "y", "kind": "anything", "documentVersion": 1}
    answer = write(bench, org, "data-model", {**envelope, **extra}, "replace", current=org.inodes[bench.workbook])
    assert list(answer.body) == ["schemaVersion", "pages"]


@pytest.mark.parametrize("form", ["data-model", "contents"])
def test_a_document_that_moved_on_is_a_conflict(bench: Any, form: str) -> None:
    org, envelope, current = replaced(bench, form)
    kind = current.type
    answer = write(bench, org, kind, {**envelope, "documentVersion": 7}, "replace", current=current)
    assert (answer.status, answer.code) == (409, "conflict")
    assert isinstance(write(bench, org, kind, {**envelope, "documentVersion": 1}, "replace", current=current), Accepted)


@pytest.mark.parametrize("gone", ["absent", "null"])
def test_a_layout_missing_on_replace_is_made_anew_and_elements_move(bench: Any, gone: str) -> None:
    org, envelope, current = replaced(bench, "contents")
    old = envelope["contents"].pop("layout")
    if gone == "null":
        envelope["contents"]["layout"] = None
    answer = write(bench, org, "workbook", envelope, "replace", current=current)
    new = answer.body["layout"]
    assert new != old
    assert new.count("elementId=") == len(answer.body["elements"])
    again = write(bench, org, "workbook", {"contents": answer.body}, "replace", current=current)
    assert again.body["layout"] == new


def test_a_replace_without_kind_or_elements_is_refused(bench: Any) -> None:
    for key in ("kind", "elements"):
        org, envelope, current = replaced(bench, "contents")
        del envelope["contents"][key]
        answer = write(bench, org, "workbook", envelope, "replace", current=current)
        assert answer.status == 400


def test_a_create_without_contents_silently_makes_a_blank_workbook(bench: Any) -> None:
    org, envelope = bench.example("contents")
    answer = write(bench, org, "workbook", {"name": "Empty", "folderId": bench.folder, "templateId": "t"})
    assert answer.body["elements"] == []
    org.switches.generation = "document"
    older = write(bench, org, "workbook", envelope, generation="contents")
    assert older.body["elements"] == []


def test_the_document_form_still_answers_beside_contents(bench: Any) -> None:
    org, envelope = bench.example("contents")
    answer = write(bench, org, "workbook", {**envelope, "document": envelope.pop("contents")}, generation="document")
    assert isinstance(answer, Accepted)


def test_further_generations_can_be_taken_for_a_while(bench: Any) -> None:
    org, _ = bench.example("document")
    _, flat = bench.example("flat")
    assert isinstance(write(bench, org, "workbook", flat, generation="flat"), Refusal)
    org.switches.accepts = ("flat",)
    assert isinstance(write(bench, org, "workbook", flat, generation="flat"), Accepted)


def test_permission_on_folder_and_document(bench: Any) -> None:
    org, envelope = bench.example("contents")
    org.inodes[bench.folder].denied_to.add(bench.member)
    assert write(bench, org, "workbook", envelope).status == 403
    org, envelope, current = replaced(bench, "contents")
    current.denied_to.add(bench.member)
    assert write(bench, org, "workbook", envelope, "replace", current=current).status == 403


def test_verify_says_400_for_shape_and_valid_false_for_references(bench: Any) -> None:
    org, envelope = bench.example("contents")

    def verified(body: Any) -> Any:
        return write(bench, org, "workbook", {"contents": body}, "verify")

    body = envelope["contents"]
    assert isinstance(verified(body), Accepted)
    assert verified({**body, "pages": None}).status == 400
    broken = copy.deepcopy(body)
    broken["elements"][3]["source"]["elementId"] = "gone"
    assert (verified(broken).status, verified(broken).errors) == (200, ("Dependency not found: 'gone'",))


def test_verify_sees_neither_folder_duplicates_layout_connections_nor_features(bench: Any) -> None:
    org, envelope = bench.example("contents", panels=False)
    body = copy.deepcopy(envelope["contents"])
    body["elements"].append({"id": "base", "kind": "text", "body": "again"})
    body["layout"] = body["layout"].replace('elementId="note"', 'elementId="gone"')
    body["panels"] = [{"id": "p", "type": "header"}]
    body["elements"][2]["source"]["connectionId"] = "gone"
    request = {"folderId": "00000000-0000-4000-8000-00000000dead", "name": "x", "contents": body}
    assert isinstance(write(bench, org, "workbook", request, "verify"), Accepted)
    assert isinstance(write(bench, org, "workbook", {**request, "folderId": bench.folder}), Refusal)


def test_a_dry_run_checks_dependencies_and_folder(bench: Any) -> None:
    org, envelope = bench.example("contents")
    assert isinstance(write(bench, org, "workbook", envelope, "dry-run"), Accepted)
    placeholder = {**envelope, "folderId": "00000000-0000-4000-8000-000000000000"}
    assert write(bench, org, "workbook", placeholder, "dry-run").message == "No matching record"
    org.connections.clear()
    assert write(bench, org, "workbook", envelope, "dry-run").message.startswith("Dependency not found: '3f1b6a52")


def test_a_table_that_is_not_synced_is_not_there(bench: Any) -> None:
    org, envelope = bench.example("data-model")
    path = ("LAKE", "SALES", "ORDER_FACT")
    org.connections[bench.lake].tables[path].synced = False
    assert "Dependency not found" in write(bench, org, "data-model", envelope).message
    org.connections[bench.lake].tables[path] = Table(id="t", path=path)
    assert isinstance(write(bench, org, "data-model", envelope), Accepted)


@pytest.mark.parametrize(("switch", "connection"), [(True, True), (True, False), (False, True)])
def test_raw_references_become_friendly_where_friendly_names_are_on(bench: Any, switch: bool, connection: bool) -> None:
    org, envelope = bench.example("data-model", friendly_names=switch)
    org.connections[bench.lake].friendly_name = connection
    elements = envelope["pages"][0]["elements"]
    if not (switch and connection):
        text = json.dumps(elements)
        for friendly in ("Customer Key", "Amount", "Placed At", "Region", "Email"):
            raw = friendly.upper().replace(" ", "_")
            text = text.replace(f"_FACT/{friendly}]", f"_FACT/{raw}]").replace(f"_DIM/{friendly}]", f"_DIM/{raw}]")
            text = text.replace(f"[{friendly}]", f"[{raw}]").replace(f"Customers/{friendly}]", f"Customers/{raw}]")
        envelope["pages"][0]["elements"] = json.loads(text)
    answer = write(bench, org, "data-model", envelope)
    assert isinstance(answer, Accepted), answer
    formula = answer.body["pages"][0]["elements"][0]["columns"][0]["formula"]
    assert formula == ("[ORDER_FACT/Order Id]" if switch and connection else "[ORDER_FACT/ORDER_ID]")


def test_raw_references_in_strings_and_sql_aliases_stay(bench: Any) -> None:
    org, envelope = bench.example("contents")
    envelope["contents"]["elements"][2]["columns"].append({"id": "q-2", "formula": "[Custom SQL/ORDER_ID]"})
    answer = write(bench, org, "workbook", envelope)
    kept = {item["id"]: item for item in answer.body["elements"]}
    assert kept["raw"]["columns"][0]["formula"] == "[ORDER_FACT/Order Id]"
    assert kept["raw"]["columns"][2]["formula"] == '"[ORDER_FACT/ORDER_ID]" & Text([ORDER_FACT/Order Id])'
    assert kept["query"]["columns"][1]["formula"] == "[Custom SQL/ORDER_ID]"


def test_storing_a_model_adds_order_and_drops_what_is_automatic(bench: Any) -> None:
    org, envelope = bench.example("data-model")
    envelope["pages"][0]["elements"][0]["name"] = "Order Fact"
    answer = write(bench, org, "data-model", envelope)
    orders, customers, _, _ = answer.body["pages"][0]["elements"]
    assert "name" not in orders
    assert "visibleAsSource" not in orders
    assert orders["order"] == [column["id"] for column in orders["columns"]]
    assert customers["order"] == ["fold", "key", "region"]
    assert envelope["pages"][0]["elements"][0]["visibleAsSource"] is True


def test_model_ids_are_kept_by_default(bench: Any) -> None:
    org, envelope = bench.example("data-model")
    answer = write(bench, org, "data-model", envelope)
    assert [item["id"] for item in answer.body["pages"][0]["elements"]] == [
        *("orders", "customers", "by-region", "pick-region")
    ]


def test_remapped_model_ids_are_new_everywhere_and_agree(bench: Any) -> None:
    org, envelope = bench.example("data-model", model_ids="remap")
    answer = write(bench, org, "data-model", envelope)
    page = answer.body["pages"][0]
    orders, customers, regions, control = page["elements"]
    assert all(SHORT.match(item["id"]) for item in (page, *page["elements"], *orders["columns"]))
    assert orders["relationships"][0]["targetElementId"] == customers["id"]
    pair = orders["relationships"][0]["keys"][0]
    assert pair == {"sourceColumnId": orders["columns"][1]["id"], "targetColumnId": customers["columns"][0]["id"]}
    assert orders["filters"][0]["columnId"] == orders["columns"][2]["id"]
    assert orders["metrics"][0]["timeline"]["dateColumnId"] == orders["columns"][3]["id"]
    assert orders["order"] == [column["id"] for column in orders["columns"]]
    assert customers["folders"][0]["items"] == [customers["columns"][2]["id"]]
    security = customers["columnSecurities"][0]
    assert security["restrictedColumns"] == [customers["columns"][2]["id"]]
    assert security["criteria"]["assignments"][0]["teamId"] == "5b7b6a1e-8b4a-4a66-9d5a-0d1a36b7ad02"
    assert regions["source"]["elementId"] == customers["id"]
    assert regions["groupings"][0]["groupBy"] == [regions["columns"][0]["id"]]
    assert control["filters"][0] == {
        "source": {"kind": "table", "elementId": customers["id"]},
        "columnId": customers["columns"][1]["id"],
    }
    assert control["controlId"] == "Region-Pick"
    # ``key`` was a column of two elements and is now two ids
    assert customers["columns"][0]["id"] != regions["columns"][0]["id"]
    old = {
        "orders",
        "customers",
        "by-region",
        "pick-region",
        "key",
        "amount",
        "placed",
        "g-region",
        "fold",
        "r-customer",
    }
    assert not old & set(re.findall(r'"([^"]*)"', json.dumps(answer.body)))
    assert write(bench, org, "data-model", envelope).body == answer.body


def test_remapped_ids_are_kept_on_replace_and_only_new_ones_are_made_anew(bench: Any) -> None:
    org, envelope = bench.example("data-model", model_ids="remap")
    first = write(bench, org, "data-model", envelope).body
    current = bench.store(org, "data-model", "m", first)
    assert write(bench, org, "data-model", first, "replace", current=current).body == first
    longer = copy.deepcopy(first)
    longer["pages"][0]["elements"][0]["columns"].append({"id": "mine", "name": "Mine", "formula": "[Amount]"})
    more = write(bench, org, "data-model", longer, "replace", current=current).body["pages"][0]["elements"][0]
    new = more["columns"][-1]["id"]
    assert SHORT.match(new)
    assert more["order"] == [*first["pages"][0]["elements"][0]["order"], new]


def test_a_linked_input_table_keeps_its_keys(bench: Any) -> None:
    org, envelope, current = replaced(bench, "contents")
    changed = copy.deepcopy(envelope)
    plan = next(item for item in changed["contents"]["elements"] if item["id"] == "plan")
    plan["columns"][0]["key"] = "b-placed"
    answer = write(bench, org, "workbook", changed, "replace", current=current)
    assert answer.message == "Cannot change key columns on existing linked input table: plan"
    assert isinstance(write(bench, org, "workbook", envelope, "replace", current=current), Accepted)


def test_the_kind_of_a_model_stands_last_or_not_at_all(bench: Any) -> None:
    org, _ = bench.example("data-model")
    inode = org.inodes[bench.workbook]
    assert list(present(org, inode, inode.versions[-1], "flat"))[-1] == "kind"
    org.switches.model_kind_emitted = False
    assert "kind" not in present(org, inode, inode.versions[-1], "flat")


def test_features_can_be_on(bench: Any) -> None:
    org, envelope = bench.example("contents", panels=True, navigation=True, semantic_views=True)
    body = envelope["contents"]
    body["panels"] = [{"id": "p", "type": "header", "pages": ["page-main"]}]
    body["settings"]["navigation"] = {"pageTabsInViewMode": "shown"}
    body["elements"][2]["source"] = {"kind": "semantic-view", "connectionId": bench.lake, "path": ["A"]}
    body["elements"][2]["columns"] = [{"id": "q-n", "name": "N", "formula": "[A/N]"}]
    assert isinstance(write(bench, org, "workbook", envelope), Accepted)


def test_a_create_may_do_without_layout_where_none_is_required(bench: Any) -> None:
    org, envelope = bench.example("document", layout_required=False)
    del envelope["document"]["layout"]
    assert write(bench, org, "workbook", envelope).body["layout"].startswith("<?xml")


@pytest.mark.parametrize("policy", ["accept", "refuse"])
def test_people_of_another_organization(bench: Any, policy: str) -> None:
    org, envelope = bench.example("data-model", foreign_principals=policy)
    answer = write(bench, org, "data-model", envelope)
    assert isinstance(answer, Accepted if policy == "accept" else Refusal)


def test_own_images_and_own_csv_tables_are_taken(bench: Any) -> None:
    org, envelope, current = replaced(bench, "contents")
    org.images.add(f"{org.id}/1.png")
    org.csv_tables["c5"] = current.id
    elements = {item["id"]: item for item in envelope["contents"]["elements"]}
    elements["logo"]["source"] = {"kind": "upload", "key": f"{org.id}/1.png"}
    elements["query"]["source"] = {"kind": "csv-table", "connectionId": bench.lake, "inodeId": "c5"}
    elements["query"]["columns"][0]["formula"] = "[Prices/N]"
    assert isinstance(write(bench, org, "workbook", envelope, "replace", current=current), Accepted)
