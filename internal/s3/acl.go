package s3

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// The groups that grants name by URI.
const (
	allUsers           = "http://acs.amazonaws.com/groups/global/AllUsers"
	authenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	logDelivery        = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

// maxGrants is how many grants one list holds.
const maxGrants = 100

// aclsDisabled reports whether access control lists have no meaning in the
// bucket and may not be set.
func (b *Bucket) aclsDisabled() bool {
	return b.Ownership == api.ObjectOwnershipBucketOwnerEnforced
}

// grants is the bucket's access control list: the owner's full control where
// nothing else was set or lists are disabled.
func (b *Bucket) grants() []api.Grant {
	if b.Grants == nil || b.aclsDisabled() {
		return cannedGrants(api.BucketCannedACLPrivate, b.Account)
	}
	return b.Grants
}

// cannedGrants spells out a canned access control list of something that an
// account owns.
func cannedGrants(acl, owner string) []api.Grant {
	grants := []api.Grant{grantTo(CanonicalUser(owner), api.PermissionFullControl)}
	switch acl {
	case api.BucketCannedACLPublicRead:
		grants = append(grants, grantToGroup(allUsers, api.PermissionRead))
	case api.BucketCannedACLPublicReadWrite:
		grants = append(grants, grantToGroup(allUsers, api.PermissionRead), grantToGroup(allUsers, api.PermissionWrite))
	case api.BucketCannedACLAuthenticatedRead:
		grants = append(grants, grantToGroup(authenticatedUsers, api.PermissionRead))
	}
	return grants
}

func grantTo(canonical, permission string) api.Grant {
	return api.Grant{Grantee: &api.Grantee{Type: new(api.TypeCanonicalUser), ID: &canonical}, Permission: &permission}
}

func grantToGroup(uri, permission string) api.Grant {
	return api.Grant{Grantee: &api.Grantee{Type: new(api.TypeGroup), URI: &uri}, Permission: &permission}
}

// publicGrants reports whether a list lets everybody in.
func publicGrants(grants []api.Grant) bool {
	for _, g := range grants {
		if uri := aws.Val(g.Grantee.URI); uri == allUsers || uri == authenticatedUsers {
			return true
		}
	}
	return false
}

// onlyOwner reports whether a list gives nothing to anybody but an owner.
func onlyOwner(grants []api.Grant, owner string) bool {
	for _, g := range grants {
		if aws.Val(g.Grantee.ID) != CanonicalUser(owner) {
			return false
		}
	}
	return true
}

// givenGrant is one x-amz-grant- header of a call.
type givenGrant struct{ permission, value string }

// firstGrants are those that making a bucket was given.
func firstGrants(in *api.CreateBucketInput) []givenGrant {
	return givenGrants(in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP)
}

// givenGrants pairs the values of the headers with what they grant, leaving
// out those that were not sent.
func givenGrants(fullControl, read, readACP, write, writeACP *string) []givenGrant {
	var list []givenGrant
	for _, h := range []struct {
		permission string
		value      *string
	}{
		{api.PermissionFullControl, fullControl},
		{api.PermissionRead, read},
		{api.PermissionReadAcp, readACP},
		{api.PermissionWrite, write},
		{api.PermissionWriteAcp, writeACP},
	} {
		if h.value != nil {
			list = append(list, givenGrant{h.permission, *h.value})
		}
	}
	return list
}

// parseGrants reads headers of the form id="…", uri="…".
func parseGrants(headers []givenGrant) ([]api.Grant, error) {
	grants := []api.Grant{}
	for _, h := range headers {
		for _, item := range strings.Split(h.value, ",") {
			g, err := parseGrantee(strings.TrimSpace(item))
			if err != nil {
				return nil, err
			}
			grants = append(grants, api.Grant{Grantee: g, Permission: &h.permission})
		}
	}
	return grants, checkGrants(grants)
}

func parseGrantee(item string) (*api.Grantee, error) {
	kind, value, ok := strings.Cut(item, "=")
	value = strings.Trim(strings.TrimSpace(value), `"`)
	if ok && value != "" {
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "id":
			return &api.Grantee{Type: new(api.TypeCanonicalUser), ID: &value}, nil
		case "uri":
			return &api.Grantee{Type: new(api.TypeGroup), URI: &value}, nil
		case "emailaddress":
			return &api.Grantee{Type: new(api.TypeAmazonCustomerByEmail), EmailAddress: &value}, nil
		}
	}
	return nil, invalidArgument("x-amz-grant", item, "Argument format not recognized")
}

