"""One conformance suite, run against every connector: subclass `tests.connectors.conformance`."""

import pytest

pytest.register_assert_rewrite("tests.connectors.bench", "tests.connectors.conformance")
