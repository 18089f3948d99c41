package wsman

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// bareMachine is a machine that is up and listens nowhere.
func bareMachine(t *testing.T, opt Options) *Server {
	t.Helper()
	opt.fill()
	s := &Server{opt: opt, phase: Up, shells: map[string]*shell{}, boot: t.Context(), life: t.Context()}
	return s
}

func openShell(t *testing.T, s *Server, idle time.Duration) *shell {
	t.Helper()
	r := &request{}
	r.Body.Shell = &shellBody{}
	sh, fault := s.open("admin", r, idle)
	if fault != nil {
		t.Fatal(fault)
	}
	return sh
}

// TestIdleShells: a shell that nobody uses is gone after its time, with its
// commands; a request that waits is use.
func TestIdleShells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		s := bareMachine(t, Options{Handler: HandlerFunc(func(ctx context.Context, _ Command) uint32 {
			<-ctx.Done()
			close(ended)
			return 1
		})})
		sh := openShell(t, s, time.Minute)
		r := &request{}
		r.Body.Command = &commandBody{Command: "x"}
		c, fault := s.run(sh, r)
		if fault != nil {
			t.Fatal(fault)
		}
		<-time.After(59 * time.Second)
		_, release, fault := s.use(sh.about.ID)
		if fault != nil {
			t.Fatal("gone too early")
		}
		if _, fault := c.receive(t.Context(), query{timeout: time.Hour}); fault == nil || fault.Code != CodeTimedOut {
			t.Fatalf("%+v", fault)
		}
		release()
		<-time.After(59 * time.Second)
		if n := s.Counters(); n.LiveShells != 1 || n.Running != 1 {
			t.Fatal("an hour of waiting does not count as use")
		}
		<-time.After(2 * time.Second)
		<-ended
		synctest.Wait()
		if _, _, fault := s.use(sh.about.ID); fault == nil || fault.Code != CodeNotFound {
			t.Errorf("it is still there: %v", fault)
		}
		s.work.Wait()
		if n := s.Counters(); n.LiveShells+n.LiveCommands+n.Running != 0 {
			t.Errorf("left: %+v", n)
		}
	})
}

func TestReceiveInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCommand(t.Context(), "C", 1024, 1024)
		begin := time.Now()
		go func() {
			<-time.After(3 * time.Second)
			if _, err := (output{c, stdout}).Write([]byte("late")); err != nil {
				t.Error(err)
			}
		}()
		q := query{message: "1", streams: map[string]bool{stdout: true}, limit: 8192, timeout: 2 * time.Second}
		if _, fault := c.receive(t.Context(), q); fault == nil || fault.Code != CodeTimedOut || time.Since(begin) != 2*time.Second {
			t.Errorf("%+v after %v", fault, time.Since(begin))
		}
		q.message = "2"
		b, fault := c.receive(t.Context(), q)
		if fault != nil || len(b.segments) != 1 || string(b.segments[0].data) != "late" || b.done || time.Since(begin) != 3*time.Second {
			t.Errorf("%+v, %v after %v", b, fault, time.Since(begin))
		}
		// while an answer is under way, nobody knows whether it arrives
		q.message = "3"
		if b, fault := c.receive(t.Context(), q); fault == nil || fault.Code != CodeTimedOut || time.Since(begin) != 5*time.Second {
			t.Errorf("%+v, %+v after %v", b, fault, time.Since(begin))
		}
		go func() {
			<-time.After(time.Second)
			c.settle(false)
		}()
		if b, fault := c.receive(t.Context(), q); fault != nil || len(b.segments) != 1 || time.Since(begin) != 6*time.Second {
			t.Errorf("it did not arrive: %+v, %+v after %v", b, fault, time.Since(begin))
		}
		c.settle(true)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		q.message = "4"
		if b, fault := c.receive(gone, q); fault == nil {
			t.Errorf("a client that is gone gets %+v", b)
		}
		c.finish(0)
	})
}

// TestFullPipe: a Send waits for a command that does not read; what waited too long
// is taken all the same, and the next one is busy.
func TestFullPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in := newInput(ctx, 10)
		put := func(data string, end bool) uint32 {
			if fault := in.put(t.Context(), []byte(data), end, 5*time.Second); fault != nil {
				return fault.Code
			}
			return 0
		}
		begin := time.Now()
		for _, tt := range []struct {
			data  string
			code  uint32
			after time.Duration
		}{{"12345678", 0, 0}, {"9abcdef", CodeTimedOut, 5 * time.Second}, {"x", CodeBusy, 5 * time.Second}} {
			if code := put(tt.data, false); code != tt.code || time.Since(begin) != tt.after {
				t.Errorf("%q: %d after %v", tt.data, code, time.Since(begin))
			}
		}
		got := make([]byte, 6)
		if _, err := io.ReadFull(in, got); err != nil || string(got) != "123456" {
			t.Errorf("%q, %v", got, err)
		}
		go func() {
			<-time.After(time.Second)
			if _, err := io.ReadFull(in, got); err != nil || string(got) != "789abc" {
				t.Errorf("%q, %v", got, err)
			}
		}()
		if code := put("ghijkl", true); code != 0 || time.Since(begin) != 6*time.Second {
			t.Errorf("%d after %v", code, time.Since(begin))
		}
		if rest, err := io.ReadAll(in); err != nil || string(rest) != "defghijkl" {
			t.Errorf("%q, %v", rest, err)
		}
		open := newInput(ctx, 10)
		go func() {
			<-time.After(time.Second)
			cancel()
		}()
		if _, err := open.Read(got); err == nil {
			t.Error("a command that is over reads on")
		}
		open.shut()
		if _, err := open.Read(got); err == nil {
			t.Error("a pipe that is shut can be read")
		}
	})
}
