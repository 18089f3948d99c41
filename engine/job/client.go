package job

import (
	"context"
	"fmt"
	"hash/crc32"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/script"
)

// Client works with the jobs and the claim of one host over one session.
type Client struct {
	Session connectors.Session
	// Host is the inventory name, for messages.
	Host  string
	Claim Claim
	// Become asks for privilege; the directory belongs to root.
	Become bool
	// Keep is how many restore points stay on the host when the claim is given
	// back, and Expire how old they may be; Keep 0 leaves them all.
	Keep   int
	Expire time.Duration
	// Root is the directory on the host; "" is /var/lib/patchwave-host, or
	// %ProgramData%\patchwave.
	Root string
}

// MaxLog is how much of a log one Poll brings, in bytes.
const MaxLog = 256 << 10

// opTimeout bounds one operation: it waits for a lock, never for a job.
const opTimeout = 2 * time.Minute

// Set takes the claim. The error has code locked if the host belongs to another
// run, and names it.
func (c Client) Set(ctx context.Context) error { return c.claim(ctx, "claim") }

// Renew keeps the claim; locked if it is gone.
func (c Client) Renew(ctx context.Context) error { return c.claim(ctx, "renew") }

// Release gives the claim back. Releasing what is not set is no error.
func (c Client) Release(ctx context.Context) error { return c.claim(ctx, "release") }

func (c Client) claim(ctx context.Context, op string) error {
	_, _, err := c.op(ctx, op, nil)
	return err
}

// Start starts the body as job id, or attaches to it, or answers with its
// outcome if it ran before. args are the arguments of the body's script.
func (c Client) Start(ctx context.Context, id ID, body script.Script, args map[string]string) (Status, error) {
	// The nonce of the body's frames is fixed by the id, so that a log can be
	// read by whoever knows the id, after a crash too.
	encoded, err := script.Encode(c.Session.Dialect(), body, Nonce(id), args)
	if err != nil {
		return Status{}, err
	}
	speaks := languageOf(c.Session.Dialect())
	text := strings.TrimRight(string(encoded), "\n")
	values, _, err := c.op(ctx, "start", map[string]string{
		"id": id.String(), "body": text, "wrap": speaks.wrap, "sum": speaks.sum([]byte(text + "\n")),
	})
	if err != nil {
		return Status{}, err
	}
	return status(values)
}

// Poll asks for the state of a job and a piece of its log from offset on, at
// most MaxLog bytes. It renews the claim if it is still this run's.
func (c Client) Poll(ctx context.Context, id ID, offset int64) (Status, []byte, error) {
	values, log, err := c.op(ctx, "poll", map[string]string{
		"id": id.String(), "offset": strconv.FormatInt(offset, 10), "max": strconv.Itoa(MaxLog),
	})
	if err != nil {
		return Status{}, nil, err
	}
	s, err := status(values)
	return s, log, err
}

// Collect removes a job whose outcome is safely stored, and leaves its
// tombstone. Collecting twice is no error.
func (c Client) Collect(ctx context.Context, id ID) error {
	_, _, err := c.op(ctx, "collect", map[string]string{"id": id.String()})
	return err
}

// Discard is Collect for a job that is lost, as State says: it has no exit status
// and will never have one.
func (c Client) Discard(ctx context.Context, id ID) error {
	_, _, err := c.op(ctx, "collect", map[string]string{"id": id.String(), "force": "yes"})
	return err
}

// Bury leaves the tombstone of a job of this run that is not known on the host any
// more, because the host was taken back to a time before it: the job can then not be
// started again. rc is its exit status, -1 if it is not known. Burying twice is no
// error; a job that works is not buried (guard).
func (c Client) Bury(ctx context.Context, id ID, rc int, bootID string) error {
	args := map[string]string{"id": id.String(), "boot_id": bootID}
	if rc >= 0 {
		args["rc"] = strconv.Itoa(rc)
	}
	_, _, err := c.op(ctx, "bury", args)
	return err
}

