package main

import (
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"tagtrail/cmd/internal/client"
)

func exportContactsCommand() *cobra.Command {
	a := contactCalls()[0]
	c := &cobra.Command{
		Use: "export", Short: "the first 2,000 contacts that match, as CSV", Args: noArguments,
		Example: "  tagtrail contacts export --tag VIP > vips.csv\n  tagtrail contacts export --output vips.csv",
	}
	a.flags = a.flags[:len(a.flags)-1] // what was cannot be exported
	said := a.listen(c)
	output := c.Flags().String("output", "-", "file to write; - is standard output")
	c.RunE = func(c *cobra.Command, _ []string) error {
		tt, err := connect(c)
		if err != nil {
			return err
		}
		r := client.Request{Method: "GET", Path: "/v1/contacts/export.csv", Query: url.Values{}}
		if err := said(tt, &r); err != nil {
			return err
		}
		return download(c, tt, r, *output)
	}
	return withAddress(c)
}

func personalDataCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "personal-data CONTACT", Short: "everything that is held about one person, as a ZIP of JSON and CSV",
		Example: "  tagtrail contacts personal-data +16505550101 > ana.zip",
		Args:    one("contact"),
	}
	return downloads(c, "contact", func(id string) string { return "/v1/contacts/" + id + "/personal-data" })
}

// download writes what comes to a file, which is its owner's, or to standard output. What is cut off on the way is an error,
// and no file is left of it.
func download(c *cobra.Command, tt *client.Client, r client.Request, to string) error {
	answer, err := tt.Send(c.Context(), r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if words := answer.Header.Get("Tagtrail-Message"); words != "" {
		defer func() { _, _ = fmt.Fprintln(c.ErrOrStderr(), printable(words)) }()
	}
	if to == "-" {
		_, err := io.Copy(c.OutOrStdout(), answer.Body)
		return err
	}
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return usage(err)
	}
	_, err = io.Copy(file, answer.Body)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		_ = os.Remove(to)
	}
	return err
}
