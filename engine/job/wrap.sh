# wrap: what runs detached on the host around one job's body.
# usage: sh wrap ROOT ID
# shellcheck shell=sh
umask 077
root=$1 id=$2
dir=$root/jobs/$id
exec >>"$dir/out.log" 2>&1 </dev/null
cd / || exit 70

# finish RC: the host's lock is given back first: whoever reads rc may go on.
finish() {
	exec 8>&-
	# in its place: also where the disk is full by now; one that copies on write needs room
	until printf '%03d\n' "$1" 1<>"$dir/rc.tmp"; do
		spare=$(find "$root" -maxdepth 1 -name 'spare.*' | head -n 1)
		[ -n "$spare" ] || break
		rm -f "$spare"
		sync -f "$root" 2>/dev/null || sync
	done
	sync "$dir/rc.tmp" 2>/dev/null
	mv "$dir/rc.tmp" "$dir/rc"
	exit "$1"
}

exec 7>>"$dir/alive"
flock -n 7 || exit 71 # another wrapper of this very job runs
[ ! -f "$dir/rc" ] || exit 71
[ ! -f "$dir/pid" ] || exit 71 # it was begun before: at most once
echo 000 >"$dir/rc.tmp" # the room for its outcome
echo "$$" >"$dir/pid"
sync "$dir/pid" 2>/dev/null
exec 8>>"$root/host.lock"
left=60
until flock -n 8; do # the flock of busybox knows no -w
	[ "$left" -gt 0 ] || finish 75 # another job works on this host
	left=$((left - 1))
	sleep 1
done
read -r controller run fence <"$dir/claim" || finish 76
holder='' holder_run='' holder_fence=''
read -r holder holder_run holder_fence _ <"$root/claim" || :
if [ "$holder $holder_run" != "$controller $run" ] || ! [ "$holder_fence" -ge "$fence" ]; then
	finish 76 # the claim was taken away meanwhile
fi
[ "$(cat "$dir/boot_id")" = "$(cat /proc/sys/kernel/random/boot_id)" ] || finish 77
umask 022
/bin/sh "$dir/body" 7>&- 8>&-
finish "$?"
