package main

import (
	"fmt"
	"strings"
)

// service is what the model of a service does not say.
type service struct {
	id string
	// served are the operations generated. A service that serves none has no
	// package; its model is kept for the table of operations.
	served []string
	// targets are further prefixes of X-Amz-Target.
	targets []string
	global  bool
	// invalid is the hook that refuses an input that breaks the model's
	// rules, "" for the protocol's own.
	invalid string
	// readOnly corrects what a name says of a record's readOnly; writes
	// corrects that what is not read-only changes the control plane.
	readOnly, writes map[string]bool
	// unsigned are the operations whose calls bear no signature.
	unsigned map[string]bool
	// mayBeUnsigned are those whose calls need none.
	mayBeUnsigned map[string]bool
	// denied is the code of refusals for want of a permission, "" for the
	// protocol's own.
	denied string
	// events are the names in records where they differ; dataTypes the
	// resource types of data events.
	events, dataTypes map[string]string
	// roots are the root elements of outputs, which the model leaves out;
	// texts the outputs whose one member is the text of the root.
	roots, texts map[string]string
	// open are enumerations that are not checked against the model: the
	// service refuses their values in words of its own, or knows more of them.
	open []string
	// shown are the members whose values records show though the model calls
	// them sensitive; of hidden ones they tell that they were there, of
	// unnamed ones nothing. A name alone is that of a member of every
	// structure.
	shown, hidden, unnamed []string
	// statuses are the HTTP statuses of answers where the model has another.
	statuses map[string]int
	// namespace is that of XML answers where the model has none.
	namespace string
	// legacy is set for what spoke the query protocol before its model.
	legacy *legacy
}

func serviceByID(id string) (service, error) {
	for _, s := range services {
		if s.id == id {
			return s, nil
		}
	}
	return service{}, fmt.Errorf("no service %q in the table", id)
}

var services = []service{
	cloudtrail, organizations, iam, sts, s3, kms, logs, sns, sqs, events,
	{id: "cloudtrail-data"},
}

var cloudtrail = service{
	id: "cloudtrail",
	served: names(`
		CreateTrail UpdateTrail DeleteTrail GetTrail DescribeTrails ListTrails
		StartLogging StopLogging GetTrailStatus ListPublicKeys
		GetEventSelectors PutEventSelectors
		AddTags RemoveTags ListTags
		RegisterOrganizationDelegatedAdmin DeregisterOrganizationDelegatedAdmin`),
	// The Go and JavaScript SDKs and Terraform leave the package away.
	targets: []string{"CloudTrail_20131101"},
}

var organizations = service{
	id: "organizations",
	served: names(`
		CreateOrganization DescribeOrganization DeleteOrganization LeaveOrganization
		EnableAllFeatures
		CreateAccount DescribeCreateAccountStatus ListCreateAccountStatus
		DescribeAccount ListAccounts ListAccountsForParent MoveAccount CloseAccount
		RemoveAccountFromOrganization InviteAccountToOrganization
		AcceptHandshake DeclineHandshake CancelHandshake DescribeHandshake
		ListHandshakesForAccount ListHandshakesForOrganization
		ListRoots ListChildren ListParents
		CreateOrganizationalUnit UpdateOrganizationalUnit DeleteOrganizationalUnit
		DescribeOrganizationalUnit ListOrganizationalUnitsForParent
		CreatePolicy UpdatePolicy DeletePolicy DescribePolicy ListPolicies
		ListPoliciesForTarget ListTargetsForPolicy AttachPolicy DetachPolicy
		EnablePolicyType DisablePolicyType
		EnableAWSServiceAccess DisableAWSServiceAccess ListAWSServiceAccessForOrganization
		RegisterDelegatedAdministrator DeregisterDelegatedAdministrator
		ListDelegatedAdministrators ListDelegatedServicesForAccount
		PutResourcePolicy DescribeResourcePolicy DeleteResourcePolicy
		TagResource UntagResource ListTagsForResource`),
	global:  true,
	invalid: "wire.InvalidInput",
}

