package pacman

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
)

// fakePacman is a host with app 1.0-1 and oldthing 1.0-1 on which app 2.0-1 needs
// newthing, which conflicts with oldthing. Every call is logged.
const fakePacman = `
sleep() { echo "sleep $1" >>"$pw_arg_log"; }
mkdir -p "$pw_arg_dir/bin" "$pw_arg_dir/cache" "$pw_arg_dir/db/local" "$pw_arg_dir/db/sync"
printf '#!/bin/sh\ncase $1 in DBPath) echo "%s/db/" ;; CacheDir) echo "%s/cache/" ;; --repo-list) echo lab ;; esac\n' "$pw_arg_dir" "$pw_arg_dir" >"$pw_arg_dir/bin/pacman-conf"
chmod 755 "$pw_arg_dir/bin/pacman-conf"
PATH=$pw_arg_dir/bin:$PATH
fake_list() { printf '\nPackages (3) app-2.0-1  newthing-2.0-1\n             oldthing-1.0-1 [removal]\n\nTotal Download Size:  1.00 MiB\n\n'; }
pacman() {
	printf 'pacman %s\n' "$*" | sed -e "s|$pw_arg_dir|DIR|g" -e "s|${pacman_tmp:-none}|TMP|g" >>"$pw_arg_log"
	case " $* " in
	*' --print-format '*) echo 'app|2.0-1|lab|5|any|app|1|x'; echo 'newthing|2.0-1|lab|5|any|newthing|1|x' ;;
	*' -Sddw '*) : >"$pw_arg_dir/cache/app-2.0-1-any.pkg.tar.zst"; : >"$pw_arg_dir/cache/newthing-2.0-1-any.pkg.tar.zst" ;;
	*' -Qqe -- '*) return "${fake_dependency:-1}" ;;
	*' -Qqe '*) printf 'app\n' ;;
	*' --hookdir '*)
		printf ':: newthing and oldthing are in conflict. Remove oldthing? [y/N] ' >&2
		read -r fake_answer || { echo 'error: unresolvable package conflicts detected' >&2; return 1; }
		[ "$fake_answer" = y ] || return 1
		fake_list
		printf ':: Proceed with installation? [Y/n] ' >&2
		! read -r fake_answer || echo 'PROCEEDED' >>"$pw_arg_log"
		return 1
		;;
	esac
}
pacman_lock_state() { echo "${fake_lock:-none}"; }
`

var changes = updates.ChangeLines([]updates.Change{
	{Action: updates.ActionUpgrade, Name: "app", Arch: "any", From: "1.0-1", To: "2.0-1"},
	{Action: updates.ActionInstall, Name: "newthing", Arch: "any", To: "2.0-1"},
	{Action: updates.ActionRemove, Name: "oldthing", Arch: "any", From: "1.0-1"},
})

const (
	offersLine = "pacman -Sddp --dbpath DIR/db --print-format %n|%v|%r|%s|%a|%e|%b|%l --color never -- app newthing\n"
	fetchLine  = "pacman -Sddw --noconfirm --noprogressbar --color never --dbpath TMP --logfile /dev/null -- app newthing\n"
	files      = "DIR/cache/app-2.0-1-any.pkg.tar.zst DIR/cache/newthing-2.0-1-any.pkg.tar.zst\n"
	dryOptions = " --needed --config TMP/pacman.conf --dbpath TMP --hookdir TMP/hooks --logfile /dev/null --noprogressbar --color never -- "
	changeLine = "pacman --noprogressbar --color never -U --needed --noconfirm --ask 4 -- " + files
	askLine    = "pacman -Qqe -- oldthing\n"
	markLine   = "pacman -D --asdeps -- newthing\n"
)

func TestInstallDoesExactlyThat(t *testing.T) {
	updatestest.Play(t, New().Shell().Job, fakePacman, "pacman_install", map[string]string{"changes": changes, "lock_wait": "0"},
		func(t *testing.T, p updatestest.Played) {
			dry := "pacman -U" + dryOptions + files
			if diff := cmp.Diff(askLine+offersLine+fetchLine+dry+dry+changeLine+markLine, p.Log); diff != "" {
				t.Error(diff)
			}
			if p.Text("status") != "0" {
				t.Errorf("status %s", p.Text("status"))
			}
		})
	// oldthing was chosen by somebody: so is what replaces it.
	updatestest.Play(t, New().Shell().Job, fakePacman+"fake_dependency=0", "pacman_install", map[string]string{"changes": changes, "lock_wait": "0"},
		func(t *testing.T, p updatestest.Played) {
			if strings.Contains(p.Log, "--asdeps") || p.Text("status") != "0" {
				t.Errorf("status %s\n%s", p.Text("status"), p.Log)
			}
		})
}

