package organizations

import "math"

// seats is how many delegated administrators a service accepts.
type seats int

const (
	noSeats   seats = 0
	manySeats seats = math.MaxInt // of services that set no limit of their own
)

// trustable are the services whose access to an organization can be trusted,
// by service principal. Those that this house does not have are recognised
// all the same: enabling them is a fact that others may read.
var trustable = map[string]seats{
	"access-analyzer.amazonaws.com":                      1,
	"account.amazonaws.com":                              manySeats,
	"auditmanager.amazonaws.com":                         1,
	"aws-artifact-account-sync.amazonaws.com":            noSeats,
	"backup.amazonaws.com":                               manySeats,
	"chatbot.amazonaws.com":                              noSeats,
	"cloudtrail.amazonaws.com":                           3,
	"compute-optimizer.amazonaws.com":                    1,
	"config-multiaccountsetup.amazonaws.com":             manySeats,
	"config.amazonaws.com":                               manySeats,
	"controltower.amazonaws.com":                         noSeats,
	"cost-optimization-hub.bcm.amazonaws.com":            1,
	"detective.amazonaws.com":                            1,
	"devops-guru.amazonaws.com":                          manySeats,
	"ds.amazonaws.com":                                   noSeats,
	"ec2.amazonaws.com":                                  noSeats,
	"fms.amazonaws.com":                                  manySeats,
	"guardduty.amazonaws.com":                            1,
	"health.amazonaws.com":                               5,
	"iam.amazonaws.com":                                  manySeats,
	"inspector2.amazonaws.com":                           1,
	"ipam.amazonaws.com":                                 1,
	"license-management.marketplace.amazonaws.com":       noSeats,
	"license-manager-linux-subscriptions.amazonaws.com":  1,
	"license-manager.amazonaws.com":                      1,
	"license-manager.member-account.amazonaws.com":       noSeats,
	"macie.amazonaws.com":                                1,
	"malware-protection.guardduty.amazonaws.com":         noSeats,
	"member.org.stacksets.cloudformation.amazonaws.com":  5,
	"mgn.amazonaws.com":                                  manySeats,
	"networkmanager.amazonaws.com":                       10,
	"notifications.amazonaws.com":                        manySeats,
	"observabilityadmin.amazonaws.com":                   1,
	"opsdatasync.ssm.amazonaws.com":                      noSeats,
	"ram.amazonaws.com":                                  noSeats,
	"reachabilityanalyzer.networkinsights.amazonaws.com": 5,
	"reporting.trustedadvisor.amazonaws.com":             5,
	"resource-explorer-2.amazonaws.com":                  1,
	"securityhub.amazonaws.com":                          1,
	"securitylake.amazonaws.com":                         1,
	"security-ir.amazonaws.com":                          1,
	"servicecatalog.amazonaws.com":                       manySeats,
	"servicequotas.amazonaws.com":                        noSeats,
	"ssm-quicksetup.amazonaws.com":                       manySeats,
	"ssm.amazonaws.com":                                  manySeats,
	"sso.amazonaws.com":                                  1,
	"stacksets.cloudformation.amazonaws.com":             noSeats,
	"storage-lens.s3.amazonaws.com":                      5,
	"tagpolicies.tag.amazonaws.com":                      noSeats,
	"wellarchitected.amazonaws.com":                      noSeats,
}
