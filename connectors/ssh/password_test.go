package ssh

import (
	"errors"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
)

func TestQuestions(t *testing.T) {
	const canary = "pw-canary"
	for _, tt := range []struct {
		name      string
		questions []string
		echo      bool
		answered  bool
		err       error
	}{
		{name: "a notice"},
		{name: "English", questions: []string{"Password: "}, answered: true},
		{name: "sshd of Debian 12", questions: []string{"(patch@web1) Password: "}, answered: true},
		{name: "German", questions: []string{"Passwort: "}, answered: true},
		{name: "French", questions: []string{"Mot de passe : "}, answered: true},
		{name: "Spanish", questions: []string{"Contraseña: "}, answered: true},
		{name: "shown on the screen", questions: []string{"Password: "}, echo: true, err: errQuestion},
		{name: "code", questions: []string{"Verification code: "}, err: errQuestion},
		{name: "one-time password", questions: []string{"One-time password (OATH) for `patch': "}, err: errQuestion},
		{name: "OTP", questions: []string{"Password/OTP: "}, err: errQuestion},
		{name: "expired password", questions: []string{"You are required to change your password immediately. New password: "}, err: errQuestion},
		{name: "two questions", questions: []string{"Password: ", "Code: "}, err: errQuestion},
		{name: "something else", questions: []string{"Favourite colour? "}, err: errQuestion},
	} {
		t.Run(tt.name, func(t *testing.T) {
			secret := &connectortest.Secret{Name: "cred:login", Value: canary}
			a := &authentication{ep: endpoint{auth: connectors.Auth{Password: secret}}}
			echos := make([]bool, len(tt.questions))
			if tt.echo {
				echos[0] = true
			}
			answers, err := a.answer(t.Context(), tt.questions, echos)
			if !errors.Is(err, tt.err) || (len(answers) == 1 && answers[0] == canary) != tt.answered || a.passwordSent() != tt.answered {
				t.Errorf("got %q %v", answers, err)
			}
			if tt.answered {
				if _, err := a.answer(t.Context(), tt.questions, echos); !errors.Is(err, errPasswordSent) {
					t.Errorf("the password is given a second time: %v", err)
				}
			}
		})
	}
}
