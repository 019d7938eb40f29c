#!/usr/bin/env bash
# Makes a fresh Debian machine ready: `setup.sh go` for building, `setup.sh
# browser` for the browser journeys, `setup.sh mail` for the tests with a real
# mail server, which start it themselves: its service stays off, `setup.sh pdf`
# for reading letters back, `setup.sh postgres` for the tests with a real
# PostgreSQL, which start a server of their own. As root it
# installs what is missing; otherwise it names it and exits 1.
set -euo pipefail

need=()
have() { command -v "$1" >/dev/null 2>&1; }

case "${1:-}" in
go)
	have go || { echo "Go 1.26 is missing; see https://go.dev/doc/install" >&2; exit 1; }
	have gcc || need+=(gcc libc6-dev)
	have g++ || need+=(g++)
	;;
browser)
	have chromium || need+=(chromium)
	fc-list 2>/dev/null | grep -q 'Noto Sans CJK' || need+=(fontconfig fonts-noto-cjk)
	;;
mail)
	[ -x /usr/sbin/exim4 ] || need+=(exim4-daemon-light)
	;;
postgres)
	compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || need+=(postgresql)
	;;
pdf)
	have pdftotext || need+=(poppler-utils)
	;;
*)
	echo "usage: setup.sh go|browser|mail|pdf|postgres" >&2
	exit 2
	;;
esac

[ ${#need[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! have apt-get; then
	echo "missing packages: ${need[*]} (install them, or run as root on Debian)" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
echo "installing ${need[*]}" >&2
apt-get update -qq
policy=/usr/sbin/policy-rc.d # asked before a package starts its service
if [ "$1" = postgres ]; then # the tests make their own cluster; no other is wanted
	mkdir -p /etc/postgresql-common/createcluster.d
	echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/kaishu.conf
fi
if { [ "$1" = mail ] || [ "$1" = postgres ]; } && [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
fi
# Without --no-remove another mail server of this machine would have to go.
apt-get install -y -qq --no-install-recommends --no-remove "${need[@]}" >/dev/null
if [ "$1" = mail ]; then
	update-rc.d exim4 disable 2>/dev/null # it looks for a unit too and complains
fi
