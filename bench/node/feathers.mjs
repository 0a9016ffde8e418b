// What bench/mongodb measures activityd beside: a service "events" of Feathers 5
// on Koa and MongoDB, wired as the generator of Feathers does it, and kept as
// light as can be: one transport, no schemas, resolvers or pagination (which
// counts), no notifications, tokens in memory. Its arguments are the URI with
// the database, and a file with the users' names by token. It talks as
// bench/subject says.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { feathers } from "@feathersjs/feathers";
import { bodyParser, errorHandler, koa, rest } from "@feathersjs/koa";
import { MongoDBService } from "@feathersjs/mongodb";
import { MongoClient } from "mongodb";

const [uri, tokens] = process.argv.slice(2);
const users = new Map(Object.entries(JSON.parse(readFileSync(tokens, "utf8"))));
const client = await MongoClient.connect(uri, { writeConcern: { w: "majority" } });
const events = client.db().collection("events");
await events.createIndex({ user: 1, time: 1 });

const app = koa(feathers());
app.use(errorHandler());
app.use(async (context, next) => {
  const user = users.get(context.get("authorization"));
  if (user === undefined) context.throw(401);
  context.feathers = { ...context.feathers, user };
  await next();
});
app.use(bodyParser());
app.configure(rest());
app.use("events", new MongoDBService({ Model: events }));
app.service("events").hooks({
  before: {
    find: [(context) => {
      context.params.query.user = context.params.user;
    }],
    create: [(context) => {
      const now = Date.now() / 1000;
      context.data = {
        channelId: "work",
        time: now,
        folderId: null,
        tags: [],
        trashed: false,
        ...context.data,
        user: context.params.user,
        created: now,
        modified: now,
        createdBy: "bench",
        modifiedBy: "bench",
      };
    }],
  },
});

const server = await app.listen(0, "127.0.0.1", 4096);
if (!server.listening) await once(server, "listening");
console.log(`listening on 127.0.0.1:${server.address().port}`);

createInterface({ input: process.stdin })
  .on("line", () => console.log(JSON.stringify({ heap: process.memoryUsage().heapUsed })))
  .on("close", () => process.exit());
