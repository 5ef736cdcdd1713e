import { expect, test } from 'vitest'

import { lengthOf, NAMES, ofWallTime, queryOf, statusQuery, tailQueryOf, wallTime, type Chosen } from './filters'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const chosen = (some: Partial<Chosen>): Chosen => ({ ...(Object.fromEntries(NAMES.map((name) => [name, ''])) as Chosen), ...some })

test('an address without filters asks for everything', () => {
  expect(queryOf(chosen({}), NOW)).toEqual({})
})

test('names of the address become those of the API', () => {
  expect(queryOf(chosen({ key: 'key_1', account: 'acc_1', status: '5xx', lossy: 'yes', streamed: 'no', text: 'boom' }), NOW)).toEqual({ key_id: 'key_1', account_id: 'acc_1', status_class: '5xx', lossy: true, streamed: false, text: 'boom' })
})

test('a status is a class, a number, or how it went; anything else asks nothing', () => {
  expect(statusQuery('ok')).toEqual({ succeeded: true })
  expect(statusQuery('failed')).toEqual({ succeeded: false })
  expect(statusQuery('429')).toEqual({ status: 429 })
  for (const odd of ['', '6xx', '42', '999', 'x']) expect(statusQuery(odd)).toEqual({})
})

test('lengths are seconds in the address and milliseconds for the API', () => {
  expect(queryOf(chosen({ slower: '2.5', firstSlower: '0' }), NOW)).toEqual({ slower_than_ms: 2500, first_token_slower_than_ms: 0 })
  for (const odd of ['', ' ', 'soon', '-1', '1e9', 'NaN', 'Infinity']) expect(lengthOf(odd)).toBeUndefined()
})

test('a range counts from now and rules over times that are written out', () => {
  expect(queryOf(chosen({ range: 'hour', since: '2020-01-01T00:00:00Z', until: '2020-01-02T00:00:00Z' }), NOW)).toEqual({ since: '2026-11-21T11:00:00.000Z' })
  expect(queryOf(chosen({ range: 'century', since: '2020-01-01T00:00:00Z' }), NOW)).toEqual({ since: '2020-01-01T00:00:00Z' })
})

test('what is live has no time', () => {
  expect(tailQueryOf(chosen({ range: 'day', provider: 'dummy' }))).toEqual({ provider: 'dummy' })
})

test('a time of the wall comes back as it was', () => {
  expect(wallTime(ofWallTime('2026-11-21T09:30'))).toBe('2026-11-21T09:30')
  expect(wallTime('soon')).toBe('')
  expect(ofWallTime('')).toBe('')
})