// checkGrants refuses a list that S3 does not take. Grantees by e-mail
// address were given up by S3 itself.
func checkGrants(grants []api.Grant) error {
	if len(grants) > maxGrants {
		return malformedACL()
	}
	for _, g := range grants {
		switch {
		case g.Grantee == nil || g.Permission == nil:
			return malformedACL()
		case aws.Val(g.Grantee.Type) == api.TypeAmazonCustomerByEmail:
			return aws.Errorf("UnresolvableGrantByEmailAddress", "The email address you provided does not match any account on record.")
		case aws.Val(g.Grantee.Type) == api.TypeGroup:
			if uri := aws.Val(g.Grantee.URI); uri != allUsers && uri != authenticatedUsers && uri != logDelivery {
				return invalidArgument("Group/URI", uri, "Invalid group uri")
			}
		case !isCanonicalUser(aws.Val(g.Grantee.ID)):
			return invalidArgument("CanonicalUser/ID", aws.Val(g.Grantee.ID), "Invalid id")
		}
	}
	return nil
}

func malformedACL() *aws.Error {
	return aws.Errorf("MalformedACLError", "The XML you provided was not well-formed or did not validate against our published schema")
}

func isCanonicalUser(id string) bool {
	return len(id) == 64 && strings.Trim(id, "0123456789abcdef") == ""
}

// setFirstGrants sets the access control list that a bucket is made with.
// Today's defaults are in its way.
func (b *Bucket) setFirstGrants(in *api.CreateBucketInput) error {
	headers := firstGrants(in)
	acl := aws.Val(in.ACL)
	if len(headers) == 0 && (acl == "" || acl == api.BucketCannedACLPrivate) {
		return nil
	}
	grants, err := readGrants(b.Account, in.ACL, nil, headers)
	switch {
	case err != nil:
		return err
	case b.aclsDisabled():
		return aws.Errorf("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting").
			With("BucketName", b.Name)
	case publicGrants(grants):
		return aws.Errorf("InvalidBucketAclWithBlockPublicAccess", "Bucket cannot have public ACLs set with BlockPublicAccess enabled").
			With("BucketName", b.Name)
	}
	b.Grants = grants
	return nil
}

// readGrants reads an access control list in whichever of its three forms a
// call gives it: canned, as a document, or in headers.
func readGrants(owner string, acl *string, doc *api.AccessControlPolicy, headers []givenGrant) ([]api.Grant, error) {
	switch {
	case acl != nil && (doc != nil || len(headers) > 0), doc != nil && len(headers) > 0:
		return nil, invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed")
	case acl != nil:
		return cannedGrants(*acl, owner), nil
	case len(headers) > 0:
		return parseGrants(headers)
	case doc == nil:
		return nil, aws.Errorf("MissingSecurityHeader", "Your request was missing a required header").With("MissingHeaderName", "x-amz-acl")
	case doc.Owner == nil || aws.Val(doc.Owner.ID) == "":
		return nil, malformedACL()
	case *doc.Owner.ID != CanonicalUser(owner):
		return nil, accessDenied()
	}
	grants := doc.Grants
	if grants == nil {
		grants = []api.Grant{}
	}
	return grants, checkGrants(grants)
}

// GetBucketAcl shows the bucket's access control list.
func (s *Service) GetBucketAcl(c *call.Call, in *api.GetBucketAclInput) (*api.GetBucketAclOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	return &api.GetBucketAclOutput{Owner: ownerOf(b.Account), Grants: b.grants()}, nil
}

// PutBucketAcl replaces the bucket's access control list. Where lists are
// disabled only the one that says so is taken.
func (s *Service) PutBucketAcl(c *call.Call, in *api.PutBucketAclInput) (*api.PutBucketAclOutput, error) {
	headers := givenGrants(in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP)
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		grants, err := readGrants(b.Account, in.ACL, in.AccessControlPolicy, headers)
		switch {
		case err != nil:
			return err
		case b.aclsDisabled() && in.AccessControlPolicy != nil && onlyOwner(grants, b.Account):
			return nil
		case b.aclsDisabled():
			return aws.Errorf("AccessControlListNotSupported", "The bucket does not allow ACLs").With("BucketName", b.Name)
		case b.PublicAccess.blocksACLs() && publicGrants(grants):
			return accessDenied()
		}
		b.Grants = grants
		return nil
	})
}
