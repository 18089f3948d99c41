# The transactions that change the host: install and rollback, stage, which ends when
# its packages are downloaded, and keep, which stores what rollback needs.
import json
import shutil
import subprocess

MARKS = 'dnf.marks'  # in DIR: {"NAME.ARCH": reason}, what the user asked for and what came with it


def read_marks():
    try:
        with open(os.path.join(DIR, MARKS)) as f:
            return json.load(f)
    except (IOError, ValueError):
        return {}


def changes_wanted():
    return [tuple('-' if word == '' else word for word in c) for c in DATA if len(c) == 5]


def reverse(changes, marks):
    """The changes that undo changes. marks has the architectures that were there."""
    back = {'install': 'remove', 'remove': 'install', 'upgrade': 'downgrade', 'downgrade': 'upgrade'}
    return [(back[action], name, arch if action == 'install' else arch_before(marks, name, arch), new, old)
            for action, name, arch, old, new in changes]


def arch_before(marks, name, arch):
    """The architecture of the old version: an update may change it to or from noarch."""
    had = sorted(key.rsplit('.', 1)[1] for key in marks if key.rsplit('.', 1)[0] == name)
    if arch in had or not had:
        return arch
    return 'noarch' if 'noarch' in had else had[0]


def still_to_do(base, changes):
    """Changes whose end is not already there: a second call does no harm."""
    there = set((p.name, p.arch, p.evr) for p in base.sack.query(flags=hawkey.IGNORE_EXCLUDES).installed())
    left = []
    for change in changes:
        action, name, arch, old, new = change
        done = (name, arch, old) not in there if action == 'remove' else (name, arch, new) in there
        if not done:
            left.append(change)
    return left


# ---- keep


def keep(base):
    """Store the old packages of all that is replaced or removed, checked like any download."""
    load(base)
    if not os.path.isdir(DIR):
        os.makedirs(DIR, 0o700)
    reasons = {}
    for pkg in replaced_by(base, changes_wanted()):
        reasons['{}.{}'.format(pkg.name, pkg.arch)] = base.history.rpm.get_reason(pkg)
        say(pkg.name, pkg.arch, pkg.evr, 'kept' if store(base, pkg) else 'missing')
    with open(os.path.join(DIR, MARKS), 'w') as f:
        json.dump(reasons, f)


def store(base, pkg):
    name = '{}-{}-{}.{}.rpm'.format(pkg.name, pkg.version, pkg.release, pkg.arch)
    target = os.path.join(DIR, name)
    if os.path.isfile(target) and same(target, pkg):
        return True
    path = local_copy(base, pkg)
    if path and not same(path, pkg):
        path = None
    offers = on_offer(base, pkg)
    if not path and offers:
        try:
            base.download_packages(offers[:1])
            path = offers[0].localPkg()
            if base._sig_check_pkg(offers[0])[0] != 0:
                sys.stderr.write('{}: the signature is not good\n'.format(name))
                return False
        except dnf.exceptions.Error as e:
            sys.stderr.write('{}: {}\n'.format(name, one_line(e)))
            return False
    if not path or not os.path.isfile(path):
        return False
    try:
        shutil.copyfile(path, target + '.part')
        if not same(target + '.part', pkg):
            os.remove(target + '.part')
            sys.stderr.write('{}: not the package that is installed\n'.format(name))
            return False
        os.rename(target + '.part', target)
    except (IOError, OSError) as e:
        sys.stderr.write('{}: {}\n'.format(name, one_line(e)))
        return False
    return True


def same(path, pkg):
    """Say whether a file is whole, and the very package that is installed: its header has
    the same checksum, and holds those of its content."""
    null = open(os.devnull, 'r+b')
    if subprocess.call(['rpm', '-K', '--nosignature', path], stdin=null, stdout=null, stderr=null) != 0:
        return False
    ask = ['rpm', '-q', '--qf', '%{SHA1HEADER}\n']
    nvra = '{}-{}-{}.{}'.format(pkg.name, pkg.version, pkg.release, pkg.arch)
    try:
        there = subprocess.check_output(ask + ['-p', '--nosignature', path], stdin=null, stderr=null).split()
        return bool(there) and there[0] in subprocess.check_output(ask + [nvra], stdin=null, stderr=null).split()
    except subprocess.CalledProcessError:
        return False


