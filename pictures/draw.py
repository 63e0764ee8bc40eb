"""``python -m pictures.draw``: a request as JSON on standard input, a picture on standard output.

A process of its own, so that whoever wants a picture keeps neither matplotlib nor what a picture takes in memory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from logging_setup import traceback_without_message
from pictures.figure import draw
from pictures.order import Order

GONE = 3  # exit status: there is no such recording any more


def main() -> int:
    request = json.load(sys.stdin)
    try:
        made = draw(Path(request["wav"]), Order.from_dict(request["order"]))
    except FileNotFoundError:
        return GONE
    except Exception as error:  # what it says may quote somebody's name
        print(traceback_without_message(error), file=sys.stderr)
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
