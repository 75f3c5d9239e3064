"""Archives that `ctr images import` takes, made of the image that was built."""

import io
import json
import tarfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from tests.deploy.image import Image


def archive(image: Image, target: Path, name: str, entry_point: Sequence[str] = ()) -> Path:
    """The image under a name, perhaps with something else to run."""
    config = json.loads(json.dumps(image.config))
    if entry_point:
        config["config"] |= {"Entrypoint": list(entry_point), "Cmd": []}
    text = json.dumps(config).encode()
    config_name = f"{sha256(text).hexdigest()}.json"
    layers = [f"{number}.tar.gz" for number, _ in enumerate(image.layers)]
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": layers}]
    with tarfile.open(target, "w") as tar:
        _add(tar, config_name, text)
        for layer, path in zip(layers, image.layers, strict=True):
            tar.add(path, layer)
        _add(tar, "manifest.json", json.dumps(manifest).encode())
    return target


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