var iam = service{
	id: "iam",
	served: names(`
		CreateUser GetUser UpdateUser DeleteUser ListUsers
		CreateGroup GetGroup UpdateGroup DeleteGroup ListGroups
		AddUserToGroup RemoveUserFromGroup ListGroupsForUser
		CreateRole GetRole UpdateRole DeleteRole ListRoles
		UpdateAssumeRolePolicy UpdateRoleDescription
		CreateAccessKey UpdateAccessKey DeleteAccessKey ListAccessKeys GetAccessKeyLastUsed
		PutUserPolicy GetUserPolicy DeleteUserPolicy ListUserPolicies
		PutGroupPolicy GetGroupPolicy DeleteGroupPolicy ListGroupPolicies
		PutRolePolicy GetRolePolicy DeleteRolePolicy ListRolePolicies
		CreatePolicy GetPolicy DeletePolicy ListPolicies
		CreatePolicyVersion GetPolicyVersion DeletePolicyVersion ListPolicyVersions
		SetDefaultPolicyVersion
		AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies
		AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies
		AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies ListEntitiesForPolicy
		PutUserPermissionsBoundary DeleteUserPermissionsBoundary
		PutRolePermissionsBoundary DeleteRolePermissionsBoundary
		CreateInstanceProfile GetInstanceProfile DeleteInstanceProfile ListInstanceProfiles
		ListInstanceProfilesForRole AddRoleToInstanceProfile RemoveRoleFromInstanceProfile
		CreateAccountAlias DeleteAccountAlias ListAccountAliases GetAccountSummary
		CreateServiceLinkedRole DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus
		TagUser UntagUser ListUserTags TagRole UntagRole ListRoleTags
		TagPolicy UntagPolicy ListPolicyTags
		CreateLoginProfile GetLoginProfile UpdateLoginProfile DeleteLoginProfile ChangePassword
		GetAccountPasswordPolicy UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy
		GetAccountAuthorizationDetails GenerateCredentialReport GetCredentialReport
		GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy
		SimulateCustomPolicy SimulatePrincipalPolicy
		UploadSSHPublicKey GetSSHPublicKey ListSSHPublicKeys UpdateSSHPublicKey DeleteSSHPublicKey
		UploadSigningCertificate ListSigningCertificates UpdateSigningCertificate DeleteSigningCertificate
		UploadServerCertificate GetServerCertificate ListServerCertificates UpdateServerCertificate
		DeleteServerCertificate TagServerCertificate UntagServerCertificate ListServerCertificateTags
		CreateOpenIDConnectProvider GetOpenIDConnectProvider DeleteOpenIDConnectProvider
		ListOpenIDConnectProviders AddClientIDToOpenIDConnectProvider
		RemoveClientIDFromOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint
		TagOpenIDConnectProvider UntagOpenIDConnectProvider ListOpenIDConnectProviderTags
		CreateVirtualMFADevice DeleteVirtualMFADevice ListVirtualMFADevices
		EnableMFADevice DeactivateMFADevice ResyncMFADevice GetMFADevice ListMFADevices
		TagMFADevice UntagMFADevice ListMFADeviceTags
		TagInstanceProfile UntagInstanceProfile ListInstanceProfileTags
		CreateSAMLProvider GetSAMLProvider UpdateSAMLProvider DeleteSAMLProvider ListSAMLProviders
		TagSAMLProvider UntagSAMLProvider ListSAMLProviderTags
		EnableOutboundWebIdentityFederation DisableOutboundWebIdentityFederation
		GetOutboundWebIdentityFederationInfo
		EnableOrganizationsRootCredentialsManagement DisableOrganizationsRootCredentialsManagement
		EnableOrganizationsRootSessions DisableOrganizationsRootSessions ListOrganizationsFeatures
		CreateServiceSpecificCredential ListServiceSpecificCredentials UpdateServiceSpecificCredential
		ResetServiceSpecificCredential DeleteServiceSpecificCredential
		GenerateServiceLastAccessedDetails GetServiceLastAccessedDetails
		GetServiceLastAccessedDetailsWithEntities ListPoliciesGrantingServiceAccess
		GenerateOrganizationsAccessReport GetOrganizationsAccessReport
		SetSecurityTokenServicePreferences`),
	global: true,
	unnamed: names(`SecretAccessKey Password OldPassword NewPassword PrivateKey AddPrivateKey
		AuthenticationCode1 AuthenticationCode2 Base32StringSeed QRCodePNG`),
	readOnly: map[string]bool{"SimulateCustomPolicy": true, "SimulatePrincipalPolicy": true},
}

var sts = service{
	id: "sts",
	served: names(`
		GetCallerIdentity GetAccessKeyInfo DecodeAuthorizationMessage
		AssumeRole AssumeRoleWithWebIdentity AssumeRoleWithSAML AssumeRoot
		GetSessionToken GetFederationToken GetWebIdentityToken`),
	readOnly: map[string]bool{
		"AssumeRole":                 true,
		"AssumeRoleWithWebIdentity":  true,
		"AssumeRoleWithSAML":         true,
		"DecodeAuthorizationMessage": true,
		"GetSessionToken":            false,
		"GetFederationToken":         false,
	},
	// Temporary credentials are sealed into their own token.
	writes:   map[string]bool{"GetSessionToken": false, "GetFederationToken": false, "AssumeRoot": false},
	unnamed:  names(`SecretAccessKey TokenCode SAMLAssertion WebIdentityToken`),
	unsigned: map[string]bool{"AssumeRoleWithWebIdentity": true, "AssumeRoleWithSAML": true},
}

// names splits a list written over several lines.
func names(list string) []string { return strings.Fields(list) }
