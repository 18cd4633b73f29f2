package server

import (
	"cmp"
	"os"
	"path/filepath"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/chain"
	"github.com/orgtrail/orgtrail/internal/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/delivery"
	"github.com/orgtrail/orgtrail/internal/gateway"
	"github.com/orgtrail/orgtrail/internal/iam"
	"github.com/orgtrail/orgtrail/internal/oidc"
	"github.com/orgtrail/orgtrail/internal/organizations"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/s3/plane"
	"github.com/orgtrail/orgtrail/internal/sts"
	cloudtrailapi "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	iamapi "github.com/orgtrail/orgtrail/internal/wire/api/iam"
	organizationsapi "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
	s3api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
	stsapi "github.com/orgtrail/orgtrail/internal/wire/api/sts"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// services are the services of the house and what delivers for them.
type services struct {
	iam           *iam.Service
	sts           *sts.Service
	organizations *organizations.Service
	cloudtrail    *cloudtrail.Service
	s3            *s3.Service
	objects       objectStore
	delivery      *delivery.Delivery
	signer        *chain.Signer
}

// build makes the services, gives each what it needs of the others, and puts
// them behind the gateway.
func (s *Server) build() error {
	objects, err := s.openObjects()
	if err != nil {
		return err
	}
	s.objects = objects
	s.metrics = newMetrics(s)
	s.gateway = &gateway.Gateway{
		Store: s.store, Organizations: callerOrganizations{},
		CanonicalUser: s3.CanonicalUser,
		Now:           s.clock.now, Region: s.Region, Observe: s.metrics.observe, Log: s.Log,
	}
	s.iam = iam.New(s.key)
	s.sts = sts.New(s.key, assumableRoles{s.iam})
	s.sts.Devices = secondFactors{s.iam, s.store}
	s.sts.Providers = identityProviders(s.iam)
	s.sts.Tokens = &oidc.Verifier{Private: s.Dev}
	s.s3 = s3.New(s.objects, s.iam)
	s.s3.ResourceControls = organizations.ResourceControlPolicies
	s.organizations = &organizations.Service{
		Accounts: s.iam, Roles: s.iam,
		State: s.store, System: s.gateway.System, Now: s.clock.now, Log: s.Log,
	}
	s.cloudtrail = &cloudtrail.Service{
		Organizations: trailOrganizations{s.organizations},
		Roles:         trailRoles{s.iam},
		Bucket:        logBucket{s.s3, s.gateway.Emit},
	}
	s.delivery = delivery.New(delivery.Config{
		Store: s.store, Trails: destinations{s.cloudtrail}, Bucket: logBucket{s.s3, s.gateway.Emit},
		Interval: s.DeliveryInterval, Clock: s.clock.now, Log: s.Log,
	})
	s.signer = chain.New(chain.Config{
		Store: s.store, Trails: validatedTrails{s.cloudtrail}, Bucket: logBucket{s.s3, s.gateway.Emit}, Seal: s.key,
		Interval: s.DigestInterval, Clock: s.clock.now, Log: s.Log,
	})
	s.cloudtrail.Delivery = trailDelivery{s.delivery, s.signer}
	s.cloudtrail.Keys = publicKeys{}
	s.organizations.Trusted = map[string]organizations.TrustedService{cloudtrail.ServicePrincipal: s.cloudtrail}
	s.iam.InUse = roleUse(s.cloudtrail)
	s.iam.ServiceControls = organizations.ServiceControlPolicies

	s.gateway.Identities, s.gateway.Router = s.iam, s.cloudtrail
	if s.Dev {
		s.gateway.Unknown = s.admit
	}
	s.gateway.Services = []*gateway.Service{
		{API: cloudtrailapi.API, Handlers: cloudtrailapi.Handlers(s.cloudtrail), Access: s.cloudtrail.Access},
		{API: organizationsapi.API, Handlers: organizationsapi.Handlers(s.organizations), Access: s.organizations.Access},
		{API: iamapi.API, Handlers: iamapi.Handlers(s.iam), Access: s.iam.Access},
		{API: stsapi.API, Handlers: stsapi.Handlers(s.sts), Access: s.sts.Access},
		{API: s3api.API, Handlers: s3api.Handlers(s.s3), Access: s.s3.Access},
	}
	return nil
}

// objectStore is where the bytes of objects are.
type objectStore interface {
	s3.Plane
	Close() error
}

// openObjects opens the embedded store, or the one that --objects names. That
// store has a region of its own, which the environment names with its key.
func (s *Server) openObjects() (objectStore, error) {
	if s.Objects == "" {
		return plane.Embedded(filepath.Join(s.Data, "objects"))
	}
	return plane.External(s.Objects, sigv4.Credentials{
		AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"),
		Secret:    os.Getenv("AWS_SECRET_ACCESS_KEY"),
		Token:     os.Getenv("AWS_SESSION_TOKEN"),
	}, cmp.Or(os.Getenv("AWS_REGION"), aws.GlobalRegion))
}
