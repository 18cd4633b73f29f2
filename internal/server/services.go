package server

import (
	"cmp"
	"os"
	"path/filepath"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/chain"
	"github.com/orgtrail/orgtrail/internal/cloudtrail"
	"github.com/orgtrail/orgtrail/internal/delivery"
	"github.com/orgtrail/orgtrail/internal/events"
	"github.com/orgtrail/orgtrail/internal/gateway"
	"github.com/orgtrail/orgtrail/internal/iam"
	"github.com/orgtrail/orgtrail/internal/kms"
	"github.com/orgtrail/orgtrail/internal/logs"
	"github.com/orgtrail/orgtrail/internal/logs/segment"
	"github.com/orgtrail/orgtrail/internal/oidc"
	"github.com/orgtrail/orgtrail/internal/organizations"
	"github.com/orgtrail/orgtrail/internal/relay"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/s3/plane"
	"github.com/orgtrail/orgtrail/internal/sns"
	"github.com/orgtrail/orgtrail/internal/sns/webhook"
	"github.com/orgtrail/orgtrail/internal/sqs"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/sts"
	cloudtrailapi "github.com/orgtrail/orgtrail/internal/wire/api/cloudtrail"
	eventsapi "github.com/orgtrail/orgtrail/internal/wire/api/events"
	iamapi "github.com/orgtrail/orgtrail/internal/wire/api/iam"
	kmsapi "github.com/orgtrail/orgtrail/internal/wire/api/kms"
	logsapi "github.com/orgtrail/orgtrail/internal/wire/api/logs"
	organizationsapi "github.com/orgtrail/orgtrail/internal/wire/api/organizations"
	s3api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
	snsapi "github.com/orgtrail/orgtrail/internal/wire/api/sns"
	sqsapi "github.com/orgtrail/orgtrail/internal/wire/api/sqs"
	stsapi "github.com/orgtrail/orgtrail/internal/wire/api/sts"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// services are the services of the house and what works beside the calls.
type services struct {
	iam           *iam.Service
	sts           *sts.Service
	organizations *organizations.Service
	cloudtrail    *cloudtrail.Service
	s3            *s3.Service
	kms           *kms.Service
	logs          *logs.Service
	sns           *sns.Service
	sqs           *sqs.Service
	events        *events.Service

	objects  objectStore
	delivery *delivery.Delivery
	signer   *chain.Signer
	relay    *relay.Relay
	webhooks *webhook.Deliverer
	upkeep   *segment.Upkeep
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
	s.buildIdentity()
	s.buildKeys()
	s.buildMessages()
	s.buildObjects()
	s.buildTrails()

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
		{API: kmsapi.API, Handlers: kmsapi.Handlers(s.kms), Access: s.kms.Access},
		{API: logsapi.API, Handlers: logsapi.Handlers(s.logs), Access: s.logs.Access},
		{API: snsapi.API, Handlers: snsapi.Handlers(s.sns), Access: s.sns.Access},
		{API: sqsapi.API, Handlers: sqsapi.Handlers(s.sqs), Access: s.sqs.Access},
		{API: eventsapi.API, Handlers: eventsapi.Handlers(s.events), Access: s.events.Access},
	}
	s.joinIdentities()
	return nil
}

// buildIdentity makes who may call: accounts, sessions, organizations.
func (s *Server) buildIdentity() {
	s.iam = iam.New(s.key)
	s.sts = sts.New(s.key, assumableRoles{s.iam})
	s.sts.Devices = secondFactors{s.iam, s.store}
	s.sts.Providers = identityProviders(s.iam)
	s.sts.Tokens = &oidc.Verifier{Private: s.private()}
	s.organizations = &organizations.Service{
		Accounts: s.iam, Roles: s.iam,
		State: s.store, System: s.gateway.System, Now: s.clock.now, Log: s.Log,
	}
	s.iam.ServiceControls = organizations.ServiceControlPolicies
}

// private reports whether what the server fetches and calls for its users may
// be on this machine or in its network.
func (s *Server) private() bool { return s.Dev || s.PrivateEndpoints }

