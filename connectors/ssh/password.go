package ssh

import (
	"context"
	"errors"
	"fmt"
	"regexp"
)

// errPasswordSent ends a method instead of sending the password again.
var errPasswordSent = errors.New("the password was tried once already")

// errQuestion ends keyboard-interactive when it asks for something else.
var errQuestion = errors.New("the host asks for something that is not the password")

// passwordQuestion and otherQuestion tell a password prompt (of PAM, in a few
// languages) from one for a one-time code.
var (
	passwordQuestion = regexp.MustCompile(`(?i)passwor[dt]|kennwort|wachtwoord|mot de passe|contrase|senha|parola|пароль|パスワード|密码|密碼`)
	otherQuestion    = regexp.MustCompile(`(?i)one[- ]time|\botp\b|\bcode\b|token|verification|passcode|new password|again|retype|expired`)
)

// answer answers one round of keyboard-interactive (RFC 4256): a single hidden
// question for the password, once. A round without questions is a notice.
func (a *authentication) answer(ctx context.Context, questions []string, echos []bool) ([]string, error) {
	switch {
	case len(questions) == 0:
		return nil, nil
	case len(questions) > 1, len(echos) != 1, echos[0], !passwordQuestion.MatchString(questions[0]), otherQuestion.MatchString(questions[0]):
		return nil, errQuestion
	}
	secret, err := a.password(ctx)
	if err != nil {
		return nil, err
	}
	return []string{secret}, nil
}

// password reveals the password, once in a login.
func (a *authentication) password(ctx context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sent {
		return "", errPasswordSent
	}
	secret, err := a.ep.auth.Password.Reveal(ctx)
	if err != nil {
		a.secret = fmt.Errorf("read the password %s: %w", a.ep.auth.Password.Ref(), err)
		return "", a.secret
	}
	defer clear(secret)
	a.sent = true
	return string(secret), nil // the library wants a string, which cannot be wiped
}
