package sts

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
)

// checkCode reports whether the caller shows a second factor, by a code that
// stays good: whether the call is allowed at all may depend on it.
func (s *Service) checkCode(c *call.Call, serial, code *string) (shown bool, err error) {
	if shown, err := s.wellFormed(serial, code); !shown || err != nil {
		return false, err
	}
	err = s.Devices.Check(c.State, c.Principal, *serial, *code)
	return err == nil, err
}

// useCode does the same and uses the code up, so that nobody who has seen it
// can show it again.
func (s *Service) useCode(c *call.Call, serial, code *string) (shown bool, err error) {
	if shown, err := s.wellFormed(serial, code); !shown || err != nil {
		return false, err
	}
	err = s.Devices.Use(c.Ctx, c.Principal, *serial, *code)
	return err == nil, err
}

// wellFormed reports whether there is a code to look at.
func (s *Service) wellFormed(serial, code *string) (bool, error) {
	switch {
	case serial == nil && code == nil:
		return false, nil
	case aws.Val(serial) == "" || aws.Val(code) == "":
		return false, denied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")
	case s.Devices == nil:
		return false, denied("MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
	}
	return true, nil
}
