"""Take the operations that `coursekit.hosting.github` uses out of GitHub's OpenAPI description.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    python extract_github_operations.py package/generated/api.github.com.json VERSION

The description is MIT-licensed by GitHub. What is kept: parameters, request bodies,
status codes and, as recorded shapes for the local server, the examples of answers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

OPERATIONS = {
    "/orgs/{org}": ["get"],
    "/orgs/{org}/repos": ["post"],
    "/orgs/{org}/teams": ["post"],
    "/orgs/{org}/teams/{team_slug}": ["get"],
    "/orgs/{org}/teams/{team_slug}/memberships/{username}": ["get", "put", "delete"],
    "/orgs/{org}/teams/{team_slug}/members": ["get"],
    "/orgs/{org}/teams/{team_slug}/invitations": ["get"],
    "/orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}": ["get", "put"],
    "/repos/{owner}/{repo}": ["get"],
    "/repos/{owner}/{repo}/topics": ["put"],
    "/repos/{owner}/{repo}/branches/{branch}/protection": ["get", "put"],
    "/repos/{owner}/{repo}/pages": ["get", "post"],
    "/repos/{owner}/{repo}/pulls": ["get", "post"],
    "/repos/{owner}/{repo}/issues": ["get", "post"],
    "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
}


def resolve(node: Any, document: dict[str, Any]) -> Any:
    """Replace references by what they refer to, and drop prose."""
    if isinstance(node, list):
        return [resolve(item, document) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return resolve(target, document)
    kept = {
        key: resolve(value, document)
        for key, value in node.items()
        # A property may be called "description", too; then its value is a schema.
        if key not in ("description", "summary", "externalDocs") or isinstance(value, dict)
    }
    # OpenAPI 3.0 writes this where JSON Schema has a type of its own.
    return {"anyOf": [kept, {"type": "null"}]} if kept.pop("nullable", False) else kept


def main(source: str, version: str) -> None:
    document = json.loads(Path(source).read_text(encoding="utf-8"))
    operations = {}
    for path, verbs in OPERATIONS.items():
        for verb in verbs:
            found = document["paths"][path][verb]
            body = resolve(found.get("requestBody"), document)
            answers = {}
            for status, answer in found["responses"].items():
                content = resolve(answer, document).get("content", {}).get("application/json", {})
                examples = list(content.get("examples", {}).values())
                answers[status] = examples[0].get("value") if examples else None
            operations[f"{verb.upper()} {path}"] = {
                "body": body["content"]["application/json"]["schema"] if body else None,
                "body_required": bool(body and body.get("required")),
                "parameters": [
                    {"name": one["name"], "in": one["in"], "schema": one.get("schema", {})}
                    for one in resolve(found.get("parameters", []), document)
                ],
                "answers": answers,
            }
    lines = [
        f"{json.dumps(name)}: {json.dumps(found, ensure_ascii=False)}"
        for name, found in operations.items()
    ]
    target = Path(__file__).with_name("github_operations.json")
    head = json.dumps(f"@octokit/openapi {version}, MIT")
    text = f'{{"source": {head},\n"operations": {{\n' + ",\n".join(lines) + "\n}}\n"
    target.write_text(text, encoding="utf-8")
    print(f"{target}: {len(operations)} operations, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
