// Package outbound keeps calls that the server makes to addresses of others'
// choosing (an identity provider, a subscriber of a topic) away from what is
// not theirs to reach: the machine itself, its network, and the metadata
// service of a cloud.
package outbound
