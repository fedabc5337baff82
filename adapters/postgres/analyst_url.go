package postgres

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// analystParameters are the parameters of a URL that an analyst's has as well: where the server is, and how it is trusted.
var analystParameters = []string{"host", "hostaddr", "port", "sslmode", "sslrootcert", "sslnegotiation", "channel_binding", "target_session_attrs"}

// AnalystURL answers the URL by which a role reaches the database that another URL names. There is no password in it, nor
// anything else by which the other one gets in.
func AnalystURL(of, role string) (string, error) {
	address, config, err := parseURL(of)
	if err != nil {
		return "", err
	}
	query := url.Values{}
	for name, values := range address.Query() {
		if slices.Contains(analystParameters, name) {
			query[name] = values
		}
	}
	return (&url.URL{
		Scheme: "postgres", User: url.User(role), Host: address.Host, Path: "/" + databaseOf(config), RawQuery: query.Encode(),
	}).String(), nil
}

// PasswordFile answers the lines of a password file, as libpq reads it, that let a role into the database that a URL names.
func PasswordFile(of, role, password string) (string, error) {
	_, config, err := parseURL(of)
	if err != nil {
		return "", err
	}
	var lines []string
	add := func(host string, port uint16) {
		fields := []string{host, strconv.Itoa(int(port)), databaseOf(config), role, password}
		for i, field := range fields {
			fields[i] = strings.NewReplacer(`\`, `\\`, `:`, `\:`).Replace(field)
		}
		if line := strings.Join(fields, ":"); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	add(config.Host, config.Port)
	for _, fallback := range config.Fallbacks {
		add(fallback.Host, fallback.Port)
	}
	if strings.HasPrefix(config.Host, "/") {
		add("localhost", config.Port) // what libpq calls the directory of sockets that it was built with
	}
	return strings.Join(lines, "\n") + "\n", nil
}

func parseURL(of string) (*url.URL, *pgx.ConnConfig, error) {
	address, err := url.Parse(of)
	if err != nil {
		return nil, nil, errors.New("read the PostgreSQL URL: it is none") // its own error quotes it
	}
	config, err := parse(of, "")
	if err != nil {
		return nil, nil, err
	}
	return address, config.ConnConfig, nil
}

// databaseOf answers the database that a connection leads to: where none is named, the server takes the user's name.
func databaseOf(config *pgx.ConnConfig) string {
	if config.Database == "" {
		return config.User
	}
	return config.Database
}
