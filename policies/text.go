package policies

// Text is text of the configuration that may name attributes of the host it is
// used for ("host=${host.name}"), or plain text. It is checked when the
// configuration is loaded and written out for one host when it is needed.
type Text interface {
	// Render returns the text for the subject's host. The error says which part of
	// it has no value on that host; then the text must not be used.
	Render(s Subject) (string, error)
	// Constant returns the text if it is the same for every host.
	Constant() (string, bool)
	// String is the text as it was written, for messages and plans.
	String() string
}
