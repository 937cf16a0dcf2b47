#!/usr/bin/env bash
# Builds the functions for a deployment, and writes an SBOM of each function to target/sbom.
#
#   infra/release.sh [arm64|x86_64]
#
# Each binary contains the list of its crates, so that a scanner can check a deployed function. The SBOMs (software bills of
# materials) are CycloneDX 1.5 documents with versions, licences and checksums. The script fails if a binary has no list, or
# if an SBOM lacks a crate of the list.
set -euo pipefail
cd "$(dirname "$0")/.."

architecture=${1:-arm64}
case "$architecture" in
  arm64) flag=--arm64 target=aarch64-unknown-linux-gnu ;;
  x86_64) flag=--x86-64 target=x86_64-unknown-linux-gnu ;;
  *) echo "the architecture must be arm64 or x86_64, not $architecture" >&2; exit 2 ;;
esac

# The template and this script expect the binaries in target/lambda.
unset CARGO_TARGET_DIR
cache="${XDG_CACHE_HOME:-$HOME/.cache}/couponflow"
install_tool() {
  local root="$cache/$1-$2"
  [ -x "$root/bin/$1" ] || cargo install "$1" --version "$2" --locked --root "$root" --quiet
  PATH="$root/bin:$PATH"
}
install_tool cargo-auditable 0.7.7
install_tool cargo-cyclonedx 0.5.9
PATH="$(cargo run --quiet --locked -- tools --cargo-lambda)/bin:$PATH"
export PATH

cargo auditable lambda build --release --locked "$flag"

# cargo cyclonedx writes each document beside the manifest of the package.
documents() { find functions shared infra tests -name '*_bin.cdx.json' "$@"; }
trap 'documents -delete' EXIT
cargo cyclonedx --format json --spec-version 1.5 --describe binaries --target "$target" --quiet
rm -rf target/sbom
mkdir -p target/sbom
for folder in functions/*/; do
  function=$(basename "$folder")
  mv "$folder${function}_bin.cdx.json" "target/sbom/$function.cdx.json"
  python3 -B infra/check_sbom.py "target/lambda/$function/bootstrap" "target/sbom/$function.cdx.json"
done