func TestInstallRefusesAnythingElse(t *testing.T) {
	part := updates.ChangeLines([]updates.Change{
		{Action: updates.ActionUpgrade, Name: "app", Arch: "any", From: "1.0-1", To: "2.0-1"},
		{Action: updates.ActionInstall, Name: "newthing", Arch: "any", To: "2.0-1"},
	})
	other := strings.ReplaceAll(changes, "\t2.0-1", "\t2.1-1")
	for _, lines := range []string{part, other} {
		updatestest.Play(t, New().Shell().Job, fakePacman, "pacman_install", map[string]string{"changes": lines, "lock_wait": "0"},
			func(t *testing.T, p updatestest.Played) {
				if strings.Contains(p.Log, "-U --needed --noconfirm") || p.Text("status") != "65" {
					t.Errorf("status %s\n%s", p.Text("status"), p.Log)
				}
				if out := New().ParseInstall(p.Answer); out.Claimed || !strings.Contains(out.Problem.Message, "nothing was changed: drift") {
					t.Errorf("%+v", out.Problem)
				}
			})
	}
}

func TestInstallWaitsForTheLock(t *testing.T) {
	tests := []struct{ lock, status, code string }{{"live", "75", "locked"}, {"stale", "76", "interrupted"}}
	for _, tt := range tests {
		sleeps := 0
		if tt.lock == "live" {
			sleeps = 3
		}
		updatestest.Play(t, New().Shell().Job, fakePacman+"fake_lock="+tt.lock, "pacman_install", map[string]string{"changes": changes, "lock_wait": "3"},
			func(t *testing.T, p updatestest.Played) {
				if p.Log != askLine+strings.Repeat("sleep 1\n", sleeps) || p.Text("status") != tt.status {
					t.Errorf("status %s\n%s", p.Text("status"), p.Log)
				}
				if out := New().ParseInstall(p.Answer); out.Claimed || out.Problem.Code != tt.code {
					t.Errorf("%+v", out.Problem)
				}
			})
	}
}

func TestSimulationNeverProceeds(t *testing.T) {
	want := updates.WantLines([]updates.Want{{Name: "app", Arch: "any", Version: "2.0-1"}})
	updatestest.Play(t, New().Shell().Simulate, fakePacman, "pacman_simulate", map[string]string{"want": want, "mode": "set"},
		func(t *testing.T, p updatestest.Played) {
			if strings.Contains(p.Log, "PROCEEDED") || strings.Count(p.Log, "pacman -S"+dryOptions+"app\n") != 2 {
				t.Error(p.Log)
			}
			if got, ok := parseTargets(strings.Split(p.Text("pacman.sim"), "\n")); !ok || len(got) != 3 {
				t.Errorf("%v %v", got, ok)
			}
			if strings.Contains(p.Text("status"), "1") {
				t.Errorf("status %s", p.Text("status"))
			}
		})
}

func TestDryRunHasItsHook(t *testing.T) {
	updatestest.Play(t, New().Shell().Simulate, fakePacman, "pacman_init && pacman_scratch && pw_run hook cat \"$pacman_tmp/hooks/00-dry-run.hook\" && "+
		"pw_run db ls \"$pacman_tmp\" && pacman_clear", nil,
		func(t *testing.T, p updatestest.Played) {
			hook := p.Text("hook")
			for _, want := range []string{"Operation = Install", "Operation = Upgrade", "Operation = Remove", "When = PreTransaction", "Exec = /bin/false", "AbortOnFail"} {
				if !strings.Contains(hook, want) {
					t.Errorf("the hook lacks %q:\n%s", want, hook)
				}
			}
			if got := strings.Join(strings.Fields(p.Text("db")), " "); got != "hooks local pacman.conf sync" {
				t.Errorf("stage: %s", got)
			}
		})
}

