#!/usr/bin/env bash
# What package-lock.json names, checked against its hashes, and of that what the page loads, to where it is served from.
# Never fails: without it the page draws the waveform itself. Arguments: npm's.
cd "$(dirname "$0")/../.."
vendor=web/static/page/vendor
if ! command -v npm >/dev/null; then
	echo "npm is not installed: the page draws a plain waveform, and its tests do not look at accessibility." >&2
elif ! npm ci --silent --ignore-scripts --no-audit --no-fund "$@"; then
	echo "npm could not fetch what package-lock.json names: the page draws a plain waveform." >&2
else
	mkdir -p $vendor
	cp node_modules/wavesurfer.js/dist/wavesurfer.esm.js $vendor/wavesurfer.js
	cp node_modules/wavesurfer.js/LICENSE $vendor/wavesurfer.LICENSE
	find $vendor node_modules/axe-core -maxdepth 1 -type f -exec touch {} + 2>/dev/null # npm dates them 1985
fi
exit 0
