// Runs the checks of checks.mjs with one client for Node against a server, and writes a line of JSON for each.
//
//   node clients.mjs eventstore|kurrent CONNECTION-STRING
//
// A check that needs the server to be restarted writes {"restart":true} and goes on when a line comes in.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { checks } from "./checks.mjs";

const require = createRequire(import.meta.url);

// What the clients call differently.
const clients = {
  eventstore: () => {
    const client = require("@eventstore/db-client");
    return {
      ...client,
      Client: client.EventStoreDBClient,
      expecting: (expectedRevision) => ({ expectedRevision }),
      conflict: (expectedVersion, actualVersion) => ({ expectedVersion, actualVersion }),
    };
  },
  kurrent: () => {
    const client = require("@kurrent/kurrentdb-client");
    return {
      ...client,
      Client: client.KurrentDBClient,
      expecting: (streamState) => ({ streamState }),
      conflict: (expectedState, actualState) => ({ expectedState, actualState }),
    };
  },
};

const [which, connection] = process.argv.slice(2);
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const library = clients[which]();
const secure = !connection.includes("tls=false");
const connect = (extra = "") => library.Client.connectionString(connection + extra);
const client = connect();
const restart = async () => {
  say({ restart: true });
  await input.next();
};

const patience = 15_000;
const within = (work) => {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("took too long")), patience)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

for (const [name, check] of Object.entries(checks)) {
  try {
    await within(check({ ...library, which, client, connect, connection, secure, restart }));
    say({ check: name });
  } catch (error) {
    say({ check: name, failed: `${error?.stack ?? error}` });
  }
}
process.exit(0);
