package iam

import (
	"crypto/rand"
	"encoding/base64"
	"time"

	"rsc.io/qr"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// MFADevice is a virtual device that shows codes. Its ARN is its serial number
// and its key.
type MFADevice struct {
	Entity
	Tags    tag.Set
	Sealed  string // the seed, sealed under the serial number, base64
	User    string // key of the user that it is enabled for, "" without
	Enabled time.Time
	Drift   int64 // steps that the device is ahead of the clock
	Last    int64 // the newest step of which a code was accepted
}

var mfaDevices = store.NewKind("iam.mfadevice", store.Index[MFADevice]{
	Name: byUser, Keys: func(_ string, d *MFADevice) []string {
		if d.User == "" {
			return nil
		}
		return []string{d.User}
	},
})

// CreateVirtualMFADevice makes a device that nobody uses yet, and answers with
// its seed, which nobody is shown again.
func (s *Service) CreateVirtualMFADevice(c *call.Call, in *api.CreateVirtualMFADeviceInput) (*api.CreateVirtualMFADeviceOutput, error) {
	e, err := mfaClass.entity(c.Account(), aws.Val(in.VirtualMFADeviceName), in.Path, c.Time)
	if err != nil {
		return nil, err
	}
	d := &MFADevice{Entity: e}
	if d.Tags, err = tagRules.With(d.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	if _, ok := mfaDevices.Get(c.State, d.ARN); ok {
		return nil, alreadyExists("MFADevice entity at the same path and name already exists.")
	}
	if err := room(mfaClass, mfaDevices.Scan(c.State, mfaClass.arn(c.Account(), "/", ""))); err != nil {
		return nil, err
	}
	seed := make([]byte, seedSize)
	rand.Read(seed)
	d.Sealed = base64.RawStdEncoding.EncodeToString(s.seeds.Seal(seed, d.ARN))
	mfaDevices.Put(c.Tx, d.ARN, d)
	code, err := qr.Encode(seedURL(seed, d.Name+"@"+d.Account, "Amazon Web Services"), qr.M)
	if err != nil {
		return nil, err
	}
	return &api.CreateVirtualMFADeviceOutput{VirtualMFADevice: &api.VirtualMFADevice{
		SerialNumber: &d.ARN, Base32StringSeed: []byte(seedText(seed)), QRCodePNG: code.PNG(), Tags: tagView(d.Tags),
	}}, nil
}

// DeleteVirtualMFADevice deletes a device that nobody uses.
func (s *Service) DeleteVirtualMFADevice(c *call.Call, in *api.DeleteVirtualMFADeviceInput) (*api.DeleteVirtualMFADeviceOutput, error) {
	d, err := findDevice(c, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	if d.User != "" {
		return nil, conflict("VirtualMFADevice with serial number %s is still assigned to a user. Deactivate it first.", d.ARN)
	}
	mfaDevices.Delete(c.Tx, d.ARN)
	return nil, nil
}

// EnableMFADevice gives a device to a user who shows two of its codes, one
// after the other.
func (s *Service) EnableMFADevice(c *call.Call, in *api.EnableMFADeviceInput) (*api.EnableMFADeviceOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	d, err := findDevice(c, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	if d.User != "" {
		return nil, alreadyExists("MFA Device is already in use.")
	}
	if pages.Count(mfaDevices.By(c.State, byUser, u.key())) >= devicesPerUser {
		return nil, overQuota("MFADevicesPerUser", devicesPerUser)
	}
	if err := s.synchronize(d, aws.Val(in.AuthenticationCode1), aws.Val(in.AuthenticationCode2)); err != nil {
		return nil, err
	}
	d.User, d.Enabled = u.key(), c.Time.UTC().Truncate(time.Second)
	mfaDevices.Put(c.Tx, d.ARN, d)
	return nil, nil
}

// ResyncMFADevice learns by two codes how far a device's clock has gone wrong.
func (s *Service) ResyncMFADevice(c *call.Call, in *api.ResyncMFADeviceInput) (*api.ResyncMFADeviceOutput, error) {
	d, err := findDeviceOf(c, in.UserName, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	if err := s.synchronize(d, aws.Val(in.AuthenticationCode1), aws.Val(in.AuthenticationCode2)); err != nil {
		return nil, err
	}
	mfaDevices.Put(c.Tx, d.ARN, d)
	return nil, nil
}

// synchronize sets a device's drift by two codes, which are used up then.
func (s *Service) synchronize(d *MFADevice, first, second string) error {
	seed, err := s.seed(d)
	if err != nil {
		return err
	}
	now := stepAt(s.clock())
	step, ok := findPair(seed, now, d.Last, first, second)
	if !ok {
		return aws.Errorf("InvalidAuthenticationCode", "Authentication code for device is not valid.")
	}
	d.Last, d.Drift = step, step-now
	return nil
}

// DeactivateMFADevice takes a device off its user.
func (s *Service) DeactivateMFADevice(c *call.Call, in *api.DeactivateMFADeviceInput) (*api.DeactivateMFADeviceOutput, error) {
	d, err := findDeviceOf(c, in.UserName, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	d.User, d.Enabled, d.Drift = "", time.Time{}, 0
	mfaDevices.Put(c.Tx, d.ARN, d)
	return nil, nil
}

// GetMFADevice tells whose a device is and since when. A user that names
// nobody asks for a device of its own.
func (s *Service) GetMFADevice(c *call.Call, in *api.GetMFADeviceInput) (*api.GetMFADeviceOutput, error) {
	d, err := findDevice(c, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	if in.UserName != nil || c.Principal.Type == aws.IAMUser {
		if d, err = findDeviceOf(c, in.UserName, in.SerialNumber); err != nil {
			return nil, err
		}
	}
	out := &api.GetMFADeviceOutput{SerialNumber: &d.ARN}
	if u, ok := users.Get(c.State, d.User); ok {
		out.UserName, out.EnableDate = &u.Name, &d.Enabled
	}
	return out, nil
}

// ListMFADevices lists the devices of a user.
func (s *Service) ListMFADevices(c *call.Call, in *api.ListMFADevicesInput) (*api.ListMFADevicesOutput, error) {
	h, err := findHolder(c, in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := page(c, mfaDevices.By(c.State, byUser, h.key), in.Marker, in.MaxItems)
	view := func(d *MFADevice) api.MFADevice {
		return api.MFADevice{UserName: h.name, SerialNumber: &d.ARN, EnableDate: &d.Enabled}
	}
	return &api.ListMFADevicesOutput{MFADevices: pages.Views(p.items, view), IsTruncated: p.truncated, Marker: p.marker}, err
}

// ListVirtualMFADevices lists the devices of the account, whether somebody
// uses them or not.
func (s *Service) ListVirtualMFADevices(c *call.Call, in *api.ListVirtualMFADevicesInput) (*api.ListVirtualMFADevicesOutput, error) {
	list := pages.Where(mfaDevices.Scan(c.State, mfaClass.arn(c.Account(), "/", "")), func(d *MFADevice) bool {
		switch aws.Val(in.AssignmentStatus) {
		case api.AssignmentStatusTypeAssigned:
			return d.User != ""
		case api.AssignmentStatusTypeUnassigned:
			return d.User == ""
		}
		return true
	})
	p, err := page(c, list, in.Marker, in.MaxItems)
	view := func(d *MFADevice) api.VirtualMFADevice {
		v := api.VirtualMFADevice{SerialNumber: &d.ARN}
		if u, ok := users.Get(c.State, d.User); ok {
			v.User, v.EnableDate = new(u.summary()), &d.Enabled
		}
		return v
	}
	return &api.ListVirtualMFADevicesOutput{VirtualMFADevices: pages.Views(p.items, view), IsTruncated: p.truncated, Marker: p.marker}, err
}

// TagMFADevice adds or replaces tags.
func (s *Service) TagMFADevice(c *call.Call, in *api.TagMFADeviceInput) (*api.TagMFADeviceOutput, error) {
	d, err := findDevice(c, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	if d.Tags, err = tagRules.With(d.Tags, tag.Of(in.Tags)); err != nil {
		return nil, err
	}
	mfaDevices.Put(c.Tx, d.ARN, d)
	return nil, nil
}

// UntagMFADevice removes tags.
func (s *Service) UntagMFADevice(c *call.Call, in *api.UntagMFADeviceInput) (*api.UntagMFADeviceOutput, error) {
	d, err := findDevice(c, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	d.Tags = tagRules.Without(d.Tags, in.TagKeys)
	mfaDevices.Put(c.Tx, d.ARN, d)
	return nil, nil
}

// ListMFADeviceTags lists a device's tags.
func (s *Service) ListMFADeviceTags(c *call.Call, in *api.ListMFADeviceTagsInput) (*api.ListMFADeviceTagsOutput, error) {
	d, err := findDevice(c, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	p, err := page(c, d.Tags.All(), in.Marker, in.MaxItems)
	return &api.ListMFADeviceTagsOutput{Tags: tag.Shapes[api.Tag](p.items), IsTruncated: p.truncated, Marker: p.marker}, err
}

// findDevice finds a copy of a device of the caller's account.
func findDevice(c *call.Call, serial *string) (*MFADevice, error) {
	d, ok := mfaDevices.Get(c.State, aws.Val(serial))
	if !ok || d.Account != c.Account() {
		return nil, noSuchEntity("VirtualMFADevice with serial number %s does not exist.", aws.Val(serial))
	}
	return new(*d), nil
}

// findDeviceOf finds a copy of a device of a user, the caller when no name is
// given.
func findDeviceOf(c *call.Call, user, serial *string) (*MFADevice, error) {
	u, err := findUser(c, user)
	if err != nil {
		return nil, err
	}
	d, err := findDevice(c, serial)
	if err == nil && d.User != u.key() {
		err = noSuchEntity("MFA Device invalid for user.")
	}
	return d, err
}

func (s *Service) seed(d *MFADevice) ([]byte, error) {
	sealed, err := base64.RawStdEncoding.DecodeString(d.Sealed)
	if err != nil {
		return nil, err
	}
	return s.seeds.Open(sealed, d.ARN)
}

// clock is the time by which codes are judged.
func (s *Service) clock() time.Time {
	if s.Clock != nil {
		return s.Clock()
	}
	return time.Now()
}

// CheckCode reports whether a user's device shows a code that was not used
// yet. A nil error says that it does; the code stays good until UseCode.
func (s *Service) CheckCode(r store.Reader, p aws.Principal, serial, code string) error {
	_, err := s.checkCode(r, p, serial, code)
	return err
}

// UseCode checks a code and uses it up, and all before it.
func (s *Service) UseCode(tx *store.Tx, p aws.Principal, serial, code string) error {
	d, err := s.checkCode(tx, p, serial, code)
	if err == nil {
		mfaDevices.Put(tx, d.ARN, d)
	}
	return err
}

// checkCode returns the device as it is once the code is used.
func (s *Service) checkCode(r store.Reader, p aws.Principal, serial, code string) (*MFADevice, error) {
	d, ok := mfaDevices.Get(r, serial)
	if !ok || p.Type != aws.IAMUser || d.User != recordKey(p.Account, p.UserName) {
		return nil, aws.Errorf(aws.AccessDenied, "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
	}
	seed, err := s.seed(d)
	if err != nil {
		return nil, err
	}
	now := stepAt(s.clock())
	step, ok := int64(0), false
	if s.guesses.room(serial, now) {
		step, ok = findCode(seed, now+d.Drift, d.Last, code)
	}
	if !ok {
		s.guesses.failed(serial)
		return nil, aws.Errorf(aws.AccessDenied, "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
	}
	d = new(*d)
	d.Last, d.Drift = step, step-now
	return d, nil
}

// moveDevices follows a user to another key.
func moveDevices(tx *store.Tx, from, to string) {
	for arn, d := range mfaDevices.By(tx, byUser, from) {
		d := new(*d)
		d.User = to
		mfaDevices.Put(tx, arn, d)
	}
}
