"""What a running demo is told by `tidegauge demo fault`: a line of words, and the answer to it."""

from tidegauge.sandbox.faults.playing import FaultError, Faults, Play, read

FAILED = "error: "
"""How an answer begins that tells why nothing was done."""


class Orders:
    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def obey(self, line: str) -> str:
        """`begin NAME[=NODE]`, `clear [NAME[=NODE]]` or `list`."""
        try:
            match line.split():
                case ["begin", text]:
                    return await self._begin(read(text))
                case ["clear"]:
                    await self._faults.clear()
                    return "no faults any more\n"
                case ["clear", text]:
                    await self._faults.end(read(text))
                    return f"{text} is over\n"
                case ["list"]:
                    return "".join(f"{play}\n" for play in self._faults.active) or "no faults\n"
        except FaultError as error:
            return f"{FAILED}{error}\n"
        return f"{FAILED}not understood: {line}\n"

    async def _begin(self, play: Play) -> str:
        await self._faults.begin(play)
        fault = play.fault
        clear = "" if fault.momentary else f"clear:  tidegauge demo fault --clear {play}\n"
        return (
            f"{play}: {fault.happens}\nwatch:  {fault.watch}\nyou should see: {fault.see}\n{clear}"
        )
