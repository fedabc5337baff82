package whatsapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const signatureHeader = "X-Hub-Signature-256"

// signedBody answers the bytes of a delivery once they are proved to be
// WhatsApp's. The signature is over the bytes as they came: nothing is parsed
// before, and a request without a signature is not even read.
func signedBody(w http.ResponseWriter, r *http.Request, secret string) ([]byte, error) {
	signatures := r.Header.Values(signatureHeader)
	if len(signatures) != 1 || secret == "" {
		return nil, ErrSignature
	}
	written, ok := strings.CutPrefix(signatures[0], "sha256=")
	if !ok || len(written) != hex.EncodedLen(sha256.Size) {
		return nil, ErrSignature
	}
	if r.ContentLength > MaxBody {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	switch {
	case tooLarge(err):
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrCutOff
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	if !hmac.Equal([]byte(written), []byte(hex.EncodeToString(mac.Sum(nil)))) {
		return nil, ErrSignature
	}
	return body, nil
}

// answer answers the challenge of a verification that names the token. Each parameter is given once, and the challenge
// is a word that no browser takes for anything else.
func answer(query url.Values, token string) (string, bool) {
	one := func(name string) string {
		if values := query[name]; len(values) == 1 {
			return values[0]
		}
		return ""
	}
	given, wanted := sha256.Sum256([]byte(one("hub.verify_token"))), sha256.Sum256([]byte(token))
	known := subtle.ConstantTimeCompare(given[:], wanted[:]) == 1 && token != ""
	challenge := one("hub.challenge")
	return challenge, known && one("hub.mode") == "subscribe" && isChallenge(challenge)
}

func isChallenge(s string) bool {
	return s != "" && len(s) <= 128 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' && r != '-'
	})
}
