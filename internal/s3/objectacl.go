package s3

import (
	"net/url"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// The access control list of an object lies with it in the data plane, in a
// tag that clients do not see: a tag can be changed without writing the
// object anew, and every store has them. An object has the tag only if its
// list says more than that its owner, who is the bucket's, may do everything.
const aclTag = "orgtrail:acl"

// maxACLText is what a tag holds: three accounts, or any number of groups.
const maxACLText = maxTagValue

var (
	permissionLetters = map[string]string{
		api.PermissionFullControl: "F", api.PermissionRead: "R", api.PermissionWrite: "W",
		api.PermissionReadAcp: "r", api.PermissionWriteAcp: "w",
	}
	groupWords = map[string]string{allUsers: "all", authenticatedUsers: "auth", logDelivery: "log"}
)

const (
	ownerWord = "owner"
	noGrants  = "-" // an empty list is a list
)

// writtenACL is the text of the list that a call sets on an object of the
// bucket, "" for the list that every object has.
func (b *Bucket) writtenACL(acl *string, doc *api.AccessControlPolicy, fullControl, read, readACP, write, writeACP *string) (string, error) {
	headers := givenGrants(fullControl, read, readACP, write, writeACP)
	if acl == nil && doc == nil && len(headers) == 0 {
		return "", nil
	}
	grants, err := readGrants(b.Account, acl, doc, headers)
	switch {
	case err != nil:
		return "", err
	case b.aclsDisabled() && (aws.Val(acl) == api.ObjectCannedACLBucketOwnerFullControl || acl == nil && onlyOwner(grants, b.Account)):
		return "", nil
	case b.aclsDisabled():
		return "", aws.Errorf("AccessControlListNotSupported", "The bucket does not allow ACLs").With("BucketName", b.Name)
	case b.PublicAccess.blocksACLs() && publicGrants(grants):
		return "", accessDenied()
	}
	text := grantsText(grants, b.Account)
	if len(text) > maxACLText {
		return "", invalidRequest("The access control list of an object can name three accounts.")
	}
	return text, nil
}

// grantsText writes a list in the letters of a tag.
func grantsText(grants []api.Grant, owner string) string {
	words := make([]string, len(grants))
	for i, g := range grants {
		who := aws.Val(g.Grantee.ID)
		switch {
		case g.Grantee.URI != nil:
			who = groupWords[*g.Grantee.URI]
		case who == CanonicalUser(owner):
			who = ownerWord
		}
		words[i] = permissionLetters[aws.Val(g.Permission)] + "=" + who
	}
	switch text := strings.Join(words, " "); text {
	case "F=" + ownerWord:
		return ""
	case "":
		return noGrants
	default:
		return text
	}
}

// readGrantsText is its inverse.
func readGrantsText(text, owner string) []api.Grant {
	if text == "" {
		return cannedGrants(api.ObjectCannedACLPrivate, owner)
	}
	grants := []api.Grant{}
	for _, word := range strings.Fields(strings.TrimPrefix(text, noGrants)) {
		letter, who, _ := strings.Cut(word, "=")
		permission, _ := keyOf(permissionLetters, letter)
		if uri, ok := keyOf(groupWords, who); ok {
			grants = append(grants, grantToGroup(uri, permission))
			continue
		}
		if who == ownerWord {
			who = CanonicalUser(owner)
		}
		grants = append(grants, grantTo(who, permission))
	}
	return grants
}

func keyOf(m map[string]string, value string) (string, bool) {
	for k, v := range m {
		if v == value {
			return k, true
		}
	}
	return "", false
}

// withACL adds a list to the tags of a write.
func withACL(tagging *string, text string) *string {
	if text == "" {
		return tagging
	}
	tag := url.Values{aclTag: {text}}.Encode()
	if t := aws.Val(tagging); t != "" {
		tag = t + "&" + tag
	}
	return &tag
}

// tags reads the tags of an object: those that clients see, and its list.
func (s *Service) tags(c *call.Call, bucket, key, version *string) (visible []api.Tag, text string, id *string, err error) {
	out, err := forward[api.GetObjectTaggingOutput](s, c, &api.GetObjectTaggingInput{Bucket: bucket, Key: key, VersionId: version})
	if err != nil {
		return nil, "", nil, err
	}
	visible = slices.DeleteFunc(out.TagSet, func(t api.Tag) bool {
		if aws.Val(t.Key) != aclTag {
			return false
		}
		text = aws.Val(t.Value)
		return true
	})
	return visible, text, out.VersionId, nil
}

// setTags writes the tags of an object, and its list among them.
func (s *Service) setTags(c *call.Call, bucket, key, version *string, tags []api.Tag, text string) (*api.PutObjectTaggingOutput, error) {
	if text != "" {
		tags = append(slices.Clone(tags), api.Tag{Key: new(aclTag), Value: &text})
	}
	return forward[api.PutObjectTaggingOutput](s, c, &api.PutObjectTaggingInput{
		Bucket: bucket, Key: key, VersionId: version, Tagging: &api.Tagging{TagSet: tags}})
}

// tagCount leaves the list out of the number of tags.
func (s *Service) tagCount(c *call.Call, b *Bucket, key, version *string, count *int32) *int32 {
	if b.aclsDisabled() || aws.Val(count) == 0 {
		return count
	}
	visible, _, _, err := s.tags(c, &b.Name, key, version)
	if err != nil || len(visible) == 0 {
		return nil
	}
	return new(int32(len(visible)))
}

// GetObjectAcl shows the access control list of an object.
func (s *Service) GetObjectAcl(c *call.Call, in *api.GetObjectAclInput) (*api.GetObjectAclOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	_, text, _, err := s.tags(c, in.Bucket, in.Key, in.VersionId)
	if err != nil {
		return nil, err
	}
	if b.aclsDisabled() {
		text = ""
	}
	return &api.GetObjectAclOutput{Owner: ownerOf(b.Account), Grants: readGrantsText(text, b.Account)}, nil
}

// PutObjectAcl replaces it.
func (s *Service) PutObjectAcl(c *call.Call, in *api.PutObjectAclInput) (*api.PutObjectAclOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	text, err := b.writtenACL(in.ACL, in.AccessControlPolicy, in.GrantFullControl, in.GrantRead, in.GrantReadACP, in.GrantWrite, in.GrantWriteACP)
	if err != nil {
		return nil, err
	}
	visible, before, _, err := s.tags(c, in.Bucket, in.Key, in.VersionId)
	if err != nil || b.aclsDisabled() || text == before {
		return nil, err
	}
	out, err := s.setTags(c, in.Bucket, in.Key, in.VersionId, visible, text)
	if err != nil {
		return nil, err
	}
	s.notify(c, b, objectEvent{name: objectListed, key: *in.Key, version: out.VersionId})
	return nil, nil
}
