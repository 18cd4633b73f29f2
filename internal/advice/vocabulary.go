package advice

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/wire/api/iam"
	"github.com/orgtrail/orgtrail/internal/wire/api/organizations"
	"github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// service is what is known of a service's words. Of services that are not
// here only the form of the words is judged.
type service struct {
	title   string
	names   []string          // of actions, sorted
	actions map[string]string // the same, by their lower case
	keys    []string          // condition keys, lower case; one that ends in a slash goes on with a tag's
	arns    []string          // the services in the ARNs of what actions are done to
}

// services are those whose words are known, by the name before the colon.
// Actions are the operations of the API, served or not, and those that have no
// operation. The source is the service authorization reference.
var services = sync.OnceValue(func() map[string]*service {
	all := map[string]*service{
		"cloudtrail": operationsOf(cloudtrail.API, "CloudTrail", "cloudtrail",
			"CreateServiceLinkedChannel", "DeleteServiceLinkedChannel", "GenerateQueryResultsSummary", "GetEventDataStoreData",
			"GetServiceLinkedChannel", "ListServiceLinkedChannels", "UpdateServiceLinkedChannel"),
		"iam": operationsOf(iam.API, "IAM", "iam",
			"DeleteCloudFrontPublicKey", "GetCloudFrontPublicKey", "GetRoleTemplateVersion", "ListCloudFrontPublicKeys",
			"ListSTSRegionalEndpointsStatus", "PassRole", "SetSTSRegionalEndpointStatus", "UpdateCloudFrontPublicKey",
			"UploadCloudFrontPublicKey"),
		"organizations": operationsOf(organizations.API, "Organizations", "organizations"),
		"sts": operationsOf(sts.API, "STS", "sts iam",
			"GetServiceBearerToken", "SetContext", "SetSourceIdentity", "TagGetWebIdentityToken", "TagSession"),
		"s3": {title: "S3", arns: []string{"s3"}},
	}
	for _, a := range policy.S3ActionsLike("s3:*") {
		all["s3"].names = append(all["s3"].names, a.Name())
	}
	all["s3"].keys = policy.S3Keys()
	all["iam"].know("iam", "AWSServiceName", "AccountPropertyNamespaces", "AssociatedResourceArn", "DelegationDuration",
		"DelegationRequestOwner", "FIDO-FIPS-140-2-certification", "FIDO-FIPS-140-3-certification", "FIDO-certification",
		"NotificationChannel", "OrganizationsPolicyId", "PassedToService", "PermissionsBoundary", "PolicyARN",
		"RegisterSecurityKey", "ResourceTag/", "RoleTemplateARN", "ServiceSpecificCredentialAgeDays",
		"ServiceSpecificCredentialServiceName", "TemplateArn")
	all["sts"].know("sts", "AWSServiceName", "DurationSeconds", "ExternalId", "IdentityTokenAudience", "RequestContext/",
		"RequestContextProviders", "RoleAuthorizedByIdp", "RoleSessionName", "SigningAlgorithm", "SourceIdentity",
		"TaskPolicyArn", "TransitiveTagKeys")
	all["organizations"].know("organizations", "PolicyType", "ServicePrincipal", "TransferDirection", "TransferType")
	for _, s := range all {
		s.actions = make(map[string]string, len(s.names))
		for _, name := range s.names {
			s.actions[strings.ToLower(name)] = name
		}
		s.names = slices.Sorted(maps.Values(s.actions))
	}
	return all
})

// operationsOf is a service whose actions are called as its operations are.
func operationsOf(api *wire.Service, title, arns string, more ...string) *service {
	s := &service{title: title, names: more, arns: strings.Fields(arns)}
	for _, op := range slices.Concat(api.Operations, api.Unserved) {
		s.names = append(s.names, op.Name)
	}
	return s
}

func (s *service) know(prefix string, keys ...string) {
	for _, k := range keys {
		s.keys = append(s.keys, strings.ToLower(prefix+":"+k))
	}
}

