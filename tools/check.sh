#!/usr/bin/env bash
# Runs the suite. Without arguments: formatting, vet, the laws of the house and
# every package. With --browser also the journeys in a real browser and the
# letters through a real mail server and the schema of a real PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(gofmt -l cmd internal tools ./*.go)
if [ -n "$unformatted" ]; then
	printf 'not gofmt-ed:\n%s\n' "$unformatted" >&2
	exit 1
fi
go vet ./...

if [ ! -d ../shared/data ]; then
	echo "../shared/data is not beside the project: tests on it are left out"
fi
if [ "${1:-}" = --browser ]; then
	export BROWSER_TESTS=1 MAIL_TESTS=1 POSTGRES_TESTS=1
fi
go test -timeout 24m ./...
