#!/bin/sh
# Sourced by the repository builders: the files of the lab's two daemons.

# daemon_tree NAME VERSION DIR writes the files of one version into DIR. Every
# version of labd works; version 1.1 of labdbad exits at once.
daemon_tree() {
	rm -rf "$3"
	mkdir -p "$3/usr/libexec" "$3/usr/lib/systemd/system/multi-user.target.wants"
	case $1 in
	labd) port=8099 ;;
	*) port=8098 ;;
	esac
	{
		echo '#!/usr/bin/perl'
		case $1-$2 in
		labdbad-1.1*) echo 'die "labdbad: cannot read its configuration";' ;;
		esac
		cat <<-EOF
			use IO::Socket::INET;
			my \$s = IO::Socket::INET->new(LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "listen: \$!";
			while (1) {
				my \$c = \$s->accept or next;
				while (<\$c>) { last if /^\r?\n\$/ }
				print \$c "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nok $1 $2\n";
				close \$c;
			}
		EOF
	} >"$3/usr/libexec/$1"
	chmod 0755 "$3/usr/libexec/$1"
	cat >"$3/usr/lib/systemd/system/$1.service" <<-EOF
		[Unit]
		Description=lab daemon $1

		[Service]
		ExecStart=/usr/libexec/$1
	EOF
	ln -s "../$1.service" "$3/usr/lib/systemd/system/multi-user.target.wants/$1.service"
}

# daemon_damage NAME VERSION prints what the script of a version does besides: the new
# labdbad removes a file that is not its own.
daemon_damage() {
	case $1-$2 in
	labdbad-1.1*) printf '\nrm -f /usr/bin/pinky\n' ;;
	esac
}
