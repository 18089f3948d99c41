package proxmox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/restore"
)

// work is one operation on one machine.
type work struct {
	api    *client
	op     restore.Op
	at     restore.Point
	domain string
	poll   time.Duration
	now    func() time.Time
	guest  guest
	lines  []string
}

func (w *work) say(key, value string) {
	if value != "" {
		w.lines = append(w.lines, key+"="+restore.Line(value))
	}
}

// run does it. Its error is the end of ctx, or that no answer came; what Proxmox has
// said against it stands in the answer.
func (w *work) run(ctx context.Context) (framing.Answer, error) {
	err := w.do(ctx)
	if cause := context.Cause(ctx); cause != nil {
		return framing.Answer{}, cause
	}
	if err != nil {
		if lost := (*lostError)(nil); errors.As(err, &lost) && w.op != restore.OpCreate && w.op != restore.OpRollback {
			return framing.Answer{}, err
		}
		w.refuse(err)
	}
	out := []byte(strings.Join(w.lines, "\n"))
	return framing.Answer{Complete: true, Frames: []framing.Frame{{Name: restore.Frame, Out: out}}}, nil
}

// refuse says why something is not as wanted.
func (w *work) refuse(err error) {
	code := codeOf(err.Error())
	if p := (*problem)(nil); errors.As(err, &p) {
		code = p.code
	}
	switch w.op {
	case restore.OpDetect:
		w.say("possible", "no")
	case restore.OpCreate, restore.OpCheck:
		w.say("state", string(restore.Unusable))
	case restore.OpRollback:
		w.say("state", string(restore.NotRestored))
	case restore.OpProve, restore.OpRemove, restore.OpList:
	}
	w.say("code", string(code))
	w.say("why", err.Error())
}

func (w *work) do(ctx context.Context) error {
	if !restore.OwnTag(w.at.Tag) && w.op != restore.OpDetect && w.op != restore.OpList {
		return wrong(connectors.CodeGuard, "the tag is none of patchwave")
	}
	if err := w.find(ctx); err != nil {
		return err
	}
	switch w.op {
	case restore.OpDetect:
		return w.detect(ctx)
	case restore.OpCreate:
		return w.create(ctx)
	case restore.OpCheck:
		return w.check(ctx)
	case restore.OpRollback:
		return w.rollback(ctx)
	case restore.OpProve:
		return w.prove(ctx)
	case restore.OpRemove:
		return w.remove(ctx)
	case restore.OpList:
		return w.list(ctx)
	default:
		return fmt.Errorf("%s is not known", w.op)
	}
}

// free reports a lock on the machine as a problem.
func free(s status) error {
	if s.Lock != "" {
		return wrong(connectors.CodeLocked, "the machine is locked there (%s): wait for what works on it, or unlock it if nothing does", s.Lock)
	}
	return nil
}

func (w *work) detect(ctx context.Context) error {
	s, err := w.status(ctx)
	if err != nil {
		return err
	}
	if err := free(s); err != nil {
		return err
	}
	var feature struct {
		Has any `json:"hasFeature"`
	}
	if err := w.get(ctx, w.guest.path("/feature?feature=snapshot"), &feature); err != nil {
		return err
	}
	if feature.Has != true && feature.Has != float64(1) && feature.Has != "1" {
		return wrong(connectors.CodeUnsupported, "a disk of the machine lies on a storage that cannot make snapshots")
	}
	w.say("possible", "yes")
	return nil
}

func (w *work) create(ctx context.Context) error {
	p, err := w.point(ctx)
	if err != nil {
		return err
	}
	if p == nil {
		form := url.Values{"snapname": {w.at.Tag}, "description": {descriptionStart + " of " + w.at.Host.Name}}
		if w.guest.Type == "qemu" {
			form.Set("vmstate", "0")
		}
		made := w.task(ctx, http.MethodPost, w.guest.path("/snapshot"), form)
		if p, err = w.point(ctx); err != nil {
			return errors.Join(made, err)
		}
		if p == nil {
			if made == nil {
				made = wrong(connectors.CodeExit, "the snapshot is not there after its task has ended")
			}
			return made
		}
	}
	return w.tell(p)
}

