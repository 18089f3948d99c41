# zypper: what all scripts of this manager use.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; not every script uses every function

# zypper_slim: zypper's XML, one tag a line, without the long texts and the
# progress. It stays well-formed XML.
zypper_slim() {
	tr '\n' ' ' | tr '<' '\n' | sed \
		-e 1d \
		-e 's/^description>\([0-9 ]*Problems*: .*\)/message type="problem">\1<\/message>/' \
		-e '/^\/*summary[ >\/]/d' -e '/^\/*description[ >\/]/d' \
		-e '/^\/*license[ >\/]/d' -e '/^\/*title[ >\/]/d' -e '/^\/*href[ >\/]/d' \
		-e '/^\/*progress[ >\/]/d' -e '/^\/*option[ >\/]/d' \
		-e 's/ summary="[^"]*"//' -e 's/ *$//' -e 's/^/</'
}

# zypper_xml FRAME ARGUMENTS...: zypper's answer in a frame; also in zypper_out.
zypper_xml() {
	zypper_frame=$1
	shift
	pw_begin "$zypper_frame"
	zypper_out=$(zypper --non-interactive --xmlout "$@" </dev/null)
	zypper_rc=$?
	zypper_out=$(printf '%s\n' "$zypper_out" | zypper_slim)
	printf '%s\n' "$zypper_out"
	pw_end "$zypper_frame" "$zypper_rc"
	return "$zypper_rc"
}

# zypper_specs: NAME.ARCH=VERSION of every package update of a listing on standard input.
zypper_specs() {
	sed -n 's/^<update kind="package" name="\([A-Za-z0-9_][A-Za-z0-9+._-]*\)" edition="\([A-Za-z0-9:._+~^%-]*\)" arch="\([a-z0-9_-]*\)".*/\1.\3=\2/p'
}

# zypper_patches [ATTRIBUTE]: the names of the patches of a listing on standard
# input; only those with the attribute if one is given.
zypper_patches() {
	sed -n 's/^<update kind="patch" name="\([A-Za-z0-9][A-Za-z0-9._:+-]*\)"[^>]*'"${1:-}"'[^>]*>.*/\1/p' | sort -u
}

# zypper_patch_info PATCH...: the lines of patch-info that say which packages a
# patch is about.
zypper_patch_info() {
	zypper --non-interactive --no-refresh patch-info "$@" </dev/null |
		sed -n -e '/^Name  *: /p' -e '/^Conflicts  *: /,/^[^ ]*$/p'
}
