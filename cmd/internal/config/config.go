// Package config is what can be set from outside, and where each value came from:
// defaults, then a file, then the environment, then flags; the later wins.
package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Prefix begins the name of every environment variable of ours; one that is not a setting is an error.
const Prefix = "TAGTRAIL_"

// fileVariable names the settings file itself; it can be set in the environment only.
const fileVariable = Prefix + "CONFIG"

// ErrInvalid is in the chain of every error about a setting.
var ErrInvalid = errors.New("the configuration is not usable")

// Config holds every setting. A setting that is secret has no flag, can be
// given by a file (its name with _FILE), and is never shown.
type Config struct {
	DataDir          string `env:"TAGTRAIL_DATA_DIR" envDefault:"./data" help:"directory of the embedded event store, the private PostgreSQL and the keys"`
	Listen           string `env:"TAGTRAIL_LISTEN" envDefault:"127.0.0.1:8080" help:"address that the API listens on"`
	PublicURL        string `env:"TAGTRAIL_PUBLIC_URL" help:"address under which the API is known outside, for the links that it writes"`
	URL              string `env:"TAGTRAIL_URL" help:"address of the running tagtrail that commands such as contacts ask; empty: the one on this machine that listens there"`
	Key              string `env:"TAGTRAIL_KEY" secret:"true" help:"the key in whose name they ask; empty: owner.key in the data directory"`
	EventStoreURL    string `env:"TAGTRAIL_EVENTSTORE_URL" secret:"true" help:"esdb:// address of an EventStoreDB; empty: the embedded one"`
	PostgresURL      string `env:"TAGTRAIL_POSTGRES_URL" secret:"true" help:"postgres:// address of a PostgreSQL (15 or newer); empty: a private one"`
	VaultURL         string `env:"TAGTRAIL_VAULT_URL" secret:"true" help:"postgres:// address of the database with the keys; empty: the same PostgreSQL"`
	KeysDir          string `env:"TAGTRAIL_KEYS_DIR" help:"directory of the master key; empty: keys in the data directory"`
	PostgresBinaries string `env:"TAGTRAIL_POSTGRES_BINARIES" help:"directory of PostgreSQL's server programs; empty: the newest that is installed"`
	ClassifierURL    string `env:"TAGTRAIL_CLASSIFIER_URL" help:"address of an OpenAI-compatible API (such as https://api.example.com/v1) that chooses tags for closed conversations; empty: none"`
	ClassifierModel  string `env:"TAGTRAIL_CLASSIFIER_MODEL" help:"the model that it is asked for"`
	ClassifierKey    string `env:"TAGTRAIL_CLASSIFIER_KEY" secret:"true" help:"the key that it takes; empty: none"`
	KeyRate          string `env:"TAGTRAIL_KEY_RATE" envDefault:"0" help:"how many requests a second the API takes of one key; 0: any number"`
	OrganizationRate string `env:"TAGTRAIL_ORGANIZATION_RATE" envDefault:"0" help:"how many requests a second it takes of one organisation; 0: any number"`
	LogLevel         string `env:"TAGTRAIL_LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	LogFormat        string `env:"TAGTRAIL_LOG_FORMAT" envDefault:"text" help:"text or json"`
}

// Setting is one value of a Config, and where it came from.
type Setting struct {
	Name   string // of the environment variable
	Flag   string // without dashes; "" when secret
	Help   string
	Value  string // "(set)" when secret and not empty
	Origin string // "default", "file …", "environment" or "flag"
	Secret bool
}

// Sources is where settings are read from.
type Sources struct {
	Environ []string          // as of os.Environ
	Flags   map[string]string // by the name of the environment variable
}

// Load reads all sources, the strongest last, and answers the settings with their origins.
func Load(from Sources) (Config, []Setting, error) {
	environment, err := ours(from.Environ)
	if err != nil {
		return Config{}, nil, err
	}
	values, origins := map[string]string{}, map[string]string{}
	lay := func(layer map[string]string, origin string) {
		for name, value := range layer {
			values[name], origins[name] = value, origin
		}
	}
	if file, ok := environment[fileVariable]; ok {
		delete(environment, fileVariable)
		layer, err := readFile(file)
		if err != nil {
			return Config{}, nil, err
		}
		lay(layer, "file "+file)
	}
	if err := readSecretFiles(environment); err != nil {
		return Config{}, nil, err
	}
	lay(environment, "environment")
	lay(from.Flags, "flag")

	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Environment: values}); err != nil {
		return Config{}, nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := c.check(); err != nil {
		return Config{}, nil, err
	}
	settings := Settings(c)
	for i, s := range settings {
		settings[i].Origin = "default"
		if origin, ok := origins[s.Name]; ok {
			settings[i].Origin = origin
		}
	}
	return c, settings, nil
}

// Settings lists every setting with its value in c.
func Settings(c Config) []Setting {
	v := reflect.ValueOf(c)
	var all []Setting
	for i := range v.NumField() {
		field := v.Type().Field(i)
		s := Setting{
			Name:   field.Tag.Get("env"),
			Help:   field.Tag.Get("help"),
			Value:  v.Field(i).String(),
			Secret: field.Tag.Get("secret") == "true",
		}
		if s.Secret && s.Value != "" {
			s.Value = "(set)"
		}
		if !s.Secret {
			s.Flag = strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(s.Name, Prefix)), "_", "-")
		}
		all = append(all, s)
	}
	return all
}

// highestRate is more than a process answers.
const highestRate = 1_000_000

// Rate answers the number that a setting of requests a second says; where it says nothing, that is 0.
func Rate(setting string) int {
	n, _ := strconv.Atoi(setting) // checked when the settings were read
	return n
}

func (c Config) check() error {
	for name, value := range map[string]string{"TAGTRAIL_EVENTSTORE_URL": c.EventStoreURL, "TAGTRAIL_POSTGRES_URL": c.PostgresURL, "TAGTRAIL_VAULT_URL": c.VaultURL, "TAGTRAIL_PUBLIC_URL": c.PublicURL, "TAGTRAIL_URL": c.URL, "TAGTRAIL_CLASSIFIER_URL": c.ClassifierURL} {
		if value == "" {
			continue
		}
		u, err := url.Parse(value)
		if err != nil || u.Scheme == "" || u.Host == "" && u.Scheme != "postgres" && u.Scheme != "postgresql" {
			return fmt.Errorf("%w: %s is no URL", ErrInvalid, name) // the value may hold a password
		}
	}
	if err := checkListen(c.Listen); err != nil {
		return err
	}
	if err := c.checkClassifier(); err != nil {
		return err
	}
	for name, value := range map[string]string{"TAGTRAIL_KEY_RATE": c.KeyRate, "TAGTRAIL_ORGANIZATION_RATE": c.OrganizationRate} {
		if n, err := strconv.Atoi(value); value != "" && (err != nil || n < 0 || n > highestRate) {
			return fmt.Errorf("%w: %s is %q, not a number of requests from 0 to %d", ErrInvalid, name, value, highestRate)
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		return fmt.Errorf("%w: TAGTRAIL_LOG_LEVEL is %q, not debug, info, warn or error", ErrInvalid, c.LogLevel)
	}
	if !slices.Contains([]string{"text", "json"}, c.LogFormat) {
		return fmt.Errorf("%w: TAGTRAIL_LOG_FORMAT is %q, not text or json", ErrInvalid, c.LogFormat)
	}
	return nil
}

// checkClassifier finds an address that nobody could be asked at, and a key in it, which logs and errors would show.
func (c Config) checkClassifier() error {
	if c.ClassifierURL == "" {
		return nil
	}
	u, err := url.Parse(c.ClassifierURL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%w: TAGTRAIL_CLASSIFIER_URL is no address of the form https://HOST/PATH", ErrInvalid)
	case c.ClassifierModel == "":
		return fmt.Errorf("%w: TAGTRAIL_CLASSIFIER_MODEL says which model the classifier is asked for", ErrInvalid)
	}
	return nil
}

// checkListen finds what no machine can listen on, before anything is started.
func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%w: the address to listen on is not of the form HOST:PORT: %w", ErrInvalid, err)
	}
	if n, err := strconv.Atoi(port); err == nil && (n < 0 || n > 65535) || port == "" {
		return fmt.Errorf("%w: the address to listen on has the port %q; ports go from 1 to 65535, and 0 is any", ErrInvalid, port)
	}
	return nil
}

// ours picks the variables with our prefix, and refuses those that are no setting.
func ours(environ []string) (map[string]string, error) {
	known := names()
	found := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, Prefix) || strings.HasPrefix(name, Prefix+"TEST_") {
			continue
		}
		if !known[name] {
			return nil, fmt.Errorf("%w: %s is no setting; known are %s", ErrInvalid, name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		found[name] = value
	}
	return found, nil
}

// names are all names that may be set: the settings, the secrets' _FILE forms, and the settings file.
func names() map[string]bool {
	known := map[string]bool{fileVariable: true}
	for _, s := range Settings(Config{}) {
		known[s.Name] = true
		if s.Secret {
			known[s.Name+"_FILE"] = true
		}
	}
	return known
}

// readFile reads lines of NAME=value; blank lines and lines that begin with # say nothing.
func readFile(file string) (map[string]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: read %s: %w", ErrInvalid, file, err)
	}
	var lines []string
	for number, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || !strings.HasPrefix(name, Prefix) || name == fileVariable {
			return nil, fmt.Errorf("%w: %s line %d is not of the form %sNAME=value", ErrInvalid, file, number+1, Prefix)
		}
		lines = append(lines, strings.TrimSpace(name)+"="+strings.TrimSpace(value))
	}
	layer, err := ours(lines)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o004 != 0 && holdsSecret(layer) {
		return nil, fmt.Errorf("%w: %s holds a secret and everybody on this machine can read it", ErrInvalid, file)
	}
	return layer, readSecretFiles(layer)
}

func holdsSecret(layer map[string]string) bool {
	return slices.ContainsFunc(Settings(Config{}), func(s Setting) bool { return s.Secret && layer[s.Name] != "" })
}

// readSecretFiles puts the contents of the files that NAME_FILE variables name in the place of NAME.
func readSecretFiles(layer map[string]string) error {
	for name, file := range layer {
		plain, ok := strings.CutSuffix(name, "_FILE")
		if !ok {
			continue
		}
		if _, twice := layer[plain]; twice {
			return fmt.Errorf("%w: both %s and %s are set", ErrInvalid, plain, name)
		}
		secret, err := ReadSecret(file)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrInvalid, name, err)
		}
		delete(layer, name)
		layer[plain] = secret
	}
	return nil
}

// ReadSecret answers what a file holds that not everybody may read.
func ReadSecret(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o004 != 0 {
		return "", fmt.Errorf("%s is a file that everybody on this machine can read", file)
	}
	secret, err := io.ReadAll(io.LimitReader(f, 64<<10))
	return strings.TrimSpace(string(secret)), err
}
