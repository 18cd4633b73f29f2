package organizations

import "github.com/orgtrail/orgtrail/internal/aws"

// Refusals that do not depend on the call.
var (
	errAccessDenied              = aws.Errorf("AccessDeniedException", "You don't have permissions to access this resource.")
	errAccountAlreadyClosed      = aws.Errorf("AccountAlreadyClosedException", "The provided account is already closed.")
	errAccountAlreadyRegistered  = aws.Errorf("AccountAlreadyRegisteredException", "The provided account is already a delegated administrator for your organization.")
	errAccountNotFound           = aws.Errorf("AccountNotFoundException", "You specified an account that doesn't exist.")
	errAccountNotRegistered      = aws.Errorf("AccountNotRegisteredException", "The provided account is not a registered delegated administrator for your organization.")
	errAlreadyInOrganization     = aws.Errorf("AlreadyInOrganizationException", "The provided account is already a member of an organization.")
	errChildNotFound             = aws.Errorf("ChildNotFoundException", "You specified a child that doesn't exist.")
	errConflict                  = aws.Errorf("ConflictException", "The request conflicts with the current state of the account. Deregister the account as a delegated administrator, and then try again.")
	errCreationNotFound          = aws.Errorf("CreateAccountStatusNotFoundException", "You specified a create account request that doesn't exist.")
	errDestinationParentNotFound = aws.Errorf("DestinationParentNotFoundException", "You specified a destination parent that doesn't exist.")
	errDuplicateAccount          = aws.Errorf("DuplicateAccountException", "The specified account is already present in the specified destination.")
	errDuplicateAttachment       = aws.Errorf("DuplicatePolicyAttachmentException", "A policy with the specified name and type already exists.")
	errDuplicateHandshake        = aws.Errorf("DuplicateHandshakeException", "A handshake with the same action and target already exists.")
	errDuplicatePolicy           = aws.Errorf("DuplicatePolicyException", "A policy with the specified name and type already exists.")
	errDuplicateUnit             = aws.Errorf("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")
	errFinalizing                = aws.Errorf("FinalizingOrganizationException", "AWS Organizations could not finalize the creation of your organization. Try again later. If this persists, contact AWS customer support.")
	errHandshakeInState          = aws.Errorf("HandshakeAlreadyInStateException", "The specified handshake is already in the requested state.")
	errHandshakeNotFound         = aws.Errorf("HandshakeNotFoundException", "You specified a handshake that doesn't exist.")
	errHandshakeTransition       = aws.Errorf("InvalidHandshakeTransitionException", "You can't perform the operation on the handshake in its current state.")
	errMalformedPolicy           = aws.Errorf("MalformedPolicyDocumentException", "The provided policy document does not meet the requirements of the specified policy type.")
	errMasterCannotLeave         = aws.Errorf("MasterCannotLeaveOrganizationException", "You can't remove a management account from an organization.")
	errNotInUse                  = aws.Errorf("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	errOrganizationNotEmpty      = aws.Errorf("OrganizationNotEmptyException", "To delete an organization you must first remove all member accounts (except the master).")
	errParentNotFound            = aws.Errorf("ParentNotFoundException", "You specified parent that doesn't exist.")
	errPolicyInUse               = aws.Errorf("PolicyInUseException", "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts before performing this operation.")
	errPolicyNotAttached         = aws.Errorf("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
	errPolicyNotFound            = aws.Errorf("PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified.")
	errPolicyTypeEnabled         = aws.Errorf("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
	errPolicyTypeNotAvailable    = aws.Errorf("PolicyTypeNotAvailableForOrganizationException", "The specified policy type is not available for your organization.")
	errPolicyTypeNotEnabled      = aws.Errorf("PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types.")
	errResourcePolicyNotFound    = aws.Errorf("ResourcePolicyNotFoundException", "Your organization doesn't have a resource policy.")
	errRootNotFound              = aws.Errorf("RootNotFoundException", "You specified a root that doesn't exist.")
	errSourceParentNotFound      = aws.Errorf("SourceParentNotFoundException", "You specified a source parent that doesn't exist.")
	errTargetNotFound            = aws.Errorf("TargetNotFoundException", "You specified a target that doesn't exist.")
	errUnitNotEmpty              = aws.Errorf("OrganizationalUnitNotEmptyException", "The specified organizational unit is not empty.")
	errUnitNotFound              = aws.Errorf("OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")

	errDependency = aws.Errorf("AccessDeniedForDependencyException",
		"The request failed because your credentials do not have permission to create the service-linked role for "+ServicePrincipal+". You must have permission for iam:CreateServiceLinkedRole.").
		With("Reason", "ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE")
)

// Refusals whose reason says which rule was broken.

func constraint(reason, text string) *aws.Error {
	return aws.Errorf("ConstraintViolationException", "%s", text).With("Reason", reason)
}

func handshakeConstraint(reason, text string) *aws.Error {
	return aws.Errorf("HandshakeConstraintViolationException", "%s", text).With("Reason", reason)
}

func invalid(reason, text string) *aws.Error {
	return aws.Errorf("InvalidInputException", "%s", text).With("Reason", reason)
}
