# wake: a packet that wakes another machine, sent with what is here.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* are set before

# wake_targets: where the packet goes: the broadcast address of each network, and
# the machine's own address, for routers that pass it on.
wake_targets() {
	echo 255.255.255.255
	if pw_has ip; then ip -o -4 addr show 2>/dev/null | sed -n 's/.* brd \([0-9.]*\) .*/\1/p' | sort -u; fi
	case ${pw_arg_address:-} in
	'' | *[!0-9.]*) ;;
	*) printf '%s\n' "$pw_arg_address" ;;
	esac
}

wake_python() {
	# shellcheck disable=SC2046 # each is a word
	"$1" -c '
import socket, sys
packet = b"\xff" * 6 + bytearray.fromhex(sys.argv[1].replace(":", "")) * 16
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sent = 0
for address in sys.argv[2:]:
    try:
        s.sendto(packet, (address, 9))
        sent += 1
    except OSError:
        pass
sys.exit(0 if sent else 1)
' "$pw_arg_mac" $(wake_targets)
}

wake_perl() {
	# shellcheck disable=SC2016,SC2046 # the program is of perl; each target is a word
	perl -MSocket -e '
my ($mac, @to) = @ARGV;
(my $hex = $mac) =~ tr/://d;
my $packet = ("\xff" x 6) . (pack("H*", $hex) x 16);
socket(my $s, PF_INET, SOCK_DGRAM, getprotobyname("udp") || 17) or exit 1;
setsockopt($s, SOL_SOCKET, SO_BROADCAST, 1) or exit 1;
my $sent = 0;
for (@to) { $sent++ if send($s, $packet, 0, sockaddr_in(9, inet_aton($_))); }
exit($sent ? 0 : 1);
' "$pw_arg_mac" $(wake_targets)
}

# wake_socat: the packet is written byte by byte, since no shell holds a zero.
wake_socat() {
	wake_format='\377\377\377\377\377\377'
	wake_card=''
	for wake_byte in $(printf '%s' "$pw_arg_mac" | tr ':' ' '); do
		wake_card="$wake_card\\$(printf '%03o' "0x$wake_byte")"
	done
	wake_n=0
	while [ "$wake_n" -lt 16 ]; do
		wake_format=$wake_format$wake_card
		wake_n=$((wake_n + 1))
	done
	wake_sent=1
	for wake_to in $(wake_targets); do
		# shellcheck disable=SC2059 # the format is the packet
		if printf "$wake_format" | socat -u - "UDP4-DATAGRAM:$wake_to:9,broadcast"; then wake_sent=0; fi
	done
	return "$wake_sent"
}

# wake_each PROGRAM OPTION: etherwake sends on one interface, which is named.
wake_each() {
	wake_sent=1
	for wake_path in /sys/class/net/*; do
		wake_if=${wake_path##*/}
		case $wake_if in lo) continue ;; esac
		if "$1" "$2" "$wake_if" "$pw_arg_mac"; then wake_sent=0; fi
	done
	return "$wake_sent"
}

# wake_send tries one after the other, and says which has sent it.
wake_send() {
	for wake_with in python3 python perl wakeonlan socat etherwake ether-wake; do
		pw_has "$wake_with" || continue
		case $wake_with in
		python3 | python) wake_python "$wake_with" ;;
		perl) wake_perl ;;
		wakeonlan) wakeonlan "$pw_arg_mac" >&2 ;;
		socat) wake_socat ;;
		*) wake_each "$wake_with" -i >&2 ;;
		esac && {
			printf 'sent=%s\n' "$wake_with"
			return 0
		}
	done
	if pw_has busybox && busybox ether-wake --help >/dev/null 2>&1; then
		wake_each wake_busybox -i >&2 && printf 'sent=busybox\n' && return 0
	fi
	echo 'nothing here can send it; install python3, perl, wakeonlan, socat or etherwake' >&2
	return 1
}

wake_busybox() { busybox ether-wake "$@"; }

pw_run wake wake_send
