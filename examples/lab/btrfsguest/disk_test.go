//go:build qemu

package btrfsguest_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"patchwave/examples/lab/qemu"
)

// disk is that of a guest as it was at a flush. It is looked at with the kernel of this
// machine, as the next boot would: the log of the file system is replayed, in a copy.
type disk struct {
	log        *qemu.Log
	from, path string
	at         int
	file       *os.File
	kind       string
	failed     bool // what failed is of interest too
}

// disks is that of a guest, which is ended, before anything was written to it.
func disks(t *testing.T, g *qemu.Guest, kind string) *disk {
	t.Helper()
	return disksOf(t, g.Log(t), g.Disk, g.Path("state.img"), kind)
}

func disksOf(t *testing.T, log *qemu.Log, from, path, kind string) *disk {
	t.Helper()
	d := &disk{log: log, from: from, path: path, kind: kind}
	d.rewind(t)
	t.Cleanup(func() {
		if err := d.file.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *disk) rewind(t *testing.T) {
	t.Helper()
	if d.file != nil {
		if err := d.file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	qemu.Copy(t, d.from, d.path)
	f, err := os.OpenFile(d.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	d.file, d.at = f, 0
}

// to has the disk as it was at a flush.
func (d *disk) to(t *testing.T, flush int) {
	t.Helper()
	if flush < d.at {
		d.rewind(t)
	}
	if err := d.log.Replay(d.file, d.at, flush); err != nil {
		t.Fatal(err)
	}
	d.at = flush
}

// seen is what is on a disk.
type seen struct {
	// Layout tells apart what a rollback has done: what has which name, which is the
	// default subvolume, what was written down.
	layout string
	// root is the UUID of what would boot.
	root string
	// begun: a rollback has left something.
	begun bool
	// point, system and failed are the sums of everyFile there; empty where there is none.
	point, system, failed string
}

// look looks at the disk. Without the sums it only reads what is there, which is soon done;
// with them it mounts a copy, as the next boot would, and with a seed other than 0 the
// disk has also written some of what came later.
func (d *disk) look(t *testing.T, sums bool, seed uint64) seen {
	t.Helper()
	image, options := d.path, "ro,rescue=nologreplay"
	if sums {
		image, options = d.path+".look", "rw"
		qemu.Copy(t, d.path, image)
		f, err := os.OpenFile(image, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if seed > 0 {
			err = d.log.Some(f, d.at, seed)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	out := qemu.Tool(t, "sh", "-c", lookSh, "look", image, d.kind, options, everyFile, fmt.Sprint(d.failed))
	part := strings.Split(out, "\n====\n")
	if len(part) != 6 {
		t.Fatalf("at %d: it says %q", d.at, out)
	}
	s := seen{layout: part[0], root: part[1], begun: strings.Contains(part[2], "yes")}
	for i, to := range []*string{&s.point, &s.system, &s.failed} {
		if text := strings.TrimSuffix(part[3+i], "\n"); text != "" {
			*to = sumOf(text + "\n")
		}
	}
	return s
}

// sumOf shortens what everyFile says.
func sumOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// lookSh says what is on the disk $1, of the kind $2: what has which name; the UUID of the
// root; whether a rollback has begun; and, where it is mounted rw ($3), what the script $4
// says of the newest point, of the root, and, with true in $5, of what failed.
const lookSh = `set -eu
export LC_ALL=C
m=$(mktemp -d)
mount -o "loop,subvolid=5,$3" "$1" "$m"
trap 'umount "$m"; rmdir "$m"; btrfs device scan --forget >/dev/null 2>&1 || :' EXIT
default=$(btrfs subvolume get-default "$m" | sed -n 's/^ID .* path //p')
root=$default
[ "$2" != name ] || root=@
every() { if [ "$want" = rw ] && [ -d "$1" ]; then chroot "$1" sh -c "$script"; fi; }
want=$3 script=$4
uuid() { btrfs subvolume show "$1" | sed -n 's/^[[:space:]]*UUID:[[:space:]]*//p'; }
echo "default $default"
btrfs subvolume list -u "$m" | sed 's/^.* uuid //' | sort
begun=no
for link in "$m"/@patchwave/*.swap; do
	[ ! -L "$link" ] || { echo "${link##*/} $(readlink "$link")" && begun=yes; }
done
printf '\n====\n%s\n====\n' "$(uuid "$m/$root")"
point='' failed=''
for one in "$m"/@patchwave/*; do
	case $one in *.failed*) begun=yes failed=$one ;; *.new) begun=yes ;; *.swap) ;; *) [ ! -d "$one" ] || point=$one ;; esac
done
for one in "$m"/@/.snapshots/*/info.xml; do
	[ -e "$one" ] || continue
	! grep -q '<key>patchwave</key>' "$one" || point=${one%/info.xml}/snapshot
	! grep -q '<key>patchwave-rollback</key>' "$one" || begun=yes
	[ "$root" = '@/.snapshots/1/snapshot' ] || failed=$m/@/.snapshots/1/snapshot
done
echo "$begun"
printf '\n====\n'
every "$point"
printf '\n====\n'
every "$m/$root"
printf '\n====\n'
[ "$5" = false ] || every "$failed"
`
