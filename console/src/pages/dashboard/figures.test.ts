import { expect, test } from 'vitest'

import type { LogRow } from '../../api/types'
import { change, counted, countedCourse, costPerMinute, tokens, type Course, type Figures, type Report } from './figures'

const NONE = { p50: null, p90: null, p99: null }
const figures: Figures = {
  requests: 4, succeeded: 3, failed: 1, client_left: 0, success_rate: 0.75, requests_per_minute: 0.1, tokens_per_minute: 3, input_tokens: 100, cache_read_tokens: 20,
  cache_write_tokens: 5, output_tokens: 50, reasoning_tokens: 0, estimated_requests: 0, cost_usd: 1, duration_ms: { p50: 200, p90: 300, p99: 400 }, first_token_ms: NONE,
}
const row = (more: Partial<LogRow>): LogRow =>
  ({ request_id: 'req_1', started_at: '2026-11-21T09:05:30.000Z', succeeded: true, client_left: false, input_tokens: 10, cache_read_tokens: null, cache_write_tokens: 2, output_tokens: 3, input_estimated: false, output_estimated: true, cost_usd: null, ...more }) as LogRow

test('tokens read from a cache are tokens too', () => expect(tokens(figures)).toBe(175))

test('without something before there is no change', () => {
  expect(change(3, 2)).toBe(0.5)
  expect(change(3, 0)).toBeNull()
  expect(change(null, 2)).toBeNull()
})

test('costs of unlike times are compared by the minute', () => {
  expect(costPerMinute({ since: '2026-11-21T09:00:00.000Z', until: '2026-11-21T09:10:00.000Z', total: figures, groups: [] } satisfies Report)).toBeCloseTo(0.1)
})

test('a request counts at once, but does not change latencies', () => {
  const after = counted(figures, row({}))
  expect(after).toMatchObject({ requests: 5, succeeded: 4, failed: 1, success_rate: 0.8, input_tokens: 110, cache_write_tokens: 7, output_tokens: 53, estimated_requests: 1, cost_usd: 1 })
  expect(after.duration_ms).toBe(figures.duration_ms)
})

test('a client that left is neither a success nor a failure', () => {
  expect(counted(figures, row({ succeeded: false, client_left: true }))).toMatchObject({ requests: 5, failed: 1, client_left: 1, success_rate: 0.75 })
  expect(counted(figures, row({ succeeded: false }))).toMatchObject({ failed: 2, success_rate: 0.6 })
})

const minute = (at: string) => ({ at, requests: 1, failures: 0, input_tokens: 1, output_tokens: 1, tokens: 2 })
const course: Course = { since: '2026-11-21T09:04:00.000Z', until: '2026-11-21T09:05:59.000Z', complete: true, items: [minute('2026-11-21T09:04:00.000Z'), minute('2026-11-21T09:05:00.000Z')] }

test('a request counts in its minute', () => {
  expect(countedCourse(course, row({ succeeded: false })).items[1]).toEqual({ at: '2026-11-21T09:05:00.000Z', requests: 2, failures: 1, input_tokens: 13, output_tokens: 4, tokens: 17 })
})

test('a new minute pushes the oldest out', () => {
  const after = countedCourse(course, row({ started_at: '2026-11-21T09:06:01.000Z' }))
  expect(after.items.map((each) => [each.at, each.requests])).toEqual([['2026-11-21T09:05:00.000Z', 1], ['2026-11-21T09:06:00.000Z', 1]])
})

test('one that began before all of them is left to the gateway', () => {
  expect(countedCourse(course, row({ started_at: '2026-11-21T08:00:00.000Z' }))).toBe(course)
})
