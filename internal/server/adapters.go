package server

import (
	"context"
	"iter"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/chain"
	"github.com/orgtrail/orgtrail/internal/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/delivery"
	"github.com/orgtrail/orgtrail/internal/iam"
	"github.com/orgtrail/orgtrail/internal/oidc"
	"github.com/orgtrail/orgtrail/internal/organizations"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/relay"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/sts"
)

// The adapters below give a service what it asks of another in its needs.go.
// They translate; they decide nothing.

// trailOrganizations is Organizations as CloudTrail sees it.
type trailOrganizations struct{ *organizations.Service }

func (trailOrganizations) OrganizationOf(r store.Reader, account string) (cloudtrail.Organization, bool) {
	o, ok := organizations.OrganizationOf(r, account)
	if !ok {
		return cloudtrail.Organization{}, false
	}
	return cloudtrail.Organization{
		ID: o.ID, ManagementAccount: o.Management,
		AllFeatures: o.AllFeatures(), TrustedAccess: o.Trusts(cloudtrail.ServicePrincipal),
	}, true
}

func (trailOrganizations) IsDelegatedAdministrator(r store.Reader, organization, account string) bool {
	return organizations.IsDelegatedAdministrator(r, account, cloudtrail.ServicePrincipal)
}

func (trailOrganizations) Accounts(r store.Reader, organization string) iter.Seq[string] {
	return organizations.AccountsOf(r, organization)
}

func (o trailOrganizations) RegisterDelegatedAdministrator(c *call.Call, account string) error {
	return o.Delegate(c, account, cloudtrail.ServicePrincipal)
}

func (o trailOrganizations) DeregisterDelegatedAdministrator(c *call.Call, account string) error {
	return o.Undelegate(c, account, cloudtrail.ServicePrincipal)
}

// trailRoles is IAM as CloudTrail sees it.
type trailRoles struct{ iam *iam.Service }

func (t trailRoles) HasServiceLinkedRole(r store.Reader, account string) bool {
	return t.iam.HasServiceLinkedRole(r, account, cloudtrail.ServicePrincipal)
}

func (t trailRoles) EnsureServiceLinkedRole(tx *store.Tx, now time.Time, account string) error {
	_, err := t.iam.EnsureServiceLinkedRole(tx, now, account, cloudtrail.ServicePrincipal)
	return err
}

func (t trailRoles) RemoveServiceLinkedRole(tx *store.Tx, account string) {
	t.iam.RemoveServiceLinkedRole(tx, account, cloudtrail.ServicePrincipal)
}

// roleUse tells IAM what still needs the service-linked roles of an account.
func roleUse(trails *cloudtrail.Service) iam.ServiceLinkedRoleUse {
	return func(r store.Reader, account, service string) []iam.RoleUsage {
		var usage []iam.RoleUsage
		switch service {
		case cloudtrail.ServicePrincipal:
			for region, arns := range trails.RolesInUse(r, account) {
				usage = append(usage, iam.RoleUsage{Region: region, Resources: arns})
			}
		case organizations.ServicePrincipal:
			if o, ok := organizations.OrganizationOf(r, account); ok && organizations.LinkedRoleInUse(r, account) {
				usage = append(usage, iam.RoleUsage{Region: aws.GlobalRegion, Resources: []string{o.ARN()}})
			}
		}
		return usage
	}
}

// assumableRoles is IAM as STS sees it.
type assumableRoles struct{ iam *iam.Service }

func (a assumableRoles) Role(r store.Reader, arn string) (sts.Role, bool) {
	role, ok := a.iam.Role(r, arn)
	if !ok {
		return sts.Role{}, false
	}
	return sts.Role{
		Account: role.Account, ARN: role.ARN, ID: role.ID, Name: role.Name,
		Trust: role.Trust.Document(), MaxSession: time.Duration(role.MaxSession) * time.Second,
	}, true
}

func (a assumableRoles) ManagedPolicy(r store.Reader, account, arn string) bool {
	_, ok := a.iam.ManagedPolicy(r, account, arn)
	return ok
}

// secondFactors is IAM's MFA devices as STS sees them.
type secondFactors struct {
	iam   *iam.Service
	store *store.Store
}

func (f secondFactors) Check(r store.Reader, p aws.Principal, serial, code string) error {
	return f.iam.CheckCode(r, p, serial, code)
}

func (f secondFactors) Use(ctx context.Context, p aws.Principal, serial, code string) error {
	return f.store.Update(ctx, func(tx *store.Tx) error { return f.iam.UseCode(tx, p, serial, code) })
}

