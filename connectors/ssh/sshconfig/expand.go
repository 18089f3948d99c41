package sshconfig

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// tokens are the values of the percent tokens of ssh_config(5), TOKENS.
type tokens map[byte]string

// expand replaces tokens. A token that is not known is an error.
func (t tokens) expand(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", errors.New("a percent sign stands at the end; write %%")
		}
		if s[i] == '%' {
			b.WriteByte('%')
			continue
		}
		v, ok := t[s[i]]
		if !ok {
			return "", fmt.Errorf("the token %%%c is not supported", s[i])
		}
		b.WriteString(v)
	}
	return b.String(), nil
}

// path expands ~/ at the beginning, ${HOME} and tokens. Values that come from
// host and user names hold no slash (checkHost, checkUser), so that they cannot
// lead a path astray.
func (t tokens) path(s string) (string, error) {
	home := strings.ReplaceAll(t['d'], "%", "%%")
	switch {
	case s == "":
		return "", errors.New("the path is empty")
	case s == "~" || strings.HasPrefix(s, "~/"):
		s = home + s[1:]
	case strings.HasPrefix(s, "~"):
		return "", errors.New("the home of another user is not looked up; write the path out")
	}
	s = strings.ReplaceAll(s, "${HOME}", home)
	if strings.Contains(s, "${") {
		return "", errors.New("of the environment only ${HOME} is supported; write the path out")
	}
	s, err := t.expand(s)
	if err != nil {
		return "", err
	}
	return filepath.Clean(s), nil
}
