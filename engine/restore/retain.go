package restore

import (
	"cmp"
	"slices"
	"time"
)

// Beyond returns the points that need not stay, oldest first: all but the newest
// keep, and those older than expire. keep 0 or expire 0 bounds nothing. The point
// of the tag spare is never among them.
func Beyond(points []Listed, keep int, expire time.Duration, now time.Time, spare string) []Listed {
	newest := slices.Clone(points)
	slices.SortStableFunc(newest, func(a, b Listed) int { return cmp.Or(cmp.Compare(b.Created, a.Created), cmp.Compare(a.Tag, b.Tag)) })
	var out []Listed
	for i, p := range newest {
		old := expire > 0 && now.Sub(time.Unix(p.Created, 0)) > expire
		if p.Tag != spare && OwnTag(p.Tag) && (keep > 0 && i >= keep || old) {
			out = append(out, p)
		}
	}
	slices.Reverse(out)
	return out
}
