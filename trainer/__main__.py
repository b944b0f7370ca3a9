"""``python -m trainer`` is ``espdojo``."""

import sys

from trainer.cli import main

sys.exit(main())
