import { expect, test } from 'vitest'

import { lookOf, lossIn, stretchesOf, tokensPerSecond, type Span, type Timeline } from './course'

const span = (kind: Span['kind'], start_ms: number | null, length_ms: number | null, outcome: string | null = null): Span => ({ kind, start_ms, length_ms, outcome, account_id: null, status: null })
const course = (spans: Span[], first_token_ms: number | null = null, starts_known = true): Timeline => ({ spans, first_token_ms, duration_ms: 1000, starts_known })

test('a plain request is read, waits for its first token, then answers', () => {
  expect(stretchesOf(course([span('gateway', 0, 100), span('attempt', 100, 900, 'answered')], 400))).toEqual([
    { what: 'gateway', tookMs: 100, from: 0, share: 0.1 },
    { what: 'waiting', tookMs: 300, from: 0.1, share: 0.3 },
    { what: 'answering', tookMs: 600, from: 0.4, share: 0.6 },
  ])
  expect(stretchesOf(course([span('attempt', 0, 1000, 'answered')]))).toMatchObject([{ what: 'waiting', share: 1 }])
})

test('attempts stand where they began, with what was waited between them', () => {
  const spans = [span('attempt', 0, 100, 'rate_limit'), span('queue', 100, 250), span('attempt', 350, 650, 'client_left')]
  expect(stretchesOf(course(spans, 500)).map(({ what, from }) => [what, from])).toEqual([['failed', 0], ['queue', 0.1], ['waiting', 0.35], ['answering', 0.5]])
})

test('nothing is drawn outside of the request, whatever was rounded', () => {
  const spans = [span('gateway', 0, 100), span('attempt', 100, 901, 'upstream')]
  expect(stretchesOf(course(spans)).at(-1)).toEqual({ what: 'failed', tookMs: 900, from: 0.1, share: 0.9 })
  expect(stretchesOf({ ...course([]), duration_ms: 0 })).toEqual([])
  expect(stretchesOf({ ...course([span('attempt', 0, 0, 'upstream')]), duration_ms: 0 })).toEqual([{ what: 'failed', tookMs: 0, from: 0, share: 0 }])
})

test('of rows that do not say when attempts began, only a single one can be drawn', () => {
  expect(stretchesOf(course([span('attempt', null, null, 'answered')], 250, false))).toMatchObject([{ what: 'waiting', share: 0.25 }, { what: 'answering', share: 0.75 }])
  expect(stretchesOf(course([span('attempt', null, 50, 'upstream'), span('attempt', null, 900, 'answered')], 250, false))).toEqual([])
})

test('speed is told only of what came over time', () => {
  expect(tokensPerSecond({ output_tokens: 200, first_token_ms: 1000, duration_ms: 3000 })).toBe(100)
  expect(tokensPerSecond({ output_tokens: 200, first_token_ms: 1000, duration_ms: 1001 })).toBeNull()
  expect(tokensPerSecond({ output_tokens: null, first_token_ms: 10, duration_ms: 3000 })).toBeNull()
  expect(tokensPerSecond({ output_tokens: 5, first_token_ms: null, duration_ms: 3000 })).toBeNull()
})

test('a loss names its field, what was done and why', () => {
  expect(lossIn('temperature=dropped')).toEqual({ field: 'temperature', action: 'dropped', detail: '' })
  expect(lossIn('messages.role:system=converted(kept (in place))')).toEqual({ field: 'messages.role:system', action: 'converted', detail: 'kept (in place)' })
  expect(lossIn('something else')).toEqual({ field: 'something else', action: null, detail: '' })
})

test('how it ended is told by more than its status', () => {
  expect(lookOf({ succeeded: false, client_left: false, status: 200 })).toBe('bad')
  expect(lookOf({ succeeded: false, client_left: true, status: 499 })).toBe('off')
  expect(lookOf({ succeeded: false, client_left: false, status: 429 })).toBe('resting')
})
