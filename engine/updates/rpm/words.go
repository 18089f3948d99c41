package rpm

import (
	"fmt"
	"strings"
)

// List joins words for a message, at most limit of them.
func List(words []string, limit int) string {
	if len(words) <= limit {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:limit], ", "), len(words)-limit)
}
