"""`tidegauge hpa replay`: a recording through the engine again, and an exit code."""

import sys
from collections.abc import Sequence
from functools import partial

from tidegauge.autoscale.replay.manifests import ManifestError
from tidegauge.autoscale.replay.recording import RecordingError
from tidegauge.autoscale.replay.rerunning import Other, rerun
from tidegauge.autoscale.replay.result import Run
from tidegauge.autoscale.replay.runs import Controller
from tidegauge.console.commandline import FlagError
from tidegauge.console.exits import Exit
from tidegauge.console.hpa.files import UnusableError, read_hpa, read_recording
from tidegauge.console.hpa.record.replayoptions import FLAGS, ReplayOptions, parse
from tidegauge.console.hpa.showing import show
from tidegauge.console.refusing import refuse
from tidegauge.console.wording import explained

_refuse = partial(refuse, "hpa replay")

_USAGE = """\
Put what was recorded of an HPA through the controller's arithmetic again: what is decided at
each step and why, and where the cluster did something else.

With another spec it shows what that would have done at each moment, given the pods and the
usage that there were. It is an open loop: pods that would have been started serve nothing.
To see where another spec would have led, simulate the recording's load.

Usage:
  tidegauge hpa replay FILE [flags]

Examples:
  tidegauge hpa record web -n shop --for=1h -o web.jsonl
  tidegauge hpa replay web.jsonl
  tidegauge hpa replay web.jsonl --hpa=quicker.yaml --html=replay.html
  tidegauge hpa replay web.jsonl --profile=1.32
        As an older controller would have decided.

Exit codes: 0 when it ran; 2 for flags or files that can't be used; 70 for a bug.
"""

_UNUSABLE = (FlagError, UnusableError, ManifestError, RecordingError)


def replay(arguments: Sequence[str]) -> int:
    """Run with these flags; the exit code."""
    try:
        options = parse(arguments)
        if options.help:
            sys.stdout.write(_USAGE + explained(FLAGS))
        else:
            show(_runs(options), options.output, options.html, every=options.all)
    except _UNUSABLE as error:
        return _refuse(error.problems)
    return Exit.FINE


def _runs(options: ReplayOptions) -> list[Run]:
    recording = read_recording(options.recording)
    header = recording.header
    controller = Controller(
        profile=options.profile or header.profile, period=header.every, settings=header.settings
    )
    other = None
    if options.hpa:
        given = read_hpa([options.hpa])
        other = Other(given.autoscaler.spec, given.manifest["spec"])
    return [rerun(options.recording, recording, controller, other)]
