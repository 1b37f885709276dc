"""Mappings: the YAML that says, per entity, how each system's record reads and writes the agreed fields.

Promises: `load_mappings` answers a usable `Mappings` or raises one `MappingError` that names every mistake of
every file with line, column and what was probably meant; a field whose lens does not invert never gets in;
entities come parents first. Never: touches a system, or uses half a mapping.
"""

from __future__ import annotations

from hub.mapping.entity import Duplicates, EntityMapping, FieldDef, Mappings, Policy, SystemMapping
from hub.mapping.load import MappingError, has_mappings, load_mappings
from hub.mapping.schema import json_schema
from hub.yamlfile import Problem

__all__ = [
    "Duplicates",
    "EntityMapping",
    "FieldDef",
    "MappingError",
    "Mappings",
    "Policy",
    "Problem",
    "SystemMapping",
    "has_mappings",
    "json_schema",
    "load_mappings",
]
