package plan

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/wrap"
	"patchwave/engine/fleet"
	"patchwave/engine/restore"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// Planner makes plans.
type Planner struct {
	Dialer   connectors.Dialer
	Managers []updates.Manager
	Ledger   Ledger
	// Feeds may be nil: then nothing is known but what the hosts say.
	Feeds Enricher
	// Provider is what makes restore points of a host, by its name; nil for one that there
	// is not. It may be nil: then hosts are not asked which points they can make.
	Provider func(name string, h *inventory.Host) restore.Provider
	// History may be nil: then no update loop is looked for.
	History     History
	Now         func() time.Time
	Parallelism int
	// Observed is called for every scan that the planner makes, one at a time,
	// before anything is decided from it.
	Observed func(inventory.Observation) error
	// HostDone is called when a host was looked at; may be nil.
	HostDone func(name string, err *inventory.Problem)
}

// Request says what to plan.
type Request struct {
	Inventory *inventory.Inventory
	Policies  []*policies.Policy
	Hosts     []*inventory.Host
	// Availabilities are all that are declared.
	Availabilities []*policies.Availability
	ConfigDigest   string
	// Policy is the one policy to plan for; "" takes hosts with exactly one.
	Policy  string
	Refresh scan.Refresh
	// At is the instant of the decisions; zero is now.
	At time.Time
	// Gate says why a policy may not change a host now. Where it is nil, or returns
	// nil, nothing stands in the way. A host that is refused is not asked.
	Gate func(*policies.Policy, *inventory.Host) *Excluded
	// Stored are observations to plan from instead of scanning, by host; a host
	// without one is scanned. The simulation is asked of the host all the same.
	Stored map[string]inventory.Observation
	// Versions are those of the rollout that the hosts join; nil holds nothing back.
	Versions Versions
}

// hostTimeout bounds one host: connection, scan and simulations.
const hostTimeout = 30 * time.Minute

// visit is what came of looking at one host.
type visit struct {
	host     *inventory.Host
	policy   *policies.Policy
	obs      inventory.Observation
	plan     Host
	excluded *Excluded
	// stored says that obs is not new.
	stored bool
	// at is the instant of the decisions.
	at time.Time
	// broken is an error of the engine, which ends the planning.
	broken error
}

// Plan scans the hosts, decides, simulates and arranges. A host that cannot be
// planned is in Plan.Excluded; the error is of the engine, or says that the
// policies do not fit the hosts.
func (p Planner) Plan(ctx context.Context, req Request) (*Plan, error) {
	out := &Plan{Schema: Schema, ConfigDigest: req.ConfigDigest, Excluded: []Excluded{}, Waves: []Wave{}}
	at := req.At
	if at.IsZero() {
		at = p.Now()
	}
	declared := make(map[string]*policies.Policy, len(req.Policies))
	for _, policy := range req.Policies {
		declared[policy.Name] = policy
	}
	var chosen []visit
	for _, h := range req.Hosts {
		policy, ex := choose(req.Policy, declared, h)
		if ex == nil && req.Gate != nil {
			ex = req.Gate(policy, h)
		}
		if ex != nil {
			out.Excluded = append(out.Excluded, *ex)
			continue
		}
		chosen = append(chosen, visit{host: h, policy: policy, at: at})
	}
	groups := map[*policies.Policy]*group{}
	n := p.Parallelism
	if n <= 0 {
		n = scan.DefaultParallelism
	}
	err := fleet.Each(ctx, n, chosen,
		func(ctx context.Context, v visit) visit { return p.visit(ctx, v, req) },
		func(v visit) error {
			if p.HostDone != nil {
				p.HostDone(v.host.Name, v.obs.Problem)
			}
			if !v.stored {
				if err := p.Observed(v.obs); err != nil {
					return err
				}
			}
			if v.broken != nil {
				return v.broken
			}
			if v.excluded != nil {
				out.Excluded = append(out.Excluded, *v.excluded)
				return nil
			}
			if groups[v.policy] == nil {
				groups[v.policy] = &group{policy: v.policy}
			}
			groups[v.policy].hosts = append(groups[v.policy].hosts, v.plan)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("look at the hosts: %w", err)
	}
	var list []group
	for _, g := range groups {
		list = append(list, *g)
	}
	waves, kept, err := assemble(list, req)
	if err != nil {
		return nil, err
	}
	out.Waves, out.Excluded = waves, append(out.Excluded, kept...)
	slices.SortFunc(out.Excluded, func(a, b Excluded) int { return strings.Compare(a.Host, b.Host) })
	return out, out.Seal(p.Now())
}

// Seal gives a plan that was made or changed at an instant an id of its own, its
// times and its digest.
func (p *Plan) Seal(now time.Time) error {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return fmt.Errorf("make a plan id: %w", err)
	}
	p.Created = now.UTC().Truncate(time.Second)
	p.Expires = p.Created.Add(Lifetime)
	p.ID = "p" + p.Created.Format("20060102-150405") + "-" + hex.EncodeToString(b[:])
	p.Digest = p.ComputeDigest()
	return nil
}