// op runs one operation and turns a refusal into an error.
func (c Client) op(ctx context.Context, op string, extra map[string]string) (map[string]string, []byte, error) {
	ttl := max(1, int64(c.Claim.TTL/time.Second))
	if c.Claim.TTL == 0 {
		ttl = int64(DefaultTTL / time.Second)
	}
	args := map[string]string{
		"op": op, "host": c.Host, "controller": c.Claim.Controller, "run": c.Claim.Run,
		"fence": strconv.FormatInt(c.Claim.Fence, 10), "ttl": strconv.FormatInt(ttl, 10),
	}
	if op == "release" && c.Keep > 0 {
		args["keep"] = strconv.Itoa(c.Keep)
		args["expire"] = strconv.FormatInt(int64(c.Expire/time.Minute), 10)
	}
	if len(c.Claim.Dead) > 0 {
		args["dead"] = strings.Join(c.Claim.Dead, " ")
	}
	if c.Root != "" {
		args["root"] = c.Root
	}
	maps.Copy(args, extra)
	answer, err := script.Run(ctx, c.Session, jobScript(), args, script.Options{
		Host:    c.Host,
		Command: connectors.Command{Become: c.Become, Timeout: opTimeout, MaxOutput: 1 << 20},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("%s job on %s: %w", op, c.Host, err)
	}
	values := answer.Values(FrameJob)
	if code := values["refused"]; code != "" {
		return nil, nil, c.refusal(code, values)
	}
	log, _ := answer.Get(FrameLog)
	return values, log.Out, nil
}

func (c Client) refusal(code string, v map[string]string) error {
	e := connectors.Errorf(connectors.CodeGuard, connectors.PhaseCommand, c.Host, "%s", v["why"])
	switch code {
	case "locked":
		e.Code = connectors.CodeLocked
		if v["holder_run"] != "" {
			e.Message += fmt.Sprintf(" (run %s of controller %s)", v["holder_run"], v["holder_controller"])
			e.Hint = "wait for it, resume it, or once you know that it is dead: patchwave lock release --host " + c.Host
		}
	case "sudo":
		e.Code = connectors.CodeSudo
		e.Hint = languageOf(c.Session.Dialect()).sudo
	case "disk":
		e.Code = connectors.CodeDisk
		e.Hint = "free space on the host and run again"
	case "unsupported":
		e.Code = connectors.CodeUnsupported
		e.Hint = languageOf(c.Session.Dialect()).unsupported
	default:
		e.Hint = "look at the directory on the host; patchwave touches nothing it did not make"
	}
	return e
}

var bootID = regexp.MustCompile(`^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)

// ValidBootID reports whether s has the shape of a boot id: that of Linux, which
// Windows hosts write their time of boot in.
func ValidBootID(s string) bool { return bootID.MatchString(s) }

func status(v map[string]string) (Status, error) {
	s := Status{State: State(v["state"]), BootID: v["boot_id"], JobBootID: v["job_boot_id"], RC: -1, Fresh: v["started"] == "now"}
	switch s.State {
	case Absent, Starting, Running, Done, Collected, Lost, LostReboot:
	default:
		return Status{}, fmt.Errorf("the host answers with an unknown job state %q", v["state"])
	}
	if !ValidBootID(s.BootID) {
		return Status{}, fmt.Errorf("the host answers with a boot id of the wrong shape: %q", s.BootID)
	}
	if s.State == Lost {
		s.Why = strings.ToValidUTF8(v["why"][:min(len(v["why"]), 200)], "")
	}
	if n, err := strconv.ParseInt(v["size"], 10, 64); err == nil && n > 0 {
		s.Size = n
	}
	if n, err := strconv.Atoi(v["rc"]); err == nil && n >= 0 && n <= 255 {
		s.RC = n
	} else if s.State == Done {
		// an rc file without a number is a job that was torn away while it ended
		s.State = Lost
	}
	return s, nil
}

// Nonce is the nonce of the frames in the log of job id.
func Nonce(id ID) string {
	return fmt.Sprintf("%08x%08x", crc32.ChecksumIEEE([]byte(id.String())), len(id.String()))
}
