package config

import (
	"crypto/sha256"
	"path/filepath"
	"time"

	"patchwave/engine/config/diag"
	"patchwave/inventory"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Diagnostics and Diagnostic are what is wrong with a configuration; see
// package diag.
type (
	// Diagnostics are all that is wrong, sorted by place.
	Diagnostics = diag.Diagnostics
	// Diagnostic is one thing that is wrong at one place.
	Diagnostic = diag.Diagnostic
)

// Options say what to load and in which surroundings. Nothing else of the
// process is looked at, apart from the files and the running user's id.
type Options struct {
	// Dir is the configuration directory, see FindDir.
	Dir string
	// Vars are the values of --var.
	Vars map[string]string
	// VarFiles are the paths of --var-file, relative ones to the working
	// directory; later ones win.
	VarFiles []string
	// Env looks up the environment; nil means that it is empty.
	Env func(string) (string, bool)
	// Version is the version of this program for required_version; what is no
	// version ("dev") satisfies every constraint.
	Version string
	// Home is the home directory of the running user, for "~".
	Home string
	// SourceOutput returns what a source of type command printed and when: from a
	// cache, or by running it where the caller is about to contact hosts. It returns
	// ErrNoOutput where that is not known; nil means that it never is.
	SourceOutput func(SourceCommand) ([]byte, time.Time, error)
	// Now decides which dates are past; its location is the zone where the
	// configuration names none.
	Now time.Time
}

func (o Options) env(name string) (string, bool) {
	if o.Env == nil {
		return "", false
	}
	return o.Env(name)
}

// Settings are the arguments of the patchwave block.
type Settings struct {
	// Database is the path of the database; "" if the configuration names none.
	Database string
	// Timezone is an IANA name; "" means the controller's own.
	Timezone string
	// Parallelism bounds the connections of the whole controller.
	Parallelism int
	// KnownHosts are files of host keys, in order.
	KnownHosts []string
}

// DefaultParallelism is how many connections are open at once where the
// configuration does not say.
const DefaultParallelism = 200

// Unmanaged is a host that no policy claims.
type Unmanaged struct {
	Name string
	Pos  inventory.Position
}

// Config is a loaded configuration. It is immutable and safe for concurrent use.
type Config struct {
	// Dir is the absolute path of the configuration directory.
	Dir      string
	Settings Settings
	// Digest is the configuration digest: lower-case hex SHA-256 over every file
	// without comments and layout, and over the values of variables, environment
	// and files that were used.
	Digest string
	// Unmanaged are the hosts that no policy claims when no facts are known,
	// sorted by name; UnmanagedHosts says it with facts.
	Unmanaged []Unmanaged
	// Sources are the declared sources, sorted by name.
	Sources []Source

	model *model
	// opt and variables are what --where is compiled with.
	opt       Options
	variables map[string]cty.Value
	// seen are the diagnostics of Load, so that Resolve does not repeat them.
	seen map[string]bool
}

// Load reads a configuration directory. It reads no secret and touches no
// network. The configuration is never nil, so that a report can say what was
// understood; with errors among the diagnostics it must not be acted on.
func Load(opt Options) (*Config, Diagnostics) {
	l := newLoader(opt)
	return l.load(l.readAll())
}

// load makes a configuration of the text of its files.
func (l *loader) load(sources []sourceFile) (*Config, Diagnostics) {
	cfg := &Config{Dir: l.opt.Dir, Settings: Settings{Parallelism: DefaultParallelism}, model: l.model}
	l.parse(sources)
	if unread := len(l.diags) > 0; l.versionRefused() || unread {
		// Half a configuration would be reported for what the other half says.
		cfg.model.broken = true
		return cfg, l.finish()
	}
	if !l.decode() {
		cfg.model.broken = true
		return cfg, l.finish()
	}
	l.link()
	cfg.Settings, cfg.Sources = l.model.settings, l.model.sourceList()
	cfg.Digest = l.digest(sources)
	l.functions.seal()
	diags := l.finish()
	if !diags.HasErrors() {
		r := newResolver(l.model, nil)
		inv, pols := r.resolve()
		cfg.Unmanaged = UnmanagedHosts(inv)
		r.warnings(pols)
		r.warnZones(inv, pols)
		r.warnWake(inv, pols)
		r.times(inv, pols, l.opt.Now)
		diags = append(diags, l.snippets(r.diags)...)
		diags.Sort()
	}
	cfg.opt, cfg.variables = l.opt, l.ctx.Variables
	cfg.model.broken = diags.HasErrors()
	cfg.seen = fingerprints(diags)
	l.turns.over.Store(true)
	return cfg, diags
}

// loader is the state of one Load.
type loader struct {
	opt   Options
	zone  *time.Location
	files []parsed
	// sums are the digests of the files, in the order in which they were read.
	sums      [][sha256.Size]byte
	text      *texts
	ctx       *hcl.EvalContext
	functions *functions
	model     *model
	diags     Diagnostics
	schemas   map[string]*hcl.BodySchema
	variables *table[*variable]
	locals    *table[*local]
	// patchwaveAt is the place of the patchwave block, nil before it was met.
	patchwaveAt *hcl.Range
	// suggestions counts the costly ones.
	suggestions int
	zones       map[string]*time.Location
	// cycles are the places at which a cycle was reported.
	cycles map[hcl.Range]bool
	// counts bounds how often mistakes of one kind are reported.
	counts map[string]int
	// turns are those of the for expressions.
	turns turns
	// sensitive are lines that must not be shown.
	sensitive map[inventory.Position]bool
}

func newLoader(opt Options) *loader {
	if abs, err := filepath.Abs(opt.Dir); err == nil {
		opt.Dir = abs
	}
	zone := opt.Now.Location()
	l := &loader{
		opt: opt, zone: zone, text: newTexts(), model: newModel(),
		schemas:   map[string]*hcl.BodySchema{},
		variables: newTable[*variable]("variable"),
		locals:    newTable[*local]("local"),
		zones:     map[string]*time.Location{},
		cycles:    map[hcl.Range]bool{},
		counts:    map[string]int{},
		sensitive: map[inventory.Position]bool{},
	}
	l.functions = newFunctions(l)
	l.ctx = &hcl.EvalContext{Functions: l.functions.all()}
	return l
}

// finish returns what was found so far, sorted, with its source lines.
func (l *loader) finish() Diagnostics {
	out := l.snippets(l.diags)
	out.Sort()
	return out
}
