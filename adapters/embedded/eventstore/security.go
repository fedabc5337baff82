package eventstore

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tagtrail/adapters/embedded/eventstore/wire"
)

// Admin is the name of the account that Secure makes.
const Admin = "admin"

// What Secure keeps in its directory, for the machine's owner alone but for the certificate that clients are given.
const (
	caFile       = "ca.crt"
	caKeyFile    = "ca.key"
	nodeFile     = "node.crt"
	nodeKeyFile  = "node.key"
	passwordFile = "admin.password"
)

// certified is how long certificates are valid: they are private to one store, and nobody would be there to renew them.
const certified = 10 * 365 * 24 * time.Hour

// Security is the certificate that a server shows and the accounts that it knows.
type Security struct {
	CA       string // path of the certificate that clients must trust
	Password string // path of the file that holds the password of Admin
	tls      *tls.Config
	accounts []wire.Account
}

// ErrSecurity says that the certificates or the password cannot be used.
var ErrSecurity = errors.New("the event store's certificates and password cannot be used")

// Secure makes an authority, a certificate for the hosts, and a password, or takes those that the directory holds.
// The server's certificate is made anew at each start, because the hosts may have changed; the authority stays, so that
// clients need not be told.
func Secure(dir string, hosts []string) (*Security, error) {
	s := &Security{CA: filepath.Join(dir, caFile), Password: filepath.Join(dir, passwordFile)}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSecurity, err)
	}
	password, err := s.password()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSecurity, err)
	}
	ca, err := authorityIn(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSecurity, err)
	}
	node, err := ca.issue(hosts)
	if err != nil {
		return nil, fmt.Errorf("%w: issue a certificate: %w", ErrSecurity, err)
	}
	if err := node.write(filepath.Join(dir, nodeFile), filepath.Join(dir, nodeKeyFile)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSecurity, err)
	}
	s.accounts = []wire.Account{{Name: Admin, Password: password, Groups: []string{wire.Admins}}}
	s.tls = &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{node.certificate.Raw, ca.certificate.Raw}, PrivateKey: node.key}},
	}
	return s, nil
}

// With adds an account that is in no group unless it is said.
func (s *Security) With(name, password string, groups ...string) *Security {
	more := *s
	more.accounts = append(append([]wire.Account(nil), s.accounts...), wire.Account{Name: name, Password: password, Groups: groups})
	return &more
}

func (s *Security) password() (string, error) {
	content, err := os.ReadFile(s.Password)
	if errors.Is(err, fs.ErrNotExist) {
		made := rand.Text()
		return made, os.WriteFile(s.Password, []byte(made+"\n"), 0o600)
	}
	if err != nil {
		return "", err
	}
	password := strings.TrimSpace(string(content))
	if password == "" {
		return "", fmt.Errorf("%s is empty", s.Password)
	}
	return password, nil
}

// identity is a certificate with its key.
type identity struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func authorityIn(dir string) (*identity, error) {
	certificate, key := filepath.Join(dir, caFile), filepath.Join(dir, caKeyFile)
	if _, err := os.Stat(certificate); err == nil {
		return readIdentity(certificate, key)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	ca, err := newIdentity(&x509.Certificate{
		Subject:               pkix.Name{CommonName: "authority of an embedded event store"},
		KeyUsage:              x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
	}, nil)
	if err != nil {
		return nil, err
	}
	return ca, ca.write(certificate, key)
}

func (id *identity) issue(hosts []string) (*identity, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "eventstoredb-node"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return newIdentity(template, id)
}

// newIdentity is signed by the authority, or by itself when there is none.
func newIdentity(template *x509.Certificate, by *identity) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, err
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(certified)
	if by == nil {
		by = &identity{template, key}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, by.certificate, &key.PublicKey, by.key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(raw)
	return &identity{certificate, key}, err
}

func readIdentity(certificate, key string) (*identity, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	private, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s is no ECDSA key", key)
	}
	return &identity{pair.Leaf, private}, nil
}

// write puts the key in place before the certificate, which is what a later start looks for.
func (id *identity) write(certificate, key string) error {
	private, err := x509.MarshalPKCS8PrivateKey(id.key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.certificate.Raw}), 0o600)
}
