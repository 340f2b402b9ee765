#!/bin/sh
# Makes a folder to carry to a machine that has a GPU and no .NET, and packs it: conformance tests and benchmarks, self-contained.
# Usage: tools/make-device-folder.sh OUT      writes OUT/outlierquant-devices/ and OUT/outlierquant-devices.tar.gz
set -e
if [ $# -ne 1 ]; then
    echo "usage: tools/make-device-folder.sh OUT" >&2
    exit 2
fi

limit=$((40 * 1024 * 1024))
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
rm -rf "$out/outlierquant-devices"
dotnet publish tools/OutlierQuant.DeviceFolder -c Release -p:MakeDeviceFolder=true -o "$out/outlierquant-devices" -v quiet --nologo
# The bundled checkpoint is for the demo, and the rest for debuggers.
rm -rf "$out"/outlierquant-devices/samples "$out"/outlierquant-devices/*.xml "$out"/outlierquant-devices/*.pdb
chmod +x "$out/outlierquant-devices/check.sh" "$out/outlierquant-devices/check-devices"
tar -C "$out" -czf "$out/outlierquant-devices.tar.gz" outlierquant-devices
bytes=$(wc -c < "$out/outlierquant-devices.tar.gz")
if [ "$bytes" -gt "$limit" ]; then
    echo "make-device-folder: the packed folder has $bytes bytes; at most $limit are to be carried" >&2
    exit 1
fi

echo "$out/outlierquant-devices.tar.gz: $bytes bytes. There: tar xzf outlierquant-devices.tar.gz && outlierquant-devices/check.sh"
