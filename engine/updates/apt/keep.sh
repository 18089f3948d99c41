# apt: the packages to go back to. Runs in a detached job, as root. Frames: doc.go.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2317,SC2329 # pw_* come from the prelude; the caller decides what is called

# apt_keep: stores in $pw_arg_dir the packages that $pw_arg_changes replace, and
# the lists that say what was there.
apt_keep() {
	pw_run apt.keep apt_store
}

apt_store() {
	apt_native=$(dpkg --print-architecture) || return 1
	mkdir -p "$pw_arg_dir" || return 1
	dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Architecture}\t${Version}\n' >"$pw_arg_dir/packages" || return 1
	apt-mark showauto >"$pw_arg_dir/auto" || return 1
	apt-mark showhold >"$pw_arg_dir/held" || return 1
	case $pw_arg_changes in
	*"install	"*) find /etc -xdev ! -type d 2>/dev/null >"$pw_arg_dir/etc" ;;
	esac
	apt_archives=$(apt_cache)
	# First what is in the cache, then one call for what is in the index, then
	# what is in neither: made again from the installed files.
	apt_fetch=
	while IFS='|' read -r _ apt_name apt_arch apt_from _; do
		[ -n "$apt_from" ] || continue
		apt_old=$(apt_old_arch)
		apt_file=$(apt_deb "$apt_name" "$apt_old" "$apt_from")
		apt_good && continue
		if [ -s "$apt_archives/$apt_file" ]; then
			cp "$apt_archives/$apt_file" "$pw_arg_dir/" && apt_good && continue
			echo "$apt_archives/$apt_file is damaged, or another package than the one that is installed" >&2
		fi
		apt_fetch="$apt_fetch $(apt_shown "$apt_name" "$apt_arch")=$apt_from"
	done <<-APT_CHANGES
		$(apt_changes)
	APT_CHANGES
	[ -z "$apt_fetch" ] || apt_download_all
	while IFS='|' read -r _ apt_name apt_arch apt_from _; do
		[ -n "$apt_from" ] || continue
		apt_old=$(apt_old_arch)
		apt_file=$(apt_deb "$apt_name" "$apt_old" "$apt_from")
		# Ahead of a window only what a mirror is needed for.
		apt_good || [ -n "${stage_fetches:-}" ] || apt_repack "$apt_name" "$apt_old" "$apt_from" "$pw_arg_dir/$apt_file" >&2
		apt_word=missing
		[ -z "${stage_fetches:-}" ] || apt_word=later # packed again
		[ ! -s "$pw_arg_dir/$apt_file" ] || apt_word=kept
		printf '%s\t%s\t%s\t%s\n' "$apt_name" "$apt_arch" "$apt_from" "$apt_word"
	done <<-APT_CHANGES
		$(apt_changes)
	APT_CHANGES
	sync
}

# apt_good: the stored file of the change that is being read is there, and is the
# package that is installed; another one is removed.
apt_good() {
	[ -s "$pw_arg_dir/$apt_file" ] || return 1
	apt_same "$pw_arg_dir/$apt_file" "$apt_name" "$apt_old" "$apt_from" || { rm -f "$pw_arg_dir/$apt_file" && return 1; }
}

# apt_shown NAME ARCH: the package as apt displays it.
apt_shown() {
	case $2 in
	all | "$apt_native") printf '%s' "$1" ;;
	*) printf '%s:%s' "$1" "$2" ;;
	esac
}

# apt_deb NAME ARCH VERSION: the name of its file, as apt spells it.
apt_deb() {
	printf '%s_%s_%s.deb' "$1" "$(printf '%s' "$3" | sed 's/:/%3a/g')" "$2"
}

# apt_old_arch: the architecture of the old version of the change that is being
# read: a package may turn from "all" to a real one and back.
apt_old_arch() {
	awk -F '\t' -v n="$apt_name" -v v="$apt_from" -v a="$apt_arch" -v native="$apt_native" '
		$2 == n && $4 == v && ($3 == a || a == "all" && $3 == native || $3 == "all" && a == native) { print $3; found = 1; exit }
		END { if (!found) print a }' "$pw_arg_dir/packages"
}

