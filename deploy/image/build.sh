#!/usr/bin/env bash
# build.sh FOLDER [BASE]: builds the image, and leaves in FOLDER its archive (OCI) and its bill of
# materials (SPDX), written by syft. Needs buildah; further flags of it come from BUILDAH_FLAGS.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
folder=${1:?a folder for the archive and the bill of materials}
read -ra flags <<<"${BUILDAH_FLAGS:-}"
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}

version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' src/tidegauge/__init__.py)
image=localhost/tidegauge:$version
options=(--file deploy/image/Containerfile --ignorefile deploy/image/Containerfile.dockerignore --tag "$image" --network host)
options+=(--build-arg "VERSION=$version" --build-arg "REVISION=$(git describe --always --abbrev=40 --dirty --exclude '*')")
# The time of the commit instead of now, so that the same commit makes the same image.
options+=(--timestamp "$(git log -1 --format=%ct)")
[ -z "${2:-}" ] || options+=(--build-arg "BASE=$2")
[ -z "${PIP_CERT:-}" ] || options+=(--volume "$PIP_CERT:/run/pip-cert.pem:ro" --build-arg PIP_CERT=/run/pip-cert.pem)

mkdir -p "$folder"
archive=$folder/tidegauge-$version.oci.tar
buildah "${flags[@]}" build "${options[@]}" .
rm -f "$archive"
buildah "${flags[@]}" push --quiet "$image" "oci-archive:$archive:$image"

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r deploy/image/syft.txt
SYFT_CHECK_FOR_APP_UPDATE=false "$tools/bin/syft" scan --quiet "oci-archive:$archive" \
  --source-name tidegauge --source-version "$version" --output "spdx-json=$folder/tidegauge-$version.spdx.json"
du -h "$folder"/tidegauge-"$version".*
