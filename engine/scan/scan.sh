# scan: facts and pending updates of one host in one answer.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set before

scan_os_release() {
	if [ -r /etc/os-release ]; then
		cat /etc/os-release
	elif [ -r /usr/lib/os-release ]; then
		cat /usr/lib/os-release
	elif [ -r /etc/redhat-release ]; then
		printf 'ID=rhel\nID_LIKE="rhel fedora"\nPRETTY_NAME="%s"\n' "$(cat /etc/redhat-release)"
	fi
}

# scan_word KEY: a value of os-release without its quotes.
scan_word() {
	scan_os_release | sed -n "s/^$1=//p" | tr -d "\"'" | head -n 1
}

scan_known() {
	[ -n "$1" ] || return 1
	case " $pw_arg_managers " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

scan_is_dnf5() {
	case $(dnf --version 2>/dev/null </dev/null | head -n 1) in dnf5*) return 0 ;; *) return 1 ;; esac
}

scan_rpm_manager() {
	if pw_has dnf; then
		if scan_is_dnf5; then echo dnf5; else echo dnf; fi
	elif pw_has dnf5; then
		echo dnf5
	elif pw_has yum; then
		echo yum
	fi
}

scan_find_manager() {
	if [ -e /run/ostree-booted ]; then
		echo rpm-ostree
		return
	fi
	if pw_has transactional-update; then
		echo transactional-update
		return
	fi
	case " $(scan_word ID) $(scan_word ID_LIKE) " in
	*" debian "* | *" ubuntu "*) echo apt ;;
	*" fedora "* | *" rhel "* | *" centos "* | *" amzn "*) scan_rpm_manager ;;
	*suse* | *" sles "*) echo zypper ;;
	*" arch "*) echo pacman ;;
	*" alpine "*) echo apk ;;
	*)
		for scan_m in apt-get:apt dnf:dnf zypper:zypper pacman:pacman apk:apk; do
			if pw_has "${scan_m%%:*}"; then
				if [ "${scan_m##*:}" = dnf ]; then scan_rpm_manager; else echo "${scan_m##*:}"; fi
				return
			fi
		done
		;;
	esac
}

# scan_facts: KEY=VALUE a line.
scan_facts() {
	printf 'manager=%s\n' "$scan_manager"
	printf 'now=%s\n' "$(date +%s)"
	printf 'uid=%s\n' "$(id -u)"
	printf 'kernel=%s\n' "$(uname -r)"
	printf 'arch=%s\n' "$(uname -m)"
	printf 'boot_id=%s\n' "$(cat /proc/sys/kernel/random/boot_id)"
	printf 'uptime=%s\n' "$(cut -d. -f1 /proc/uptime)"
	if [ -d /run/systemd/system ]; then printf 'systemd=yes\n'; else printf 'systemd=no\n'; fi
	if pw_has systemd-detect-virt; then printf 'virtual=%s\n' "$(systemd-detect-virt 2>/dev/null)"; fi
	if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then
		printf 'reboot_flag=%s\n' "$(sort -u /run/reboot-required.pkgs 2>/dev/null | head -n 40 | tr '\n' ' ')"
	fi
	if [ -e /run/reboot-needed ]; then printf 'reboot_flag=%s\n' "/run/reboot-needed"; fi
}

scan_main() {
	pw_run os-release scan_os_release
	scan_manager=$(scan_find_manager </dev/null)
	pw_run facts scan_facts
	pw_run df df -Pk / /boot /var
	if ! scan_known "$scan_manager"; then
		return
	fi
	scan_age=$("${scan_manager}_index_age" </dev/null)
	if [ "$pw_arg_refresh" = always ] ||
		{ [ "$pw_arg_refresh" = auto ] && { [ -z "$scan_age" ] || [ "$scan_age" -gt "$pw_arg_max_age" ]; }; }; then
		"${scan_manager}_refresh"
		scan_age=$("${scan_manager}_index_age" </dev/null)
	fi
	pw_put index "age=$scan_age"
	"${scan_manager}_scan"
}

scan_main
