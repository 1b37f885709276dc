"""Every kind of bad input that the hub was asked to bear, as the person at the keyboard meets it.

Each test begins with three systems in agreement, spoils one thing, and looks at the whole: what the command
says and ends with, that the spoilt system was not written to, that the others were served all the same, and
that the next sync goes through once the thing is mended.
"""

import pytest

pytest.register_assert_rewrite("tests.bad_input.office")
