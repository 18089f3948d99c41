# The part of patchwave that runs inside dnf 4, for Python 3.6 and later. It is a
# command of dnf's own command line (dnf.cli.main), so that configuration, plugins,
# variables, locks, signatures and history are dnf's.
#
# usage: PYTHON -I - MODE DIR   program on standard input, data on descriptor 3
import os
import sys

MODE = sys.argv[1]
DIR = sys.argv[2] if len(sys.argv) > 2 else ''
MODES = {}  # what each MODE calls with the base; it returns an exit status or None
CHANGING = MODE in ('install', 'rollback', 'stage')
LOCK_WAIT = int(os.environ.get('dnf_lock_wait') or 0)

with os.fdopen(3, 'rb') as channel:
    DATA = [tuple(line.split('\t')) for line in channel.read().decode('utf-8', 'replace').split('\n') if line]
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
answer = os.fdopen(os.dup(1), 'wb')
if not CHANGING:
    os.dup2(2, 1)  # what dnf and its plugins print is not the answer

import fcntl
import time

import dnf
import dnf.cli
import dnf.cli.commands
import dnf.cli.main
import dnf.exceptions
import dnf.lock
import dnf.repo
import dnf.selector
import hawkey
import libdnf.transaction
import rpm


def say(*fields):
    """Print one line: fields with tabs between, '-' for what is empty."""
    words = [''.join(c if c.isprintable() else ' ' for c in str(f)).strip() or '-' for f in fields]
    answer.write(('\t'.join(words) + '\n').encode('utf-8', 'replace'))
    answer.flush()


def one_line(error):
    return ' '.join(str(error).split())


def transaction_runs():
    """Say whether another process holds rpm's transaction lock."""
    path = os.path.join(rpm.expandMacro('%{_dbpath}'), '.rpm.lock')
    try:
        with open(path, 'rb') as lock:
            fcntl.lockf(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def wait_for_transaction():
    """Wait for rpm's transaction lock, at most LOCK_WAIT seconds."""
    end = time.monotonic() + LOCK_WAIT
    while transaction_runs():
        if time.monotonic() >= end:
            return False
        time.sleep(1)
    return True


class NoLock(object):
    """Stands for the metadata lock where metadata is only read."""

    def __enter__(self):
        pass

    def __exit__(self, *ignored):
        pass


def load(base, report=False):
    """Fill the sack with what is cached and fetch nothing, however old it is."""
    if not CHANGING:
        dnf.lock.build_metadata_lock = lambda *ignored: NoLock()
    for repo in list(base.repos.iter_enabled()):
        repo._repo.setSyncStrategy(dnf.repo.SYNC_ONLY_CACHE)
        try:
            repo.load()
            if report:
                say('repo', repo.id, 'ok', max(0, int(repo._repo.getAge())), '')
        except dnf.exceptions.RepoError as e:
            repo.disable()
            if report:
                say('repo', repo.id, 'missing', -1, one_line(e))
    base.fill_sack()