func TestPrivateIndexIsRootsAlone(t *testing.T) {
	fakes := `stat() { echo "${fake_stat:-0 755}"; }
mkdir "$pw_arg_dir/real" && ln -s "$pw_arg_dir/real" "$pw_arg_dir/link"
check() { if pacman_mine "$1"; then echo "yes"; else echo "no"; fi; }`
	updatestest.Play(t, New().Shell().Scan, fakes, `pw_put out "$(check "$pw_arg_dir/real") $(check "$pw_arg_dir/link") $(check "$pw_arg_dir/none")`+
		` $(fake_stat="1000 755" && check "$pw_arg_dir/real") $(fake_stat="0 777" && check "$pw_arg_dir/real") $(fake_stat="0 775" && check "$pw_arg_dir/real")"`, nil,
		func(t *testing.T, p updatestest.Played) {
			if got := p.Text("out"); got != "yes no no no no no" {
				t.Errorf("trusted: %s", got)
			}
		})
}

func TestLockStates(t *testing.T) {
	// Without a process that has libalpm an old lock is stale, a new one live.
	fakes := `pacman_system=$pw_arg_dir
id() { echo 0; }
grep() { return 1; }
old() { touch -d '2020-01-01' "$pw_arg_dir/db.lck"; }`
	updatestest.Play(t, New().Shell().Scan, fakes, `first=$(pacman_lock_state); : >"$pw_arg_dir/db.lck"; second=$(pacman_lock_state); old; third=$(pacman_lock_state)
grep() { return 0; }
pw_put out "$first $second $third $(pacman_lock_state)"`, nil,
		func(t *testing.T, p updatestest.Played) {
			if got := p.Text("out"); got != "none live stale live" {
				t.Errorf("states: %s", got)
			}
		})
}

func TestRollbackFiles(t *testing.T) {
	fakes := fakePacman + `pacman_local() { case $1 in app) printf 'app\tany\t2.0-1\n' ;; newthing) printf 'newthing\tany\t2.0-1\n' ;; esac; }`
	none := fakePacman + `pacman_local() { [ "$1" != app ] || printf 'app\tany\t2.0-1\n'; }`
	updatestest.Play(t, New().Shell().Job, none, "pacman_rollback", map[string]string{"changes": changes, "lock_wait": "0"},
		func(t *testing.T, p updatestest.Played) {
			if p.Log != "" || !strings.Contains(p.Text("pacman.rollback"), "missing: no file of app-1.0-1-any oldthing-1.0-1-any") || p.Text("status") != "66" {
				t.Errorf("status %s\n%s\n%s", p.Text("status"), p.Text("pacman.rollback"), p.Log)
			}
		})
	// What there is of old files is put back, and what came new goes.
	updatestest.Play(t, New().Shell().Job, fakes+"\n: >\"$pw_arg_dir/app-1.0-1-any.pkg.tar.zst\"", "pacman_rollback", map[string]string{"changes": changes, "lock_wait": "0"},
		func(t *testing.T, p updatestest.Played) {
			want := "pacman --noprogressbar --color never -U --noconfirm --ask 4 -- DIR/app-1.0-1-any.pkg.tar.zst\n" +
				"pacman -Qq -- newthing\npacman --noprogressbar --color never -R --noconfirm -- newthing\n"
			if diff := cmp.Diff(want, p.Log); diff != "" || p.Text("status") != "67" {
				t.Errorf("status %s\n%s", p.Text("status"), diff)
			}
			out := New().ParseInstall(p.Answer)
			if out.Claimed || out.Problem == nil || out.Problem.Message != "no file of oldthing-1.0-1-any, the rest is rolled back" {
				t.Errorf("%+v %+v", out, out.Problem)
			}
		})
	fakes += `
: >"$pw_arg_dir/app-1.0-1-any.pkg.tar.zst"; : >"$pw_arg_dir/oldthing-1.0-1-any.pkg.tar.xz"; : >"$pw_arg_dir/oldthing-1.0-1-any.pkg.tar.xz.sig"
echo oldthing >"$pw_arg_dir/pacman.explicit"`
	updatestest.Play(t, New().Shell().Job, fakes, "pacman_rollback", map[string]string{"changes": changes, "lock_wait": "0"},
		func(t *testing.T, p updatestest.Played) {
			want := "pacman --noprogressbar --color never -U --noconfirm --ask 4 -- DIR/app-1.0-1-any.pkg.tar.zst DIR/oldthing-1.0-1-any.pkg.tar.xz\n" +
				"pacman -Qq -- newthing\npacman --noprogressbar --color never -R --noconfirm -- newthing\npacman -D --asexplicit -- oldthing\n"
			if diff := cmp.Diff(want, p.Log); diff != "" || p.Text("status") != "0" {
				t.Errorf("status %s\n%s", p.Text("status"), diff)
			}
		})
}
