#!/usr/bin/env bash
# Start the server on the embedded profile, post the sample conversation, print the answer, stop the server.
set -euo pipefail
cd "$(dirname "$0")/.."

export MODEL_CONFIG=offline FLASK_HOST=127.0.0.1 FLASK_DEBUG=false
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
FLASK_PORT=${FLASK_PORT:-$(python -c '
import socket
with socket.socket() as probe:
    taken = probe.connect_ex(("127.0.0.1", 5000)) == 0
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0 if taken else 5000))
    print(probe.getsockname()[1])')}
export FLASK_PORT
url="http://127.0.0.1:$FLASK_PORT"
out=$(mktemp -d)

python app.py >"$out/server.log" 2>&1 &
server=$!
stop() {
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$out"
}
trap stop EXIT

echo "Starting the server at $url ..."
for _ in $(seq 300); do
    kill -0 "$server" 2>/dev/null || { cat "$out/server.log" >&2; exit 1; }
    curl --silent --fail --output "$out/status.json" "$url/status" && break
    sleep 1
done
[ -s "$out/status.json" ] || { echo "The server is not ready; its log:" >&2; cat "$out/server.log" >&2; exit 1; }
echo "GET /status"
cat "$out/status.json"

echo
echo "\$ curl -F audio=@samples/planning_meeting.flac $url/diarize"
curl --silent --show-error --fail-with-body -F audio=@samples/planning_meeting.flac "$url/diarize" >"$out/answer.json"
cat "$out/answer.json"

echo
echo "Who said what, when:"
python - "$out/answer.json" <<'PYTHON'
import json
import sys

for turn in json.load(open(sys.argv[1]))["conversation"]:
    print(f"{turn['start_time']:6.1f} - {turn['end_time']:5.1f}  {turn['speaker']}  {turn['text']}")
PYTHON
echo
echo "Stopping the server."
