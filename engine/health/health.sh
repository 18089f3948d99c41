# health: what runs and stands on the host, of the parts in $pw_arg_parts.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set before

# health_asks PART: is it wanted.
health_asks() {
	case " $pw_arg_parts " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

# health_most: no part is longer; what is cut short is told by its frame.
health_most=20000

health_find_init() {
	if [ -d /run/systemd/system ]; then
		echo systemd
	elif pw_has rc-status; then
		echo openrc
	elif pw_has service && [ -d /etc/init.d ]; then
		echo sysv
	fi
}

# health_find_manager: who knows of broken packages; the controller knows best.
health_find_manager() {
	if [ -n "$pw_arg_manager" ]; then
		echo "$pw_arg_manager"
	elif pw_has dpkg-query && [ -s /var/lib/dpkg/status ]; then
		echo dpkg
	elif pw_has rpm; then
		echo rpm
	elif pw_has pacman; then
		echo pacman
	fi
}

# health_cut: at most so many lines, and a last one that says so if there are more.
health_cut() {
	awk -v most="$health_most" 'NR <= most { print } NR == most + 1 { print "@cut" }'
}

# health_keep COMMAND...: what it prints, if it ends well; else its status.
health_keep() {
	health_text=$("$@" 2>/dev/null) || return
	[ -z "$health_text" ] || printf '%s\n' "$health_text" | health_cut
}

# health_systemd: the properties of all services, a block each.
health_systemd() {
	health_keep systemctl show --no-pager -p Id -p Type -p ActiveState -p SubState -p UnitFileState -p Transient -p TriggeredBy '*.service'
}

# health_openrc: the ini format is not known to old ones.
health_openrc() {
	health_keep rc-status --all --format ini || health_keep rc-status --all
}

health_sysv() {
	health_keep service --status-all || :
}

# health_failed: the units that have failed.
health_failed() {
	case $health_init in
	systemd) health_keep systemctl list-units --state=failed --all --full --plain --no-legend --no-pager ;;
	openrc) health_keep rc-status --crashed || : ;;
	esac
}

# health_listeners: the kernel's tables of sockets that wait: TCP in state 0A, UDP
# in 07.
health_listeners() {
	for health_table in tcp tcp6 udp udp6; do
		[ -r "/proc/net/$health_table" ] || continue
		awk -v table="$health_table" '$4 == (table ~ /^tcp/ ? "0A" : "07") { print table, $2, $8 }' "/proc/net/$health_table"
	done | health_cut
}

# health_range: from which ports the kernel picks.
health_range() {
	cat /proc/sys/net/ipv4/ip_local_port_range 2>/dev/null
}

health_mounts() {
	health_cut </proc/mounts
}

# health_broken: kernels and keys of rpm stand beside older ones.
health_broken() {
	case $health_manager in
	dpkg)
		# shellcheck disable=SC2016 # for dpkg-query
		health_text=$(dpkg-query -W -f '${binary:Package} ${Status}\n' 2>/dev/null) || return
		printf '%s\n' "$health_text" |
			awk '$3 != "ok" || ($4 != "installed" && $4 != "config-files" && $4 != "not-installed") { print $1, ($3 == "ok" ? $4 : $3) }' | health_cut
		;;
	rpm)
		health_text=$(rpm -qa --qf '%{NAME}.%{ARCH}\n' 2>/dev/null) || return
		printf '%s\n' "$health_text" | awk '!/^kernel|^gpg-pubkey|^kmod-/ && seen[$1]++ == 1 { print $1, "installed twice" }' | health_cut
		;;
	pacman)
		pacman -Dk 2>&1 | sed -n "s/^error: missing '\(.*\)' dependency for '\(.*\)'.*/\2 misses \1/p" | health_cut
		;;
	esac
}

# health_kernels: the releases that have modules.
health_kernels() {
	for health_dir in /lib/modules/*/; do
		[ -e "$health_dir/modules.dep" ] || [ -e "$health_dir/modules.order" ] || continue
		health_dir=${health_dir%/}
		printf '%s\n' "${health_dir##*/}"
	done
}

# health_routes: the main tables of both families.
health_routes() {
	if [ -r /proc/net/route ]; then
		awk 'NR > 1 { print 4, $1, $2, $8, $4 }' /proc/net/route | health_cut
	fi
	if [ -r /proc/net/ipv6_route ]; then
		awk '{ print 6, $10, $1, $2, $9 }' /proc/net/ipv6_route | health_cut
	fi
}

# health_time: does a time server hold the clock.
health_time() {
	health_said=
	if pw_has timedatectl && [ -d /run/systemd/system ]; then
		health_said=$(timedatectl show -p NTPSynchronized --value 2>/dev/null)
		[ -n "$health_said" ] ||
			health_said=$(timedatectl status 2>/dev/null | sed -n 's/^ *\(System clock\|NTP\) synchronized: *//p' | head -n 1)
	fi
	if [ "$health_said" != yes ] && pw_has chronyc; then
		case $(chronyc -n tracking 2>/dev/null | sed -n 's/^Leap status *: *//p') in
		Normal | "Insert second" | "Delete second") health_said=yes ;;
		"Not synchronised") health_said=no ;;
		esac
	fi
	if [ -z "$health_said" ] && pw_has ntpq; then
		case $(ntpq -c 'rv 0 leap' 2>/dev/null) in
		*leap=00* | *leap=01* | *leap=10*) health_said=yes ;;
		*leap=11*) health_said=no ;;
		esac
	fi
	printf '%s\n' "$health_said"
}

health_basics() {
	printf 'boot_id=%s\n' "$(cat /proc/sys/kernel/random/boot_id)"
	printf 'kernel=%s\n' "$(uname -r)"
	printf 'init=%s\n' "$health_init"
	printf 'manager=%s\n' "$health_manager"
}

health_main() {
	health_init=$(health_find_init </dev/null)
	health_manager=$(health_find_manager </dev/null)
	pw_run basics health_basics
	if health_asks services && [ -n "$health_init" ]; then
		pw_run services "health_$health_init"
	fi
	if health_asks failed_units && [ -n "$health_init" ]; then
		pw_run failed_units health_failed
	fi
	if health_asks listeners; then
		pw_run range health_range
		pw_run listeners health_listeners
	fi
	if health_asks mounts; then pw_run mounts health_mounts; fi
	if health_asks broken_packages && [ -n "$health_manager" ]; then
		pw_run broken_packages health_broken
	fi
	if health_asks kernel; then pw_run kernels health_kernels; fi
	if health_asks routes; then pw_run routes health_routes; fi
	if health_asks time; then pw_run time health_time; fi
}

health_main
