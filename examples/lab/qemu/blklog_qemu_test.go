//go:build qemu

package qemu

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRealLog has QEMU itself write a log, and reads it.
func TestRealLog(t *testing.T) {
	dir := t.TempDir()
	disk, log, again := filepath.Join(dir, "disk"), filepath.Join(dir, "log"), filepath.Join(dir, "again")
	Tool(t, "qemu-img", "create", "-q", "-f", "raw", disk, "8M")
	Tool(t, "qemu-img", "create", "-q", "-f", "raw", again, "8M")
	Tool(t, "touch", log)
	Tool(t, "qemu-io", "-t", "writeback", "-d", "unmap", "--image-opts", "driver=blklogwrites,file.driver=raw,file.file.filename="+disk+",log.driver=file,log.filename="+log,
		"-c", "write -P 0x41 0 64k", "-c", "flush", "-c", "write -P 0x42 4k 4k", "-c", "write -z 8k 4k", "-c", "discard 0 4k", "-c", "flush")
	l, err := ReadLog(log)
	if err != nil || len(l.Flushes) != 2 || len(l.entries) < 6 {
		t.Fatalf("%+v, %v", l, err)
	}
	f, err := os.OpenFile(again, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for i, want := range []string{"AAAAA", ".B.AA"} {
		if err := l.Replay(f, 0, l.Flushes[i]); err != nil {
			t.Fatal(err)
		}
		var b [5]byte
		for j := range b {
			if _, err := f.ReadAt(b[j:j+1], int64(j)*4096); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.ReplaceAll(string(b[:]), "\x00", "."); got != want {
			t.Errorf("at flush %d: %q, want %q", i, got, want)
		}
	}
}
