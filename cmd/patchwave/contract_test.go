package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"patchwave/engine/journal"
	"patchwave/policies"
)

// contract has the fields that each document must have. `a[]` is a list, never
// null; `a[]{…}` a list of objects; `a{…}` an object or null; `a:x|y` a word out
// of a closed list, or null. Documents may have more fields.
func contract(document string) string {
	const opening = `policy window timezone opens closes launch state:open|frozen|suspended|unattended reason`
	const verdicts = `approved|deferred|held|rejected|pinned|dependency|blocked|not-matched`
	const update = `name arch action:install|upgrade|downgrade|remove from to`
	run := `run{id rollout state:running|soaking|draining|finished|stopped|cancelled|interrupted started finished trigger actor reason}
		hosts[]{name state:` + hostStates() + ` wave batch steps[]{name state started finished attempt exit_code error{}}
			updates[]{` + update + ` state:pending|installed|pending-reboot|claimed-but-still-offered|failed-but-present|failed|rolled-back}
			reboots restore_point{} verification[]} totals{}`
	notifications := ` notifications[]{id receiver event:` + strings.Join(policies.NotifyEvents(), "|") + `|notice state:pending|sent|given-up attempts tried error}`
	return map[string]string{
		"hosts": `facts:stored|none hosts[]{name address connection{type port user} groups[] labels{} site policies[]}`,
		"scan": `hosts[]{name state:ok|stale|unreachable|failed index_age_s error{code:` + codes + ` message}
			facts{os{family name version} kernel boot_id package_manager reboot_required}
			updates[]{name arch from to source classification severity advisories[] cves[] kbs[] size reboot
				blocked_by:held|kept-back|phased|locked|broken published} duration_ms} totals{}`,
		"plan": `id created expires digest config_digest
			waves[]{policy name not_before batches[]{hosts[]{name
				steps[]{step restore_point{provider undoes[] cannot_undo[]} updates[]{` + update + ` decision rule} reboot}
				skipped[]{name decision rule until}}}}
			excluded[]{host code reason}`,
		"apply": run, "status": run, "show": run + notifications, "rollback": run, "cancel": run, "prune": run,
		"run": run + ` runs[]{` + run + `}
			occurrences[]{policy window opens closes state:launched|ran|empty|frozen|suspended|unattended|missed reason run rollout}`,
		"report": run + ` pending[]{host updates security} settled[]{host at state error{} installed pending back reboot_required}` + notifications,
		"validate": `valid errors warnings diagnostics[]{severity:error|warning summary detail file line column related[]{file line column}}
			unmanaged[] facts:stored|none`,
		"pending": `updates[]{host name arch from to classification severity cves[] kbs[] known_exploited epss first_seen published
			policies[]{policy decision rule until}}`,
		"ping":     `hosts[]{name state:ok|unreachable|failed error{code:` + codes + ` message} latency_ms become package_manager blockers[]}`,
		"exec":     `hosts[]{name state:ok|unreachable|failed exit_code stdout stderr truncated duration_ms error{code:` + codes + ` message}}`,
		"history":  `runs[]{id kind state started finished actor reason totals{}}`,
		"version":  `version`,
		"schedule": `facts:stored|none openings[]{` + opening + `}`,
		"graph":    `facts:stored|none policies[]{policy window priority no_reboot gap hosts} edges[]{kind:after|depends_on from to}`,
		"explain": `host scanned policies[]{policy file line column window next_opening{` + opening + `} wave
			updates[]{name arch from to classification severity decision:` + verdicts + ` rule file line reason due until}}`,
		"feeds": `feeds[]{kind:osv|debian|kev|epss ecosystem file sha256 size entries used dated dated_by:data|file|import
			imported age_s old}`,
		"test": `passed failed tests[]{name file line column state:passed|failed failures[]{message file line column}}`,
		"lock": `leases[]{kind:run|occurrence|host name state:held|abandoned fence owner{actor run host pid} acquired renewed age_s}
			claims[]{host run state:held|abandoned since}`,
		"restore-points": `points[]{id host provider run created expires size scope:system|packages|files
			state:whole|partial|used|expired|removed|superseded|gone|leftover|foreign tag controller there remove why}
			hosts[]{name state:ok|unreachable|failed error{code:` + codes + ` message}}`,
		"rollback-plan": `run hosts[]{name state:ok|refused|unreachable|failed error{code:` + codes + `|unmanaged message}
			restore_point{id tag provider scope:system|packages created there} updates[]{` + update + `} undoes[] cannot_undo[] later_runs[] newer_points[] reboots}`,
		"suspend":          `suspensions[]{policy since until reason actor}`,
		"schedule-install": `files[]{path state:new|written|unchanged|differs} next[]`,
	}[document]
}

const codes = `unreachable|auth|host-key|lost|timeout|sudo|exit|locked|interrupted|disk|drift|guard|unsupported`

func hostStates() string {
	var out []string
	for _, row := range journal.States() {
		out = append(out, string(row.State))
	}
	return strings.Join(out, "|")
}

// field is one field of a contract.
type field struct {
	name         string
	list, object bool
	fields       []field
	words        []string
}

var token = regexp.MustCompile(`[{}]|[^\s{}]+`)

// fields parses a contract up to the brace that closes it.
func fields(tokens *[]string) []field {
	var out []field
	for len(*tokens) > 0 {
		t := (*tokens)[0]
		*tokens = (*tokens)[1:]
		switch t {
		case "}":
			return out
		case "{":
			last := &out[len(out)-1]
			last.object, last.fields = true, fields(tokens)
		default:
			name, words, _ := strings.Cut(t, ":")
			f := field{list: strings.HasSuffix(name, "[]"), name: strings.TrimSuffix(name, "[]")}
			if words != "" {
				f.words = strings.Split(words, "|")
			}
			out = append(out, f)
		}
	}
	return out
}

