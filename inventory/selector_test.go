package inventory_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchwave/inventory"
)

func fleet() *inventory.Inventory {
	host := func(name, site string, groups, policies []string, labels inventory.Labels) *inventory.Host {
		return &inventory.Host{Name: name, Site: site, Groups: groups, Policies: policies, Labels: labels}
	}
	return &inventory.Inventory{
		Hosts: []*inventory.Host{
			host("db-01", "fra1", []string{"all", "db"}, []string{"db-prod"}, inventory.Labels{"role": "db", "tier": "prod"}),
			host("db-02", "fra1", []string{"all", "db"}, []string{"db-prod"}, inventory.Labels{"role": "db", "tier": "test"}),
			host("mail", "", []string{"all"}, nil, nil),
			host("web-01", "fra1", []string{"all", "web"}, []string{"web-prod"}, inventory.Labels{"role": "web", "tier": "prod"}),
			host("web-02", "ber1", []string{"all", "web"}, []string{"web-prod", "late"}, inventory.Labels{"role": "web", "empty": ""}),
		},
		Groups: []*inventory.Group{{Name: "all"}, {Name: "db"}, {Name: "nobody"}, {Name: "web"}},
	}
}

func selectContext() inventory.SelectContext {
	files := map[string]string{
		"hosts":  "# the web\nweb-01, web-02\n\n!tier=prod\n",
		"nested": "@hosts\nmail\n",
		"loop":   "@loop\n",
		"empty":  "# nothing\n",
		"wrong":  "mail\nnope:x\n",
	}
	return inventory.SelectContext{
		Run: func(id, outcome string) ([]string, error) {
			if id != "r1" {
				return nil, errors.New("there is no such run")
			}
			return []string{"web-01", "gone", outcome}, nil
		},
		ReadFile: func(name string) ([]byte, error) {
			text, ok := files[name]
			if !ok {
				return nil, errors.New("no such file")
			}
			return []byte(text), nil
		},
	}
}

func TestSelect(t *testing.T) {
	tests := map[string]string{
		"web-01":                       "web-01",
		"web-02,web-01":                "web-01 web-02",
		"web-*":                        "web-01 web-02",
		"*":                            "db-01 db-02 mail web-01 web-02",
		"*-0[1]":                       "db-01 web-01",
		"???l":                         "mail",
		"group:db":                     "db-01 db-02",
		"group:*b":                     "db-01 db-02 web-01 web-02",
		"policy:web-prod":              "web-01 web-02",
		"policy:late":                  "web-02",
		"site:fra1":                    "db-01 db-02 web-01",
		"role=web":                     "web-01 web-02",
		"role=w*":                      "web-01 web-02",
		"tier!=prod":                   "db-02 mail web-02",
		"empty=":                       "web-02",
		"empty!=":                      "db-01 db-02 mail web-01",
		"run:r1:failed":                "web-01",
		"@hosts":                       "web-02",
		"@nested":                      "mail web-02",
		"group:all,!web-*":             "db-01 db-02 mail",
		"!group:db":                    "mail web-01 web-02",
		"&role=db":                     "db-01 db-02",
		"group:all,&site:fra1,!role=*": "",
		"group:all,&site:fra1,!db-01":  "db-02 web-01",
		"!web-01,web-01":               "db-01 db-02 mail web-01 web-02",
		"web-01,!web-01,web-02":        "web-02",
		" web-01 , ! db-01 ":           "web-01",
		"group:nobody":                 "",
		"role=web,&role=db":            "",
	}
	for selector, want := range tests {
		hosts, err := inventory.Select(fleet(), selector, selectContext())
		var got []string
		for _, h := range hosts {
			got = append(got, h.Name)
		}
		if strings.Join(got, " ") != want || (err == nil) != (want != "") {
			t.Errorf("%q: %v, %v; want %q", selector, got, err, want)
		}
	}
}

