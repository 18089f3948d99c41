# job: start, watch and collect one detached job; set, renew and release the claim.
# shellcheck shell=sh
# shellcheck disable=SC2154 # pw_arg_* and pw_nonce are set before
umask 077
job_root=${pw_arg_root:-/var/lib/patchwave-host}
job_id=${pw_arg_id:-}
job_dir=$job_root/jobs/$job_id
job_tomb=$job_root/tombs/$job_id

job_say() {
	printf '%s\n' "$1"
}

# job_guard DIR: DIR is a directory of ours, not a link.
job_guard() {
	if [ -L "$1" ] || [ ! -d "$1" ]; then
		job_say "refused=guard"
		job_say "why=$1 is a link or no directory"
		return 1
	fi
	job_owner=$(stat -c %u "$1")
	if [ "$job_owner" != 0 ] && [ "$job_owner" != "$(id -u)" ]; then
		job_say "refused=guard"
		job_say "why=$1 belongs to uid $job_owner"
		return 1
	fi
}

# job_lock FD SECONDS: takes a lock, waiting. The flock of busybox knows no -w.
job_lock() {
	job_left=$2
	until flock -n "$1"; do
		[ "$job_left" -gt 0 ] || return 1
		job_left=$((job_left - 1))
		sleep 1
	done
}

job_prepare() {
	if ! pw_has flock; then
		job_say "refused=unsupported"
		job_say "why=flock is not installed"
		return 1
	fi
	job_guard "$(dirname "$job_root")" || return 1
	if [ ! -e "$job_root" ] && ! job_why=$(mkdir "$job_root" 2>&1) && [ ! -e "$job_root" ]; then
		if [ "$(id -u)" = 0 ]; then
			job_say "refused=disk"
			job_say "why=$job_why"
		else
			job_say "refused=sudo"
			job_say "why=logged in as $(id -un), who may not write in $(dirname "$job_root")"
		fi
		return 1
	fi
	job_guard "$job_root" || return 1
	for job_sub in jobs tombs fences; do
		[ -d "$job_root/$job_sub" ] || mkdir "$job_root/$job_sub" 2>/dev/null
		job_guard "$job_root/$job_sub" || return 1
	done
	if ! : >>"$job_root/op.lock"; then
		job_say "refused=disk"
		job_say "why=cannot write in $job_root: $(df -Pk "$job_root" | sed 1d | tr -s ' ')"
		return 1
	fi
	exec 9>>"$job_root/op.lock"
	if ! job_lock 9 30; then
		job_say "refused=locked"
		job_say "why=another operation holds $job_root/op.lock"
		return 1
	fi
}

# job_write FILE TEXT: whole or not at all. Where the disk is full it takes of the spare
# room, except while a job is at work, who would eat it all.
job_write() {
	until job_put "$1" "$2"; do
		rm -f "$1.tmp"
		if [ "$pw_arg_op" = poll ] || ! job_spend; then
			job_say "refused=disk"
			job_say "why=cannot write $1: $(df -Pk "$job_root" | sed 1d | tr -s ' ')"
			return 1
		fi
	done
}

job_put() {
	printf '%s' "$2" >"$1.tmp" && sync "$1.tmp" 2>/dev/null
	[ "$(wc -c <"$1.tmp")" -ge "$(printf '%s' "$2" | wc -c)" ] && mv "$1.tmp" "$1"
}

# job_spare: room that stays for what has to be written when a job has filled the disk:
# the claim, the rollback, the outcome. It is made anew for each job, since what is older
# than a snapshot frees nothing.
job_spare() {
	for job_n in 1 2 3 4; do
		job_new=$job_root/spare.new
		fallocate -l 1048576 "$job_new" 2>/dev/null || head -c 1048576 /dev/urandom 2>/dev/null >"$job_new"
		if [ "$(wc -c <"$job_new")" = 1048576 ]; then mv "$job_new" "$job_root/spare.$job_n"; else rm -f "$job_new"; fi
	done
}

# job_spend: gives a part of the spare room back; false where none is left.
job_spend() {
	for job_one in "$job_root"/spare.*; do
		[ -f "$job_one" ] || return 1
		rm -f "$job_one"
		sync -f "$job_root" 2>/dev/null || sync
		return 0
	done
}

