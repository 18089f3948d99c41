package wsman

import (
	"encoding/base64"
	"strings"
)

// EncodedCommand is the program in a command line like
//
//	powershell.exe -NoProfile -NonInteractive -EncodedCommand BASE64
//
// and is false for any other. The program's name may have a path, quotes and no
// extension; the switch may be shortened as PowerShell allows it (-e, -ec, -enc),
// and may begin with a slash.
func EncodedCommand(line string) (program string, ok bool) {
	name, rest := firstWord(line)
	name = strings.ToLower(name[strings.LastIndexAny(name, `\/`)+1:])
	if strings.TrimSuffix(name, ".exe") != "powershell" {
		return "", false
	}
	words := strings.Fields(rest)
	for i, w := range words[:max(len(words)-1, 0)] {
		if isEncodedSwitch(w) {
			return decodeProgram(strings.Trim(words[i+1], `"'`))
		}
	}
	return "", false
}

// firstWord is the program of a command line, and the rest.
func firstWord(line string) (word, rest string) {
	line = strings.TrimLeft(line, " \t")
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		word, rest, _ = strings.Cut(quoted, `"`)
		return word, rest
	}
	word, rest, _ = strings.Cut(line, " ")
	return word, rest
}

func isEncodedSwitch(w string) bool {
	if w == "" || w[0] != '-' && w[0] != '/' {
		return false
	}
	w = strings.ToLower(w[1:])
	return w == "ec" || w != "" && strings.HasPrefix("encodedcommand", w)
}

// decodeProgram is text in UTF-16, little endian, in base64.
func decodeProgram(b64 string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(b64)
	if err != nil || len(b)%2 != 0 {
		return "", false
	}
	return strings.TrimPrefix(fromUTF16(b), "\ufeff"), true
}
