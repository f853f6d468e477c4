// npm's twilio-taskrouter, measured as benchmarks/dispatch/client.py measures Python clients:
//   node dispatch.cjs PORT FRAMES COUNT RATE
// Its Worker gets the frames of its own dialect and emits reservationCreated, accepted and completed.
const http = require('http');
global.WebSocket = require('ws');
const { Worker } = require('twilio-taskrouter');

const [port, frames, count, rate] = process.argv.slice(2);
const base = `127.0.0.1:${port}`;
const total = Number(count);
let seen = 0;
let began;

function finish() {
  const wall = Number(process.hrtime.bigint() - began.wall) / 1e9;
  const used = process.cpuUsage(began.cpu);
  const cpu = (used.user + used.system) / 1e6;
  if (seen !== total) { console.error(`${seen} events instead of ${total}`); process.exit(1); }
  console.log(JSON.stringify({ per_s: total / wall, per_cpu_s: total / cpu, cpu_us: cpu / total * 1e6,
    rss_mb: process.resourceUsage().maxRSS / 1024 }));
  process.exit(0);
}

// Nothing it has can be told from its defaults: logging is off, as it is by default.
const payload = Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 3600 })).toString('base64url');
const worker = new Worker(`eyJhbGciOiJIUzI1NiJ9.${payload}.x`, {
  ebServer: `http://${base}/v1/wschannels`, wsServer: `ws://${base}/v1/wschannels`,
});
worker.on('error', (error) => { console.error(error); process.exit(1); });
worker.on('reservationCreated', (reservation) => {
  seen += 1;
  reservation.on('accepted', () => { seen += 1; });
  reservation.on('completed', () => { seen += 1; });
});
worker.on('ready', () => {
  worker._signaling.on('benchmark.begin', () => { began = { wall: process.hrtime.bigint(), cpu: process.cpuUsage() }; });
  worker._signaling.on('benchmark.end', finish);
  http.get(`http://${base}/go?frames=${frames}&count=${count}&rate=${rate}`).on('error', () => {});
});
setTimeout(() => { console.error('took too long'); process.exit(1); }, 60000);