# claim_read: sets claim_controller, claim_run, claim_fence, claim_expires and
# claim_name, the name of the host in the inventory of who claimed it.
claim_read() {
	claim_controller='' claim_run='' claim_fence=0 claim_expires=0 claim_name=''
	if [ -f "$job_root/claim" ]; then
		read -r claim_controller claim_run claim_fence claim_expires claim_name <"$job_root/claim" || :
	fi
	case $claim_fence$claim_expires in *[!0-9]* | '') claim_fence=0 claim_expires=0 ;; esac
}

claim_mine() {
	[ "$claim_controller" = "$pw_arg_controller" ] && [ "$claim_run" = "$pw_arg_run" ] &&
		[ "$claim_fence" = "$pw_arg_fence" ] && claim_named
}

# claim_named: the claim is under our name. One machine may be in an inventory
# twice; the two must not reboot each other in the middle of a job.
claim_named() {
	[ -z "$claim_name" ] || [ "$claim_name" = "$pw_arg_host" ]
}

claim_write() {
	job_write "$job_root/claim" "$pw_arg_controller $pw_arg_run $pw_arg_fence $(($(date +%s) + pw_arg_ttl)) $pw_arg_host
"
}

# job_working: a job holds the host's lock.
job_working() {
	[ -e "$job_root/host.lock" ] && ! flock -n "$job_root/host.lock" true
}

claim_refuse() {
	job_say "refused=locked"
	job_say "why=$1"
	job_say "holder_controller=$claim_controller"
	job_say "holder_run=$claim_run"
	job_say "holder_expires=$claim_expires"
	return 1
}

# claim_ours: the claim is of this run; a resume comes with a higher number.
claim_ours() {
	[ "$claim_controller" = "$pw_arg_controller" ] && [ "$claim_run" = "$pw_arg_run" ]
}

# claim_of_the_dead: the claim is of a run of this very controller that the
# controller knows to be dead (its process is gone).
claim_of_the_dead() {
	[ "$claim_controller" = "$pw_arg_controller" ] && [ "$claim_fence" -lt "$pw_arg_fence" ] || return 1
	case " ${pw_arg_dead:-} " in *" $claim_run "*) return 0 ;; *) return 1 ;; esac
}

# claim_stages RUN: a run that downloads ahead. It never disturbs another one, and
# gives way to whoever comes.
claim_stages() {
	case $1 in stage-*) return 0 ;; *) return 1 ;; esac
}

# claim_gives_way: the host is held for a download, and we want more than that.
claim_gives_way() {
	claim_stages "$claim_run" && ! claim_stages "$pw_arg_run"
}

# claim_push: has the downloads end; they look for this file each second.
claim_push() {
	for job_staging in "$job_root"/jobs/stage-*; do
		[ ! -f "$job_staging/ready" ] || : >"$job_staging/yield"
	done
	job_left=40
	while job_working && [ "$job_left" -gt 0 ]; do
		job_left=$((job_left - 1))
		sleep 1
	done
}

claim_set() {
	claim_read
	claim_max=0
	if [ -f "$job_root/fences/$pw_arg_controller" ]; then
		read -r claim_max <"$job_root/fences/$pw_arg_controller" || :
	fi
	case $claim_max in *[!0-9]* | '') claim_max=0 ;; esac
	if [ "$pw_arg_fence" -lt "$claim_max" ] && ! claim_stages "$pw_arg_run"; then
		claim_refuse "a later run of this controller was here (fencing number $claim_max, ours $pw_arg_fence)"
		return 1
	fi
	if [ -n "$claim_controller" ] && ! claim_ours; then
		if claim_gives_way; then claim_push; fi
		if job_working; then
			claim_refuse "a job of another run works on this host"
			return 1
		fi
		if [ "$(date +%s)" -lt "$claim_expires" ] && ! claim_of_the_dead && ! claim_gives_way; then
			claim_refuse "another run works on this host"
			return 1
		fi
	fi
	if claim_ours && ! claim_named && [ "$(date +%s)" -lt "$claim_expires" ]; then
		job_say "refused=locked"
		job_say "why=this run works on this very machine under the name $claim_name; take one of the two out of the inventory"
		return 1
	fi
	claim_stages "$pw_arg_run" || job_write "$job_root/fences/$pw_arg_controller" "$pw_arg_fence
