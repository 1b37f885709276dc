"""``python -m sandbox.demo --picture docs/demo.svg``: the demo, drawn for the README."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sandbox.demo import main

parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description="Run the demo.")
parser.add_argument("--picture", type=Path, help="where to put an SVG of its screen")
parser.add_argument("--folder", type=Path, help="where its files go and stay")
parser.add_argument("--keep", action="store_true", help="stay, with the daemon running")
given = parser.parse_args()
sys.exit(main(keep=given.keep, folder=given.folder, picture=given.picture))
