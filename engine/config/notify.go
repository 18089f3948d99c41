package config

import (
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

func notifyShape() shape { return shape{required: []string{"url"}, optional: []string{"on"}} }

// decodeNotify reads somebody who is told; without `on` everything is told.
func (l *loader) decodeNotify(raw *hcl.Block) {
	b := l.open(raw, notifyShape())
	n := &policies.Notify{Name: b.name, On: policies.NotifyEvents(), Pos: position(raw.DefRange)}
	if s, ok := b.secret("url"); ok {
		n.URL = s
	}
	if words, ok := b.words("on", policies.NotifyEvents()...); ok {
		n.On = words
	}
	declare(l, l.model.notifies, b.name, labelRange(raw), n)
}

func noticeShape() shape { return shape{required: []string{"before"}, optional: []string{"to"}} }

// notice is the report ahead of an opening.
type notice struct {
	value *policies.Notice
	to    []ref
	// own says that it has a list of its own, and not the policy's.
	own bool
}

func (l *loader) decodeNotice(raw *hcl.Block, fallback []ref) *notice {
	if raw == nil {
		return nil
	}
	b := l.open(raw, noticeShape())
	out := &notice{value: &policies.Notice{Pos: position(raw.DefRange)}, to: b.refs("to", true, "notify"), own: b.has("to")}
	out.value.Before, _ = b.span("before")
	if !b.meant("to") && len(fallback) == 0 {
		l.fail(raw.DefRange, "nobody gets this notice", "Give it to = [notify.NAME], or the policy notify = [notify.NAME].")
	}
	return out
}

func stageShape() shape { return shape{required: []string{"before"}} }

func (l *loader) decodeStage(raw *hcl.Block) *policies.Stage {
	if raw == nil {
		return nil
	}
	b := l.open(raw, stageShape())
	s := &policies.Stage{Pos: position(raw.DefRange)}
	s.Before, _ = b.span("before")
	return s
}