func TestSelectMistakes(t *testing.T) {
	tests := map[string]string{
		"web-1":         `selector "web-1": there is no host "web-1"; the closest is "web-01"`,
		"wbe-*":         `no host matches "wbe-*"; the closest is "web-01"`,
		"group:wbe":     `there is no group "wbe"; the closest is "web"`,
		"policy:webprd": `there is no policy "webprd"; the closest is "web-prod"`,
		"site:fra2":     `there is no site "fra2"; the closest is "fra1"`,
		"role=wbe":      `selector "role=wbe" matches no host; the closest label is "role=web"`,
		"web-01,!web-*": `selector "web-01,!web-*" matches no host; the closest is "web-01"`,
		"":              "there is an empty term; write a host, group:NAME",
		"web-01,":       "there is an empty term",
		"!":             "there is an empty term",
		"=x":            `"=x" names no label`,
		"!=x":           `"=x" names no label`,
		"group:":        "a pattern cannot be empty",
		"grup:web":      `"grup:web" begins with an unknown word; use group:NAME, policy:NAME, site:NAME or run:ID:failed`,
		"web-[0":        "a bracket [ in the pattern is not closed",
		"role=[":        "a bracket [ in the pattern is not closed",
		"run:r1":        `"run:r1" is no run; write run:ID:failed`,
		"run:r1:done":   `"run:r1:done" is no run`,
		"run::failed":   "is no run",
		"run:r2:failed": "read the hosts of run r2: there is no such run",
		"@":             "@ needs the name of a file",
		"@none":         "read the selectors of none: no such file",
		"@loop":         "selector files name each other more than 8 deep",
		"@empty":        "empty names no host",
		"@wrong":        `wrong:2: selector "nope:x"`,
		"!!web-01":      `there is no host "!web-01"`,
	}
	for selector, want := range tests {
		hosts, err := inventory.Select(fleet(), selector, selectContext())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %d hosts, %v; want %q", selector, len(hosts), err, want)
		}
	}
}

// TestSelectWithoutContext: what cannot be answered is refused, not left out.
func TestSelectWithoutContext(t *testing.T) {
	for selector, want := range map[string]string{
		"run:r1:failed": "earlier runs are not known", "@hosts": "files are not read",
	} {
		if _, err := inventory.Select(fleet(), selector, inventory.SelectContext{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", selector, err)
		}
	}
	if _, err := inventory.Select(&inventory.Inventory{}, "*", inventory.SelectContext{}); err == nil {
		t.Error("an empty inventory has a host")
	}
}

// TestSelectSorts: the order is that of names, whatever the inventory's.
func TestSelectSorts(t *testing.T) {
	inv := fleet()
	slices.Reverse(inv.Hosts)
	hosts, err := inventory.Select(inv, "*", inventory.SelectContext{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(hosts, func(a, b *inventory.Host) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted")
	}
}

// FuzzSelect: no selector panics; what is selected is never empty, sorted and
// declared; and taking a selection away from itself leaves nothing.
func FuzzSelect(f *testing.F) {
	for _, s := range []string{"web-*", "group:db,!tier=prod", "@nested", "&role=w[a-z]b", "run:r1:failed", "!,", "[", "a=b=c", "group:a:b", "@@x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, selector string) {
		inv := fleet()
		hosts, err := inventory.Select(inv, selector, selectContext())
		if (err == nil) != (len(hosts) > 0) {
			t.Fatalf("%d hosts and error %v", len(hosts), err)
		}
		for i, h := range hosts {
			if inv.Host(h.Name) != h || (i > 0 && hosts[i-1].Name >= h.Name) {
				t.Fatalf("host %d is %q", i, h.Name)
			}
		}
		if err != nil || strings.ContainsAny(selector, ",!&@") {
			return
		}
		if rest, err := inventory.Select(inv, selector+",!"+selector, selectContext()); err == nil {
			t.Fatalf("%d hosts are left", len(rest))
		}
	})
}

func BenchmarkSelect(b *testing.B) {
	inv := &inventory.Inventory{}
	for i := range 10_000 {
		inv.Hosts = append(inv.Hosts, &inventory.Host{Name: fmt.Sprintf("web-%05d", i), Labels: inventory.Labels{"role": "web"}})
	}
	for b.Loop() {
		if _, err := inventory.Select(inv, "web-*5,role=web,!web-00000", inventory.SelectContext{}); err != nil {
			b.Fatal(err)
		}
	}
}
