//go:build zfs

package zfs_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/restore"
	"patchwave/engine/restore/zfs"
	"patchwave/inventory"
)

// console is a machine of its own, with a kernel that has ZFS, spoken to over its
// serial line.
type console struct {
	t    *testing.T
	in   io.Writer
	out  chan []byte
	seen bytes.Buffer
	n    int

	dir, disk string // the guest, and its disk, whose log of writes is beside it
	stop      func() // as the power goes
}

// boot starts a machine with an empty disk. PATCHWAVE_ZFS_GUEST is the directory that
// testdata/guest.sh made.
func boot(t *testing.T, root string) *console {
	t.Helper()
	dir := os.Getenv("PATCHWAVE_ZFS_GUEST")
	if dir == "" {
		t.Fatal("PATCHWAVE_ZFS_GUEST is not set: sh engine/restore/zfs/testdata/guest.sh DIR makes one")
	}
	c := &console{t: t, dir: dir, disk: filepath.Join(t.TempDir(), "disk"), stop: func() {}}
	empty(t, c.disk)
	c.start(root)
	return c
}

// empty makes a disk with one partition: the kernel makes a device of it by itself.
func empty(t *testing.T, disk string) {
	t.Helper()
	table := make([]byte, 512)
	copy(table[446:], []byte{0, 0, 2, 0, 0xbf, 0xff, 0xff, 0xff, 0, 8, 0, 0, 0, 0xf0, 0x9f, 0})
	table[510], table[511] = 0x55, 0xaa
	if err := errors.Join(os.WriteFile(disk, table, 0o600), os.Truncate(disk, 5<<30)); err != nil {
		t.Fatal(err)
	}
}

// start turns the machine on; what it writes to its disk is logged from the beginning.
func (c *console) start(root string) {
	c.t.Helper()
	c.out = make(chan []byte, 1000)
	c.seen.Reset()
	if err := os.WriteFile(c.disk+".log", nil, 0o600); err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.t.Context()))
	cmd := exec.CommandContext(ctx, "qemu-system-x86_64", "-M", "q35,accel=tcg", "-cpu", "max", "-m", "1024", "-smp", "1", "-nographic",
		"-kernel", filepath.Join(c.dir, "vmlinuz"), "-initrd", filepath.Join(c.dir, "initrd"), "-append", "console=ttyS0 quiet panic=-1 "+root,
		"-blockdev", `{"driver":"blklogwrites","node-name":"d","file":{"driver":"raw","file":{"driver":"file","filename":"`+c.disk+`","cache":{"no-flush":true}}},`+
			`"log":{"driver":"file","filename":"`+c.disk+`.log","cache":{"no-flush":true}}}`,
		"-device", "virtio-blk-pci,drive=d,write-cache=on", "-nic", "none")
	in, err := cmd.StdinPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.in = in
	go func(to chan<- []byte) {
		for {
			buf := make([]byte, 4096)
			n, err := out.Read(buf)
			if n > 0 {
				to <- buf[:n]
			}
			if err != nil {
				close(to)
				return
			}
		}
	}(c.out)
	c.stop = sync.OnceFunc(func() {
		cancel()
		for range c.out { // nobody may wait to tell the rest
		}
		_ = cmd.Wait() // it was killed
	})
	c.t.Cleanup(c.stop)
}

// expect reads on until the machine has said something, and returns what came before.
func (c *console) expect(what string, within time.Duration) string {
	c.t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for {
		if i := bytes.Index(c.seen.Bytes(), []byte(what)); i >= 0 {
			before := string(c.seen.Next(i))
			c.seen.Next(len(what))
			return before
		}
		select {
		case b, ok := <-c.out:
			if !ok {
				c.t.Fatalf("the machine is gone; it said %q", c.seen.String())
			}
			c.seen.Write(b)
		case <-deadline.C:
			c.t.Fatalf("waited for %q; the machine said %q", what, c.seen.String())
		}
	}
}

// up waits for the shell of the machine.
func (c *console) up() {
	c.t.Helper()
	c.expect("# ", 10*time.Minute) // on a machine that is busy
	c.type1("stty -echo; PS1=; export PATH=/bin:/sbin:/usr/bin:/usr/sbin")
	c.sh("true")
}

func (c *console) type1(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

// sh runs a line and returns what it printed.
func (c *console) sh(line string) string {
	c.t.Helper()
	c.n++
	c.type1(fmt.Sprintf("echo BEGIN-'%d'; { %s\n} 2>&1; echo END-'%d'", c.n, line, c.n))
	c.expect(fmt.Sprintf("BEGIN-%d\r\n", c.n), 5*time.Minute)
	out := c.expect(fmt.Sprintf("END-%d\r\n", c.n), 10*time.Minute)
	return strings.ReplaceAll(out, "\r\n", "\n")
}

// ask runs an operation of the provider there.
func (c *console) ask(op restore.Op, at restore.Point) restore.Said {
	c.t.Helper()
	const nonce = "00112233445566778899aabbccddeeff"
	p := zfs.Provider()
	at.Host = &inventory.Host{Name: "zfs"}
	call, ok := p.Call(op, at)
	if !ok {
		c.t.Fatalf("%s has no call", op)
	}
	body, err := script.Encode(connectors.DialectSh, call.Script, nonce, call.Args)
	if err != nil {
		c.t.Fatal(err)
	}
	c.sh(": >/run/op.64")
	for text := base64.StdEncoding.EncodeToString(body); text != ""; {
		n := min(len(text), 900) // a line of a terminal is short
		c.sh("echo " + text[:n] + " >>/run/op.64")
		text = text[n:]
	}
	began := time.Now()
	out := c.sh("/bin/busybox base64 -d </run/op.64 >/run/op; sh /run/op")
	c.t.Logf("%s: %s", op, time.Since(began).Round(10*time.Millisecond))
	said := p.Read(op, at, framing.ParseLog(nonce, []byte(out)))
	if said.Why != "" || said.State == "" && !said.Possible {
		c.t.Logf("%s said %+v of %q", op, said, out)
	}
	return said
}
