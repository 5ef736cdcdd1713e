import { expect, test } from 'vitest'

import { isApplied, isLoopback, worriesOf, type About } from './health'

const well: About = {
  version: '1.0', python: '3.12', platform: 'Linux', started_at: '2026-03-01T00:00:00Z', uptime_s: 1,
  listening: { host: '127.0.0.1', port: 8000, key_required: false, allowed_hosts: [], trusted_proxies: [], cors_origins: [] },
  database: { engine: 'sqlite', version: '3', schema_revision: '0009', newest_revision: '0009', migrations: [], pending_writes: 0, problem: null },
  data_dir: null, log_queue: { queued: 10, capacity: 10_000, written: 5, dropped: 0, failing: null }, processes: [], live_tails: 0, leases: [],
  providers: 1, accounts: 1, api_keys: 0, conversations: 0, users: 1, not_in_force: [], extras: [],
}
const kinds = (about: About): string[] => worriesOf(about).map((each) => each.what)

test('a gateway in good order worries nobody', () => {
  expect(worriesOf(well)).toEqual([])
})

test.each<[string, Partial<About>]>([
  ['database', { database: { ...well.database, problem: 'gone' } }],
  ['schema', { database: { ...well.database, schema_revision: '0008' } }],
  ['logFailing', { log_queue: { ...well.log_queue, failing: 'disk full' } }],
  ['logDropped', { log_queue: { ...well.log_queue, dropped: 3 } }],
  ['logFull', { log_queue: { ...well.log_queue, queued: 6000 } }],
  ['notInForce', { not_in_force: [{ name: 'provider x', problem: 'no such type' }] }],
  ['open', { listening: { ...well.listening, host: '0.0.0.0' } }],
  ['died', { processes: [{ provider: 'cc', idle: 0, busy: 0, waiting: 0, started: 4, died: 1 }] }],
])('%s is told', (what, about) => {
  expect(kinds({ ...well, ...about })).toEqual([what])
})

test('others may reach it when they need a key', () => {
  expect(kinds({ ...well, listening: { ...well.listening, host: '0.0.0.0', key_required: true } })).toEqual([])
})

test.each([['127.0.0.1', true], ['127.8.9.1', true], ['::1', true], ['[::1]', true], ['localhost', true], ['0.0.0.0', false], ['::', false], ['192.168.1.2', false], ['127.example.org', false]])('%s: loopback is %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})

test('migrations up to the schema are applied', () => {
  expect(['0001', '0009', '0010'].map((each) => isApplied(each, '0009'))).toEqual([true, true, false])
})
