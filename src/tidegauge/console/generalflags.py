"""The flag that every command has, for those that have no other of that section."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from tidegauge.console.declaring import Flag
from tidegauge.console.kinds import SWITCH


@dataclass(frozen=True, kw_only=True)
class General:
    title: ClassVar = "General"

    help: Annotated[bool, Flag(SWITCH, "Show this text and exit.", short="h")] = False
