# apk: what a manifest of the host's packages holds.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

apk_manifest() {
	apk list -I </dev/null 2>/dev/null | sed -n 's/^\([^ ]*\)-\([0-9][^ -]*-r[0-9]*\) \([^ ]*\) .*/pkg	\1	\3	\2	ok/p'
	sed 's/^/held	/' "$apk_world"
}

apk_listed() {
	for apk_name in $(point_names); do
		apk info -q -L "$apk_name" </dev/null
	done | sed -e '/ contains:$/d' -e '/^$/d' -e 's,^/*,/,'
}

apk_sizes() {
	for apk_name in $(point_names); do
		apk info -q -s "$apk_name" </dev/null
	done | awk '/^[0-9]+/ { printf "%.0f\n", ($2 ~ /^M/) ? $1 * 1024 : ($2 ~ /^K/) ? $1 : $1 / 1024 }'
}

# apk_lockfile, apk_remark: marks and holds are world, which apk_rollback puts back.
apk_lockfile() {
	:
}

apk_remark() {
	:
}
