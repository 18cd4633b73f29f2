package main

// Object calls are data events; they change no state of the control plane.
var s3 = service{
	id: "s3",
	served: names(`
		CreateBucket DeleteBucket HeadBucket ListBuckets GetBucketLocation
		PutBucketPolicy GetBucketPolicy DeleteBucketPolicy GetBucketPolicyStatus
		PutBucketAcl GetBucketAcl
		PutPublicAccessBlock GetPublicAccessBlock DeletePublicAccessBlock
		PutBucketOwnershipControls GetBucketOwnershipControls DeleteBucketOwnershipControls
		PutBucketVersioning GetBucketVersioning
		PutBucketEncryption GetBucketEncryption DeleteBucketEncryption
		PutBucketLifecycleConfiguration GetBucketLifecycleConfiguration DeleteBucketLifecycle
		PutBucketNotificationConfiguration GetBucketNotificationConfiguration
		PutBucketLogging GetBucketLogging
		PutBucketTagging GetBucketTagging DeleteBucketTagging
		PutObjectLockConfiguration GetObjectLockConfiguration
		PutBucketRequestPayment GetBucketRequestPayment
		PutBucketCors GetBucketCors DeleteBucketCors
		PutBucketWebsite GetBucketWebsite DeleteBucketWebsite
		GetBucketReplication
		PutBucketAccelerateConfiguration GetBucketAccelerateConfiguration
		PutObject GetObject HeadObject DeleteObject DeleteObjects CopyObject
		ListObjects ListObjectsV2 ListObjectVersions
		CreateMultipartUpload UploadPart UploadPartCopy CompleteMultipartUpload
		AbortMultipartUpload ListParts ListMultipartUploads
		GetObjectAcl PutObjectAcl
		GetObjectTagging PutObjectTagging DeleteObjectTagging
		GetObjectRetention PutObjectRetention GetObjectLegalHold PutObjectLegalHold
		GetObjectAttributes`),
	// Who encrypts with whose key is what readers of records look for.
	shown: names(`SSEKMSKeyId KMSMasterKeyID`),
	// Each key of a DeleteObjects has a record of its own.
	unnamed: names(`MFA DeleteObjectsInput.Delete DeleteObjectsOutput.Deleted DeleteObjectsOutput.Errors`),
	events: map[string]string{
		"PutBucketLifecycleConfiguration":    "PutBucketLifecycle",
		"GetBucketLifecycleConfiguration":    "GetBucketLifecycle",
		"PutBucketNotificationConfiguration": "PutBucketNotification",
		"GetBucketNotificationConfiguration": "GetBucketNotification",
		"PutPublicAccessBlock":               "PutBucketPublicAccessBlock",
		"GetPublicAccessBlock":               "GetBucketPublicAccessBlock",
		"DeletePublicAccessBlock":            "DeleteBucketPublicAccessBlock",
		"PutObjectLockConfiguration":         "PutBucketObjectLockConfiguration",
		"GetObjectLockConfiguration":         "GetBucketObjectLockConfiguration",
		"PutBucketAccelerateConfiguration":   "PutAccelerateConfiguration",
		"GetBucketAccelerateConfiguration":   "GetAccelerateConfiguration",
		"ListObjectsV2":                      "ListObjects",
	},
	dataTypes: everyOne("AWS::S3::Object", `
		AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload
		DeleteObject DeleteObjects DeleteObjectTagging GetObject GetObjectAcl
		GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging
		HeadObject HeadBucket ListObjects ListObjectsV2 ListObjectVersions ListParts
		PutObject PutObjectAcl PutObjectLegalHold PutObjectRetention PutObjectTagging
		UploadPart UploadPartCopy`),
	statuses:  map[string]int{"PutBucketPolicy": 204},
	namespace: "http://s3.amazonaws.com/doc/2006-03-01/",
	open:      names("BucketLocationConstraint StorageClass Event ServerSideEncryption ChecksumAlgorithm"),
	texts:     map[string]string{"GetBucketLocation": "LocationConstraint"},
	roots: map[string]string{
		"ListBuckets":                        "ListAllMyBucketsResult",
		"ListObjects":                        "ListBucketResult",
		"ListObjectsV2":                      "ListBucketResult",
		"ListObjectVersions":                 "ListVersionsResult",
		"ListMultipartUploads":               "ListMultipartUploadsResult",
		"ListParts":                          "ListPartsResult",
		"CreateMultipartUpload":              "InitiateMultipartUploadResult",
		"CompleteMultipartUpload":            "CompleteMultipartUploadResult",
		"DeleteObjects":                      "DeleteResult",
		"GetBucketAcl":                       "AccessControlPolicy",
		"GetObjectAcl":                       "AccessControlPolicy",
		"GetBucketLocation":                  "LocationConstraint",
		"GetBucketVersioning":                "VersioningConfiguration",
		"GetBucketLifecycleConfiguration":    "LifecycleConfiguration",
		"GetBucketNotificationConfiguration": "NotificationConfiguration",
		"GetBucketLogging":                   "BucketLoggingStatus",
		"GetBucketTagging":                   "Tagging",
		"GetObjectTagging":                   "Tagging",
		"GetBucketRequestPayment":            "RequestPaymentConfiguration",
		"GetBucketCors":                      "CORSConfiguration",
		"GetBucketWebsite":                   "WebsiteConfiguration",
		"GetBucketAccelerateConfiguration":   "AccelerateConfiguration",
		"GetObjectAttributes":                "GetObjectAttributesResponse",
	},
}

// everyOne gives all the names one value.
func everyOne(value, list string) map[string]string {
	m := map[string]string{}
	for _, name := range names(list) {
		m[name] = value
	}
	return m
}
