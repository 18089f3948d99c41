package source

import (
	"regexp"
	"strings"
)

// secretName is what variables are called that hold a secret: the last word says
// it, or the first one is vault.
var secretName = regexp.MustCompile(`(?i)(?:^|[_.-])(?:pass|pwd|token|credential|community|(?:api|access|secret|private|encryption|ssh|license)[_-]?key)s?$` +
	`|(?:password|passwd|passphrase|secret|apikey)s?$|^vault_`)

// notSecret are names that secretName means wrongly.
var notSecret = regexp.MustCompile(`(?i)(?:_file|_path|_policy|_length|_expiry|_age|_enabled)s?$`)

// isSecret reports a variable whose value must not be handed on.
func isSecret(name string, v any) bool { return nameCache(nil).isSecret(name, v) }

// nameCache remembers which names are those of secrets; hosts have the same ones. A
// nil one remembers nothing.
type nameCache map[string]bool

func (c nameCache) isSecret(name string, v any) bool {
	switch v := v.(type) {
	case encrypted:
		return true
	case nil, bool:
		return false
	case string:
		if v == "" {
			return false
		}
		if strings.Contains(v, "PRIVATE KEY-----") || strings.Contains(v, vaultHeader) {
			return true
		}
	}
	secret, known := c[name]
	if !known {
		secret = secretName.MatchString(name) && !notSecret.MatchString(name)
		if c != nil {
			c[name] = secret
		}
	}
	return secret
}

// holdsSecret reports a value with a secret somewhere in it.
func holdsSecret(name string, v any) bool {
	if isSecret(name, v) {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if holdsSecret(k, e) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if holdsSecret("", e) {
				return true
			}
		}
	}
	return false
}

// withoutSecrets returns a copy of a value without the secrets in it, and adds
// their names to found.
func withoutSecrets(path string, v any, found *[]string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			if inner := path + "." + k; isSecret(k, e) {
				*found = append(*found, inner)
			} else {
				out[k] = withoutSecrets(inner, e, found)
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if isSecret("", e) {
				*found = append(*found, path)
			} else {
				out = append(out, withoutSecrets(path, e, found))
			}
		}
		return out
	default:
		return v
	}
}

// divide splits variables: what is the operator's own and no secret, and the names
// of secrets. Variables of Ansible's own are in neither.
func divide(vars map[string]any, names nameCache) (own map[string]any, secrets []string) {
	for k, v := range vars {
		switch {
		case names.isSecret(k, v):
			secrets = append(secrets, k)
			continue
		case strings.HasPrefix(k, "ansible_"):
			continue
		case holdsSecret(k, v):
			v = withoutSecrets(k, v, &secrets)
		}
		if own == nil {
			own = make(map[string]any, len(vars))
		}
		own[k] = v
	}
	return own, secrets
}
