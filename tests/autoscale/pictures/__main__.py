"""`python -m tests.autoscale.pictures` draws docs/pictures/hpa-*.svg anew."""

from tests.autoscale.pictures.all import FOLDER, PICTURES

for name, draw in PICTURES.items():
    FOLDER.joinpath(name).write_text(draw())
