# Scan and refresh: what is on offer and how old the metadata is.


def refresh(base):
    """Fetch the metadata of each repository, so that one dead one hides no other."""
    failed = 0
    with dnf.lock.build_metadata_lock(base.conf.cachedir, base.conf.exit_on_lock):
        for repo in list(base.repos.iter_enabled()):
            repo._repo.expire()
            try:
                repo.load()
                say('repo', repo.id, 'ok', '')
            except dnf.exceptions.RepoError as e:
                failed += 1
                say('repo', repo.id, 'failed', one_line(e))
    return 1 if failed else 0


def source_of(pkg):
    """Name and version of the source package: NAME-VERSION-RELEASE.src.rpm."""
    nvr = pkg.sourcerpm or ''
    for end in ('.src.rpm', '.nosrc.rpm'):
        if nvr.endswith(end):
            nvr = nvr[:-len(end)]
    parts = nvr.rsplit('-', 2)
    return (parts[0], '-'.join(parts[1:])) if len(parts) == 3 else ('', '')


def newest_by_name(packages):
    """The newest package of each (name, arch) and of each name."""
    newest = {}
    for pkg in packages:
        for key in ((pkg.name, pkg.arch), pkg.name):
            if key not in newest or pkg > newest[key]:
                newest[key] = pkg
    return newest


def pending(sack, flags, obsoletes):
    """All updates on offer: (new package, packages that it replaces)."""
    query = sack.query(flags=flags)
    installed = query.installed()
    try:
        upgrades = query.filter(upgrades_by_priority=True)
    except (ValueError, hawkey.Exception):
        upgrades = query.upgrades()
    found = {}
    for pkg in upgrades.latest(1):
        found[(pkg.name, pkg.arch)] = (pkg, [])
    if not obsoletes:
        return found
    for pkg in query.available().filter(obsoletes=installed).latest(1):
        if (pkg.name, pkg.arch) in found or installed.filter(name=pkg.name, arch=pkg.arch):
            continue
        names = set(str(dep).split()[0] for dep in pkg.obsoletes)
        old = [p for p in installed.filter(provides=pkg.obsoletes) if p.name in names and p.name != pkg.name]
        if old:
            found[(pkg.name, pkg.arch)] = (pkg, old)
    return found


def blocked(base, offered):
    """What the solver cannot bring: {key: 'kept-back' or 'broken'}.

    One run for everything; only for what is left one each, to learn whether it
    could be had by removing other packages.
    """
    goal = dnf.goal.Goal(base.sack)
    goal.upgrade_all()
    possible = set(str(p) for p in goal.list_upgrades() + goal.list_installs()) if goal.run() else set()
    words = {}
    for key, (pkg, _) in offered.items():
        if str(pkg) in possible:
            continue
        goal = dnf.goal.Goal(base.sack)
        goal.install(select=dnf.selector.Selector(base.sack).set(pkg=base.sack.query().filter(pkg=[pkg])))
        words[key] = 'kept-back' if goal.run(allow_uninstall=True) else 'broken'
    return words


def scan(base):
    if not wait_for_transaction():
        say('busy')
    load(base, report=True)
    sack = base.sack
    installed = sack.query(flags=hawkey.IGNORE_EXCLUDES).installed()
    newest = newest_by_name(installed)
    offered = pending(sack, hawkey.APPLY_EXCLUDES, base.conf.obsoletes)
    everything = pending(sack, hawkey.IGNORE_REGULAR_EXCLUDES, base.conf.obsoletes)
    words = blocked(base, offered)
    for key in sorted(set(offered) | set(everything)):
        pkg, replaced = offered.get(key) or everything[key]
        hidden = everything.get(key, (pkg, []))[0]
        if key not in offered:
            update(newest, pkg, replaced, 'locked')
            continue
        update(newest, pkg, replaced, words.get(key, ''))
        if hidden.evr != pkg.evr:
            say('hidden', hidden.name, hidden.arch, hidden.evr)
    advisories(sack, set(offered) | set(everything))
    for pkg in installed.duplicated().difference(base._get_installonly_query(installed)):
        say('duplicate', pkg.name, pkg.arch, pkg.evr)
    kernel(sack, newest)
    if os.environ.get('dnf_since_boot'):
        since_boot(installed)


def update(newest, pkg, replaced, blocked):
    old = None if replaced else newest.get((pkg.name, pkg.arch)) or newest.get(pkg.name)
    source, version = source_of(pkg)
    say('update', pkg.name, pkg.arch, old.evr if old else '', pkg.evr, pkg.reponame, source, version,
        pkg.downloadsize, pkg.buildtime, blocked, ','.join(sorted(p.name for p in replaced)))


def advisories(sack, wanted):
    """Advisories for anything newer than what is installed, also on the way to it."""
    seen = set()
    query = sack.query(flags=hawkey.IGNORE_REGULAR_EXCLUDES).filter(upgradable=True)
    for item in query.get_advisory_pkgs(hawkey.GT):
        if (item.name, item.arch) not in wanted:
            continue
        adv = item.get_advisory(sack)
        line = (item.name, item.arch, item.evr, adv.id)
        if line in seen:
            continue
        seen.add(line)
        types = {hawkey.ADVISORY_SECURITY: 'security', hawkey.ADVISORY_BUGFIX: 'bugfix',
                 hawkey.ADVISORY_ENHANCEMENT: 'enhancement', hawkey.ADVISORY_NEWPACKAGE: 'newpackage'}
        cves = [ref.id for ref in adv.references if ref.type == hawkey.REFERENCE_CVE and ref.id]
        say('advisory', *(line + (types.get(adv.type, ''), adv.severity or '',
            adv.updated.strftime('%Y-%m-%dT%H:%M:%SZ') if adv.updated else '', ','.join(sorted(cves)))))


def kernel(sack, newest):
    """The running kernel's package against the newest one of the same name."""
    running = sack.get_running_kernel()
    if running:
        best = newest.get((running.name, running.arch), running)
        say('kernel', running.name, running.evr, best.evr)


def since_boot(installed):
    """What was installed since the machine started, newest first, at most 300."""
    try:
        start = int(os.stat('/proc/1').st_mtime)
    except OSError:
        return
    since = sorted((p for p in installed if p.installtime > start), key=lambda p: -p.installtime)
    for pkg in since[:300]:
        say('since-boot', pkg.name, pkg.arch, pkg.evr)


MODES['refresh'] = refresh
MODES['scan'] = scan
