//go:build winrm

package winrm

import (
	_ "github.com/Azure/go-ntlmssp" // NTLM with message encryption
	_ "github.com/masterzen/winrm"  // by commit: the newest tag is of 2021
)
