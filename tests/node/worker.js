// What a worker's page does with Twilio's own client: connect, get ready, receive, accept, complete.
// Reads {ebServer, wsServer, token} as JSON from the command line; writes one line of JSON for each thing that happens.
"use strict";
const { Worker } = require("twilio-taskrouter");

const { ebServer, wsServer, token, available } = JSON.parse(process.argv[2]);
const say = (what, more) => console.log(JSON.stringify({ what, ...more }));
const failed = (error) => {
  say("failed", { message: String((error && error.message) || error) });
  process.exit(1);
};
process.on("unhandledRejection", failed);

const worker = new Worker(token, { ebServer, wsServer, connectActivitySid: available, logLevel: "silent" });
worker.on("error", failed);
worker.on("ready", (ready) => {
  say("ready", {
    worker: ready.sid,
    activity: ready.activity.name,
    activities: Array.from(ready.activities.values(), (one) => one.name),
    channels: Array.from(ready.channels.values(), (one) => one.taskChannelUniqueName),
  });
});
worker.on("reservationCreated", async (reservation) => {
  const { task } = reservation;
  say("reservationCreated", { reservation: reservation.sid, status: reservation.status, task: task.sid, attributes: task.attributes });
  reservation.on("accepted", (now) => say("accepted", { reservation: now.sid, status: now.status }));
  const completed = new Promise((resolve) => reservation.on("completed", resolve));
  await reservation.accept();
  const answer = await reservation.complete();
  say("answer", { status: answer.status });
  const now = await completed;
  say("completed", { reservation: now.sid, status: now.status });
  worker.disconnect();
});
worker.on("disconnected", () => {
  say("disconnected", {});
  process.exit(0);
});
