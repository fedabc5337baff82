package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/gorilla/mux"

	"tagtrail/commands"
	"tagtrail/domain"
	"tagtrail/domain/event"
	"tagtrail/domain/fault"
	"tagtrail/readmodels"
)

// Positions says how far the tables follow the log.
type Positions interface {
	// Position answers the position up to which the tables show everything.
	Position(ctx context.Context) (event.Position, error)
	// Wait returns nil once the tables show everything up to a position, at once when they do already.
	Wait(ctx context.Context, position event.Position) error
}

// Past is the tables of the group audit, whose personal values are sealed.
type Past struct {
	Reads     readmodels.DB // a pool that may read the views of the group
	Positions Positions     // of the group
	Opener    readmodels.Opener
}

// Config is what the API stands on.
type Config struct {
	Commands    *commands.Service
	Reads       readmodels.DB // a pool that may read the views of the group console
	Positions   Positions     // of the same group
	Past        Past          // where what was is read
	Generations Generations   // of the tables; without them there are no routes about them
	Operations  Operations    // on many contacts; without it there are no routes about them
	Certifier   Certifier     // of erasures; without it there are no certificates
	Imports     Imports       // without it no file is taken
	Gathered    Gathered      // files about persons; without it, or without Operations, none is made in the background
	// NewFile begins a file of rows as csv or xlsx. Guarded, none of its cells is a formula to a spreadsheet.
	NewFile func(out io.Writer, format string, guarded bool) RowWriter
	// Head answers the position of the newest event of the log.
	Head func(ctx context.Context) (event.Position, error)
	// LogID names the log, so that a position of another is noticed. It is nil while there is no organisation.
	LogID func(ctx context.Context) (uuid.UUID, error)
	// CursorKey authenticates the cursors of lists: 32 secret bytes, the same in every process.
	CursorKey []byte

	// WhatsApp makes what serves the webhook of a channel; it refuses by calling problem. Without it there is no webhook.
	WhatsApp func(problem func(http.ResponseWriter, *http.Request, error)) func(w http.ResponseWriter, r *http.Request, channel uuid.UUID)
	// Faults are refusals of other rooms that have a page too, such as those of the webhook and of the log.
	Faults []*fault.Fault

	Live    http.Handler // /livez
	Ready   http.Handler // /readyz
	Metrics http.Handler // /metrics

	// PublicURL is where people reach this API, without a slash at the end. Where it is empty, links are relative;
	// the Host of a request is never believed.
	PublicURL string
	Version   string // of the build
	Log       *slog.Logger
	gatherer  *Gatherer // who is to write what this API knows of persons

	// Observe is told of every request when it is answered; it may be nil.
	Observe func(operation, method string, status int, took time.Duration)
	// Patience is how long a write waits for the tables to show it before it answers; two seconds when zero.
	Patience time.Duration
	// Limit is how long a request may be worked at before it is refused, but for files on their way in or out; a minute when zero.
	Limit time.Duration
	// Rates are how much is let in.
	Rates Rates
	// Now is the clock of the rates; it may be nil.
	Now func() time.Time
}

// api is the running front door.
type api struct {
	Config
	router  *mux.Router
	huma    huma.API
	faults  map[string]*fault.Fault
	problem *huma.Schema
	literal map[string]bool // paths of operations that hold no id
	logID   atomic.Pointer[uuid.UUID]

	ofKey, ofOrganization *allowance // nil is any number

	contacts readmodels.Contacts
	tags     readmodels.Tags
	erasures readmodels.Erasures
	consents readmodels.Consents
	messages readmodels.Messages
	channels readmodels.Channels
	keys     readmodels.Keys
	team     readmodels.Team
	fields   readmodels.Fields
	details  readmodels.ContactDetails
	notes    readmodels.Notes
	past     readmodels.ContactVersions
	moments  readmodels.Moments

	conversations readmodels.Conversations
	statistics    readmodels.ContactStatistics

	events         readmodels.Events
	tagHistory     readmodels.TagHistory
	leadStatuses   readmodels.LeadStatusHistory
	catalogHistory readmodels.CatalogHistory
}

