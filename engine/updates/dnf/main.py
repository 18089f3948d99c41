# The command and the call of dnf.


class Command(dnf.cli.commands.Command):
    aliases = ('patchwave-' + MODE,)
    summary = 'patchwave'

    def configure(self):
        demands = self.cli.demands
        demands.available_repos = True
        demands.sack_activation = False
        demands.freshest_metadata = False
        demands.plugin_filtering_enabled = MODE != 'rollback'  # version locks
        demands.root_user = CHANGING
        demands.resolving = CHANGING

    def run(self):
        status = MODES[MODE](self.base)
        if status:
            self.cli.demands.success_exit_status = status

    def run_resolved(self):
        agree(self.base)


class Cli(dnf.cli.Cli):
    def __init__(self, base):
        super(Cli, self).__init__(base)
        self.register_command(Command)


ARGS = ['-y' if CHANGING or MODE == 'keep' else '--assumeno', '--setopt=exit_on_lock=1']
if MODE == 'rollback':
    ARGS.append('--disableexcludes=all')
if MODE == 'stage':
    ARGS.append('--downloadonly')
if not CHANGING and MODE != 'refresh':
    ARGS.append('-q')
sys.exit(dnf.cli.main.main(ARGS + ['patchwave-' + MODE], cli_class=Cli))