" || return 1
	claim_write && job_say "claim=set"
}

claim_renew() {
	claim_read
	if claim_mine; then
		claim_write && job_say "claim=renewed"
	else
		claim_refuse "the claim of this run is gone"
	fi
}

claim_release() {
	claim_read
	if [ -z "$claim_controller" ] || claim_mine || [ "${pw_arg_force:-no}" = yes ]; then
		if job_working; then
			claim_refuse "a job still works on this host"
			return 1
		fi
		rm -f "$job_root/claim" "$job_root"/spare.*
		job_say "claim=released"
		job_prune
		job_forget
	else
		claim_refuse "the claim is not of this run"
	fi
}

# job_prune: of the restore points keep the newest, and none that is too old.
job_prune() {
	[ -n "${pw_arg_keep:-}" ] && [ -d "$job_root/points" ] || return 0
	job_guard "$job_root/points" || return 0
	job_n=0
	# shellcheck disable=SC2012 # the names are ours: letters, digits, dashes
	ls -1t "$job_root/points" | while IFS= read -r job_point; do
		job_n=$((job_n + 1))
		case $job_point in *[!A-Za-z0-9_-]*) continue ;; esac
		if [ "$job_n" -gt "$pw_arg_keep" ] ||
			[ -n "$(find "$job_root/points/$job_point" -maxdepth 0 -mmin "+$pw_arg_expire")" ]; then
			rm -rf "$job_root/points/$job_point"
		fi
	done
}

# job_forget: jobs that nobody has collected for 30 days, and that do not run.
job_forget() {
	find "$job_root/jobs" -mindepth 1 -maxdepth 1 -type d -mtime +30 | while IFS= read -r job_old; do
		if [ ! -f "$job_old/alive" ] || flock -n "$job_old/alive" true; then
			rm -rf "$job_old"
		fi
	done
}

# job_status: what is known of the job, as KEY=VALUE.
job_status() {
	job_now=$(cat /proc/sys/kernel/random/boot_id)
	job_say "boot_id=$job_now"
	if [ -f "$job_tomb" ]; then
		job_say "state=collected"
		cat "$job_tomb"
		return
	fi
	if [ ! -f "$job_dir/ready" ]; then
		job_say "state=absent"
		return
	fi
	job_say "job_boot_id=$(cat "$job_dir/boot_id")"
	job_say "size=$(wc -c <"$job_dir/out.log" 2>/dev/null || echo 0)"
	if [ -f "$job_dir/rc" ]; then
		job_say "state=done"
		job_say "rc=$(cat "$job_dir/rc")"
	elif [ "$(cat "$job_dir/boot_id")" != "$job_now" ]; then
		job_say "state=lost-reboot"
	elif [ ! -f "$job_dir/pid" ]; then
		job_say "state=starting"
	elif flock -n "$job_dir/alive" true; then
		# it may have ended between the two looks
		if [ -f "$job_dir/rc" ]; then
			job_say "state=done"
			job_say "rc=$(cat "$job_dir/rc")"
		else
			job_say "state=lost"
		fi
	else
		job_say "state=running"
	fi
}

job_launch() {
	if [ -d /run/systemd/system ] && pw_has systemd-run && [ "$(id -u)" = 0 ]; then
		systemd-run --quiet --unit="patchwave-job-$job_id.service" --description="patchwave job $job_id" \
			--property=KillMode=process --property=TimeoutStopSec=3600 --property=OOMScoreAdjust=-500 \
			/bin/sh "$job_dir/wrap" "$job_root" "$job_id" </dev/null >/dev/null 2>"$job_dir/start.err" 9>&-
	else
		setsid /bin/sh "$job_dir/wrap" "$job_root" "$job_id" </dev/null >/dev/null 2>"$job_dir/start.err" 9>&- &
	fi
}

