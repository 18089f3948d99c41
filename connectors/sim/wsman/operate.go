package wsman

import (
	"context"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// operationOf is the operation that an action stands for, or "".
func operationOf(action string) Operation {
	switch strings.TrimSpace(action) {
	case nsTransfer + "/Create":
		return OpCreate
	case nsTransfer + "/Delete":
		return OpDelete
	case nsShell + "/Command":
		return OpCommand
	case nsShell + "/Receive":
		return OpReceive
	case nsShell + "/Send":
		return OpSend
	case nsShell + "/Signal":
		return OpSignal
	}
	return ""
}

// limits are what a client wants of a reply.
type limits struct {
	timeout  time.Duration
	envelope int
}

// operate does what a request asks for.
func (s *Server) operate(ctx context.Context, op Operation, r *request, user string, t Trouble, client string) *reply {
	l, fault := s.limits(r)
	switch {
	case fault != nil:
		return &reply{fault: fault}
	case strings.TrimSpace(r.Header.Action) == "" || strings.TrimSpace(r.Header.MessageID) == "":
		return &reply{fault: FaultOf(CodeHeaderMissing)}
	case op == "":
		return &reply{fault: FaultOf(CodeAction)}
	case strings.TrimSpace(r.Header.ResourceURI) != shellURI:
		return &reply{fault: FaultOf(CodeResource)}
	case op == OpCreate:
		return s.create(r, user, client)
	}
	sh, release, fault := s.use(r.selector("ShellId"))
	if fault != nil {
		return &reply{fault: fault}
	}
	defer release()
	var rep *reply
	switch op {
	case OpCommand:
		rep, fault = s.command(sh, r)
	case OpReceive:
		rep, fault = s.receive(ctx, sh, r, l, t)
	case OpSend:
		fault = s.input(ctx, sh, r, l)
	case OpSignal:
		fault = s.signal(sh, r)
	case OpDelete:
		s.closeShell(sh)
	}
	if fault != nil {
		return &reply{fault: fault}
	}
	if rep == nil {
		rep = empty(op)
	}
	return rep
}

// limits reads what a client wants, in the bounds of the server.
func (s *Server) limits(r *request) (limits, *Fault) {
	l := limits{timeout: s.opt.MaxTimeout, envelope: s.opt.MaxEnvelope}
	if v := r.Header.OperationTimeout; v != "" {
		d, err := parseDuration(v)
		if err != nil {
			return l, because(CodeHeader, "The OperationTimeout is not a valid duration. ")
		}
		l.timeout = min(l.timeout, d)
	}
	if v := strings.TrimSpace(r.Header.MaxEnvelopeSize); v != "" {
		n, err := strconv.ParseUint(v, 10, 32)
		if err != nil || n < 8192 {
			return l, because(CodeHeader, "The MaxEnvelopeSize is not a number of 8192 or more. ")
		}
		if n > uint64(s.opt.MaxEnvelope) {
			return l, FaultOf(CodeEnvelopeSize)
		}
		l.envelope = int(n)
	}
	return l, nil
}

// create makes a shell.
func (s *Server) create(r *request, user, client string) *reply {
	b := r.Body.Shell
	if b == nil || !only(b.Input, "stdin") || !only(b.Output, stdout, stderr) {
		return &reply{fault: FaultOf(CodeSchema)}
	}
	idle := s.opt.IdleTimeout
	if b.IdleTimeOut != "" {
		d, err := parseDuration(b.IdleTimeOut)
		if err != nil || d <= 0 {
			return &reply{fault: FaultOf(CodeSchema)}
		}
		idle = min(idle, d)
	}
	sh, fault := s.open(user, r, idle)
	if fault != nil {
		return &reply{fault: fault}
	}
	if host, _, err := net.SplitHostPort(client); err == nil {
		client = host
	}
	return created(sh, s.URL(), client)
}

// only reports whether a list of streams has no others than these.
func only(list string, allowed ...string) bool {
	for _, name := range strings.Fields(list) {
		found := false
		for _, a := range allowed {
			found = found || name == a
		}
		if !found {
			return false
		}
	}
	return true
}

// line is the command line: program and arguments with spaces between.
func (b *commandBody) line() string {
	return strings.Join(append([]string{b.Command}, b.Arguments...), " ")
}

// command starts a command.
func (s *Server) command(sh *shell, r *request) (*reply, *Fault) {
	b := r.Body.Command
	if b == nil || strings.TrimSpace(b.Command) == "" {
		return nil, FaultOf(CodeSchema)
	}
	if len(utf16.Encode([]rune(b.line()))) > s.opt.MaxLine {
		return nil, FaultOf(CodeTooLong)
	}
	c, fault := s.run(sh, r)
	if fault != nil {
		return nil, fault
	}
	return started(c.id), nil
}

// receive waits for output of a command.
func (s *Server) receive(ctx context.Context, sh *shell, r *request, l limits, t Trouble) (*reply, *Fault) {
	b := r.Body.Receive
	if b == nil || !only(b.Desired.Streams, stdout, stderr) {
		return nil, FaultOf(CodeSchema)
	}
	c, fault := s.find(sh, b.Desired.CommandID)
	if fault != nil {
		return nil, fault
	}
	q := query{
		message: r.Header.MessageID, streams: map[string]bool{}, limit: l.envelope, timeout: l.timeout,
		doneAlone: t.DoneAlone, forget: t.ForgetLost, repeat: t.Repeat,
	}
	for _, name := range strings.Fields(b.Desired.Streams) {
		q.streams[name] = true
	}
	out, fault := c.receive(ctx, q)
	if fault != nil {
		return nil, fault
	}
	rep := received(c.id, out)
	rep.settle = c.settle
	return rep, nil
}

// input brings input to a command.
func (s *Server) input(ctx context.Context, sh *shell, r *request, l limits) *Fault {
	b := r.Body.Send
	if b == nil || len(b.Streams) == 0 {
		return FaultOf(CodeSchema)
	}
	for _, stream := range b.Streams {
		data, err := r.data(stream.Data)
		if err != nil || stream.Name != "stdin" {
			return FaultOf(CodeSchema)
		}
		c, fault := s.find(sh, stream.CommandID)
		if fault != nil {
			return fault
		}
		if fault := c.in.put(ctx, data, isTrue(stream.End), l.timeout); fault != nil {
			return fault
		}
	}
	return nil
}

// signal ends a command, or interrupts it. The code is a URI; some clients send
// only its last word.
func (s *Server) signal(sh *shell, r *request) *Fault {
	b := r.Body.Signal
	if b == nil {
		return FaultOf(CodeSchema)
	}
	c, fault := s.find(sh, b.CommandID)
	if fault != nil {
		return fault
	}
	code := strings.TrimSpace(b.Code)
	switch strings.ToLower(code[strings.LastIndexByte(code, '/')+1:]) {
	case "terminate":
		s.terminate(sh, c)
	case "ctrl_c", "ctrl_break":
		c.interrupt()
	default:
		return FaultOf(CodeSchema)
	}
	return nil
}
