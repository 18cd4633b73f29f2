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
	f.service.Clock = func() time.Time { return f.now }
	d := f.do(&api.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &name}).(*api.CreateVirtualMFADeviceOutput).VirtualMFADevice
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
	step := stepAt(f.now) + ahead
	return new(codeOf(seed, step)), new(codeOf(seed, step+1))
}

func TestMFADevice(t *testing.T) {
	f := newFixture(t)
	serial, seed := f.device("phone")
	f.equal("serial", serial, "arn:aws:iam::111111111111:mfa/phone")
	f.fails("EntityAlreadyExists: MFADevice entity at the same path and name already exists.", &api.CreateVirtualMFADeviceInput{VirtualMFADeviceName: new("phone")})
	a, b := f.codes(seed, -1)
	invalid := "InvalidAuthenticationCode: Authentication code for device is not valid."
	f.fails(invalid, &api.EnableMFADeviceInput{UserName: new("admin"), SerialNumber: &serial, AuthenticationCode1: b, AuthenticationCode2: a})
	f.fails("NoSuchEntity: VirtualMFADevice with serial number arn:aws:iam::111111111111:mfa/none does not exist.",
		&api.EnableMFADeviceInput{UserName: new("admin"), SerialNumber: new("arn:aws:iam::111111111111:mfa/none"), AuthenticationCode1: a, AuthenticationCode2: b})
	enable := &api.EnableMFADeviceInput{UserName: new("admin"), SerialNumber: &serial, AuthenticationCode1: a, AuthenticationCode2: b}
	f.do(enable)
	f.fails("EntityAlreadyExists: MFA Device is already in use.", enable)
	f.equal("devices", *f.do(&api.ListMFADevicesInput{}).(*api.ListMFADevicesOutput).MFADevices[0].SerialNumber, serial)
	f.equal("device", *f.do(&api.GetMFADeviceInput{SerialNumber: &serial}).(*api.GetMFADeviceOutput).UserName, "admin")
	f.equal("assigned", *f.do(&api.ListVirtualMFADevicesInput{AssignmentStatus: new("Assigned")}).(*api.ListVirtualMFADevicesOutput).VirtualMFADevices[0].User.UserName, "admin")
	f.equal("unassigned", len(f.do(&api.ListVirtualMFADevicesInput{AssignmentStatus: new("Unassigned")}).(*api.ListVirtualMFADevicesOutput).VirtualMFADevices), 0)
	f.equal("summary", f.do(&api.GetAccountSummaryInput{}).(*api.GetAccountSummaryOutput).SummaryMap["MFADevicesInUse"], int32(1))

	f.do(&api.UpdateUserInput{UserName: new("admin"), NewUserName: new("root2")})
	f.caller = f.as(f.admin.AccessKeyID)
	f.equal("after a renaming", len(f.do(&api.ListMFADevicesInput{}).(*api.ListMFADevicesOutput).MFADevices), 1)
	f.fails("DeleteConflict: VirtualMFADevice with serial number arn:aws:iam::111111111111:mfa/phone is still assigned to a user. Deactivate it first.",
		&api.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	f.do(&api.CreateUserInput{UserName: new("ada")})
	f.fails("NoSuchEntity: MFA Device invalid for user.", &api.DeactivateMFADeviceInput{UserName: new("ada"), SerialNumber: &serial})
	f.do(&api.DeactivateMFADeviceInput{SerialNumber: &serial}, &api.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	f.equal("gone", len(f.do(&api.ListVirtualMFADevicesInput{}).(*api.ListVirtualMFADevicesOutput).VirtualMFADevices), 0)
}

func TestUseCode(t *testing.T) {
	f := newFixture(t)
	serial, seed := f.device("phone")
	a, b := f.codes(seed, 0)
	f.do(&api.EnableMFADeviceInput{UserName: new("admin"), SerialNumber: &serial, AuthenticationCode1: a, AuthenticationCode2: b})
	use := func(ahead int64) string {
		f.Helper()
		code, _ := f.codes(seed, ahead)
		checked := f.service.CheckCode(f.store.View(), f.caller, serial, *code)
		err := f.store.Update(t.Context(), func(tx *store.Tx) error { return f.service.UseCode(tx, f.caller, serial, *code) })
		if (checked == nil) != (err == nil) {
			t.Errorf("checked %v, used %v", checked, err)
		}
		return aws.CodeOf(err)
	}
	f.equal("used to enable it", use(1), "AccessDenied")
	f.now = f.now.Add(2 * codeStep)
	f.equal("a new one", use(1), "")
	f.equal("again", use(1), "AccessDenied")
	f.equal("one before it", use(0), "AccessDenied")
	f.now = f.now.Add(10 * codeStep)
	f.equal("the device is ahead by one, as it was", use(2), "")
	f.now = f.now.Add(10 * codeStep)
	f.equal("far off", use(7), "AccessDenied")
	a, b = f.codes(seed, 7)
	f.do(&api.ResyncMFADeviceInput{UserName: new("admin"), SerialNumber: &serial, AuthenticationCode1: a, AuthenticationCode2: b})
	f.now = f.now.Add(10 * codeStep)
	f.equal("after a synchronization", use(8), "")

	f.now = f.now.Add(codeStep)
	right, _ := f.codes(seed, 8)
	for range maxGuesses {
		f.service.CheckCode(f.store.View(), f.caller, serial, "12345x")
	}
	if f.service.CheckCode(f.store.View(), f.caller, serial, *right) == nil {
		t.Error("codes can be guessed without an end")
	}

	f.do(&api.CreateUserInput{UserName: new("ada")})
	f.caller = aws.Principal{Type: aws.IAMUser, Account: account, UserName: "ada"}
	f.now = f.now.Add(codeStep)
	f.equal("somebody else's device", use(8), "AccessDenied")
}
