package policy

// s3Scope is what an action of S3 is done to, as far as a bucket policy can
// speak of it.
type s3Scope uint8

const (
	ofBucket s3Scope = 1 << iota
	ofObject
	// ofNeither are the actions on an account, on access points, grants, jobs
	// and storage lenses. They exist, but no bucket policy governs them.
	ofNeither s3Scope = 0
)

// s3Action is an action of S3, by its name without the prefix, with the
// condition keys it can have besides those that every action has.
type s3Action struct {
	name  string
	scope s3Scope
	keys  [][]string
}

// knows reports whether a key, in lower case, can be in the context of the
// action.
func (a *s3Action) knows(key string) bool {
	if globalKeys[key] || s3CommonKeys[key] {
		return true
	}
	for _, group := range a.keys {
		for _, k := range group {
			if k == key {
				return true
			}
		}
	}
	return false
}

// isS3Key reports whether any action of S3 can have a key, in lower case.
func isS3Key(key string) bool {
	if globalKeys[key] || s3CommonKeys[key] {
		return true
	}
	for i := range s3Actions {
		if s3Actions[i].knows(key) {
			return true
		}
	}
	return false
}

func keySet(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// globalKeys are the condition keys of every service. A name that ends in a
// slash goes on with the key of a tag.
var globalKeys = keySet(
	"aws:assumedroot", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:chatbotsourcearn",
	"aws:currenttime", "aws:ec2instancesourceprivateipv4", "aws:ec2instancesourcevpc", "aws:epochtime",
	"aws:federatedprovider", "aws:multifactorauthage", "aws:multifactorauthpresent",
	"aws:principalaccount", "aws:principalarn", "aws:principalisawsservice", "aws:principalorgid",
	"aws:principalorgpaths", "aws:principalservicename", "aws:principalservicenameslist", "aws:principaltag/",
	"aws:principaltype", "aws:referer", "aws:requestedregion", "aws:requesttag/", "aws:resourceaccount",
	"aws:resourceorgid", "aws:resourceorgpaths", "aws:resourcetag/", "aws:securetransport", "aws:sourceaccount",
	"aws:sourcearn", "aws:sourceidentity", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths",
	"aws:sourceowner", "aws:sourcevpc", "aws:sourcevpcarn", "aws:sourcevpce", "aws:tagkeys", "aws:tokenissuetime",
	"aws:useragent", "aws:userid", "aws:username", "aws:viaawsservice", "aws:vpceaccount", "aws:vpceorgid",
	"aws:vpceorgpaths", "aws:vpcsourceip",
)

// s3CommonKeys are the keys that every action of S3 can have.
var s3CommonKeys = keySet(
	"s3:accessgrantsinstancearn", "s3:accesspointnetworkorigin", "s3:accesspointtag/", "s3:authtype", "s3:buckettag/",
	"s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:resourceaccount", "s3:signatureage",
	"s3:signatureversion", "s3:tlsversion", "s3:x-amz-content-sha256",
)

// The keys that several actions have together.
var (
	aclKeys = []string{"s3:x-amz-acl", "s3:x-amz-grant-full-control", "s3:x-amz-grant-read", "s3:x-amz-grant-read-acp",
		"s3:x-amz-grant-write", "s3:x-amz-grant-write-acp"}
	listKeys       = []string{"s3:delimiter", "s3:max-keys", "s3:prefix"}
	encryptionKeys = []string{"s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id",
		"s3:x-amz-server-side-encryption-customer-algorithm"}
	writeKeys = []string{"s3:x-amz-copy-source", "s3:x-amz-metadata-directive", "s3:x-amz-storage-class",
		"s3:x-amz-website-redirect-location"}
	conditionalKeys  = []string{"s3:if-match", "s3:if-none-match", "s3:objectcreationoperation"}
	existingTagKeys  = []string{"s3:existingobjecttag/"}
	requestTagKeys   = []string{"s3:requestobjecttag/", "s3:requestobjecttagkeys"}
	storageClassKeys = []string{"s3:x-amz-storage-class"}
	versionKeys      = []string{"s3:versionid"}
	retentionKeys    = []string{"s3:object-lock-mode", "s3:object-lock-remaining-retention-days", "s3:object-lock-retain-until-date"}
	legalHoldKeys    = []string{"s3:object-lock-legal-hold"}
	createBucketKeys = []string{"s3:locationconstraint", "s3:x-amz-object-ownership"}
	inventoryKeys    = []string{"s3:inventoryaccessibleoptionalfields"}
	replicationKeys  = []string{"s3:isreplicationpauserequest"}
	pauseKeys        = []string{"s3:destinationregion"}
	deleteObjectKeys = []string{"s3:if-match"}
	putObjectKeys    = [][]string{aclKeys, encryptionKeys, writeKeys, requestTagKeys, conditionalKeys, retentionKeys, legalHoldKeys}
	bypassKeys       = [][]string{aclKeys, encryptionKeys, writeKeys, requestTagKeys}
)

// s3Actions are the actions of S3. The source is the service authorization
// reference.
var s3Actions = []s3Action{
	{"CreateBucket", ofBucket, [][]string{aclKeys, createBucketKeys}},
	{"CreateBucketMetadataTableConfiguration", ofBucket, nil},
	{"DeleteBucket", ofBucket, nil},
	{"DeleteBucketMetadataTableConfiguration", ofBucket, nil},
	{"DeleteBucketPolicy", ofBucket, nil},
	{"DeleteBucketWebsite", ofBucket, nil},
	{"GetAccelerateConfiguration", ofBucket, nil},
	{"GetAnalyticsConfiguration", ofBucket, nil},
	{"GetBucketAbac", ofBucket, nil},
	{"GetBucketAcl", ofBucket, nil},
	{"GetBucketCORS", ofBucket, nil},
	{"GetBucketLocation", ofBucket, nil},
	{"GetBucketLogging", ofBucket, nil},
	{"GetBucketMetadataTableConfiguration", ofBucket, nil},
	{"GetBucketNotification", ofBucket, nil},
	{"GetBucketObjectLockConfiguration", ofBucket, nil},
	{"GetBucketOwnershipControls", ofBucket, nil},
	{"GetBucketPolicy", ofBucket, nil},
	{"GetBucketPolicyStatus", ofBucket, nil},
	{"GetBucketPublicAccessBlock", ofBucket, nil},
	{"GetBucketRequestPayment", ofBucket, nil},
	{"GetBucketTagging", ofBucket, nil},
	{"GetBucketVersioning", ofBucket, nil},
	{"GetBucketWebsite", ofBucket, nil},
	{"GetEncryptionConfiguration", ofBucket, nil},
	{"GetIntelligentTieringConfiguration", ofBucket, nil},
	{"GetInventoryConfiguration", ofBucket, nil},
	{"GetLifecycleConfiguration", ofBucket, nil},
	{"GetMetricsConfiguration", ofBucket, nil},
	{"GetReplicationConfiguration", ofBucket, nil},
	{"ListBucket", ofBucket, [][]string{listKeys}},
	{"ListBucketMultipartUploads", ofBucket, nil},
	{"ListBucketVersions", ofBucket, [][]string{listKeys}},
	{"ListTagsForResource", ofBucket, nil},
	{"PauseReplication", ofBucket, [][]string{pauseKeys}},
	{"PutAccelerateConfiguration", ofBucket, nil},
	{"PutAnalyticsConfiguration", ofBucket, nil},
	{"PutBucketAbac", ofBucket, nil},
	{"PutBucketAcl", ofBucket, [][]string{aclKeys}},
	{"PutBucketCORS", ofBucket, nil},
	{"PutBucketLogging", ofBucket, nil},
	{"PutBucketNotification", ofBucket, nil},
	{"PutBucketObjectLockConfiguration", ofBucket, nil},
	{"PutBucketOwnershipControls", ofBucket, nil},
	{"PutBucketPolicy", ofBucket, nil},
	{"PutBucketPublicAccessBlock", ofBucket, nil},
	{"PutBucketRequestPayment", ofBucket, nil},
	{"PutBucketTagging", ofBucket, nil},
	{"PutBucketVersioning", ofBucket, nil},
	{"PutBucketWebsite", ofBucket, nil},
	{"PutEncryptionConfiguration", ofBucket, nil},
	{"PutIntelligentTieringConfiguration", ofBucket, nil},
	{"PutInventoryConfiguration", ofBucket, [][]string{inventoryKeys}},
	{"PutLifecycleConfiguration", ofBucket, nil},
	{"PutMetricsConfiguration", ofBucket, nil},
	{"PutReplicationConfiguration", ofBucket, [][]string{replicationKeys}},
	{"TagResource", ofBucket, nil},
	{"UntagResource", ofBucket, nil},
	{"UpdateBucketMetadataInventoryTableConfiguration", ofBucket, nil},
	{"UpdateBucketMetadataJournalTableConfiguration", ofBucket, nil},

	{"AbortMultipartUpload", ofObject, nil},
	{"BypassGovernanceRetention", ofObject, bypassKeys},
	{"DeleteObject", ofObject, [][]string{deleteObjectKeys}},
	{"DeleteObjectTagging", ofObject, [][]string{existingTagKeys}},
	{"DeleteObjectVersion", ofObject, [][]string{versionKeys}},
	{"DeleteObjectVersionTagging", ofObject, [][]string{existingTagKeys, versionKeys}},
	{"GetObject", ofObject, [][]string{existingTagKeys}},
	{"GetObjectAcl", ofObject, [][]string{existingTagKeys}},
	{"GetObjectAttributes", ofObject, [][]string{existingTagKeys}},
	{"GetObjectLegalHold", ofObject, nil},
	{"GetObjectRetention", ofObject, nil},
	{"GetObjectTagging", ofObject, [][]string{existingTagKeys}},
	{"GetObjectTorrent", ofObject, nil},
	{"GetObjectVersion", ofObject, [][]string{existingTagKeys, versionKeys}},
	{"GetObjectVersionAcl", ofObject, [][]string{existingTagKeys, versionKeys}},
	{"GetObjectVersionAttributes", ofObject, [][]string{existingTagKeys, versionKeys}},
	{"GetObjectVersionForReplication", ofObject, nil},
	{"GetObjectVersionTagging", ofObject, [][]string{existingTagKeys, versionKeys}},
	{"GetObjectVersionTorrent", ofObject, [][]string{versionKeys}},
	{"InitiateReplication", ofObject, nil},
	{"ListMultipartUploadParts", ofObject, nil},
	{"ObjectOwnerOverrideToBucketOwner", ofObject, nil},
	{"PutObject", ofObject, putObjectKeys},
	{"PutObjectAcl", ofObject, [][]string{aclKeys, existingTagKeys, storageClassKeys}},
	{"PutObjectLegalHold", ofObject, [][]string{legalHoldKeys}},
	{"PutObjectRetention", ofObject, [][]string{retentionKeys}},
	{"PutObjectTagging", ofObject, [][]string{existingTagKeys, requestTagKeys}},
	{"PutObjectVersionAcl", ofObject, [][]string{aclKeys, existingTagKeys, storageClassKeys, versionKeys}},
	{"PutObjectVersionTagging", ofObject, [][]string{existingTagKeys, requestTagKeys, versionKeys}},
	{"ReplicateDelete", ofObject, nil},
	{"ReplicateObject", ofObject, [][]string{encryptionKeys}},
	{"ReplicateTags", ofObject, nil},
	{"RestoreObject", ofObject, nil},

	{"AssociateAccessGrantsIdentityCenter", ofNeither, nil},
	{"CreateAccessGrant", ofNeither, nil},
	{"CreateAccessGrantsInstance", ofNeither, nil},
	{"CreateAccessGrantsLocation", ofNeither, nil},
	{"CreateAccessPoint", ofNeither, nil},
	{"CreateAccessPointForObjectLambda", ofNeither, nil},
	{"CreateJob", ofNeither, nil},
	{"CreateMultiRegionAccessPoint", ofNeither, nil},
	{"CreateStorageLensGroup", ofNeither, nil},
	{"DeleteAccessGrant", ofNeither, nil},
	{"DeleteAccessGrantsInstance", ofNeither, nil},
	{"DeleteAccessGrantsInstanceResourcePolicy", ofNeither, nil},
	{"DeleteAccessGrantsLocation", ofNeither, nil},
	{"DeleteAccessPoint", ofNeither, nil},
	{"DeleteAccessPointForObjectLambda", ofNeither, nil},
	{"DeleteAccessPointPolicy", ofNeither, nil},
	{"DeleteAccessPointPolicyForObjectLambda", ofNeither, nil},
	{"DeleteJobTagging", ofNeither, nil},
	{"DeleteMultiRegionAccessPoint", ofNeither, nil},
	{"DeleteStorageLensConfiguration", ofNeither, nil},
	{"DeleteStorageLensConfigurationTagging", ofNeither, nil},
	{"DeleteStorageLensGroup", ofNeither, nil},
	{"DescribeJob", ofNeither, nil},
	{"DescribeMultiRegionAccessPointOperation", ofNeither, nil},
	{"DissociateAccessGrantsIdentityCenter", ofNeither, nil},
	{"GetAccessGrant", ofNeither, nil},
	{"GetAccessGrantsInstance", ofNeither, nil},
	{"GetAccessGrantsInstanceForPrefix", ofNeither, nil},
	{"GetAccessGrantsInstanceResourcePolicy", ofNeither, nil},
	{"GetAccessGrantsLocation", ofNeither, nil},
	{"GetAccessPoint", ofNeither, nil},
	{"GetAccessPointConfigurationForObjectLambda", ofNeither, nil},
	{"GetAccessPointForObjectLambda", ofNeither, nil},
	{"GetAccessPointPolicy", ofNeither, nil},
	{"GetAccessPointPolicyForObjectLambda", ofNeither, nil},
	{"GetAccessPointPolicyStatus", ofNeither, nil},
	{"GetAccessPointPolicyStatusForObjectLambda", ofNeither, nil},
	{"GetAccountPublicAccessBlock", ofNeither, nil},
	{"GetDataAccess", ofNeither, nil},
	{"GetJobTagging", ofNeither, nil},
	{"GetMultiRegionAccessPoint", ofNeither, nil},
	{"GetMultiRegionAccessPointPolicy", ofNeither, nil},
	{"GetMultiRegionAccessPointPolicyStatus", ofNeither, nil},
	{"GetMultiRegionAccessPointRoutes", ofNeither, nil},
	{"GetStorageLensConfiguration", ofNeither, nil},
	{"GetStorageLensConfigurationTagging", ofNeither, nil},
	{"GetStorageLensDashboard", ofNeither, nil},
	{"GetStorageLensGroup", ofNeither, nil},
	{"ListAccessGrants", ofNeither, nil},
	{"ListAccessGrantsInstances", ofNeither, nil},
	{"ListAccessGrantsLocations", ofNeither, nil},
	{"ListAccessPoints", ofNeither, nil},
	{"ListAccessPointsForObjectLambda", ofNeither, nil},
	{"ListAllMyBuckets", ofNeither, nil},
	{"ListCallerAccessGrants", ofNeither, nil},
	{"ListJobs", ofNeither, nil},
	{"ListMultiRegionAccessPoints", ofNeither, nil},
	{"ListStorageLensConfigurations", ofNeither, nil},
	{"ListStorageLensGroups", ofNeither, nil},
	{"PutAccessGrantsInstanceResourcePolicy", ofNeither, nil},
	{"PutAccessPointConfigurationForObjectLambda", ofNeither, nil},
	{"PutAccessPointPolicy", ofNeither, nil},
	{"PutAccessPointPolicyForObjectLambda", ofNeither, nil},
	{"PutAccessPointPublicAccessBlock", ofNeither, nil},
	{"PutAccountPublicAccessBlock", ofNeither, nil},
	{"PutJobTagging", ofNeither, nil},
	{"PutMultiRegionAccessPointPolicy", ofNeither, nil},
	{"PutStorageLensConfiguration", ofNeither, nil},
	{"PutStorageLensConfigurationTagging", ofNeither, nil},
	{"SubmitMultiRegionAccessPointRoutes", ofNeither, nil},
	{"UpdateAccessGrantsLocation", ofNeither, nil},
	{"UpdateJobPriority", ofNeither, nil},
	{"UpdateJobStatus", ofNeither, nil},
	{"UpdateStorageLensGroup", ofNeither, nil},
}