// tell says that a point is there, or is not a whole one.
func (w *work) tell(p *snapshot) error {
	if p.State != "" {
		return wrong(connectors.CodeInterrupted, "the snapshot is in state %q there: what made or removed it was interrupted", p.State)
	}
	w.say("state", string(restore.Whole))
	w.say("id", p.Name)
	return nil
}

func (w *work) check(ctx context.Context) error {
	p, err := w.point(ctx)
	if err != nil {
		return err
	}
	if p == nil {
		w.say("state", string(restore.Absent))
		w.say("why", "the snapshot is no longer there")
		return nil
	}
	s, err := w.status(ctx)
	if err != nil {
		return err
	}
	if err := w.tell(p); err != nil {
		return err
	}
	w.say("identity", s.identity(w.now()))
	return nil
}

// rollback takes the machine back and starts it. One that could not be taken back is
// started again, if it ran.
func (w *work) rollback(ctx context.Context) error {
	p, err := w.point(ctx)
	if err != nil {
		return err
	}
	if p == nil {
		return wrong(connectors.CodeExit, "the snapshot is no longer there")
	}
	if p.State != "" {
		return wrong(connectors.CodeInterrupted, "the snapshot is in state %q there", p.State)
	}
	before, err := w.status(ctx)
	if err != nil {
		return err
	}
	if err := free(before); err != nil {
		return err
	}
	back := w.task(ctx, http.MethodPost, w.guest.path("/snapshot/"+url.PathEscape(w.at.Tag)+"/rollback"), nil)
	var started error
	lost := (*lostError)(nil)
	if !errors.As(back, &lost) && (back == nil || before.Status == "running") {
		started = w.start(ctx)
	}
	if errors.As(back, &lost) || back == nil && errors.As(started, &lost) {
		w.say("state", string(restore.Pending)) // it may be under way; prove tells
		w.say("why", lost.Error())
		return nil
	}
	switch {
	case back != nil:
		return errors.Join(back, started)
	case started != nil:
		return fmt.Errorf("the machine was taken back, and %w", started)
	}
	return w.prove(ctx)
}

// start starts the machine unless it runs.
func (w *work) start(ctx context.Context) error {
	s, err := w.status(ctx)
	if err != nil || s.Status == "running" {
		return err
	}
	if err := w.task(ctx, http.MethodPost, w.guest.path("/status/start"), nil); err != nil {
		return fmt.Errorf("could not be started: %w", err)
	}
	return nil
}

// prove: the machine was started anew, and its present grew from the point.
func (w *work) prove(ctx context.Context) error {
	s, err := w.status(ctx)
	if err != nil {
		return err
	}
	_, parent, err := w.snapshots(ctx)
	if err != nil {
		return err
	}
	now := s.identity(w.now())
	w.say("identity", now)
	switch {
	case s.Lock != "" || !anew(w.at.Before, now):
		w.say("state", string(restore.Pending))
	case parent == w.at.Tag:
		w.say("state", string(restore.Restored))
	default:
		w.say("state", string(restore.NotRestored))
		w.say("why", "the machine was started anew, and not from the snapshot")
	}
	return nil
}

func (w *work) remove(ctx context.Context) error {
	p, err := w.point(ctx)
	if err != nil {
		return err
	}
	if p == nil {
		w.say("state", string(restore.Absent))
		return nil
	}
	s, err := w.status(ctx)
	if err != nil {
		return err
	}
	if err := free(s); err != nil {
		return err
	}
	gone := w.task(ctx, http.MethodDelete, w.guest.path("/snapshot/"+url.PathEscape(w.at.Tag)), nil)
	p, err = w.point(ctx)
	switch {
	case err != nil:
		return errors.Join(gone, err)
	case p == nil:
		w.say("state", string(restore.Removed))
		return nil
	case gone == nil:
		return wrong(connectors.CodeExit, "the snapshot is still there")
	}
	return gone
}

func (w *work) list(ctx context.Context) error {
	all, _, err := w.snapshots(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.ours() {
			w.lines = append(w.lines, fmt.Sprintf("point=%s\t%s\t%d\t0", s.Name, s.Name, max(s.Time, 0)))
		}
	}
	return nil
}
