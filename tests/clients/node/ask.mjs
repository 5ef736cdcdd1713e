// A program that uses the official Node SDKs as anybody would: JSON jobs in on stdin, one JSON outcome each on stdout.
// The jobs are those of ../ask.py, in Python's spelling. The command line names the package.

import { createInterface } from "node:readline";

const sdk = await import(process.argv[2]);

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

const ways = {
  plain: async (target, job) => await target(...request(job)),
  final: async (target, job) => {
    const stream = target(...request(job));
    const finished = stream.finalMessage && !stream.finalChatCompletion ? "finalMessage" : "finalChatCompletion";
    return await stream[finished]();
  },
  events: async (target, job) => {
    const seen = [];
    try {
      for await (const event of await target(...request(job))) seen.push(event);
    } catch (error) {
      return { seen, error: described(error) };
    }
    return { seen };
  },
  pages: async (target, job) => {
    const seen = [];
    for await (const each of target(...request(job))) seen.push(each);
    return seen;
  },
  leave: async (target, job) => {
    const stream = await target(...request(job));
    for await (const event of stream) return event; // leaving the loop hangs up
  },
};

function request({ args, positional }) {
  if (positional) return positional;
  const { extra_body = {}, extra_headers = {}, ...body } = args;
  return [{ ...body, ...extra_body }, { headers: extra_headers }];
}

function bases(error) {
  const names = [];
  for (let at = error?.constructor; at?.name; at = Object.getPrototypeOf(at)) names.push(at.name);
  return names;
}

function described(error) {
  return {
    class: error?.constructor?.name,
    bases: bases(error),
    status: error?.status ?? null,
    message: String(error?.message ?? error),
    body: error?.error ?? null,
    request_id: error?.requestID ?? null,
    trace: String(error?.stack ?? ""),
  };
}

function clientFor({ headers = {}, timeout, ...options }) {
  const named = Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));
  const { baseUrl, ...rest } = named;
  const inMs = timeout === undefined ? {} : { timeout: timeout * 1000 };
  return new sdk.default({ ...rest, ...inMs, baseURL: baseUrl, defaultHeaders: headers });
}

async function outcome(job) {
  try {
    const path = job.call.split(".").map(camel);
    const method = path.pop();
    const owner = path.reduce((at, name) => at[name], clientFor(job.client));
    return { ok: await ways[job.how](owner[method].bind(owner), job) };
  } catch (error) {
    return { error: described(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await outcome(JSON.parse(line))));
}
process.exit(0);
