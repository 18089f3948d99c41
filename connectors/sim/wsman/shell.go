package wsman

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"strings"
	"time"
)

// Shell is what a client has made: a place for commands.
type Shell struct {
	// ID is its name on the wire, User who made it.
	ID, User string
	// WorkingDirectory and Environment are as the client wants them.
	WorkingDirectory string
	Environment      map[string]string
	// CodePage is WINRS_CODEPAGE, NoProfile is WINRS_NOPROFILE.
	CodePage  string
	NoProfile bool
}

// shell is a shell with its commands. What changes of it is guarded by the
// server's lock.
type shell struct {
	about    Shell
	ctx      context.Context // it is the life of the shell
	cancel   context.CancelFunc
	idle     time.Duration
	commands map[string]*command
	// operations counts commands; it never falls, as on Windows.
	operations int
	// active counts requests that use it. While there are none, timer runs.
	active int
	turn   uint64
	timer  *time.Timer
}

// newID is a GUID as Windows writes it.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// open makes a shell for a user.
func (s *Server) open(user string, r *request, idle time.Duration) (*shell, *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != Up || s.closed {
		return nil, FaultOf(CodeAborted)
	}
	mine := 0
	for _, other := range s.shells {
		if strings.EqualFold(other.about.User, user) {
			mine++
		}
	}
	if mine >= s.opt.MaxShells {
		return nil, FaultOf(CodeMaxShells)
	}
	about := Shell{
		ID: newID(), User: user, WorkingDirectory: r.Body.Shell.WorkingDirectory, Environment: map[string]string{},
		CodePage: r.optionText("WINRS_CODEPAGE"), NoProfile: r.option("WINRS_NOPROFILE"),
	}
	for _, v := range r.Body.Shell.Environment {
		about.Environment[v.Name] = v.Text
	}
	sh := &shell{about: about, idle: idle, commands: map[string]*command{}}
	sh.ctx, sh.cancel = context.WithCancel(s.boot)
	s.shells[about.ID] = sh
	s.rest(sh)
	return sh, nil
}

// rest starts the time after which an idle shell is gone. The lock is held.
func (s *Server) rest(sh *shell) {
	sh.turn++
	turn := sh.turn
	sh.timer = time.AfterFunc(sh.idle, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if sh.active == 0 && sh.turn == turn {
			s.drop(sh)
		}
	})
}

// use finds a shell and keeps it from being idle until release is called.
func (s *Server) use(id string) (sh *shell, release func(), fault *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sh = s.shells[strings.ToUpper(id)]
	if sh == nil {
		return nil, nil, because(CodeNotFound, fmt.Sprintf(noShell, id))
	}
	sh.active++
	sh.timer.Stop()
	return sh, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if sh.active--; sh.active == 0 && s.shells[sh.about.ID] == sh {
			s.rest(sh)
		}
	}, nil
}

// drop removes a shell and its commands. The lock is held.
func (s *Server) drop(sh *shell) {
	delete(s.shells, sh.about.ID)
	sh.timer.Stop()
	for _, c := range sh.commands {
		c.remove()
	}
	clear(sh.commands)
	sh.cancel()
}

// closeShell is Delete.
func (s *Server) closeShell(sh *shell) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shells[sh.about.ID] == sh {
		s.drop(sh)
	}
}

// run starts a command in a shell.
func (s *Server) run(sh *shell, r *request) (*command, *Fault) {
	b := r.Body.Command
	id := strings.ToUpper(strings.TrimSpace(b.ID))
	if id == "" {
		id = newID()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shells[sh.about.ID] != sh || s.closed {
		return nil, FaultOf(CodeAborted)
	}
	if sh.operations >= s.opt.MaxOperations {
		return nil, FaultOf(CodeMaxOperations)
	}
	if sh.commands[id] != nil {
		return nil, because(CodeSchema, "The command identifier is already in use. ")
	}
	sh.operations++
	c := newCommand(sh.ctx, id, s.opt.Chunk, s.opt.InputBuffer)
	sh.commands[id] = c
	about := sh.about
	about.Environment = maps.Clone(about.Environment)
	s.running++
	s.work.Go(func() {
		code := s.opt.Handler.Start(c.ctx, Command{
			Line: b.line(), Program: b.Command, Arguments: b.Arguments,
			Stdin: c.in, Stdout: output{c, stdout}, Stderr: output{c, stderr},
			Shell: about, ConsoleStdin: r.option("WINRS_CONSOLEMODE_STDIN"), SkipCmdShell: r.option("WINRS_SKIP_CMD_SHELL"),
		})
		c.finish(code)
		s.mu.Lock()
		s.running--
		s.mu.Unlock()
	})
	return c, nil
}

// find is a command of a shell.
func (s *Server) find(sh *shell, id string) (*command, *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := sh.commands[strings.ToUpper(strings.TrimSpace(id))]; c != nil {
		return c, nil
	}
	return nil, because(CodeNotFound, noCommand)
}

// terminate removes a command of a shell.
func (s *Server) terminate(sh *shell, c *command) {
	s.mu.Lock()
	delete(sh.commands, c.id)
	s.mu.Unlock()
	c.remove()
}
