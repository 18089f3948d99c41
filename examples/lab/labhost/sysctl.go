//go:build lab

package labhost

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// inotifyInstances is shared by all guests of the machine; its default of 128 is
// enough for about fifteen guests with systemd.
const inotifyInstances = "/proc/sys/fs/inotify/max_user_instances"

// raiseInotify makes room for many guests. Close puts the old value back.
func (l *Lab) raiseInotify() error {
	const enough = 4096
	text, err := os.ReadFile(inotifyInstances)
	if err != nil {
		return fmt.Errorf("read the limit of inotify instances: %w", err)
	}
	old := strings.TrimSpace(string(text))
	if n, err := strconv.Atoi(old); err != nil || n >= enough {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sysctls[inotifyInstances] = old
	return os.WriteFile(inotifyInstances, []byte(strconv.Itoa(enough)), 0)
}

func (l *Lab) restoreSysctls() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for path, value := range l.sysctls {
		errs = append(errs, os.WriteFile(path, []byte(value), 0))
	}
	return errors.Join(errs...)
}
