package sshserver

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/crypto/ssh"
)

// channels serves the channels of one client until it goes away.
func (s *Server) channels(chans <-chan ssh.NewChannel) {
	var open atomic.Int64
	var work sync.WaitGroup
	for nc := range chans {
		switch {
		case nc.ChannelType() == "session" && open.Add(1) <= int64(s.opt.MaxSessions):
			// It is free before the client learns that it is closed.
			free := sync.OnceFunc(func() { open.Add(-1) })
			work.Go(func() {
				defer free()
				s.session(nc, free)
			})
		case nc.ChannelType() == "session":
			open.Add(-1)
			s.refused.Add(1)
			_ = nc.Reject(ssh.ConnectionFailed, "open failed") // the client may be gone
		case nc.ChannelType() == "direct-tcpip" && s.opt.Forward:
			work.Go(func() { s.forward(nc) })
		default:
			_ = nc.Reject(ssh.Prohibited, "administratively prohibited") // as above
		}
	}
	work.Wait()
}

// session runs one command.
func (s *Server) session(nc ssh.NewChannel, free func()) {
	ch, reqs, err := nc.Accept()
	if err != nil {
		return
	}
	defer func() { _ = ch.Close() }() // the client may have closed it
	for req := range reqs {
		if req.Type != "exec" || s.opt.NoExec {
			_ = req.Reply(false, nil) // the client may be gone
			continue
		}
		var m struct{ Command string }
		if err := ssh.Unmarshal(req.Payload, &m); err != nil {
			return
		}
		s.execs.Add(1)
		s.mu.Lock()
		s.lines = append(s.lines, m.Command)
		s.mu.Unlock()
		_ = req.Reply(true, nil) // as above
		s.run(ch, reqs, m.Command, free)
		return
	}
}

// run runs a command line. When the client closes the channel its process group
// is killed.
func (s *Server) run(ch ssh.Channel, reqs <-chan *ssh.Request, line string, free func()) {
	if s.opt.Answer != nil {
		_, _ = io.WriteString(ch, s.opt.Answer(line, ch)) // the client may be gone
		sendExit(ch, nil)
		free()
		return
	}
	cmd := exec.Command("/bin/sh", "-c", line) //nolint:noctx // it ends with the channel
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append(os.Environ(), s.opt.Env...)
	if s.opt.Path != "" {
		cmd.Env = append(cmd.Env, "PATH="+s.opt.Path+":"+os.Getenv("PATH"))
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return
	}
	var outputs sync.WaitGroup
	stdout, err := pipeTo(s.told(ch), &outputs)
	if err != nil {
		return
	}
	stderr, err := pipeTo(ch.Stderr(), &outputs)
	if err != nil {
		return
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = cmd.Start()
	_, _ = stdout.Close(), stderr.Close() // the command has its own
	if err != nil {
		return
	}
	ended, gone := make(chan struct{}), make(chan struct{})
	go func() {
		_, _ = io.Copy(stdin, ch) // the command may not read it
		_ = stdin.Close()         // as above
	}()
	go func() {
		defer close(gone)
		for req := range reqs {
			_ = req.Reply(false, nil) // the client may be gone
		}
		select {
		case <-ended:
		default:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended just now
		}
	}()
	err = cmd.Wait()
	close(ended)
	sendExit(ch, err)
	closeWhenDone(ch, &outputs, gone, free)
}

// pipeTo returns the end of a pipe for the command; what it writes goes to w. The
// command's end does not wait for it, as in sshd.
func pipeTo(w io.Writer, outputs *sync.WaitGroup) (*os.File, error) {
	r, end, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	outputs.Go(func() {
		_, _ = io.Copy(w, r) // the client may go away
		_ = r.Close()        // as above
	})
	return end, nil
}

// told is what has Sent called with what it has sent on.
func (s *Server) told(w io.Writer) io.Writer {
	if s.opt.Sent == nil {
		return w
	}
	return writerFunc(func(p []byte) (int, error) {
		n, err := w.Write(p)
		s.opt.Sent(p[:n])
		return n, err
	})
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// closeWhenDone closes a channel when both outputs came to their end, or the
// client has closed it.
func closeWhenDone(ch ssh.Channel, outputs *sync.WaitGroup, gone <-chan struct{}, free func()) {
	done := make(chan struct{})
	go func() {
		outputs.Wait()
		close(done)
	}()
	select {
	case <-done:
		free()
		_ = ch.Close() // the client may be gone
		<-gone
	case <-gone:
	}
}

var signals = map[syscall.Signal]string{
	syscall.SIGHUP: "HUP", syscall.SIGINT: "INT", syscall.SIGKILL: "KILL", syscall.SIGTERM: "TERM", syscall.SIGSEGV: "SEGV",
	syscall.SIGPIPE: "PIPE", syscall.SIGABRT: "ABRT", syscall.SIGUSR1: "USR1",
}

func sendExit(ch ssh.Channel, err error) {
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		status, ok := exit.Sys().(syscall.WaitStatus)
		if ok && status.Signaled() {
			m := struct {
				Signal     string
				CoreDumped bool
				Error      string
				Lang       string
			}{Signal: signals[status.Signal()]}
			_, _ = ch.SendRequest("exit-signal", false, ssh.Marshal(&m)) // the client may be gone
			return
		}
		code = exit.ExitCode()
	}
	_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(code)}))
}

// forward is direct-tcpip (RFC 4254, section 7.2).
func (s *Server) forward(nc ssh.NewChannel) {
	var m struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(nc.ExtraData(), &m); err != nil {
		_ = nc.Reject(ssh.ConnectionFailed, "bad request") // the client may be gone
		return
	}
	conn, err := net.Dial("tcp", net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port)))) //nolint:noctx // loopback
	if err != nil {
		_ = nc.Reject(ssh.ConnectionFailed, "Connection refused") // as above
		return
	}
	defer func() { _ = conn.Close() }() // both sides are done
	ch, reqs, err := nc.Accept()
	if err != nil {
		return
	}
	go ssh.DiscardRequests(reqs)
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(conn, ch) // either side may go away
		_ = conn.Close()         // as above
	})
	_, _ = io.Copy(ch, conn) // as above
	_ = ch.Close()           // as above
	both.Wait()
}
