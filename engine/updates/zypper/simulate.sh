# zypper: what an installation would do.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the simulate script calls these functions

# zypper_try FRAME SPEC...: the solver's answer. --oldpackage admits the wanted
# version if it is older than the installed one; a spec names one version only.
# The environment makes libzypp a reader that takes no lock.
zypper_try() {
	zypper_frame=$1
	shift
	zypper_xml "$zypper_frame" --no-refresh install --dry-run --details --oldpackage \
		--no-force-resolution --auto-agree-with-licenses -- "$@"
}

# zypper_replaced: NAME<TAB>ARCH<TAB>VERSION of what the dry run in zypper_out would
# replace or remove.
zypper_replaced() {
	zypper_name='\([A-Za-z0-9_][A-Za-z0-9+._-]*\)' zypper_evr='\([A-Za-z0-9:._+~^%-]*\)' zypper_arch='\([a-z0-9_-]*\)'
	zypper_open="s/^<solvable type=\"package\" name=\"$zypper_name\""
	printf '%s\n' "$zypper_out" | sed -n \
		-e "$zypper_open edition=\"[^\"]*\" arch=\"[^\"]*\" edition-old=\"$zypper_evr\" arch-old=\"$zypper_arch\".*/\1	\3	\2/p" \
		-e "/^<to-remove>/,/^<\/to-remove>/$zypper_open edition=\"$zypper_evr\" arch=\"$zypper_arch\".*/\1	\3	\2/p"
}

# zypper_cached NAME ARCH VERSION: is the package file in zypper's cache.
zypper_cached() {
	[ -n "$(find /var/cache/zypp/packages -type f -name "$1-${3#*:}.$2.rpm" 2>/dev/null | sed 1q)" ]
}

# zypper_undo: which old versions can be had again.
zypper_undo() {
	zypper_gone=$(zypper_replaced | sort -u)
	[ -n "$zypper_gone" ] || return 0
	zypper_names=$(printf '%s\n' "$zypper_gone" | cut -f1 | sort -u)
	# shellcheck disable=SC2086 # names without white space
	zypper_offers=$(zypper --non-interactive --no-refresh --xmlout search -s -t package --match-exact -- $zypper_names </dev/null | zypper_slim |
		sed -n -e '/repository="(System Packages)"/d' \
			-e 's/^<solvable .* *name="\([^"]*\)" .*edition="\([^"]*\)" arch="\([^"]*\)".*/\1	\3	\2/p')
	printf '%s\n' "$zypper_gone" | while IFS='	' read -r zypper_name zypper_arch zypper_evr; do
		zypper_can=no
		if printf '%s\n' "$zypper_offers" | grep -qxF "$zypper_name	$zypper_arch	$zypper_evr"; then
			zypper_can=yes
		elif zypper_cached "$zypper_name" "$zypper_arch" "$zypper_evr"; then
			zypper_can=yes
		fi
		printf '%s\t%s\t%s\t%s\n' "$zypper_name" "$zypper_arch" "$zypper_evr" "$zypper_can"
	done
}

zypper_simulate() {
	export ZYPP_READONLY_HACK=1
	set --
	zypper_count=0
	zypper_wanted=$(printf '%s\n' "$pw_arg_want" | sed 's/^\([^	]*\)	\([^	]*\)	\([^	]*\)$/\1.\2=\3/')
	for zypper_spec in $zypper_wanted; do
		zypper_count=$((zypper_count + 1))
		if [ "${pw_arg_mode:-set}" = each ]; then
			zypper_try "zypper.sim.$zypper_count" "$zypper_spec"
		else
			set -- "$@" "$zypper_spec"
		fi
	done
	[ "${pw_arg_mode:-set}" = each ] && return 0
	zypper_try zypper.sim "$@"
	pw_run zypper.undo zypper_undo
}
