# zypper: installing, keeping old packages, going back.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the job scripts call these functions

zypper_auto_file=/var/lib/zypp/AutoInstalled

# zypper_each FUNCTION: calls FUNCTION ACTION NAME ARCH FROM TO for every change.
zypper_each() {
	zypper_function=$1
	zypper_lines=$pw_arg_changes
	while [ -n "$zypper_lines" ]; do
		zypper_line=${zypper_lines%%"
"*}
		case $zypper_lines in
		*"
"*) zypper_lines=${zypper_lines#*"
"} ;;
		*) zypper_lines='' ;;
		esac
		[ -n "$zypper_line" ] || continue
		# shellcheck disable=SC2086 # words without white space; none is empty
		set -- $zypper_line
		[ $# -eq 5 ] || return 65
		"$zypper_function" "$@"
	done
}

# zypper_evr NAME.ARCH: the installed versions, one a line.
zypper_evr() {
	rpm -q --qf '%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\n' "$1" </dev/null 2>/dev/null | sed 's/^0://'
}

zypper_has() {
	zypper_evr "$1.$2" | grep -qxF "$3"
}

zypper_autos() {
	if [ -r "$1" ]; then sed -e '/^#/d' -e '/^ *$/d' "$1" | sort -u; fi
}

# zypper_auto_store LIST: makes LIST the packages that came as dependencies.
zypper_auto_store() {
	[ -e "$zypper_auto_file" ] || [ -n "$1" ] || return 0
	if [ "$(zypper_autos "$zypper_auto_file")" = "$1" ]; then
		pw_put zypper.auto same
		return 0
	fi
	if { printf '# AutoInstalled generated %s\n#\n' "$(date)" && printf '%s\n' "$1" && printf '#\n'; } >"$zypper_auto_file.patchwave" &&
		chmod 644 "$zypper_auto_file.patchwave" && mv -f "$zypper_auto_file.patchwave" "$zypper_auto_file"; then
		pw_put zypper.auto restored
	else
		rm -f "$zypper_auto_file.patchwave"
		pw_put zypper.auto failed 1
	fi
}

# zypper_apply FRAME ARGUMENTS...: one transaction; once more after 103, which
# says that zypper itself was updated.
zypper_apply() {
	zypper_frame=$1
	shift
	pw_run "$zypper_frame" zypper --non-interactive --no-refresh install --no-force-resolution --no-recommends \
		--auto-agree-with-licenses --download in-advance "$@"
	zypper_rc=$?
	if [ "$zypper_rc" -eq 103 ]; then
		pw_run "$zypper_frame" zypper --non-interactive --no-refresh install --no-force-resolution --no-recommends \
			--auto-agree-with-licenses --download in-advance "$@"
		zypper_rc=$?
	fi
	return "$zypper_rc"
}

zypper_install_arg() {
	case $1 in
	remove) zypper_args="$zypper_args !$2.$3=$4" ;;
	*) zypper_args="$zypper_args $2.$3=$5" ;;
	esac
	case $1 in
	downgrade) zypper_options=--oldpackage ;;
	install) rpm -q "$2" </dev/null >/dev/null 2>&1 || zypper_new="$zypper_new$2
" ;;
	remove)
		zypper_gone="$zypper_gone$2
"
		zypper_autos "$zypper_auto_file" | grep -qxF "$2" || zypper_chosen=yes
		;;
	esac
	zypper_changed="$zypper_changed $2 "
}

# zypper_wants_reboot: does a needed patch that asks for a reboot concern a
# package that will be changed? It reads without zypper's lock.
zypper_wants_reboot() (
	export ZYPP_READONLY_HACK=1
	zypper_ids=$(zypper --non-interactive --no-refresh --xmlout list-updates -t patch </dev/null | zypper_slim | zypper_patches 'restart="true"')
	[ -n "$zypper_ids" ] || exit 1
	# shellcheck disable=SC2086 # names without white space
	for zypper_name in $(zypper_patch_info $zypper_ids | sed -n 's/^[^<]* \([^ <]*\) < .*/\1/p' | sort -u); do
		case $zypper_changed in *" $zypper_name "* | *" ${zypper_name%.*} "*) exit 0 ;; esac
	done
	exit 1
)