// New answers the handler of all routes.
func New(config Config) http.Handler {
	if config.Patience == 0 {
		config.Patience = 2 * time.Second
	}
	if config.Limit == 0 {
		config.Limit = requestLimit
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	config.PublicURL = strings.TrimSuffix(config.PublicURL, "/")
	a := &api{
		Config: config,
		router: mux.NewRouter().SkipClean(true),
		faults: map[string]*fault.Fault{}, literal: map[string]bool{},
		ofKey: newAllowance("key", config.Rates.Key), ofOrganization: newAllowance("organization", config.Rates.Organization),

		contacts: readmodels.Contacts{DB: config.Reads, Catalogues: readmodels.NewCatalogues()},
		tags:     readmodels.Tags{DB: config.Reads},
		erasures: readmodels.Erasures{DB: config.Reads},
		consents: readmodels.Consents{DB: config.Reads},
		messages: readmodels.Messages{DB: config.Reads},
		channels: readmodels.Channels{DB: config.Reads},
		keys:     readmodels.Keys{DB: config.Reads},
		team:     readmodels.Team{DB: config.Reads},
		fields:   readmodels.Fields{DB: config.Reads},
		details:  readmodels.ContactDetails{DB: config.Reads},
		notes:    readmodels.Notes{DB: config.Reads},
		past:     readmodels.ContactVersions{DB: config.Past.Reads, Opener: config.Past.Opener},
		moments:  readmodels.Moments{DB: config.Past.Reads},

		conversations: readmodels.Conversations{DB: config.Reads},
		statistics:    readmodels.ContactStatistics{DB: config.Reads},

		events:         readmodels.Events{DB: config.Past.Reads, Opener: config.Past.Opener, Known: readmodels.NewVocabulary(domain.Withheld())},
		tagHistory:     readmodels.TagHistory{DB: config.Past.Reads, Opener: config.Past.Opener},
		leadStatuses:   readmodels.LeadStatusHistory{DB: config.Past.Reads, Opener: config.Past.Opener},
		catalogHistory: readmodels.CatalogHistory{DB: config.Past.Reads, Opener: config.Past.Opener},
	}
	if config.Generations != nil {
		config.Faults = slices.Concat(config.Faults, config.Generations.Faults())
	}
	for _, f := range slices.Concat(domain.Faults(), commands.Faults(), Faults(), config.Faults) {
		if _, known := a.faults[f.Code]; !known {
			a.faults[f.Code] = f
		}
	}
	a.describe()
	a.registerTags()
	a.registerTagMerges()
	a.registerTagSuggestions()
	a.registerTagCatalog()
	a.registerContacts()
	a.registerContactLife()
	a.registerDuplicates()
	a.registerPersonalData()
	a.registerErasures()
	a.registerLegalHolds()
	a.registerConsents()
	a.registerPlan()
	a.registerSearch()
	a.registerSegmentMembers()
	a.registerSegments()
	a.registerRules()
	a.registerOperations()
	a.registerExport()
	a.registerRoundtrip()
	a.registerImports()
	a.registerContactTags()
	a.registerLeadStatus()
	a.registerMessages()
	a.registerFields()
	a.registerNotes()
	a.registerConversations()
	a.registerContactStatistics()
	a.registerTagHistory()
	a.registerLeadStatusHistory()
	a.registerTimeline()
	a.registerCatalogHistory()
	a.registerEvents()
	a.registerChannels()
	a.registerKeys()
	a.registerMembers()
	a.registerSettings()
	a.registerProjections()
	a.serveOperations()
	a.serveWebhooks()
	a.servePages()
	a.router.NotFoundHandler = http.HandlerFunc(a.notFound)
	a.router.MethodNotAllowedHandler = http.HandlerFunc(a.methodNotAllowed)
	return http.HandlerFunc(a.serve)
}
