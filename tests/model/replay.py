"""Tell one kept story again: ``python -m tests.model.replay tests/model/regressions/found_….yaml``.

Prints it as a person reads it, and ends with 1 where it still ends badly.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.model import story


def main(path: str) -> int:
    told = story.replay(Path(path))
    print(told)
    return 1 if told.wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
