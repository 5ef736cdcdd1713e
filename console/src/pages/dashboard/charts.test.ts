import { expect, test } from 'vitest'

import { begun, latencies, latenciesOfModels, peak, points, requestsByUnit, timeStep, tokensByUnit } from './charts'
import type { Figures, Report } from './figures'
import { HOUR, type Span } from './range'

const NOW = Date.parse('2026-11-21T09:40:00Z')
const span: Span = { since: Date.parse('2026-11-21T04:00:00Z'), until: null, unit: 'hour' }
const name = (at: number): string => new Date(at).toISOString().slice(11, 16)
const latency = { p50: 100, p90: 200, p99: 900 }
const figures = (more: Partial<Figures>): Figures => ({
  requests: 3, succeeded: 1, failed: 1, client_left: 1, success_rate: 0.5, requests_per_minute: 0, tokens_per_minute: 0, input_tokens: 10, cache_read_tokens: 4, cache_write_tokens: 1,
  output_tokens: 7, reasoning_tokens: 0, estimated_requests: 0, cost_usd: 0, duration_ms: latency, first_token_ms: { p50: null, p90: null, p99: null }, ...more,
})
const report: Report = {
  since: '2026-11-21T04:00:00.000Z', until: '2026-11-21T09:40:00.000Z', total: figures({}),
  groups: [{ at: '2026-11-21T06:00:00.000Z', name: null, figures: figures({}) }, { at: '2026-11-21T08:00:00.000Z', name: null, figures: figures({ succeeded: 9 }) }],
}

test('every request is in one of the three lines', () => {
  const { labels, lines } = requestsByUnit(report, span, NOW, name)
  expect(labels).toHaveLength(6)
  expect(lines.map((each) => [each.tone, each.values])).toEqual([['good', [0, 0, 1, 0, 9, 0]], ['bad', [0, 0, 1, 0, 1, 0]], ['left', [0, 0, 1, 0, 1, 0]]])
})

test('what was read from a cache was read', () => {
  expect(tokensByUnit(report, span, NOW, name).lines[0]?.values).toEqual([0, 0, 15, 0, 15, 0])
})

test('an hour without requests has no latency, not a short one', () => {
  const { kind, lines } = latencies(report, span, NOW, name, 'duration_ms')
  expect(kind).toBe('lines')
  expect(lines[2]?.values).toEqual([null, null, 900, null, 900, null])
})

test('of each model there is one latency, of those with the most requests first', () => {
  const group = (name: string | null, requests: number, more: Partial<Figures> = {}) => ({ at: null, name, figures: figures({ requests, ...more }) })
  const nothing = { p50: null, p90: null, p99: null }
  const groups = [group('few', 1), group(null, 2), group('many', 9), group('failed', 20, { duration_ms: nothing }), ...Array.from('abcdef', (name) => group(name, 5))]
  const drawn = latenciesOfModels(groups, 'duration_ms', 'none')
  expect(drawn.labels).toEqual(['many', 'a', 'b', 'c', 'd', 'e'])
  expect(drawn.lines.map((each) => each.values[0])).toEqual([100, 200, 900])
  expect(latenciesOfModels([group(null, 2)], 'duration_ms', 'none').labels).toEqual(['none'])
})

test('points of a line are counted, not its gaps', () => {
  expect(points(latencies(report, span, NOW, name, 'duration_ms'))).toBe(2)
  expect(points(latencies(report, span, NOW, name, 'first_token_ms'))).toBe(0)
})

test('a long beginning of which nothing is known is not drawn, and that is said', () => {
  const day = { ...span, since: span.since - 18 * HOUR }
  const whole = requestsByUnit(report, day, NOW, name)
  const drawn = begun(whole)
  expect([whole.labels.length, drawn.labels.length, drawn.since, drawn.labels[0]]).toEqual([24, 12, '22:00', '22:00'])
  expect(drawn.lines.map((each) => each.values)).toEqual(whole.lines.map((each) => each.values.slice(12)))
  expect(begun(requestsByUnit(report, span, NOW, name)).since).toBeUndefined()
})

test('where nothing is known, all of the time is drawn', () => {
  const empty = requestsByUnit({ ...report, groups: [] }, { ...span, since: span.since - 18 * HOUR }, NOW, name)
  expect(begun(empty)).toEqual(empty)
})

test('marks of an axis of times stand at whole seconds and minutes', () => {
  expect([27, 900, 9_700, 110_000, 230_000].map(timeStep)).toEqual([10, 500, 5_000, 30_000, 60_000])
})

test('the peak of bars is that of their sum', () => {
  const drawn = requestsByUnit(report, span, NOW, name)
  expect(peak(drawn)).toEqual({ label: '08:00', value: 11 })
  expect(peak(latencies(report, span, NOW, name, 'first_token_ms'))).toBeNull()
})