// s3Operations are operations of S3 that go by the name of another action.
var s3Operations = map[string]string{
	"completemultipartupload":         "s3:PutObject",
	"copyobject":                      "s3:GetObject of the source and s3:PutObject",
	"createmultipartupload":           "s3:PutObject",
	"deletebucketcors":                "s3:PutBucketCORS",
	"deletebucketencryption":          "s3:PutEncryptionConfiguration",
	"deletebucketlifecycle":           "s3:PutLifecycleConfiguration",
	"deletebuckettagging":             "s3:PutBucketTagging",
	"deleteobjects":                   "s3:DeleteObject",
	"deletepublicaccessblock":         "s3:PutBucketPublicAccessBlock",
	"getbucketencryption":             "s3:GetEncryptionConfiguration",
	"getbucketlifecycle":              "s3:GetLifecycleConfiguration",
	"getbucketlifecycleconfiguration": "s3:GetLifecycleConfiguration",
	"getbucketreplication":            "s3:GetReplicationConfiguration",
	"getobjectlockconfiguration":      "s3:GetBucketObjectLockConfiguration",
	"getpublicaccessblock":            "s3:GetBucketPublicAccessBlock",
	"headbucket":                      "s3:ListBucket",
	"headobject":                      "s3:GetObject",
	"listbuckets":                     "s3:ListAllMyBuckets",
	"listmultipartuploads":            "s3:ListBucketMultipartUploads",
	"listobjects":                     "s3:ListBucket",
	"listobjectsv2":                   "s3:ListBucket",
	"listobjectversions":              "s3:ListBucketVersions",
	"listparts":                       "s3:ListMultipartUploadParts",
	"putbucketencryption":             "s3:PutEncryptionConfiguration",
	"putbucketlifecycle":              "s3:PutLifecycleConfiguration",
	"putbucketlifecycleconfiguration": "s3:PutLifecycleConfiguration",
	"putobjectlockconfiguration":      "s3:PutBucketObjectLockConfiguration",
	"putpublicaccessblock":            "s3:PutBucketPublicAccessBlock",
	"uploadpart":                      "s3:PutObject",
	"uploadpartcopy":                  "s3:GetObject of the source and s3:PutObject",
}

// severalValued are the keys that can have several values. Keys of services
// that are not known here may have.
var severalValued = map[string]bool{
	"aws:calledvia": true, "aws:principalorgpaths": true, "aws:principalservicenameslist": true,
	"aws:resourceorgpaths": true, "aws:sourceorgpaths": true, "aws:tagkeys": true, "aws:vpceorgpaths": true,
	"iam:accountpropertynamespaces": true, "s3:requestobjecttagkeys": true, "sts:identitytokenaudience": true,
	"sts:requestcontextproviders": true, "sts:transitivetagkeys": true, "s3:inventoryaccessibleoptionalfields": true,
}

// severalValues reports whether a key, in lower case, may have several values.
func severalValues(key string) bool {
	prefix, _, _ := strings.Cut(key, ":")
	return severalValued[key] || prefix != "aws" && services()[prefix] == nil
}

// humanKeys are the keys that the call of a service does not have, since no
// user, role or account makes it. A name that ends in a slash goes on with a
// tag's.
var humanKeys = []string{
	"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/",
	"aws:principaltype", "aws:userid", "aws:username",
}

func isHumanKey(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc(humanKeys, func(k string) bool {
		return key == k || strings.HasSuffix(k, "/") && strings.HasPrefix(key, k)
	})
}

var globalKeys = sync.OnceValue(policy.GlobalKeys)

// keysOf are the known condition keys of a prefix, none if it is that of a
// service whose words are not known.
func keysOf(prefix string) (keys []string, known bool) {
	if prefix == "aws" {
		return globalKeys(), true
	}
	s := services()[prefix]
	if s == nil {
		return nil, false
	}
	return s.keys, true
}

// keyFault says why a condition key does not exist or, of services whose keys
// are not known, why it has not the form of one; else "".
func keyFault(key string) string {
	prefix, name, ok := strings.Cut(strings.ToLower(key), ":")
	if !ok || prefix == "" || name == "" {
		return fmt.Sprintf("%q is no condition key: it takes a service, a colon and a name, such as aws:SourceArn", key)
	}
	keys, known := keysOf(prefix)
	whole := prefix + ":" + name
	stem, _, tagged := strings.Cut(whole, "/")
	if !known || slices.Contains(keys, whole) || tagged && slices.Contains(keys, stem+"/") {
		return ""
	}
	if n := nearest(whole, keys); n != "" {
		return fmt.Sprintf("%q is no condition key; did you mean %s?", key, n)
	}
	return fmt.Sprintf("%q is no condition key", key)
}
