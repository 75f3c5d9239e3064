"""`python -m tidegauge`."""

import sys

from tidegauge.console.main import main

sys.exit(main())
