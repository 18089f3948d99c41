package winrm

import (
	"context"
	"encoding/base64"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchwave/connectors"
)

// mostMemory bounds what a test may hold of the heap at any moment over what was held
// before it, in bytes: this side and, where it is in this program, the host.
const mostMemory = 20 << 20

// How much was allocated in all, and how much of it is held.
const (
	allocated = "/gc/heap/allocs:bytes"
	held      = "/memory/classes/heap/objects:bytes"
)

func measure(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// frugal checks, when the test is over, that it held no more than mostMemory. It looks
// every millisecond; what a test that allocated less than that in all held needs no
// looking at.
func frugal(t *testing.T) {
	t.Helper()
	runtime.GC()
	all, base := measure(allocated), measure(held)
	var peak atomic.Uint64
	over := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			now := measure(held)
			if now > base+mostMemory { // is it held, or has nobody collected the garbage yet?
				runtime.GC()
				now = measure(held)
			}
			peak.Store(max(peak.Load(), now))
			select {
			case <-tick.C:
			case <-over:
				return
			}
		}
	})
	t.Cleanup(func() {
		close(over)
		looking.Wait()
		total, most := measure(allocated)-all, max(peak.Load(), base)-base
		if total > mostMemory && most > mostMemory {
			t.Errorf("it held %d KiB, of %d KiB that were allocated; want at most %d KiB", most>>10, total>>10, mostMemory>>10)
		}
		if testing.Verbose() {
			t.Logf("memory: %d KiB held at most, %d KiB allocated", most>>10, total>>10)
		}
	})
}

// The measure sees what is held: a test that cannot fail would be none.
func TestMemoryIsSeen(t *testing.T) {
	before := measure(held)
	b := make([]byte, 2*mostMemory)
	if n := measure(held) - before; n < mostMemory {
		t.Errorf("%d bytes are held, it says %d", len(b), n)
	}
	runtime.KeepAlive(b)
}

// Output without end, in replies as large as they may be, costs what the command may
// print and no more, and ends with the caller's patience.
func TestOutputWithoutEnd(t *testing.T) {
	noLeaks(t)
	const replies, most = 300, 1 << 20
	piece := base64.StdEncoding.EncodeToString(make([]byte, 100<<10))
	reply := fakeReply(`<rsp:ReceiveResponse><rsp:Stream Name="stdout">` + piece + `</rsp:Stream><rsp:Stream Name="stderr">` + piece + `</rsp:Stream></rsp:ReceiveResponse>`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var asked atomic.Int64
	f := &fake{scheme: "ntlm"}
	f.before = func(action string, _ []byte) (int, string) {
		if action != "Receive" {
			return 0, ""
		}
		if asked.Add(1) == replies {
			cancel()
		}
		return 200, reply
	}
	f.start(t, false)
	r, err := dialed(t, hasty(), f.target()).Run(ctx, connectors.Command{Line: "x", MaxOutput: most})
	fails(t, err, connectors.CodeInterrupted, "")
	if len(r.Stdout) != most || len(r.Stderr) != most || !r.Truncated {
		t.Errorf("%d and %d bytes, truncated %v", len(r.Stdout), len(r.Stderr), r.Truncated)
	}
}
