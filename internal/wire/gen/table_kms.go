package main

// Using a key changes nothing; every use is a management event all the same.
var kms = service{
	id: "kms",
	served: names(`
		CreateKey DescribeKey ListKeys UpdateKeyDescription EnableKey DisableKey
		ScheduleKeyDeletion CancelKeyDeletion
		CreateAlias UpdateAlias DeleteAlias ListAliases
		GetKeyPolicy PutKeyPolicy ListKeyPolicies
		CreateGrant ListGrants ListRetirableGrants RetireGrant RevokeGrant
		EnableKeyRotation DisableKeyRotation GetKeyRotationStatus RotateKeyOnDemand ListKeyRotations
		GetParametersForImport ImportKeyMaterial DeleteImportedKeyMaterial
		ReplicateKey UpdatePrimaryRegion
		Encrypt Decrypt ReEncrypt GenerateDataKey GenerateDataKeyWithoutPlaintext
		GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateRandom
		Sign Verify GetPublicKey GenerateMac VerifyMac DeriveSharedSecret
		TagResource UntagResource ListResourceTags`),
	readOnly: allOf(keyUses),
	// What is secret or opaque.
	unnamed: names(`Plaintext CiphertextBlob Message Mac Signature PublicKey
		ImportToken EncryptedKeyMaterial Recipient GrantToken GrantTokens`),
}

// keyUses are the calls of KMS that use a key and leave it as it is.
const keyUses = `Encrypt Decrypt ReEncrypt GenerateDataKey GenerateDataKeyWithoutPlaintext
	GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateRandom
	Sign Verify GenerateMac VerifyMac DeriveSharedSecret`
