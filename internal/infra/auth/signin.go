package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Attempt is one sign-in under way. The caller keeps it for the browser that
// began it, out of reach of scripts and for minutes only, and forgets it at
// the first Finish, whatever its outcome.
type Attempt struct {
	Issuer   string `json:"issuer"`
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // a secret: it never travels through the browser in the open
}

// Identity is who the provider says somebody is. Issuer and Subject together
// are the person and never change; all else may be changed by them, may be
// blank, and identifies nobody.
type Identity struct {
	Issuer            string
	Subject           string // 1 to 255 bytes
	Email             string
	EmailVerified     bool
	Name              string
	PreferredUsername string
	Strong            bool // more than a password was asked for, as the proof says (RFC 8176: mfa, otp, hwk)
}

// Begin returns the address to which the browser is sent, and the attempt to
// be kept. It fails with the problem "auth.oidc_unreachable" while the
// provider is down.
func (p *Provider) Begin(ctx context.Context) (address string, a Attempt, err error) {
	f, err := p.discover(ctx)
	if err != nil {
		return "", a, err
	}
	a = Attempt{Issuer: p.config.Issuer, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return f.oauth.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), a, nil
}

// Finish returns who signed in, given the query of the address to which the
// provider sent the browser back. It fails with a problem of kind Unsigned:
// "auth.oidc_other_attempt" when query answers no attempt of this browser,
// "auth.oidc_denied" when the person or the provider said no,
// "auth.oidc_spent" when the code was used or is too old,
// "auth.oidc_unreachable", and "auth.oidc_not_verified" when the proof does
// not stand. Anything else is a fault of our configuration.
func (p *Provider) Finish(ctx context.Context, a Attempt, query url.Values) (Identity, error) {
	if a.State == "" || a.Nonce == "" || a.Verifier == "" || a.Issuer != p.config.Issuer || !same(a.State, query.Get("state")) {
		return Identity{}, p.tell("auth.oidc_other_attempt", errors.New("state differs"))
	}
	// RFC 9207: an answer that another provider mixed in.
	if iss := query.Get("iss"); iss != "" && iss != p.config.Issuer {
		return Identity{}, p.tell("auth.oidc_other_attempt", errors.New("issuer differs"))
	}
	if code := query.Get("error"); code != "" {
		return Identity{}, p.refused(code)
	}
	if query.Get("code") == "" {
		return Identity{}, p.tell("auth.oidc_other_attempt", errors.New("no code"))
	}
	f, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := f.oauth.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Identity{}, p.notExchanged(ctx, err)
	}
	proof, err := p.verify(ctx, f, a, token)
	if err != nil {
		return Identity{}, err
	}
	return p.identify(ctx, f, proof, token)
}

// refused tells what an error in the address means. The provider's own words
// are not shown: anybody can write them into an address.
func (p *Provider) refused(code string) error {
	switch code {
	case "access_denied", "consent_required", "login_required", "interaction_required", "account_selection_required":
		return p.tell("auth.oidc_denied", errors.New(code))
	case "temporarily_unavailable", "server_error":
		return p.unreachable(errors.New(code))
	}
	return fmt.Errorf("sign in at %s: the provider answers %.60q", p.config.Name, code)
}

func (p *Provider) notExchanged(ctx context.Context, err error) error {
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		cause := fmt.Errorf("status %d, error %.60q", refusal.Response.StatusCode, refusal.ErrorCode)
		if refusal.ErrorCode == "invalid_grant" {
			return p.tell("auth.oidc_spent", cause)
		}
		return fmt.Errorf("exchange code at %s: %w", p.config.Name, cause)
	}
	if unanswered(ctx, err) {
		return p.unreachable(err)
	}
	return fmt.Errorf("exchange code at %s: %w", p.config.Name, err)
}

// unanswered reports whether err is that of a request that got no answer,
// though ours was still waiting.
func unanswered(ctx context.Context, err error) bool {
	_, sent := errors.AsType[*url.Error](err)
	return sent && ctx.Err() == nil
}

// keeper remembers why the provider's keys could not be read, which the
// library tells in text only.
type keeper struct {
	oidc.KeySet
	err error
}

