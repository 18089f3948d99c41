package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// The places where a configuration is looked for.
const (
	localDir  = "patchwave.d"
	systemDir = "/etc/patchwave"
)

// FindDir returns the configuration directory: that of the flag -C, else that
// of $PATCHWAVE_CONFIG, else ./patchwave.d if it is there, else /etc/patchwave.
// The error says that there is none, and what to do; env may be nil.
func FindDir(flag string, env func(string) (string, bool)) (string, error) {
	if flag != "" {
		return existing(flag, "-C")
	}
	if env != nil {
		if dir, ok := env("PATCHWAVE_CONFIG"); ok && dir != "" {
			return existing(dir, "$PATCHWAVE_CONFIG")
		}
	}
	if info, err := os.Stat(localDir); err == nil && info.IsDir() {
		return localDir, nil
	}
	if _, err := os.Stat(systemDir); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no configuration found: neither ./%s nor %s is there; name one with -C, or write one with `patchwave init`",
			localDir, systemDir)
	}
	return systemDir, nil
}

func existing(dir, origin string) (string, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("the configuration directory %s (from %s) does not exist; write one with `patchwave init %s`", dir, origin, dir)
	case err != nil:
		return "", fmt.Errorf("the configuration directory (from %s) cannot be used: %w", origin, err)
	case !info.IsDir():
		return "", fmt.Errorf("%s (from %s) is a file; name the directory that holds it", dir, origin)
	}
	return dir, nil
}
