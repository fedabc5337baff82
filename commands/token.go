package commands

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"log/slog"
	"math/big"
	"strings"

	"github.com/google/uuid"

	"tagtrail/domain/organization"
)

// MintedKey is a key with its token, which is shown once: the log holds no more than the hash of its secret.
//
// A token is tt_live_<organisation>_<key>_<secret><checksum>: the two ids in 22
// letters and digits, a secret of 32 (190 bits of chance), and the CRC-32 of
// all before it in 6, so that a scanner for secrets can tell it from noise.
type MintedKey struct {
	Token        string
	Organization organization.ID
	Key          uuid.UUID
	Hash         string // SHA-256 of the secret, lower-case hex
}

// String names the key without its secret.
func (k MintedKey) String() string { return "key " + k.Key.String() }

// GoString names the key without its secret.
func (k MintedKey) GoString() string { return k.String() }

// LogValue names the key without its secret.
func (k MintedKey) LogValue() slog.Value { return slog.StringValue(k.Key.String()) }

// errToken says that a text is no token.
var errToken = errors.New("this is no key")

const (
	tokenPrefix    = "tt_live_"
	base62Digits   = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	idLength       = 22
	secretLength   = 32
	checksumLength = 6
	tokenLength    = len(tokenPrefix) + idLength + 1 + idLength + 1 + secretLength + checksumLength
)

// MintKey makes a key of an organisation; CreateKey or CreateOrganization lets it in.
func MintKey(org organization.ID) (MintedKey, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return MintedKey{}, err
	}
	return mintKey(org, id)
}

func mintKey(org organization.ID, id uuid.UUID) (MintedKey, error) {
	secret, err := randomBase62(secretLength)
	if err != nil {
		return MintedKey{}, err
	}
	token := tokenPrefix + base62(org.UUID[:], idLength) + "_" + base62(id[:], idLength) + "_" + secret
	return MintedKey{Token: token + checksum(token), Organization: org, Key: id, Hash: hashOf(secret)}, nil
}

// ParseKey reads a token. That it can be read says nothing about whether it opens anything.
func ParseKey(token string) (MintedKey, error) {
	if len(token) != tokenLength || !strings.HasPrefix(token, tokenPrefix) {
		return MintedKey{}, errToken
	}
	body, sum := token[:tokenLength-checksumLength], token[tokenLength-checksumLength:]
	parts := strings.Split(body[len(tokenPrefix):], "_")
	if checksum(body) != sum || len(parts) != 3 || len(parts[0]) != idLength || len(parts[1]) != idLength {
		return MintedKey{}, errToken
	}
	org, err := uuidOf(parts[0])
	if err != nil {
		return MintedKey{}, err
	}
	id, err := uuidOf(parts[1])
	if err != nil {
		return MintedKey{}, err
	}
	return MintedKey{Token: token, Organization: organization.ID{UUID: org}, Key: id, Hash: hashOf(parts[2])}, nil
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func checksum(s string) string {
	sum := crc32.ChecksumIEEE([]byte(s))
	return base62([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}, checksumLength)
}

// base62 writes a number of big-endian bytes in a fixed number of letters and digits.
func base62(number []byte, length int) string {
	n, digit, base := new(big.Int).SetBytes(number), new(big.Int), big.NewInt(int64(len(base62Digits)))
	written := make([]byte, length)
	for i := length - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		written[i] = base62Digits[digit.Int64()]
	}
	return string(written)
}

// uuidOf reads what base62 wrote of a UUID.
func uuidOf(s string) (uuid.UUID, error) {
	n, base := new(big.Int), big.NewInt(int64(len(base62Digits)))
	for _, r := range s {
		digit := strings.IndexRune(base62Digits, r)
		if digit < 0 {
			return uuid.Nil, errToken
		}
		n.Add(n.Mul(n, base), big.NewInt(int64(digit)))
	}
	if n.BitLen() > 128 {
		return uuid.Nil, errToken
	}
	var id uuid.UUID
	n.FillBytes(id[:])
	return id, nil
}

// randomBase62 draws letters and digits evenly: a byte beyond the last multiple of 62 is drawn again.
func randomBase62(length int) (string, error) {
	drawn := make([]byte, 0, length)
	some := make([]byte, length)
	for {
		if _, err := rand.Read(some); err != nil {
			return "", err
		}
		for _, b := range some {
			if b >= 4*62 {
				continue
			}
			drawn = append(drawn, base62Digits[b%62])
			if len(drawn) == length {
				return string(drawn), nil
			}
		}
	}
}
