"""Which behaviour an image name stands for: the story's, or for others that of a quiet process."""

from collections.abc import Mapping

from tidegauge.sandbox.simulation.story import Image

_QUIET = Image()
_MISSING = Image(missing=True)


class Registry:
    def __init__(self, images: Mapping[str, Image]) -> None:
        self._images = images
        self._repositories = {_repository(name) for name in images}

    def image(self, name: str) -> Image:
        """A tag that the story doesn't have, of an image that it has, can't be pulled."""
        if name in self._images:
            return self._images[name]
        return _MISSING if _repository(name) in self._repositories else _QUIET


def _repository(name: str) -> str:
    return name.rpartition(":")[0] or name