// identityProviders is IAM's OpenID Connect providers as STS sees them.
func identityProviders(identities *iam.Service) sts.Providers {
	return func(r store.Reader, account, issuer string) (sts.Provider, bool) {
		p, ok := identities.IdentityProvider(r, account, issuer)
		if !ok {
			return sts.Provider{}, false
		}
		return sts.Provider{
			ARN: p.ARN, ClientIDs: p.ClientIDs,
			Issuer: oidc.Issuer{URL: p.Issuer, Thumbprints: p.Thumbprints},
		}, true
	}
}

// trailDelivery is delivery, of files, of digests and of what is passed on, as
// CloudTrail sees it.
type trailDelivery struct {
	*delivery.Delivery
	signer *chain.Signer
	relay  *relay.Relay
}

func (d trailDelivery) Status(ctx context.Context, trail, account, region string) (cloudtrail.Status, error) {
	files, err := d.Delivery.Status(ctx, trail, account, region)
	if err != nil {
		return cloudtrail.Status{}, err
	}
	digests, err := d.signer.Status(ctx, trail, account, region)
	if err != nil {
		return cloudtrail.Status{}, err
	}
	passed, err := d.relay.Status(ctx, trail, account, region)
	return cloudtrail.Status{
		Notified: passed.Topic.Taken, NoticeAttempted: passed.Topic.Attempted, NoticeError: passed.Topic.Error,
		Logged: passed.Logs.Taken, LogError: passed.Logs.Error,
		Attempted: files.Attempted, Delivered: files.Delivered, Error: files.Error,
		Digest: digests.Delivered, DigestError: digests.Error,
	}, err
}

// destinations is CloudTrail as delivery sees it.
type destinations struct{ trails *cloudtrail.Service }

func (d destinations) Destination(r store.Reader, trail string) (delivery.Destination, bool) {
	t, ok := cloudtrail.ByID(r, trail)
	if !ok {
		return delivery.Destination{}, false
	}
	source := d.trails.Source(r, t)
	return delivery.Destination{
		Bucket: t.Bucket, Prefix: t.Prefix,
		TrailARN: source.ARN, Owner: source.Account, Organization: source.Organization,
		Key: t.Key, Topic: t.Topic,
	}, true
}

// callerOrganizations is Organizations as the gateway sees it.
type callerOrganizations struct{}

func (callerOrganizations) Membership(r store.Reader, account string) (organization, path string) {
	o, ok := organizations.OrganizationOf(r, account)
	if !ok {
		return "", ""
	}
	return o.ID, organizations.PathOf(r, account)
}

func (callerOrganizations) Usable(r store.Reader, account string) bool {
	return organizations.Usable(r, account)
}

func (callerOrganizations) ServiceControlPolicies(r store.Reader, account string) [][]policy.Attached {
	return organizations.ServiceControlPolicies(r, account)
}

func (callerOrganizations) ResourceControlPolicies(r store.Reader, account string) [][]policy.Attached {
	return organizations.ResourceControlPolicies(r, account)
}

// trailSource is CloudTrail at work for a trail, as those see it that it
// delivers to.
func trailSource(r store.Reader, arn, owner, organization string) call.Source {
	s := call.Source{Service: cloudtrail.ServicePrincipal, ARN: arn, Account: owner, Organization: organization}
	if organization != "" {
		s.OrganizationPath = organizations.PathOf(r, owner)
	}
	return s
}

// logType is the Content-Type of log files and digests.
const logType = "application/json"

// logBucket is S3 as CloudTrail and what delivers for it see it. Records of
// what is put are journaled when some trail asks for them.
type logBucket struct {
	s3   *s3.Service
	emit func(context.Context, ...call.Event) error
}

func (b logBucket) Probe(c *call.Call, bucket string, keys []string, kmsKey string, trail cloudtrail.Source) *aws.Error {
	return b.s3.Probe(c, bucket, keys, kmsKey, trailSource(c.State, trail.ARN, trail.Account, trail.Organization))
}

func (b logBucket) PutLog(ctx context.Context, r store.Reader, o delivery.Object) *aws.Error {
	return b.put(ctx, r, s3.ServiceObject{
		Bucket: o.Bucket, Key: o.Key, Body: o.Body, Type: logType, Encoding: "gzip", KMSKey: o.KMSKey,
		From: trailSource(r, o.TrailARN, o.Owner, o.Organization),
	})
}

func (b logBucket) put(ctx context.Context, r store.Reader, o s3.ServiceObject) *aws.Error {
	event, failed := b.s3.PutAsService(ctx, r, o)
	if failed != nil {
		return failed
	}
	if err := b.emit(ctx, event); err != nil {
		return aws.Errorf(aws.InternalFailure, "%v", err)
	}
	return nil
}
