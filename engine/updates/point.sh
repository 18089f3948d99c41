# point: the restore point of packages beside what the managers keep: is there room for
# it, what it was made of (the manifest), and how the host differs from that.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the managers call what is here

point_tab='	'

# point_keep NAME: room, manifest, old packages, size.
point_keep() {
	pw_run point.room point_room "$1" || return 1
	point_manifest "$1" >"$pw_arg_dir/manifest.new" && mv "$pw_arg_dir/manifest.new" "$pw_arg_dir/manifest" || return 1
	point_lockfile=$("$1_lockfile" 2>/dev/null | cut -f 2)
	if [ -f "$point_lockfile" ]; then cp -p "$point_lockfile" "$pw_arg_dir/locks" || return 1; fi
	point_take
	point_status=0
	"$1_keep" || point_status=$?
	pw_run point.size du -sk "$pw_arg_dir"
	return "$point_status"
}

# point_take: what was kept ahead (stage_old) of the old packages of $pw_arg_changes goes
# into the point, where NAME_keep finds it, and looks at it as at any file.
point_take() (
	[ -n "${pw_arg_ahead:-}" ] && [ ! -L "$pw_arg_ahead" ] && cd "$pw_arg_ahead" 2>/dev/null || exit 0
	printf '%s\n' "$pw_arg_changes" | while IFS=$point_tab read -r _ point_name _ point_from _; do
		case $point_name:$point_from in *[!A-Za-z0-9@+._:~^-]* | :* | *: | *:-) continue ;; esac
		for point_file in "$point_name"[-_]*"${point_from#*:}"* "packages/$point_name-"*"${point_from#*:}"*; do
			if [ ! -f "$point_file" ] || [ -L "$point_file" ]; then continue; fi
			case $point_file in packages/*) mkdir -p "$pw_arg_dir/packages" ;; esac
			mv -f "$point_file" "$pw_arg_dir/$point_file"
		done
	done
)

# point_room NAME: KiB that the old packages need, about, and that are free; fails if
# they do not fit. A package is a third to a half of what it installs; 64 MiB stay.
point_room() {
	point_need=$("$1_sizes" 2>/dev/null | awk '$1 ~ /^[0-9]+$/ { sum += $1 } END { printf "%.0f\n", sum / 2 + 65536 }')
	point_free=$(df -Pk -- "$pw_arg_dir" 2>/dev/null | sed -n '$s/^.* \([0-9][0-9]*\)  *[0-9-][0-9]*% .*$/\1/p')
	printf '%s %s\n' "$point_need" "${point_free:-?}"
	[ "${point_free:-$point_need}" -ge "$point_need" ]
}

# point_names: the names of the packages of $pw_arg_changes.
point_names() {
	printf '%s\n' "$pw_arg_changes" | awk -F '\t' '$2 ~ /^[A-Za-z0-9_@][A-Za-z0-9@+._-]*$/ { print $2 }' | sort -u
}

# point_manifest NAME: all packages, marks and holds of the host (NAME_manifest), and
# the files of the packages that are changed (NAME_listed), a line each.
#   pkg NAME ARCH VERSION STATE, auto NAME, held WORDS, file PATH SHA256, stat PATH MODE OWNER
point_manifest() (
	set -f
	{
		"$1_manifest" 2>/dev/null
		"$1_listed" 2>/dev/null | grep '^/' | grep -v -e '^/var/log/' -e '^/var/cache/' -e '^/run/' -e '^/proc/' -e '^/sys/' -e '^/dev/' | sort -u | point_files
	} | LC_ALL=C sort -u
)

point_files() {
	point_paths=$(cat)
	[ -n "$point_paths" ] || return 0
	printf '%s\n' "$point_paths" | tr '\n' '\0' | xargs -0 stat -c "stat$point_tab%N$point_tab%a$point_tab%u:%g" 2>/dev/null
	printf '%s\n' "$point_paths" | tr '\n' '\0' | xargs -0 stat -c "%F$point_tab%n" 2>/dev/null |
		sed -n "s/^regular[^$point_tab]*$point_tab//p" | tr '\n' '\0' | xargs -0 -r sha256sum 2>/dev/null |
		sed "s/^\\\\*\([0-9a-f]*\) [ *]\(.*\)$/file$point_tab\2$point_tab\1/"
}

# point_prove NAME: how the host differs from the manifest: "total N", then lines with
# "+" (is there now) or "-" (was there), at most 400.
point_prove() {
	[ -s "$pw_arg_dir/manifest" ] || {
		echo 'the restore point has no manifest' >&2
		return 1
	}
	point_now=$(mktemp) || return 1
	point_manifest "$1" >"$point_now"
	if ! grep -q "^pkg$point_tab" "$point_now"; then
		rm -f "$point_now"
		echo 'the package manager does not answer' >&2
		return 1
	fi
	awk '
	part == 1 { old[$0] = 1; next }
		{ new[$0] = 1 }
		END {
			for (line in old) if (!(line in new)) { n++; if (n <= 400) out[n] = "-\t" line }
			for (line in new) if (!(line in old)) { n++; if (n <= 400) out[n] = "+\t" line }
			printf "total\t%d\n", n
			for (i = 1; i <= n && i <= 400; i++) print out[i]
		}' part=1 "$pw_arg_dir/manifest" part=2 "$point_now"
	rm -f "$point_now"
}

# point_rollback NAME: the kernel that runs is not removed; its package is said.
point_rollback() {
	point_runs=$(point_kernels "$1")
	if [ -n "$point_runs" ]; then
		pw_put point.running "$point_runs"
		pw_arg_changes=$(printf '%s\n' "$pw_arg_changes" | point_without "$point_runs")
	fi
	point_status=0
	"$1_rollback" || point_status=$?
	point_lost=$(point_lost_marks "$1")
	if [ -n "$point_lost" ]; then
		point_relock "$1" >&2
		printf '%s\n' "$point_lost" | "$1_remark" >&2
		pw_put point.marks "$({
			printf '%s\n' "$point_lost"
			echo .
			point_lost_marks "$1"
		} | awk '$0 == "." { after = 1; next } !after { lost[$0] = 1; next } { delete lost[$0] } END { for (l in lost) print l }' | sort)"
	fi
	return "$point_status"
}

# point_lost_marks NAME: what the host has lost of the manifest: held WORDS; auto NAME
# and manual NAME of packages that were there, and are.
point_lost_marks() {
	[ -s "$pw_arg_dir/manifest" ] || return 0
	"$1_manifest" 2>/dev/null | awk -F '\t' '
		$1 == "auto" { auto[part, $2] = $0 } # behind the name there may be more
		part == 1 { old[$0] = 1; if ($1 == "pkg") was[$2] = was[$2 ":" $3] = was[$2 "." $3] = 1; next }
		{ now[$0] = 1; if ($1 == "pkg") is[$2] = is[$2 ":" $3] = is[$2 "." $3] = 1 }
		END {
			for (l in old) {
				split(l, w, "\t")
				if (w[1] == "held" && !(l in now) || w[1] == "auto" && w[2] in is && !((2, w[2]) in auto)) print l
			}
			for (l in now) {
				split(l, w, "\t")
				if (w[1] == "auto" && w[2] in was && !((1, w[2]) in auto)) print "manual\t" w[2]
			}
		}' part=1 "$pw_arg_dir/manifest" part=2 - | sort
}

# point_marked KIND: the names of a kind of mark in $point_lost.
point_marked() {
	printf '%s\n' "$point_lost" | sed -n "s/^$1$point_tab\\([A-Za-z0-9_@][A-Za-z0-9@+.:_-]*\\)\$/\\1/p"
}

# point_relock NAME: appends to the file of locks those that it had when the point was
# made and has no more. NAME_lockfile says how it is divided, and which file it is: line;
# block, which begins with [[; paragraph, with an empty line between.
point_relock() {
	point_how=$("$1_lockfile" 2>/dev/null)
	point_file=${point_how#*"$point_tab"}
	[ -n "$point_how" ] && [ -s "$pw_arg_dir/locks" ] || return 0
	if [ ! -s "$point_file" ]; then
		cp -p "$pw_arg_dir/locks" "$point_file"
		return
	fi
	point_more=$(awk -v how="${point_how%%"$point_tab"*}" '
		function flush() {
			if (rec ~ /[^\n]/ && rec !~ /^#/ && (how != "block" || rec ~ /^\[\[/)) {
				sub(/^\n+/, "", rec); sub(/\n+$/, "", rec)
				if (of == 1) has[rec] = 1; else if (!(rec in has)) print (how == "line" ? "" : "\n") rec
			}
			rec = ""
		}
		FNR == 1 || how == "line" || how == "block" && /^\[\[[^.]*\]\]/ || how == "paragraph" && /^$/ { flush() }
		{ rec = rec $0 "\n"; of = part }
		END { flush() }' part=1 "$point_file" part=2 "$pw_arg_dir/locks")
	[ -n "$point_more" ] || return 0
	cp -p "$point_file" "$point_file.patchwave" && { [ -z "$(tail -c 1 "$point_file")" ] || echo >>"$point_file.patchwave"; } &&
		printf '%s\n' "$point_more" >>"$point_file.patchwave" && mv -f "$point_file.patchwave" "$point_file"
}

# point_without OWNERS: the changes of standard input without the installation of them.
point_without() {
	{
		printf '%s\n' "$1"
		echo .
		cat
	} | awk -F '\t' '
		!changes && $0 == "." { changes = 1; next }
		!changes { runs[$1 "\t" $2] = runs[$1 "\t"] = 1; if ($2 == "") any[$1] = 1; next }
		$1 == "install" && (($2 in any) || (($2 "\t" $5) in runs)) { next }
		{ print }'
}

# point_kernels NAME: the installed packages that hold the kernel that runs, a line
# each: NAME, and VERSION where several versions of one name can be installed.
point_kernels() {
	point_release=$(uname -r)
	for point_path in "/boot/vmlinuz-$point_release" "/lib/modules/$point_release/vmlinuz" "/usr/lib/modules/$point_release/vmlinuz" "/lib/modules/$point_release/kernel"; do
		case $1 in
		apt) dpkg-query -S "$point_path" 2>/dev/null | sed -n -e 's/^\([a-z0-9][a-z0-9+.-]*\)[:,].*/\1/p' ;;
		dnf | dnf5 | zypper)
			rpm -qf --qf "%{NAME}$point_tab%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n" "$point_path" 2>/dev/null | grep "$point_tab"
			;;
		esac
	done </dev/null | sort -u
}

