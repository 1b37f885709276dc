"""The conformance suite on a sandbox X3 over HTTP: V7 and V6, answers in XML and JSON, shifted block ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.x3 import X3, serve
from tests.connectors.conformance import ConnectorConformance
from tests.connectors.sage.soap.site import OPTIONS, SiteHarness, customers


@pytest.fixture
def x3(request: pytest.FixtureRequest) -> Iterator[X3]:
    with serve(**OPTIONS | getattr(request, "param", {})) as running:
        yield running


class TestX3(ConnectorConformance):
    @pytest.fixture
    def harness(self, x3: X3) -> SiteHarness:
        return SiteHarness(x3)


class TestX3InJson(ConnectorConformance):
    """Answers in JSON, in a publication of another name, whose blocks are called otherwise."""

    @pytest.fixture
    def harness(self) -> Iterator[SiteHarness]:
        shifted: dict[str, Any] = {"groups": {"BPRC_1": "BPRC_7", "BPAC_1": "BPAC_3"}}
        with serve(**OPTIONS | shifted | {"publications": {"BPC": "YWSBPC"}}) as running:
            yield SiteHarness(running, result="json")


class TestX3OfOld(ConnectorConformance):
    """Version 6, with the login in each request, and a list that does not tell what changed."""

    @pytest.fixture
    def harness(self) -> Iterator[SiteHarness]:
        with serve(**OPTIONS | {"version": 6, "listed": {}}) as running:
            view = customers()
            view = customers(changed_by=None)
            yield SiteHarness(running, view, read_all_minutes=0, list_size=20)
