#!/usr/bin/env bash
# Makes internal/infra/pdf/fonts anew from Debian's packages; the result is
# committed. Run it as root on Debian 12 when a font should be exchanged.
set -euo pipefail
cd "$(dirname "$0")"
apt-get update -qq
apt-get install -y -qq --no-install-recommends \
	fonts-noto-cjk fonts-noto-core fonts-droid-fallback unicode-data python3-fonttools zstd >/dev/null
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
/usr/bin/python3 make.py "$work"
cp /usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf "$work/droid.ttf"
for f in serif latin droid; do
	zstd -q -f --ultra -22 "$work/$f.ttf" -o "../../internal/infra/pdf/fonts/$f.ttf.zst"
done
ls -l ../../internal/infra/pdf/fonts
