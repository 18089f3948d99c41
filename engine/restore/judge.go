package restore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// LeastAge is the age below which a point that no journal knows is never removed: a run
// of another controller may be at work, or its database may just be out of reach.
const LeastAge = 24 * time.Hour

// Known is what a journal has of a restore point of a host.
type Known struct {
	// ID is the journal's name of it, Tag patchwave's at the provider, Native the
	// provider's own.
	ID, Provider, Tag, Native, Run string
	Created                        time.Time
	// Recorded says that its run has journaled that it was made. Else only that it was
	// to be made is known.
	Recorded bool
	// Held says why its run may still need it; "" if that has ended.
	Held string
}

// Presence is whether a host has a point.
type Presence string

// What a host says of a point. The empty one says that it cannot be told.
const (
	There    Presence = "there"
	NotThere Presence = "not-there"
)

// Judgement is what is to become of a point.
type Judgement struct {
	Known
	Size     int64
	Presence Presence
	// Leftover says that no run has it as its point: the journal does not know it, or
	// its run ended without a word of it.
	Leftover bool
	// Controller is the origin in its tag, and Foreign says that it is another
	// controller's.
	Controller string
	Foreign    bool
	// Remove says that it may go, Why why, or why it stays.
	Remove bool
	Why    string
}

// Retention is how many points stay, and how long; 0 bounds nothing.
type Retention struct {
	Keep   int
	Expire time.Duration
}

// Judge says which restore points of a host may be removed: of those that the journal
// knows, what is beyond the newest keep of each provider or older than expire; and
// leftovers, of known runs that are over at once, of others when they are older than
// expire and LeastAge, and have the very tag that patchwave gives to a point of this
// host. What has the origin of a controller that is not among own is that one's, and
// stays. said are the answers to OpList by provider; a provider that is not
// in it could not be asked, or cannot tell. What the journal has and the host has not
// stands in the result with NotThere. By provider, newest first.
func Judge(host string, own []string, known []Known, said map[string][]Listed, r Retention, now time.Time) []Judgement {
	var out []Judgement
	newest := slices.Clone(known)
	slices.SortStableFunc(newest, func(a, b Known) int { return b.Created.Compare(a.Created) })
	rank := map[string]int{}
	for _, k := range newest {
		j := Judgement{Known: k, Controller: OriginOf(k.Tag)}
		points, told := said[k.Provider]
		i := slices.IndexFunc(points, func(l Listed) bool { return l.Tag == k.Tag })
		switch {
		case told && i < 0 && !k.Recorded:
			continue // it was never made
		case told && i < 0:
			j.Presence, j.Why = NotThere, "it was deleted behind patchwave's back"
			if r.expired(k.Created, now) {
				j.Why = "it is gone, and had expired"
			}
			out = append(out, j)
			continue
		case told:
			j.Presence, j.Native, j.Size = There, points[i].ID, points[i].Size
		}
		j.judge(rank, r, now)
		out = append(out, j)
	}
	for provider, points := range said {
		for _, l := range points {
			if !slices.ContainsFunc(known, func(k Known) bool { return k.Tag == l.Tag && k.Provider == provider }) {
				out = append(out, unknown(host, own, provider, l, r, now))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Judgement) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), b.Created.Compare(a.Created), cmp.Compare(a.Tag, b.Tag))
	})
	return out
}

func (r Retention) expired(created, now time.Time) bool {
	return r.Expire > 0 && now.Sub(created) > r.Expire
}

// judge decides about a point whose run is known.
func (j *Judgement) judge(rank map[string]int, r Retention, now time.Time) {
	switch {
	case j.Held != "":
		j.Why = j.Held
		return
	case !j.Recorded && j.Presence == There:
		j.Leftover, j.Remove = true, true
		j.Why = "run " + j.Run + " ended without it"
		return
	case !j.Recorded:
		return // whether it was ever made cannot be told
	}
	rank[j.Provider]++
	switch n := rank[j.Provider]; {
	case r.Keep > 0 && n > r.Keep:
		j.Remove, j.Why = true, fmt.Sprintf("the policy keeps %d", r.Keep)
	case r.expired(j.Created, now):
		j.Remove, j.Why = true, "older than "+daysText(r.Expire)
	}
}

// unknown decides about a point that no run of this journal made.
func unknown(host string, own []string, provider string, l Listed, r Retention, now time.Time) Judgement {
	j := Judgement{Known: Known{Provider: provider, Tag: l.Tag, Native: l.ID}, Size: l.Size, Presence: There, Leftover: true, Controller: OriginOf(l.Tag)}
	at, run := runOfTag(l.Tag)
	j.Run = run
	if l.Created > 0 {
		j.Created = time.Unix(l.Created, 0).UTC()
	}
	if at.After(j.Created) {
		j.Created = at // whichever clock was wrong: the younger counts
	}
	least := max(r.Expire, LeastAge)
	switch {
	case j.Controller != "" && !slices.Contains(own, j.Controller):
		j.Foreign = true
		j.Why = "controller " + j.Controller + " made it, and only that one removes it; if that is gone for good: `patchwave restore-points prune --controller " + j.Controller + "`"
	case !given(l.Tag, host):
		j.Why = "no run of this database made it, and patchwave does not name its points of this host so: it may be somebody's own and stays; remove it by hand if it is nobody's"
	case j.Created.IsZero():
		j.Why = "no run of this database made it, and how old it is cannot be told: look at it, and remove it by hand"
	case now.Sub(j.Created) <= least:
		j.Why = "no run of this database made it; another controller may have: it stays until it is older than " + daysText(least)
	default:
		j.Remove, j.Why = true, "no run of this database made it, and it is older than "+daysText(least)
	}
	return j
}

// runOfTag is the run that a tag names, and when that began; zero where a tag is not of
// that shape, or a longer name was cut.
func runOfTag(tag string) (time.Time, string) {
	name := strings.TrimPrefix(tag, TagPrefix)
	if origin := OriginOf(tag); origin != "" {
		name = "r" + strings.TrimPrefix(name, origin+"_")
	}
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return time.Time{}, ""
	}
	const layout = "r20060102-150405"
	run := name[:i]
	if len(run) < len(layout) {
		return time.Time{}, ""
	}
	at, err := time.Parse(layout, run[:len(layout)])
	if err != nil {
		return time.Time{}, ""
	}
	return at, run
}

func daysText(d time.Duration) string {
	if d%(24*time.Hour) == 0 && d > 24*time.Hour {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return fmt.Sprintf("%g hours", d.Hours())
}
