import { expect, test } from 'vitest'

import { nameOf, needsSignIn, requestsOf, shareUsed, standingOf } from './standing'

const rest = (model: string | null, until: string, reason = 'rate_limit') => ({ model, until, reason, text: `${reason} said`, strikes: 1 })

test('a rest of the whole account counts before those of models', () => {
  const standing = standingOf({ state: 'cooling', enabled: true, off_reason: null, coolings: [rest('a', '2026-01-01T00:00:00.000Z', 'no_model'), rest(null, '2026-01-02T00:00:00.000Z', 'quota')] })
  expect(standing).toEqual({ look: 'resting', reason: 'quota said', rest: 'quota', until: '2026-01-02T00:00:00.000Z', models: 1, hint: null })
})

test('a healthy account whose models rest is healthy, and says how many', () => {
  expect(standingOf({ state: 'healthy', enabled: true, off_reason: null, coolings: [rest('a', '2026-01-01T00:00:00.000Z')] })).toEqual({ look: 'good', reason: '', rest: null, until: null, models: 1, hint: null })
})

test('one that was switched off for a reason is not one that an operator switched off', () => {
  expect(standingOf({ state: 'disabled', enabled: false, off_reason: null, coolings: [] }).look).toBe('off')
  expect(standingOf({ state: 'disabled', enabled: false, off_reason: 'needs sign-in: refused', coolings: [] })).toMatchObject({ look: 'bad', reason: 'needs sign-in: refused' })
  expect(standingOf({ state: 'disabled', enabled: true, off_reason: 'proxy: no', coolings: [] })).toMatchObject({ look: 'bad', reason: 'proxy: no', hint: null })
  expect(needsSignIn({ off_reason: 'needs sign-in: refused' })).toBe(true)
  expect(needsSignIn({ off_reason: null })).toBe(false)
})

test.each([['probing', true, 'probing'], ['limited', true, 'limited'], ['busy', true, 'busy'], ['disabled', true, 'provider_off'], ['disabled', false, null], ['healthy', true, null]] as const)('%s (enabled: %s) hints at %s', (state, enabled, hint) => {
  expect(standingOf({ state, enabled, off_reason: null, coolings: [] }).hint).toBe(hint)
})

test('one of the file is called as its provider', () => {
  expect(nameOf({ label: 'configuration file', provider: 'dummy', read_only: true })).toBe('dummy')
  expect(nameOf({ label: 'team', provider: 'dummy', read_only: false })).toBe('team')
})

test('requests of an account of the file are not counted, and not nought', () => {
  expect(requestsOf({ read_only: true, successes: 0, failures: 0 })).toBeNull()
  expect(requestsOf({ read_only: false, successes: 2, failures: 1 })).toBe(3)
})

test.each([[5, 10, 0.5], [12, 10, 1.2], [5, null, null], [null, 10, null], [0, 0, null]])('%s of %s is %s', (used, limit, share) => {
  expect(shareUsed(used, limit)).toBe(share)
})
