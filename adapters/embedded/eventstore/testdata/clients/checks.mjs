// What any client must find on the server. Each check has streams of its own, so that they can run on one server.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

const name = (prefix = "checks") => `${prefix}-${randomUUID()}`;

const json = ({ jsonEvent }, count, type = "checked") =>
  Array.from({ length: count }, (_, n) => jsonEvent({ type, data: { n }, metadata: { by: "node" } }));

const collect = async (events) => {
  const all = [];
  for await (const resolved of events) all.push(resolved);
  return all;
};

const numbers = (all) => all.map(({ event }) => event.data.n);

// collectUntil reads a subscription until enough is said of it, and ends it.
const collectUntil = async (subscription, enough) => {
  const all = [];
  for await (const resolved of subscription) {
    all.push(resolved);
    if (enough(all)) break;
  }
  await subscription.unsubscribe();
  return all;
};

const signal = (emitter, event) =>
  new Promise((resolve, reject) => {
    emitter.once(event, resolve);
    emitter.once("error", reject);
  });

const refused = async (work, type, more = {}) => {
  await assert.rejects(work, (error) => {
    assert.equal(error.type, type, error.stack);
    for (const [member, value] of Object.entries(more)) assert.deepEqual(error[member], value, member);
    return true;
  });
};

// With a password of its own a call is an append; without one it goes the way of the batches.
const ways = ({ secure, connection }) => {
  const [, username, password] = connection.match(/\/\/([^:@/]+):([^@/]+)@/) ?? [null, "nobody", "nothing"];
  return { append: { credentials: { username, password } }, batch: {} };
};

