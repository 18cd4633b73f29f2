package organizations

import (
	"fmt"
	"testing"

	api "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
)

func newTags(pairs ...string) (list []api.Tag) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, api.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return list
}

func TestTags(t *testing.T) {
	h := newHouse(t)
	m, o := h.organize()
	unit := must(h, m, h.CreateOrganizationalUnit, &api.CreateOrganizationalUnitInput{ParentId: &o.Root, Name: new("u"), Tags: newTags("born", "with")}).OrganizationalUnit.Id
	account, policy := h.create(m, "a"), h.scp(m, "p", "s3:*")
	rp := must(h, m, h.PutResourcePolicy, &api.PutResourcePolicyInput{Content: new(grantTo(account, "organizations:ListAccounts", "*"))}).ResourcePolicy.ResourcePolicySummary.Id

	expect := func(id, want string) {
		t.Helper()
		got := ""
		in := &api.ListTagsForResourceInput{ResourceId: &id}
		for {
			out := must(h, m, h.ListTagsForResource, in)
			for _, tag := range out.Tags {
				got += *tag.Key + "=" + *tag.Value + " "
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				break
			}
		}
		if got != want {
			t.Errorf("tags of %s: %q, want %q", id, got, want)
		}
	}
	expect(*unit, "born=with ")
	for _, id := range []string{o.Root, account, policy, *rp} {
		expect(id, "")
		must(h, m, h.TagResource, &api.TagResourceInput{ResourceId: &id, Tags: newTags("a", "1", "b", "2")})
		must(h, m, h.TagResource, &api.TagResourceInput{ResourceId: &id, Tags: newTags("a", "3", "c", "")})
		expect(id, "a=3 b=2 c= ")
		must(h, m, h.UntagResource, &api.UntagResourceInput{ResourceId: &id, TagKeys: []string{"a", "none"}})
		expect(id, "b=2 c= ")
		must(h, m, h.UntagResource, &api.UntagResourceInput{ResourceId: &id, TagKeys: []string{"b", "c"}})
		expect(id, "")
	}

	tag := func(id string, tags ...string) *api.TagResourceInput {
		return &api.TagResourceInput{ResourceId: &id, Tags: newTags(tags...)}
	}
	refuses(h, "InvalidInput/DUPLICATE_TAG_KEY", m, h.TagResource, tag(account, "k", "1", "k", "2"))
	refuses(h, "InvalidInput/INVALID_SYSTEM_TAGS_PARAMETER", m, h.TagResource, tag(account, "aws:k", "1"))
	refuses(h, "InvalidInput/INVALID_SYSTEM_TAGS_PARAMETER", m, h.UntagResource, &api.UntagResourceInput{ResourceId: &account, TagKeys: []string{"AWS:k"}})
	refuses(h, "InvalidInput/INVALID_PATTERN", m, h.TagResource, tag(account, "k!", "1"))
	for _, id := range []string{"000000000000", "ou-none-12345678", "r-none", "p-none0000", "p-FullAWSAccess", "rp-none", "rt-00000000"} {
		refuses(h, "TargetNotFound", m, h.TagResource, tag(id, "k", "1"))
		refuses(h, "TargetNotFound", m, h.UntagResource, &api.UntagResourceInput{ResourceId: &id, TagKeys: []string{"k"}})
		refuses(h, "TargetNotFound", m, h.ListTagsForResource, &api.ListTagsForResourceInput{ResourceId: &id})
	}
	var many []string
	want := ""
	for i := range 50 {
		many = append(many, fmt.Sprintf("k%02d", i), "")
		want += many[2*i] + "= "
	}
	must(h, m, h.TagResource, tag(account, many...))
	expect(account, want)
	must(h, m, h.TagResource, tag(account, "k00", ""))
	refuses(h, "ConstraintViolation/MAX_TAG_LIMIT_EXCEEDED", m, h.TagResource, tag(account, "new", ""))

	must(h, m, h.TagResource, tag(policy, "k", "v"))
	must(h, m, h.DeletePolicy, &api.DeletePolicyInput{PolicyId: &policy})
	must(h, m, h.DeleteOrganizationalUnit, &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: unit})
	must(h, m, h.TagResource, tag(*rp, "k", "v"))
	must(h, m, h.DeleteResourcePolicy, &api.DeleteResourcePolicyInput{})
	if n := rows(h.Store.View(), tags); n != 1 {
		t.Errorf("%d resources have tags, want the account alone", n)
	}
}