# apt_download_all: what the index still has of $apt_fetch. One that is missing
# would stop all others, so they are sorted out first.
apt_download_all() {
	apt_names=
	for apt_want in $apt_fetch; do apt_names="$apt_names ${apt_want%%=*}"; done
	# shellcheck disable=SC2086 # one argument a package
	apt_there=$({
		printf '%s\n' $apt_fetch
		apt-cache policy $apt_names
	} | awk '
		/^[^ ]+=[^ ]+$/ { wanted[$0] = 1; next }
		/^[^ ].*:$/ { name = substr($0, 1, length($0) - 1); next }
		/^ (\*\*\*|   ) [^ ]/ { sub(/^ \*\*\*/, ""); version = $1; next }
		/^ +-?[0-9]+ / { if ($2 !~ /^\// && (name "=" version) in wanted) { print name "=" version; delete wanted[name "=" version] } }')
	[ -n "$apt_there" ] || return 0
	# shellcheck disable=SC2086 # one argument a package
	(cd "$pw_arg_dir" && apt-get -q -q -o APT::Sandbox::User=root -o Acquire::Retries=2 download $apt_there </dev/null >&2)
}

# apt_repack NAME ARCH VERSION FILE: makes the package again from its installed
# files, as dpkg-repack does: once a security update is replaced by the next, no
# archive has it any more. Configuration files are packed as they are now.
apt_repack() (
	apt_spec=$1
	[ "$2" = all ] || apt_spec=$1:$2
	[ "$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$apt_spec")" = "installed $3" ] || exit 1
	apt_tree=$(mktemp -d "$pw_arg_dir/repack.XXXXXX") || exit 1
	trap 'rm -rf "$apt_tree"' EXIT
	mkdir -m 755 "$apt_tree/pkg" "$apt_tree/pkg/DEBIAN" && chmod 755 "$apt_tree" || exit 1
	dpkg-query -s "$apt_spec" | awk '
		/^(Status|Conffiles|Config-Version|Triggers-Awaited|Triggers-Pending):/ { skip = 1; next }
		/^[^ ]/ { skip = 0 }
		!skip' >"$apt_tree/pkg/DEBIAN/control" || exit 1
	for apt_path in $(dpkg-query --control-path "$apt_spec"); do
		case $apt_path in
		*.list | *.conffiles) ;;
		*) cp -p "$apt_path" "$apt_tree/pkg/DEBIAN/${apt_path##*.}" || exit 1 ;;
		esac
	done
	dpkg-query -L "$apt_spec" >"$apt_tree/listed" || exit 1
	# A file that another package has diverted stands elsewhere, and goes into the
	# package under its own name.
	awk '/^\// { last = $0 } /^(locally diverted to|diverted by [^ ]+ to): \// { sub(/^[^:]*: /, ""); print last "\t" $0 }' \
		"$apt_tree/listed" >"$apt_tree/diverted"
	awk -F '\t' 'part == 1 { gone[$1] = 1; next } /^\// && !($0 in gone)' part=1 "$apt_tree/diverted" part=2 "$apt_tree/listed" >"$apt_tree/own"
	mv "$apt_tree/own" "$apt_tree/listed"
	# A directory of the package may be a link on this host (/lib): left out.
	sed -e 's,^/\.$,,' -e 's,$,/,' "$apt_tree/listed" | sort -r -u | awk '
		$0 == "/" { next }
		{ print (index(last, $0) == 1 ? "dir" : "leaf") " " substr($0, 1, length($0) - 1); last = $0 }' |
		while read -r apt_kind apt_path; do
			[ "$apt_kind" = dir ] && [ -L "$apt_path" ] || printf '.%s\n' "$apt_path"
		done | sort >"$apt_tree/content"
	tar -C / --no-recursion --ignore-failed-read -cpf "$apt_tree/data.tar" -T "$apt_tree/content" 2>/dev/null
	tar -C "$apt_tree/pkg" -xpf "$apt_tree/data.tar" || exit 1
	rm -f "$apt_tree/data.tar"
	while IFS='	' read -r apt_path apt_aside; do
		[ ! -e "$apt_aside" ] || { mkdir -p "$apt_tree/pkg${apt_path%/*}" && cp -a "$apt_aside" "$apt_tree/pkg$apt_path"; } || exit 1
	done <"$apt_tree/diverted"
	apt_conf=$(dpkg-query --control-show "$apt_spec" conffiles 2>/dev/null)
	if [ -n "$apt_conf" ]; then
		printf '%s\n' "$apt_conf" | while IFS= read -r apt_path; do
			[ ! -e "$apt_tree/pkg$apt_path" ] || printf '%s\n' "$apt_path"
		done >"$apt_tree/pkg/DEBIAN/conffiles"
	fi
	dpkg-deb -Zgzip -z1 -b "$apt_tree/pkg" "$apt_tree/made.deb" >/dev/null && mv "$apt_tree/made.deb" "$4"
)
