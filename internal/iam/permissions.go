package iam

import (
	"cmp"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// on makes an entry of permissions out of a function of one operation's input.
func on[I any](f func(*permission, *I)) func(*permission, any) {
	return func(n *permission, in any) { f(n, in.(*I)) }
}

// onAll is the entry of an action that knows no resource.
func onAll(*permission, any) {}

// permissions says of every operation which resource it is about and which condition
// keys it adds.
var permissions = map[string]func(*permission, any){
	"CreateUser": on(func(n *permission, in *api.CreateUserInput) {
		n.made(userClass, in.UserName, in.Path, in.Tags, "iam:TagUser")
		n.boundary(in.PermissionsBoundary)
	}),
	"GetUser": on(func(n *permission, in *api.GetUserInput) { n.user(in.UserName) }),
	"UpdateUser": on(func(n *permission, in *api.UpdateUserInput) {
		n.user(in.UserName)
		n.renamed(userClass, in.UserName, in.NewUserName, in.NewPath)
	}),
	"DeleteUser": on(func(n *permission, in *api.DeleteUserInput) { n.user(in.UserName) }),
	"ListUsers":  on(func(n *permission, in *api.ListUsersInput) { n.under(userClass, in.PathPrefix) }),
	"TagUser": on(func(n *permission, in *api.TagUserInput) {
		n.user(in.UserName)
		n.requestTags(in.Tags)
	}),
	"UntagUser": on(func(n *permission, in *api.UntagUserInput) {
		n.user(in.UserName)
		n.tagKeys(in.TagKeys)
	}),
	"ListUserTags": on(func(n *permission, in *api.ListUserTagsInput) { n.user(in.UserName) }),

	"CreateGroup": on(func(n *permission, in *api.CreateGroupInput) {
		n.made(groupClass, in.GroupName, in.Path, nil, "")
	}),
	"GetGroup": on(func(n *permission, in *api.GetGroupInput) { n.group(in.GroupName) }),
	"UpdateGroup": on(func(n *permission, in *api.UpdateGroupInput) {
		n.group(in.GroupName)
		n.renamed(groupClass, in.GroupName, in.NewGroupName, in.NewPath)
	}),
	"DeleteGroup":         on(func(n *permission, in *api.DeleteGroupInput) { n.group(in.GroupName) }),
	"ListGroups":          on(func(n *permission, in *api.ListGroupsInput) { n.under(groupClass, in.PathPrefix) }),
	"AddUserToGroup":      on(func(n *permission, in *api.AddUserToGroupInput) { n.group(in.GroupName) }),
	"RemoveUserFromGroup": on(func(n *permission, in *api.RemoveUserFromGroupInput) { n.group(in.GroupName) }),
	"ListGroupsForUser":   on(func(n *permission, in *api.ListGroupsForUserInput) { n.user(in.UserName) }),

	"CreateRole": on(func(n *permission, in *api.CreateRoleInput) {
		n.made(roleClass, in.RoleName, in.Path, in.Tags, "iam:TagRole")
		n.boundary(in.PermissionsBoundary)
	}),
	"GetRole":                on(func(n *permission, in *api.GetRoleInput) { n.role(in.RoleName) }),
	"UpdateRole":             on(func(n *permission, in *api.UpdateRoleInput) { n.role(in.RoleName) }),
	"UpdateRoleDescription":  on(func(n *permission, in *api.UpdateRoleDescriptionInput) { n.role(in.RoleName) }),
	"UpdateAssumeRolePolicy": on(func(n *permission, in *api.UpdateAssumeRolePolicyInput) { n.role(in.RoleName) }),
	"DeleteRole":             on(func(n *permission, in *api.DeleteRoleInput) { n.role(in.RoleName) }),
	"ListRoles":              on(func(n *permission, in *api.ListRolesInput) { n.under(roleClass, in.PathPrefix) }),
	"TagRole": on(func(n *permission, in *api.TagRoleInput) {
		n.role(in.RoleName)
		n.requestTags(in.Tags)
	}),
	"UntagRole": on(func(n *permission, in *api.UntagRoleInput) {
		n.role(in.RoleName)
		n.tagKeys(in.TagKeys)
	}),
	"ListRoleTags": on(func(n *permission, in *api.ListRoleTagsInput) { n.role(in.RoleName) }),

	"CreateServiceLinkedRole": on(func(n *permission, in *api.CreateServiceLinkedRoleInput) {
		n.set("iam:AWSServiceName", aws.Val(in.AWSServiceName))
		if r, err := linkedRole(n.c.Account(), aws.Val(in.AWSServiceName), aws.Val(in.CustomSuffix), "", n.c.Time); err == nil {
			n.Resource = r.ARN
		}
	}),
	"DeleteServiceLinkedRole": on(func(n *permission, in *api.DeleteServiceLinkedRoleInput) { n.role(in.RoleName) }),
	"GetServiceLinkedRoleDeletionStatus": on(func(n *permission, in *api.GetServiceLinkedRoleDeletionStatusInput) {
		if role, ok := roleOfTask(aws.Val(in.DeletionTaskId)); ok {
			n.Resource = aws.NewARN("iam", "", n.c.Account(), "role/"+role).String()
		}
	}),

	"CreateAccessKey": on(func(n *permission, in *api.CreateAccessKeyInput) { n.user(in.UserName) }),
	"UpdateAccessKey": on(func(n *permission, in *api.UpdateAccessKeyInput) { n.user(in.UserName) }),
	"DeleteAccessKey": on(func(n *permission, in *api.DeleteAccessKeyInput) { n.user(in.UserName) }),
	"ListAccessKeys":  on(func(n *permission, in *api.ListAccessKeysInput) { n.user(in.UserName) }),
	"GetAccessKeyLastUsed": on(func(n *permission, in *api.GetAccessKeyLastUsedInput) {
		switch k, ok := accessKeys.Get(n.c.State, aws.Val(in.AccessKeyId)); {
		case !ok || k.Account != n.c.Account():
		case k.User == "":
			n.Resource = aws.RootARN(n.c.Account())
		default:
			n.user(new(nameOfKey(k.User)))
		}
	}),

	"PutUserPolicy":    on(func(n *permission, in *api.PutUserPolicyInput) { n.userPolicies(in.UserName) }),
	"GetUserPolicy":    on(func(n *permission, in *api.GetUserPolicyInput) { n.user(in.UserName) }),
	"DeleteUserPolicy": on(func(n *permission, in *api.DeleteUserPolicyInput) { n.userPolicies(in.UserName) }),
	"ListUserPolicies": on(func(n *permission, in *api.ListUserPoliciesInput) { n.user(in.UserName) }),

	"PutGroupPolicy":    on(func(n *permission, in *api.PutGroupPolicyInput) { n.group(in.GroupName) }),
	"GetGroupPolicy":    on(func(n *permission, in *api.GetGroupPolicyInput) { n.group(in.GroupName) }),
	"DeleteGroupPolicy": on(func(n *permission, in *api.DeleteGroupPolicyInput) { n.group(in.GroupName) }),
	"ListGroupPolicies": on(func(n *permission, in *api.ListGroupPoliciesInput) { n.group(in.GroupName) }),

	"PutRolePolicy":    on(func(n *permission, in *api.PutRolePolicyInput) { n.rolePolicies(in.RoleName) }),
	"GetRolePolicy":    on(func(n *permission, in *api.GetRolePolicyInput) { n.role(in.RoleName) }),
	"DeleteRolePolicy": on(func(n *permission, in *api.DeleteRolePolicyInput) { n.rolePolicies(in.RoleName) }),
	"ListRolePolicies": on(func(n *permission, in *api.ListRolePoliciesInput) { n.role(in.RoleName) }),

	"CreatePolicy": on(func(n *permission, in *api.CreatePolicyInput) {
		n.made(policyClass, in.PolicyName, in.Path, in.Tags, "iam:TagPolicy")
		n.named("policy", in.PolicyName)
	}),
	"GetPolicy":    on(func(n *permission, in *api.GetPolicyInput) { n.policy(in.PolicyArn) }),
	"DeletePolicy": on(func(n *permission, in *api.DeletePolicyInput) { n.policy(in.PolicyArn) }),
	"ListPolicies": on(func(n *permission, in *api.ListPoliciesInput) {
		n.under(policyClass, in.PathPrefix)
		n.Called = "policy path " + cmp.Or(aws.Val(in.PathPrefix), "/")
	}),
	"CreatePolicyVersion":     on(func(n *permission, in *api.CreatePolicyVersionInput) { n.policy(in.PolicyArn) }),
	"GetPolicyVersion":        on(func(n *permission, in *api.GetPolicyVersionInput) { n.policy(in.PolicyArn) }),
	"DeletePolicyVersion":     on(func(n *permission, in *api.DeletePolicyVersionInput) { n.policy(in.PolicyArn) }),
	"ListPolicyVersions":      on(func(n *permission, in *api.ListPolicyVersionsInput) { n.policy(in.PolicyArn) }),
	"SetDefaultPolicyVersion": on(func(n *permission, in *api.SetDefaultPolicyVersionInput) { n.policy(in.PolicyArn) }),
	"ListEntitiesForPolicy":   on(func(n *permission, in *api.ListEntitiesForPolicyInput) { n.policy(in.PolicyArn) }),
	"TagPolicy": on(func(n *permission, in *api.TagPolicyInput) {
		n.policy(in.PolicyArn)
		n.requestTags(in.Tags)
	}),
	"UntagPolicy": on(func(n *permission, in *api.UntagPolicyInput) {
		n.policy(in.PolicyArn)
		n.tagKeys(in.TagKeys)
	}),
	"ListPolicyTags": on(func(n *permission, in *api.ListPolicyTagsInput) { n.policy(in.PolicyArn) }),

	"AttachUserPolicy": on(func(n *permission, in *api.AttachUserPolicyInput) {
		n.userPolicies(in.UserName)
		n.attaching(in.PolicyArn)
	}),
	"DetachUserPolicy": on(func(n *permission, in *api.DetachUserPolicyInput) {
		n.userPolicies(in.UserName)
		n.attaching(in.PolicyArn)
	}),
	"ListAttachedUserPolicies": on(func(n *permission, in *api.ListAttachedUserPoliciesInput) { n.user(in.UserName) }),
	"AttachGroupPolicy": on(func(n *permission, in *api.AttachGroupPolicyInput) {
		n.group(in.GroupName)
		n.attaching(in.PolicyArn)
	}),
	"DetachGroupPolicy": on(func(n *permission, in *api.DetachGroupPolicyInput) {
		n.group(in.GroupName)
		n.attaching(in.PolicyArn)
	}),
	"ListAttachedGroupPolicies": on(func(n *permission, in *api.ListAttachedGroupPoliciesInput) { n.group(in.GroupName) }),
	"AttachRolePolicy": on(func(n *permission, in *api.AttachRolePolicyInput) {
		n.rolePolicies(in.RoleName)
		n.attaching(in.PolicyArn)
	}),
	"DetachRolePolicy": on(func(n *permission, in *api.DetachRolePolicyInput) {
		n.rolePolicies(in.RoleName)
		n.attaching(in.PolicyArn)
	}),
	"ListAttachedRolePolicies": on(func(n *permission, in *api.ListAttachedRolePoliciesInput) { n.role(in.RoleName) }),

	"PutUserPermissionsBoundary": on(func(n *permission, in *api.PutUserPermissionsBoundaryInput) {
		n.user(in.UserName)
		n.boundary(in.PermissionsBoundary)
	}),
	"DeleteUserPermissionsBoundary": on(func(n *permission, in *api.DeleteUserPermissionsBoundaryInput) {
		n.userPolicies(in.UserName)
	}),
	"PutRolePermissionsBoundary": on(func(n *permission, in *api.PutRolePermissionsBoundaryInput) {
		n.role(in.RoleName)
		n.boundary(in.PermissionsBoundary)
	}),
	"DeleteRolePermissionsBoundary": on(func(n *permission, in *api.DeleteRolePermissionsBoundaryInput) {
		n.rolePolicies(in.RoleName)
	}),

	"CreateInstanceProfile": on(func(n *permission, in *api.CreateInstanceProfileInput) {
		n.made(profileClass, in.InstanceProfileName, in.Path, in.Tags, "iam:TagInstanceProfile")
	}),
	"GetInstanceProfile":            on(func(n *permission, in *api.GetInstanceProfileInput) { n.profile(in.InstanceProfileName) }),
	"DeleteInstanceProfile":         on(func(n *permission, in *api.DeleteInstanceProfileInput) { n.profile(in.InstanceProfileName) }),
	"ListInstanceProfiles":          on(func(n *permission, in *api.ListInstanceProfilesInput) { n.under(profileClass, in.PathPrefix) }),
	"ListInstanceProfilesForRole":   on(func(n *permission, in *api.ListInstanceProfilesForRoleInput) { n.role(in.RoleName) }),
	"AddRoleToInstanceProfile":      on(func(n *permission, in *api.AddRoleToInstanceProfileInput) { n.profile(in.InstanceProfileName) }),
	"RemoveRoleFromInstanceProfile": on(func(n *permission, in *api.RemoveRoleFromInstanceProfileInput) { n.profile(in.InstanceProfileName) }),

	"CreateAccountAlias": onAll,
	"DeleteAccountAlias": onAll,
	"ListAccountAliases": onAll,
	"GetAccountSummary":  onAll,

	"CreateLoginProfile": on(func(n *permission, in *api.CreateLoginProfileInput) { n.user(in.UserName) }),
	"GetLoginProfile":    on(func(n *permission, in *api.GetLoginProfileInput) { n.user(in.UserName) }),
	"UpdateLoginProfile": on(func(n *permission, in *api.UpdateLoginProfileInput) { n.user(in.UserName) }),
	"DeleteLoginProfile": on(func(n *permission, in *api.DeleteLoginProfileInput) { n.user(in.UserName) }),
	"ChangePassword": func(n *permission, _ any) {
		n.user(nil)
		n.ownPassword()
	},
	"GetAccountPasswordPolicy":    func(n *permission, _ any) { n.ownPassword() },
	"UpdateAccountPasswordPolicy": onAll,
	"DeleteAccountPasswordPolicy": onAll,

	"CreateVirtualMFADevice": on(func(n *permission, in *api.CreateVirtualMFADeviceInput) {
		n.made(mfaClass, in.VirtualMFADeviceName, in.Path, in.Tags, "iam:TagMFADevice")
	}),
	"DeleteVirtualMFADevice": on(func(n *permission, in *api.DeleteVirtualMFADeviceInput) { n.device(in.SerialNumber) }),
	"ListVirtualMFADevices":  func(n *permission, _ any) { n.under(mfaClass, nil) },
	"EnableMFADevice":        on(func(n *permission, in *api.EnableMFADeviceInput) { n.user(in.UserName) }),
	"DeactivateMFADevice":    on(func(n *permission, in *api.DeactivateMFADeviceInput) { n.user(in.UserName) }),
	"ResyncMFADevice":        on(func(n *permission, in *api.ResyncMFADeviceInput) { n.user(in.UserName) }),
	"GetMFADevice":           on(func(n *permission, in *api.GetMFADeviceInput) { n.user(in.UserName) }),
	"ListMFADevices":         on(func(n *permission, in *api.ListMFADevicesInput) { n.user(in.UserName) }),
	"TagMFADevice": on(func(n *permission, in *api.TagMFADeviceInput) {
		n.device(in.SerialNumber)
		n.requestTags(in.Tags)
	}),
	"UntagMFADevice": on(func(n *permission, in *api.UntagMFADeviceInput) {
		n.device(in.SerialNumber)
		n.tagKeys(in.TagKeys)
	}),
	"ListMFADeviceTags": on(func(n *permission, in *api.ListMFADeviceTagsInput) { n.device(in.SerialNumber) }),

	"TagInstanceProfile": on(func(n *permission, in *api.TagInstanceProfileInput) {
		n.profile(in.InstanceProfileName)
		n.requestTags(in.Tags)
	}),
	"UntagInstanceProfile": on(func(n *permission, in *api.UntagInstanceProfileInput) {
		n.profile(in.InstanceProfileName)
		n.tagKeys(in.TagKeys)
	}),
	"ListInstanceProfileTags": on(func(n *permission, in *api.ListInstanceProfileTagsInput) { n.profile(in.InstanceProfileName) }),

	"CreateOpenIDConnectProvider": on(func(n *permission, in *api.CreateOpenIDConnectProviderInput) {
		n.Resource = providerARN(n.c.Account(), aws.Val(in.Url))
		if len(in.Tags) > 0 {
			n.requestTags(in.Tags)
			n.tagging = "iam:TagOpenIDConnectProvider"
		}
	}),
	"GetOpenIDConnectProvider":    on(func(n *permission, in *api.GetOpenIDConnectProviderInput) { n.provider(in.OpenIDConnectProviderArn) }),
	"DeleteOpenIDConnectProvider": on(func(n *permission, in *api.DeleteOpenIDConnectProviderInput) { n.provider(in.OpenIDConnectProviderArn) }),
	"ListOpenIDConnectProviders": func(n *permission, _ any) {
		n.Resource = aws.NewARN("iam", "", n.c.Account(), "oidc-provider/*").String()
	},
	"AddClientIDToOpenIDConnectProvider": on(func(n *permission, in *api.AddClientIDToOpenIDConnectProviderInput) {
		n.provider(in.OpenIDConnectProviderArn)
	}),
	"RemoveClientIDFromOpenIDConnectProvider": on(func(n *permission, in *api.RemoveClientIDFromOpenIDConnectProviderInput) {
		n.provider(in.OpenIDConnectProviderArn)
	}),
	"UpdateOpenIDConnectProviderThumbprint": on(func(n *permission, in *api.UpdateOpenIDConnectProviderThumbprintInput) {
		n.provider(in.OpenIDConnectProviderArn)
	}),
	"TagOpenIDConnectProvider": on(func(n *permission, in *api.TagOpenIDConnectProviderInput) {
		n.provider(in.OpenIDConnectProviderArn)
		n.requestTags(in.Tags)
	}),
	"UntagOpenIDConnectProvider": on(func(n *permission, in *api.UntagOpenIDConnectProviderInput) {
		n.provider(in.OpenIDConnectProviderArn)
		n.tagKeys(in.TagKeys)
	}),
	"ListOpenIDConnectProviderTags": on(func(n *permission, in *api.ListOpenIDConnectProviderTagsInput) {
		n.provider(in.OpenIDConnectProviderArn)
	}),

	"UploadSSHPublicKey":       on(func(n *permission, in *api.UploadSSHPublicKeyInput) { n.user(in.UserName) }),
	"ListSSHPublicKeys":        on(func(n *permission, in *api.ListSSHPublicKeysInput) { n.user(in.UserName) }),
	"GetSSHPublicKey":          on(func(n *permission, in *api.GetSSHPublicKeyInput) { n.user(in.UserName) }),
	"UpdateSSHPublicKey":       on(func(n *permission, in *api.UpdateSSHPublicKeyInput) { n.user(in.UserName) }),
	"DeleteSSHPublicKey":       on(func(n *permission, in *api.DeleteSSHPublicKeyInput) { n.user(in.UserName) }),
	"UploadSigningCertificate": on(func(n *permission, in *api.UploadSigningCertificateInput) { n.user(in.UserName) }),
	"ListSigningCertificates":  on(func(n *permission, in *api.ListSigningCertificatesInput) { n.user(in.UserName) }),
	"UpdateSigningCertificate": on(func(n *permission, in *api.UpdateSigningCertificateInput) { n.user(in.UserName) }),
	"DeleteSigningCertificate": on(func(n *permission, in *api.DeleteSigningCertificateInput) { n.user(in.UserName) }),

	"UploadServerCertificate": on(func(n *permission, in *api.UploadServerCertificateInput) {
		n.made(certificateClass, in.ServerCertificateName, in.Path, in.Tags, "iam:TagServerCertificate")
	}),
	"ListServerCertificates": on(func(n *permission, in *api.ListServerCertificatesInput) { n.under(certificateClass, in.PathPrefix) }),
	"GetServerCertificate":   on(func(n *permission, in *api.GetServerCertificateInput) { n.certificate(in.ServerCertificateName) }),
	"UpdateServerCertificate": on(func(n *permission, in *api.UpdateServerCertificateInput) {
		n.certificate(in.ServerCertificateName)
		n.renamed(certificateClass, in.ServerCertificateName, in.NewServerCertificateName, in.NewPath)
	}),
	"DeleteServerCertificate":   on(func(n *permission, in *api.DeleteServerCertificateInput) { n.certificate(in.ServerCertificateName) }),
	"ListServerCertificateTags": on(func(n *permission, in *api.ListServerCertificateTagsInput) { n.certificate(in.ServerCertificateName) }),
	"TagServerCertificate": on(func(n *permission, in *api.TagServerCertificateInput) {
		n.certificate(in.ServerCertificateName)
		n.requestTags(in.Tags)
	}),
	"UntagServerCertificate": on(func(n *permission, in *api.UntagServerCertificateInput) {
		n.certificate(in.ServerCertificateName)
		n.tagKeys(in.TagKeys)
	}),

	"GetAccountAuthorizationDetails": onAll,
	"GenerateCredentialReport":       onAll,
	"GetCredentialReport":            onAll,
	"GetContextKeysForCustomPolicy":  onAll,
	"SimulateCustomPolicy":           onAll,
	"GetContextKeysForPrincipalPolicy": on(func(n *permission, in *api.GetContextKeysForPrincipalPolicyInput) {
		n.principal(in.PolicySourceArn)
	}),
	"SimulatePrincipalPolicy": on(func(n *permission, in *api.SimulatePrincipalPolicyInput) { n.principal(in.PolicySourceArn) }),

	"CreateSAMLProvider": on(func(n *permission, in *api.CreateSAMLProviderInput) {
		n.Resource = samlProviderARN(n.c.Account(), aws.Val(in.Name))
		if len(in.Tags) > 0 {
			n.requestTags(in.Tags)
			n.tagging = "iam:TagSAMLProvider"
		}
	}),
	"GetSAMLProvider":    on(func(n *permission, in *api.GetSAMLProviderInput) { n.samlProvider(in.SAMLProviderArn) }),
	"UpdateSAMLProvider": on(func(n *permission, in *api.UpdateSAMLProviderInput) { n.samlProvider(in.SAMLProviderArn) }),
	"DeleteSAMLProvider": on(func(n *permission, in *api.DeleteSAMLProviderInput) { n.samlProvider(in.SAMLProviderArn) }),
	"ListSAMLProviders":  func(n *permission, _ any) { n.Resource = samlProviderARN(n.c.Account(), "*") },
	"TagSAMLProvider": on(func(n *permission, in *api.TagSAMLProviderInput) {
		n.samlProvider(in.SAMLProviderArn)
		n.requestTags(in.Tags)
	}),
	"UntagSAMLProvider": on(func(n *permission, in *api.UntagSAMLProviderInput) {
		n.samlProvider(in.SAMLProviderArn)
		n.tagKeys(in.TagKeys)
	}),
	"ListSAMLProviderTags": on(func(n *permission, in *api.ListSAMLProviderTagsInput) { n.samlProvider(in.SAMLProviderArn) }),

	"CreateServiceSpecificCredential": on(func(n *permission, in *api.CreateServiceSpecificCredentialInput) {
		n.user(in.UserName)
		n.serviceCredential(in.ServiceName, in.CredentialAgeDays)
	}),
	"ListServiceSpecificCredentials": on(func(n *permission, in *api.ListServiceSpecificCredentialsInput) {
		if !aws.Val(in.AllUsers) {
			n.user(in.UserName)
		}
	}),
	"UpdateServiceSpecificCredential": on(func(n *permission, in *api.UpdateServiceSpecificCredentialInput) { n.user(in.UserName) }),
	"ResetServiceSpecificCredential":  on(func(n *permission, in *api.ResetServiceSpecificCredentialInput) { n.user(in.UserName) }),
	"DeleteServiceSpecificCredential": on(func(n *permission, in *api.DeleteServiceSpecificCredentialInput) { n.user(in.UserName) }),

	"GenerateServiceLastAccessedDetails": on(func(n *permission, in *api.GenerateServiceLastAccessedDetailsInput) {
		n.principal(in.Arn)
	}),
	"GetServiceLastAccessedDetails":             onAll,
	"GetServiceLastAccessedDetailsWithEntities": onAll,
	"ListPoliciesGrantingServiceAccess": on(func(n *permission, in *api.ListPoliciesGrantingServiceAccessInput) {
		n.principal(in.Arn)
	}),
	"GenerateOrganizationsAccessReport": on(func(n *permission, in *api.GenerateOrganizationsAccessReportInput) {
		n.Resource = aws.NewARN("iam", "", n.c.Account(), "access-report/"+aws.Val(in.EntityPath)).String()
		if in.OrganizationsPolicyId != nil {
			n.set("iam:OrganizationsPolicyId", *in.OrganizationsPolicyId)
		}
	}),
	"GetOrganizationsAccessReport": onAll,

	"EnableOrganizationsRootCredentialsManagement":  onAll,
	"DisableOrganizationsRootCredentialsManagement": onAll,
	"EnableOrganizationsRootSessions":               onAll,
	"DisableOrganizationsRootSessions":              onAll,
	"ListOrganizationsFeatures":                     onAll,
	"EnableOutboundWebIdentityFederation":           onAll,
	"DisableOutboundWebIdentityFederation":          onAll,
	"GetOutboundWebIdentityFederationInfo":          onAll,
	"SetSecurityTokenServicePreferences":            onAll,
}