export const checks = {
  "the server says what it is": async ({ client }) => {
    const { serverVersion } = await client.capabilities;
    assert.match(serverVersion, /^\d+\.\d+\.\d+$/);
  },

  "events come back as they were appended": async (c) => {
    for (const options of Object.values(ways(c))) {
      const stream = name(), id = randomUUID();
      const bytes = Uint8Array.from([0, 1, 255]);
      const before = Date.now();
      const appended = await c.client.appendToStream(
        stream,
        [
          c.jsonEvent({ id, type: "told", data: { text: "Grüße, 你好" }, metadata: { by: "node" } }),
          c.binaryEvent({ type: "raw", data: bytes, metadata: Uint8Array.from([7]) }),
        ],
        { ...c.expecting(c.NO_STREAM), ...options },
      );
      assert.equal(appended.success, true);
      assert.equal(appended.nextExpectedRevision, 1n);
      const [told, raw] = (await collect(c.client.readStream(stream))).map(({ event }) => event);
      assert.equal(told.id, id);
      assert.equal(told.streamId, stream);
      assert.equal(told.type, "told");
      assert.equal(told.isJson, true);
      assert.equal(told.revision, 0n);
      assert.deepEqual(told.data, { text: "Grüße, 你好" });
      assert.deepEqual(told.metadata, { by: "node" });
      const created = new Date(told.created).getTime();
      assert.ok(Math.abs(created - before) < 60_000, `created at ${told.created}`);
      assert.equal(raw.isJson, false);
      assert.deepEqual([...raw.data], [...bytes]);
      assert.deepEqual([...raw.metadata], [7]);
      assert.equal(raw.position.commit, appended.position.commit);
      assert.equal(raw.position.prepare, appended.position.prepare);
      assert.ok(told.position.commit < raw.position.commit);
    }
  },

  "every expected revision is checked": async (c) => {
    for (const options of Object.values(ways(c))) {
      const stream = name();
      const append = (expected) => c.client.appendToStream(stream, json(c, 1), { ...c.expecting(expected), ...options });
      const wrong = (expected, current) =>
        refused(append(expected), c.ErrorType.WRONG_EXPECTED_VERSION, { streamName: stream, ...c.conflict(expected, current) });
      await wrong(c.STREAM_EXISTS, "no_stream");
      await wrong(4n, "no_stream");
      assert.equal((await append(c.NO_STREAM)).nextExpectedRevision, 0n);
      await wrong(c.NO_STREAM, 0n);
      await wrong(7n, 0n);
      assert.equal((await append(c.ANY)).nextExpectedRevision, 1n);
      assert.equal((await append(c.STREAM_EXISTS)).nextExpectedRevision, 2n);
      assert.equal((await append(2n)).nextExpectedRevision, 3n);
      assert.deepEqual((await collect(c.client.readStream(stream))).length, 4);
    }
  },

  "a conflict can be an answer": async (c) => {
    const client = c.connect(c.connection.includes("?") ? "&throwOnAppendFailure=false" : "?throwOnAppendFailure=false");
    const stream = name();
    await client.appendToStream(stream, json(c, 3), c.expecting(c.NO_STREAM));
    for (const options of Object.values(ways(c))) {
      const answer = await client.appendToStream(stream, json(c, 1), { ...c.expecting(c.NO_STREAM), ...options });
      assert.equal(answer.success, false);
      // Of a batch both clients tell whether there is a revision (1) in place of the revision.
      assert.equal(answer.nextExpectedRevision, options.credentials ? 2n : 1n);
    }
    await client.dispose();
  },

  "the same append twice is one": async (c) => {
    for (const options of Object.values(ways(c))) {
      const stream = name(), events = json(c, 3);
      const first = await c.client.appendToStream(stream, events, { ...c.expecting(c.NO_STREAM), ...options });
      const again = await c.client.appendToStream(stream, events, { ...c.expecting(c.NO_STREAM), ...options });
      assert.deepEqual(again, first);
      assert.equal((await collect(c.client.readStream(stream))).length, 3);
    }
  },

  "a batch in parts is one append": async (c) => {
    const stream = name();
    await c.client.appendToStream(stream, json(c, 200), { ...c.expecting(c.NO_STREAM), batchAppendSize: 1024 });
    assert.deepEqual(numbers(await collect(c.client.readStream(stream))), [...Array(200).keys()]);
  },

  "many batches at once are all answered": async (c) => {
    const streams = Array.from({ length: 64 }, () => name());
    await Promise.all(streams.map((s) => c.client.appendToStream(s, json(c, 2), c.expecting(c.NO_STREAM))));
    for (const s of streams) assert.equal((await collect(c.client.readStream(s))).length, 2);
  },

  "an append can be too large": async (c) => {
    for (const options of Object.values(ways(c))) {
      const large = c.jsonEvent({ type: "large", data: { text: "x".repeat(1 << 20) } });
      await refused(c.client.appendToStream(name(), large, options), c.ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED, { maxAppendSize: 1 << 20 });
    }
  },

  "a stream is read from anywhere, in both directions": async (c) => {
    const stream = name();
    await c.client.appendToStream(stream, json(c, 1000));
    const read = async (options) => numbers(await collect(c.client.readStream(stream, options)));
    const all = [...Array(1000).keys()];
    assert.deepEqual(await read({}), all);
    assert.deepEqual(await read({ direction: c.FORWARDS, fromRevision: 10n, maxCount: 3 }), [10, 11, 12]);
    assert.deepEqual(await read({ direction: c.BACKWARDS, fromRevision: c.END }), all.toReversed?.() ?? [...all].reverse());
    assert.deepEqual(await read({ direction: c.BACKWARDS, fromRevision: 10n, maxCount: 3 }), [10, 9, 8]);
    assert.deepEqual(await read({ fromRevision: 5000n }), []);
  },

  "a stream that never was is not found": async (c) => {
    const stream = name();
    await refused(collect(c.client.readStream(stream)), c.ErrorType.STREAM_NOT_FOUND, { streamName: stream });
  },

  "the whole log is read in both directions": async (c) => {
    const stream = name();
    const { position } = await c.client.appendToStream(stream, json(c, 5));
    const forwards = await collect(c.client.readAll({ direction: c.FORWARDS, fromPosition: c.START }));
    const mine = forwards.filter(({ event }) => event?.streamId === stream);
    assert.deepEqual(numbers(mine), [0, 1, 2, 3, 4]);
    assert.equal(mine[4].event.position.commit, position.commit);
    const positions = forwards.map((r) => (r.event ?? r.link).position.commit);
    assert.ok(positions.every((p, i) => p > 0n && (i === 0 || p > positions[i - 1])), "positions rise");
    const backwards = await collect(c.client.readAll({ direction: c.BACKWARDS, fromPosition: c.END, maxCount: 5 }));
    assert.deepEqual(numbers(backwards), [4, 3, 2, 1, 0]);
    const before = await collect(c.client.readAll({ direction: c.BACKWARDS, fromPosition: position, maxCount: 4 }));
    assert.deepEqual(numbers(before), [3, 2, 1, 0]);
    const from = await collect(c.client.readAll({ direction: c.FORWARDS, fromPosition: position, maxCount: 1 }));
    assert.deepEqual(numbers(from), [4]);
  },

  "the whole log is read through a filter": async (c) => {
    if (c.which !== "kurrent") return; // the older client has no such call
    const type = name("type"), stream = name("filtered");
    await c.client.appendToStream(stream, [...json(c, 3, type), ...json(c, 3), ...json(c, 1, type)]);
    const read = async (filter, more = {}) => numbers(await collect(c.client.readAll({ filter, ...more })));
    assert.deepEqual(await read(c.eventTypeFilter({ prefixes: [type] })), [0, 1, 2, 0]);
    assert.deepEqual(await read(c.eventTypeFilter({ regex: `^${type}$` }), { maxCount: 2 }), [0, 1]);
    assert.deepEqual(await read(c.streamNameFilter({ prefixes: ["nothing", stream] })), [0, 1, 2, 0, 1, 2, 0]);
    assert.deepEqual(await read(c.streamNameFilter({ prefixes: [stream] }), { direction: c.BACKWARDS, fromPosition: c.END, maxCount: 2 }), [0, 2]);
  },

  "a link leads to its event": async (c) => {
    const target = name(), links = name();
    await c.client.appendToStream(target, json(c, 2));
    const link = (to) => c.binaryEvent({ type: "$>", data: Uint8Array.from(Buffer.from(to)) });
    await c.client.appendToStream(links, [link(`1@${target}`), link(`9@${target}`)]);
    const [resolved, gone] = await collect(c.client.readStream(links, { resolveLinkTos: true }));
    assert.equal(resolved.event.streamId, target);
    assert.equal(resolved.event.revision, 1n);
    assert.equal(resolved.link.streamId, links);
    assert.equal(resolved.link.revision, 0n);
    assert.equal(gone.event, undefined);
    assert.equal(gone.link.revision, 1n);
    const [plain] = await collect(c.client.readStream(links, { maxCount: 1 }));
    assert.equal(plain.event.type, "$>");
    assert.equal(plain.link, undefined);
  },

  "a subscription follows a stream": async (c) => {
    const stream = name();
    await c.client.appendToStream(stream, json(c, 2));
    const subscription = c.client.subscribeToStream(stream, { fromRevision: 0n });
    let told;
    subscription.once("caughtUp", (info) => {
      told = info;
      c.client.appendToStream(stream, json(c, 2, "live"));
    });
    const got = await collectUntil(subscription, (all) => all.length === 3);
    assert.deepEqual(got.map(({ event }) => event.revision), [1n, 2n, 3n]);
    assert.ok(subscription.id === undefined || subscription.id.length > 0);
    if (c.which === "kurrent") {
      assert.equal(told.revision, 1n, "revision of having caught up");
      assert.ok(Math.abs(told.date.getTime() - Date.now()) < 60_000, "time of having caught up");
    }
  },

  "a subscription to what does not exist waits for it": async (c) => {
    const stream = name();
    const subscription = c.client.subscribeToStream(stream);
    subscription.once("caughtUp", () => c.client.appendToStream(stream, json(c, 1)));
    assert.deepEqual(numbers(await collectUntil(subscription, (all) => all.length === 1)), [0]);
  },

  "a subscription from the end shows only what is new": async (c) => {
    const stream = name();
    await c.client.appendToStream(stream, json(c, 3));
    const subscription = c.client.subscribeToStream(stream, { fromRevision: c.END });
    subscription.once("caughtUp", () => c.client.appendToStream(stream, json(c, 1, "new")));
    const [first] = await collectUntil(subscription, (all) => all.length === 1);
    assert.equal(first.event.revision, 3n);
  },

  "a subscription follows the whole log": async (c) => {
    const stream = name();
    const { position } = await c.client.appendToStream(stream, json(c, 2));
    const subscription = c.client.subscribeToAll({ fromPosition: position });
    let told;
    subscription.once("caughtUp", (info) => {
      told = info;
      c.client.appendToStream(stream, json(c, 3, "live"));
    });
    const got = await collectUntil(subscription, (all) => all.length === 3);
    assert.deepEqual(got.map(({ event }) => event.revision), [2n, 3n, 4n]);
    if (c.which === "kurrent") assert.equal(told.position.commit, position.commit, "position of having caught up");
  },

  "a filtered subscription says how far it came": async (c) => {
    const type = name("type"), stream = name();
    const { position: start } = await c.client.appendToStream(stream, json(c, 1));
    await c.client.appendToStream(stream, [...json(c, 150), ...json(c, 2, type)]);
    const ways = [{ prefixes: [type] }, { regex: `^${type}$` }];
    for (const [live, what] of ways.entries()) {
      const checkpoints = [];
      const filter = { filterOn: c.EVENT_TYPE, ...what, maxSearchWindow: 32, checkpointInterval: 2, checkpointReached: (_, at) => void checkpoints.push(at.commit) };
      const subscription = c.client.subscribeToAll({ fromPosition: start, filter });
      subscription.once("caughtUp", () => c.client.appendToStream(stream, json(c, 1, type)));
      const got = await collectUntil(subscription, (all) => all.length === 3 + live);
      assert.ok(got.every(({ event }) => event.type === type));
      assert.ok(checkpoints.length >= 3, `${checkpoints.length} checkpoints`);
      assert.ok(checkpoints.every((at, i) => at > start.commit && (i === 0 || at > checkpoints[i - 1])), `${checkpoints}`);
    }
  },

  "a slow reader of a subscription misses nothing": async (c) => {
    const stream = name();
    const subscription = c.client.subscribeToStream(stream, {}, { highWaterMark: 1 });
    await signal(subscription, "caughtUp");
    for (let i = 0; i < 10; i++) await c.client.appendToStream(stream, json(c, 100));
    const got = await collectUntil(subscription, (all) => all.length === 1000);
    assert.deepEqual(got.map(({ event }) => event.revision), [...Array(1000).keys()].map(BigInt));
  },

  "a deleted stream is not found, and can be written again": async (c) => {
    const stream = name();
    await c.client.appendToStream(stream, json(c, 3));
    await refused(c.client.deleteStream(stream, { expectedRevision: 7n }), c.ErrorType.WRONG_EXPECTED_VERSION, { streamName: stream, ...c.conflict(7n, 2n) });
    const deleted = await c.client.deleteStream(stream, { expectedRevision: 2n });
    assert.ok(deleted.position.commit > 0n);
    await refused(collect(c.client.readStream(stream)), c.ErrorType.STREAM_NOT_FOUND);
    const again = await c.client.appendToStream(stream, json(c, 1), c.expecting(c.NO_STREAM));
    assert.equal(again.nextExpectedRevision, 3n);
    assert.deepEqual((await collect(c.client.readStream(stream))).map(({ event }) => event.revision), [3n]);
  },

  "a tombstone is for ever": async (c) => {
    const stream = name();
    await c.client.appendToStream(stream, json(c, 1));
    assert.ok((await c.client.tombstoneStream(stream)).position.commit > 0n);
    await refused(collect(c.client.readStream(stream)), c.ErrorType.STREAM_DELETED, { streamName: stream });
    for (const options of Object.values(ways(c))) {
      await refused(c.client.appendToStream(stream, json(c, 1), options), c.ErrorType.STREAM_DELETED, { streamName: stream });
    }
    await refused(signal(c.client.subscribeToStream(stream), "end"), c.ErrorType.STREAM_DELETED);
    await refused(c.client.deleteStream(stream), c.ErrorType.STREAM_DELETED);
  },

  "metadata comes back, and hides what it says": async (c) => {
    const stream = name();
    await c.client.appendToStream(stream, json(c, 10));
    const acl = { readRoles: ["a", "b"], writeRoles: ["$all"], deleteRoles: ["c"], metaReadRoles: ["d"], metaWriteRoles: ["e"] };
    await c.client.setStreamMetadata(stream, { maxCount: 4, maxAge: 3600, truncateBefore: 3, cacheControl: 9, acl, ours: { deep: true } });
    const { metadata } = await c.client.getStreamMetadata(stream);
    assert.equal(metadata.maxCount, 4);
    assert.equal(metadata.maxAge, 3600);
    assert.equal(metadata.truncateBefore, 3);
    assert.equal(metadata.cacheControl, 9);
    assert.deepEqual(metadata.acl.readRoles, ["a", "b"]);
    assert.deepEqual(metadata.ours, { deep: true });
    const shown = async () => (await collect(c.client.readStream(stream))).map(({ event }) => Number(event.revision));
    assert.deepEqual(await shown(), [6, 7, 8, 9]);
    await c.client.setStreamMetadata(stream, { truncateBefore: 8 });
    assert.deepEqual(await shown(), [8, 9]);
    await refused(c.client.setStreamMetadata(stream, {}, c.expecting(0n)), c.ErrorType.WRONG_EXPECTED_VERSION);
    await c.client.setStreamMetadata(stream, { maxAge: 1 });
    await new Promise((resolve) => setTimeout(resolve, 2100));
    assert.deepEqual(await shown(), []);
  },

  "who is not allowed is refused": async (c) => {
    if (!c.secure) return;
    const stream = name();
    const user = { credentials: { username: "ana", password: "secret" } };
    const stranger = { credentials: { username: "ana", password: "wrong" } };
    await c.client.appendToStream(stream, json(c, 1), user);
    await c.client.setStreamMetadata(stream, { acl: { readRoles: ["$admins"], writeRoles: ["$admins"], deleteRoles: ["$admins"] } });
    await refused(c.client.appendToStream(stream, json(c, 1), user), c.ErrorType.ACCESS_DENIED);
    await refused(collect(c.client.readStream(stream, user)), c.ErrorType.ACCESS_DENIED);
    await refused(collect(c.client.readAll(user)), c.ErrorType.ACCESS_DENIED);
    await refused(signal(c.client.subscribeToStream(stream, user), "end"), c.ErrorType.ACCESS_DENIED);
    await refused(signal(c.client.subscribeToAll(user), "end"), c.ErrorType.ACCESS_DENIED);
    await refused(c.client.deleteStream(stream, user), c.ErrorType.ACCESS_DENIED);
    await refused(c.client.tombstoneStream(stream, user), c.ErrorType.ACCESS_DENIED);
    const nobody = c.Client.connectionString(c.connection.replace(/\/\/[^@]+@/, "//"));
    await refused(nobody.appendToStream(stream, json(c, 1)), c.ErrorType.ACCESS_DENIED);
    await nobody.dispose();
    await assert.rejects(c.client.appendToStream(stream, json(c, 1), stranger), /UNAUTHENTICATED|Unauthenticated/);
  },

  "what the server does not offer is said to be missing": async (c) => {
    const missing = (work) => assert.rejects(within(work), (error) => error.type === c.ErrorType.UNSUPPORTED || /unimplemented/i.test(error.message) || error.code === 12);
    const { createPersistentSubscriptionToStream: toStream, createPersistentSubscriptionToAll: toAll } = c.client;
    const settings = c.persistentSubscriptionToStreamSettingsFromDefaults();
    await missing(toStream.call(c.client, name(), "group", settings));
    await missing(toAll.call(c.client, "group", c.persistentSubscriptionToAllSettingsFromDefaults()));
    await missing(signal(c.client.subscribeToPersistentSubscriptionToStream(name(), "group"), "end"));
    await missing(c.client.createProjection("p", "fromAll()"));
    await missing(c.client.listProjections());
    await missing(c.client.getProjectionState("p"));
    if (c.client.multiStreamAppend) await missing(c.client.multiStreamAppend([]));
    if (c.client.appendRecords) await missing(c.client.appendRecords([]));
  },

  "discovery finds the one node": async (c) => {
    const discovering = c.Client.connectionString(c.connection.replace(/^esdb:/, "esdb+discover:"));
    const stream = name();
    await discovering.appendToStream(stream, json(c, 1));
    assert.equal((await collect(discovering.readStream(stream))).length, 1);
    await discovering.dispose();
  },

  "a restarted server is found again": async (c) => {
    const stream = name();
    await c.client.appendToStream(stream, json(c, 2));
    const dropped = signal(c.client.subscribeToStream(stream), "end");
    dropped.catch(() => {});
    const subscription = c.client.subscribeToStream(stream);
    await signal(subscription, "caughtUp");
    const ended = assert.rejects(signal(subscription, "end"), (error) => error.type === c.ErrorType.UNAVAILABLE);
    await c.restart();
    await ended;
    const deadline = Date.now() + 10_000;
    const patiently = async (work) => {
      for (;;) {
        try {
          return await work();
        } catch (error) {
          if (Date.now() > deadline) throw error;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    const events = json(c, 1);
    await patiently(() => c.client.appendToStream(stream, events, c.expecting(1n)));
    assert.equal((await patiently(() => collect(c.client.readStream(stream)))).length, 3);
    assert.equal((await collectUntil(c.client.subscribeToStream(stream), (all) => all.length === 3)).length, 3);
  },
};

const within = (work) => Promise.race([work, new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), 5000).unref())]);
