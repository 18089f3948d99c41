#!/bin/sh
# point.sh: restore points of machines on vSphere, by govc.
#
#	point.sh create|check|rollback|remove VM
#
# PATCHWAVE_POINT is the name of the snapshot. How govc logs in stands in a file that
# only its owner can read, GOVC_FILE or /etc/patchwave/govc, one NAME=VALUE a line:
# GOVC_URL (without a password), GOVC_USERNAME, GOVC_PASSWORD, GOVC_TLS_CA_CERTS.
# Nothing of it is an argument of a program. The account needs VirtualMachine.State.*
# and VirtualMachine.Interact.PowerOn and PowerOff.
#
# Status 0 is success; the last line says why it is not. Each can be run again.
set -u

fail() {
	printf '%s\n' "$1" | tr '\n\r\t' '   ' | cut -c1-300
	exit 1
}

login() {
	file=${GOVC_FILE:-/etc/patchwave/govc}
	[ -r "$file" ] || fail "$file cannot be read: it holds GOVC_URL, GOVC_USERNAME and GOVC_PASSWORD"
	[ -z "$(find "$file" -prune -perm /077)" ] || fail "$file can be read by others: chmod 600 $file"
	while IFS= read -r line; do
		name=${line%%=*}
		case $name in
		GOVC_URL | GOVC_USERNAME | GOVC_PASSWORD | GOVC_TLS_CA_CERTS | GOVC_TLS_KNOWN_HOSTS | GOVC_DATACENTER)
			export "$name=${line#*=}"
			;;
		'' | '#'*) ;;
		*) fail "$file: $name is nothing that govc logs in by" ;;
		esac
	done <"$file"
	case ${GOVC_URL:-} in
	*@*) fail "a login stands in GOVC_URL of $file: use GOVC_USERNAME and GOVC_PASSWORD" ;;
	esac
}

# govc never asks anybody, and is never waited for without an end.
ask() {
	timeout -k 5 "${GOVC_LIMIT:-1500}" govc "$@" </dev/null 2>&1
}

# there: the snapshot is there. The status tells "no" (1) from "not known" (2).
there() {
	names=$(ask snapshot.tree -vm "$vm") || {
		case $names in *'no snapshots'*) return 1 ;; esac
		return 2
	}
	# one name a line, deeper ones further in; a dot below one says that it is the present
	count=$(printf '%s\n' "$names" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//' | grep -cxF -e "$point")
	case $count in
	0) return 1 ;;
	1) return 0 ;;
	*)
		names="$count snapshots have the name $point; remove the wrong one by hand"
		return 2
		;;
	esac
}

create() {
	there
	case $? in
	0) return 0 ;;
	2) fail "the snapshots of $vm are not known: $names" ;;
	esac
	out=$(ask snapshot.create -vm "$vm" -m=false -q=false -d "restore point of patchwave" "$point")
	there || fail "the snapshot was not made: $out"
}

check() {
	there
	case $? in
	1) fail "the snapshot $point is not there" ;;
	2) fail "the snapshots of $vm are not known: $names" ;;
	esac
}

state() {
	ask object.collect -s "$(machine)" runtime.powerState
}

# machine: the reference of the one machine of that name.
machine() {
	found=$(ask find -i / -type m -name "$vm") || fail "$vm cannot be found: $found"
	case $found in
	VirtualMachine:*' '* | *'
'*) fail "several machines are called $vm" ;;
	VirtualMachine:*) printf '%s' "$found" ;;
	*) fail "there is no machine $vm" ;;
	esac
}

# rollback: a snapshot without memory leaves the machine off; patchwave waits for its boot.
rollback() {
	check
	out=$(ask snapshot.revert -vm "$vm" "$point") || {
		why=$out
		case $(state) in poweredOff) ask vm.power -on "$vm" >/dev/null ;; esac
		fail "the machine was not taken back: $why"
	}
	now=$(state) || fail "taken back, and its state is not known: $now"
	case $now in
	poweredOn) ;;
	*) out=$(ask vm.power -on "$vm") || fail "taken back, and it does not start: $out" ;;
	esac
}

# remove: those that were made after it stay.
remove() {
	there
	case $? in
	1) return 0 ;;
	2) fail "the snapshots of $vm are not known: $names" ;;
	esac
	out=$(ask snapshot.remove -vm "$vm" -c=true -r=false "$point")
	there
	case $? in
	0) fail "the snapshot is still there: $out" ;;
	2) fail "whether the snapshot is gone is not known: $names" ;;
	esac
}

op=${1:-} vm=${2:-} point=${PATCHWAVE_POINT:-}
case $point in
patchwave-*[!A-Za-z0-9_-]*) fail 'the point is none of patchwave' ;;
patchwave-?*) ;;
*) fail 'the point is none of patchwave' ;;
esac
case $vm in '' | -* | *[*?/]*) fail 'point.sh OP VM: the name of the machine is missing or odd' ;; esac
command -v govc >/dev/null || fail 'govc is not installed'
case $op in
create | check | rollback | remove)
	login
	"$op"
	;;
*) fail "point.sh create|check|rollback|remove VM" ;;
esac