job_start() {
	case $job_id in '' | *[!A-Za-z0-9._-]* | .*)
		job_say "refused=guard"
		job_say "why=bad job id"
		return 1
		;;
	esac
	if [ -f "$job_tomb" ] || [ -f "$job_dir/ready" ]; then
		job_say "started=before"
		job_status
		return 0
	fi
	claim_read
	if ! claim_mine; then
		claim_refuse "the claim of this run is gone"
		return 1
	fi
	claim_write || return 1
	job_spare
	[ -d "$job_dir" ] || mkdir "$job_dir" || return 1
	job_guard "$job_dir" || return 1
	job_write "$job_dir/body" "$pw_arg_body
" || return 1
	job_write "$job_dir/wrap" "$pw_arg_wrap
" || return 1
	job_write "$job_dir/claim" "$pw_arg_controller $pw_arg_run $pw_arg_fence
" || return 1
	job_write "$job_dir/boot_id" "$(cat /proc/sys/kernel/random/boot_id)" || return 1
	if [ "$(cksum <"$job_dir/body")" != "$pw_arg_sum" ]; then
		job_say "refused=guard"
		job_say "why=the job arrived damaged"
		return 1
	fi
	: >"$job_dir/alive"
	job_write "$job_dir/ready" "$(date +%s)" || return 1
	if ! job_launch; then
		job_say "refused=guard"
		job_say "why=the job could not be started: $(head -c 300 "$job_dir/start.err" | tr '\n' ' ')"
		rm -f "$job_dir/ready"
		return 1
	fi
	job_say "started=now"
	job_status
}

# job_collect: the outcome is safe at the controller; leave a tombstone.
job_collect() {
	if [ -f "$job_dir/ready" ] && [ ! -f "$job_dir/rc" ] && [ "${pw_arg_force:-no}" != yes ]; then
		job_say "refused=guard"
		job_say "why=the job has not ended"
		return 1
	fi
	if [ -d "$job_dir" ] && [ ! -f "$job_tomb" ]; then
		job_write "$job_tomb" "rc=$(cat "$job_dir/rc" 2>/dev/null)
job_boot_id=$(cat "$job_dir/boot_id" 2>/dev/null)
" || return 1
	fi
	rm -rf "$job_dir"
	find "$job_root/tombs" -type f -mtime +30 -exec rm -f {} +
	job_say "collected=yes"
}

# job_bury: the host was taken back to a time before the job, which must not be
# started again. What was found of it is from then.
job_bury() {
	case $job_id in '' | *[!A-Za-z0-9._-]* | .*)
		job_say "refused=guard"
		job_say "why=bad job id"
		return 1
		;;
	esac
	claim_read
	if ! claim_mine; then
		claim_refuse "the claim of this run is gone"
		return 1
	fi
	if [ -f "$job_dir/alive" ] && ! flock -n "$job_dir/alive" true; then
		job_say "refused=guard"
		job_say "why=the job works"
		return 1
	fi
	if [ ! -f "$job_tomb" ]; then
		job_write "$job_tomb" "rc=${pw_arg_rc:-}
job_boot_id=${pw_arg_boot_id:-}
" || return 1
	fi
	rm -rf "$job_dir"
	job_say "buried=yes"
}

job_main() {
	job_prepare || return
	case $pw_arg_op in
	claim) claim_set ;;
	renew) claim_renew ;;
	release) claim_release ;;
	show)
		claim_read
		job_say "holder_controller=$claim_controller"
		job_say "holder_run=$claim_run"
		job_say "holder_expires=$claim_expires"
		job_say "holder_fence=$claim_fence"
		job_say "holder_name=$claim_name"
		job_say "holder_left=$((claim_expires - $(date +%s)))"
		;;
	start) job_start ;;
	poll)
		claim_read
		# a full disk must not hide what has become of the job; the claim then runs out
		if [ -n "${pw_arg_controller:-}" ] && claim_mine; then claim_write >/dev/null; fi
		job_status
		;;
	collect) job_collect ;;
	bury) job_bury ;;
	*) job_say "refused=unsupported" ;;
	esac
}

pw_begin job
job_main </dev/null
pw_end job 0
if [ "$pw_arg_op" = poll ] || [ "$pw_arg_op" = start ]; then
	pw_begin log
	if [ -f "$job_dir/out.log" ]; then
		tail -c "+$((${pw_arg_offset:-0} + 1))" "$job_dir/out.log" | head -c "${pw_arg_max:-65536}"
	fi
	pw_end log 0
fi
