# What dnf's solver would do, and what an answer of it looks like.


def choose(base, name, arch, evr):
    """Ask the solver for exactly this package; False if there is none."""
    query = base.sack.query().filter(name=name, arch=arch)
    exact = [p for p in query if p.evr == evr]
    if not exact:
        return False
    base._goal.install(select=dnf.selector.Selector(base.sack).set(pkg=query.filter(pkg=exact)), optional=False)
    return True


def has_package(item):
    """False for a mere change of a mark, which comes with the removal of an old kernel."""
    try:
        return item.pkg is not None
    except KeyError:
        return False


def changes_of(transaction):
    """What a resolved transaction does: {(action, name, arch, from, to): (package, item)}."""
    t = libdnf.transaction
    words = {t.TransactionItemAction_INSTALL: 'install', t.TransactionItemAction_UPGRADE: 'upgrade',
             t.TransactionItemAction_DOWNGRADE: 'downgrade', t.TransactionItemAction_REMOVE: 'remove',
             t.TransactionItemAction_OBSOLETED: 'remove'}
    items = [i for i in transaction if has_package(i)]
    old = {}
    for item in items:
        if item.action in (t.TransactionItemAction_UPGRADED, t.TransactionItemAction_DOWNGRADED):
            old[(item.pkg.name, item.pkg.arch)] = old[item.pkg.name] = item.pkg.evr
    changes = {}
    for item in items:
        word, pkg = words.get(item.action), item.pkg
        if word == 'remove':
            changes[(word, pkg.name, pkg.arch, pkg.evr, '-')] = item
        elif word == 'install':
            changes[(word, pkg.name, pkg.arch, '-', pkg.evr)] = item
        elif word:
            before = old.get((pkg.name, pkg.arch)) or old.get(pkg.name) or '-'
            changes[(word, pkg.name, pkg.arch, before, pkg.evr)] = item
    return changes


def solve(base, wants):
    """Answer one question in the form of frame dnf.sim; return the changes."""
    for want in wants:
        if not choose(base, *want):
            hidden = base.sack.query(flags=hawkey.IGNORE_EXCLUDES).filter(name=want[0], arch=want[1])
            why = 'is excluded or locked on the host' if [p for p in hidden if p.evr == want[2]] else \
                'is in no enabled repository'
            say('problem', '{}-{}.{} {}'.format(want[0], want[2], want[1], why))
            return {}
    try:
        base.resolve(allow_erasing=False)
    except dnf.exceptions.Error as e:
        say('problem', one_line(e))
        return {}
    changes = changes_of(base.transaction or ())
    for change, item in sorted(changes.items()):
        say('change', *(change + (0 if change[0] == 'remove' else item.pkg.downloadsize,)))
    say('ok')
    return changes


def local_copy(base, pkg):
    """The path of a cached copy of pkg, or None."""
    name = '{}-{}-{}.{}.rpm'.format(pkg.name, pkg.version, pkg.release, pkg.arch)
    for repo in os.listdir(base.conf.cachedir) if os.path.isdir(base.conf.cachedir) else ():
        path = os.path.join(base.conf.cachedir, repo, 'packages', name)
        if os.path.isfile(path):
            return path
    return None


def on_offer(base, pkg):
    query = base.sack.query(flags=hawkey.IGNORE_EXCLUDES).available().filter(name=pkg.name, arch=pkg.arch)
    return [p for p in query if p.evr == pkg.evr]


def replaced_by(base, changes):
    """The installed packages that changes replace or remove."""
    installed = base.sack.query(flags=hawkey.IGNORE_EXCLUDES).installed()
    found = []
    for action, name, arch, old, new in sorted(changes):
        match = [p for p in installed.filter(name=name) if p.evr == old]
        found += [p for p in match if p.arch == arch] or match
    return found


def simulate(base):
    load(base)
    wants = [w for w in DATA if len(w) == 3]
    if MODE == 'each':
        for number, want in enumerate(wants, 1):
            base.reset(goal=True)
            say('frame', 'dnf.sim.{}'.format(number))
            solve(base, [want])
        return
    say('frame', 'dnf.sim')
    changes = solve(base, wants)
    say('frame', 'dnf.undo')
    for pkg in replaced_by(base, changes):
        say(pkg.name, pkg.arch, pkg.evr, 'yes' if on_offer(base, pkg) or local_copy(base, pkg) else 'no')


MODES['set'] = MODES['each'] = simulate