// VerifySignature returns what jwt says, if it is signed by one of the keys.
func (k *keeper) VerifySignature(ctx context.Context, jwt string) (payload []byte, err error) {
	payload, k.err = k.KeySet.VerifySignature(ctx, jwt)
	return payload, k.err
}

// verify returns the proof in token, if it is the provider's, for us, of this
// attempt, and still good.
func (p *Provider) verify(ctx context.Context, f *found, a Attempt, token *oauth2.Token) (*oidc.IDToken, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, p.tell("auth.oidc_not_verified", errors.New("no proof came with the token"))
	}
	keys := &keeper{KeySet: f.keys}
	verifier := oidc.NewVerifier(p.config.Issuer, keys, &oidc.Config{ClientID: p.config.ClientID, SupportedSigningAlgs: f.algorithms, Now: p.clock.Now})
	proof, err := verifier.Verify(ctx, raw)
	switch {
	case err != nil && unanswered(ctx, keys.err):
		return nil, p.unreachable(keys.err)
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("verify proof of %s: %w", p.config.Name, ctx.Err())
	case err != nil:
		return nil, p.tell("auth.oidc_not_verified", err)
	case !same(a.Nonce, proof.Nonce):
		return nil, p.tell("auth.oidc_not_verified", errors.New("nonce differs"))
	case proof.Subject == "" || len(proof.Subject) > 255:
		return nil, p.tell("auth.oidc_not_verified", errors.New("no usable subject"))
	}
	if proof.AccessTokenHash != "" {
		if err := proof.VerifyAccessToken(token.AccessToken); err != nil {
			return nil, p.tell("auth.oidc_not_verified", err)
		}
	}
	return proof, nil
}

// person is the claims that we read. Some providers write the truth value as
// text.
type person struct {
	Email    string          `json:"email"`
	Verified json.RawMessage `json:"email_verified"`
	Name     string          `json:"name"`
	Username string          `json:"preferred_username"`
	Party    string          `json:"azp"`
	Methods  json.RawMessage `json:"amr"`
}

// strong reports whether the proof names a method that is more than a
// password. A claim of another shape names none.
func (c person) strong() bool {
	var methods []string
	return json.Unmarshal(c.Methods, &methods) == nil && slices.ContainsFunc(methods, func(m string) bool {
		return m == "mfa" || m == "otp" || m == "hwk"
	})
}

func (c person) verified() bool {
	return c.Email != "" && slices.Contains([]string{`true`, `"true"`}, string(c.Verified))
}

// identify reads the person from the proof, and asks the provider for what the
// proof leaves blank.
func (p *Provider) identify(ctx context.Context, f *found, proof *oidc.IDToken, token *oauth2.Token) (Identity, error) {
	var c person
	if err := proof.Claims(&c); err != nil {
		return Identity{}, p.tell("auth.oidc_not_verified", err)
	}
	// OpenID Connect Core 3.1.3.7: a proof for several names whom it is for.
	if len(proof.Audience) > 1 && c.Party == "" || c.Party != "" && c.Party != p.config.ClientID {
		return Identity{}, p.tell("auth.oidc_not_verified", errors.New("made for another party"))
	}
	who := Identity{Issuer: p.config.Issuer, Subject: proof.Subject, Email: c.Email, EmailVerified: c.verified(), Name: c.Name, PreferredUsername: c.Username, Strong: c.strong()}
	if who.Email != "" && who.Name != "" || f.provider.UserInfoEndpoint() == "" {
		return who, nil
	}
	more, err := f.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		if unanswered(ctx, err) {
			return Identity{}, p.unreachable(err)
		}
		return Identity{}, fmt.Errorf("ask %s about the person: %s", p.config.Name, brief(err))
	}
	if more.Subject != proof.Subject {
		return Identity{}, p.tell("auth.oidc_not_verified", errors.New("told about another person"))
	}
	var added person
	if err := more.Claims(&added); err != nil {
		return Identity{}, p.tell("auth.oidc_not_verified", err)
	}
	if who.Email == "" {
		who.Email, who.EmailVerified = added.Email, added.verified()
	}
	who.Name = cmp.Or(who.Name, added.Name)
	who.PreferredUsername = cmp.Or(who.PreferredUsername, added.Username)
	return who, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
