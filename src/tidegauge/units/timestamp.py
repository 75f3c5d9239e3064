"""Times as the API writes them: RFC 3339, UTC, whole seconds."""

import time
from functools import lru_cache


@lru_cache(maxsize=256)  # a list of all pods holds some dozen different seconds, thousands of times
def format_rfc3339(seconds: int) -> str:
    """Whole seconds since the epoch as `2026-11-23T12:00:15Z`."""
    at = time.gmtime(seconds)
    return (
        f"{at.tm_year:04}-{at.tm_mon:02}-{at.tm_mday:02}"
        f"T{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02}Z"
    )