// choose finds the policy of a host: the one that is wanted, or its only one.
func choose(wanted string, declared map[string]*policies.Policy, h *inventory.Host) (*policies.Policy, *Excluded) {
	names := h.Policies
	if wanted != "" {
		if !slices.Contains(names, wanted) {
			return nil, &Excluded{h.Name, ExcludedUnmanaged, "policy " + wanted + " does not claim it"}
		}
		names = []string{wanted}
	}
	switch len(names) {
	case 0:
		return nil, &Excluded{h.Name, ExcludedUnmanaged, "no policy claims it"}
	case 1:
	default:
		return nil, &Excluded{h.Name, ExcludedAmbiguous,
			"several policies claim it: choose one with --policy " + strings.Join(names, " or --policy ")}
	}
	policy := declared[names[0]]
	if policy == nil {
		return nil, &Excluded{h.Name, ExcludedUnmanaged, "policy " + names[0] + " is not declared"}
	}
	return policy, nil
}

// visit looks at one host on one connection.
func (p Planner) visit(ctx context.Context, v visit, req Request) visit {
	ctx, done, err := wrap.Await(ctx, p.Dialer, v.host.Target) // the wait costs the host no time
	if err != nil {
		return p.unreached(v, err)
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, hostTimeout)
	defer cancel()
	s, err := p.Dialer.Dial(ctx, v.host.Target)
	if err != nil {
		return p.unreached(v, err)
	}
	v = p.look(ctx, s, v, req)
	if err := s.Close(); err != nil {
		v.obs.Notes = append(v.obs.Notes, "closing the connection: "+err.Error())
	}
	return v
}

// unreached is a host to which there is no connection.
func (p Planner) unreached(v visit, err error) visit {
	v.obs = scan.Failure(v.host.Name, err, p.Now())
	code := v.obs.Problem.Code
	if v.obs.State == inventory.ScanUnreachable && code == string(connectors.CodeTimeout) {
		code = string(connectors.CodeUnreachable) // a timeout up to login is that
	}
	v.excluded = &Excluded{v.host.Name, code, v.obs.Problem.Message}
	return v
}

func (p Planner) look(ctx context.Context, s connectors.Session, v visit, req Request) visit {
	if o, ok := req.Stored[v.host.Name]; ok {
		v.obs, v.stored = o, true
		return p.decide(ctx, s, v, req.Versions)
	}
	a := scan.Observe(ctx, s, p.Managers, scan.Request{Host: v.host.Name, Become: true, Refresh: req.Refresh,
		Timeouts: v.host.Target.Timeouts, Args: v.policy.Arguments()}, p.Now())
	v.obs = a.Observation
	return p.decide(ctx, s, v, req.Versions)
}

// decide turns what was seen into the plan of a host.
func (p Planner) decide(ctx context.Context, s connectors.Session, v visit, only Versions) visit {
	if v.obs.State != inventory.ScanOK && v.obs.State != inventory.ScanStale {
		v.excluded = &Excluded{v.host.Name, v.obs.Problem.Code, v.obs.Problem.Message}
		return v
	}
	i := slices.IndexFunc(p.Managers, func(m updates.Manager) bool { return m.Name() == v.obs.Facts.PackageManager })
	if i < 0 {
		v.excluded = &Excluded{v.host.Name, string(connectors.CodeUnsupported), "no adapter for " + v.obs.Facts.PackageManager}
		return v
	}
	us, err := enrich(ctx, p.Feeds, v.obs)
	if err != nil {
		v.broken = fmt.Errorf("look up what %s needs in the feeds: %w", v.host.Name, err)
		return v
	}
	ds := decideFor(only, v.policy, v.host, v.obs, us, p.Ledger, v.at)
	if v.broken = p.unloop(ctx, v.host.Name, ds); v.broken != nil {
		return v
	}
	if v.obs.State == inventory.ScanStale && len(wants(ds)) == 0 {
		v.excluded = &Excluded{v.host.Name, v.obs.Problem.Code, "the package index is stale and lists nothing: " + v.obs.Problem.Message}
		return v
	}
	solver := HostSolver{Session: s, Host: v.host.Name, Manager: p.Managers[i], Become: true, Timeouts: v.host.Target.Timeouts}
	settled, err := settle(ctx, solver, ds)
	if err == nil && v.policy.Rollout.Split == policies.SplitReboot {
		settled, err = split(ctx, solver, settled)
	}
	if err != nil {
		o := scan.Failure(v.host.Name, err, p.Now())
		v.excluded = &Excluded{v.host.Name, o.Problem.Code, o.Problem.Message}
		return v
	}
	v.plan = hostPlan(v.host.Name, v.policy, v.obs, settled)
	foresee(&v.plan, v.policy, v.host, v.obs.Facts, p.asker(ctx, s, v))
	return v
}