zypper_install() {
	export ZYPP_LOCK_TIMEOUT="${pw_arg_lock_wait:-0}"
	zypper_args='' zypper_options='' zypper_new='' zypper_gone='' zypper_changed='' zypper_chosen=no
	zypper_each zypper_install_arg || return $?
	zypper_before=$(zypper_autos "$zypper_auto_file")
	zypper_flag=no
	if zypper_wants_reboot; then zypper_flag=yes; fi
	# shellcheck disable=SC2086 # words without white space
	zypper_apply zypper.install $zypper_options -- $zypper_args
	zypper_status=$?
	case $zypper_status in
	0 | 102 | 106 | 107)
		if [ "$zypper_flag" = yes ] || [ "$zypper_status" -eq 102 ]; then touch /run/reboot-needed; fi
		;;
	esac
	zypper_after=$zypper_before
	# What replaces a package that somebody chose was not a mere dependency.
	if [ "$zypper_chosen" = no ]; then zypper_after=$(printf '%s\n%s' "$zypper_before" "$zypper_new" | sort -u | sed '/^$/d'); fi
	zypper_auto_store "$(printf '%s\n' "$zypper_after" | zypper_still)"
	return "$zypper_status"
}

# zypper_still: the lines of standard input that are no packages, or installed ones.
zypper_still() {
	while IFS= read -r zypper_name; do
		case "
$zypper_gone$zypper_new" in *"
$zypper_name
"*) rpm -q "$zypper_name" </dev/null >/dev/null 2>&1 || continue ;; esac
		printf '%s\n' "$zypper_name"
	done
}

# zypper_file NAME ARCH VERSION: the kept file of a package, if it is that package.
zypper_file() {
	zypper_found="$pw_arg_dir/$1-${3#*:}.$2.rpm"
	[ -f "$zypper_found" ] || return 1
	[ "$(rpm -qp --nosignature --qf '%{NAME} %{ARCH} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}' "$zypper_found" </dev/null 2>/dev/null |
		sed 's/ 0:/ /')" = "$1 $2 $3" ]
}

# zypper_collect DIRECTORY NAME ARCH VERSION: takes a package file from below
# DIRECTORY.
zypper_collect() {
	zypper_same "$2" "$3" "$4" && return 0
	zypper_source=$(find "$1" -type f -name "$2-${4#*:}.$3.rpm" 2>/dev/null | sed 1q)
	[ -n "$zypper_source" ] && cp -f "$zypper_source" "$pw_arg_dir/$2-${4#*:}.$3.rpm" && zypper_same "$2" "$3" "$4"
}

# zypper_same NAME ARCH VERSION: the kept file is whole, and the package that is
# installed; another one is removed.
zypper_same() {
	zypper_file "$1" "$2" "$3" || return 1
	point_rpm_same "$zypper_found" "$1" "$2" "$3" || { rm -f "$zypper_found" && return 1; }
}

zypper_keep_cached() {
	if [ "$4" != - ] && ! zypper_collect /var/cache/zypp/packages "$2" "$3" "$4"; then
		zypper_args="$zypper_args $2.$3=$4"
	fi
}

zypper_keep_report() {
	[ "$4" != - ] || return 0
	if zypper_collect "$pw_arg_dir/fetched" "$2" "$3" "$4"; then zypper_word=kept; else zypper_word=missing; fi
	printf '%s\t%s\t%s\t%s\n' "$2" "$3" "$4" "$zypper_word"
}

# zypper_keep: the old packages, and which ones came as dependencies.
zypper_keep() {
	export ZYPP_LOCK_TIMEOUT="${pw_arg_lock_wait:-60}"
	[ -d "$pw_arg_dir" ] && [ ! -L "$pw_arg_dir" ] || return 66
	zypper_args=''
	zypper_autos "$zypper_auto_file" >"$pw_arg_dir/zypper.auto" || return 1
	zypper_each zypper_keep_cached || return $?
	if [ -n "$zypper_args" ]; then
		mkdir -p "$pw_arg_dir/fetched" || return 1
		# shellcheck disable=SC2086 # words without white space
		pw_run zypper.fetch zypper --non-interactive --no-refresh --pkg-cache-dir "$pw_arg_dir/fetched" download $zypper_args
	fi
	pw_run zypper.keep zypper_each zypper_keep_report
	zypper_status=$?
	rm -rf "$pw_arg_dir/fetched"
	return "$zypper_status"
}

