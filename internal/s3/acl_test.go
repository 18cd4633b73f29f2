package s3

import (
	"testing"

	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

func enableACLs(h *house) {
	h.Helper()
	h.do(&api.PutBucketOwnershipControlsInput{Bucket: new("bucket"), OwnershipControls: ownership("ObjectWriter").OwnershipControls})
}

func TestBucketACL(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	get := &api.GetBucketAclInput{Bucket: new("bucket")}
	list := func(grants ...api.Grant) *api.GetBucketAclOutput {
		return &api.GetBucketAclOutput{Owner: ownerOf(owner), Grants: append([]api.Grant{grantTo(CanonicalUser(owner), "FULL_CONTROL")}, grants...)}
	}
	h.answers("at first", get, list())

	const unsupported = "AccessControlListNotSupported: The bucket does not allow ACLs"
	h.fails(unsupported, &api.PutBucketAclInput{Bucket: new("bucket"), ACL: new("private")})
	h.fails(unsupported, &api.PutBucketAclInput{Bucket: new("bucket"), GrantRead: new(`uri="` + allUsers + `"`)})
	h.do(&api.PutBucketAclInput{Bucket: new("bucket"), AccessControlPolicy: &api.AccessControlPolicy{Owner: ownerOf(owner), Grants: list().Grants}})

	enableACLs(h)
	h.fails("AccessDenied: Access Denied", &api.PutBucketAclInput{Bucket: new("bucket"), ACL: new("public-read")})
	h.do(&api.PutBucketAclInput{Bucket: new("bucket"), GrantFullControl: new("id=" + CanonicalUser(owner)), GrantWrite: new(`uri="` + logDelivery + `", id="` + CanonicalUser(stranger) + `"`)})
	h.reopen()
	h.answers("granted", get, list(grantToGroup(logDelivery, "WRITE"), grantTo(CanonicalUser(stranger), "WRITE")))
	h.fails("InvalidBucketAclWithObjectOwnership: Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
		&api.PutBucketOwnershipControlsInput{Bucket: new("bucket"), OwnershipControls: ownership("BucketOwnerEnforced").OwnershipControls})

	h.unblock("bucket")
	for acl, want := range map[string]*api.GetBucketAclOutput{
		"private":            list(),
		"public-read":        list(grantToGroup(allUsers, "READ")),
		"public-read-write":  list(grantToGroup(allUsers, "READ"), grantToGroup(allUsers, "WRITE")),
		"authenticated-read": list(grantToGroup(authenticatedUsers, "READ")),
	} {
		h.do(&api.PutBucketAclInput{Bucket: new("bucket"), ACL: &acl})
		h.answers(acl, get, want)
	}
	h.do(&api.PutBucketAclInput{Bucket: new("bucket"), ACL: new("private")})
	h.do(&api.PutBucketOwnershipControlsInput{Bucket: new("bucket"), OwnershipControls: ownership("BucketOwnerEnforced").OwnershipControls})
}

func TestBucketACLRefusals(t *testing.T) {
	h := newHouse(t)
	h.make("bucket")
	enableACLs(h)
	document := func(owner string, grants ...api.Grant) *api.PutBucketAclInput {
		return &api.PutBucketAclInput{Bucket: new("bucket"), AccessControlPolicy: &api.AccessControlPolicy{Owner: ownerOf(owner), Grants: grants}}
	}
	for want, in := range map[string]*api.PutBucketAclInput{
		"MissingSecurityHeader: Your request was missing a required header":                                     {Bucket: new("bucket")},
		"InvalidRequest: Specifying both Canned ACLs and Header Grants is not allowed":                          {Bucket: new("bucket"), ACL: new("private"), GrantRead: new("id=x")},
		"InvalidArgument: Argument format not recognized":                                                       {Bucket: new("bucket"), GrantRead: new("everyone")},
		"InvalidArgument: Invalid id":                                                                           {Bucket: new("bucket"), GrantRead: new("id=1")},
		"InvalidArgument: Invalid group uri":                                                                    {Bucket: new("bucket"), GrantRead: new("uri=x")},
		"UnresolvableGrantByEmailAddress: The email address you provided does not match any account on record.": {Bucket: new("bucket"), GrantRead: new("emailAddress=a@example.com")},
		"AccessDenied: Access Denied":                                                                           document(stranger, grantTo(CanonicalUser(owner), "READ")),
	} {
		h.fails(want, in)
	}
}

// FuzzGrants reads what clients write into headers.
func FuzzGrants(f *testing.F) {
	f.Add(`id="x", uri="` + allUsers + `"`)
	f.Add(`emailAddress=a,,=`)
	f.Fuzz(func(t *testing.T, header string) {
		grants, err := parseGrants([]givenGrant{{api.PermissionRead, header}})
		if err != nil {
			return
		}
		for _, g := range grants {
			if g.Grantee == nil || g.Permission == nil || (g.Grantee.ID == nil) == (g.Grantee.URI == nil) {
				t.Errorf("%q reads as %+v", header, g)
			}
		}
		publicGrants(grants)
		onlyOwner(grants, owner)
	})
}
