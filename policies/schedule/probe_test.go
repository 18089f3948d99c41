//go:build oracle

package schedule

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"
)

func TestProbe(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := chooser(r.IntN)
	var all []string
	seen := map[string]bool{}
	for len(all) < 40000 {
		e := c.expression()
		if c.one(4) {
			e = c.broken(e)
		}
		if !seen[e] {
			seen[e] = true
			all = append(all, e)
		}
	}
	base := time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC)
	said := systemd(t, "UTC", base, 1, all)
	bad := 0
	var valid []string
	for _, e := range all {
		v := said[e]
		if v.valid {
			valid = append(valid, e)
			if c, err := parseCalendar(e); err != nil || c.normal() != v.normal {
				bad++
				fmt.Println("NORMAL", e, c.normal(), v.normal, err)
			}
		}
	}
	fmt.Println(bad)
	valid = valid[:3000]
	for zone, b := range map[string]string{"Europe/Berlin": "2026-03-28", "America/New_York": "2026-10-31", "Europe/Dublin": "2026-10-24", "Australia/Lord_Howe": "2026-10-03", "Australia/Lord_Howe ": "2026-04-04", "Africa/Cairo": "2026-04-23", "Pacific/Apia": "2011-12-29", "America/Sao_Paulo": "2018-11-03"} {
		z := zone
		if z[len(z)-1] == ' ' {
			z = z[:len(z)-1]
		}
		loc, _ := time.LoadLocation(z)
		base, _ := time.Parse("2006-01-02", b)
		said := systemd(t, z, base, 40, valid)
		kinds := map[string]int{}
		for _, e := range valid {
			s, err := Parse(e)
			if err != nil {
				continue
			}
			if said[e].lost {kinds["lost"]++;continue}; theirs := said[e].starts
			ours := []time.Time{}
			a := base
			for range 40 {
				n, ok := s.Next(a, loc)
				if !ok {
					break
				}
				a = n
				ours = append(ours, n.Truncate(time.Second).UTC())
			}
			i, j := 0, 0
			for i < len(ours) && j < len(theirs) {
				if ours[i].Equal(theirs[j]) {
					i++
					j++
					continue
				}
				k := "extra-theirs " + theirs[j].In(loc).Format("01-02 15")
				if ours[i].Before(theirs[j]) {
					k = "extra-ours " + ours[i].In(loc).Format("01-02 15")
					i++
				} else {
					j++
				}
				kinds[k]++
				if kinds[k] < 3 {
					fmt.Println(zone, e, k)
				}
			}
		}
		fmt.Println("====", zone, kinds)
	}
}