func (s *Server) buildKeys() {
	s.kms = kms.New(s.key)
	s.kms.Principals, s.kms.State, s.kms.System = s.iam, s.store, s.gateway.System
	s.kms.Now, s.kms.Log = s.clock.now, s.Log
}

// buildMessages makes what passes messages on: queues, topics, log groups and
// buses.
func (s *Server) buildMessages() {
	keys := kms.House{Service: s.kms}
	controls := organizations.ResourceControlPolicies
	membership := callerOrganizations{}.Membership

	s.sqs = sqs.New(s.store, s.key)
	s.sqs.Keys, s.sqs.Principals, s.sqs.ResourceControls = keys, s.iam, controls
	s.sqs.Now, s.sqs.Log = s.clock.now, s.Log

	s.sns = sns.New(s.key)
	s.sns.Queues, s.sns.Keys, s.sns.Principals = queues{s.sqs}, keys, s.iam
	s.sns.ResourceControls, s.sns.Base, s.sns.Log = controls, s.URL(), s.Log
	s.webhooks = webhook.New(webhook.Config{
		Store: s.store, Topics: s.sns, Private: s.private(), Clock: s.clock.now, Log: s.Log,
	})

	s.logs = &logs.Service{
		Events: segment.Open(s.store), Keys: keys, Queues: queues{s.sqs}, Bucket: exportBucket{s},
		ResourceControls: controls, Membership: membership,
		State: s.store, Now: s.clock.now, Log: s.Log,
	}
	s.upkeep = &segment.Upkeep{
		Store: s.store, Keys: s.logs.DataKeys, Now: s.clock.now, Log: s.Log,
		Horizons: func(now time.Time) map[int64]int64 { return logs.Horizons(s.store.View(), now) },
	}

	s.events = &events.Service{
		Queues: eventQueues{s.sqs}, Topics: eventTopics{s.sns}, Logs: eventLogs{s.logs},
		Membership: membership, ResourceControls: controls,
	}
}

func (s *Server) buildObjects() {
	s.s3 = s3.New(s.objects, s.iam)
	s.s3.ResourceControls, s.s3.Now = organizations.ResourceControlPolicies, s.clock.now
	s.s3.Keys = kms.House{Service: s.kms}
	s.s3.Update = s.store.Update
	s.s3.View = func() store.Reader { return s.store.View() }
	s.s3.Notifications = notifications{queues{s.sqs}, s.sns, s.events}
}

// buildTrails makes CloudTrail and what follows the journal for it.
func (s *Server) buildTrails() {
	bucket := logBucket{s.s3, s.gateway.Emit}
	groups := trailLogs{s.iam, s.logs, s.gateway}
	s.cloudtrail = &cloudtrail.Service{
		Organizations: trailOrganizations{s.organizations},
		Roles:         trailRoles{s.iam},
		Bucket:        bucket,
		Topics:        trailTopics{s.sns},
		TrailKeys:     trailKeys{s.kms, s.s3},
		Logs:          groups,
		Keys:          publicKeys{},
	}
	s.delivery = delivery.New(delivery.Config{
		Store: s.store, Trails: destinations{s.cloudtrail}, Bucket: bucket,
		Interval: s.DeliveryInterval, Clock: s.clock.now, Log: s.Log,
	})
	s.signer = chain.New(chain.Config{
		Store: s.store, Trails: validatedTrails{s.cloudtrail}, Bucket: bucket, Seal: s.key,
		Interval: s.DigestInterval, Clock: s.clock.now, Log: s.Log,
	})
	s.relay = relay.New(relay.Config{
		Store: s.store, System: s.gateway.System, Trails: relayTrails{s.cloudtrail},
		Logs: groups, Buses: relayBuses{s.events}, Topics: trailTopics{s.sns},
		Busy: s.delivery.Behind, Clock: s.clock.now, Log: s.Log,
	})
	s.cloudtrail.Delivery = trailDelivery{s.delivery, s.signer, s.relay}
	s.organizations.Trusted = map[string]organizations.TrustedService{cloudtrail.ServicePrincipal: s.cloudtrail}
	s.iam.InUse = roleUse(s.cloudtrail)
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