# zypper_offered NAME ARCH VERSION: does a repository have it.
zypper_offered() {
	zypper --non-interactive --no-refresh --xmlout search -s -t package --match-exact -- "$1" </dev/null 2>/dev/null | zypper_slim |
		sed -n -e '/repository="(System Packages)"/d' \
			-e 's/^<solvable .* *name="\([^"]*\)" .*edition="\([^"]*\)" arch="\([^"]*\)".*/\1	\3	\2/p' |
		grep -qxF "$1	$2	$3"
}

# zypper_back_arg: the argument that undoes one change, unless it is undone. What
# is not to be had would fail all the others.
zypper_back_arg() {
	if [ "$1" = install ]; then
		if zypper_has "$2" "$3" "$5"; then zypper_args="$zypper_args !$2.$3=$5"; fi
	elif ! zypper_has "$2" "$3" "$4"; then
		if zypper_file "$2" "$3" "$4"; then
			zypper_args="$zypper_args $zypper_found"
		elif zypper_offered "$2" "$3" "$4"; then
			zypper_args="$zypper_args $2.$3=$4"
		else
			zypper_missing="$zypper_missing $2-$4.$3"
		fi
	fi
}

# zypper_rollback: the kept files, or the repositories where none was kept. The
# kept files came from repositories that zypper has checked; packages of
# repositories without signatures are unsigned.
zypper_rollback() {
	export ZYPP_LOCK_TIMEOUT="${pw_arg_lock_wait:-0}"
	zypper_args='' zypper_options=--oldpackage zypper_gone='' zypper_new='' zypper_missing=''
	zypper_each zypper_back_arg || return $?
	if zypper --non-interactive help install </dev/null 2>/dev/null | grep -q -e --allow-unsigned-rpm; then
		zypper_options="$zypper_options --allow-unsigned-rpm"
	fi
	zypper_status=0
	if [ -z "$zypper_args$zypper_missing" ]; then
		pw_put zypper.rollback 'nothing to undo'
	elif [ -n "$zypper_args" ]; then
		# shellcheck disable=SC2086 # words without white space
		zypper_apply zypper.rollback $zypper_options -- $zypper_args
		zypper_status=$?
	fi
	if [ -f "$pw_arg_dir/zypper.auto" ]; then zypper_auto_store "$(cat "$pw_arg_dir/zypper.auto")"; fi
	# Going back with most packages is better than with none; said as zypper says it.
	if [ -n "$zypper_missing" ]; then
		case $zypper_status in
		0 | 102 | 106 | 107)
			zypper_status=104
			pw_put zypper.rollback "No provider of$zypper_missing; the rest is rolled back" 104
			;;
		esac
	fi
	return "$zypper_status"
}

# zypper_repair: reinstalls what a killed rpm left twice, then asks for missing
# dependencies.
zypper_repair() {
	export ZYPP_LOCK_TIMEOUT="${pw_arg_lock_wait:-0}"
	zypper_args=$(rpm -qa --qf '%{NAME}.%{ARCH}\n' </dev/null | sort | uniq -d | while IFS= read -r zypper_name; do
		case $zypper_name in gpg-pubkey.*) continue ;; esac
		rpm -q --provides "$zypper_name" </dev/null | grep -q '^multiversion(' && continue
		# the right one is the one installed last
		printf ' %s=%s' "$zypper_name" "$(rpm -q --qf '%{INSTALLTIME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\n' "$zypper_name" </dev/null |
			sort -n | sed -n -e 's/^[0-9]* 0:/& /' -e 's/^[0-9]* \(0: \)*//' -e '$p')"
	done)
	zypper_status=0
	if [ -n "$zypper_args" ]; then
		# shellcheck disable=SC2086 # words without white space
		pw_run zypper.repair zypper --non-interactive --no-refresh install --force --no-recommends --auto-agree-with-licenses -- $zypper_args
		zypper_status=$?
	fi
	pw_run zypper.verify zypper --non-interactive --no-refresh verify --no-recommends || zypper_status=$?
	return "$zypper_status"
}