# ---- what the managers of rpm have in common

point_rpm_packages() {
	rpm -qa --qf "pkg$point_tab%{NAME}$point_tab%{ARCH}$point_tab%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}${point_tab}ok\n" </dev/null |
		grep -v "^pkg${point_tab}gpg-pubkey$point_tab"
}

# point_rpm_listed: the files of the packages that are changed, without ghosts.
point_rpm_listed() {
	# shellcheck disable=SC2046 # one argument a name
	rpm -q --qf "[%{FILEFLAGS:fflags}$point_tab%{FILENAMES}\n]" $(point_names) </dev/null | awk -F '\t' 'NF == 2 && $1 !~ /g/ { print $2 }'
}

# point_rpm_sizes: what the old packages take on the disk, KiB a line.
point_rpm_sizes() {
	# shellcheck disable=SC2046 # one argument a name
	rpm -q --qf '%{SIZE}\n' $(point_names) </dev/null | awk '/^[0-9]+$/ { printf "%.0f\n", $1 / 1024 }'
}

# point_rpm_same FILE NAME ARCH VERSION: the file is whole, and the very package that is
# installed: its header has the same checksum, and holds those of its content.
point_rpm_same() {
	rpm -K --nosignature "$1" </dev/null >/dev/null 2>&1 || return 1
	point_sum=$(rpm -qp --nosignature --qf '%{SHA1HEADER}\n' "$1" </dev/null 2>/dev/null) || return 1
	rpm -q --qf '%{SHA1HEADER}\n' "$2-${4#*:}.$3" </dev/null 2>/dev/null | grep -qxF "$point_sum"
}
