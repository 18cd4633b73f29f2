package s3

import (
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// GetBucketRequestPayment says who pays for requests: the owner, at first.
func (s *Service) GetBucketRequestPayment(c *call.Call, in *api.GetBucketRequestPaymentInput) (*api.GetBucketRequestPaymentOutput, error) {
	b, err := s.bucket(c, in.Bucket)
	if err != nil {
		return nil, err
	}
	payer := api.PayerBucketOwner
	if b.requesterPays() {
		payer = api.PayerRequester
	}
	return &api.GetBucketRequestPaymentOutput{Payer: &payer}, nil
}

// PutBucketRequestPayment sets it. Where requesters pay nothing is delivered
// by services.
func (s *Service) PutBucketRequestPayment(c *call.Call, in *api.PutBucketRequestPaymentInput) (*api.PutBucketRequestPaymentOutput, error) {
	payer := aws.Val(aws.Val(in.RequestPaymentConfiguration).Payer)
	if payer != api.PayerBucketOwner && payer != api.PayerRequester {
		return nil, malformedXML()
	}
	return nil, s.change(c, in.Bucket, func(b *Bucket) error {
		b.Payer = payer
		return nil
	})
}