// check says what is wrong with an object, in order of the fields.
func check(at string, fs []field, object map[string]any) []string {
	var wrong []string
	for _, f := range fs {
		path := strings.TrimPrefix(at+"."+f.name, ".")
		v, ok := object[f.name]
		if !ok {
			wrong = append(wrong, path+" is missing")
			continue
		}
		wrong = append(wrong, f.check(path, v)...)
	}
	return wrong
}

func (f field) check(path string, v any) []string {
	if f.list {
		list, ok := v.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, not a list", path, v)}
		}
		var wrong []string
		for i, e := range list {
			one := field{name: f.name, object: f.object, fields: f.fields, words: f.words}
			wrong = append(wrong, one.check(fmt.Sprintf("%s[%d]", path, i), e)...)
		}
		return wrong
	}
	if v == nil {
		return nil
	}
	object, isObject := v.(map[string]any)
	word, isWord := v.(string)
	switch {
	case f.object && !isObject:
		return []string{fmt.Sprintf("%s is %v, not an object", path, v)}
	case f.object:
		return check(path, f.fields, object)
	case len(f.words) > 0 && (!isWord || !slices.Contains(f.words, word)):
		return []string{fmt.Sprintf("%s is %v, not one of %v", path, v, f.words)}
	}
	return nil
}

// document reads a JSON document and holds it against its contract.
func document(name string, data []byte) (map[string]any, error) {
	text := contract(name)
	if text == "" {
		return nil, fmt.Errorf("there is no contract for %s", name)
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("not a JSON document: %w", err)
	}
	if want := "patchwave/" + name + "/v1"; doc["schema"] != want {
		return nil, fmt.Errorf("the schema is %v, not %s", doc["schema"], want)
	}
	tokens := token.FindAllString(text, -1)
	if wrong := check("", fields(&tokens), doc); len(wrong) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return doc, nil
}

// cmdJSON holds standard output against a contract, and values in it.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: json DOCUMENT PATH=VALUE…")
	}
	doc, err := document(args[0], []byte(ts.ReadFile("stdout")))
	if err != nil {
		ts.Fatalf("%v", err)
	}
	for _, arg := range args[1:] {
		path, want, _ := strings.Cut(arg, "=")
		if got := valueAt(doc, path); got != want {
			ts.Fatalf("%s is %q, not %q", path, got, want)
		}
	}
}

// cmdJSONL: every line is an object with the schema of a command.
func cmdJSONL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: jsonl DOCUMENT LINES")
	}
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	for _, line := range lines {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			ts.Fatalf("not a JSON object: %v: %s", err, line)
		}
		if want := "patchwave/" + args[0] + "/v1"; object["schema"] != want {
			ts.Fatalf("the schema is %v, not %s: %s", object["schema"], want, line)
		}
	}
	if least, err := strconv.Atoi(args[1]); err != nil || len(lines) < least {
		ts.Fatalf("%d lines, not %s", len(lines), args[1])
	}
}

// cmdSetenv puts a value of the document on standard output into the
// environment.
func cmdSetenv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: setenv NAME PATH")
	}
	var doc map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc))
	ts.Setenv(args[0], valueAt(doc, args[1]))
}

// valueAt is the value at a path, as text: `hosts.web-1.steps.len` counts the
// steps of the host of that name; a number is a place in a list. Names with dots
// are written in paths with slashes.
func valueAt(v any, path string) string {
	sep := "."
	if strings.Contains(path, "/") {
		sep = "/"
	}
	for _, key := range strings.Split(path, sep) {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			if key == "len" {
				v = float64(len(x))
				continue
			}
			v = element(x, key)
		default:
			return fmt.Sprintf("nothing at %s", key)
		}
	}
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return x
	default:
		b, err := json.Marshal(x)
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
}

// element is the element of a list at a place, or with a name.
func element(list []any, key string) any {
	if i, err := strconv.Atoi(key); err == nil && i < len(list) {
		return list[i]
	}
	for _, e := range list {
		if object, ok := e.(map[string]any); ok && (object["name"] == key || object["host"] == key || object["id"] == key) {
			return e
		}
	}
	return nil
}

// TestContractChecker: the checker itself sees what is wrong.
func TestContractChecker(t *testing.T) {
	tests := []struct{ doc, want string }{
		{`{"schema":"patchwave/history/v1","runs":[]}`, ""},
		{`{"schema":"patchwave/history/v1","runs":null}`, "runs is <nil>, not a list"},
		{`{"schema":"patchwave/history/v1"}`, "runs is missing"},
		{`{"schema":"patchwave/history/v2","runs":[]}`, "the schema is patchwave/history/v2"},
		{`{"schema":"patchwave/history/v1","runs":[{"id":"r","kind":"apply","state":"x","started":"","finished":null,"actor":"","reason":"","totals":3}]}`,
			"runs[0].totals is 3, not an object"},
		{`{"schema":"patchwave/history/v1","runs":[{}]}`, "runs[0].id is missing"},
		{`[]`, "not a JSON document"},
	}
	for _, test := range tests {
		_, err := document("history", []byte(test.doc))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.doc, err)
		}
	}
	if _, err := document("status", []byte(`{"schema":"patchwave/status/v1","run":{"state":"asleep"},"hosts":[],"totals":{}}`)); err == nil ||
		!strings.Contains(err.Error(), "run.state is asleep, not one of") {
		t.Error(err)
	}
}
