# shellcheck shell=bash
# What several stages share. Sourced, from the top of the tree.

set -euo pipefail
export LC_ALL=C

# The one version everybody lints with; .golangci.yml is written for it.
golangci_version=v2.15.0
golangci_dir=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/patchwave-ci/golangci-lint-$golangci_version
export golangci_version golangci_dir

# die MESSAGE ends the stage.
die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# note MESSAGE is shown now and again under the summary.
note() {
	printf '%s\n' "$*"
	[ -z "${CI_OUT:-}" ] || printf '%s\n' "$*" >>"$CI_OUT/notes"
}

# files PATTERN... lists what is, or is about to be, in the repository; NUL-separated.
files() {
	git ls-files -z --cached --others --exclude-standard --deduplicate -- "$@" |
		while IFS= read -r -d '' f; do
			[ ! -f "$f" ] || printf '%s\0' "$f" # a file just deleted is still in the index
		done
}

# install PACKAGE... installs Debian packages that are not there yet.
install() {
	local missing=() p
	for p; do
		dpkg-query -W -f='${db:Status-Abbrev}' "$p" 2>/dev/null | grep -q '^ii' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || die "not installed: ${missing[*]}; as root: apt-get install ${missing[*]}"
	echo "installing ${missing[*]}"
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# readme_has COMMAND: README shows exactly this command, on a line of its own in a code
# block. What CI runs and what a newcomer is told to run are the same.
readme_has() {
	# shellcheck disable=SC2016 # backquotes and dollar are README's
	sed -n '/^ *```/,/^ *```/s/^ *\($ \)\{0,1\}//p' README.md | grep -xF -- "$1" >/dev/null || # not -q: it leaves, and sed fails in the pipe
		die "README.md has no code block with the line: $1"
}

# failed_tests LOG prints once more, last of all, what the failed tests of a go test -v
# wrote: tests that run at once write between each other's lines.
failed_tests() {
	awk '
		$1 == "===" { name = $3; next }
		$1 == "---" && $2 == "FAIL:" { order[++n] = $3; name = $3 }
		{ said[name] = said[name] $0 "\n" }
		END { for (i = 1; i <= n; i++) printf "==== what %s wrote\n%s", order[i], said[order[i]] }
	' "$1" | tail -n 100
}

# go_test_strict NAME ARG...: go test -v ARG..., the log kept, the packages' lines
# shown. A test that skips has tested nothing, so here it fails: CI has every tool
# and is root.
go_test_strict() {
	local log=${CI_OUT:-/tmp}/$1.log rc=0
	shift
	go test -v "$@" >"$log" 2>&1 || rc=$?
	if [ "$rc" != 0 ]; then
		grep -vE '^ *(=== (RUN|PAUSE|CONT|NAME)|--- PASS)|^PASS$' "$log" | tail -n 300
		failed_tests "$log"
		return "$rc"
	fi
	grep -E '^ok' "$log" || die 'no package has a test'
	echo "$(grep -cE '^ *--- PASS' "$log") tests and subtests passed"
	if grep -A3 -E '^ *--- SKIP' "$log"; then
		die 'skipped tests: install what they need in .ci/stages/10-tools, or make them run as root'
	fi
}
