"""The fixtures of the live tests that are not there for every test of the project."""

from tests.live.browser import browser

__all__ = ["browser"]
