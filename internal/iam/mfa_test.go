package iam

import (
	"bytes"
	"encoding/base32"
	"image/png"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// The vectors of RFC 6238, appendix B, cut to six digits.
func TestCodeOf(t *testing.T) {
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := codeOf([]byte("12345678901234567890"), stepAt(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

// device makes a device of a name and returns its serial number and its seed.
func (f *fixture) device(name string) (serial string, seed []byte) {
	f.Helper()
	f.service.Clock = func() time.Time { return f.Clock.Now() }
	d := f.Do(&api.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &name}).(*api.CreateVirtualMFADeviceOutput).VirtualMFADevice
	seed, err := base32.StdEncoding.DecodeString(string(d.Base32StringSeed))
	if err != nil || len(seed) != seedSize {
		f.Fatal(seed, err)
	}
	if _, err := png.Decode(bytes.NewReader(d.QRCodePNG)); err != nil {
		f.Fatal(err)
	}
	return *d.SerialNumber, seed
}

// codes are the code of a device whose clock is some steps ahead, and the
// next.
func (f *fixture) codes(seed []byte, ahead int64) (first, second *string) {
	step := stepAt(f.Clock.Now()) + ahead
	return new(codeOf(seed, step)), new(codeOf(seed, step+1))
}

func TestMFADevice(t *testing.T) {
	f := newFixture(t)
	serial, seed := f.device("phone")
	f.Equal("serial", serial, "arn:aws:iam::111111111111:mfa/phone")
	f.Fails("EntityAlreadyExists: MFADevice entity at the same path and name already exists.", &api.CreateVirtualMFADeviceInput{VirtualMFADeviceName: new("phone")})
	a, b := f.codes(seed, -1)
	invalid := "InvalidAuthenticationCode: Authentication code for device is not valid."
	f.Fails(invalid, &api.EnableMFADeviceInput{UserName: new("admin"), SerialNumber: &serial, AuthenticationCode1: b, AuthenticationCode2: a})
	f.Fails("NoSuchEntity: VirtualMFADevice with serial number arn:aws:iam::111111111111:mfa/none does not exist.",
		&api.EnableMFADeviceInput{UserName: new("admin"), SerialNumber: new("arn:aws:iam::111111111111:mfa/none"), AuthenticationCode1: a, AuthenticationCode2: b})
	enable := &api.EnableMFADeviceInput{UserName: new("admin"), SerialNumber: &serial, AuthenticationCode1: a, AuthenticationCode2: b}
	f.Do(enable)
	f.Fails("EntityAlreadyExists: MFA Device is already in use.", enable)
	f.Equal("devices", *f.Do(&api.ListMFADevicesInput{}).(*api.ListMFADevicesOutput).MFADevices[0].SerialNumber, serial)
	f.Equal("device", *f.Do(&api.GetMFADeviceInput{SerialNumber: &serial}).(*api.GetMFADeviceOutput).UserName, "admin")
	f.Equal("assigned", *f.Do(&api.ListVirtualMFADevicesInput{AssignmentStatus: new("Assigned")}).(*api.ListVirtualMFADevicesOutput).VirtualMFADevices[0].User.UserName, "admin")
	f.Equal("unassigned", len(f.Do(&api.ListVirtualMFADevicesInput{AssignmentStatus: new("Unassigned")}).(*api.ListVirtualMFADevicesOutput).VirtualMFADevices), 0)
	f.Equal("summary", f.Do(&api.GetAccountSummaryInput{}).(*api.GetAccountSummaryOutput).SummaryMap["MFADevicesInUse"], int32(1))

	f.Do(&api.UpdateUserInput{UserName: new("admin"), NewUserName: new("root2")})
	f.Caller = f.as(f.admin.AccessKeyID, "")
	f.Equal("after a renaming", len(f.Do(&api.ListMFADevicesInput{}).(*api.ListMFADevicesOutput).MFADevices), 1)
	f.Fails("DeleteConflict: VirtualMFADevice with serial number arn:aws:iam::111111111111:mfa/phone is still assigned to a user. Deactivate it first.",
		&api.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	f.Do(&api.CreateUserInput{UserName: new("ada")})
	f.Fails("NoSuchEntity: MFA Device invalid for user.", &api.DeactivateMFADeviceInput{UserName: new("ada"), SerialNumber: &serial})
	f.Do(&api.DeactivateMFADeviceInput{SerialNumber: &serial}, &api.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	f.Equal("gone", len(f.Do(&api.ListVirtualMFADevicesInput{}).(*api.ListVirtualMFADevicesOutput).VirtualMFADevices), 0)
}

func TestUseCode(t *testing.T) {
	f := newFixture(t)
	serial, seed := f.device("phone")
	a, b := f.codes(seed, 0)
	f.Do(&api.EnableMFADeviceInput{UserName: new("admin"), SerialNumber: &serial, AuthenticationCode1: a, AuthenticationCode2: b})
	use := func(ahead int64) string {
		f.Helper()
		code, _ := f.codes(seed, ahead)
		checked := f.service.CheckCode(f.Store.View(), f.Caller, serial, *code)
		err := f.Store.Update(t.Context(), func(tx *store.Tx) error { return f.service.UseCode(tx, f.Caller, serial, *code) })
		if (checked == nil) != (err == nil) {
			t.Errorf("checked %v, used %v", checked, err)
		}
		return aws.CodeOf(err)
	}
	f.Equal("used to enable it", use(1), "AccessDenied")
	f.Clock.Advance(2 * codeStep)
	f.Equal("a new one", use(1), "")
	f.Equal("again", use(1), "AccessDenied")
	f.Equal("one before it", use(0), "AccessDenied")
	f.Clock.Advance(10 * codeStep)
	f.Equal("the device is ahead by one, as it was", use(2), "")
	f.Clock.Advance(10 * codeStep)
	f.Equal("far off", use(7), "AccessDenied")
	a, b = f.codes(seed, 7)
	f.Do(&api.ResyncMFADeviceInput{UserName: new("admin"), SerialNumber: &serial, AuthenticationCode1: a, AuthenticationCode2: b})
	f.Clock.Advance(10 * codeStep)
	f.Equal("after a synchronization", use(8), "")

	f.Clock.Advance(codeStep)
	right, _ := f.codes(seed, 8)
	for range maxGuesses {
		f.service.CheckCode(f.Store.View(), f.Caller, serial, "12345x")
	}
	if f.service.CheckCode(f.Store.View(), f.Caller, serial, *right) == nil {
		t.Error("codes can be guessed without an end")
	}

	f.Do(&api.CreateUserInput{UserName: new("ada")})
	f.Caller = aws.Principal{Type: aws.IAMUser, Account: account, UserName: "ada"}
	f.Clock.Advance(codeStep)
	f.Equal("somebody else's device", use(8), "AccessDenied")
}
