"""A session with the standard library alone: sign in, list all pages, read every document, check one.

Usage: independent.py BASE_URL, with CLIENT_ID and CLIENT_SECRET in the environment. Prints one JSON object.
"""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

BASE = sys.argv[1]


def call(method, path, token=None, form=None, tree=None):
    """The status and the tree of one request."""
    headers = {"Accept": "application/json"}
    body = None
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if form:
        body = urllib.parse.urlencode(form).encode()
    if tree is not None:
        body = json.dumps(tree).encode()
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(BASE + path, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def everything(path, token):
    """All entries of a list that knows ``page``."""
    found, page = [], None
    while True:
        query = {"limit": 20, **({"page": page} if page else {})}
        _, answer = call("GET", f"{path}?{urllib.parse.urlencode(query)}", token)
        found += answer["entries"]
        page = answer["nextPage"]
        if page is None:
            return found


form = {"grant_type": "client_credentials", "client_id": os.environ["CLIENT_ID"]}
form["client_secret"] = os.environ["CLIENT_SECRET"]
token = call("POST", "/v2/auth/token", form=form)[1]["access_token"]
workbooks = everything("/v2/workbooks", token)
models = everything("/v2/dataModels", token)
read = [call("GET", f"/v2/workbooks/{one['workbookId']}/spec", token) for one in workbooks]
read += [call("GET", f"/v2/dataModels/{one['dataModelId']}/spec", token) for one in models]
columns = [everything(f"/v2/workbooks/{one['workbookId']}/columns", token) for one in workbooks]
good = [tree for status, tree in read if status == 200]
first = next(tree for tree in good if "document" in tree)
envelope = {"name": "Again", "folderId": first["folderId"], "document": first["document"]}
report = {
    "workbooks": len(workbooks),
    "models": len(models),
    "read": len(good),
    "broken": [entry["columnId"] for entries in columns for entry in entries if entry["type"]["type"] == "error"],
    "verified": call("POST", "/v2/workbooks/spec/verify", token, tree=envelope)[1],
}
print(json.dumps(report))
