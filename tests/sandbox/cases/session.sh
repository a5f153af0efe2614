#!/bin/sh
# A whole session with nothing but curl: log in, list, read, verify, update a workbook and create one.
# Needs BASE_URL, CLIENT_ID, CLIENT_SECRET, GENERATION (flat, document, contents) and WORK, an empty folder.
set -eu

say() { printf '%s\n' "$1" >>"$WORK/said"; }
field() { sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"; }

token=$(printf 'grant_type=client_credentials&client_id=%s&client_secret=%s' "$CLIENT_ID" "$CLIENT_SECRET" |
    curl -sS --fail -d @- "$BASE_URL/v2/auth/token" | field access_token)
printf 'header = "Authorization: Bearer %s"\nheader = "Accept: application/json"\n' "$token" >"$WORK/curlrc"
api() { curl -sS --fail-with-body -K "$WORK/curlrc" "$@"; }

say "me $(api "$BASE_URL/v2/whoami" | field userId)"
workbook=$(api "$BASE_URL/v2/workbooks?limit=1" | sed -n 's/.*"workbookId":"\([^"]*\)".*/\1/p')
say "workbook $workbook"
json='Content-Type: application/json'

case $GENERATION in
contents)
    api "$BASE_URL/v2/workbooks/$workbook?includeContents=true" >"$WORK/read.json"
    api -H "$json" -d @"$WORK/dry.json" "$BASE_URL/v2/workbooks" >"$WORK/verified.json"
    api -X PUT -H "$json" -d @"$WORK/update.json" "$BASE_URL/v2/workbooks/$workbook/contents" >"$WORK/updated.json"
    api -H "$json" -d @"$WORK/create.json" "$BASE_URL/v2/workbooks" >"$WORK/created.json"
    ;;
*)
    api "$BASE_URL/v2/workbooks/$workbook/spec" >"$WORK/read.json"
    if [ "$GENERATION" = document ]; then
        api -H "$json" -d @"$WORK/create.json" "$BASE_URL/v2/workbooks/spec/verify" >"$WORK/verified.json"
    fi
    api -X PUT -H "$json" -d @"$WORK/update.json" "$BASE_URL/v2/workbooks/$workbook/spec" >"$WORK/updated.json"
    api -H "$json" -d @"$WORK/create.json" "$BASE_URL/v2/workbooks/spec" >"$WORK/created.json"
    ;;
esac
say "version $(api "$BASE_URL/v2/workbooks/$workbook" | sed -n 's/.*"latestVersion":\([0-9]*\).*/\1/p')"
curl -sS -o /dev/null -w 'without a token %{http_code}\n' "$BASE_URL/v2/workbooks" >>"$WORK/said"
curl -sS -K "$WORK/curlrc" -o /dev/null -w 'deleted at the workbook %{http_code}\n' \
    -X DELETE "$BASE_URL/v2/workbooks/$workbook" >>"$WORK/said"
api -X DELETE "$BASE_URL/v2/files/$workbook" >"$WORK/deleted.json"
