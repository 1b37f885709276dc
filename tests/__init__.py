"""Every test of the project: `unit` is pure, `connectors` one suite for all, `live` real servers, `model` laws."""
