"""The JSON Schema of a mapping document, which completes an editor's typing."""

from __future__ import annotations

from typing import Any

from hub.mapping.document import EntityDoc


def json_schema() -> dict[str, Any]:
    """The schema of one mapping file, JSON Schema 2020-12."""
    schema = EntityDoc.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema | {"title": "hub mapping"}