def manifest(base):
    """The marks of all packages that came as dependencies."""
    base.fill_sack(load_system_repo=True, load_available_repos=False)
    t = libdnf.transaction
    for pkg in base.sack.query(flags=hawkey.IGNORE_EXCLUDES).installed():
        if base.history.rpm.get_reason(pkg) in (t.TransactionItemReason_DEPENDENCY, t.TransactionItemReason_WEAK_DEPENDENCY):
            say('auto', '{}.{}'.format(pkg.name, pkg.arch))


# ---- install and rollback


def prepare(base):
    """Put exactly the wanted changes into the goal; base.wanted is checked after the solver.

    A rollback does what can be done: going back with most packages is better
    than with none. It then ends with 1.
    """
    if transaction_runs():  # of rpm itself, which dnf meets only when it is too late to wait
        raise dnf.exceptions.LockError('RPMDB already locked by another transaction')
    load(base)
    changes = changes_wanted()
    if MODE == 'rollback':
        changes = reverse(changes, read_marks())
        kept = sorted(os.path.join(DIR, f) for f in os.listdir(DIR) if f.endswith('.rpm'))
        if kept:
            base.add_remote_rpms(kept, strict=False)
    base.wanted = still_to_do(base, changes)
    missing = []
    installed = base.sack.query(flags=hawkey.IGNORE_EXCLUDES).installed()
    for action, name, arch, old, new in base.wanted:
        if action == 'remove':
            for pkg in installed.filter(name=name, arch=arch):
                if pkg.evr == old:
                    base._goal.erase(pkg, clean_deps=False)
        elif not choose(base, name, arch, new):
            missing.append((action, name, arch, old, new))
    if not missing:
        return 0
    words = ', '.join('{}-{}.{}'.format(name, new, arch) for _, name, arch, _, new in missing)
    if MODE != 'rollback' or len(missing) == len(base.wanted):
        raise dnf.exceptions.Error(words + ' is not to be had')
    sys.stderr.write('Error: {} is not to be had, the rest is rolled back\n'.format(words))
    base.wanted = [c for c in base.wanted if c not in missing]
    return 1


def agree(base):
    """Refuse a transaction that is not the wanted one; set the marks of new packages."""
    changes = changes_of(base.transaction or ())
    extra = sorted(set(changes) - set(base.wanted))
    lacking = sorted(set(base.wanted) - set(changes))
    if extra or lacking:
        words = ['{} {}.{} {} -> {}'.format(*c) for c in extra] + ['not {} {}.{} {} -> {}'.format(*c) for c in lacking]
        raise dnf.exceptions.Error('the transaction would not be the approved one: ' + ', '.join(words))
    marks = read_marks() if MODE == 'rollback' else {}
    names = set(p.name for p in base.sack.query(flags=hawkey.IGNORE_EXCLUDES).installed())
    for (action, name, arch, _, _), item in changes.items():
        if action == 'install':
            mark(base, item, marks.get('{}.{}'.format(name, arch)), name in names)


def mark(base, item, kept, parallel):
    """Undo that naming a package marks it as wanted by the user."""
    if kept is not None:
        item.reason = kept
        return
    if parallel:
        return  # another version stays: dnf has given this one its mark
    best = libdnf.transaction.TransactionItemReason_DEPENDENCY
    for pkg in base._goal.obsoleted_by_package(item.pkg):
        reason = base.history.rpm.get_reason(pkg)
        if libdnf.transaction.TransactionItemReasonCompare(reason, best) > 0:
            best = reason
    item.reason = best


MODES['keep'] = keep
MODES['manifest'] = manifest
MODES['install'] = MODES['rollback'] = MODES['stage'] = prepare
