package s3

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

const maxRoutingRules = 50

// GetBucketWebsite shows how the bucket is served as a website.
func (s *Service) GetBucketWebsite(c *call.Call, in *api.GetBucketWebsiteInput) (*api.GetBucketWebsiteOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	switch {
	case err != nil:
		return nil, err
	case b.Website == nil:
		return nil, aws.Errorf("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration").With("BucketName", b.Name)
	}
	w := b.Website
	return &api.GetBucketWebsiteOutput{
		RedirectAllRequestsTo: w.RedirectAllRequestsTo, IndexDocument: w.IndexDocument,
		ErrorDocument: w.ErrorDocument, RoutingRules: w.RoutingRules,
	}, nil
}

// PutBucketWebsite sets it.
func (s *Service) PutBucketWebsite(c *call.Call, in *api.PutBucketWebsiteInput) (*api.PutBucketWebsiteOutput, error) {
	if err := checkWebsite(in.WebsiteConfiguration); err != nil {
		return nil, err
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Website = in.WebsiteConfiguration
		return nil
	})
}

func checkWebsite(w *api.WebsiteConfiguration) error {
	switch {
	case w == nil:
		return malformedXML()
	case w.RedirectAllRequestsTo != nil && (w.IndexDocument != nil || w.ErrorDocument != nil || len(w.RoutingRules) > 0):
		return invalidArgument("RedirectAllRequestsTo", aws.Val(w.RedirectAllRequestsTo.HostName), "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.")
	case w.RedirectAllRequestsTo != nil:
		return nil
	case w.IndexDocument == nil || aws.Val(w.IndexDocument.Suffix) == "":
		return invalidArgument("IndexDocument", "", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty")
	case strings.Contains(*w.IndexDocument.Suffix, "/"):
		return invalidArgument("IndexDocument", *w.IndexDocument.Suffix, "The IndexDocument Suffix is not well formed")
	case len(w.RoutingRules) > maxRoutingRules:
		return invalidRequest("%d routing rules provided, the number of routing rules in a website configuration is limited to %d.", len(w.RoutingRules), maxRoutingRules)
	}
	return nil
}

// DeleteBucketWebsite turns it off.
func (s *Service) DeleteBucketWebsite(c *call.Call, in *api.DeleteBucketWebsiteInput) (*api.DeleteBucketWebsiteOutput, error) {
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Website = nil
		return nil
	})
}
