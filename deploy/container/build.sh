#!/usr/bin/env bash
# Builds the container image from this checkout, with podman, buildah or docker, whichever is there first.
#
#   deploy/container/build.sh [--tag NAME:TAG] [--base IMAGE] [--push] [-- ARGUMENTS of the tool]
#
#   --tag    default: usp-bridge:VERSION
#   --base   Debian 13 from somewhere else, e.g. a mirror of your registry (default: docker.io/library/debian:trixie-slim)
#   --push   to the registry in the tag
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^project(usp-bridge VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
tag=usp-bridge:$version base= push=
while [[ $# -gt 0 ]]; do
  case "$1" in
    --tag) tag=${2:?--tag needs a name}; shift ;;
    --base) base=${2:?--base needs an image}; shift ;;
    --push) push=yes ;;
    --) shift; break ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "build: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done

tool=
for each in podman buildah docker; do
  if command -v "$each" >/dev/null; then tool=$each; break; fi
done
[[ -n "$tool" ]] || { echo "build: neither podman nor buildah nor docker is installed" >&2; exit 1; }

revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
[[ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ]] || revision+=-changed
# The time of the commit, not of the build: the same sources give the same label.
created=$(git log -1 --format=%cI 2>/dev/null || date -u +%FT%TZ)

arguments=(--file deploy/container/Containerfile --tag "$tag"
  --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --build-arg "CREATED=$created")
[[ -z "$base" ]] || arguments+=(--build-arg "BASE=$base")
# HEALTHCHECK is no part of OCI's format; docker knows no other than its own.
[[ "$tool" == docker ]] || arguments+=(--format docker)
# Only buildah looks here by itself.
[[ "$tool" == docker ]] || arguments+=(--ignorefile deploy/container/Containerfile.dockerignore)

"$tool" build "${arguments[@]}" "$@" .
[[ -z "$push" ]] || "$tool" push "$tag"
echo "built $tag with $tool"
