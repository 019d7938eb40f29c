#!/usr/bin/env bash
# The long counts. Each run adds a line to docs/operate/hard.csv: what, commit,
# seed or rounds, result, seconds. WHAT, a regular expression, chooses some.
set -uo pipefail
cd "$(dirname "$0")/.."
out=docs/operate/hard.csv
[ -f "$out" ] || echo "when,what,commit,rounds,result,seconds" >"$out"
commit=$(git rev-parse --short HEAD)
status=0

count() { # what, rounds, command…
	local what=$1 rounds=$2 began=$SECONDS result=pass
	shift 2
	[[ $what =~ ${WHAT:-.} ]] || return 0
	"$@" || { result=fail; status=1; }
	echo "$(date -u +%F),$what,$commit,$rounds,$result,$((SECONDS - began))" >>"$out"
}

rounds=${ROUNDS:-60}
count "kill -9 during import and release" "$rounds" env HARD_ROUNDS="$rounds" go test -count=1 -timeout 3h -run TestKilledAtAnyMoment ./cmd/kaishu
count "fuzz CQL2 text (rounds in seconds)" 120 go test -fuzz FuzzParseWhere -fuzztime 120s ./internal/base/selection
seed=${SEED:-1}
count "hostile files (rounds is the seed)" "$seed" env HARD_ROUNDS="$seed" go test -count=1 -timeout 1h -run TestHostileFiles ./internal/infra/intake/hostile
for target in Tokenize Read Markup XLSX ODS XLS OLE JSON Shapefile Memo Arrow Archive Page; do
	count "fuzz $target (rounds in seconds)" 60 go test -run '^$' -fuzz "Fuzz$target\$" -fuzztime 60s -fuzzminimizetime 1x ./internal/infra/intake
done
count "fuzz Parquet (rounds in seconds)" 60 go test -run '^$' -fuzz FuzzParquet -fuzztime 60s -fuzzminimizetime 1x ./internal/infra/tabular/duckdb
count "planted faults in rules" 1 go run ./tools/plant -out docs/operate/planted.csv internal/obtain/application internal/obtain/review internal/obtain/agreement internal/open/assessment internal/open/condition internal/open/directory internal/open/grading internal/open/objection internal/open/openlist internal/open/timeliness internal/open/adjustment internal/open/yearlyreview internal/use/rightsclaim
exit $status
