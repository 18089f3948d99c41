# apt: is a file the very package that is installed. Runs in a detached job, as root.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

# apt_same FILE NAME ARCH VERSION: the file can be read to its end and is the package
# that is installed, not only one of its name and version: what dpkg has kept of that,
# its control fields, its scripts and the checksums of its files, is what the file has.
apt_same() (
	[ "$(dpkg-deb -f "$1" Package 2>/dev/null)|$(dpkg-deb -f "$1" Version 2>/dev/null)" = "$2|$4" ] || exit 1
	apt_spec=$2
	[ "$3" = all ] || apt_spec=$2:$3
	apt_seen=$(mktemp -d "$pw_arg_dir/seen.XXXXXX") || exit 1
	trap 'rm -rf "$apt_seen"' EXIT
	dpkg-deb -e "$1" "$apt_seen/control" 2>/dev/null && dpkg-query -s "$apt_spec" >"$apt_seen/status" 2>/dev/null &&
		dpkg-query --control-path "$apt_spec" >"$apt_seen/paths" 2>/dev/null || exit 1
	[ "$(apt_fields "$apt_seen/control/control")" = "$(apt_fields "$apt_seen/status")" ] || exit 1
	# What dpkg has kept: each is a member of the file, and the file has no other. Where
	# the file has no list of checksums dpkg has made one itself, of what was in it.
	apt_made=
	while IFS= read -r apt_path; do
		apt_member=$apt_seen/control/${apt_path##*.}
		case $apt_path in
		*.list | *.conffiles) continue ;;
		*.md5sums) [ -e "$apt_member" ] || { apt_made=$apt_path && continue; } ;;
		esac
		cmp -s "$apt_path" "$apt_member" && rm -f "$apt_member" || exit 1
	done <"$apt_seen/paths"
	for apt_member in "$apt_seen/control"/*; do
		case ${apt_member##*/} in control | conffiles) ;; *) exit 1 ;; esac
	done
	mkdir "$apt_seen/data" || exit 1
	if [ -n "$apt_made" ]; then
		dpkg-deb -x "$1" "$apt_seen/data" 2>/dev/null && apt_sums "$apt_seen/data" "$apt_made"
		exit
	fi
	# Configuration files are in no list; dpkg knows what they were when they came.
	apt_delivered "$apt_seen/status" >"$apt_seen/sums"
	sed 's/^[^ ]*  //' "$apt_seen/sums" >"$apt_seen/names"
	{ dpkg-deb --fsys-tarfile "$1" 2>/dev/null || : >"$apt_seen/damaged"; } | if [ -s "$apt_seen/names" ]; then
		tar -C "$apt_seen/data" -xf - --no-recursion --verbatim-files-from -T "$apt_seen/names" 2>/dev/null
	else
		cat >/dev/null
	fi
	[ ! -e "$apt_seen/damaged" ] && apt_sums "$apt_seen/data" "$apt_seen/sums"
)

# apt_sums DIRECTORY FILE: the files below it have the checksums of the list.
apt_sums() {
	[ ! -s "$2" ] || (cd "$1" && md5sum --quiet -c "$2" >/dev/null 2>&1)
}

# apt_delivered STATUS: the checksums of configuration files as the package brought
# them, as md5sum writes them.
apt_delivered() {
	awk '
		/^Conffiles:/ { take = 1; next }
		/^[^ ]/ { take = 0 }
		take && $NF ~ /^[0-9a-f]+$/ && length($NF) == 32 { sum = $NF; sub(/ [^ ]*$/, ""); sub(/^ */, ""); print sum "  ." $0 }' "$1"
}

# apt_fields FILE: the fields of a control file that dpkg takes over as they are, sorted,
# without white space, which dpkg writes its own way.
apt_fields() {
	awk '
		/^[ \t]/ { if (take) text = text $0; next }
		{ flush(); take = /^(Package|Version|Architecture|Source|Maintainer|Installed-Size|Multi-Arch|Essential|Pre-Depends|Depends|Recommends|Suggests|Enhances|Provides|Conflicts|Breaks|Replaces|Description):/; text = take ? $0 : "" }
		END { flush() }
		function flush() { gsub(/[ \t]/, "", text); if (text !~ /:$/ && text !~ /^(Essential|Multi-Arch):no$/ && text != "") print text; text = "" }' "$1" | sort
}
