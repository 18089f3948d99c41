# apt: going back. Runs in a detached job, as root. Frames: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

# apt_rollback: undoes $pw_arg_changes.
apt_rollback() {
	pw_run apt.rollback apt_timed apt_go_back
}

apt_go_back() {
	apt_native=$(dpkg --print-architecture) || return 100
	apt_wait
	# What was left half done stands in the way of everything; a package whose
	# script fails will be replaced below.
	if [ -n "$(apt_unfinished)" ]; then
		dpkg --force-confdef --force-confold --configure -a </dev/null
		apt_next
	fi
	apt_args=
	apt_back=
	apt_strangers=
	apt_flags='--mark-auto --no-install-recommends --allow-downgrades --no-remove'
	while IFS='|' read -r _ apt_name apt_arch apt_from apt_to; do
		[ -n "$apt_name" ] || continue
		apt_spec=$(apt_shown "$apt_name" "$apt_arch")
		apt_now=$(dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$apt_spec" 2>/dev/null)
		if [ -z "$apt_from" ]; then
			case $apt_now in
			'' | ?[nc]*) continue ;;
			esac
			apt_args="$apt_args $apt_spec-"
			! apt_stranger || apt_strangers="$apt_strangers $apt_spec"
			apt_flags='--mark-auto --no-install-recommends --allow-downgrades'
			apt_back="${apt_back}remove	$apt_name	$apt_arch	$apt_to	
"
			continue
		fi
		case $apt_now in
		?"i $apt_from") continue ;;
		esac
		apt_file=$(apt_kept)
		apt_args="$apt_args ${apt_file:-$apt_spec=$apt_from}"
		apt_back="${apt_back}install	$apt_name	$apt_arch		$apt_from
"
	done <<-APT_CHANGES
		$(apt_changes)
	APT_CHANGES
	apt_status=0
	if [ -n "$apt_args" ]; then
		# shellcheck disable=SC2034 # apt_only reads it
		(pw_arg_changes=$apt_back && apt_only) || {
			apt_nothing
			return 100
		}
		# A kept file that an index has too is first asked for there. If that fails, the
		# file itself is to be read, which the user _apt may not.
		# shellcheck disable=SC2086 # one argument a package
		apt_get -o APT::Sandbox::User=root $apt_flags install $apt_args
		apt_status=$?
	fi
	[ "$apt_status" -ne 0 ] || apt_purge
	apt_marks
	return "$apt_status"
}

# apt_kept: the stored file of the old version of the change that is being read.
apt_kept() {
	for apt_old in "$apt_arch" all "$apt_native"; do
		apt_file=$pw_arg_dir/$(apt_deb "$apt_name" "$apt_old" "$apt_from")
		[ -s "$apt_file" ] || continue
		printf '%s' "$apt_file"
		return 0
	done
}

# apt_unfinished: packages that are not wholly installed, and an unmerged journal.
apt_unfinished() {
	dpkg-query -W -f '${db:Status-Abbrev}\n' | grep -v -e '^.[nci] $'
	find /var/lib/dpkg/updates -name '[0-9]*'
}

# apt_marks: the automatic marks as they were.
apt_marks() {
	[ -r "$pw_arg_dir/auto" ] || return 0
	apt_auto=
	apt_manual=
	while IFS='|' read -r _ apt_name apt_arch apt_from apt_to; do
		[ -n "$apt_from" ] || continue
		apt_spec=$(apt_shown "$apt_name" "$apt_arch")
		if grep -q -x -F "$apt_spec" "$pw_arg_dir/auto"; then
			apt_auto="$apt_auto $apt_spec"
		else
			apt_manual="$apt_manual $apt_spec"
		fi
	done <<-APT_CHANGES
		$(apt_changes)
	APT_CHANGES
	# shellcheck disable=SC2086 # one argument a package
	[ -z "$apt_auto" ] || apt-mark auto $apt_auto </dev/null >/dev/null
	# shellcheck disable=SC2086 # one argument a package
	[ -z "$apt_manual" ] || apt-mark manual $apt_manual </dev/null >/dev/null
}

# apt_stranger: dpkg did not know $apt_name when the point was made, not even what is
# left of a removed package, and $apt_spec, which is installed, takes no place of a package
# that was there. Only such a package is purged: the scripts of one that was renamed
# may take the data that the old one needs.
apt_stranger() {
	[ -r "$pw_arg_dir/packages" ] && [ -r "$pw_arg_dir/etc" ] || return 1
	dpkg-query -W -f '${Replaces}, ${Breaks}, ${Conflicts}, ${Provides}\n' "$apt_spec" 2>/dev/null |
		awk -v name="$apt_name" '
			part == 1 {
				split($0, w, "\t")
				if (w[2] == name && w[1] !~ /^.n/) bad = 1
				if (w[1] !~ /^.[nc]/) was[w[2]] = 1
				next
			}
			{
				n = split($0, words, /[,|]/)
				for (i = 1; i <= n; i++) { sub(/^ */, "", words[i]); sub(/[ (:].*/, "", words[i]); if (words[i] in was) bad = 1 }
			}
			END { exit bad }' part=1 "$pw_arg_dir/packages" part=2 -
}

# apt_purge: takes away what removed strangers have left. A configuration file that was
# there before them stays, as it is.
apt_purge() {
	for apt_spec in $apt_strangers; do
		case $(dpkg-query -W -f '${db:Status-Abbrev}' "$apt_spec" 2>/dev/null) in ?c*) ;; *) continue ;; esac
		apt_aside=$(mktemp -d "$pw_arg_dir/aside.XXXXXX") || return 0
		dpkg-query -W -f '${Conffiles}\n' "$apt_spec" 2>/dev/null | sed -n 's,^ \(/.*\) [0-9a-z]*\( obsolete\)*$,\1,p' |
			grep -x -F -f "$pw_arg_dir/etc" | while IFS= read -r apt_path; do
			mkdir -p "$apt_aside${apt_path%/*}" && cp -a "$apt_path" "$apt_aside$apt_path" || echo "$apt_path"
		done >"$apt_aside/failed" 2>/dev/null
		if [ ! -s "$apt_aside/failed" ]; then
			rm -f "$apt_aside/failed"
			dpkg --purge "$apt_spec" </dev/null
			find "$apt_aside" ! -type d | while IFS= read -r apt_kept; do
				apt_path=${apt_kept#"$apt_aside"}
				[ -e "$apt_path" ] || [ -L "$apt_path" ] || { mkdir -p "${apt_path%/*}" && cp -a "$apt_kept" "$apt_path"; }
			done
		fi
		rm -rf "$apt_aside"
	done
}
