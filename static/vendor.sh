#!/usr/bin/env bash
# Fetches the scripts, fonts and icons that the pages use, at pinned versions, from npm. The result is
# committed, so neither a build nor a run needs npm. Run it to upgrade a version or to add an icon to icons.txt.
set -euo pipefail
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

get() { # get <package>@<version> <folder>
    local file
    file=$(cd "$tmp" && npm pack --silent "$1" 2>/dev/null | tail -1)
    mkdir -p "$tmp/$2"
    tar xzf "$tmp/$file" -C "$tmp/$2" --strip-components=1
}
get htmx.org@4.0.1 htmx
get sortablejs@1.15.7 sortable
get lucide-static@1.62.0 lucide
get @fontsource-variable/inter@5.3.0 inter
get @fontsource-variable/source-serif-4@5.3.1 serif

mkdir -p vendor fonts
cp "$tmp/htmx/dist/htmx.min.js" "$tmp/htmx/dist/ext/hx-sse.min.js" "$tmp/sortable/Sortable.min.js" vendor/
cp "$tmp"/inter/files/inter-latin{,-ext}-wght-normal.woff2 fonts/
cp "$tmp"/serif/files/source-serif-4-latin{,-ext}-wght-normal.woff2 fonts/
for p in htmx sortable lucide inter serif; do cp "$tmp/$p/LICENSE" "vendor/LICENSE-$p"; done

# icons.svg: one <symbol> for each name in icons.txt.
python3 - "$tmp/lucide/icons" <<'PY'
import pathlib, re, sys
source = pathlib.Path(sys.argv[1])
out = ['<svg xmlns="http://www.w3.org/2000/svg">']
for name in pathlib.Path('icons.txt').read_text().split():
    svg = (source / f'{name}.svg').read_text()
    inner = re.sub(r'\s+', ' ', re.search(r'<svg[^>]*>(.*)</svg>', svg, re.S).group(1)).strip()
    out.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>')
pathlib.Path('icons.svg').write_text('\n'.join(out) + '\n</svg>\n')
PY
sha256sum vendor/*.js fonts/*.woff2 icons.svg > vendor/SHA256SUMS
