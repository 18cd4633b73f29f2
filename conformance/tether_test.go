//go:build linux || freebsd

package conformance

import (
	"os/exec"
	"syscall"
)

// tether lets a server die with the test that starts it.
func tether(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
