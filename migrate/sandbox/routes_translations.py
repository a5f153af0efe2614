"""Translations of an organization: phrases by locale and variant (sigma-api 5.9; shapes by Sigma's OpenAPI)."""

from __future__ import annotations

from migrate.sandbox.answers import ApiError, invalid, not_found
from migrate.sandbox.call import Call, text_of
from migrate.sandbox.org import Json
from migrate.sandbox.paging import by_page
from migrate.sandbox.router import Route

ROOT = "/v2/translations/organization"
HIDDEN = frozenset({"translations"})


def list_translations(call: Call) -> Json:
    """The locales that have translations, without the phrases."""
    rows = list(call.org.translations.values())
    return by_page(rows, call.query, lambda row: {key: value for key, value in row.items() if key not in HIDDEN})


def _at(call: Call) -> dict[str, Json]:
    found = call.org.translations.get(_key(call.params["lng"], call.params.get("variant")))
    if found is None:
        raise not_found()
    row: dict[str, Json] = found
    return row


def _key(lng: str, variant: str | None) -> str:
    return f"{lng}/{variant or ''}"


def get_translations(call: Call) -> Json:
    """The phrases of one locale."""
    return {"translations": _at(call)["translations"]}


def _phrases(tree: dict[str, Json]) -> dict[str, str]:
    phrases = tree.get("translations")
    if not isinstance(phrases, dict) or not all(isinstance(value, str) for value in phrases.values()):
        raise invalid("translations: Invalid object")
    return phrases


def create_translations(call: Call) -> Json:
    """The phrases of a new locale; 409 where it has some (the status is a guess)."""
    tree = call.tree()
    lng, variant = text_of(tree, "lng") or "", text_of(tree, "lng_variant", required=False)
    if _key(lng, variant) in call.org.translations:
        raise ApiError(409, "conflict", f"Translations exist already: {lng[:50]}")
    by, at = call.member.id, call.stamp
    audit = {"createdBy": by, "updatedBy": by, "createdAt": at, "updatedAt": at}
    row = {"lng": lng, "locale": lng, "lng_variant": variant, **audit, "translations": _phrases(tree)}
    call.org.translations[_key(lng, variant)] = row
    call.changed(_key(lng, variant))
    return {}


def replace_translations(call: Call) -> Json:
    """Other phrases for a locale: the whole of them."""
    row = _at(call)
    row |= {"translations": _phrases(call.tree()), "updatedBy": call.member.id, "updatedAt": call.stamp}
    call.changed(_key(row["lng"], row["lng_variant"]))
    return {}


def delete_translations(call: Call) -> Json:
    """Takes the phrases of a locale away."""
    row = _at(call)
    key = _key(row["lng"], row["lng_variant"])
    del call.org.translations[key]
    call.changed(key)
    return {}


def _one(pattern: str) -> tuple[Route, ...]:
    return (
        Route(method="GET", pattern=pattern, handler=get_translations, area="people"),
        Route(method="PUT", pattern=pattern, handler=replace_translations, area="people", writes=True),
        Route(method="DELETE", pattern=pattern, handler=delete_translations, area="people", writes=True),
    )


ROUTES = (
    Route(method="GET", pattern=ROOT, handler=list_translations, area="people"),
    Route(method="POST", pattern=ROOT, handler=create_translations, area="people", writes=True),
    *_one(f"{ROOT}/{{lng}}"),
    *_one(f"{ROOT}/{{lng}}/{{variant}}"),
)
