package sns

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sns"
)

// tokenLife is for how long a token confirms.
const tokenLife = 48 * time.Hour

// newToken returns a token and the hash that is stored of it.
func newToken() (token, hash string) {
	b := make([]byte, 144)
	rand.Read(b)
	token = hex.EncodeToString(b)
	return token, hashOf(token)
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// ended is a subscription that somebody other than its owner ended. Its
// endpoint can have it back while the token lives. The key is the token's
// hash.
type ended struct {
	Subscription Subscription
	At           time.Time
}

var endings = store.NewKind[ended]("sns.ending")

// askToConfirm sends the endpoint a new token. A token sent before is good no
// more.
func (s *Service) askToConfirm(c *call.Call, t *Topic, sub *Subscription) error {
	token, hash := newToken()
	sub.Token, sub.Asked = hash, c.Time
	e := confirmation(c.Time, t, token)
	e.Type = subscriptionConfirmation
	e.Message = fmt.Sprintf("You have chosen to subscribe to the topic %s.\nTo confirm the subscription, visit the SubscribeURL included in this message.", t.ARN())
	return s.sendConfirmation(c, t, sub, e)
}

// tellGone sends the endpoint a token that revives its subscription.
func (s *Service) tellGone(c *call.Call, t *Topic, sub *Subscription) error {
	token, hash := newToken()
	endings.Put(c.Tx, hash, &ended{*sub, c.Time})
	e := confirmation(c.Time, t, token)
	e.Type = unsubscribeConfirmation
	e.Message = fmt.Sprintf("You have chosen to deactivate subscription %s.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.", sub.ARN())
	return s.sendConfirmation(c, t, sub, e)
}

func confirmation(now time.Time, t *Topic, token string) envelope {
	return envelope{MessageID: aws.UUID(), Topic: t.TopicName, Time: now, Token: token}
}

// sendConfirmation sends a message that carries a token. A queue that does
// not let it in never learns of it.
func (s *Service) sendConfirmation(c *call.Call, t *Topic, sub *Subscription, e envelope) error {
	body, err := s.sign(c.Tx, t, e)
	if err != nil {
		return err
	}
	text := body.text(sub, s.Base)
	if sub.overHTTP() {
		s.enqueue(c.Tx, c.Time, t, sub, outgoing{kind: e.Type, id: e.MessageID, body: text})
		return nil
	}
	m := QueueMessage{Body: text}
	if strings.HasSuffix(sub.Endpoint, fifoSuffix) {
		m.GroupID, m.Deduplication = e.MessageID, e.MessageID
	}
	if refused := s.Queues.SendAsService(c.Tx, c.Time, sub.Endpoint, t.source(), m); refused != nil {
		s.Log.Warn("sns: a subscription cannot be confirmed: its queue takes no message", "subscription", sub.ARN(), "error", refused)
	}
	return nil
}

// ConfirmSubscription makes a pending subscription count, or revives one that
// was ended. The token says which.
func (s *Service) ConfirmSubscription(c *call.Call, in *api.ConfirmSubscriptionInput) (*api.ConfirmSubscriptionOutput, error) {
	topic, err := parseTopic("Topic", aws.Val(in.TopicArn))
	if err != nil {
		return nil, invalid("Topic")
	}
	guarded := strings.EqualFold(aws.Val(in.AuthenticateOnUnsubscribe), "true")
	signed := c.Principal.Type != aws.Anonymous
	if guarded && !signed {
		return nil, unauthorized("AuthenticateOnUnsubscribe can be asked for in a signed request only")
	}
	sub, err := byTheToken(c, aws.Val(in.Token))
	switch {
	case err != nil:
		return nil, err
	case sub.Topic.Region != topic.Region || sub.Topic.Account != topic.Account:
		return nil, invalid("Topic")
	}
	if sub.Pending {
		sub = new(*sub)
		sub.Pending, sub.Authenticated, sub.Guarded = false, signed, guarded
		subscriptions.Put(c.Tx, sub.key(), sub)
	}
	return &api.ConfirmSubscriptionOutput{SubscriptionArn: new(sub.ARN())}, nil
}

// byTheToken finds the subscription of a token. One that was ended is pending
// again; it counts once it is stored.
func byTheToken(c *call.Call, token string) (*Subscription, error) {
	hash := hashOf(token)
	for _, sub := range subscriptions.By(c.State, byToken, hash) {
		if sub.lapsed(c.Time) {
			break
		}
		return sub, nil
	}
	e, ok := endings.Get(c.State, hash)
	if !ok || c.Time.After(e.At.Add(tokenLife)) {
		return nil, invalid("Token")
	}
	sub := new(e.Subscription)
	if _, ok := topics.Get(c.State, sub.Topic.key()); !ok || sameEndpoint(c.State, sub) != nil {
		return nil, invalid("Token")
	}
	endings.Delete(c.Tx, hash)
	sub.Pending, sub.Token = true, hash
	return sub, nil
}
