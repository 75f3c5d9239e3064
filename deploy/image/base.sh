#!/usr/bin/env bash
# base.sh IMAGE: a base image with Python, made of Debian's packages, where there is no registry.
# Needs root, buildah and debootstrap; further flags of buildah come from BUILDAH_FLAGS.
set -euo pipefail
image=${1:?the name of the image to make, such as localhost/python-base:bookworm}
suite=${image##*:}
read -ra flags <<<"${BUILDAH_FLAGS:-}"
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}

# The mirror that this machine itself uses.
mirror=$(find /etc/apt -name '*.list' -o -name '*.sources' | sort | xargs grep -hoE '^[^#]*https?://[^ ]+/debian/?( |$)' | grep -oE 'https?://[^ ]+' | sed -n 1p)
folder=$(mktemp -d)
trap 'rm -rf --one-file-system "$folder"' EXIT
# Without keys of Debian's it would only warn, and take whatever the mirror has.
debootstrap --force-check-gpg --variant=minbase --include=python3,python3-venv,ca-certificates "$suite" "$folder" "${mirror:?no mirror in the sources of apt}"

container=$(buildah "${flags[@]}" from scratch)
buildah "${flags[@]}" add --quiet "$container" "$folder" /
buildah "${flags[@]}" commit --quiet --rm "$container" "$image"
