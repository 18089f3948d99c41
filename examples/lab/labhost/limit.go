//go:build lab

package labhost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// limit is a limit of the whole machine that many guests need higher. All labs
// of the machine share it: the first to raise it writes the old value down, the
// last to close puts it back. Both under the lock of the run directory.
type limit struct {
	path string // the sysctl
	memo string // where the old value is written down
}

// inotifyInstances is shared by all guests; its default of 128 is enough for
// about fifteen guests with systemd.
func inotifyInstances() limit {
	return limit{"/proc/sys/fs/inotify/max_user_instances", CacheDir + "/inotify.before"}
}

// raise makes it at least enough.
func (l limit) raise(enough int) error {
	text, err := os.ReadFile(l.path)
	if err != nil {
		return fmt.Errorf("read a limit of the machine: %w", err)
	}
	now, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("read %s: %w", l.path, err)
	}
	if now >= enough {
		return nil
	}
	if _, err := os.Stat(l.memo); errors.Is(err, fs.ErrNotExist) {
		if err := writeFile(l.memo, string(text)); err != nil {
			return fmt.Errorf("write the old limit down: %w", err)
		}
	}
	return os.WriteFile(l.path, []byte(strconv.Itoa(enough)), 0)
}

// restore puts the old value back, if it was raised.
func (l limit) restore() error {
	old, err := os.ReadFile(l.memo)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the old limit: %w", err)
	}
	if err := os.WriteFile(l.path, old, 0); err != nil {
		return fmt.Errorf("put a limit of the machine back: %w", err)
	}
	return os.Remove(l.memo)
}
