"""Every test: `unit` is pure, `connectors` one suite for all, `live` real servers, `model` properties."""
