"""The main job as one story, told by a person's commands; the same pages on the sandbox and on real Odoos."""

import pytest

pytest.register_assert_rewrite("tests.story.pages", "tests.story.site")
