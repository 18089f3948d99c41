package labhost

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed scripts/*.sh
var scriptFiles embed.FS

// writeScripts puts the embedded scripts into dir.
func writeScripts(dir string) error {
	entries, err := fs.ReadDir(scriptFiles, "scripts")
	if err != nil {
		return fmt.Errorf("read the embedded scripts: %w", err)
	}
	for _, entry := range entries {
		body, err := scriptFiles.ReadFile("scripts/" + entry.Name())
		if err != nil {
			return fmt.Errorf("read the embedded scripts: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, entry.Name()), body, 0o700); err != nil {
			return fmt.Errorf("write the lab's scripts: %w", err)
		}
	}
	return nil
}

// recipe is a short digest over scripts and whatever else makes an image what
// it is. Images are cached under it, so a changed recipe is a new image.
func recipe(more string, names ...string) (string, error) {
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%d %s\n", len(more), more) // a hash takes everything
	for _, name := range names {
		body, err := scriptFiles.ReadFile("scripts/" + name)
		if err != nil {
			return "", fmt.Errorf("read the embedded scripts: %w", err)
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", name, len(body), body)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}
