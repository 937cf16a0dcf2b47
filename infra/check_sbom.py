"""Checks that an SBOM lists every crate of a binary.

Takes the path of the binary and the path of the SBOM. `cargo auditable` writes the list of crates to the section .dep-v0 of
the binary, as JSON that is compressed with zlib. The SBOM is a CycloneDX document in JSON. Prints the number of crates, and
exits with 1 if the binary has no list or the SBOM lacks a crate.
"""

import json
import struct
import sys
import zlib
from pathlib import Path

SECTION = b".dep-v0"
# Start of a 64-bit, little-endian ELF file, as Lambda runs it on both architectures.
ELF = b"\x7fELF\x02\x01"


def section(data, name):
    """Returns the contents of a section of an ELF file. None if there is no such section."""
    if not data.startswith(ELF):
        sys.exit("the binary is no 64-bit ELF file")
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)

    def header(place):
        """Returns the place of the section's name, its offset in the file and its length."""
        fields = struct.unpack_from("<IIQQQQ", data, table + place * size)
        return fields[0], fields[4], fields[5]

    _, texts, _ = header(names)
    for place in range(count):
        text, start, length = header(place)
        if data[texts + text:data.index(b"\0", texts + text)] == name:
            return data[start:start + length]
    return None


def main():
    binary, sbom = (Path(path) for path in sys.argv[1:])
    embedded = section(binary.read_bytes(), SECTION)
    if embedded is None:
        sys.exit(f"{binary} contains no list of its crates")
    packages = json.loads(zlib.decompress(embedded))["packages"]
    crates = {(package["name"], package["version"]) for package in packages if not package.get("root", False)}
    if not crates:
        sys.exit(f"the list of crates in {binary} is empty")
    components = json.loads(sbom.read_text())["components"]
    missing = crates - {(component["name"], component["version"]) for component in components}
    if missing:
        lines = "\n".join(f"  {name} {version}" for name, version in sorted(missing))
        sys.exit(f"{sbom} lacks crates of {binary}:\n{lines}")
    print(f"{sbom}: {len(components)} components, {len(crates)} crates in the binary")


if __name__ == "__main__":
    main()
