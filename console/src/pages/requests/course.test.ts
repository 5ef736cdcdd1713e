import { expect, test } from 'vitest'

import { attemptIn, lookOf, lossIn, stretchesOf, tokensPerSecond } from './course'

const row = { attempt_list: [] as string[], first_token_ms: null as number | null, duration_ms: 1000, succeeded: true }

test('an attempt says who was asked and what came of it', () => {
  expect(attemptIn('acc_1 answered after 12 ms')).toEqual({ account: 'acc_1', error: null, status: null, tookMs: 12 })
  expect(attemptIn('acc_1 rate_limit (429) after 3 ms')).toEqual({ account: 'acc_1', error: 'rate_limit', status: 429, tookMs: 3 })
  expect(attemptIn('acc_1 upstream after 3 ms')).toMatchObject({ error: 'upstream', status: null })
  expect(attemptIn('["cut in the mid…')).toBeNull()
})

test('a plain request waits for its first token, then answers', () => {
  expect(stretchesOf({ ...row, first_token_ms: 400 })).toMatchObject([
    { what: 'waiting', fromMs: 0, tookMs: 400, share: 0.4 },
    { what: 'answering', fromMs: 400, tookMs: 600, from: 0.4 },
  ])
  expect(stretchesOf(row)).toMatchObject([{ what: 'waiting', tookMs: 1000, share: 1 }])
})

test('failed attempts stand before the one that answered, and all end with the request', () => {
  const stretches = stretchesOf({ ...row, attempt_list: ['a rate_limit (429) after 100 ms', 'b answered after 800 ms'], first_token_ms: 500 })
  expect(stretches).toMatchObject([
    { what: 'waiting', fromMs: 0, tookMs: 100 },
    { what: 'failed', fromMs: 100, tookMs: 100, attempt: { account: 'a' } },
    { what: 'waiting', fromMs: 200, tookMs: 300 },
    { what: 'answering', fromMs: 500, tookMs: 500 },
  ])
})

test('when all fail there is no answer, and no stretch is longer than the request', () => {
  const stretches = stretchesOf({ ...row, attempt_list: ['a upstream (500) after 700 ms', 'b upstream (500) after 900 ms'] })
  expect(stretches.map(({ what }) => what)).toEqual(['failed', 'failed'])
  expect(stretches.reduce((sum, each) => sum + each.share, 0)).toBeLessThanOrEqual(1)
})

test('a request that took no time has no shares', () => {
  for (const each of stretchesOf({ ...row, duration_ms: 0, first_token_ms: 0 })) expect(each.share).toBe(0)
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
